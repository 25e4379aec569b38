"""Detections against the objects of the truth, scene by scene; a scene of the truth counts whether or not found in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from scoring.errors import BrokenStream
from scoring.formats.cells import CellReader
from scoring.job import MetricSpec
from scoring.kinds.detections.contract import MAX_COORDINATE, MAX_NUMBER, DetectionsContract
from scoring.kinds.detections.measures import DetectionAp, Objects, Pair, Values
from scoring.measure import Measure, MeasuredScene, Sums, measure_of, pseudo_values, scene_results
from scoring.splits import SCORED, Side

MAX_GROUPS: Final = 64


def score(
    reader: CellReader,
    folder: Path,
    manifest: Mapping[str, Any],
    contract: DetectionsContract,
    specs: Sequence[MetricSpec],
) -> dict[str, Any]:
    """The body of a result: metrics, scenes and statistics."""
    listed = manifest["scenes"]
    if [one["name"] for one in listed] != list(contract.scenes):
        raise ValueError("the truth was normalised for another contract")
    measures: dict[str, Any] = {spec.key: measure_of(spec, contract) for spec in specs}
    scenes = []
    for one, found in zip(listed, _found(reader, contract), strict=True):
        side = Side[one["side"].upper()]
        if side in SCORED:
            pair = _pair(found, folder, one["file"], manifest["extra"], contract)
            sums = {key: measure.sums(pair) for key, measure in measures.items()}
            scenes.append(MeasuredScene(one["name"], side, sums, {"detections": len(found.places)}))
    reader.finish()
    return _body(scenes, measures, specs)


def _found(reader: CellReader, contract: DetectionsContract) -> Iterator[Objects]:
    """What the stream says of each scene, all checked once more."""
    width = len(contract.values)
    for name in contract.scenes:
        count = int(np.frombuffer(reader.read(4), "<u4")[0])
        if count > contract.max_detections:
            raise BrokenStream(f"{count} detections in {name}; at most {contract.max_detections} are possible")
        rows = np.frombuffer(reader.read(count * width * 8), "<f8").astype(np.float64).reshape(count, width)
        found = _objects(rows, contract.values, contract)
        if not _is_possible(found, contract):
            raise BrokenStream("a value that the contract does not allow")
        yield found


def _objects(rows: Values, names: Sequence[str], contract: DetectionsContract) -> Objects:
    places = len(contract.places)
    return Objects(rows[:, :places], {name: rows[:, at] for at, name in enumerate(names) if at >= places})


def _is_possible(found: Objects, contract: DetectionsContract) -> bool:
    columns, places = found.columns, found.places
    checks = [np.isfinite(places).all(), (np.abs(places) <= MAX_COORDINATE).all()]
    if contract.geometry == "box":
        checks.append((places[:, :2] < places[:, 2:]).all())
    if contract.confidence:
        checks.append(((columns[contract.confidence] >= 0) & (columns[contract.confidence] <= 1)).all())
    checks += [np.isin(columns[name], (0.0, 1.0)).all() for name in contract.flags]
    checks += [((columns[name] >= 0) & (columns[name] <= MAX_NUMBER)).all() for name in contract.numbers]
    return all(bool(one) for one in checks)


def _pair(found: Objects, folder: Path, file: str, extra: Sequence[str], contract: DetectionsContract) -> Pair:
    rows = np.load(folder / f"{file}.npy", allow_pickle=False)
    names = [*contract.places, *contract.flags, *contract.numbers, *extra]
    if rows.shape[1] != len(names):
        raise ValueError(f"{file}.npy is not the array that the manifest says")
    return Pair(found, _objects(rows, names, contract), np.load(folder / f"{file}_shore.npy", allow_pickle=False))


# -- results ----------------------------------------------------------------------------------------------------------


def _body(scenes: Sequence[MeasuredScene], measures: Mapping[str, Any], specs: Sequence[MetricSpec]) -> dict[str, Any]:
    """Average precision is no function of sums over scenes: it is made of all detections of a side at once."""
    summed = {key: one for key, one in measures.items() if not isinstance(one, DetectionAp)}
    metrics, rows, kept = scene_results(scenes, summed, specs)
    for spec in specs:
        measure: Measure = measures[spec.key]
        if not isinstance(measure, DetectionAp):
            continue
        for one, row in zip(scenes, rows, strict=True):
            row["metrics"][spec.key] = measure.of_scenes([one.sums[spec.key]])
        sides = {side.name.lower(): [s.sums[spec.key] for s in scenes if s.side == side] for side in SCORED}
        metrics[spec.key] = {name: _of_side(measure, sums, spec.aggregate) for name, sums in sides.items()}
        kept[spec.key] = {name: _kept(measure, sums, spec.aggregate) for name, sums in sides.items()}
    ordered = {spec.key: metrics[spec.key] for spec in specs}
    return {"metrics": ordered, "scenes": rows, "statistics": {"kind": "detections", "measured": kept}}


def _of_side(measure: DetectionAp, scenes: Sequence[Sums], aggregate: str) -> float | None:
    if aggregate == "pooled":
        return measure.of_scenes(scenes)
    values = [value for one in scenes if (value := measure.of_scenes([one])) is not None]
    return float(np.mean(values)) if values else None


def _kept(measure: DetectionAp, scenes: Sequence[Sums], aggregate: str) -> dict[str, Any]:
    """Pseudo-values of at most 64 groups of scenes; where none can be left out, the score itself, without interval."""
    exact = _of_side(measure, scenes, aggregate)
    sums = _pseudo_values(measure, scenes, aggregate, exact) if exact is not None else []
    return {"scenes": list(range(len(sums))), "sums": sums, "exact": exact}


def _pseudo_values(
    measure: DetectionAp, scenes: Sequence[Sums], aggregate: str, exact: float
) -> Sequence[Sequence[float]]:
    groups = [set(one.tolist()) for one in np.array_split(np.arange(len(scenes)), min(MAX_GROUPS, len(scenes)))]
    rests = [[scene for k, scene in enumerate(scenes) if k not in group] for group in groups]
    without = [_of_side(measure, rest, aggregate) for rest in rests]
    known = [value for value in without if value is not None]
    if len(groups) == 1 or len(known) < len(groups):
        return [[exact, 1.0]]
    rows: list[list[float]] = pseudo_values(exact, known).tolist()
    return rows
