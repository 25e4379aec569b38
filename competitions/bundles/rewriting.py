"""Changing values of a YAML text while the rest of it stays as its author wrote it, comments included.

The text is read twice: as values, and as a tree of nodes that know where they begin and end. Only the places whose
values changed are cut out and written anew; a comment is lost where it stands inside of such a place. The result is
read again, and must say exactly what was wanted: a cut that went wrong is never kept, the whole text is written anew
then, which loses its comments, and the caller is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

from competitions.bundles.problems import InvalidCompetition
from competitions.bundles.reading import SCALARS, read_part

INDENT: Final = 2
WIDTH: Final = 110


class CannotWrite(ValueError):
    """The values cannot be said in the YAML that this site reads."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    text: str
    lost_comments: bool = False


@dataclass(frozen=True, slots=True)
class _Cut:
    start: int
    end: int
    text: str


class _Dumper(yaml.SafeDumper):
    """Quotes every text that would be read as something else, here or by a reader of YAML 1.1."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if any(one.fullmatch(text) for one, _ in SCALARS) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def written(value: Any) -> str:
    """A value as block YAML, with a line end."""
    return yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=WIDTH, indent=INDENT
    ).removesuffix("...\n")


def rewritten(text: str, wanted: dict[str, Any]) -> Rewritten:
    """The text, changed so that it says `wanted`. Raises CannotWrite."""
    old = _values(text)
    if isinstance(old, dict) and old == wanted:
        return Rewritten(text)
    if isinstance(old, dict) and old:
        spliced = _spliced(text, old, wanted)
        if spliced is not None:
            return Rewritten(spliced, lost_comments=_comments(spliced) < _comments(text))
    anew = written(wanted) if wanted else ""
    if _values(anew) != (wanted or None):
        raise CannotWrite(_("these values cannot be written so that they are read as the same again"))
    return Rewritten(anew, lost_comments="#" in text)


def _values(text: str) -> Any:
    try:
        return read_part(text, name="").values
    except InvalidCompetition:
        return None


def _comments(text: str) -> int:
    return sum(line.lstrip().startswith("#") or " #" in line for line in text.splitlines())


def _spliced(text: str, old: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    """None where the cuts do not lead to what was wanted."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return None
    result = text if text.endswith("\n") else f"{text}\n"
    cuts = _mapping_cuts(result, root, old, wanted)
    for cut in sorted(cuts, key=lambda one: one.start, reverse=True):
        result = result[: cut.start] + cut.text + result[cut.end :]
    return result if _is_same(_values(result), wanted) else None


