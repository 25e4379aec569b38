"""Forms made from the JSON schema of competition.yaml: a part of the format becomes a tree of fields.

Which field a part gets depends on its schema and on the value that is there; reading a form back (schema_posts) asks
the same function, so both agree. What no field fits is edited as a piece of YAML, so nothing is out of reach.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from competitions.bundles import times
from competitions.bundles.rewriting import written
from competitions.bundles.schema import INSTANT
from competitions.bundles.schema_texts import schema_text
from competitions.localised import LANGUAGES
from competitions.pages.schema_labels import label_of
from competitions.pages.schema_metrics import metric_choices, with_params

Schema = Mapping[str, Any]
LONG: Final = frozenset({"description", "notes", "reward"})
NEW: Final = "new"
LINE_TYPES: Final = ("string", "integer", "number")
PATHS: Final = frozenset({"path", "file", "sample_submission", "starting_kit", "inputs", "trial", "logo"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: the path of its value, the contest's zone, the kind of the task around it."""

    path: tuple[str, ...]
    zone: ZoneInfo
    kind: str = ""

    def at(self, key: str) -> "Place":
        return Place((*self.path, key), self.zone, self.kind)

    @property
    def name(self) -> str:
        return ".".join(("f", *self.path))


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field, or a group of them. `widget` chooses the template's branch."""

    widget: str
    name: str
    label: str
    help: str = ""
    value: Any = ""
    is_required: bool = False
    choices: tuple[Choice, ...] = ()
    children: tuple["Field", ...] = ()
    place: int = 0

    @property
    def id(self) -> str:
        return "id_" + self.name.replace(".", "_")

    @property
    def help_text(self) -> str:
        return schema_text(self.help)

    @property
    def help_language(self) -> str:
        """Of a metric's parameters the help is English whatever the page is."""
        return "en" if self.help_text == self.help else get_language() or "en"

    @property
    def is_path(self) -> bool:
        return self.name.rpartition(".")[2] in PATHS


def widget_of(schema: Schema, value: Any) -> str:
    """The kind of field for a part with this schema that holds this value (None: nothing)."""
    wanted = _wanted_widget(schema)
    return wanted if value is None or _fits(wanted, schema, value) else "yaml"


def _wanted_widget(schema: Schema) -> str:
    if schema.get("type") == ["string", "object"]:
        return "texts"
    if "enum" in schema:
        return "choice"
    if schema.get("const") is True or schema.get("type") == "boolean":
        return "flag"
    if schema.get("type") in ("integer", "number"):  # a list of types equals none of them
        return "number"
    if schema.get("type") == "string":
        return "instant" if schema.get("pattern") == INSTANT["pattern"] else "text"
    if schema.get("type") == "array":
        return _list_widget(schema["items"])
    if "allOf" in schema:
        return "variants"
    return "record" if schema.get("properties") else "yaml"


def _list_widget(items: Schema) -> str:
    if items.get("type") == "object" and (items.get("properties") or "allOf" in items):
        return "list"
    if "enum" in items:
        return "checks"
    return "lines" if items.get("type") in LINE_TYPES else "yaml"


def _fits(widget: str, schema: Schema, value: Any) -> bool:
    """Is the value one that this field can show without a loss?"""
    if widget == "texts":
        return isinstance(value, str) or (isinstance(value, dict) and _is_localised(value))
    if widget in {"record", "variants"}:
        return isinstance(value, dict)
    if widget == "list":
        return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    if widget == "checks":
        return isinstance(value, list) and all(one in schema["items"]["enum"] for one in value)
    if widget == "lines":
        return isinstance(value, list) and all(_is_line(one, schema["items"]) for one in value)
    if widget == "choice":
        return value in schema["enum"]
    if widget == "flag":
        return isinstance(value, bool)
    return isinstance(value, str | int | float) and not isinstance(value, bool) and "\n" not in str(value)


def _is_localised(value: Mapping[str, Any]) -> bool:
    return set(value) <= set(LANGUAGES) and all(isinstance(text, str) for text in value.values())


def _is_line(value: Any, items: Schema) -> bool:
    kinds: tuple[type, ...] = (str,) if items["type"] == "string" else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and "\n" not in str(value)


def variant(schema: Schema, value: Any) -> tuple[str, Schema, list[str]]:
    """The key that decides, the schema of the variant that is chosen (nothing when none is), and what there is."""
    key = schema["required"][0]
    chosen = value.get(key) if isinstance(value, dict) else None
    cases = {case["if"]["properties"][key]["const"]: case["then"] for case in schema["allOf"]}
    return key, cases.get(chosen, {}) if isinstance(chosen, str) else {}, list(cases)


