"""Metrics of the boundaries of masks."""

from __future__ import annotations

import math
from typing import Final

from scoring.metric import Direction, Metric, Param
from scoring.metrics.categorical import ZeroDivision
from scoring.rows.lines import DELTA, UNIT
from scoring.rows.masks import GROUPS, IGNORE, POSITIVE

EDGE: Final = Param("edge", "flag", "the edge of the scene is a boundary, too", "false")
SHARE: Final = Param(
    "share", "number", "thickness of the boundary, as a share of the scene's diagonal", "0.02", below=1.0
)
EMPTY: Final = Param(
    "zero_division",
    "choice",
    "what 0/0 is, where neither truth nor prediction has the class: 0, 1, or skip to leave it out of the mean",
    "1",
    tuple(rule.value for rule in ZeroDivision),
)


def _apart(
    name: str, title: str, doc: str, measure: str, *params: Param, direction: Direction = "lower", unit: str = "pixel"
) -> Metric:
    path, maximum = f"scoring.distances:{measure}", math.inf if direction == "lower" else 1.0
    known = (GROUPS, IGNORE, POSITIVE, *params, UNIT, EDGE)
    return Metric(name, title, doc, ("raster",), direction, 0.0, maximum, unit, known, measure=path)


ROWS: Final = (
    Metric(
        "boundary_iou",
        "Boundary IoU",
        "IoU of the cells of one class that lie near its boundary",
        ("raster",),
        "higher",
        0.0,
        1.0,
        "",
        (GROUPS, IGNORE, POSITIVE, SHARE, EMPTY),
        measure="scoring.raster_measures:BoundaryIou",
    ),
    _apart(
        "mask_buffer_f",
        "Boundary F",
        "F1 of the shares of both boundaries that lie within delta of the other",
        "BufferF",
        DELTA,
        direction="higher",
        unit="",
    ),
    _apart("mask_chamfer", "Boundary Chamfer", "mean distance between the boundaries, both ways", "Chamfer"),
    _apart("mask_hausdorff", "Boundary Hausdorff", "greatest distance between the boundaries, both ways", "Hausdorff"),
    _apart("mask_hd95", "Boundary HD95", "95th percentile of the distances between the boundaries, both ways", "Hd95"),
)
