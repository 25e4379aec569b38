"""Is the document shaped like the schema? Every difference, in words about the organiser's own lines."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from competitions.bundles.problems import Path, Problem, did_you_mean, listed
from competitions.bundles.reading import Document
from competitions.bundles.schema import FORMAT, json_schema

TYPE_NAMES: Final = {
    "string": "a text",
    "object": "a mapping (key: value)",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
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
            yield _path(error), f"'{key}' is missing{_meaning(properties.get(key, {}))}"


def _unknown(error: ValidationError, document: Document) -> Iterator[Found]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    known = [*schema.get("properties", {})]
    pattern = next(iter(schema.get("patternProperties", {})), None)
    found = _found(error)
    for key in found:
        if pattern is not None and not _matches(pattern, key):
            yield (*_path(error), key), f"'{key}' is not a whole number; the keys here are the values of the cells"
        elif pattern is None and key not in known:
            yield (*_path(error), key), f"unknown key '{key}'{did_you_mean(key, known)}"


def _matches(pattern: str, key: str) -> bool:
    return re.search(pattern, key) is not None


def _type(error: ValidationError, document: Document) -> Iterator[Found]:
    rule = _rule(error)
    wanted = rule if isinstance(rule, list) else [rule]
    written = document.written.get(_path(error), "")
    message = f"{_shown(error.instance, written)} is {_kind(error.instance)}, but should be {_names(wanted)}"
    yield _path(error), message + _advice(wanted, error.instance, written) + _meaning(error.schema)


def _advice(wanted: list[str], value: Any, written: str) -> str:
    """People stumble over the same few things in YAML."""
    if value is None:
        return "; write a value or leave the key out"
    if "string" in wanted and isinstance(value, bool | int | float):
        return f'; put it in quotes: "{written}"'
    if {"integer", "number"} & set(wanted) and isinstance(value, str) and _is_number(value):
        return f"; write it without quotes: {value}"
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
        yield _path(error), f"'{_short(value)}' is unknown{did_you_mean(value, _rule(error))}"
        return
    written = document.written.get(_path(error), "")
    yield _path(error), f"{_shown(value, written)} is not one of {listed(_rule(error))}"


def _const(error: ValidationError, document: Document) -> Iterator[Found]:
    path = _path(error)
    shown = _shown(error.instance, document.written.get(path, ""))
    if path == ("schema",):
        yield path, f"{shown} is not a format that is known; write {FORMAT}"


def _pattern(error: ValidationError, document: Document) -> Iterator[Found]:
    yield _path(error), f"'{_short(str(error.instance))}' does not fit{_meaning(error.schema)}"


def _too_few(error: ValidationError, document: Document) -> Iterator[Found]:
    if error.instance:
        yield _path(error), f"there should be at least {_rule(error)} items{_meaning(error.schema)}"
        return
    yield _path(error), f"this is empty{_meaning(error.schema)}"


def _too_many(error: ValidationError, document: Document) -> Iterator[Found]:
    yield (
        _path(error),
        f"there are {len(_found(error))}, but at most {_rule(error)} fit{_meaning(error.schema)}",
    )


def _too_long(error: ValidationError, document: Document) -> Iterator[Found]:
    length = len(_found(error))
    yield _path(error), f"this is {length} characters long, but at most {_rule(error)} fit"


def _too_small(error: ValidationError, document: Document) -> Iterator[Found]:
    yield _path(error), f"{error.instance} is too small; the least is {_rule(error)}{_meaning(error.schema)}"


def _too_large(error: ValidationError, document: Document) -> Iterator[Found]:
    yield _path(error), f"{error.instance} is too large; the most is {_rule(error)}{_meaning(error.schema)}"


def _other(error: ValidationError, document: Document) -> Iterator[Found]:
    yield _path(error), _short(error.message)


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
    "maximum": _too_large,
}


def _meaning(schema: Any) -> str:
    description = schema.get("description", "") if isinstance(schema, dict) else ""
    return f" ({description})" if description else ""


def _kind(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "a text"),
        (list, "a list"),
        (dict, "a mapping"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "nothing")


def _names(wanted: list[str]) -> str:
    return " or ".join(TYPE_NAMES.get(name, name) for name in wanted)


def _shown(value: Any, written: str) -> str:
    if value is None:
        return "this"
    if isinstance(value, str):
        return f"'{_short(value)}'"
    return _short(written or json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
