"""Metrics of detections."""

from __future__ import annotations

from typing import Final

from scoring.metric import Metric, Param

_PATH: Final = "scoring.kinds.detections.measures"
PIXEL: Final = Param("pixel_size", "number", "size of a pixel, in the unit of the distance", "1")
DISTANCE: Final = Param("distance", "number", "of points: a match is nearer than this", "10")
IOU: Final = Param("iou", "number", "of boxes: a match overlaps by this IoU or more", "0.5", below=1.000001)
ASSIGN: Final = Param(
    "assign",
    "choice",
    "of boxes: best has the most matches there can be; greedy goes by confidence",
    "best",
    ("best", "greedy"),
)
THRESHOLDS: Final = Param("thresholds", "numbers", "of IoU (boxes), or distances (points); their mean is taken", "0.5")


def _metric(name: str, title: str, doc: str, measure: str, *params: Param) -> Metric:
    return Metric(name, title, doc, ("detections",), "higher", 0.0, 1.0, "", params, measure=f"{_PATH}:{measure}")


ROWS: Final = (
    _metric(
        "detection_f1",
        "Detection F1",
        "F1 of detections that match an object, one to one",
        "DetectionF1",
        DISTANCE,
        PIXEL,
        IOU,
        ASSIGN,
    ),
    _metric(
        "detection_ap",
        "Mean average precision",
        "area under precision along recall, in the order of confidence, at one threshold or more",
        "DetectionAp",
        THRESHOLDS,
        PIXEL,
    ),
    _metric(
        "xview3",
        "xView3 aggregate",
        "F1 of detections, times what vessels, fishing, lengths and those near the shore are worth",
        "XView3",
        Param("distance", "number", "a match is nearer than this, in metres", "200"),
        Param("pixel_size", "number", "metres a pixel", "10"),
        Param("length_cap", "number", "lengths count no more than this, in metres", "500"),
        Param("shore_km", "number", "so near to the shore is near", "2"),
        Param("drop_low_detect", "flag", "objects of a LOW level, and what is matched to them, do not count", "true"),
        Param("vessel", "text", "the flag of vessels", "is_vessel"),
        Param("fishing", "text", "the flag of fishing vessels", "is_fishing"),
        Param("length", "text", "the column of lengths", "vessel_length_m"),
    ),
)
