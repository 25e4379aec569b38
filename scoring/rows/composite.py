"""Columns that are made of other columns, see scoring/composite.py."""

from __future__ import annotations

import math
from typing import Final

from scoring.metric import KINDS, Direction, Metric, Param

OF = Param("of", "weights", "the columns and their weights: {key: weight}", above=-math.inf)
SCALE = Param("scale", "number", "what each column is multiplied by first, such as 100 for percent", "1")
ROUND = Param(
    "round",
    "whole",
    "decimals that each column is rounded to, half to even, before it is weighted; not rounded when absent",
    above=-1,
    below=16,
    is_optional=True,
)
MEAN = Param("mean", "flag", "divide by the sum of the weights", "true")


def _combination(name: str, title: str, doc: str, direction: Direction) -> Metric:
    return Metric(
        name, title, doc, KINDS, direction, -math.inf, math.inf, "", (OF, SCALE, ROUND, MEAN), is_composite=True
    )


ROWS: Final = (
    _combination("weighted_sum", "Combined score", "weighted mean of columns, more is better", "higher"),
    _combination("weighted_error", "Combined error", "weighted mean of columns, less is better", "lower"),
)
