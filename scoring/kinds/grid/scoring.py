"""One pass over the cells of a grid: field by field, whatever the number of fields, in the memory of one field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.errors import BrokenStream
from scoring.formats.cells import CellReader
from scoring.job import MetricSpec
from scoring.kinds.grid.contract import LARGEST, GridContract
from scoring.kinds.grid.measures import GridMeasure
from scoring.kinds.grid.store import LITTLE, GridTruth, TruthField, open_truth
from scoring.kinds.grid.views import Accumulator, Field, tiles_of
from scoring.measure import MeasuredScene, Sums, measure_of, scene_results
from scoring.splits import SCORED

Step = tuple[int, str]


def score(
    reader: CellReader, folder: Path, manifest: dict[str, Any], contract: GridContract, specs: Sequence[MetricSpec]
) -> dict[str, Any]:
    """{metrics, scenes, statistics} of a stream of cells; its scenes are the fields."""
    truth = open_truth(folder, manifest, contract)
    measures = {spec.key: measure_of(spec, contract) for spec in specs}
    mine = {key: one for key, one in measures.items() if isinstance(one, GridMeasure)}
    scenes = _measured(reader, truth, mine)
    reader.finish()
    metrics, rows, statistics = scene_results(scenes, measures, specs)
    return {"metrics": metrics, "scenes": rows, "statistics": {"kind": "grid", "measured": statistics}}


def _measured(reader: CellReader, truth: GridTruth, measures: Mapping[str, GridMeasure]) -> list[MeasuredScene]:
    contract = truth.contract
    tiles = tiles_of(min((truth.sides.count(side) for side in SCORED if side in truth.sides), default=1))
    tiles = min(tiles, contract.height, contract.width)
    steps: dict[Step, Accumulator] = {_step(one): Accumulator(*_step(one)) for one in measures.values()}
    weights = truth.weights()
    members = np.empty((contract.layers, contract.height, contract.width), LITTLE[contract.dtype])
    scenes: list[MeasuredScene] = []
    side = None
    for index, mine in enumerate(truth.sides):
        _read_members(reader, members)
        if mine != side:
            side = mine
            for accumulator in steps.values():
                accumulator.reset()
        if mine in SCORED:
            scenes.append(_scene(truth.field(index), members, weights, tiles, steps, measures))
    return scenes


def _step(measure: GridMeasure) -> Step:
    return measure.view.accumulate, measure.view.accumulate_by


def _read_members(reader: CellReader, members: npt.NDArray[Any]) -> None:
    """One field of the prediction, into memory of ours, checked once more."""
    reader.read_into(memoryview(members.view(np.uint8)).cast("B"))  # type: ignore[arg-type]
    for plane in members:
        with np.errstate(invalid="ignore"):
            low, high = float(plane.min()), float(plane.max())
        if not (low >= -LARGEST and high <= LARGEST):  # NaN is neither
            raise BrokenStream("a cell that is not finite, or too large")


def _scene(
    truth: TruthField,
    members: npt.NDArray[Any],
    weights: npt.NDArray[np.float64] | None,
    tiles: int,
    steps: Mapping[Step, Accumulator],
    measures: Mapping[str, GridMeasure],
) -> MeasuredScene:
    one = Field(truth.values, members, truth.mask, weights, truth.climatology, tiles)
    views = {step: accumulator.add(one) for step, accumulator in steps.items()}
    sums = {key: _sums(measure, views[_step(measure)]) for key, measure in measures.items()}
    cells = truth.values.size if truth.mask is None else int(np.count_nonzero(truth.mask))
    return MeasuredScene(truth.name, truth.side, sums, {"cells": cells})


def _sums(measure: GridMeasure, one: Field | None) -> Sums:
    """Sums of the units that a field gives; none while a group is being accumulated."""
    return np.empty((0, measure.size)) if one is None else measure.sums(one)
