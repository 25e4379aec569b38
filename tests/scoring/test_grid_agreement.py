"""Metrics of grids against plain loops over the published formulas, scipy, and peers where they are installed."""

import importlib
import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from scoring.kinds.grid.contingency import counts_of, events
from scoring.kinds.grid.ensembles import crps_ensemble, network, sort_members
from scoring.kinds.grid.fractions import running_sums
from scoring.kinds.grid.measures import error_sums
from tests.scoring import grids

SHAPE = (3, 12, 15)
CLOSE: dict[str, Any] = {"rel": 1e-9, "abs": 1e-12}


def truth() -> np.ndarray:
    return grids.fields(seed=11)


def guess() -> np.ndarray:
    return grids.fields(seed=12)


def mask() -> np.ndarray:
    return np.random.default_rng(13).random(SHAPE) < 0.7


def score(folder: Path, metric: str, prediction: Any = None, **options: Any) -> float:
    """The public score through the whole of normalise and score."""
    spec = {"key": "m", "metric": metric, "params": options.pop("params", {}), **options.pop("spec", {})}
    task = grids.published(folder, truth(), [spec], **options)
    path = grids.netcdf(folder / "p.nc", guess() if prediction is None else prediction)
    value = task.scores(path)["m"]["public"]
    assert value is not None
    return value


def cells(valid: np.ndarray | None = None) -> list[tuple[float, float, float]]:
    """(truth, prediction, cosine of the latitude) of each cell that counts, as plain numbers."""
    weights = np.broadcast_to(np.cos(np.radians(grids.latitudes()))[:, None], SHAPE)
    columns = zip(truth().ravel(), guess().ravel(), weights.ravel(), strict=True)
    kept = np.ones(SHAPE, bool) if valid is None else valid
    return [tuple(float(x) for x in row) for row, is_kept in zip(columns, kept.ravel(), strict=True) if is_kept]


@pytest.mark.parametrize("is_masked", [False, True])
@pytest.mark.parametrize("weights", ["none", "cos_latitude"])
def test_errors_are_those_of_a_plain_loop(weights: str, is_masked: bool, tmp_path: Path) -> None:
    rows = cells(mask() if is_masked else None)
    w = [row[2] if weights == "cos_latitude" else 1.0 for row in rows]
    d = [p - t for t, p, _ in rows]
    expected = {
        "rmse": math.sqrt(math.fsum(v * x * x for v, x in zip(w, d, strict=True)) / math.fsum(w)),
        "mae": math.fsum(v * abs(x) for v, x in zip(w, d, strict=True)) / math.fsum(w),
        "bias": math.fsum(v * x for v, x in zip(w, d, strict=True)) / math.fsum(w),
    }
    expected["absolute_bias"] = abs(expected["bias"])
    beside = {"mask": mask()} if is_masked else {}
    for metric, value in expected.items():
        assert score(tmp_path / metric, metric, weights=weights, beside=beside) == pytest.approx(value, **CLOSE)


def test_a_metric_may_leave_the_weights_aside(tmp_path: Path) -> None:
    plain = score(tmp_path / "1", "rmse")
    assert score(tmp_path / "2", "rmse", weights="cos_latitude", params={"weights": "none"}) == plain
    assert score(tmp_path / "3", "rmse", weights="cos_latitude") != plain


def test_weights_may_come_from_a_file(tmp_path: Path) -> None:
    given = np.random.default_rng(5).random(SHAPE[1:])
    found = score(tmp_path, "mae", weights="file", beside={"weights": given})
    expected = np.average(np.abs(guess().astype(float) - truth()), weights=np.broadcast_to(given, SHAPE))
    assert found == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize("offset", [0.0, 273.15, 1e5])
def test_sums_of_float32_fields_are_as_exact_as_float64(offset: float) -> None:
    rng = np.random.default_rng(7)
    t = (rng.integers(0, 300, (500, 700)) * 0.1 + offset).astype(np.float32)  # steps of 0.1, as packed data have
    p = (rng.integers(0, 300, (500, 700)) * 0.1 + offset).astype(np.float32)
    d = p.astype(np.float64) - t.astype(np.float64)
    found = error_sums(t, p)
    assert found.square == pytest.approx(math.fsum((d * d).ravel()), rel=1e-12)
    assert found.size == pytest.approx(math.fsum(np.abs(d).ravel()), rel=1e-12)
    assert found.error == pytest.approx(math.fsum(d.ravel()), rel=1e-9)


# -- events ------------------------------------------------------------------------------------------------------------


