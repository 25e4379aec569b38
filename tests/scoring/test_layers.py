"""Several targets a scene: each with classes of its own, from NetCDF, an archive or the bands of one GeoTIFF."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sklearn.metrics import f1_score, r2_score

from scoring.contract import contract_document, parse_contract
from scoring.errors import InvalidJob
from scoring.job import parse_metrics
from scoring.uncertainty import units_from_result
from tests.scoring import makers

SHAPES = {"north": (600, 50), "south_2": (40, 70), "west": (30, 30)}
LAYERS = {"SIC": range(11), "SOD": range(6), "FLOE": range(7)}
SPLIT = {"by": "scene", "public": ["north"], "private": ["south_2", "west"]}
METRICS = [
    {"key": "sic", "metric": "class_r2", "params": {"layer": "SIC", "ignore": [255]}},
    {"key": "sod", "metric": "f1", "params": {"layer": "SOD", "average": "weighted"}},
    {"key": "floe", "metric": "f1", "layer": "FLOE", "params": {"average": "weighted"}},
    {
        "key": "combined",
        "metric": "weighted_sum",
        "params": {"of": {"sic": 2, "sod": 2, "floe": 1}, "scale": 100, "round": 3},
    },
]
Masks = dict[str, np.ndarray]


def random_masks(seed: int, hidden: float = 0.0) -> Masks:
    """Variable -> mask; with a share of cells that do not count."""
    generator = np.random.default_rng(seed)
    masks = {}
    for scene, shape in SHAPES.items():
        for layer, classes in LAYERS.items():
            cells = generator.integers(0, len(classes), shape)
            cells[generator.random(shape) < hidden] = 255
            masks[f"{scene}_{layer}"] = cells.astype(np.uint8)
    return masks


def contract(*formats: str) -> dict[str, Any]:
    layers = {name: {"classes": list(classes)} for name, classes in LAYERS.items()}
    return {"kind": "raster", "formats": list(formats or ("geotiff", "png", "npy", "netcdf")), "layers": layers}


@pytest.fixture(scope="module")
def truth() -> Masks:
    return random_masks(1, hidden=0.2)


@pytest.fixture(scope="module")
def guess() -> Masks:
    return random_masks(2)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory, truth: Masks) -> makers.Published:
    folder = tmp_path_factory.mktemp("layers")
    for name, cells in truth.items():
        makers.geotiff(folder / "raw" / f"{name}.tif", cells, crs=None, transform=None)
    return makers.published(folder, folder / "raw", contract(), METRICS, split=SPLIT, ignore=[255])


def netcdf(path: Path, masks: Mapping[str, Any]) -> Path:
    with h5py.File(path, "w") as file:
        for name, cells in masks.items():
            file.create_dataset(name, data=cells, compression="gzip", chunks=tuple(min(64, n) for n in cells.shape))
    return path


def bands_of(masks: Masks, scene: str) -> np.ndarray:
    return np.stack([masks[f"{scene}_{layer}"] for layer in LAYERS])


def as_tifs(folder: Path, masks: Masks) -> dict[str, bytes]:
    place: dict[str, Any] = {"crs": None, "transform": None}
    return {f"{n}.tif": makers.geotiff(folder / f"{n}.tif", cells, **place).read_bytes() for n, cells in masks.items()}


def as_stacks(folder: Path, masks: Masks) -> dict[str, bytes]:
    place: dict[str, Any] = {"crs": None, "transform": None, "compress": "deflate"}
    paths = {scene: makers.geotiff(folder / f"{scene}.tif", bands_of(masks, scene), **place) for scene in SHAPES}
    return {f"{scene}.tif": path.read_bytes() for scene, path in paths.items()}


def as_arrays(folder: Path, masks: Masks) -> dict[str, bytes]:
    members = {}
    for name, cells in masks.items():
        stream = io.BytesIO()
        np.save(stream, cells)
        members[f"{name}.npy"] = stream.getvalue()
    return members


def pooled(truth: Masks, guess: Masks, scenes: list[str], layer: str) -> tuple[np.ndarray, np.ndarray]:
    sides = [np.concatenate([masks[f"{scene}_{layer}"].ravel() for scene in scenes]) for masks in (truth, guess)]
    counted = sides[0] != 255
    return sides[0][counted], sides[1][counted]


def by_sklearn(truth: Masks, guess: Masks, scenes: list[str]) -> dict[str, float]:
    scores = {
        "sic": float(r2_score(*pooled(truth, guess, scenes, "SIC"))),
        "sod": float(f1_score(*pooled(truth, guess, scenes, "SOD"), average="weighted")),
        "floe": float(f1_score(*pooled(truth, guess, scenes, "FLOE"), average="weighted")),
    }
    parts = [weight * round(scores[key] * 100, 3) for key, weight in (("sic", 2), ("sod", 2), ("floe", 1))]
    return {**scores, "combined": sum(parts) / 5}


# -- scores -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("members", [as_tifs, as_stacks, as_arrays, None])
def test_every_way_of_sending_layers_gives_the_scores_of_scikit_learn(
    tmp_path: Path,
    task: makers.Published,
    truth: Masks,
    guess: Masks,
    members: Callable[[Path, Masks], dict[str, bytes]] | None,
) -> None:
    path = netcdf(tmp_path / "s.nc", guess)
    if members is not None:
        path = makers.zipped(tmp_path / "s.zip", members(tmp_path, guess))
    scores = task.scores(path)
    for side, scenes in (("public", ["north"]), ("private", ["south_2", "west"])):
        expected = by_sklearn(truth, guess, scenes)
        assert {key: one[side] for key, one in scores.items()} == pytest.approx(expected, abs=1e-9), side


def test_a_scene_has_the_columns_of_all_its_layers(
    tmp_path: Path, task: makers.Published, truth: Masks, guess: Masks
) -> None:
    rows = task.result(netcdf(tmp_path / "s.nc", guess))["scenes"]
    assert [(row["name"], row["split"]) for row in rows] == [
        ("north", "public"),
        ("south_2", "private"),
        ("west", "private"),
    ]
    for row in rows:
        assert row["metrics"] == pytest.approx(by_sklearn(truth, guess, [row["name"]]), abs=1e-9)
        cells = {layer: int((truth[f"{row['name']}_{layer}"] != 255).sum()) for layer in LAYERS}
        assert (row["layers"], row["cells"]) == (cells, sum(cells.values()))


def test_the_truth_itself_is_a_perfect_prediction(tmp_path: Path, task: makers.Published, truth: Masks) -> None:
    perfect = {name: np.where(cells == 255, 0, cells) for name, cells in truth.items()}
    scores = task.scores(netcdf(tmp_path / "s.nc", perfect))
    assert {key: set(one.values()) for key, one in scores.items()} == {
        **{key: {1.0} for key in ("sic", "sod", "floe")},
        "combined": {100.0},
    }


def test_the_truth_may_hold_its_layers_as_bands(
    tmp_path: Path, task: makers.Published, truth: Masks, guess: Masks
) -> None:
    for scene in SHAPES:
        makers.geotiff(tmp_path / "raw" / f"{scene}.tif", bands_of(truth, scene), crs=None, transform=None)
    stacked = makers.published(tmp_path, tmp_path / "raw", contract(), METRICS, split=SPLIT, ignore=[255])
    path = netcdf(tmp_path / "s.nc", guess)
    assert stacked.scores(path) == task.scores(path)


def test_statistics_are_kept_by_layer_and_give_intervals(tmp_path: Path, task: makers.Published, guess: Masks) -> None:
    result = task.result(netcdf(tmp_path / "s.nc", guess))
    assert list(result["statistics"]["layers"]) == list(LAYERS)
    for spec in parse_metrics(METRICS[:3], task.contract):
        units = units_from_result(result["statistics"], spec, "private")
        assert units is not None
        total = units.sums.sum(axis=0)
        assert float(units.value(total)) == pytest.approx(result["metrics"][spec.key]["private"], abs=1e-9)


# -- the gate ---------------------------------------------------------------------------------------------------------


def without(masks: Masks, name: str) -> Masks:
    return {key: cells for key, cells in masks.items() if key != name}


def test_a_dropped_layer_or_scene_is_refused(tmp_path: Path, task: makers.Published, guess: Masks) -> None:
    found = [one.message for one in task.problems(netcdf(tmp_path / "a.nc", without(guess, "south_2_SOD")))]
    assert found == ["south_2/SOD: there is no variable 'south_2_SOD' at the top of the file."]
    packed = makers.zipped(tmp_path / "a.zip", as_arrays(tmp_path, without(guess, "west_FLOE")))
    assert [one.message for one in task.problems(packed)] == [
        "Scene west/FLOE is missing; expected a file named west_FLOE.tif."
    ]
    scene = {name: cells for name, cells in guess.items() if not name.startswith("west")}
    assert makers.codes(task.problems(netcdf(tmp_path / "b.nc", scene))) == ["variable_missing"] * 3


def test_a_class_of_another_layer_or_the_mask_value_is_refused(
    tmp_path: Path, task: makers.Published, guess: Masks
) -> None:
    swapped = {**guess, "north_SOD": guess["north_SIC"]}
    (problem,) = task.problems(netcdf(tmp_path / "a.nc", swapped))
    assert (problem.code, problem.where) == ("raster_class", "north/SOD")
    masked = guess["west_SIC"].copy()
    masked[3, 4] = 255
    (problem,) = task.problems(netcdf(tmp_path / "b.nc", {**guess, "west_SIC": masked}))
    assert (problem.code, problem.params["row"], problem.params["column"]) == ("raster_class", 3, 4)


def test_a_layer_of_another_shape_is_refused(tmp_path: Path, task: makers.Published, guess: Masks) -> None:
    cut = {**guess, "north_SIC": guess["north_SIC"][:, :-1]}
    assert makers.codes(task.problems(netcdf(tmp_path / "a.nc", cut))) == ["raster_shape"]


def test_bands_that_lack_a_layer_or_a_scene_sent_in_two_ways_are_refused(
    tmp_path: Path, task: makers.Published, guess: Masks
) -> None:
    members = as_stacks(tmp_path, guess)
    two = makers.geotiff(tmp_path / "two.tif", bands_of(guess, "west")[:2], crs=None, transform=None)
    short = makers.zipped(tmp_path / "a.zip", {**members, "west.tif": two.read_bytes()})
    assert set(makers.codes(task.problems(short))) == {"raster_layers"}
    twice = makers.zipped(tmp_path / "b.zip", {**members, "west_SOD.tif": as_tifs(tmp_path, guess)["west_SOD.tif"]})
    assert makers.codes(task.problems(twice)) == ["scene_twice"]


def test_one_image_cannot_be_the_layers_of_several_scenes(tmp_path: Path, task: makers.Published, guess: Masks) -> None:
    path = makers.geotiff(tmp_path / "a.tif", guess["north_SIC"])
    assert makers.codes(task.problems(path)) == ["needs_zip"]


# -- what an organiser may get wrong ----------------------------------------------------------------------------------


def messages(call: Callable[[], Any]) -> list[str]:
    with pytest.raises(InvalidJob) as error:
        call()
    return [one.message for one in error.value.problems]


def test_a_contract_with_layers_survives_its_json_form(task: makers.Published) -> None:
    document = contract_document(task.contract)
    assert [layer["name"] for layer in document["layers"]] == list(LAYERS)
    assert "classes" not in document
    assert parse_contract(document) == task.contract


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": [0, 1]}, "contract.classes: classes is out of range; it must be inside of each layer."),
        ({"layers": {}}, "contract.layers: found an object; it must be 1 to 16 layers, each with its classes."),
        ({"layers": {"a b": {"classes": [0]}}}, "contract.layers.a b: 'a b' is out of range"),
        ({"layers": {"a": {}}}, "contract.layers.a: 'classes' is missing."),
        (
            {"layers": [{"name": "a", "classes": [0]}, {"name": "A", "classes": [0]}]},
            "contract.layers: 'a' is given twice.",
        ),
        ({"formats": ["rle"]}, "contract.formats: rle is out of range; it must be left out where there are layers."),
    ],
)
def test_layers_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    found = messages(lambda: parse_contract({**contract(), **change}, complete=False))
    assert any(one.startswith(message) for one in found), found


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            {"metric": "iou", "params": {}},
            "metrics[0].params: say which layer is scored, with layer; there are SIC, SOD,",
        ),
        (
            {"metric": "iou", "params": {"layer": "SIK", "positive": 1}},
            "metrics[0].params.layer: 'SIK' is unknown; did",
        ),
        ({"metric": "iou", "params": {"layer": "SOD", "positive": 9}}, "metrics[0].params.positive: say which class"),
    ],
)
def test_a_metric_of_no_layer_is_refused(task: makers.Published, metric: dict[str, Any], message: str) -> None:
    found = messages(lambda: parse_metrics([metric], task.contract))
    assert found[0].startswith(message), found


def test_a_layer_of_a_task_without_layers_is_refused() -> None:
    scene = {"name": "a", "height": 1, "width": 1}
    plain = parse_contract(makers.raster_contract(scenes=[scene]))
    metric = {"metric": "pixel_accuracy", "params": {"layer": "SIC"}}
    assert messages(lambda: parse_metrics([metric], plain)) == ["metrics[0].params.layer: this task has no layers."]


def test_a_truth_whose_layers_do_not_lie_on_one_grid_is_refused(tmp_path: Path, truth: Masks) -> None:
    for name, cells in truth.items():
        transform = (60.0, 0.0, 0.0, 0.0, -60.0, 0.0) if name == "west_SOD" else makers.TRANSFORM
        makers.geotiff(tmp_path / "raw" / f"{name}.tif", cells, transform=transform)
    found = messages(lambda: makers.published(tmp_path, tmp_path / "raw", contract(), METRICS, ignore=[255]))
    assert found == ["west: the layers of the scene differ in shape or place; they must lie on one grid."]


def test_a_truth_that_lacks_a_layer_or_holds_an_unknown_value_is_refused(tmp_path: Path, truth: Masks) -> None:
    for name, cells in truth.items():
        if name != "west_SOD":
            makers.geotiff(tmp_path / "a" / f"{name}.tif", cells)
        makers.geotiff(tmp_path / "b" / f"{name}.tif", cells)
    found = messages(lambda: makers.published(tmp_path, tmp_path / "a", contract(), METRICS, ignore=[255]))
    assert found == ["truth: the truth has no file for scene 'west', layer SOD."]
    found = messages(lambda: makers.published(tmp_path, tmp_path / "b", contract(), METRICS[1:2]))
    assert found == ["metrics.sod: the truth holds 255, which is in no group and not ignored."]


def test_one_geotiff_of_four_bands_holds_four_layers_of_one_scene(tmp_path: Path) -> None:
    """GDAL takes the fourth band of four for transparency; here it is a layer like the others."""
    names = ["a", "b", "c", "d"]
    cells = np.random.default_rng(3).integers(0, 2, (4, 40, 30)).astype(np.uint8)
    document = {"kind": "raster", "formats": ["geotiff"], "layers": [{"name": n, "classes": [0, 1]} for n in names]}
    metrics = [{"key": n, "metric": "pixel_accuracy", "params": {"layer": n}} for n in names]
    makers.geotiff(tmp_path / "raw" / "only.tif", cells)
    one = makers.published(tmp_path, tmp_path / "raw", document, metrics)
    guess = cells.copy()
    guess[3] = 1 - guess[3]
    scores = one.scores(makers.geotiff(tmp_path / "any name.tif", guess, compress="deflate", interleave="pixel"))
    assert {name: side["public"] for name, side in scores.items()} == {"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.0}
    masked = makers.geotiff(tmp_path / "masked.tif", guess, mask=np.zeros((40, 30), bool))
    assert set(makers.codes(one.problems(masked))) == {"raster_mask"}
    assert makers.codes(one.problems(makers.geotiff(tmp_path / "three.tif", guess[:3]))) == ["raster_layers"] * 4