def refined(schema: Schema, value: Any, place: Place) -> Schema:
    """A metric's record knows its parameters once the metric is chosen."""
    is_metric = len(place.path) > 1 and place.path[-2] == "metrics" and place.path[0] == "tasks"
    return with_params(schema, value, place.kind) if is_metric else schema


# -- building ---------------------------------------------------------------------------------------------------------


def field_of(key: str, schema: Schema, value: Any, place: Place, *, is_required: bool = False) -> Field:
    """The field for one part of the document, with those inside of it."""
    widget = widget_of(schema, value)
    build = BUILDERS.get(widget, _plain)
    return build(_named(widget, key, schema, place, is_required), schema, value, place)


def _named(widget: str, key: str, schema: Schema, place: Place, is_required: bool) -> dict[str, Any]:
    return {
        "widget": widget,
        "name": place.name,
        "label": label_of(key),
        "help": schema.get("description", ""),
        "is_required": is_required,
    }


def _plain(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    return Field(**known, value="" if value is None else value)


def _text(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    """A text, or one of a list that the site knows."""
    choices = metric_choices(place.kind) if place.path[0] == "tasks" and place.path[-1] == "metric" else ()
    found = tuple(Choice(*one) for one in choices)
    if found and (value is None or value in {one.value for one in found}):
        known["widget"] = "choice"
        return Field(**known, value=value or "", choices=found)
    return Field(**known, value="" if value is None else value)


def _texts(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    texts = dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value or {}
    widget = "area" if place.path[-1] in LONG else "line"
    inner = tuple(Field(widget, place.at(code).name, code, value=texts.get(code, "")) for code in LANGUAGES)
    return Field(**known, children=inner)


def _choice(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    return Field(**known, value=value or "", choices=tuple(Choice(one, one) for one in schema["enum"]))


def _checks(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    return Field(**known, value=value or [], choices=tuple(Choice(one, one) for one in schema["items"]["enum"]))


def _lines(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    return Field(**known, value="\n".join(str(one) for one in value or []))


def _instant(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    shown = local_text(value, place.zone)
    if value is not None and not shown:
        known["widget"] = "text"
        shown = str(value)
    return Field(**known, value=shown)


def local_text(value: Any, zone: ZoneInfo) -> str:
    """An instant as the clock of the contest shows it, for a field of the browser; nothing where it is none."""
    try:
        local = times.instant(value, zone).astimezone(zone)
    except (times.BadTime, TypeError):
        return ""
    return local.replace(tzinfo=None).isoformat(timespec="seconds" if local.second else "minutes")


def _record(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    return Field(**known, children=tuple(_children(schema, value or {}, place)))


def _children(schema: Schema, value: Mapping[str, Any], place: Place) -> Iterator[Field]:
    schema = refined(schema, value, place)
    required = set(schema.get("required", ()))
    inner = _inside(value, place)
    for key, part in schema.get("properties", {}).items():
        yield field_of(key, part, value.get(key), inner.at(key), is_required=key in required)


def _inside(value: Mapping[str, Any], place: Place) -> Place:
    """Inside of a task its kind is known."""
    submission = value.get("submission")
    kind = submission.get("kind") if isinstance(submission, dict) else None
    return Place(place.path, place.zone, kind) if isinstance(kind, str) else place


def _variants(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    key, chosen, names = variant(schema, value)
    current = value.get(key, "") if isinstance(value, dict) else ""
    choices = tuple(Choice(one, one) for one in names)
    help_text = schema["properties"][key].get("description", "")
    picker = Field("choice", place.at(key).name, label_of(key), help_text, current, True, choices)
    others = {name: part for name, part in chosen.get("properties", {}).items() if name != key}
    rest = _children({**chosen, "properties": others}, value or {}, place) if chosen else ()
    return Field(**known, children=(picker, *rest))


def _list(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    items = value or []
    inner = [_item(schema["items"], one, place.at(str(index)), index + 1) for index, one in enumerate(items)]
    return Field(**known, value=len(items), children=(*inner, _item(schema["items"], {}, place.at(NEW), 0)))


def _item(schema: Schema, value: Mapping[str, Any], place: Place, number: int) -> Field:
    label = str(value.get("key") or value.get("version") or value.get("name") or value.get("path") or "")
    built = _variants if "allOf" in schema else _record
    known = {"widget": "item", "name": place.name, "label": label, "help": "", "place": number}
    return built(known, schema, value, place)


def _yaml(known: dict[str, Any], schema: Schema, value: Any, place: Place) -> Field:
    return Field(**known, value="" if value is None else written(value))


BUILDERS: Final[dict[str, Callable[[dict[str, Any], Schema, Any, Place], Field]]] = {
    "text": _text,
    "texts": _texts,
    "choice": _choice,
    "checks": _checks,
    "lines": _lines,
    "instant": _instant,
    "record": _record,
    "variants": _variants,
    "list": _list,
    "yaml": _yaml,
}