def contingency(t: np.ndarray, p: np.ndarray, limit: float, comparator: str, valid: np.ndarray) -> dict[str, float]:
    a = b = c = d = 0
    for x, y, is_valid in zip(t.ravel().tolist(), p.ravel().tolist(), valid.ravel().tolist(), strict=True):
        if not is_valid:
            continue
        happened, predicted = (one >= limit if comparator == ">=" else one > limit for one in (x, y))
        a, b, c, d = (
            a + (happened and predicted),
            b + (predicted and not happened),
            c + (happened and not predicted),
            d + (not happened and not predicted),
        )
    by_chance = (a + b) * (a + c) / (a + b + c + d)
    return {
        "threat_score": a / (a + b + c),
        "equitable_threat_score": (a - by_chance) / (a + b + c - by_chance),
        "pod": a / (a + c),
        "far": b / (a + b),
        "frequency_bias_error": abs((a + b) / (a + c) - 1),
    }


@pytest.mark.parametrize("comparator", [">=", ">"])
@pytest.mark.parametrize("limit", [0.5, 2.0])
def test_scores_of_events_pool_the_counts_of_all_times(limit: float, comparator: str, tmp_path: Path) -> None:
    expected = contingency(truth(), guess(), limit, comparator, mask())
    params = {"threshold": limit, "comparator": comparator}
    for metric, value in expected.items():
        found = score(tmp_path / metric, metric, params=params, beside={"mask": mask()})
        assert found == pytest.approx(value, **CLOSE)


def test_an_event_is_at_the_threshold_or_above_it() -> None:
    values = np.array([0.69, 0.7, 0.71], np.float32)  # 0.7 in float32 is a little less than 0.7
    assert events(values, 0.7, ">=").tolist() == [False, True, True]
    assert events(values, 0.7, ">").tolist() == [False, False, True]


@pytest.mark.parametrize(("by", "valid"), [("mean", 0.5), ("max", 0.5), ("mean", 1.0), ("max", 0.9)])
def test_a_verification_grid_is_made_of_whole_boxes(by: str, valid: float, tmp_path: Path) -> None:
    """12 x 15 cells are 3 x 3 boxes of 4 x 4; three columns are left over and dropped."""
    holes = np.random.default_rng(17).random(SHAPE) < (0.5 if valid == 0.5 else 0.95)
    limit = 1.5 if by == "mean" else 8.0
    boxed: dict[str, list[float]] = {"t": [], "p": []}
    usable = []
    for time, row, column in product(range(3), range(3), range(3)):
        place = (time, slice(4 * row, 4 * row + 4), slice(4 * column, 4 * column + 4))
        kept = holes[place]
        usable.append(kept.sum() >= valid * 16)
        for name, values in (("t", truth()), ("p", guess())):
            inside = values[place][kept].astype(float)
            boxed[name].append(inside.mean() if by == "mean" else inside.max())
    expected = contingency(*(np.array(boxed[name]) for name in "tp"), limit, ">=", np.array(usable))
    params = {"threshold": limit, "upscale": 4, "upscale_by": by, "upscale_valid": valid}
    assert 0 < sum(usable) < 27
    for metric in ("threat_score", "equitable_threat_score"):
        found = score(tmp_path / metric, metric, params=params, beside={"mask": holes})
        assert found == pytest.approx(expected[metric], **CLOSE)


@pytest.mark.parametrize("by", ["sum", "mean"])
def test_fields_are_put_together_before_they_are_compared(by: str, tmp_path: Path) -> None:
    """Three fields in groups of two: one group, and the third is left over."""
    t, p = (one[:2].astype(float).sum(axis=0) / (2 if by == "mean" else 1) for one in (truth(), guess()))
    found = score(tmp_path, "rmse", params={"accumulate": 2, "accumulate_by": by})
    assert found == pytest.approx(float(np.sqrt(np.mean((t - p) ** 2))), **CLOSE)


def test_a_group_of_fields_never_mixes_public_and_private(tmp_path: Path) -> None:
    names = ("20190610T0000Z", "20190610T0100Z", "20190610T0200Z")
    split = {"by": "scene", "public": [names[0]], "private": list(names[1:])}
    spec = [{"key": "m", "metric": "mae", "params": {"accumulate": 2}}]
    task = grids.published(tmp_path, truth(), spec, split=split)
    found = task.scores(grids.netcdf(tmp_path / "p.nc", guess()))["m"]
    t, p = (one[1:].astype(float).sum(axis=0) for one in (truth(), guess()))
    assert found == {"public": None, "private": pytest.approx(float(np.abs(t - p).mean()), **CLOSE)}


# -- fractions ---------------------------------------------------------------------------------------------------------


