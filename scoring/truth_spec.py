"""How a truth is split and what of it does not count, read from JSON. Every mistake is collected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scoring.errors import InvalidJob, Problems, quoted
from scoring.reading import Node

SPLITS: Final = ("scene", "column", "list", "hash", "none")
LOWEST_VALUE: Final = -32_768
HIGHEST_VALUE: Final = 65_535


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """Which scenes or rows are public and which private. `public` is the share for a hash."""

    by: str
    public: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    column: str = ""
    file: str = ""
    seed: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class TruthSpec:
    split: SplitSpec
    ignore: tuple[int, ...] = ()
    mask: str = ""
    groups: str = ""  # of a table: the column whose values belong together, see scoring/uncertainty_units.py


def parse_truth_spec(document: object, kind: str, *, where: str = "truth") -> TruthSpec:
    """How a truth is split, what of it is ignored. Raises InvalidJob."""
    problems = Problems()
    spec = read_truth_spec(Node(document, where, problems), kind)
    problems.raise_if_any(InvalidJob)
    return spec


def read_truth_spec(node: Node, kind: str) -> TruthSpec:
    """As parse_truth_spec, with problems added to the collector of the node. Without a split all is public."""
    if not node.is_null and not isinstance(node.value, dict):
        node.wrong("an object")
    ignore = tuple(
        value for item in node.at("ignore").items() if (value := item.whole(LOWEST_VALUE, HIGHEST_VALUE)) is not None
    )
    split = node.at("split")
    chosen = SplitSpec("none") if split.is_null else _split(split, kind)
    groups = node.at("groups")
    if kind != "table" and not groups.is_null:
        groups.problems.add("truth_groups_kind", groups.where)
    return TruthSpec(chosen, ignore, node.at("mask").text(), groups.text())


def _split(node: Node, kind: str) -> SplitSpec:
    by = node.need("by").choice(SPLITS, "none")
    if (by == "column" and kind in ("raster", "grid")) or (by == "scene" and kind == "table"):
        node.problems.add("split_kind", node.where, kind=kind, by=by)
    spec = SplitSpec(
        by=by,
        public=_names(node.at("public")) if by in {"scene", "list"} else (),
        private=_names(node.at("private")) if by in {"scene", "list"} else (),
        column=node.need("column").text() if by == "column" else "",
        file=node.at("file").text() if by == "list" else "",
        seed=_seed(node.need("seed")) if by == "hash" else "",
        share=_share(node.need("public")) if by == "hash" else 1.0,
    )
    if by == "list" and not (spec.file or spec.public or spec.private):
        node.problems.add("job_missing", node.where, key="file")
    for name in sorted(set(spec.public) & set(spec.private)):
        node.problems.add("job_twice", node.where, value=quoted(name))
    return spec


def _names(node: Node) -> tuple[str, ...]:
    return tuple(str(item.value) if is_whole(item.value) else item.text() for item in node.items())


def _seed(node: Node) -> str:
    return str(node.value) if is_whole(node.value) else node.text()


def _share(node: Node) -> float:
    share = node.number()
    if share is None or not 0 <= share <= 1:
        node.problems.add("job_range", node.where, value=str(node.value)[:40], expected="0 to 1")
        return 0.0
    return share


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
