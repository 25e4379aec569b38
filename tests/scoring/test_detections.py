"""Detections: matching against every possible assignment, the aggregate of xView3 in plain loops, hostile tables."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.errors import BrokenStream, InvalidJob
from scoring.formats import cells
from scoring.kinds.detections.matching import best_overlaps, by_distance, greedily, overlaps
from tests.scoring.makers import Published, codes, published

XVIEW = {
    "row": "detect_scene_row",
    "column": "detect_scene_column",
    "flags": ["is_vessel", "is_fishing"],
    "numbers": ["vessel_length_m"],
}
HEADER = "scene_id,detect_scene_row,detect_scene_column,is_vessel,is_fishing,vessel_length_m"
Ship = dict[str, Any]


def table(folder: Path, header: str, rows: Sequence[Sequence[Any]], name: str = "found.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows), ""]))
    return path


def task(folder: Path, header: str, rows: Any, metrics: Any, shores: Any = None, **fields: Any) -> Published:
    raw = folder / "raw"
    table(raw, header, rows, "truth.csv")
    (raw / "scenes.json").write_text(json.dumps(["a", "b", "calm"]))
    if shores is not None:
        (raw / "shorelines.json").write_text(json.dumps(shores))
    split = {"by": "scene", "public": ["a", "calm"], "private": ["b"]}
    return published(folder, raw, {"kind": "detections", **fields}, metrics, split=split)


# -- matching ---------------------------------------------------------------------------------------------------------


def best_by_hand(cost: np.ndarray, tolerance: float) -> tuple[int, float]:
    """The most pairs, then the least sum, over all assignments there are."""
    rows, columns = cost.shape
    if rows > columns:
        return best_by_hand(cost.T, tolerance)
    best = (0, 0.0)
    for chosen in itertools.permutations(range(columns), rows):
        used = [cost[i, j] for i, j in enumerate(chosen) if cost[i, j] < tolerance]
        best = min(best, (-len(used), sum(used)))
    return -best[0], best[1]


@pytest.mark.parametrize("seed", range(25))
def test_matching_by_distance_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found, truth = rng.uniform(0, 10, (rng.integers(1, 7), 2)), rng.uniform(0, 10, (rng.integers(1, 7), 2))
    tolerance = float(rng.uniform(1, 6))
    cost = np.hypot(*(found[:, None] - truth[None]).transpose(2, 0, 1))
    pairs = by_distance(found, truth, tolerance)
    assert len(set(pairs[:, 0])) == len(set(pairs[:, 1])) == len(pairs)
    assert (len(pairs), sum(cost[i, j] for i, j in pairs)) == pytest.approx(best_by_hand(cost, tolerance))


@pytest.mark.parametrize("seed", range(10))
def test_matching_by_overlap_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = [np.concatenate([low := rng.uniform(0, 6, (5, 2)), low + rng.uniform(2, 5, (5, 2))], 1) for _ in range(2)]
    gain = overlaps(*boxes)
    (x, y) = (
        np.clip(
            np.minimum(boxes[0][:, None, k + 2], boxes[1][None, :, k + 2])
            - np.maximum(boxes[0][:, None, k], boxes[1][None, :, k]),
            0,
            None,
        )
        for k in (0, 1)
    )
    areas = [np.prod(one[:, 2:] - one[:, :2], axis=1) for one in boxes]
    assert gain == pytest.approx(x * y / (areas[0][:, None] + areas[1] - x * y))
    pairs = best_overlaps(gain, 0.2)
    number, cost = best_by_hand(np.where(gain >= 0.2, 1 - gain, 9.0), 1.0)
    assert (len(pairs), sum(1 - gain[i, j] for i, j in pairs)) == pytest.approx((number, cost))


def test_the_surest_detection_chooses_first() -> None:
    gain = np.array([[0.6, 0.7], [0.65, 0.9]])
    assert greedily(gain, np.array([0.9, 0.5]), 0.5).tolist() == [[0, 1], [1, 0]]
    assert greedily(gain, np.array([0.5, 0.9]), 0.62).tolist() == [[1, 1]]


# -- xView3 -----------------------------------------------------------------------------------------------------------


def ships(seed: int) -> list[Ship]:
    rng = np.random.default_rng(seed)
    found = []
    for scene, count in (("a", 30), ("b", 45)):
        for _ in range(count):
            row, column = rng.uniform(0, 3000, 2).round(2)
            ship = {"scene": scene, "row": row, "column": column, "level": rng.choice(["LOW", "MEDIUM", "HIGH"])}
            vessel = rng.choice(["True", "False", ""], p=[0.7, 0.2, 0.1])
            fishing = rng.choice(["True", "False", ""]) if vessel == "True" else ""
            length = round(rng.uniform(20, 700), 1) if vessel == "True" and rng.random() < 0.8 else ""
            found.append({**ship, "vessel": vessel, "fishing": fishing, "length": length, "shore": column / 100})
    return found


def shores() -> dict[str, list[list[float]]]:
    """The left edge is the coast: a column is 10 m, so distance_from_shore_km is column / 100."""
    return {name: [[float(row), 0.0] for row in range(3001)] for name in ("a", "b")}


def seen(seed: int) -> list[Ship]:
    rng = np.random.default_rng(seed + 100)
    found = []
    for ship in ships(seed):
        if rng.random() < 0.8:
            length = round((ship["length"] or 50) * rng.uniform(0.6, 1.5), 1)
            flags = {key: ship[key] or "false" for key in ("vessel", "fishing")}
            if rng.random() < 0.3:
                flags = {key: rng.choice(["true", "false"]) for key in flags}
            moved = {key: round(ship[key] + rng.normal(scale=7), 2) for key in ("row", "column")}
            found.append({**ship, **moved, **flags, "length": length})
    stray = {"scene": "b", "vessel": "true", "fishing": "true", "length": 70}
    return [*found, *({**stray, "row": k * 130.5, "column": 90 + k * 21.25} for k in range(12))]


def truth_rows(some: Sequence[Ship]) -> list[list[Any]]:
    keys = ("scene", "row", "column", "vessel", "fishing", "length", "level", "shore")
    return [[ship[key] for key in keys] for ship in some]


def rows_of(some: Sequence[Ship]) -> list[list[Any]]:
    return [[ship[key] for key in ("scene", "row", "column", "vessel", "fishing", "length")] for ship in some]


def matched(found: Sequence[Ship], truth: Sequence[Ship]) -> list[tuple[int, int]]:
    """As the reference does with far distances made costly: a table of everything against everything."""
    from scipy.optimize import linear_sum_assignment

    if not found or not truth:
        return []
    cost = np.array([[10 * math.dist((f["row"], f["column"]), (t["row"], t["column"])) for t in truth] for f in found])
    cost[cost >= 200] = 1e8
    return [(i, j) for i, j in zip(*linear_sum_assignment(cost), strict=True) if cost[i, j] < 200]


def f1(hits: int, false: int, missed: int) -> float:
    return 2 * hits / (2 * hits + false + missed) if hits else 0.0


def aggregate(found: Sequence[Ship], truth: Sequence[Ship], *, drops_low: bool = True) -> float:
    counts = {key: [0, 0, 0] for key in ("all", "shore", "vessel", "fishing")}
    errors = []
    for scene in {ship["scene"] for ship in truth}:
        mine, other = ([one for one in some if one["scene"] == scene] for some in (found, truth))
        if drops_low:
            low = {i for i, j in matched(mine, other) if other[j]["level"] == "LOW"}
            mine = [one for i, one in enumerate(mine) if i not in low]
            other = [one for one in other if one["level"] != "LOW"]
        near = [one for one in mine if 10 * abs(one["column"]) <= 2200], [one for one in other if one["shore"] <= 2]
        for key, (f, t) in (("all", (mine, other)), ("shore", near)):
            hits = len(matched(f, t))
            counts[key] = [n + m for n, m in zip(counts[key], (hits, len(f) - hits, len(t) - hits), strict=True)]
        for i, j in matched(mine, other):
            for key in ("vessel", "fishing"):
                if other[j][key] == "" or (key == "fishing" and other[j]["vessel"] != "True"):
                    continue
                said, known = mine[i][key].lower() == "true", other[j][key] == "True"
                counts[key][0 if said and known else 1 if said else 2] += said or known
            if other[j]["length"] != "":
                length = min(other[j]["length"], 500)
                errors.append(abs(min(mine[i]["length"], 500) - length) / length)
    scores = {key: f1(*one) for key, one in counts.items()}
    length_score = 1 - min(sum(errors) / len(errors), 1)
    return scores["all"] * (1 + length_score + scores["vessel"] + scores["fishing"] + scores["shore"]) / 5


def xview_task(folder: Path, seed: int = 1, **params: Any) -> Published:
    header = f"{HEADER},confidence,distance_from_shore_km"
    metrics = [{"key": "m", "metric": "xview3", "params": params}]
    return task(folder, header, truth_rows(ships(seed)), metrics, shores(), **XVIEW)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("drops_low", [True, False])
def test_the_aggregate_of_xview3_is_as_plain_loops_say(seed: int, drops_low: bool, tmp_path: Path) -> None:
    published_task = xview_task(tmp_path, seed, drop_low_detect=drops_low)
    scores = published_task.scores(table(tmp_path, HEADER, rows_of(seen(seed))))["m"]
    for side, scene in (("public", "a"), ("private", "b")):
        mine, other = ([one for one in some if one["scene"] == scene] for some in (seen(seed), ships(seed)))
        assert scores[side] == pytest.approx(aggregate(mine, other, drops_low=drops_low), abs=1e-12)
        assert 0.1 < scores[side] < 0.95


def test_leaving_a_scene_out_helps_nobody(tmp_path: Path) -> None:
    """The reference forgets scenes without a detection; here each of them counts as missed."""
    published_task = xview_task(tmp_path)
    without = [row for row in rows_of(seen(1)) if row[0] != "b"]
    scores = published_task.scores(table(tmp_path, HEADER, without))["m"]
    assert scores["private"] == 0
    assert scores["public"] == published_task.scores(table(tmp_path, HEADER, rows_of(seen(1))))["m"]["public"]


def test_a_task_without_the_columns_of_xview3_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidJob, match="shore"):
        task(tmp_path, HEADER, rows_of(seen(1)), [{"key": "m", "metric": "xview3"}], **XVIEW)


# -- boxes ------------------------------------------------------------------------------------------------------------

BOX_HEADER = "scene_id,x_min,y_min,x_max,y_max,score"
BOX_TRUTH = [["a", 0, 0, 10, 10], ["a", 20, 0, 30, 10], ["a", 40, 0, 50, 10], ["b", 0, 0, 4, 4]]


def box_task(folder: Path, *metrics: Mapping[str, Any]) -> Published:
    rows = [[*row, 1] for row in BOX_TRUTH]
    return task(folder, BOX_HEADER, rows, [dict(one) for one in metrics], geometry="box", confidence="score")


def test_average_precision_of_a_worked_example(tmp_path: Path) -> None:
    """Three objects; by confidence: hit, miss, hit, miss. Precision 1 to a third, 2/3 to two thirds, then nothing."""
    found = [["a", 0, 0, 10, 10, 0.9], ["a", 60, 0, 70, 10, 0.8], ["a", 20, 0, 30, 9, 0.7], ["a", 20, 1, 30, 10, 0.6]]
    metric = {"key": "ap", "metric": "detection_ap"}
    scores = box_task(tmp_path, metric).scores(table(tmp_path, BOX_HEADER, found))["ap"]
    assert scores["public"] == pytest.approx((1 + 2 / 3) / 3, abs=1e-12)
    assert scores["private"] == 0


def test_mean_average_precision_is_over_the_thresholds(tmp_path: Path) -> None:
    found = [["a", 0, 0, 10, 6, 0.9], ["a", 20, 0, 30, 8, 0.9], ["a", 40, 0, 50, 10, 0.2]]
    metric = {"key": "map", "metric": "detection_ap", "params": {"thresholds": [0.5, 0.7, 0.9]}}
    scores = box_task(tmp_path, metric).scores(table(tmp_path, BOX_HEADER, found))["map"]
    # At 0.7 one of the two surest is a hit: 1/2, which 2/3 later exceeds; at 0.9 the third alone: precision 1/3.
    assert scores["public"] == pytest.approx((1 + (2 / 3 + 2 / 3) / 3 + 1 / 9) / 3, abs=1e-12)


def test_f1_of_boxes_by_the_best_matching_and_by_confidence(tmp_path: Path) -> None:
    found = [["a", 0, 0, 10, 10, 0.9], ["a", 20, 0, 30, 4, 0.9], ["b", 0, 0, 4, 4, 0.1], ["b", 0, 0, 4, 4, 0.2]]
    metrics = [{"key": way, "metric": "detection_f1", "params": {"assign": way}} for way in ("best", "greedy")]
    scores = box_task(tmp_path, *metrics).scores(table(tmp_path, BOX_HEADER, found))
    for way in ("best", "greedy"):
        assert scores[way] == {"public": pytest.approx(2 / (2 + 1 + 2)), "private": pytest.approx(2 / 3)}


# -- what is refused --------------------------------------------------------------------------------------------------

GOOD = "a,1,2,true,false,30"
HOSTILE = {
    "empty": ("", ["empty_file"]),
    "no header": (GOOD, ["csv_no_header"]),
    "a column too many": (f"{HEADER},x\n{GOOD},1", ["csv_column_extra"]),
    "NaN": (f"{HEADER}\na,nan,2,true,false,30", ["csv_not_number"]),
    "1e400": (f"{HEADER}\na,1,1e400,true,false,30", ["csv_number_range"]),
    "far away": (f"{HEADER}\na,1,1e8,true,false,30", ["csv_maximum"]),
    "full-width digits": (f"{HEADER}\na,１,2,true,false,30", ["csv_not_number"]),
    "a flag of its own": (f"{HEADER}\na,1,2,maybe,false,30", ["csv_enum"]),
    "nothing": (f"{HEADER}\na,1,,true,false,30", ["csv_empty"]),
    "a negative length": (f"{HEADER}\na,1,2,true,false,-3", ["csv_minimum"]),
    "an unknown scene": (f"{HEADER}\nclam,1,2,true,false,3", ["lines_scene_unexpected_hint"]),
    "ragged": (f"{HEADER}\na,1,2,true", ["csv_ragged"]),
    "too many": ("\n".join([HEADER, *[GOOD] * 60]), ["detections_too_many"]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_table_is_told_what_is_wrong(name: str, tmp_path: Path) -> None:
    metrics = [{"key": "f1", "metric": "detection_f1"}]
    published_task = task(tmp_path, HEADER, rows_of(seen(1))[:20], metrics, max_detections=50, **XVIEW)
    path = tmp_path / "bad.csv"
    path.write_text(HOSTILE[name][0])
    assert codes(published_task.problems(path)) == HOSTILE[name][1]
    assert all(one.message for one in published_task.problems(path))


def test_an_empty_box_is_refused(tmp_path: Path) -> None:
    published_task = box_task(tmp_path, {"key": "f1", "metric": "detection_f1"})
    assert codes(published_task.problems(table(tmp_path, BOX_HEADER, [["a", 5, 5, 5, 9, 1]]))) == ["detections_box"]


def test_a_tampered_stream_is_no_score(tmp_path: Path) -> None:
    published_task = box_task(tmp_path, {"key": "f1", "metric": "detection_f1"})
    stream = published_task.cells(table(tmp_path, BOX_HEADER, [["a", 0, 0, 5, 9, 1]]))
    head = len(cells.MAGIC) + 32
    one = np.uint32(1).tobytes()
    rest = stream[head + 4 + 40 :]
    tampered = {
        "too many": stream[:head] + b"\xff" * 4 + stream[head + 4 :],
        "NaN": stream[:head] + one + np.array([0, 0, np.nan, 9, 1]).tobytes() + rest,
        "an empty box": stream[:head] + one + np.array([0.0, 0, 0, 9, 1]).tobytes() + rest,
        "too sure": stream[:head] + one + np.array([0.0, 0, 5, 9, 1.5]).tobytes() + rest,
        "cut short": stream[:-1],
    }
    for name, one_stream in tampered.items():
        with pytest.raises(BrokenStream):
            pytest.fail(f"{name}: {published_task.score(one_stream)}")
