"""The table of metrics, metrics of masks in pieces, and streams that are not as promised."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scoring import aggregate, score
from scoring.errors import BrokenStream
from scoring.formats import cells as cells_module
from scoring.metric import Metric
from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.cases import columns, masks

MASK_METRICS = [metric for metric in METRICS.values() if metric.of_mask is not None]


def by_name(metric: Metric) -> str:
    return metric.name


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_a_perfect_mask_of_one_class_only_is_the_best(metric: Metric, tmp_path: Path) -> None:
    empty = {name: np.zeros(masks.SHAPE, np.uint8) for name in ("a", "b")}
    task = masks.task(tmp_path, metric, scenes=empty)
    assert task.scores(makers.mask_zip(tmp_path, empty))[metric.name]["public"] == metric.best


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_the_worst_mask_is_within_the_range(metric: Metric, tmp_path: Path) -> None:
    task = masks.task(tmp_path, metric)
    worst = {name: ((cells + 1) % 3).astype(np.uint8) for name, cells in masks.truth().items()}
    value = task.scores(makers.mask_zip(tmp_path, worst))[metric.name]["public"]
    assert value is not None
    if not metric.higher_is_better:
        assert metric.best < value <= metric.maximum
        return
    # Agreement beyond chance reaches -1 with two classes only; with nothing right it is below chance.
    assert value == metric.minimum if metric.minimum == 0 else metric.minimum <= value < 0.0


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_the_order_of_cells_does_not_matter(metric: Metric, tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(masks.SHAPE[0] * masks.SHAPE[1])
    shuffled = [
        {name: cells.ravel()[order].reshape(masks.SHAPE) for name, cells in scenes.items()}
        for scenes in (masks.truth(), masks.guess())
    ]
    as_it_is = masks.task(tmp_path / "1", metric).scores(makers.mask_zip(tmp_path / "1", masks.guess()))
    mixed = masks.task(tmp_path / "2", metric, scenes=shuffled[0]).scores(makers.mask_zip(tmp_path / "2", shuffled[1]))
    assert mixed == as_it_is


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
@pytest.mark.parametrize("rows", [1, 8, 64])
def test_a_mask_in_pieces_scores_as_the_whole(
    metric: Metric, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = masks.task(tmp_path, metric)
    prediction = makers.mask_zip(tmp_path, masks.guess(), blockysize=7, compress="deflate")
    whole = task.result(prediction)
    monkeypatch.setattr(cells_module, "BAND_ROWS", rows)
    monkeypatch.setattr(aggregate, "BLOCK_SIDE", 64)
    pieces = task.result(prediction)
    assert pieces["metrics"] == whole["metrics"]
    assert pieces["scenes"] == whole["scenes"]
    assert len(pieces["statistics"]["scenes"][0]["blocks"]) == 2 * 2
    assert len(whole["statistics"]["scenes"][0]["blocks"]) == 1


@pytest.mark.parametrize("pairs", [2, 4, 8, 9, 121, 256, 257, 1000])
@pytest.mark.parametrize("size", [1, 2, 1001])
def test_pairs_are_counted_as_by_hand(pairs: int, size: int) -> None:
    from scoring.counting import PairCounter

    codes = np.random.default_rng(size).integers(0, pairs, size).astype(np.uint8 if pairs <= 256 else np.uint16)
    counter = PairCounter(pairs)
    for piece in np.array_split(codes, 3):
        counter.add(piece)
    assert counter.take().tolist() == [int((codes == code).sum()) for code in range(pairs)]
    assert counter.take().sum() == 0


def test_the_light_half_loads_no_numerical_library() -> None:
    script = (
        "import sys, scoring.job, scoring.errors, scoring.registry, scoring.ranking;"
        "print({'numpy', 'rasterio', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_scorer_loads_no_reader_of_files() -> None:
    script = "import sys, scoring.score; print({'rasterio', 'pyarrow', 'zipfile', 'csv'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# -- the stream is not trusted -----------------------------------------------------------------------------------------


def test_a_stream_that_was_tampered_with_is_no_score(tmp_path: Path) -> None:
    task = masks.task(tmp_path, METRICS["iou"])
    cells = task.cells(makers.mask_zip(tmp_path, masks.truth()))
    head = len(cells_module.MAGIC) + 32
    tampered = {
        "cut short": cells[:-1],
        "no end mark": cells[: -len(cells_module.END)] + b"x" * len(cells_module.END),
        "more after the end": cells + b"x",
        "another magic": b"x" + cells[1:],
        "another contract": cells[: head - 1] + b"x" + cells[head:],
        "unknown class": cells[:head] + b"\x03" + cells[head + 1 :],
        "a cell too many": cells[:head] + b"\0" + cells[head:],
        "empty": b"",
    }
    for name, stream in tampered.items():
        with pytest.raises(BrokenStream):
            pytest.fail(f"{name}: {task.score(stream)}")


def test_a_table_stream_that_was_tampered_with_is_no_score(tmp_path: Path) -> None:
    task = columns.task(tmp_path, METRICS["mae"])
    stream = task.cells(columns.written(tmp_path, columns.text_of(columns.values_for(METRICS["mae"]))))
    head = len(cells_module.MAGIC) + 32
    end = np.uint32(0).tobytes() + cells_module.END
    huge = np.uint32(2**32 - 1).tobytes()
    one = np.uint32(1).tobytes()
    nan = np.array([np.nan]).tobytes()
    tampered = {
        "a chunk of four milliard rows": stream[:head] + huge + end,
        "a text of 64 kB": stream[:head] + one + b"\xff\xff" + b"a" * 65_535 + bytes(8) + end,
        "a NUL in a text": stream[:head] + one + b"\x03\0r1\0" + bytes(8) + end,
        "NaN": stream[:head] + one + b"\x02\0r1" + nan + end,
        "the same id again": stream[:head] + 2 * (one + b"\x02\0r1" + bytes(8)) + end,
        "no end mark": stream[: -len(cells_module.END)],
    }
    for name, cells in tampered.items():
        with pytest.raises(BrokenStream):
            pytest.fail(f"{name}: {task.score(cells)}")


def test_a_truth_that_is_damaged_is_our_fault(tmp_path: Path) -> None:
    task = masks.task(tmp_path, METRICS["iou"])
    cells = task.cells(makers.mask_zip(tmp_path, masks.truth()))
    array = task.truth / "scene_0000.npy"
    array.write_bytes(array.read_bytes()[:-10])
    with pytest.raises(ValueError, match="cut short"):
        task.score(cells)


def test_result_says_its_version(tmp_path: Path) -> None:
    metric = METRICS["mae"]
    prediction = columns.written(tmp_path, columns.text_of(columns.values_for(metric)))
    result = columns.task(tmp_path, metric).result(prediction)
    assert (result["schema"], result["status"], result["scoring_version"]) == (score.RESULT_SCHEMA, "ok", "1")
