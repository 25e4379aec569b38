"""Probes of lines, outlines and points, in the first form of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Scene
from scoring.job import MetricSpec
from scoring.kinds.lines.contract import LinesContract
from scoring.kinds.lines.polylines import Polylines
from scoring.kinds.lines.stored import open_truth
from scoring.probes.variants import NotMade, Variant

Line = npt.NDArray[np.float64]
MAX_RANDOM_POINTS: Final = {"points": 2_000, "lines": 50}  # a long line of random points would be too long


class LineProbes:
    """Coordinates are pixels, or in the CRS where the contract asks for that."""

    def __init__(
        self, contract: LinesContract, folder: Path, manifest: Mapping[str, Any], specs: Sequence[MetricSpec]
    ) -> None:
        self._contract, self._manifest = contract, manifest
        truths = {one["name"]: open_truth(folder, one["file"]).lines for one in manifest["scenes"]}
        self._best = {scene.name: self._answer(truths[scene.name], scene) for scene in contract.scenes}
        form = contract.formats[0]
        self.file_name = "prediction" + {"pixel_json": ".json", "geojson": ".geojson", "wkt": ".csv"}[form]
        self.notes: list[str] = []

    def sides(self) -> list[str]:
        return [one["side"] for one in self._manifest["scenes"]]

    def write(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        found = {scene.name: self._changed(scene, variant, rng) for scene in self._contract.scenes}
        if variant.key == "missing":
            found.pop(self._contract.scenes[-1].name)
        if variant.key == "wrong_shape":
            found["no-such-scene"] = found.pop(self._contract.scenes[0].name)
        text = {"pixel_json": self._pixel_json, "geojson": self._geojson, "wkt": self._wkt}[self._contract.formats[0]](
            found
        )
        path.write_text(_without_a_number(text) if variant.key == "not_a_number" else text, encoding="utf-8")

    # -- what is in the scenes ----------------------------------------------------------------------------------------

    def _answer(self, lines: Polylines, scene: Scene) -> list[Line]:
        """The truth's lines with no more points than allowed; where it has none, the least that is accepted."""
        parts = np.split(lines.points, np.cumsum(lines.sizes)[:-1]) if len(lines) else []
        step = -(-len(lines.points) // self._contract.max_points) if len(lines) else 1
        thinned = [_thinned(part, step, self._contract.geometry) for part in parts]
        if not thinned and not self._contract.allows_empty:
            return [np.array([[0.0, 0.0], [0.01, 0.0]])]
        return thinned

    def _changed(self, scene: Scene, variant: Variant, rng: np.random.Generator) -> list[Line]:
        best = self._best[scene.name]
        if variant.key == "constant":
            middle = scene.height / 2
            return [np.array([[0.0, middle], [float(scene.width), middle]])]
        if variant.key == "random":
            count = min(max(2, sum(map(len, best))), MAX_RANDOM_POINTS[self._contract.geometry])
            return [rng.random((count, 2)) * (scene.width, scene.height)]
        if variant.key == "permuted":
            return self._of_next(scene)
        if variant.level:
            pixels = variant.level * 0.2 * max(scene.height, scene.width)
            return [line + rng.normal(size=line.shape) * pixels for line in best]
        return best

    def _of_next(self, scene: Scene) -> list[Line]:
        """Another scene's lines, stretched to this one's size."""
        names = [one.name for one in self._contract.scenes]
        if len(names) < 2:
            raise NotMade("there is one scene only, so nothing can be exchanged")
        other = self._contract.scenes[(names.index(scene.name) + 1) % len(names)]
        factor = np.array([scene.width / other.width, scene.height / other.height])
        return [line * factor for line in self._best[other.name]]

    # -- files --------------------------------------------------------------------------------------------------------

    def _pixel_json(self, found: Mapping[str, list[Line]]) -> str:
        if self._contract.geometry == "points":
            return _json({name: [point for line in lines for point in line.tolist()] for name, lines in found.items()})
        return _json({name: [line.tolist() for line in lines] for name, lines in found.items()})

    def _geojson(self, found: Mapping[str, list[Line]]) -> str:
        is_points = self._contract.geometry == "points"
        kind = "MultiPoint" if is_points else "MultiLineString"
        features = []
        for name, lines in found.items():
            placed = [self._placed(line, name).tolist() for line in lines]
            coordinates = [point for line in placed for point in line] if is_points else placed
            properties = {self._contract.scene_property: name}
            geometry = {"type": kind, "coordinates": coordinates}
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
        return _json({"type": "FeatureCollection", "features": features})

    def _wkt(self, found: Mapping[str, list[Line]]) -> str:
        is_points = self._contract.geometry == "points"
        kind = "MULTIPOINT" if is_points else "MULTILINESTRING"
        rows = ["scene,wkt"]
        for name, lines in found.items():
            texts = [", ".join(f"{x!r} {y!r}" for x, y in self._placed(line, name).tolist()) for line in lines]
            body = ", ".join(texts) if is_points else ", ".join(f"({text})" for text in texts)
            rows.append(f'{name},"{kind} ({body})"' if texts else f'{name},"{kind} EMPTY"')
        return "\n".join([*rows, ""])

    def _placed(self, line: Line, name: str) -> Line:
        """Pixels -> the coordinates that the contract wants."""
        scene = next((one for one in self._contract.scenes if one.name == name), self._contract.scenes[0])
        if self._contract.coordinates != "crs" or scene.transform is None:
            return line
        a, b, c, d, e, f = scene.transform
        columns, rows = line[:, 0], line[:, 1]
        return np.stack([a * columns + b * rows + c, d * columns + e * rows + f], axis=1)


def _thinned(line: Line, step: int, geometry: str) -> Line:
    kept = line[::step]
    return np.vstack([kept, line[-1:]]) if geometry == "lines" and (len(line) - 1) % step else kept


def _json(document: object) -> str:
    return json.dumps(document)


def _without_a_number(text: str) -> str:
    """The first coordinate is no number any more."""
    start = next((place for place, letter in enumerate(text) if letter.isdigit() and text[place - 1] in "[( -"), None)
    if start is None:
        raise NotMade("the truth has no point")
    end = start
    while text[end].isdigit() or text[end] in ".e":
        end += 1
    return f"{text[:start]}NaN{text[end:]}"
