"""Bars drawn by the server as SVG: no script, no style attribute, the numbers stand beside them as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from competitions.queries.submissions import SceneScores
from scoring.ranking import rounded

BAR_UNITS = 100.0


@dataclass(frozen=True, slots=True)
class SceneBar:
    """`cells` are a value and its decimals for each metric. `length` is in percent of the track; None draws no bar."""

    name: str
    cells: list[tuple[float | None, int]]
    length: float | None


def scene_bars(scenes: Sequence[SceneScores], decimals: Mapping[str, int]) -> list[SceneBar]:
    """A bar for the first metric. A share (0 to 1) is drawn as it is, an error relative to the largest one.

    Lengths come from rounded values: a bar must not tell more digits than the number beside it.
    """
    key = next(iter(decimals), "")
    first = [_shown(scene.metrics.get(key), decimals.get(key, 0)) for scene in scenes]
    known = [value for value in first if value is not None]
    full = max([1.0, *known]) if known and min(known) >= 0 else None
    if full is not None and full > 1.0:
        full = max(known)
    return [
        SceneBar(
            scene.name, [(scene.metrics.get(key), places) for key, places in decimals.items()], _length(value, full)
        )
        for scene, value in zip(scenes, first, strict=True)
    ]


def _shown(value: float | None, decimals: int) -> float | None:
    return None if value is None else rounded(value, decimals)


def _length(value: float | None, full: float | None) -> float | None:
    if value is None or not full:
        return None
    return round(BAR_UNITS * max(0.0, min(1.0, value / full)), 2)
