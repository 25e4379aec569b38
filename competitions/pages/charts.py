"""Bars drawn by the server as SVG: no script, no style attribute, the numbers stand beside them as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from competitions.queries.submissions import SceneScores

BAR_UNITS = 100.0


@dataclass(frozen=True, slots=True)
class SceneBar:
    """`length` is in percent of the track; None draws no bar."""

    name: str
    values: list[float | None]
    length: float | None


def scene_bars(scenes: Sequence[SceneScores], keys: Sequence[str]) -> list[SceneBar]:
    """A bar for the first metric. A share (0 to 1) is drawn as it is, an error relative to the largest one."""
    first = [scene.metrics.get(keys[0]) for scene in scenes] if keys else []
    known = [value for value in first if value is not None]
    full = max([1.0, *known]) if known and min(known) >= 0 else None
    if full is not None and full > 1.0:
        full = max(known)
    return [
        SceneBar(scene.name, [scene.metrics.get(key) for key in keys], _length(value, full))
        for scene, value in zip(scenes, first, strict=False)
    ]


def _length(value: float | None, full: float | None) -> float | None:
    if value is None or not full:
        return None
    return round(BAR_UNITS * max(0.0, min(1.0, value / full)), 2)