def _is_same(one: Any, other: Any) -> bool:
    """Equal with equal types: True is no 1, and 1.0 no 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return type(one) is type(other) and bool(one == other)


def _cuts(text: str, node: yaml.Node, old: Any, new: Any) -> Iterator[_Cut]:
    """What to replace so that the node says `new`."""
    if _is_same(old, new):
        return
    if (
        isinstance(node, yaml.MappingNode)
        and isinstance(old, dict)
        and isinstance(new, dict)
        and _may_be_cut(node, new)
    ):
        yield from _mapping_cuts(text, node, old, new)
    elif isinstance(node, yaml.SequenceNode) and _only_grows(node, old, new):
        for item, before, after in zip(node.value, old, new, strict=False):
            yield from _cuts(text, item, before, after)
        yield from _appended(text, node, new[len(old) :])
    else:
        yield _replaced(text, node, new)


def _only_grows(node: yaml.SequenceNode, old: Any, new: Any) -> bool:
    return isinstance(old, list) and isinstance(new, list) and 0 < len(old) <= len(new) and not node.flow_style


def _appended(text: str, node: yaml.SequenceNode, items: list[Any]) -> Iterator[_Cut]:
    if items:
        end = _end_of_lines(text, node.value[-1].end_mark.index, node.value[-1])
        yield _Cut(end, end, _indented(written(items), node.start_mark.column))


def _may_be_cut(node: yaml.MappingNode, new: dict[str, Any]) -> bool:
    return bool(new) and bool(node.value) and not node.flow_style


def _mapping_cuts(text: str, node: yaml.MappingNode, old: dict[str, Any], new: dict[str, Any]) -> Iterator[_Cut]:
    column = node.value[0][0].start_mark.column
    ends = [_end_of_lines(text, value.end_mark.index, value) for _, value in node.value]
    for (key_node, value_node), end in zip(node.value, ends, strict=True):
        key = key_node.value
        if key in new:
            yield from _value_cuts(text, key_node, value_node, old[key], new[key])
        elif node.start_mark.index == key_node.start_mark.index and not _begins_line(text, key_node):
            # The first key after a dash: the next one takes its place.
            yield _Cut(key_node.start_mark.index, min(len(text), end + column), "")
        else:
            yield _Cut(_start_of_line(text, key_node.start_mark.index), end, "")
    added = {key: value for key, value in new.items() if key not in old}
    if added:
        lines = _indented(written(added), column)
        start = "" if not ends[-1] or text[ends[-1] - 1] == "\n" else "\n"
        yield _Cut(ends[-1], ends[-1], start + lines)


def _value_cuts(text: str, key: yaml.Node, value: yaml.Node, old: Any, new: Any) -> Iterator[_Cut]:
    if _is_same(old, new):
        return
    if getattr(value, "flow_style", False) and isinstance(new, dict | list):
        yield _replaced(text, value, new)
        return
    inner = list(_cuts(text, value, old, new))
    if len(inner) == 1 and inner[0].start == value.start_mark.index and inner[0].end >= value.end_mark.index:
        yield _after_key(text, key, value, new)
    else:
        yield from inner


def _after_key(text: str, key: yaml.Node, value: yaml.Node, new: Any) -> _Cut:
    """The value of a key: a scalar behind it, anything else below it. A comment behind a scalar stays."""
    colon = text.index(":", key.end_mark.index)
    is_block = (isinstance(new, dict | list) and bool(new)) or "\n" in str(new)
    if not is_block and _is_in_line(key, value):
        inline = _inline(new)
        return _Cut(value.start_mark.index, value.end_mark.index, inline if text[colon + 1] != "\n" else f" {inline}")
    end = _end_of_lines(text, value.end_mark.index, value)
    lines = written({"k": new}).partition(":")[2]
    first, _, rest = lines.partition("\n")
    return _Cut(colon + 1, end, f"{first}\n{_indented(rest, key.start_mark.column)}")


def _is_in_line(key: yaml.Node, value: yaml.Node) -> bool:
    is_plain = isinstance(value, yaml.ScalarNode) and value.style not in {"|", ">"}
    return is_plain and value.end_mark.line == key.start_mark.line


def _replaced(text: str, node: yaml.Node, new: Any) -> _Cut:
    """An item of a list, or something in flow style."""
    if node.flow_style if isinstance(node, yaml.CollectionNode) else True:
        return _Cut(node.start_mark.index, node.end_mark.index, _inline(new))
    end = _end_of_lines(text, node.end_mark.index, node)
    lines = _indented(written(new), node.start_mark.column).lstrip(" ")
    return _Cut(node.start_mark.index, end, lines)


def _inline(value: Any) -> str:
    """In one line, as it may stand anywhere."""
    return (
        yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=True, width=10**9)
        .removesuffix("\n")
        .removesuffix("\n...")
    )


def _indented(text: str, columns: int) -> str:
    return "".join(" " * columns + line if line.strip() else line for line in text.splitlines(keepends=True))


def _begins_line(text: str, node: yaml.Node) -> bool:
    index = node.start_mark.index
    return not text[_start_of_line(text, index) : index].strip()


def _start_of_line(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _end_of_lines(text: str, index: int, node: yaml.Node) -> int:
    """Behind the last line of a value. The mark of a block lies at whatever comes next, so go back over blank lines
    and comments, which belong to that."""
    if getattr(node, "flow_style", False) or (isinstance(node, yaml.ScalarNode) and node.style not in {"|", ">"}):
        end = text.find("\n", index)
        return len(text) if end < 0 else end + 1
    if isinstance(node, yaml.CollectionNode) and node.value:
        last = node.value[-1]
        inner = last[1] if isinstance(last, tuple) else last
        return _end_of_lines(text, inner.end_mark.index, inner)
    return _start_of_line(text, index)
