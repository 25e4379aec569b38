"""Lines as files: what is accepted, in which forms, and what is refused; and distances between lines."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.distance import directed_hausdorff

from scoring.errors import BrokenStream
from scoring.formats import cells
from scoring.kinds.lines import json_text
from scoring.kinds.lines.polylines import Polylines
from tests.scoring.line_files import SIDE, TRANSFORM, annotation, coast, coasts, lines_task, sent
from tests.scoring.makers import codes

APART = [
    {"key": "f", "metric": "line_buffer_f", "params": {"delta": 3}},
    {"key": "chamfer", "metric": "line_chamfer"},
    {"key": "hausdorff", "metric": "line_hausdorff"},
    {"key": "hd95", "metric": "line_hd95"},
]
LINE = [[1, 2], [30, 40.5], [7e1, 5]]


def feature(scene: str, kind: str, coordinates: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"scene": scene}, "geometry": {"type": kind, "coordinates": coordinates}}


def collection(*features: Any, **rest: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **rest, "features": list(features)}


def read_back(task: Any, path: Path) -> dict[str, Polylines]:
    from scoring.errors import Problems
    from scoring.kinds.lines.reading import read_lines

    problems = Problems()
    found = read_lines(path, task.contract, problems)
    assert not problems, [one.message for one in problems]
    return found


# -- distances --------------------------------------------------------------------------------------------------------


def loop_points(lines: list[Any]) -> np.ndarray:
    """Each segment in equal parts of at most a pixel."""
    points = []
    for line in lines:
        points += [tuple(point) for point in line]
        for (ax, ay), (bx, by) in pairwise(line):
            parts = max(int(np.ceil(np.hypot(bx - ax, by - ay))), 1)
            points += [(ax + (bx - ax) * k / parts, ay + (by - ay) * k / parts) for k in range(1, parts)]
    return np.array(points, float)


def test_lines_are_cut_as_by_hand() -> None:
    lines = [[(0, 0), (3, 0)], [(5, 5), (5, 5), (6.5, 7)], [(9, 9), (9, 9.5)]]
    found = Polylines.of([np.array(line, float) for line in lines])
    assert sorted(map(tuple, found.stepped(1.0).tolist())) == sorted(map(tuple, loop_points(lines).tolist()))
    assert found.length == pytest.approx(3 + 2.5 + 0.5)


def test_distances_between_lines_are_what_scipy_says(tmp_path: Path) -> None:
    guess = {name: points[::5] + 4 for name, points in coasts().items()}
    task = lines_task(tmp_path, APART, geometry="lines")
    scores = task.scores(sent(tmp_path, guess))
    for side, name in (("public", "north"), ("private", "south")):
        truth, mine = (np.unique(loop_points([points.tolist()]), axis=0) for points in (coasts()[name], guess[name]))
        there, back = cKDTree(truth).query(mine)[0], cKDTree(mine).query(truth)[0]
        precision, recall = (there <= 3).mean(), (back <= 3).mean()
        assert scores["f"][side] == pytest.approx(2 * precision * recall / (precision + recall), rel=1e-12)
        assert scores["chamfer"][side] == pytest.approx((there.mean() + back.mean()) / 2, rel=1e-12)
        worst = max(directed_hausdorff(truth, mine)[0], directed_hausdorff(mine, truth)[0])
        assert scores["hausdorff"][side] == pytest.approx(worst, rel=1e-12)
        assert scores["hd95"][side] == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)), rel=1e-12)


def test_a_copy_of_the_lines_is_the_best_in_any_order(tmp_path: Path) -> None:
    task = lines_task(tmp_path, APART, geometry="lines")
    reverse = {name: points[::-1].tolist() for name, points in reversed(coasts().items())}
    best = {"f": 1.0, "chamfer": 0.0, "hausdorff": 0.0, "hd95": 0.0}
    for key, sides in task.scores(sent(tmp_path, reverse)).items():
        assert list(sides.values()) == pytest.approx([best[key]] * 2, abs=1e-9)


def test_repeating_the_sure_points_gains_nothing(tmp_path: Path) -> None:
    task = lines_task(tmp_path, APART)
    rough = {name: points + 9 for name, points in coasts().items()}
    mixed = {name: np.concatenate([points[:5], rough[name]]) for name, points in coasts().items()}
    again = {
        name: np.concatenate([np.repeat(points[:5], 900, axis=0), rough[name]]) for name, points in coasts().items()
    }
    once, often = (task.scores(sent(tmp_path, one)) for one in (mixed, again))
    assert once["f"]["public"] < 0.2
    for key in once:
        assert often[key]["public"] == pytest.approx(once[key]["public"], rel=1e-12)


def test_an_empty_scene_costs_the_diagonal(tmp_path: Path) -> None:
    task = lines_task(tmp_path, APART, allow_empty=True)
    scores = task.scores(sent(tmp_path, {"north": [], "south": coasts()["south"]}))
    assert scores["f"] == {"public": 0.0, "private": 1.0}
    for key in ("chamfer", "hausdorff", "hd95"):
        assert scores[key]["public"] == pytest.approx(SIDE * 2**0.5)
        assert scores[key]["private"] == 0


def test_metres_follow_the_transform(tmp_path: Path) -> None:
    truth = {name: annotation(points, transform=TRANSFORM) for name, points in coasts().items()}
    metrics = [*APART[1:], {"key": "metres", "metric": "line_hd95", "params": {"unit": "metre"}}]
    scores = lines_task(tmp_path, metrics, truth).scores(sent(tmp_path, {n: c + 4 for n, c in coasts().items()}))
    assert scores["metres"]["public"] == pytest.approx(3 * scores["hd95"]["public"], rel=1e-12)


# -- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 5, 1_000_000])
def test_three_forms_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(json_text, "CHUNK_BYTES", chunk)
    truth = {name: annotation(points, transform=TRANSFORM) for name, points in coasts().items()}
    task = lines_task(tmp_path, APART, truth, geometry="lines", formats=["pixel_json", "geojson", "wkt"])
    ring = [[0, 0], [9, 0], [9, 9], [0, 0]]
    plain = sent(tmp_path, json.dumps({"north": [LINE, ring], "south": LINE}, indent=1))
    features = [feature("south", "LineString", [[*p, 0.5] for p in LINE]), feature("north", "LineString", LINE)]
    features.append(feature("north", "MultiPolygon", [[ring]]))
    geojson = sent(tmp_path, collection(*features, crs={"type": "name"}), "lines.geojson")
    text = ", ".join(f"{x} {y}" for x, y in LINE)
    wkt = 'scene,wkt\nsouth,"LINESTRING({0})"\nnorth,"MultiLineString (({0}))"\nnorth,"POLYGON ((0 0,9 0, 9 9, 0 0))"\n'
    texts = sent(tmp_path, wkt.format(text), "lines.csv")
    first = read_back(task, plain)
    for path in (geojson, texts):
        found = read_back(task, path)
        for name, lines in first.items():
            assert found[name].points.tolist() == lines.points.tolist()
            assert found[name].sizes.tolist() == lines.sizes.tolist()


def test_coordinates_of_the_crs_become_pixels(tmp_path: Path) -> None:
    truth = {name: annotation(points, transform=TRANSFORM) for name, points in coasts().items()}
    task = lines_task(tmp_path, APART, truth, geometry="lines", formats=["geojson"], coordinates="crs")
    place = [[500_000 + 3 * x, 4_000_000 - 3 * y] for x, y in LINE]
    path = sent(tmp_path, collection(*(feature(name, "LineString", place) for name in ("north", "south"))))
    assert read_back(task, path)["north"].points == pytest.approx(np.array(LINE))
    shifted = sent(tmp_path, collection(feature("north", "LineString", LINE), feature("south", "LineString", place)))
    assert codes(task.problems(shifted)) == ["lines_outside"]


def test_nothing_found_may_be_said_where_the_contract_allows_it(tmp_path: Path) -> None:
    task = lines_task(tmp_path, APART, geometry="lines", formats=["wkt", "pixel_json"], allow_empty=True)
    texts = sent(tmp_path, "scene,wkt\nnorth,POLYGON EMPTY\nsouth,LINESTRING EMPTY\n", "lines.csv")
    assert not task.problems(texts)
    assert not task.problems(sent(tmp_path, {"north": [], "south": []}))


# -- what is refused --------------------------------------------------------------------------------------------------

GOOD = '"south": [[1, 2], [3, 4]]'
HOSTILE = {
    "empty file": ("", ["empty_file"]),
    "a list": ("[]", ["lines_json"]),
    "no scene": ("{}", ["lines_scene_missing"] * 2),
    "dropped scene": ("{GOOD}", ["lines_scene_missing"]),
    "unknown scene": ('{GOOD, "norht": [[1, 2]]}', ["lines_scene_unexpected_hint", "lines_scene_missing"]),
    "scene twice": ('{GOOD, "north": [[1, 2]], "north": [[1, 2]]}', ["lines_json"]),
    "no points": ('{GOOD, "north": []}', ["lines_empty"]),
    "NaN": ('{GOOD, "north": [[1, NaN]]}', ["lines_json"]),
    "Infinity": ('{GOOD, "north": [[1, -Infinity]]}', ["lines_json"]),
    "1e400": ('{GOOD, "north": [[1, 1e400]]}', ["lines_point"]),
    "a huge whole number": ('{GOOD, "north": [[1, 1' + "0" * 400 + "]]}", ["lines_point"]),
    "ten thousand digits": ('{GOOD, "north": [[1, ' + "1" * 10_000 + "]]}", ["lines_json"]),
    "true": ('{GOOD, "north": [[1, true]]}', ["lines_point"]),
    "a text": ('{GOOD, "north": [[1, "2"]]}', ["lines_point"]),
    "texts alone": ('{GOOD, "north": "1 2"}', ["lines_point"]),
    "ragged": ('{GOOD, "north": [[1, 2], [3]]}', ["lines_point"]),
    "three numbers": ('{GOOD, "north": [[1, 2, 3]]}', ["lines_point"]),
    "an object": ('{GOOD, "north": {"a": 1}}', ["lines_point"]),
    "an object within": ('{GOOD, "north": [{"a": 1}]}', ["lines_point"]),
    "numbers": ('{GOOD, "north": [1, 2]}', ["lines_point"]),
    "null": ('{GOOD, "north": null}', ["lines_point"]),
    "several lists": ('{GOOD, "north": [[[1, 2]], [[3, 4]]]}', ["lines_nested"]),
    "deep": ('{GOOD, "north": ' + "[" * 50_000 + "]" * 50_000 + "}", ["lines_json"]),
    "far away": ('{GOOD, "north": [[1, 2e6]]}', ["lines_outside"]),
    "too many": ('{GOOD, "north": [' + ",".join(["[1, 2]"] * 41) + "]}", ["lines_too_many_points"]),
    "very long": ('{GOOD, "north": [' + ",".join(["[1, 2]"] * 20_000) + "]}", ["lines_json"]),
    "cut short": ('{GOOD, "north": [[1, 2], [3', ["lines_json"]),
    "more after the end": ('{GOOD, "north": [[1, 2]]} {}', ["lines_json"]),
    "full-width digits": ('{GOOD, "north": [[1, ２]]}', ["lines_json"]),
    "comments": ('{GOOD, /* */ "north": [[1, 2]]}', ["lines_json"]),
    "a table": ("scene,x,y\n", ["unknown_format"]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_told_what_is_wrong(name: str, tmp_path: Path) -> None:
    text, expected = HOSTILE[name]
    problems = lines_task(tmp_path, max_points=40).problems(sent(tmp_path, text.replace("GOOD", GOOD)))
    assert codes(problems) == expected
    assert all(one.message for one in problems)


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(b'{"north\xff": [[1, 2]]}')
    assert codes(lines_task(tmp_path).problems(path)) == ["lines_json"]


GEOJSON = {
    "no features": ({"type": "FeatureCollection"}, ["lines_no_features"]),
    "one feature": (feature("north", "LineString", LINE), ["lines_geometry", "lines_no_features"]),
    "no property": (collection({"type": "Feature", "properties": None, "geometry": None}), ["lines_feature"]),
    "points": (collection(feature("north", "Point", [1, 2])), ["lines_geometry"]),
    "open ring": (collection(feature("north", "Polygon", [[[0, 0], [9, 0], [9, 9], [0, 1]]])), ["lines_open"]),
    "short line": (collection(feature("north", "LineString", [[0, 0]])), ["lines_short"]),
    "not nested": (collection(feature("north", "Polygon", LINE)), ["lines_point"]),
    "a text": (collection(feature("north", "LineString", [["1", 2], [3, 4]])), ["lines_point"]),
    "coordinates null": (collection(feature("north", "MultiLineString", None)), ["lines_point"]),
    "geometries": (collection(feature("north", "GeometryCollection", [])), ["lines_geometry"]),
    "number for a scene": (collection(feature(3, "LineString", LINE)), ["lines_scene_unexpected"]),  # type: ignore[arg-type]
    "a text for a feature": (collection("north"), ["lines_feature"]),
}


@pytest.mark.parametrize("name", GEOJSON)
def test_hostile_geojson_is_told_what_is_wrong(name: str, tmp_path: Path) -> None:
    document, expected = GEOJSON[name]
    task = lines_task(tmp_path, APART, geometry="lines", formats=["geojson"])
    found = codes(task.problems(sent(tmp_path, document)))
    assert [code for code in found if code != "lines_scene_missing"] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POINT (1 2",
        "LINESTRING (1, 2)",
        "LINESTRING (1 nan, 2 3)",
        "LINESTRING ((1 2, 3 4))",
        "LINESTRING (1 2 3, 4 5 6)",
        "LINESTRING (1 1e400, 3 4)",
        "CIRCLE (1 2)",
        "LINESTRING (1 2, 3 4) x",
        "LINESTRING (1 2,, 3 4)",
        "LINESTRING (１ 2, 3 4)",
    ],
)
def test_what_is_no_wkt_is_refused(text: str, tmp_path: Path) -> None:
    task = lines_task(tmp_path, APART, geometry="lines", formats=["wkt"])
    path = sent(tmp_path, f'scene,wkt\nnorth,"{text}"\nsouth,"LINESTRING (1 2, 3 4)"\n', "lines.csv")
    assert [code for code in codes(task.problems(path)) if code != "lines_geometry"] in (["lines_wkt"], [])
    assert task.problems(path).total == 1


def test_a_tampered_stream_is_no_score(tmp_path: Path) -> None:
    task = lines_task(tmp_path, APART)
    stream = task.cells(sent(tmp_path, {"north": [[1, 2], [3, 4]], "south": [[5, 6]]}))
    head = len(cells.MAGIC) + 32
    count, sizes = np.uint32(1).tobytes(), np.uint32(2).tobytes()
    tampered = {
        "too many lines": stream[:head] + b"\xff" * 4 + stream[head + 4 :],
        "too many points": stream[:head] + count + b"\xff" * 4 + stream[head + 8 :],
        "NaN": stream[:head] + count + sizes + np.full(4, np.nan).tobytes() + stream[head + 40 :],
        "far away": stream[:head] + count + sizes + np.full(4, 1e9).tobytes() + stream[head + 40 :],
        "an empty scene": stream[:head] + bytes(4) + stream[head + 40 :],
        "cut short": stream[:-20],
        "more": stream + b"x",
    }
    for name, one in tampered.items():
        with pytest.raises(BrokenStream):
            pytest.fail(f"{name}: {task.score(one)}")


# -- truths -----------------------------------------------------------------------------------------------------------


def test_a_truth_may_be_one_file_beside_sizes_and_transects(tmp_path: Path) -> None:
    from tests.scoring.line_files import TELLUS, contract, upright_transects
    from tests.scoring.makers import published

    raw = tmp_path / "raw"
    sizes = [{"name": name, "height": SIDE, "width": SIDE} for name in ("north", "south")]
    sent(raw, sizes, "scenes.json")
    sent(raw, {name: upright_transects() for name in ("north", "south")}, "transects.json")
    sent(raw, collection(*(feature(n, "MultiPoint", c.tolist()) for n, c in coasts().items())), "truth.geojson")
    task = published(tmp_path, raw, contract(), [TELLUS])
    other = lines_task(tmp_path / "other", split={"by": "none"})
    guess = sent(tmp_path, {name: points + 7 for name, points in coasts().items()})
    assert task.scores(guess) == other.scores(guess)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"validate_lines": []}, "job_missing"),
        (annotation([[1, float(SIDE * 9)]]), "lines_outside"),
        (annotation([[1, "x"]]) | {"coastline_points": [[1, "x"]]}, "lines_point"),
        (annotation(coast(1), [[[1, 1], [1, 1]]]), "lines_truth_transect"),
        ({"coastline_points": [[1, 2]]}, "lines_truth_size"),
    ],
)
def test_a_truth_that_cannot_be_used_says_why(document: Any, code: str, tmp_path: Path) -> None:
    from scoring.errors import InvalidJob

    if code == "job_missing":
        document = {**document, "height": 5, "width": 5}
    with pytest.raises(InvalidJob) as error:
        lines_task(tmp_path, truth={"north": document, "south": annotation(coast(2))})
    assert code in [one.code for one in error.value.problems]
