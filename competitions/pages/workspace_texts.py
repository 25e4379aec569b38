"""The organiser's Markdown: the texts of pages and rules beside their languages, with what they look like."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from competitions.localised import LANGUAGES
from competitions.markdown import render
from competitions.pages.schema_posts import Posted
from competitions.services.workspaces import Files
from competitions.store import Store, StoredFile

MAX_TEXT_BYTES: Final = 1024 * 1024
PREVIEWED: Final = 200_000


class TextTooLong(ValueError):
    """A text is larger than a page may be."""


@dataclass(frozen=True, slots=True)
class OneText:
    language: str
    name: str
    path: str
    text: str
    html: str

    @property
    def id(self) -> str:
        return "id_" + self.name.replace(".", "_")


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A page, or the rules: the same text in each language."""

    title: Mapping[str, str]
    label: str
    texts: tuple[OneText, ...]


def text_blocks(values: Mapping[str, Any], section: str, files: Files, store: Store) -> list[TextBlock]:
    return [
        TextBlock(_title(part), label, tuple(_texts(prefix, part, label, files, store)))
        for prefix, label, part in _holders(values, section)
    ]


def _holders(values: Mapping[str, Any], section: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name prefix, key and mapping of everything in the section that has a `file`."""
    part = values.get(section)
    if section == "terms":
        yield "t.terms", "rules", part if isinstance(part, dict) else {}
        return
    for index, page in enumerate(part if isinstance(part, list) else []):
        if isinstance(page, dict):
            yield f"t.pages.{index}", str(page.get("key", index)), page


def _title(part: Mapping[str, Any]) -> Mapping[str, str]:
    title = part.get("title")
    return dict.fromkeys(LANGUAGES, title) if isinstance(title, str) else title if isinstance(title, dict) else {}


def _paths(part: Mapping[str, Any]) -> dict[str, str]:
    file = part.get("file")
    if isinstance(file, str):
        return dict.fromkeys(LANGUAGES, file)
    return {code: str(path) for code, path in file.items() if code in LANGUAGES} if isinstance(file, dict) else {}


def _texts(prefix: str, part: Mapping[str, Any], label: str, files: Files, store: Store) -> Iterator[OneText]:
    paths = _paths(part)
    for code in LANGUAGES:
        path = paths.get(code, "")
        text = _read(files.get(path), store)
        yield OneText(code, f"{prefix}.{code}", path, text, render(text[:PREVIEWED]))


def _read(file: StoredFile | None, store: Store) -> str:
    if file is None or file.size_bytes > MAX_TEXT_BYTES:
        return ""
    text = store.original_path(file.sha256).read_bytes().decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n")


def put_texts(values: dict[str, Any], section: str, posted: Posted, files: Files, store: Store) -> Files:
    """Texts that were changed become files, and the document names them. Changes `values`. Raises TextTooLong."""
    found = dict(files)
    for prefix, label, part in _holders(values, section):
        before = {one.language: one for one in _texts(prefix, part, label, found, store)}
        after = {code: _posted(posted, before[code]) for code in LANGUAGES}
        if all(after[code] == one.text for code, one in before.items()):
            continue
        folder = "" if section == "terms" else "pages/"
        part["file"] = _put(part, f"{folder}{label}", after, found, store)
        if section == "terms":
            values["terms"] = part
    return found


def _posted(posted: Posted, one: OneText) -> str:
    if not posted.has(one.name):
        return one.text
    text = str(posted.data.get(one.name, "")).replace("\r\n", "\n")
    if len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise TextTooLong(f"{one.name}: more than {MAX_TEXT_BYTES} bytes")
    return text


def _put(
    part: Mapping[str, Any], stem: str, texts: Mapping[str, str], files: dict[str, StoredFile], store: Store
) -> str | dict[str, str]:
    """The value of `file`: the path of each language that has a text."""
    paths, given = _paths(part), {code: text for code, text in texts.items() if text.strip()}
    if isinstance(part.get("file"), str) and len(set(texts.values())) > 1:
        paths = {}  # one file for all until now; from here on each language has its own
    if isinstance(part.get("file"), str) and len(set(texts.values())) == 1:
        given = {LANGUAGES[0]: texts[LANGUAGES[0]]}
    result: dict[str, str] = {}
    for code, text in given.items():
        result[code] = paths.get(code) or f"{stem}.{code}.md"
        ended = text if text.endswith("\n") else f"{text}\n"
        files[result[code]] = store.put_original([ended.encode()])
    is_one = isinstance(part.get("file"), str) and len(result) == 1 and len(set(texts.values())) == 1
    return next(iter(result.values())) if is_one else result
