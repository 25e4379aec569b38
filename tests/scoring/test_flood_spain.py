"""A real radar scene, cut into sixteen: scores are what an independent computation says."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from scipy.ndimage import uniform_filter

from tests.scoring import makers

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "s1-flood-spain"
TILE = 128
TRAINING, PUBLIC, PRIVATE = range(8), range(8, 12), range(12, 16)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data set s1-flood-spain is not at {DATA}")


def tile(array: np.ndarray, number: int) -> np.ndarray:
    row, column = divmod(number, 4)
    return array[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]


def independent_iou(truth: np.ndarray, guess: np.ndarray) -> tuple[int, int]:
    """Intersection and union, by set logic on booleans; -1 is no data."""
    known = truth >= 0
    water, found = (truth == 1) & known, (guess == 1) & known
    return int((water & found).sum()), int((water | found).sum())


def test_the_threshold_submission_scores_as_computed_by_hand(tmp_path: Path) -> None:
    with rasterio.open(DATA / "Spain_7370579_LabelHand.tif") as file:
        label, crs, transform = file.read(1), file.crs.to_string(), file.transform
    with rasterio.open(DATA / "Spain_7370579_S1Hand.tif") as file:
        guess = (uniform_filter(file.read(1), 5) < -13.5).astype(np.uint8)
    tests, members = [*PUBLIC, *PRIVATE], {}
    for number in tests:
        row, column = divmod(number, 4)
        place = {"crs": crs, "transform": tuple(transform @ transform.translation(column * TILE, row * TILE))[:6]}
        makers.geotiff(tmp_path / "raw" / f"tile_{number:02d}.tif", tile(label, number), **place)
        path = makers.geotiff(tmp_path / "guess" / f"{number}.tif", tile(guess, number), compress="deflate", **place)
        members[f"tile_{number:02d}.tif"] = path.read_bytes()
    specs = [
        {"key": how, "metric": "iou", "aggregate": how, "params": {"positive": 1, "ignore": [-1]}}
        for how in ("pooled", "macro")
    ]
    split = {"by": "scene"} | {
        side: [f"tile_{number:02d}" for number in numbers]
        for side, numbers in (("public", PUBLIC), ("private", PRIVATE))
    }
    task = makers.published(tmp_path, tmp_path / "raw", makers.raster_contract(), specs, split=split)
    result = task.result(makers.zipped(tmp_path / "p.zip", members))
    for side, numbers in (("public", PUBLIC), ("private", PRIVATE)):
        counts = [independent_iou(tile(label, number), tile(guess, number)) for number in numbers]
        pooled = sum(both for both, _ in counts) / sum(union for _, union in counts)
        macro = float(np.mean([both / union for both, union in counts]))
        assert abs(result["metrics"]["pooled"][side] - pooled) < 1e-12
        assert abs(result["metrics"]["macro"][side] - macro) < 1e-12
    by_hand = {f"tile_{n:02d}": int((tile(label, n) >= 0).sum()) for n in tests}
    # Ignored by the metric, the cells without data are still cells of the scene.
    assert all(one["cells"] == TILE * TILE >= by_hand[one["name"]] for one in result["scenes"])


def test_the_whole_scene_scores_what_the_data_sets_description_says(tmp_path: Path) -> None:
    with rasterio.open(DATA / "Spain_7370579_LabelHand.tif") as file:
        label = file.read(1)
    with rasterio.open(DATA / "Spain_7370579_S1Hand.tif") as file:
        guess = (uniform_filter(file.read(1), 5) < -13.5).astype(np.uint8)
    makers.geotiff(tmp_path / "raw" / "scene.tif", label)
    task = makers.published(tmp_path, tmp_path / "raw", makers.raster_contract(), [makers.IOU], ignore=[-1])
    result = task.result(makers.geotiff(tmp_path / "p.tif", guess))
    assert result["metrics"]["iou"]["public"] == pytest.approx(0.612, abs=5e-4)
    assert result["scenes"][0]["cells"] == 512 * 512 - 99
