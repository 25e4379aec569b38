"""Do intervals cover the true value, and do equals seldom look different? 1,000 synthetic contests each, fixed seeds.

The true value is that of the process that makes contests, taken from far more data than a contest has. Shares of 1,000
contests have a standard error of 0.7 %; scoring/uncertainty_quantiles.py states what was measured.
"""

from collections.abc import Iterable
from functools import cache
from itertools import starmap

import numpy as np
import pytest
from scipy.special import ndtr

from scoring.uncertainty import UnitSums, compare, interval

CONTESTS = 1_000
REPLICATES = 2_000
BLOCK = 16
PATCH = 4
Counts = np.ndarray


def fields(random: np.random.Generator, scenes: int, side: int, patch: int) -> np.ndarray:
    """Fields of patches of equal cells, shape (scenes, side, side), variance 1."""
    coarse = random.standard_normal((scenes, -(-side // patch), -(-side // patch)), np.float32)
    return coarse.repeat(patch, axis=1).repeat(patch, axis=2)[:, :side, :side]


def conditions(random: np.random.Generator, scenes: int) -> tuple[np.ndarray, np.ndarray]:
    """How much ice a scene has, and how hard it is; shape (scenes, 1, 1) each."""
    shape = (scenes, 1, 1)
    return random.standard_normal(shape, np.float32) * 0.4, 0.4 + 0.6 * random.random(shape, np.float32)


def rasters(
    random: np.random.Generator, level: np.ndarray, hardness: np.ndarray, side: int, *, predictions: int = 1
) -> list[np.ndarray]:
    """The truth and predictions of scenes, in patches of neighbouring cells: shape (scenes, side, side) bool each."""
    scenes = len(level)
    ice = fields(random, scenes, side, PATCH) + 0.5 * fields(random, scenes, side, 1) + level
    errors = (fields(random, scenes, side, PATCH - 1) * hardness for _ in range(predictions))
    return [ice > 0, *(ice + error > 0 for error in errors)]


def true_sums(level: np.ndarray, hardness: np.ndarray) -> np.ndarray:
    """Expected share of cells in both and in either, of scenes as `rasters` makes them: shape (scenes, 2)."""
    spread, level, hardness = np.sqrt(1.25), level.reshape(-1, 1), hardness.reshape(-1, 1)
    ice = (np.arange(500) + 0.5) / 50  # from 0 to 10
    density = np.exp(-(((ice - level) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    both = (density * ndtr(ice / hardness)).sum(axis=1) / 50
    either = ndtr(level / spread) + ndtr(level / np.sqrt(1.25 + hardness**2)) - both[:, None]
    return np.stack([both, either[:, 0]], axis=1)


def block_counts(truth: np.ndarray, prediction: np.ndarray) -> Counts:
    """Cells in both and in either, by blocks of 16 x 16 cells: shape (scenes, blocks, 2)."""
    cells = np.stack([truth & prediction, truth | prediction])
    scenes, side = truth.shape[0], truth.shape[1] // BLOCK
    parts = cells.reshape(2, scenes, side, BLOCK, side, BLOCK).sum(axis=(3, 5))
    return np.moveaxis(parts.reshape(2, scenes, -1), 0, -1).astype(np.float64)


def iou(sums: np.ndarray) -> np.ndarray:
    return sums[..., 0] / sums[..., 1]


def units_of(counts: Counts, aggregate: str) -> UnitSums:
    scenes, blocks = counts.shape[:2]
    return UnitSums(counts.reshape(-1, 2), np.repeat(np.arange(scenes), blocks), iou, aggregate, bounds=(0.0, 1.0))


@cache
def true_iou(aggregate: str) -> float:
    """Of all scenes that could have been."""
    sums = true_sums(*conditions(np.random.default_rng(0), 20_000))
    return float(iou(sums).mean() if aggregate == "macro" else iou(sums.sum(axis=0)))


@cache
def raster_contests(seed: int, scenes: int, side: int, *, predictions: int = 1) -> list[Counts]:
    """Counts of each prediction, shape (contests, scenes, blocks, 2)."""
    random = np.random.default_rng(seed)
    parts: list[list[Counts]] = [[] for _ in range(predictions)]
    for _ in range(10):
        level, hardness = conditions(random, CONTESTS // 10 * scenes)
        truth, *guesses = rasters(random, level, hardness, side, predictions=predictions)
        for part, guess in zip(parts, guesses, strict=True):
            part.append(block_counts(truth, guess))
    return [np.concatenate(part).reshape(CONTESTS, scenes, -1, 2) for part in parts]


def coverage(contests: Iterable[UnitSums], values: float | np.ndarray) -> float:
    found = [interval(units, replicates=REPLICATES) for units in contests]
    assert len(found) == CONTESTS
    assert None not in found
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    return float(np.mean((low <= values) & (values <= high)))


def false_alarms(pairs: Iterable[tuple[UnitSums, UnitSums]]) -> float:
    """How often two equals look different."""
    found = list(starmap(lambda a, b: compare(a, b, replicates=REPLICATES), pairs))
    assert len(found) == CONTESTS
    return sum(one is not None and one.is_more_than_noise for one in found) / CONTESTS


def rmse(sums: np.ndarray) -> np.ndarray:
    return np.sqrt(sums[..., 0] / sums[..., 1])


def table_of(errors: np.ndarray) -> UnitSums:
    """As aggregate.block_sums: at most 64 blocks of neighbouring rows."""
    blocks = np.array_split(errors**2, min(64, len(errors)))
    sums = np.array([[block.sum(), len(block)] for block in blocks])
    return UnitSums(sums, np.zeros(len(sums), np.int64), rmse, bounds=(0.0, np.inf))


# -- scores -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
def test_intervals_of_iou_over_forty_scenes_cover_the_true_value(aggregate: str) -> None:
    (contests,) = raster_contests(1, 40, 32)
    assert 0.93 <= coverage((units_of(one, aggregate) for one in contests), true_iou(aggregate)) <= 0.97


@pytest.mark.parametrize("tail", [5, np.inf], ids=["heavy tails", "normal"])
def test_intervals_of_rmse_over_two_thousand_rows_cover_the_true_value(tail: float) -> None:
    random = np.random.default_rng(2)
    shape = (CONTESTS, 2_000)
    errors = random.standard_normal(shape) if np.isinf(tail) else random.standard_t(tail, shape)
    true = 1.0 if np.isinf(tail) else np.sqrt(tail / (tail - 2))
    assert 0.93 <= coverage(map(table_of, errors), true) <= 0.97


@pytest.mark.parametrize(("rows", "least"), [(20, 0.90), (40, 0.91), (64, 0.92)])
def test_intervals_of_rmse_over_few_rows_cover_a_little_less(rows: int, least: float) -> None:
    errors = np.random.default_rng(3).standard_normal((CONTESTS, rows))
    assert least <= coverage(map(table_of, errors), 1.0) <= 0.97


def test_forty_rows_do_not_show_how_heavy_their_tails_are() -> None:
    errors = np.random.default_rng(3).standard_t(5, (CONTESTS, 40))
    assert 0.85 <= coverage(map(table_of, errors), np.sqrt(5 / 3)) <= 0.92


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
@pytest.mark.parametrize("scenes", [4, 8])
def test_a_few_scenes_are_drawn_as_scenes_and_still_cover_other_scenes(scenes: int, aggregate: str) -> None:
    (contests,) = raster_contests(4, scenes, 32)
    share = coverage((units_of(one, aggregate) for one in contests), true_iou(aggregate))
    assert 0.92 <= share <= 0.975


def test_blocks_of_a_single_scene_cover_more_ground_of_that_scene_but_not_other_scenes() -> None:
    random = np.random.default_rng(5)
    level, hardness = conditions(random, CONTESTS)
    counts = block_counts(*rasters(random, level, hardness, 96))[:, None]
    found = [units_of(one, "pooled") for one in counts]
    assert 0.92 <= coverage(found, iou(true_sums(level, hardness))) <= 0.97
    assert coverage(found, true_iou("pooled")) < 0.7


# -- comparisons ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aggregate", ["pooled", "macro"])
@pytest.mark.parametrize("scenes", [4, 10, 40])
def test_equal_predictions_of_scenes_seldom_look_different(scenes: int, aggregate: str) -> None:
    one, other = raster_contests(6, scenes, 32, predictions=2)
    pairs = zip((units_of(a, aggregate) for a in one), (units_of(b, aggregate) for b in other), strict=True)
    assert 0.03 <= false_alarms(pairs) <= 0.07


@pytest.mark.parametrize("rows", [40, 2_000])
def test_equal_predictions_of_rows_seldom_look_different(rows: int) -> None:
    random = np.random.default_rng(7)
    shared = random.standard_normal((CONTESTS, rows))
    one, other = (shared + random.standard_normal((CONTESTS, rows)) for _ in range(2))
    assert 0.03 <= false_alarms(zip(map(table_of, one), map(table_of, other), strict=True)) <= 0.07


def test_pairing_finds_differences_that_two_intervals_hide() -> None:
    random = np.random.default_rng(8)
    shared = random.standard_normal((CONTESTS, 400)) * 3
    a, b = (shared + scale * random.standard_normal((CONTESTS, 400)) for scale in (0.5, 1.0))
    found = [(table_of(one), table_of(other)) for one, other in zip(a[:200], b[:200], strict=True)]
    told = sum(bool((c := compare(x, y, replicates=500)) and c.is_more_than_noise) for x, y in found)
    apart = sum(interval(x, replicates=500).high < interval(y, replicates=500).low for x, y in found)
    assert told > 60
    assert apart < told / 10
