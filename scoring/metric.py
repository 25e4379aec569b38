"""What a metric is: its row in the table, and its parameters. Costs no numerical library."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scoring.metrics.categorical import Counts, ZeroDivision
from scoring.metrics.continuous import Sums

Kind = Literal["raster", "table", "grid", "lines", "detections"]
KINDS: tuple[Kind, ...] = ("raster", "table", "grid", "lines", "detections")
ParamType = Literal[
    "class",
    "groups",
    "values",
    "choice",
    "column",
    "number",
    "whole",
    "flag",
    "text",
    "columns",
    "numbers",
    "weights",
    "label",  # of a class: a text or a whole number
    "truth",  # a column of the truth, which a prediction need not have
]
Direction = Literal["higher", "lower", "zero"]  # zero: the nearest to 0 is best; it is shown, and does not rank
Holds = Literal["", "numbers", "labels", "texts"]


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter that an organiser may set. `default` None: it must be given, or follows from the contract."""

    name: str
    type: ParamType
    doc: str
    default: str | None = None
    choices: tuple[str, ...] = ()
    above: float = 0.0  # numbers lie strictly between these two
    below: float = math.inf
    is_optional: bool = False  # without a default and a value it is None, or empty
    kinds: tuple[Kind, ...] = ()  # of contracts that it is for; all when empty
    holds: Holds = ""  # what a column must hold; labels are texts or whole numbers


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """What the functions of masks need beside the counts: the index of the positive class, and the rules."""

    positive: int = 0
    zero_division: ZeroDivision = ZeroDivision.ONE
    average: str = "binary"
    beta: float = 1.0
    values: tuple[int, ...] = ()  # of the groups, where a metric compares numbers


MaskFunction = Callable[[Counts, MaskOptions], float | None]
TableFunction = Callable[[Sums], float | None]


@dataclass(frozen=True, slots=True)
class TableOptions:
    """Parameters of the metrics of sums of terms."""

    quantile: float = 0.5
    capacity: float = 1.0
    zero: str = "skip"
    zero_division: ZeroDivision = ZeroDivision.ONE


TermFunction = Callable[[int, Mapping[str, float], TableOptions], float | None]
Check = Callable[[Mapping[str, Any], Any, Any], None]  # (parameters, contract, node of the parameters) -> problems


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table. Exactly one of `of_mask`, `of_table`, `of_terms`, `measure` and `is_composite` is set.

    `terms` names what `of_terms` sums over rows, see scoring/terms.py. `measure` is "module:Class", loaded in the box
    that scores, see scoring/measure.py.
    """

    name: str
    title: str
    doc: str
    kinds: tuple[Kind, ...]
    direction: Direction
    minimum: float
    maximum: float
    unit: str
    params: tuple[Param, ...]
    of_mask: MaskFunction | None = None
    of_table: TableFunction | None = None
    needs_numbers: bool = False
    of_terms: TermFunction | None = None
    terms: str = ""
    above: float = -math.inf  # values must be more; the contract has to say so
    needs_order: bool = False  # of the groups: Counts.squared_steps is counted
    of_values: str = ""  # of the groups: it is "squared" differences of their values, or "absolute" ones
    measure: str = ""
    check: Check | None = None  # what parameters must fulfil together, with the contract; of a metric that is measured
    is_composite: bool = False  # made of other columns, see scoring/composite.py
    of_kind: Mapping[str, Metric] = field(default_factory=dict)  # the row of another kind of data, of the same meaning

    @property
    def higher_is_better(self) -> bool:
        return self.direction == "higher"

    @property
    def best(self) -> float:
        if self.direction == "zero":
            return 0.0
        return self.maximum if self.higher_is_better else self.minimum

    @property
    def ranks(self) -> bool:
        """A signed error has no order of better and worse."""
        return self.direction != "zero"

    def params_for(self, kind: str) -> tuple[Param, ...]:
        return tuple(param for param in self.params if not param.kinds or kind in param.kinds)

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)
