"""Errors along transects, held against the published scorer written out in plain loops."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.kinds.lines.transects import crossings, transect_errors
from tests.scoring.line_files import (
    SIDE,
    TELLUS,
    TRANSFORM,
    annotation,
    coast,
    coasts,
    lines_task,
    sent,
    upright_transects,
)

STATISTICS = [{"key": name, "metric": f"transect_{name}"} for name in ("error", "rmse", "bias", "std", "q90")]


def loop_crossings(points: Any, line: Any, tolerance: float = 1.0) -> list[tuple[float, float]]:
    """One point after the other, as the definition says it."""
    (ax, ay), (bx, by) = line
    dx, dy = bx - ax, by - ay
    n = math.sqrt(dx * dx + dy * dy)
    right, left = [], []
    for x, y in points:
        t = ((x - ax) * dx + (y - ay) * dy) / n**2
        s = ((y - ay) * dx - (x - ax) * dy) / n
        if 0 <= t <= 1:
            (right if s >= 0 else left).append((s, t, x, y))
    if not right or not left:
        return []
    near = [(ax + dx * t, ay + dy * t) for s, t, _x, _y in right + left if abs(s) <= tolerance]
    if near:
        return near
    p, q = min(right), max(left)
    r = abs(q[0]) / (abs(q[0]) + p[0])
    return [(r * p[2] + (1 - r) * q[2], r * p[3] + (1 - r) * q[3])]


def loop_error(truth: Any, prediction: Any, lines: Any, miss: float = 100.0) -> float:
    errors = []
    for line in lines:
        expected = loop_crossings(truth, line)
        if not expected:
            continue
        x, y = (sum(axis) / len(expected) for axis in zip(*expected, strict=True))
        given = loop_crossings(prediction, line)
        errors.append(max((math.hypot(x - px, y - py) for px, py in given), default=miss))
    return sum(errors) / len(errors)


def guess(seed: int = 9) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: points[::3] + rng.normal(scale=6, size=points[::3].shape) for name, points in coasts().items()}


def test_the_error_is_what_plain_loops_say(tmp_path: Path) -> None:
    task = lines_task(tmp_path)
    scores = task.scores(sent(tmp_path, guess()))["error"]
    for side, name in (("public", "north"), ("private", "south")):
        expected = loop_error(coasts()[name], guess()[name], upright_transects())
        assert scores[side] == pytest.approx(expected, abs=1e-9)
        assert 2 < expected < 40


@pytest.mark.parametrize("seed", range(5))
def test_errors_on_turned_transects_and_clouds_of_points_are_as_by_hand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, cloud = coast(seed), rng.uniform(0, SIDE, (300, 2))
    lines = rng.uniform(0, SIDE, (40, 2, 2))
    errors = transect_errors(truth, cloud, lines, 1.0)
    costed = np.where(np.isnan(errors), 100.0, np.abs(errors))
    assert costed.mean() == pytest.approx(loop_error(truth, cloud, lines), abs=1e-9)


def test_a_crossing_is_interpolated_between_the_nearest_points_of_each_side() -> None:
    line = np.array([[0.0, 0.0], [10.0, 0.0]])
    assert crossings(np.array([[4.0, 6.0], [6.0, -2.0], [1.0, 9.0]]), line, 1.0) == pytest.approx([0.55])
    assert sorted(crossings(np.array([[4.0, 0.5], [6.0, -1.0], [1.0, -9.0]]), line, 1.0)) == pytest.approx([0.4, 0.6])
    assert len(crossings(np.array([[4.0, 0.5], [6.0, 0.2]]), line, 1.0)) == 0  # one side alone
    assert len(crossings(np.array([[14.0, 0.5], [6.0, -0.2]]), line, 1.0)) == 0  # one lies beyond the end


def test_a_copy_of_the_truth_is_not_quite_zero_where_its_points_are_dense(tmp_path: Path) -> None:
    """Several points within a pixel of a transect: their mean is the truth, and the farthest of them counts."""
    dense = {name: np.stack([x := np.arange(0, SIDE, 0.5), 500 + (x % 7) / 2], axis=1) for name in ("north", "south")}
    task = lines_task(tmp_path, truth={name: annotation(points) for name, points in dense.items()})
    score = task.scores(sent(tmp_path, dense))["error"]["public"]
    assert score == pytest.approx(loop_error(dense["north"], dense["north"], upright_transects()), abs=1e-9)
    assert 0.1 < score < 3


def test_a_line_too_low_by_120_pixels_scores_120_and_with_a_cap_100(tmp_path: Path) -> None:
    upright = np.stack([upright_transects()[:, 0], upright_transects()[:, 0] + (0, 990)], axis=1)
    flat = np.stack([np.arange(0.0, SIDE, 5), np.full(200, 400.0)], axis=1)
    truth = {name: annotation(flat, upright) for name in ("north", "south")}
    metrics = [TELLUS, {"key": "capped", "metric": "transect_error", "params": {"cap": True}}]
    scores = lines_task(tmp_path, metrics, truth).scores(
        sent(tmp_path, dict.fromkeys(truth, flat + np.array([0, 120])))
    )
    assert scores["error"]["public"] == pytest.approx(120, abs=1e-9)
    assert scores["capped"]["public"] == pytest.approx(100, rel=1e-12)


def test_statistics_of_signed_errors_are_as_numpy_says(tmp_path: Path) -> None:
    task = lines_task(tmp_path, STATISTICS, split={"by": "none"})
    scores = {key: sides["public"] for key, sides in task.scores(sent(tmp_path, guess())).items()}
    found = [transect_errors(coasts()[name], guess()[name], upright_transects(), 1.0) for name in coasts()]
    errors = np.concatenate([np.where(np.isnan(one), 100.0, one) for one in found])
    assert scores["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-12)
    assert scores["bias"] == pytest.approx(abs(errors.mean()), rel=1e-9)
    assert scores["std"] == pytest.approx(errors.std(), rel=1e-9)
    assert scores["q90"] == pytest.approx(np.mean([np.quantile(np.abs(one), 0.9) for one in found]), rel=1e-12)


def test_scenes_weigh_the_same_however_many_transects_they_have(tmp_path: Path) -> None:
    flat = np.stack([np.arange(0.0, SIDE, 5), np.full(200, 400.0)], axis=1)
    straight = np.stack([upright_transects()[:, 0], upright_transects()[:, 0] + (0, 990)], axis=1)
    truth = {"north": annotation(flat, straight[:2]), "south": annotation(flat, straight[2:])}
    metrics = [TELLUS, {"key": "all", "metric": "transect_error", "params": {"over": "transects"}}]
    task = lines_task(tmp_path, metrics, truth, split={"by": "none"})
    scores = task.scores(sent(tmp_path, {"north": flat + np.array([0, 12]), "south": flat}))
    assert scores["error"]["public"] == pytest.approx((12 + 0) / 2)
    assert scores["all"]["public"] == pytest.approx(12 * 2 / 12)


def test_a_miss_costs_what_the_contest_says(tmp_path: Path) -> None:
    metrics = [{"key": "error", "metric": "transect_error", "params": {"miss_cost": 40}}]
    task = lines_task(tmp_path, metrics, allow_empty=True)
    assert task.scores(sent(tmp_path, {"north": [], "south": [[5, 5]]}))["error"] == {"public": 40, "private": 40}


def test_metres_are_those_of_the_transform(tmp_path: Path) -> None:
    truth = {name: annotation(points, transform=TRANSFORM) for name, points in coasts().items()}
    metrics = [TELLUS, {"key": "metres", "metric": "transect_rmse", "params": {"unit": "metre", "miss_cost": 300}}]
    metrics.append({"key": "pixels", "metric": "transect_rmse"})
    scores = lines_task(tmp_path, metrics, truth).scores(sent(tmp_path, guess()))
    assert scores["metres"]["public"] == pytest.approx(3 * scores["pixels"]["public"], rel=1e-12)


def test_neither_the_order_of_points_nor_pieces_change_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = lines_task(tmp_path, STATISTICS)
    plain = task.result(sent(tmp_path, guess()))
    rng = np.random.default_rng(3)
    mixed = {name: rng.permutation(points) for name, points in reversed(guess().items())}
    assert task.result(sent(tmp_path, mixed)) == plain
    monkeypatch.setattr("scoring.kinds.lines.transects.PIECE", 7)
    assert task.result(sent(tmp_path, guess())) == plain


def test_more_points_never_help(tmp_path: Path) -> None:
    """The truth and many others besides: the worst crossing counts."""
    task = lines_task(tmp_path)
    rng = np.random.default_rng(5)
    hedged = {name: np.concatenate([points, rng.uniform(0, SIDE, (30_000, 2))]) for name, points in coasts().items()}
    copy, many = (task.scores(sent(tmp_path, one))["error"]["public"] for one in (coasts(), hedged))
    assert copy < 2
    assert many > 300


def test_a_truth_that_crosses_no_transect_is_refused_when_published(tmp_path: Path) -> None:
    from scoring.errors import InvalidJob

    truth = {"north": annotation(coast(1)), "south": annotation(coast(2), [[[0, 0], [10, 0]]])}
    with pytest.raises(InvalidJob) as error:
        lines_task(tmp_path, truth=truth)
    assert [one.code for one in error.value.problems] == ["lines_truth_transects"]
