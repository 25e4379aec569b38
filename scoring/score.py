"""Plain cells + truth -> a result. Runs where there is truth and no file of a stranger, in one pass over the cells.

The cells were checked by normalise, but normalise parsed a hostile file and may no longer be itself. So sizes come from
the contract, every class index, id and number is checked once more, and a stream that is not as promised is no score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from scoring import SCORING_VERSION
from scoring.aggregate import (
    SceneCounts,
    block_side,
    mask_scores,
    mask_statistics,
)
from scoring.composite import add_combinations, in_order, split_specs
from scoring.contract import Contract, KindContract, RasterContract, Scene
from scoring.counting import PairCounter
from scoring.errors import BrokenStream, InvalidPrediction
from scoring.formats.cells import CellReader, band_rows, bands
from scoring.formats.truth_store import (
    SCHEMA,
    RasterTruth,
    TruthScene,
    open_codes,
    open_layer_truths,
    open_table_truth,
)
from scoring.job import MetricSpec
from scoring.kinds import part_of
from scoring.layer_results import merged
from scoring.raster_watch import Watch, Watched
from scoring.reading import load_json
from scoring.splits import SCORED
from scoring.table_score import score_table
from scoring.uncertainty import intervals_of

RESULT_SCHEMA = "tidemark.result/1"
SKIP_BYTES = 1024 * 1024


def score(stream: BinaryIO, contract: Contract, truth: Path, specs: Sequence[MetricSpec]) -> dict[str, Any]:
    """The result document: `status` ok with scores, or invalid with problems.

    Raises:
        BrokenStream: the cells are not what the contract says.
        InvalidJob: metrics and truth do not fit together.
        ValueError, OSError: the truth is damaged. All three are faults of ours, never of the prediction.
    """
    manifest = load_json(truth / "manifest.json", "truth")
    if not isinstance(manifest, dict) or (manifest.get("schema"), manifest.get("kind")) != (SCHEMA, contract.kind):
        raise ValueError(f"the truth is not a {contract.kind} truth in the form {SCHEMA}")
    reader = CellReader(stream, contract)
    measured, made = split_specs(specs)
    try:
        if isinstance(contract, KindContract):
            body = part_of(contract.kind, "scoring").score(reader, truth, manifest, contract, measured)
        elif isinstance(contract, RasterContract):
            body = _score_masks(reader, open_layer_truths(truth, manifest, contract), contract, measured)
        else:
            body = score_table(reader, open_table_truth(truth, manifest, contract), contract, measured)
    except InvalidPrediction as error:
        return invalid_result(error)
    body = in_order(add_combinations(body, made), specs)
    body["intervals"] = intervals_of(body, specs, contract)
    return {"schema": RESULT_SCHEMA, "status": "ok", "scoring_version": SCORING_VERSION, **body}


def invalid_result(error: InvalidPrediction) -> dict[str, Any]:
    """The result document of a prediction that the gate refuses."""
    problems = [problem.as_dict() for problem in error.problems]
    base = {"schema": RESULT_SCHEMA, "status": "invalid", "scoring_version": SCORING_VERSION}
    return {**base, "problems": problems, "total": error.total}


# -- masks ------------------------------------------------------------------------------------------------------------


def _score_masks(
    reader: CellReader, truths: Mapping[str, RasterTruth], contract: RasterContract, specs: Sequence[MetricSpec]
) -> dict[str, Any]:
    """Planes in the order of the stream: scene by scene, inside a scene layer by layer."""
    counted: dict[str, list[SceneCounts]] = {layer: [] for layer in truths}
    of_layer = {layer: [spec for spec in specs if spec.layer == layer] for layer in truths}
    watched = {layer: Watched(truth, contract, of_layer[layer]) for layer, truth in truths.items()}
    pairs = max(truth.pairs for truth in truths.values())
    for planes in zip(*(truth.scenes for truth in truths.values()), strict=True):
        for (layer, truth), one in zip(truths.items(), planes, strict=True):
            counts = _count_scene(reader, truth, one, pairs, watched[layer])
            if counts is not None:
                counted[layer].append(counts)
    reader.finish()
    parts = {
        layer: watched[layer].added(_body(counted[layer], truth, [one for one in of_layer[layer] if not one.measure]))
        for layer, truth in truths.items()
    }
    return parts[""] if "" in parts else merged(parts)


def _body(scenes: Sequence[SceneCounts], truth: RasterTruth, specs: Sequence[MetricSpec]) -> dict[str, Any]:
    metrics, rows = mask_scores(scenes, truth.values, truth.classes, specs)
    statistics = mask_statistics(scenes, truth.values, truth.classes)
    return {"metrics": metrics, "scenes": rows, "statistics": statistics}


def _count_scene(
    reader: CellReader, truth: RasterTruth, one: TruthScene, pairs: int, watched: Watched
) -> SceneCounts | None:
    """Joint counts of a scene, or None when it is on no side: its cells are then read and forgotten.

    `pairs`: of the layer with the most, so that the blocks of all layers are cut alike.
    """
    if one.side not in SCORED:
        _skip(reader, one.scene)
        return None
    side = block_side(one.scene.height, one.scene.width, scenes=len(truth.scenes), pairs=pairs)
    with open_codes(truth, one) as file:
        blocks = _count_blocks(reader, file, one.scene, truth, side, watched.begin(one, side))
    watched.end(one)
    shape = (len(blocks), truth.pairs // len(truth.classes), len(truth.classes))
    return SceneCounts(one.scene.name, one.side, blocks.reshape(shape), side)


def _skip(reader: CellReader, scene: Scene) -> None:
    left = scene.cells
    while left:
        left -= len(reader.read(min(left, SKIP_BYTES)))


def _count_blocks(
    reader: CellReader, file: BinaryIO, scene: Scene, truth: RasterTruth, side: int, watch: Watch | None
) -> npt.NDArray[np.int64]:
    """Shape (blocks, pairs), blocks row by row. A band of rows lies inside one row of blocks."""
    across = -(-scene.width // side)
    counters = [PairCounter(truth.pairs) for _ in range(across)]
    rows: list[npt.NDArray[np.int64]] = []
    shape = (band_rows(scene), scene.width)
    cells, all_codes = np.empty(shape, np.uint8), np.empty(shape, truth.dtype)
    for start, stop in bands(scene):
        codes = _codes(reader, file, cells[: stop - start], all_codes[: stop - start], truth)
        if watch is not None:
            watch.add(codes)
        for index, counter in enumerate(counters):
            counter.add(codes[:, index * side : (index + 1) * side].ravel())
        if stop % side == 0 or stop == scene.height:
            rows.extend(counter.take() for counter in counters)
    return np.array(rows, np.int64)


def _codes(
    reader: CellReader, file: BinaryIO, cells: npt.NDArray[np.uint8], codes: npt.NDArray[Any], truth: RasterTruth
) -> npt.NDArray[Any]:
    """The codes of the pairs of a band: what the truth's file holds plus the class index of the prediction.

    `cells` and `codes` are room for them. The truth is read first, while the cells are still being decoded.
    """
    _fill(file, memoryview(codes).cast("B"))  # type: ignore[arg-type]
    reader.read_into(memoryview(cells))  # type: ignore[arg-type]
    if cells.max() >= len(truth.classes):
        raise BrokenStream("a class index that the contract does not have")
    np.add(codes, cells, out=codes)
    return codes


def _fill(file: BinaryIO, view: memoryview) -> None:
    while view:
        count = file.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise ValueError("an array of the truth is cut short")
        view = view[count:]
