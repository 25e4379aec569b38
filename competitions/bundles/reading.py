"""YAML with line numbers, read as data and nothing else.

YAML 1.1 as PyYAML reads it turns `no` into false, `12:30` into 750, `2026-01-01` into a date and keeps the last of two
equal keys. So only the node tree is taken from it; scalars are typed here by the short list of YAML 1.2 (null, true,
false, whole numbers, numbers), everything else is text. Tags, merge keys and cycles are refused, and aliases are
counted as often as they are used, so that a small file cannot become a large one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

from competitions.bundles.library_reasons import in_words, reason_of, reason_of_bytes
from competitions.bundles.problems import InvalidCompetition, Path, Problem, where_of

MAX_BYTES: Final = 1024 * 1024
MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 40
PLAIN_TAG: Final = "tag:yaml.org,2002:"
UNSTORABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
SCALARS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...]] = (
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
)


class _Nodes(yaml.SafeLoader):
    """Builds nodes only. Without implicit resolvers every plain scalar keeps its text."""

    yaml_implicit_resolvers: dict[Any, Any] = {}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values, the line that each stands on, how each scalar was written, and what is no plain data in it."""

    file: str
    values: Any
    lines: dict[Path, int]
    written: dict[Path, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str, *, is_warning: bool = False) -> Problem:
        return Problem(self.file, self.line(path), where_of(path), message, is_warning)


def read_document(path: FilePath, *, name: str) -> Document:
    """Read one YAML file. Raises InvalidCompetition where it cannot be read as YAML at all."""
    return _Reader(name).read(_text(path, name))


def read_text(text: str, *, name: str) -> Document:
    """Read a YAML document that is in memory. Raises InvalidCompetition where it is no YAML at all."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise _too_large(name)
    return _Reader(name).read(text)


def read_part(text: str, *, name: str) -> Document:
    """Read a part of a document, which need not be a mapping. Raises InvalidCompetition likewise."""
    return _Reader(name).read_part(text)


def _text(path: FilePath, name: str) -> str:
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise _stop(
            name, _("there is no readable file (%(reason)s)") % {"reason": in_words(error.strerror or "")}
        ) from None
    if content is None:
        raise _too_large(name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _stop(name, _("this is not UTF-8; save the file with the encoding UTF-8"), line) from None


def _too_large(name: str) -> InvalidCompetition:
    text = _("the file is larger than %(bytes)s bytes; put long texts and data into files of their own")
    return _stop(name, text % {"bytes": MAX_BYTES})


def _stop(name: str, message: str, line: int = 0) -> InvalidCompetition:
    return InvalidCompetition([Problem(name, line, "", message)])


class _Reader:
    """Walks the node tree once; collects values, lines and mistakes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Path, int] = {}
        self.written: dict[Path, str] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def read(self, text: str) -> Document:
        root = self._compose(text)
        if root is None:
            raise _stop(self.name, _("the file is empty; it should begin with 'schema: tidemark/1'"), 1)
        values = self._value(root, ())
        if not isinstance(values, dict):
            text = _("the file should hold 'key: value' lines, beginning with 'schema: tidemark/1'")
            raise _stop(self.name, text, 1)
        return Document(self.name, values, self.lines, self.written, tuple(self.problems))

    def read_part(self, text: str) -> Document:
        root = self._compose(text)
        values = None if root is None else self._value(root, ())
        return Document(self.name, values, self.lines, self.written, tuple(self.problems))

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            root: yaml.Node | None = yaml.compose(text, Loader=_Nodes)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            text = _("this is not YAML: %(reason)s") % {"reason": reason_of(error)}
            raise _stop(self.name, text, mark.line + 1 if mark else 0) from None
        except yaml.YAMLError as error:
            raise _stop(self.name, _("this is not YAML: %(reason)s") % {"reason": reason_of_bytes(error)}) from None
        except RecursionError:
            raise self._too_deep() from None
        return root

    def _too_deep(self, line: int = 0) -> InvalidCompetition:
        text = _("the file is nested deeper than %(levels)s levels")
        return _stop(self.name, text % {"levels": MAX_DEPTH}, line)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            text = _("the file grows to more than %(most)s values; use fewer aliases")
            raise _stop(self.name, text % {"most": MAX_NODES}, _line(node))
        if len(path) > MAX_DEPTH:
            raise self._too_deep(_line(node))
        self.lines.setdefault(path, _line(node))
        if isinstance(node, yaml.MappingNode):
            self._check_tag(node, path, "map")
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, path, "seq")
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(key_node, path, _("a key should be a word, not a list or a mapping"))
                continue
            key = key_node.value
            if key in first_lines:
                text = _("'%(key)s' is given twice (first on line %(line)s); keep one of the two")
                self._complain(key_node, (*path, key), text % {"key": key, "line": first_lines[key]})
                continue
            if key == "<<":
                self._complain(key_node, path, _("merge keys ('<<') are not read; write the values out"))
                continue
            first_lines[key] = _line(key_node)
            self.lines[(*path, key)] = _line(key_node)
            values[key] = self._value(value_node, (*path, key))
        return values

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        text = str(node.value)
        self.written[path] = text
        self._check_tag(node, path, "str")
        if UNSTORABLE.search(text):
            self._complain(node, path, _("the text holds a control character or half a character; remove it"))
        if getattr(node, "style", None) is not None:
            return text  # quoted or a block: text, whatever it looks like
        for pattern, build in SCALARS:
            if pattern.fullmatch(text):
                return build(text)
        return text

    def _check_tag(self, node: yaml.Node, path: Path, plain: str) -> None:
        if node.tag != PLAIN_TAG + plain:
            text = _("the tag '%(tag)s' is not allowed; write a plain value")
            self._complain(node, path, text % {"tag": node.tag.removeprefix(PLAIN_TAG)})

    def _complain(self, node: yaml.Node, path: Path, message: str) -> None:
        self.problems.append(Problem(self.name, _line(node), where_of(path), message))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
