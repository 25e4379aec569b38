"""Boundaries of masks, held against whole-array definitions; and in bands of any height."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from scoring import raster_measures
from scoring.contract import Scene
from scoring.errors import InvalidJob
from scoring.formats import cells as cells_module
from scoring.raster_measures import Band, Outline
from tests.scoring import makers

SHAPE = (150, 211)
APART = [
    {"key": "f", "metric": "mask_buffer_f", "params": {"delta": 2}},
    {"key": "chamfer", "metric": "mask_chamfer"},
    {"key": "hausdorff", "metric": "mask_hausdorff"},
    {"key": "hd95", "metric": "mask_hd95"},
]
BAND = {"key": "band", "metric": "boundary_iou"}


def patches(seed: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 6)
    return (field > 0).astype(np.uint8)


def scenes(seed: int = 0) -> dict[str, np.ndarray]:
    return {"a": patches(seed), "b": patches(seed + 1)}


def guesses() -> dict[str, np.ndarray]:
    shifted = {name: np.roll(mask, (3, 5), (0, 1)) for name, mask in scenes().items()}
    for mask in shifted.values():
        mask[20:30, 40:70] = 1 - mask[20:30, 40:70]
    return shifted


def task(folder: Path, metrics: Any, truth: Any = None, **spec: Any) -> makers.Published:
    split = {"by": "scene", "public": ["a"], "private": ["b"]}
    return makers.published_masks(folder, truth or scenes(), metrics, split=split, **spec)


def outline(mask: np.ndarray, counted: Any = True, edge: bool = False) -> np.ndarray:
    """Cell by cell."""
    inside, found = (mask == 1) & counted, np.zeros(mask.shape, bool)
    counted = np.broadcast_to(counted, mask.shape)
    for row, column in np.argwhere(inside):
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if not (0 <= r < mask.shape[0] and 0 <= c < mask.shape[1]):
                found[row, column] |= edge
            elif counted[r, c] and mask[r, c] != 1:
                found[row, column] = True
    return found


def band_iou(truth: np.ndarray, guess: np.ndarray, share: float = 0.02) -> float:
    """As the reference says it: pad by a pixel, erode d times by 3 x 3, take away."""
    thickness = max(1, round(share * float(np.hypot(*truth.shape))))
    bands = []
    for mask in (truth, guess):
        padded = np.pad(mask == 1, 1)
        eroded = binary_erosion(padded, np.ones((3, 3)), iterations=thickness, border_value=1)[1:-1, 1:-1]
        bands.append((mask == 1) & ~eroded)
    return float((bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum())


@pytest.mark.parametrize("share", [0.001, 0.02, 0.11, 0.9])
def test_boundary_iou_is_that_of_its_reference(share: float, tmp_path: Path) -> None:
    published = task(tmp_path, [{**BAND, "params": {"share": share}}])
    scores = published.scores(makers.mask_zip(tmp_path, guesses()))["band"]
    for side, name in (("public", "a"), ("private", "b")):
        assert scores[side] == pytest.approx(band_iou(scenes()[name], guesses()[name], share), abs=1e-12)


def test_distances_between_boundaries_are_those_of_distance_transforms(tmp_path: Path) -> None:
    scores = task(tmp_path, APART).scores(makers.mask_zip(tmp_path, guesses()))
    for side, name in (("public", "a"), ("private", "b")):
        truth, guess = outline(scenes()[name]), outline(guesses()[name])
        there, back = distance_transform_edt(~truth)[guess], distance_transform_edt(~guess)[truth]
        precision, recall = (there <= 2).mean(), (back <= 2).mean()
        assert scores["f"][side] == pytest.approx(2 * precision * recall / (precision + recall), rel=1e-12)
        assert scores["chamfer"][side] == pytest.approx((there.mean() + back.mean()) / 2, rel=1e-12)
        assert scores["hausdorff"][side] == pytest.approx(max(there.max(), back.max()), rel=1e-12)
        assert scores["hd95"][side] == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)), rel=1e-12)


@pytest.mark.parametrize("rows", [1, 8, 64])
def test_boundaries_in_pieces_are_those_of_the_whole(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = task(tmp_path, [*APART, BAND, {**BAND, "key": "thick", "params": {"share": 0.2}}])
    prediction = makers.mask_zip(tmp_path, guesses(), blockysize=7, compress="deflate")
    whole = published.result(prediction)
    monkeypatch.setattr(cells_module, "BAND_ROWS", rows)
    monkeypatch.setattr("scoring.aggregate.BLOCK_SIDE", 64)
    pieces = published.result(prediction)
    assert pieces["metrics"] == whole["metrics"]
    assert pieces["scenes"] == whole["scenes"]
    assert len(pieces["statistics"]["measured"]["band"]["public"]["sums"]) == 3 * 4


@pytest.mark.parametrize("seed", range(4))
def test_any_shape_and_any_bands_find_the_same_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(size) for size in rng.integers(1, 40, 2))
    truth, guess = (rng.integers(0, 2, (height, width)) for _ in range(2))
    counted = rng.random((height, width)) < 0.8
    bits = np.where(counted, np.where(truth, 1, 4) | np.where(guess, 2, 8), 0).astype(np.uint8)
    cuts = np.sort(rng.integers(0, height + 1, 3))
    for edge in (False, True):
        seen = Outline(Scene("a", height, width), edge)
        for piece in np.split(bits, cuts):
            seen.add(piece)
        for points, mask in zip(seen.points(), (truth, guess), strict=True):
            expected = np.argwhere(outline(mask, counted, edge))[:, ::-1] + 0.5
            assert points.tolist() == expected.tolist()
    band = Band(Scene("a", height, width), 3, 512)
    for piece in np.split(np.where(truth, 1, 4).astype(np.uint8) | np.where(guess, 2, 8).astype(np.uint8), cuts):
        band.add(piece)
    both, either = band.sums()[0]
    expected_share = band_iou(truth, guess, 3 / float(np.hypot(height, width))) if either else 1.0
    assert (both / either if either else 1.0) == pytest.approx(expected_share)


def test_ignored_cells_make_no_boundary(tmp_path: Path) -> None:
    """Truth and guess differ only where the truth is ignored: nothing is wrong, and no line runs along it."""
    truth, guess = scenes(), scenes()
    for name, cells in truth.items():
        cells[40:90, 60:120] = 9
        guess[name][40:90, 60:120] = 1 - guess[name][40:90, 60:120]
    groups = [{"name": "sea", "truth": [0], "prediction": [0]}, {"name": "land", "truth": [1], "prediction": [1]}]
    params = {"classes": groups, "positive": "land", "ignore": [9]}
    metrics = [{**one, "params": {**params, **one.get("params", {})}} for one in (*APART, BAND)]
    scores = task(tmp_path, metrics, truth).scores(makers.mask_zip(tmp_path, guess))
    assert scores["f"]["public"] == scores["band"]["public"] == 1.0
    assert scores["hausdorff"]["public"] == 0.0


def test_a_perfect_mask_is_the_best_and_an_empty_one_costs_the_diagonal(tmp_path: Path) -> None:
    published = task(tmp_path, [*APART, BAND])
    best = {"f": 1, "chamfer": 0, "hausdorff": 0, "hd95": 0, "band": 1}
    for key, sides in published.scores(makers.mask_zip(tmp_path, scenes())).items():
        assert list(sides.values()) == [best[key]] * 2
    empty = {name: np.zeros(SHAPE, np.uint8) for name in ("a", "b")}
    for key, sides in published.scores(makers.mask_zip(tmp_path, empty)).items():
        worst = 0 if key in ("f", "band") else float(np.hypot(*SHAPE))
        assert sides["public"] == pytest.approx(worst)


def test_nothing_in_truth_and_guess_is_what_the_rule_says(tmp_path: Path) -> None:
    empty = {name: np.zeros(SHAPE, np.uint8) for name in ("a", "b")}
    for rule, expected in (("1", 1.0), (0, 0.0), ("skip", None)):
        published = task(tmp_path / str(rule), [{**BAND, "params": {"zero_division": rule}}], empty)
        assert published.scores(makers.mask_zip(tmp_path, empty))["band"]["public"] == expected


def test_metres_are_those_of_the_transform(tmp_path: Path) -> None:
    metrics = [APART[3], {"key": "metres", "metric": "mask_hd95", "params": {"unit": "metre"}}]
    scores = task(tmp_path, metrics).scores(makers.mask_zip(tmp_path, guesses()))
    assert scores["metres"]["public"] == pytest.approx(50 * scores["hd95"]["public"], rel=1e-12)


def test_metres_without_a_transform_are_refused_when_published(tmp_path: Path) -> None:
    for name, mask in scenes().items():
        makers.png(tmp_path / "raw" / f"{name}.png", mask)
    metrics = [{"key": "metres", "metric": "mask_hd95", "params": {"unit": "metre"}}]
    with pytest.raises(InvalidJob, match="no transform"):
        makers.published(tmp_path, tmp_path / "raw", makers.raster_contract(), metrics)


def test_noise_is_refused_before_it_fills_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = task(tmp_path, [APART[1]])
    rows, columns = np.indices(SHAPE)
    chequered = {name: ((rows + columns) % 2).astype(np.uint8) for name in ("a", "b")}
    monkeypatch.setattr(raster_measures, "MAX_BOUNDARY", 5_000)
    result = published.result(makers.mask_zip(tmp_path, chequered))
    assert (result["status"], [one["code"] for one in result["problems"]]) == ("invalid", ["mask_boundary_long"])
    assert published.scores(makers.mask_zip(tmp_path, guesses()))["chamfer"]["public"] is not None


def test_counts_and_boundaries_stand_side_by_side(tmp_path: Path) -> None:
    published = task(tmp_path, [makers.IOU, BAND])
    result = published.result(makers.mask_zip(tmp_path, guesses()))
    assert list(result["metrics"]) == ["iou", "band"]
    assert set(result["scenes"][0]["metrics"]) == {"iou", "band"}
