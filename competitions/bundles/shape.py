"""Is the document shaped like the schema? Every difference, in words about the organiser's own lines."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from competitions.bundles.problems import Path, Problem, did_you_mean, listed
from competitions.bundles.reading import Document
from competitions.bundles.schema import FORMAT, json_schema
from competitions.bundles.schema_texts import schema_text

TYPE_NAMES: Final[dict[str, str | Promise]] = {
    "string": gettext_lazy("a text"),
    "object": gettext_lazy("a mapping (key: value)"),
    "array": gettext_lazy("a list"),
    "integer": gettext_lazy("a whole number"),
    "number": gettext_lazy("a number"),
    "boolean": gettext_lazy("true or false"),
}
KINDS: Final[tuple[tuple[type, str | Promise], ...]] = (
    (bool, gettext_lazy("true or false")),
    (int, gettext_lazy("a whole number")),
    (float, gettext_lazy("a number")),
    (str, gettext_lazy("a text")),
    (list, gettext_lazy("a list")),
    (dict, gettext_lazy("a mapping")),
)
MAX_SHOWN: Final = 60
Found = tuple[Path, str]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def shape_problems(document: Document) -> list[Problem]:
    """All differences between the document and the schema."""
    found: dict[Found, None] = {}
    for error in _validator().iter_errors(document.values):
        translate = TRANSLATIONS.get(str(error.validator), _other)
        found.update(dict.fromkeys(translate(error, document)))
    return [document.problem(path, message) for path, message in found]


def _path(error: ValidationError) -> Path:
    return tuple(error.absolute_path)


def _rule(error: ValidationError) -> Any:
    """What the schema says at this place: the list after `enum`, the number after `minimum`."""
    return error.validator_value


def _found(error: ValidationError) -> Any:
    return error.instance


def _required(error: ValidationError, document: Document) -> Iterator[Found]:
    found = _found(error)
    for key in _rule(error):
        if key not in found:
            properties = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            text = _("'%(key)s' is missing%(meaning)s")
            yield _path(error), text % {"key": key, "meaning": _meaning(properties.get(key, {}))}


def _unknown(error: ValidationError, document: Document) -> Iterator[Found]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    known = [*schema.get("properties", {})]
    pattern = next(iter(schema.get("patternProperties", {})), None)
    found = _found(error)
    for key in found:
        if pattern is not None and not _matches(pattern, key):
            text = _("'%(key)s' is not a whole number; the keys here are the values of the cells")
            yield (*_path(error), key), text % {"key": key}
        elif pattern is None and key not in known:
            text = _("unknown key '%(key)s'%(hint)s")
            yield (*_path(error), key), text % {"key": key, "hint": did_you_mean(key, known)}


def _matches(pattern: str, key: str) -> bool:
    return re.search(pattern, key) is not None


def _type(error: ValidationError, document: Document) -> Iterator[Found]:
    rule = _rule(error)
    wanted, value = rule if isinstance(rule, list) else [rule], error.instance
    known = {"wanted": _names(wanted), "meaning": _meaning(error.schema)}
    if value is None:
        text = _("this is nothing, but should be %(wanted)s; write a value or leave the key out%(meaning)s")
        yield _path(error), text % known
        return
    written = document.written.get(_path(error), "")
    found = {"shown": _shown(value, written), "kind": _kind(value), "advice": _advice(wanted, value, written)}
    text = _("%(shown)s is %(kind)s, but should be %(wanted)s%(advice)s%(meaning)s")
    yield _path(error), text % {**found, **known}


def _advice(wanted: list[str], value: Any, written: str) -> str:
    """People stumble over the same few things in YAML."""
    if "string" in wanted and isinstance(value, bool | int | float):
        return _('; put it in quotes: "%(text)s"') % {"text": written}
    if {"integer", "number"} & set(wanted) and isinstance(value, str) and _is_number(value):
        return _("; write it without quotes: %(number)s") % {"number": value}
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _enum(error: ValidationError, document: Document) -> Iterator[Found]:
    value = error.instance
    if isinstance(value, str):
        text = _("'%(value)s' is unknown%(hint)s")
        yield _path(error), text % {"value": _short(value), "hint": did_you_mean(value, _rule(error))}
        return
    shown = _shown(value, document.written.get(_path(error), ""))
    yield _path(error), _("%(value)s is not one of %(allowed)s") % {"value": shown, "allowed": listed(_rule(error))}


def _const(error: ValidationError, document: Document) -> Iterator[Found]:
    path = _path(error)
    shown = _shown(error.instance, document.written.get(path, ""))
    if path == ("schema",):
        text = _("%(value)s is not a format that is known; write %(format)s")
        yield path, text % {"value": shown, "format": FORMAT}


def _pattern(error: ValidationError, document: Document) -> Iterator[Found]:
    text = _("'%(value)s' does not fit%(meaning)s")
    yield _path(error), text % {"value": _short(str(error.instance)), "meaning": _meaning(error.schema)}


def _too_few(error: ValidationError, document: Document) -> Iterator[Found]:
    if error.instance:
        text = _("there should be at least %(least)s items%(meaning)s")
        yield _path(error), text % {"least": _rule(error), "meaning": _meaning(error.schema)}
        return
    yield _path(error), _("this is empty%(meaning)s") % {"meaning": _meaning(error.schema)}


def _too_many(error: ValidationError, document: Document) -> Iterator[Found]:
    text = _("there are %(count)s, but at most %(most)s fit%(meaning)s")
    known = {"count": len(_found(error)), "most": _rule(error), "meaning": _meaning(error.schema)}
    yield _path(error), text % known


def _too_long(error: ValidationError, document: Document) -> Iterator[Found]:
    text = _("this is %(count)s characters long, but at most %(most)s fit")
    yield _path(error), text % {"count": len(_found(error)), "most": _rule(error)}


def _too_small(error: ValidationError, document: Document) -> Iterator[Found]:
    text = _("%(value)s is too small; the least is %(least)s%(meaning)s")
    yield _path(error), text % _limited(error, "least")


def _not_above(error: ValidationError, document: Document) -> Iterator[Found]:
    text = _("%(value)s is too small; it should be more than %(limit)s%(meaning)s")
    yield _path(error), text % _limited(error, "limit")


def _too_large(error: ValidationError, document: Document) -> Iterator[Found]:
    text = _("%(value)s is too large; the most is %(most)s%(meaning)s")
    yield _path(error), text % _limited(error, "most")


def _limited(error: ValidationError, name: str) -> dict[str, Any]:
    return {"value": error.instance, name: _rule(error), "meaning": _meaning(error.schema)}


def _other(error: ValidationError, document: Document) -> Iterator[Found]:
    """A rule that has no sentence here; the library's own words are English."""
    yield _path(error), _("this does not fit the format: %(reason)s") % {"reason": _short(error.message)}


TRANSLATIONS: Final[dict[str, Callable[[ValidationError, Document], Iterator[Found]]]] = {
    "required": _required,
    "additionalProperties": _unknown,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minItems": _too_few,
    "minLength": _too_few,
    "minProperties": _too_few,
    "maxItems": _too_many,
    "maxLength": _too_long,
    "minimum": _too_small,
    "exclusiveMinimum": _not_above,
    "maximum": _too_large,
}


def _meaning(schema: Any) -> str:
    description = schema.get("description", "") if isinstance(schema, dict) else ""
    return _(" (%(meaning)s)") % {"meaning": schema_text(description)} if description else ""


def _kind(value: Any) -> str:
    return str(next(name for kind, name in KINDS if isinstance(value, kind)))


def _names(wanted: list[str]) -> str:
    return _(" or ").join(str(TYPE_NAMES.get(name, name)) for name in wanted)


def _shown(value: Any, written: str) -> str:
    if isinstance(value, str):
        return f"'{_short(value)}'"
    return _short(written or json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
