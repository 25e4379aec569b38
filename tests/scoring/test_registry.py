"""Properties that every metric of the table must have, whatever it measures."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring import aggregate, score
from scoring.errors import BrokenStream
from scoring.formats import cells as cells_module
from scoring.formats import tables
from scoring.metric import Metric
from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.makers import Published

MASK_METRICS = [metric for metric in METRICS.values() if "raster" in metric.kinds]
TABLE_METRICS = [metric for metric in METRICS.values() if "table" in metric.kinds]
SHAPE = (70, 90)
ROWS = 400


def rng() -> np.random.Generator:
    return np.random.default_rng(20260101)


def mask_spec(metric: Metric, aggregate: str = "pooled") -> list[dict[str, Any]]:
    params = {"positive": 2} if metric.param("positive") else {}
    return [{"key": metric.name, "metric": metric.name, "aggregate": aggregate, "params": params}]


def mask_truth() -> dict[str, np.ndarray]:
    return {name: rng().integers(0, 3, SHAPE).astype(np.uint8) for name in ("a", "b")}


def mask_guess() -> dict[str, np.ndarray]:
    changed = rng().random(SHAPE) < 0.3
    return {name: np.where(changed, 2 - cells, cells).astype(np.uint8) for name, cells in mask_truth().items()}


def mask_task(folder: Path, metric: Metric, aggregate: str = "pooled", scenes: Any = None) -> Published:
    specs = mask_spec(metric, aggregate)
    split = {"by": "scene", "public": ["a"], "private": ["b"]}
    return makers.published_masks(folder, scenes or mask_truth(), specs, classes=[0, 1, 2], split=split)


def table_text(values: Any, order: Any = None) -> str:
    lines = [f"r{number},{value!r}" for number, value in enumerate(float(value) for value in values)]
    return "\n".join(["id,y", *(lines if order is None else [lines[n] for n in order])]) + "\n"


def table_values() -> np.ndarray:
    return rng().normal(size=ROWS)


def table_guess() -> np.ndarray:
    values = table_values()
    return np.where(np.arange(ROWS) % 3 == 0, values, values + rng().normal(size=ROWS) * 1e3)


def table_task(folder: Path, metric: Metric) -> Published:
    split = {"by": "hash", "seed": "s", "public": 0.4}
    params = {"capacity": 5} if metric.param("capacity") else {}
    spec = {"key": metric.name, "metric": metric.name, "params": params}
    contract = makers.table_contract()
    if metric.above > -math.inf:
        contract["schema"]["fields"][1]["constraints"] = {"minimum": metric.above + 1e-6}
    return makers.published_table(folder, table_text(values_for(metric)), [spec], contract, split=split)


def values_for(metric: Metric, values: Any = None) -> np.ndarray:
    """Values that the metric can take."""
    plain = table_values() if values is None else values
    return np.abs(plain) if metric.above > -math.inf else plain


def written(folder: Path, text: str, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def by_name(metric: Metric) -> str:
    return metric.name


@pytest.mark.parametrize("metric", METRICS.values(), ids=by_name)
def test_a_metric_describes_itself(metric: Metric) -> None:
    assert metric.title
    assert metric.doc
    assert metric.minimum <= metric.best <= metric.maximum
    assert math.isfinite(metric.best)
    assert bool(metric.of_mask) == ("raster" in metric.kinds)
    assert bool(metric.of_table or metric.of_terms) == ("table" in metric.kinds)
    assert len({param.name for param in metric.params}) == len(metric.params)


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_a_perfect_mask_is_the_best_and_no_other_is_better(metric: Metric, aggregate: str, tmp_path: Path) -> None:
    task = mask_task(tmp_path, metric, aggregate)
    perfect = task.scores(makers.mask_zip(tmp_path, mask_truth()))[metric.name]
    assert perfect == {"public": metric.best, "private": metric.best}
    for value in task.scores(makers.mask_zip(tmp_path, mask_guess()))[metric.name].values():
        assert value is not None
        assert metric.minimum <= value < metric.best


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_a_perfect_mask_of_one_class_only_is_the_best(metric: Metric, tmp_path: Path) -> None:
    empty = {name: np.zeros(SHAPE, np.uint8) for name in ("a", "b")}
    task = mask_task(tmp_path, metric, scenes=empty)
    assert task.scores(makers.mask_zip(tmp_path, empty))[metric.name]["public"] == metric.best


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_the_worst_mask_is_within_the_range(metric: Metric, tmp_path: Path) -> None:
    task = mask_task(tmp_path, metric)
    worst = {name: ((cells + 1) % 3).astype(np.uint8) for name, cells in mask_truth().items()}
    value = task.scores(makers.mask_zip(tmp_path, worst))[metric.name]["public"]
    # Agreement beyond chance reaches -1 with two classes only; with nothing right it is below chance.
    assert value == metric.minimum if metric.minimum == 0 else metric.minimum <= value < 0.0


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
def test_the_order_of_cells_does_not_matter(metric: Metric, tmp_path: Path) -> None:
    order = rng().permutation(SHAPE[0] * SHAPE[1])
    shuffled = [
        {name: cells.ravel()[order].reshape(SHAPE) for name, cells in scenes.items()}
        for scenes in (mask_truth(), mask_guess())
    ]
    as_it_is = mask_task(tmp_path / "1", metric).scores(makers.mask_zip(tmp_path / "1", mask_guess()))
    mixed = mask_task(tmp_path / "2", metric, scenes=shuffled[0]).scores(makers.mask_zip(tmp_path / "2", shuffled[1]))
    assert mixed == as_it_is


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
@pytest.mark.parametrize("rows", [1, 8, 64])
def test_a_mask_in_pieces_scores_as_the_whole(
    metric: Metric, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = mask_task(tmp_path, metric)
    prediction = makers.mask_zip(tmp_path, mask_guess(), blockysize=7, compress="deflate")
    whole = task.result(prediction)
    monkeypatch.setattr(cells_module, "BAND_ROWS", rows)
    monkeypatch.setattr(aggregate, "BLOCK_SIDE", 64)
    pieces = task.result(prediction)
    assert pieces["metrics"] == whole["metrics"]
    assert pieces["scenes"] == whole["scenes"]
    assert len(pieces["statistics"]["scenes"][0]["blocks"]) == 2 * 2
    assert len(whole["statistics"]["scenes"][0]["blocks"]) == 1


@pytest.mark.parametrize("metric", MASK_METRICS, ids=by_name)
@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (np.full(SHAPE, np.nan, np.float32), "raster_dtype"),
        (np.zeros((3, *SHAPE), np.uint8), "raster_bands"),
        (np.zeros((SHAPE[0] - 1, SHAPE[1]), np.uint8), "raster_shape"),
        (np.full(SHAPE, 3, np.uint8), "raster_class"),
    ],
    ids=["NaN", "extra dimension", "missing cells", "unknown class"],
)
def test_no_mask_metric_sees_what_the_gate_refuses(
    metric: Metric, cells: np.ndarray, code: str, tmp_path: Path
) -> None:
    task = mask_task(tmp_path, metric)
    members = {f"{name}.tif": makers.geotiff(tmp_path / "x.tif", cells).read_bytes() for name in ("a", "b")}
    assert makers.codes(task.problems(makers.zipped(tmp_path / "p.zip", members))) == [code, code]


@pytest.mark.parametrize("metric", TABLE_METRICS, ids=by_name)
def test_a_perfect_table_is_the_best_and_no_other_is_better(metric: Metric, tmp_path: Path) -> None:
    task = table_task(tmp_path, metric)
    assert set(task.scores(written(tmp_path, table_text(values_for(metric))))[metric.name].values()) == {metric.best}
    for value in task.scores(written(tmp_path, table_text(values_for(metric, table_guess()))))[metric.name].values():
        assert value is not None
        assert metric.minimum <= value <= metric.maximum
        assert value != metric.best


@pytest.mark.parametrize("metric", TABLE_METRICS, ids=by_name)
@pytest.mark.parametrize("chunk", [1, 7, 65_536])
def test_neither_order_nor_pieces_of_rows_change_a_bit(
    metric: Metric, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = table_task(tmp_path, metric)
    plain = task.result(written(tmp_path, table_text(values_for(metric, table_guess()))))
    monkeypatch.setattr(tables, "CHUNK_ROWS", chunk)
    shuffled = task.result(written(tmp_path, table_text(values_for(metric, table_guess()), rng().permutation(ROWS))))
    assert shuffled == plain


@pytest.mark.parametrize("metric", TABLE_METRICS, ids=by_name)
@pytest.mark.parametrize("bad", ["nan", "inf", "", "1e400", "one"])
def test_no_table_metric_sees_what_the_gate_refuses(metric: Metric, bad: str, tmp_path: Path) -> None:
    task = table_task(tmp_path, metric)
    text = table_text(values_for(metric)).replace("\nr7,", f"\nr7,{bad}#", 1).split("#")[0]
    rest = table_text(values_for(metric)).split("\nr8,", 1)[1]
    assert task.problems(written(tmp_path, f"{text}\nr8,{rest}")).total == 1


@pytest.mark.parametrize("metric", METRICS.values(), ids=by_name)
def test_scoring_twice_gives_the_same_bits(metric: Metric, tmp_path: Path) -> None:
    if "raster" in metric.kinds:
        task, prediction = mask_task(tmp_path, metric), makers.mask_zip(tmp_path, mask_guess())
    else:
        task, prediction = (
            table_task(tmp_path, metric),
            written(tmp_path, table_text(values_for(metric, table_guess()))),
        )
    assert json.dumps(task.result(prediction)) == json.dumps(task.result(prediction))


@pytest.mark.parametrize("pairs", [2, 4, 8, 9, 121, 256, 257, 1000])
@pytest.mark.parametrize("size", [1, 2, 1001])
def test_pairs_are_counted_as_by_hand(pairs: int, size: int) -> None:
    from scoring.counting import PairCounter

    codes = rng().integers(0, pairs, size).astype(np.uint8 if pairs <= 256 else np.uint16)
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
    task = mask_task(tmp_path, METRICS["iou"])
    cells = task.cells(makers.mask_zip(tmp_path, mask_truth()))
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
    task = table_task(tmp_path, METRICS["mae"])
    stream = task.cells(written(tmp_path, table_text(table_values())))
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
    task = mask_task(tmp_path, METRICS["iou"])
    cells = task.cells(makers.mask_zip(tmp_path, mask_truth()))
    array = task.truth / "scene_0000.npy"
    array.write_bytes(array.read_bytes()[:-10])
    with pytest.raises(ValueError, match="cut short"):
        task.score(cells)


def test_result_says_its_version(tmp_path: Path) -> None:
    result = table_task(tmp_path, METRICS["mae"]).result(written(tmp_path, table_text(table_values())))
    assert (result["schema"], result["status"], result["scoring_version"]) == (score.RESULT_SCHEMA, "ok", "1")
