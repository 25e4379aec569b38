"""Reading a form of the schema back into the document: what the form shows is taken, what it does not know stays.

A field that holds something impossible (a word where a number should be) is kept as it was written, so that the check
of the whole document says what is wrong with it, at its line.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from competitions.bundles import times
from competitions.bundles.problems import InvalidCompetition
from competitions.bundles.reading import read_part
from competitions.localised import LANGUAGES
from competitions.pages.schema_forms import NEW, Place, Schema, local_text, refined, variant, widget_of

MAX_ITEMS: Final = 500
NOTHING: Final = None


class BadPart(ValueError):
    """A piece of YAML cannot be read; the message says why."""


class Posted:
    """What a form sent, by field name."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def has(self, name: str) -> bool:
        return name in self.data

    def text(self, name: str) -> str:
        return str(self.data.get(name, "")).replace("\r\n", "\n").strip()

    def texts(self, name: str) -> list[str]:
        return [str(one) for one in self.data.getlist(name)]


def read_field(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    """The new value of a part; None for nothing. Raises BadPart."""
    widget = widget_of(schema, old)
    return READERS.get(widget, _text)(schema, old, place, posted)


def _text(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    if not posted.has(place.name):
        return old
    text = posted.text(place.name)
    return old if old is not None and text == str(old) else text or NOTHING


def _number(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    """Digits of any width; what is no number stays a text, and the check says so."""
    if not posted.has(place.name):
        return old
    text = unicodedata.normalize("NFKC", posted.text(place.name)).replace(",", "")
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return old if number == old else number
    return text or NOTHING


def _flag(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    if not posted.has(place.name):
        return old
    return {"true": True, "false": False}.get(posted.text(place.name), NOTHING)


def _texts(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    """One plain text where both languages say the same and nobody wrote it otherwise."""
    if not posted.has(place.at(LANGUAGES[0]).name):
        return old
    found = {code: posted.text(place.at(code).name) for code in LANGUAGES}
    given = {code: text for code, text in found.items() if text}
    if isinstance(old, dict) and set(given) == set(old):
        return {code: given[code] for code in old}  # in the order in which it was written
    if len(given) == len(LANGUAGES) and len(set(given.values())) == 1:
        return given[LANGUAGES[0]]
    return given or NOTHING


def _checks(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    if not posted.has(f"{place.name}.asked"):
        return old
    chosen = set(posted.texts(place.name))
    kept = [one for one in old or [] if one in chosen]
    return [*kept, *(one for one in schema["items"]["enum"] if one in chosen and one not in kept)] or NOTHING


def _lines(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    if not posted.has(place.name):
        return old
    lines = [line.strip() for line in posted.text(place.name).split("\n") if line.strip()]
    if schema["items"]["type"] == "string":
        return lines or NOTHING
    return [_as_number(line) for line in lines] or NOTHING


def _as_number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(unicodedata.normalize("NFKC", text))
        except ValueError:
            continue
    return text


def _instant(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    """With the offset that the contest's zone has then; without one where its clocks show that time twice or never."""
    text = posted.text(place.name)
    if not posted.has(place.name) or text in {old, local_text(old, place.zone)}:
        return old
    if not text:
        return NOTHING
    try:
        times.instant(text, place.zone)
        local = datetime.fromisoformat(text)
    except (times.BadTime, ValueError):
        return text
    return (local if local.tzinfo else local.replace(tzinfo=place.zone)).isoformat()


def _record(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    value: dict[str, Any] = dict(old or {})
    known = refined(schema, value, place)
    inner = _inside(value, place)
    for key, part in known.get("properties", {}).items():
        found = read_field(part, value.get(key), inner.at(key), posted)
        if found is None:
            value.pop(key, None)
        else:
            value[key] = found
    return value or NOTHING


def _inside(value: Mapping[str, Any], place: Place) -> Place:
    submission = value.get("submission")
    kind = submission.get("kind") if isinstance(submission, dict) else None
    return Place(place.path, place.zone, kind) if isinstance(kind, str) else place


def _variants(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    """Another variant keeps what it has in common with the one before."""
    key, chosen, names = variant(schema, old)
    if not posted.has(place.at(key).name):
        return old
    picked = posted.text(place.at(key).name)
    value = _record({**chosen, "properties": _without(chosen, key)}, old, place, posted) or {}
    if picked == value.get(key):
        return value or NOTHING
    _, wanted, _ = variant(schema, {key: picked})
    gone = set(chosen.get("properties", {})) - set(wanted.get("properties", {}))
    kept = {name: one for name, one in value.items() if name not in gone and name != key}
    return {**({key: picked} if picked in names else {}), **kept} or NOTHING


def _without(schema: Schema, key: str) -> dict[str, Any]:
    return {name: part for name, part in schema.get("properties", {}).items() if name != key}


def _list(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    """The items in the order that was asked for, without those to be removed, and a new one where it was filled in."""
    read = _variants if "allOf" in schema["items"] else _record
    found: list[tuple[float, int, Any]] = []
    for index, item in enumerate((old or [])[:MAX_ITEMS]):
        there = place.at(str(index))
        if not posted.has(f"{there.name}.remove"):
            value = read(schema["items"], item, there, posted)
            found.append((_place(posted.text(f"{there.name}.place"), index), index, value))
    new = read(schema["items"], {}, place.at(NEW), posted)
    ordered = [value for _, _, value in sorted(found, key=lambda one: one[:2]) if value is not None]
    return [*ordered, *([new] if new else [])] or NOTHING


def _place(text: str, index: int) -> float:
    number = _as_number(text)
    return float(number) if isinstance(number, int | float) else index + 1


def _yaml(schema: Schema, old: Any, place: Place, posted: Posted) -> Any:
    if not posted.has(place.name):
        return old
    text = str(posted.data.get(place.name, "")).replace("\r\n", "\n")
    try:
        document = read_part(text, name=place.name.removeprefix("f."))
    except InvalidCompetition as error:
        raise BadPart(str(error)) from None
    if document.problems:
        raise BadPart("\n".join(str(one) for one in document.problems))
    return document.values


READERS: Final[dict[str, Callable[[Schema, Any, Place, Posted], Any]]] = {
    "number": _number,
    "flag": _flag,
    "texts": _texts,
    "checks": _checks,
    "lines": _lines,
    "instant": _instant,
    "record": _record,
    "variants": _variants,
    "list": _list,
    "yaml": _yaml,
}
