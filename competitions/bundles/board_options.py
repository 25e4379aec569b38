"""What a leaderboard of the document asks for beyond its metric -> the options that the service stores.

A task is described to be tried while its board may still be wrong, so mistakes are read over here: they are told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from competitions.bundles.sections import Section
from competitions.services.descriptions import BoardOptions

RANK_DECIMALS: Final = 2


@dataclass(frozen=True, slots=True)
class Ranking:
    """The board's own order, before options: of its metric."""

    higher_is_better: bool
    decimals: int


def options_of(board: Section, higher_is_better: Mapping[str, bool]) -> BoardOptions:
    """`higher_is_better` is by the key of each metric of the task."""
    return BoardOptions(
        tie_tolerance=_real(board, "tie_tolerance"),
        ladder_step=_real(board.at("ladder"), "step"),
        public_decimals=_public_decimals(board),
        combine=_combine(board.at("combine"), higher_is_better),
        gates=tuple(gate.value for gate in board.items("gates")),
        show_tied=board.at("show_tied").value is not False,
    )


def ranking_of(board: Section, of_metric: Ranking) -> Ranking:
    """Mean ranks are better when lower, whatever the metrics are."""
    combine = board.at("combine")
    if combine.text("kind") == "ranks":
        return Ranking(higher_is_better=False, decimals=combine.number("precision", RANK_DECIMALS))
    return Ranking(of_metric.higher_is_better, combine.number("precision", of_metric.decimals))


def _real(section: Section, key: str) -> float | None:
    found = section.at(key).value
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and found > 0 else None


def _public_decimals(board: Section) -> int | None:
    """As said; with a ladder at most those of its step, since finer ones would tell what the ladder hides."""
    said = board.number("public_decimals", -1)
    step = _real(board.at("ladder"), "step")
    of_step = None if step is None else max(0, math.ceil(-math.log10(step) - 1e-9))
    known = [decimals for decimals in (None if said < 0 else said, of_step) if decimals is not None]
    return min(known, default=None)


def _combine(combine: Section, higher_is_better: Mapping[str, bool]) -> dict[str, object] | None:
    if not combine.has("kind"):
        return None
    weights = combine.at("of")
    columns = [
        {"metric": key, "weight": _real(weights, key), "higher_is_better": higher_is_better.get(key, True)}
        for key in combine.mapping("of")
    ]
    return {"kind": combine.text("kind"), "of": columns}