def fss(window: int, edge: str, valid: np.ndarray) -> float:
    above = below = 0.0
    before = window // 2
    for o, f, kept in zip((truth() >= 1) & valid, (guess() >= 1) & valid, valid, strict=True):
        for row, column in product(range(12), range(15)):
            top, left = row - before, column - before
            is_inside = top >= 0 and left >= 0 and top + window <= 12 and left + window <= 15
            if not kept[row, column] or (edge == "valid" and not is_inside):
                continue
            place = (slice(max(top, 0), top + window), slice(max(left, 0), left + window))
            share_o, share_f = o[place].sum() / window**2, f[place].sum() / window**2
            above, below = above + (share_f - share_o) ** 2, below + share_f**2 + share_o**2
    return 1 - above / below


@pytest.mark.parametrize("edge", ["zero", "valid"])
@pytest.mark.parametrize("window", [1, 2, 5, 12])
@pytest.mark.parametrize("is_masked", [False, True])
def test_fractions_are_those_of_a_plain_loop(window: int, edge: str, is_masked: bool, tmp_path: Path) -> None:
    valid = mask() if is_masked else np.ones(SHAPE, bool)
    expected = fss(window, edge, valid)
    params = {"threshold": 1, "window": window, "edge": edge}
    found = score(tmp_path, "fss", params=params, beside={"mask": mask()} if is_masked else {})
    assert found == pytest.approx(expected, **CLOSE)


def test_a_window_of_one_cell_compares_events_cell_by_cell(tmp_path: Path) -> None:
    """Then (F - O)^2 is 1 for each false alarm and miss: FSS = 2a / (2a + b + c)."""
    a, b, c, _ = counts_of(truth() >= 1, guess() >= 1, None)
    found = score(tmp_path, "fss", params={"threshold": 1, "window": 1})
    assert found == pytest.approx(2 * a / (2 * a + b + c), **CLOSE)


