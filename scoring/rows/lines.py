"""Metrics of lines: errors along transects, and distances between lines."""

from __future__ import annotations

import math
from typing import Final

from scoring.metric import Direction, Metric, Param

UNIT: Final = Param("unit", "choice", "metre: distances by the transform of each scene", "pixel", ("pixel", "metre"))
TOLERANCE: Final = Param("tolerance", "number", "points so near to a transect, in pixels, lie on it", "1")
MISS_COST: Final = Param("miss_cost", "number", "the error of a transect that the prediction does not cross", "100")
CAP: Final = Param("cap", "flag", "no error costs more than a miss", "false")
STEP: Final = Param("step", "number", "lines are compared at points so far apart, in pixels", "1", above=0.499)
DELTA: Final = Param("delta", "number", "how far apart two lines may lie to be the same, in the unit")
OVER: Final = Param(
    "over",
    "choice",
    "scenes: the mean of the means of the scenes; transects: the mean over all transects",
    "scenes",
    ("scenes", "transects"),
)
_ALONG: Final = (TOLERANCE, MISS_COST, CAP, UNIT)


def _metric(
    name: str, title: str, doc: str, measure: str, *params: Param, direction: Direction = "lower", unit: str = "pixel"
) -> Metric:
    maximum = math.inf if direction == "lower" else 1.0
    return Metric(name, title, doc, ("lines",), direction, 0.0, maximum, unit, params, measure=measure)


def _along(name: str, title: str, doc: str, measure: str, *params: Param) -> Metric:
    return _metric(name, title, doc, f"scoring.kinds.lines.measures:{measure}", *params, *_ALONG)


def _apart(
    name: str, title: str, doc: str, measure: str, *params: Param, direction: Direction = "lower", unit: str = "pixel"
) -> Metric:
    path = f"scoring.distances:{measure}"
    return _metric(name, title, doc, path, *params, UNIT, STEP, direction=direction, unit=unit)


ROWS: Final = (
    _along(
        "transect_error",
        "Transect error",
        "distance between truth and prediction along transects, the worst crossing of each counting",
        "TransectError",
        OVER,
    ),
    _along("transect_rmse", "Transect RMSE", "root mean squared error along all transects", "TransectRmse"),
    _along("transect_bias", "Transect bias", "absolute value of the mean error along all transects", "TransectBias"),
    _along("transect_std", "Transect SD", "standard deviation of the errors along all transects", "TransectStd"),
    _along("transect_q90", "Transect q90", "90th percentile of the absolute error along transects", "TransectQuantile"),
    _apart(
        "line_buffer_f",
        "Buffer F",
        "F1 of the shares of prediction and truth that lie within delta of the other",
        "BufferF",
        DELTA,
        direction="higher",
        unit="",
    ),
    _apart("line_chamfer", "Chamfer distance", "mean distance between the lines, both ways", "Chamfer"),
    _apart("line_hausdorff", "Hausdorff distance", "greatest distance between the lines, both ways", "Hausdorff"),
    _apart("line_hd95", "HD95", "95th percentile of the distances between the lines, both ways", "Hd95"),
)
