"""What a file gives for each scene, held against the contract as it comes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scoring.contract import Scene
from scoring.errors import Problems, closest, quoted
from scoring.kinds.lines.contract import MAX_LENGTH, LinesContract, reach
from scoring.kinds.lines.polylines import Polylines
from scoring.kinds.lines.shapes import BadShape, Line


@dataclass
class _Kept:
    """What has been given of a scene: as plain numbers, because files of many short lines would fill memory."""

    count: int = 0
    numbers: array[float] = field(default_factory=lambda: array("d"))
    sizes: array[int] = field(default_factory=lambda: array("q"))

    def add(self, line: Line) -> None:
        self.numbers.frombytes(line.tobytes())
        self.sizes.append(len(line))

    def polylines(self) -> Polylines:
        points = np.frombuffer(self.numbers, np.float64).reshape(-1, 2) if self.numbers else np.empty((0, 2))
        return Polylines(points, np.array(self.sizes, np.int64))


class SceneLines:
    """Lines of scenes in pixels. `add` notes what is wrong; a scene that was given without a line is known, too."""

    def __init__(self, contract: LinesContract, problems: Problems) -> None:
        self._contract = contract
        self._problems = problems
        self._scenes = {scene.name: scene for scene in contract.scenes}
        self._kept: dict[str, _Kept] = {}

    def knows(self, name: Any, *, once: bool = False) -> bool:
        """Whether there is a scene of this name; notes when not, or when it is given again."""
        if not isinstance(name, str) or name not in self._scenes:
            self._add_stranger(name)
            return False
        if once and name in self._kept:
            self._problems.add("lines_scene_twice", name, scene=name)
            return False
        return True

    def _add_stranger(self, name: Any) -> None:
        shown = quoted(name) if isinstance(name, str) else quoted(repr(name)[:100])
        hint = closest(name, self._scenes) if isinstance(name, str) else None
        code = "lines_scene_unexpected_hint" if hint else "lines_scene_unexpected"
        self._problems.add(code, "", name=shown, **({"hint": quoted(hint)} if hint else {}))

    def refuse(self, name: str, error: BadShape) -> None:
        self._kept.setdefault(name, _Kept())
        self._problems.add(error.code, name, **{"scene": name, **error.params})

    def add(self, name: str, lines: Sequence[Line], *, in_crs: bool = False) -> None:
        """Lines of a scene that is known, in pixels or in coordinates of its CRS."""
        scene, kept = self._scenes[name], self._kept.setdefault(name, _Kept())
        before, limit = kept.count, self._contract.max_points
        kept.count += sum(len(line) for line in lines)
        if kept.count > limit:
            if before <= limit:
                self._problems.add("lines_too_many_points", name, scene=name, max_points=limit)
            return
        for line in lines:
            placed = to_pixels(line, scene) if in_crs else line
            self._check_place(placed, scene)
            if len(line) and not self._problems:
                kept.add(placed)

    def _check_place(self, line: Line, scene: Scene) -> None:
        outside = outside_of(line, scene, reach(scene, self._contract))
        if not outside.any():
            return
        index = int(np.flatnonzero(outside)[0])
        found = f"({line[index, 0]:.6g}, {line[index, 1]:.6g})"
        expected = f"0 to {scene.width}, 0 to {scene.height}"
        self._problems.add("lines_outside", scene.name, scene=scene.name, index=index, found=found, expected=expected)

    def finish(self) -> dict[str, Polylines]:
        """Scene -> lines; every scene must have been given."""
        found: dict[str, Polylines] = {}
        is_clean = not self._problems  # otherwise points were left out
        for name in self._scenes:
            if name not in self._kept:
                self._problems.add("lines_scene_missing", name, scene=name)
                continue
            if not is_clean:
                continue
            found[name] = self._kept[name].polylines()
            if not len(found[name]) and not self._contract.allows_empty:
                self._problems.add("lines_empty", name, scene=name)
            elif self._contract.geometry == "lines" and found[name].length > MAX_LENGTH:
                self._problems.add("lines_too_long", name, scene=name, max_length=int(MAX_LENGTH))
        return found


def outside_of(line: Line, scene: Scene, margin: float) -> Any:
    """Which points lie more than a margin outside of a scene. Shapes: (n, 2) -> (n,)"""
    low, high = -margin, np.array([scene.width, scene.height]) + margin
    return ~((line >= low) & (line <= high)).all(axis=1)


def to_pixels(line: Line, scene: Scene) -> Line:
    """Coordinates of the CRS -> (column, row), by the inverse of the transform."""
    if scene.transform is None:
        raise ValueError(f"scene {scene.name} has no transform")
    a, b, c, d, e, f = scene.transform
    x, y = line[:, 0] - c, line[:, 1] - f
    determinant = a * e - b * d
    with np.errstate(over="ignore", invalid="ignore"):
        return np.stack([(e * x - b * y) / determinant, (a * y - d * x) / determinant], axis=1)