def test_counts_of_windows_are_those_of_scipy() -> None:
    found = np.random.default_rng(3).random((40, 50)) < 0.3
    for window in (3, 4, 9):
        sums = running_sums(found, window // 2, window - 1 - window // 2)
        counts = sums[window:, window:] - sums[:-window, window:] - sums[window:, :-window] + sums[:-window, :-window]
        expected = uniform_filter(found.astype(float), window, mode="constant") * window**2
        assert np.abs(counts - expected).max() < 1e-9


# -- ensembles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 10, 16, 21, 50])
def test_a_network_sorts_any_number_of_members(size: int) -> None:
    members = np.random.default_rng(size).integers(0, 9, (size, 300)).astype(np.float32)
    expected = np.sort(members, axis=0)
    sort_members(members)
    assert (members == expected).all()
    assert all(i < j < size for i, j in network(size))


@pytest.mark.parametrize("fair", [True, False])
@pytest.mark.parametrize("size", [2, 3, 10, 25])
def test_crps_is_that_of_a_plain_loop(size: int, fair: bool) -> None:
    rng = np.random.default_rng(size)
    t, x = rng.gamma(1, 3, 200).astype(np.float32), rng.gamma(1, 3, (size, 200)).astype(np.float32)
    found = crps_ensemble(t, x, fair=fair)
    for cell in range(200):
        members = [float(value) for value in x[:, cell]]
        away = math.fsum(abs(one - float(t[cell])) for one in members) / size
        pairs = math.fsum(abs(one - other) for one in members for other in members)
        assert found[cell] == pytest.approx(away - pairs / (2 * size * (size - 1 if fair else size)), **CLOSE)


def test_crps_of_the_worked_example() -> None:
    """Truth 1, members 0 and 2: (1 + 1) / 2 - 4 / (2 * 2 * 1) = 0 fair; 1 - 4 / 8 = 0.5 otherwise."""
    t, x = np.array([1.0]), np.array([[0.0], [2.0]])
    assert crps_ensemble(t, x).tolist() == [0.0]
    assert crps_ensemble(t, x, fair=False).tolist() == [0.5]


def test_an_ensemble_is_scored_by_all_its_members_and_by_their_mean(tmp_path: Path) -> None:
    members = grids.fields(seed=21, members=4)
    specs = [
        {"key": "crps", "metric": "crps_ensemble", "params": {"fair": False}},
        {"key": "rmse", "metric": "rmse"},
    ]
    task = grids.published(tmp_path, truth(), specs, members=4, weights="cos_latitude")
    found = task.scores(grids.netcdf(tmp_path / "p.nc", members))
    w = np.broadcast_to(np.cos(np.radians(grids.latitudes()))[:, None], SHAPE)
    x, t = members.astype(float), truth().astype(float)
    away = np.abs(x - t).mean(axis=0)
    spread = np.abs(x[:, None] - x[None]).mean(axis=(0, 1)) / 2
    assert found["crps"]["public"] == pytest.approx(np.average(away - spread, weights=w), **CLOSE)
    expected = math.sqrt(np.average((x.mean(axis=0) - t) ** 2, weights=w))
    assert found["rmse"]["public"] == pytest.approx(expected, **CLOSE)


# -- anomalies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("centred", [True, False])
def test_anomaly_correlation_follows_its_formula(centred: bool, tmp_path: Path) -> None:
    climatology = np.random.default_rng(9).normal(2, 1, SHAPE)
    beside = {"climatology": climatology, "mask": mask()}
    params = {"centred": centred}
    found = score(tmp_path, "anomaly_correlation", params=params, beside=beside, weights="cos_latitude")
    w = np.broadcast_to(np.cos(np.radians(grids.latitudes()))[:, None], SHAPE)[mask()]
    f, o = ((one.astype(float) - climatology)[mask()] for one in (guess(), truth()))
    if centred:
        f, o = f - np.average(f, weights=w), o - np.average(o, weights=w)
    expected = np.sum(w * f * o) / math.sqrt(np.sum(w * f * f) * np.sum(w * o * o))
    assert found == pytest.approx(expected, **CLOSE)


# -- 0/0 and units -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "expected"), [("0", 0.0), ("1", 1.0), ("skip", None)])
@pytest.mark.parametrize("metric", ["threat_score", "equitable_threat_score", "pod", "fss", "far"])
def test_what_nothing_scores_is_the_organisers_to_say(
    metric: str, rule: str, expected: float | None, tmp_path: Path
) -> None:
    params = {"threshold": 1e6, "zero_division": rule} | ({"window": 3} if metric == "fss" else {})
    task = grids.published(tmp_path, truth(), [{"key": "m", "metric": metric, "params": params}])
    assert task.scores(grids.netcdf(tmp_path / "p.nc", guess()))["m"]["public"] == expected


def test_few_fields_are_kept_in_tiles_and_many_are_not(tmp_path: Path) -> None:
    specs = [grids.RMSE, {"key": "fss", "metric": "fss", "params": {"threshold": 1, "window": 3}}]
    for count, units in ((1, 64), (4, 64), (20, 20)):
        values, other = grids.fields(count), grids.fields(count, seed=2)
        task = grids.published(tmp_path / str(count), values, specs)
        result = task.result(grids.netcdf(tmp_path / str(count) / "p.nc", other))
        for key in ("rmse", "fss"):
            assert len(result["statistics"]["measured"][key]["public"]["sums"]) == units
        expected = math.sqrt(np.mean((values.astype(float) - other) ** 2))
        assert result["metrics"]["rmse"]["public"] == pytest.approx(expected, **CLOSE)


# -- peers -------------------------------------------------------------------------------------------------------------


def peer(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        pytest.skip(f"{name} is not installed; the plain loops above stand for it")


def test_pysteps_agrees_on_contingency_and_fractions(tmp_path: Path) -> None:
    peer("pysteps")
    categories = importlib.import_module("pysteps.verification.detcatscores")
    spatial = importlib.import_module("pysteps.verification.spatialscores")
    t, p = truth()[:1], guess()[:1]
    specs = [
        {"key": "ets", "metric": "equitable_threat_score", "params": {"threshold": 1, "comparator": ">"}},
        {"key": "fss", "metric": "fss", "params": {"threshold": 1, "window": 5}},
    ]
    found = grids.published(tmp_path, t, specs).scores(grids.netcdf(tmp_path / "p.nc", p))
    expected = categories.det_cat_fct(p[0], t[0], 1, "ETS")["ETS"]
    assert found["ets"]["public"] == pytest.approx(expected, **CLOSE)
    assert found["fss"]["public"] == pytest.approx(float(spatial.fss(p[0], t[0], 1, 5)), **CLOSE)


def test_xskillscore_agrees_on_crps() -> None:
    library, xarray = peer("xskillscore"), peer("xarray")
    t, x = truth()[0].astype(float), grids.fields(seed=2, members=6)[:, 0].astype(float)
    dims = ("y", "x")
    both = xarray.DataArray(t, dims=dims), xarray.DataArray(x, dims=("member", *dims))
    expected = float(library.crps_ensemble(*both))
    assert crps_ensemble(t.ravel(), x.reshape(6, -1), fair=False).mean() == pytest.approx(expected, **CLOSE)
