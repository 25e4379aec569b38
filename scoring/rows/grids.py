"""Metrics of grids. Some share a name with a metric of tables: there they mean the same, and here they have other
parameters.
"""

from __future__ import annotations

import math
from typing import Final

from scoring.metric import Direction, Metric, Param

_FOLDER: Final = "scoring.kinds.grid"
WEIGHTS = Param(
    "weights",
    "choice",
    "area: by the weights of the contract; none: every cell counts the same",
    "area",
    ("area", "none"),
)
VIEW = (
    Param("accumulate", "whole", "how many consecutive fields are put together before they are compared", "1"),
    Param("accumulate_by", "choice", "sum or mean of those fields", "sum", ("sum", "mean")),
    Param("upscale", "whole", "cells a side of the boxes of the verification grid; 1: the grid as it is", "1"),
    Param("upscale_by", "choice", "mean or max of the cells of a box that count", "mean", ("mean", "max")),
    Param(
        "upscale_valid",
        "number",
        "a box counts when at least this share of its cells does; more than 0 and at most 1",
        "0.5",
        below=1.0000001,
    ),
)
EVENT = (
    Param("threshold", "number", "where an event begins, in the unit of the field", above=-math.inf),
    Param("comparator", "choice", "an event is at or above the threshold (>=), or above it (>)", ">=", (">=", ">")),
)
EDGE = Param(
    "edge",
    "choice",
    "zero: windows around all cells, without events outside the grid; valid: only windows inside the grid",
    "zero",
    ("zero", "valid"),
)


def _zero_division(doc: str) -> Param:
    return Param(
        "zero_division", "choice", f"what 0/0 is, {doc}: 0, 1, or skip for no score", "skip", ("0", "1", "skip")
    )


def _metric(
    name: str,
    title: str,
    doc: str,
    measure: str,
    direction: Direction,
    minimum: float,
    maximum: float,
    *params: Param,
    unit: str = "",
) -> Metric:
    return Metric(
        name, title, doc, ("grid",), direction, minimum, maximum, unit, params, measure=f"{_FOLDER}.{measure}"
    )


def _error(name: str, title: str, doc: str, measure: str) -> Metric:
    return _metric(name, title, doc, f"measures:{measure}", "lower", 0.0, math.inf, WEIGHTS, *VIEW, unit="field")


def _of_events(
    name: str, title: str, doc: str, measure: str, direction: Direction, minimum: float, maximum: float, empty: str
) -> Metric:
    params = (*EVENT, _zero_division(empty), *VIEW)
    return _metric(name, title, doc, f"contingency:{measure}", direction, minimum, maximum, *params)


_NOTHING = "without events in truth and prediction"
ROWS: Final = (
    _error("rmse", "RMSE", "root mean square error", "Rmse"),
    _error("mae", "MAE", "mean absolute error", "Mae"),
    _error("absolute_bias", "Bias", "size of the mean error", "AbsoluteBias"),
    _metric(
        "bias",
        "Mean error",
        "mean error; positive when the prediction is too high",
        "measures:Bias",
        "zero",
        -math.inf,
        math.inf,
        WEIGHTS,
        *VIEW,
        unit="field",
    ),
    _metric(
        "anomaly_correlation",
        "Anomaly correlation",
        "correlation of the departures from the organiser's climatology",
        "measures:AnomalyCorrelation",
        "higher",
        -1.0,
        1.0,
        WEIGHTS,
        Param("centred", "flag", "take the mean departures away first", "false"),
        *VIEW,
    ),
    _of_events(
        "threat_score",
        "Threat score",
        "share of hits among all events that were predicted or happened",
        "ThreatScore",
        "higher",
        0.0,
        1.0,
        _NOTHING,
    ),
    _of_events(
        "equitable_threat_score",
        "ETS",
        "threat score without the hits that chance would give",
        "EquitableThreatScore",
        "higher",
        -1 / 3,
        1.0,
        "where no cell, or every cell, is an event in both",
    ),
    _of_events(
        "pod",
        "Probability of detection",
        "share of the events that were predicted",
        "Pod",
        "higher",
        0.0,
        1.0,
        "without events in the truth",
    ),
    _of_events(
        "far",
        "False alarm ratio",
        "share of the predicted events that did not happen",
        "Far",
        "lower",
        0.0,
        1.0,
        "without events in the prediction",
    ),
    _of_events(
        "frequency_bias_error",
        "Frequency bias error",
        "how far the ratio of predicted to real events is from 1",
        "FrequencyBiasError",
        "lower",
        0.0,
        math.inf,
        _NOTHING,
    ),
    _metric(
        "fss",
        "Fractions skill score",
        "how alike the shares of events in windows are",
        "fractions:Fss",
        "higher",
        0.0,
        1.0,
        *EVENT,
        Param("window", "whole", "cells a side of the window"),
        EDGE,
        _zero_division(_NOTHING),
        *VIEW,
    ),
    _metric(
        "crps_ensemble",
        "CRPS",
        "continuous ranked probability score of an ensemble",
        "ensembles:CrpsEnsemble",
        "lower",
        0.0,
        math.inf,
        Param("fair", "flag", "as if the ensemble had infinitely many members", "true"),
        WEIGHTS,
        *VIEW,
        unit="field",
    ),
)
