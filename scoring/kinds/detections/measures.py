"""Measures of detections: sums of a scene, and what the sums are worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import Contract
from scoring.kinds.detections.contract import DetectionsContract
from scoring.kinds.detections.matching import NONE, Pairs, best_overlaps, by_distance, greedily, overlaps
from scoring.measure import Sums

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Objects:
    """One scene. Columns by their names; what the truth does not know is NaN. Shapes: places (n, 2 or 4)"""

    places: Values
    columns: Mapping[str, Values]

    def where(self, chosen: npt.NDArray[np.bool_]) -> Objects:
        return Objects(self.places[chosen], {name: values[chosen] for name, values in self.columns.items()})


@dataclass(frozen=True, slots=True)
class Pair:
    """What was found in a scene, and what is there. Shapes: shore (k, 2)"""

    found: Objects
    truth: Objects
    shore: Values


def f1_of(sums: Sums, empty: float) -> Sums:
    """2 TP / (2 TP + FP + FN). Shapes: (..., 3) -> (...)"""
    below = 2 * sums[..., 0] + sums[..., 1] + sums[..., 2]
    return np.asarray(np.where(below > 0, 2 * sums[..., 0] / np.where(below > 0, below, 1.0), empty), np.float64)


class _Matching:
    """How detections meet objects: parameters that several measures share."""

    def __init__(self, params: Mapping[str, Any], contract: Contract) -> None:
        assert isinstance(contract, DetectionsContract)  # noqa: S101  (the job was parsed against its kind)
        self.is_box = contract.geometry == "box"
        self.confidence = contract.confidence
        self.pixel: float = params["pixel_size"]
        self.distance: float = params["distance"]
        self.overlap: float = params["iou"]
        self.is_best = params.get("assign", "best") == "best"

    def confidence_of(self, found: Objects) -> Values:
        return found.columns[self.confidence] if self.confidence else np.zeros(len(found.places))

    def pairs(self, found: Objects, truth: Objects) -> Pairs:
        if not len(found.places) or not len(truth.places):
            return NONE
        if not self.is_box:
            return by_distance(found.places * self.pixel, truth.places * self.pixel, self.distance)
        gain = overlaps(found.places, truth.places)
        if self.is_best:
            return best_overlaps(gain, self.overlap)
        return greedily(gain, self.confidence_of(found), self.overlap)


class DetectionF1(_Matching):
    """F1 of detections: matched against found in vain and not found.

    .. math:: F_1 = 2 TP / (2 TP + FP + FN)

    Points match nearer than `distance` (pixels times `pixel_size`), boxes from `iou` on; `assign: best` by the
    Hungarian method, `greedy` (boxes) in the order of confidence, as SpaceNet does. Sums over scenes come first.

    Units: a share; range [0, 1], 1 is best; 1 where nothing is there and nothing was found
    """

    def sums(self, pair: Pair) -> Sums:
        hits = len(self.pairs(pair.found, pair.truth))
        return np.array([[hits, len(pair.found.places) - hits, len(pair.truth.places) - hits]], np.float64)

    def value(self, sums: Sums) -> Sums:
        return f1_of(sums, 1.0)


class XView3(_Matching):
    """The aggregate of xView3-SAR.

    .. math:: M = F_{1,D} (1 + PE_L + F_{1,V} + F_{1,F} + F_{1,S}) / 5, \\quad
              PE_L = 1 - \\min(\\frac1n \\sum |\\hat l - l| / l, 1)

    D all objects, S those within `shore_km` of the shore; V and F the flags of matched objects where the truth knows
    them (F of vessels alone); lengths of matched objects where known, both cut off at `length_cap` metres. Objects of
    a LOW level do not count with `drop_low_detect`, nor does a detection that is matched to one.

    Two holes of the reference are closed: a scene with objects near the shore and no detection there counts as missed,
    and a matched object that is wrongly called fishing counts against F.

    Units: none; range [0, 1], 1 is best
    Source: Paolo et al. (2022), xView3-SAR, arXiv:2206.00897; github.com/DIUx-xView/xview3-reference
    """

    def __init__(self, params: Mapping[str, Any], contract: Contract) -> None:
        super().__init__({**params, "iou": 0.5}, contract)
        self._drops_low = params["drop_low_detect"] is True
        self._shore_km: float = params["shore_km"]
        self._cap: float = params["length_cap"]
        self._vessel, self._fishing, self._length = (params[key] for key in ("vessel", "fishing", "length"))

    def sums(self, pair: Pair) -> Sums:
        pair = self._without_low(pair) if self._drops_low else pair
        pairs = self.pairs(pair.found, pair.truth)
        near = Pair(self._found_near(pair), pair.truth.where(pair.truth.columns["shore"] <= self._shore_km), pair.shore)
        vessel = pair.truth.columns[self._vessel][pairs[:, 1]]
        everywhere = np.ones(len(pairs), bool)
        return np.array(
            [
                [
                    *_counts(pairs, pair),
                    *_counts(self.pairs(near.found, near.truth), near),
                    *_flag_counts(pairs, pair, self._vessel, everywhere),
                    *_flag_counts(pairs, pair, self._fishing, vessel == 1),
                    *self._length_errors(pairs, pair),
                ]
            ],
            np.float64,
        )

    def value(self, sums: Sums) -> Sums:
        detected, near, vessel, fishing = (f1_of(sums[..., 3 * k : 3 * k + 3], 0.0) for k in range(4))
        number = sums[..., 13]
        error = np.where(number > 0, sums[..., 12] / np.where(number > 0, number, 1.0), 1.0)
        return np.asarray(detected * (1 + (1 - np.minimum(error, 1.0)) + vessel + fishing + near) / 5, np.float64)

    def _without_low(self, pair: Pair) -> Pair:
        is_low = pair.truth.columns["level"] == 0
        kept = np.ones(len(pair.found.places), bool)
        pairs = self.pairs(pair.found, pair.truth)
        kept[pairs[is_low[pairs[:, 1]], 0]] = False
        return Pair(pair.found.where(kept), pair.truth.where(~is_low), pair.shore)

    def _found_near(self, pair: Pair) -> Objects:
        """Detections so near to the shore that they may match an object there."""
        if not len(pair.shore) or not len(pair.found.places):
            return pair.found.where(np.zeros(len(pair.found.places), bool))
        from scipy.spatial import cKDTree

        reach = self._shore_km * 1000 + self.distance
        apart = cKDTree(pair.shore * self.pixel).query(pair.found.places * self.pixel)[0]
        return pair.found.where(apart <= reach)

    def _length_errors(self, pairs: Pairs, pair: Pair) -> tuple[float, int]:
        found = np.minimum(pair.found.columns[self._length][pairs[:, 0]], self._cap)
        truth = np.minimum(pair.truth.columns[self._length][pairs[:, 1]], self._cap)
        known = np.isfinite(truth) & (truth > 0)
        errors = np.abs(found[known] - truth[known]) / truth[known]
        return float(np.sort(errors).sum()), int(known.sum())


def _counts(pairs: Pairs, pair: Pair) -> tuple[int, int, int]:
    return len(pairs), len(pair.found.places) - len(pairs), len(pair.truth.places) - len(pairs)


def _flag_counts(pairs: Pairs, pair: Pair, name: str, chosen: npt.NDArray[np.bool_]) -> tuple[int, int, int]:
    """True positives, false positives and misses of a flag among matched objects of which it is known."""
    found, truth = pair.found.columns[name][pairs[:, 0]] == 1, pair.truth.columns[name][pairs[:, 1]]
    known = np.isfinite(truth) & chosen
    is_so = truth == 1
    return int((found & is_so & known).sum()), int((found & ~is_so & known).sum()), int((~found & is_so & known).sum())


class DetectionAp(_Matching):
    """Mean over thresholds of the average precision: the area under precision, never rising, along recall.

    Detections match in the order of their confidence, each the best object left: boxes from an IoU in `thresholds` on,
    points nearer than a distance in them. All scenes of a side are one list; of equal confidences none comes first.

    Units:  a share; range [0, 1], 1 is best; none where there is no object
    Source: Everingham et al. (2010), Int. J. Comput. Vis. 88, 303 (area under all points); matching as in COCO
    """

    def __init__(self, params: Mapping[str, Any], contract: Contract) -> None:
        super().__init__({**params, "distance": 1.0, "iou": 0.5}, contract)
        self._thresholds: tuple[float, ...] = params["thresholds"] or (0.5,)

    def sums(self, pair: Pair) -> Sums:
        """Shapes: -> (thresholds * (detections + 1), 4): threshold, confidence, is a hit, number of objects"""
        confidence = self.confidence_of(pair.found)
        gain = self._gain(pair) if len(confidence) and len(pair.truth.places) else np.empty((len(confidence), 0))
        parts = []
        for index, threshold in enumerate(self._thresholds):
            hits = np.zeros(len(confidence))
            hits[greedily(gain, confidence, threshold if self.is_box else -threshold)[:, 0]] = 1.0
            rows = np.stack([np.full(len(hits), index), confidence, hits, np.zeros(len(hits))], axis=1)
            parts += [rows, np.array([[index, math.nan, 0, len(pair.truth.places)]])]
        return np.concatenate(parts)

    def _gain(self, pair: Pair) -> Values:
        if self.is_box:
            return overlaps(pair.found.places, pair.truth.places)
        found, truth = pair.found.places * self.pixel, pair.truth.places * self.pixel
        apart = found[:, None] - truth[None]
        return np.asarray(-np.hypot(apart[..., 0], apart[..., 1]), np.float64)

    def of_scenes(self, scenes: Sequence[Sums]) -> float | None:
        rows = np.concatenate(scenes) if scenes else np.empty((0, 4))
        values = [_average_precision(rows[rows[:, 0] == index]) for index in range(len(self._thresholds))]
        known = [value for value in values if value is not None]
        return math.fsum(known) / len(known) if known else None

    def value(self, sums: Sums) -> Sums:
        """Of a mean of pseudo-values. Shapes: (..., 2) -> (...)"""
        return np.asarray(sums[..., 0] / sums[..., 1], np.float64)


def _average_precision(rows: Values) -> float | None:
    objects = rows[:, 3].sum()
    if not objects:
        return None
    found = rows[~np.isnan(rows[:, 1])]
    order = np.argsort(-found[:, 1], kind="stable")
    hits, level = np.cumsum(found[order, 2]), found[order, 1]
    is_last = np.append(level[1:] != level[:-1], True) if len(level) else np.empty(0, bool)
    hits, number = hits[is_last], np.flatnonzero(is_last) + 1
    precision = np.maximum.accumulate((hits / number)[::-1])[::-1]
    return float((np.diff(hits, prepend=0.0) * precision).sum() / objects)
