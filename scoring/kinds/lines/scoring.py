"""Lines of a prediction against those of the truth, scene by scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scoring.contract import Scene
from scoring.distances import DistanceMeasure, Distances, distances_of
from scoring.formats.cells import CellReader
from scoring.job import MetricSpec
from scoring.kinds.lines.contract import LinesContract
from scoring.kinds.lines.measures import TransectMeasure
from scoring.kinds.lines.polylines import Points, Polylines
from scoring.kinds.lines.stored import TruthLines, open_truth
from scoring.kinds.lines.stream import read_lines
from scoring.kinds.lines.transects import crossed, transect_errors
from scoring.measure import Measure, MeasuredScene, Sums, measure_of, scene_results
from scoring.splits import SCORED, Side


def score(
    reader: CellReader, folder: Path, manifest: Mapping[str, Any], contract: LinesContract, specs: Sequence[MetricSpec]
) -> dict[str, Any]:
    """The body of a result: metrics, scenes and statistics."""
    listed = {one["name"]: one for one in manifest["scenes"]}
    if list(listed) != [scene.name for scene in contract.scenes]:
        raise ValueError("the truth was normalised for another contract")
    measures = {spec.key: measure_of(spec, contract) for spec in specs}
    scenes = []
    for scene, lines in zip(contract.scenes, read_lines(reader, contract), strict=True):
        side = Side[listed[scene.name]["side"].upper()]
        if side in SCORED:
            compared = Comparison(scene, open_truth(folder, listed[scene.name]["file"]), lines, contract)
            sums = {key: compared.sums(measure) for key, measure in measures.items()}
            scenes.append(MeasuredScene(scene.name, side, sums, {"points": len(lines)}))
    reader.finish()
    metrics, rows, statistics = scene_results(scenes, measures, specs)
    return {"metrics": metrics, "scenes": rows, "statistics": {"kind": "lines", "measured": statistics}}


class Comparison:
    """One scene, two sets of lines. What several measures need is made once."""

    def __init__(self, scene: Scene, truth: TruthLines, prediction: Polylines, contract: LinesContract) -> None:
        self._scene, self._contract = scene, contract
        self._truth, self._prediction = truth, prediction
        self._distances: dict[tuple[str, float], Distances] = {}
        self._errors: dict[float, tuple[Points, Points]] = {}

    def sums(self, measure: Measure) -> Sums:
        if isinstance(measure, TransectMeasure):
            errors, transects = self._along(measure.tolerance)
            return measure.sums(measure.in_unit(errors, transects, self._scene))
        if isinstance(measure, DistanceMeasure):
            return measure.sums(self._apart(measure.unit, measure.step))
        raise TypeError(f"{type(measure).__name__} measures no lines")

    def _along(self, tolerance: float) -> tuple[Points, Points]:
        if tolerance not in self._errors:
            truth, transects = self._truth.lines.points, self._truth.transects
            is_crossed = np.array([crossed(truth, one, tolerance) for one in transects], bool)
            errors = transect_errors(truth, self._prediction.points, transects, tolerance)
            self._errors[tolerance] = errors, transects[is_crossed]
        return self._errors[tolerance]

    def _apart(self, unit: str, step: float) -> Distances:
        if (unit, step) not in self._distances:
            truth, prediction = self._points(self._truth.lines, step), self._points(self._prediction, step)
            scenes = len(self._contract.scenes)
            found = distances_of(truth, prediction, self._scene, unit, scenes=scenes)
            self._distances[unit, step] = found
        return self._distances[unit, step]

    def _points(self, lines: Polylines, step: float) -> Points:
        return lines.stepped(step) if self._contract.geometry == "lines" else lines.points
