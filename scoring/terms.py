"""What each row adds to the sums of a metric, for the metrics of tables that need more than errors.

A kind of terms maps the truth and the prediction of the rows of one side to named arrays; their sums over blocks of
neighbouring rows are the statistic. Sums are pairwise within a block and exactly rounded over blocks, in the order of
the truth, as in aggregate.py.

Second moments cancel when values are large against their spread (1e9 and a noise of 1 leave no digit of sum of squares
minus square of sum). So `moments` are taken around a centre of each side, the mean of its truth and the mean of its
prediction, which only has to be near: the sums of the deviations are kept and put right afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.errors import BrokenStream
from scoring.metric import TableOptions

Values = npt.NDArray[np.float64]
MAX_BLOCKS: Final = 64


@dataclass(frozen=True, slots=True)
class BlockTerms:
    """Term -> its sums over the blocks of rows of one side; all of one length."""

    blocks: Mapping[str, tuple[float, ...]]

    @property
    def total(self) -> Mapping[str, float]:
        return {name: math.fsum(sums) for name, sums in self.blocks.items()}


def block_terms(
    kind: str, truth: Values, prediction: Values, options: TableOptions, blocks_of_rows: Sequence[slice] = ()
) -> BlockTerms:
    """Sums of the terms of a kind over blocks of rows; over at most 64 blocks of neighbours, unless others are given.

    Shapes: truth, prediction (rows,), in the order of the truth
    Raises:
        BrokenStream: a value that the contract must have excluded, such as -1 for a logarithm.
    """
    arrays = TERMS[kind](truth, prediction, options)
    parts = min(MAX_BLOCKS, max(1, len(truth)))
    return BlockTerms(
        {
            name: tuple(
                float(block.sum())
                for block in ([values[one] for one in blocks_of_rows] or np.array_split(values, parts))
            )
            for name, values in arrays.items()
        }
    )


def _error(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    return {"error": prediction - truth}


def _absolute(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    return {"absolute": np.abs(prediction - truth)}


def _relative(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    """|error| / |truth|; rows whose truth is 0 count as 0 when right and 1 when wrong, or not at all."""
    size = np.abs(truth)
    is_zero = size == 0
    ratio = np.abs(prediction - truth) / np.where(is_zero, 1.0, size)
    ratio[is_zero] = (prediction[is_zero] != 0) if options.zero == "1" else 0.0
    return {"ratio": ratio, "counted": np.where(is_zero & (options.zero == "skip"), 0.0, 1.0)}


def _symmetric(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    """2 |error| / (|truth| + |prediction|); rows where both are 0 count as 0, or not at all."""
    size = np.abs(truth) + np.abs(prediction)
    is_zero = size == 0
    ratio = 2 * np.abs(prediction - truth) / np.where(is_zero, 1.0, size)
    return {"ratio": ratio, "counted": np.where(is_zero & (options.zero == "skip"), 0.0, 1.0)}


def _logarithm(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    if (truth <= -1).any() or (prediction <= -1).any():
        raise BrokenStream("a value of -1 or less, where the contract has a minimum above -1")
    error = np.log1p(prediction) - np.log1p(truth)
    return {"squared_log": error * error}


def _pinball(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    below = truth - prediction
    return {"loss": np.maximum(options.quantile * below, (options.quantile - 1) * below)}


def _moments(truth: Values, prediction: Values, options: TableOptions) -> dict[str, Values]:
    t, p = truth - _centre(truth), prediction - _centre(prediction)
    error = prediction - truth
    return {"t": t, "p": p, "tt": t * t, "pp": p * p, "tp": t * p, "error": error, "squared": error * error}


def _centre(values: Values) -> float:
    """The mean; of one value many times that very value, so that its deviations are 0 exactly."""
    if not len(values) or values.min() == values.max():
        return float(values[0]) if len(values) else 0.0
    return float(values.mean())


Terms = Callable[[Values, Values, TableOptions], dict[str, Values]]
TERMS: Final[Mapping[str, Terms]] = MappingProxyType(
    {
        "error": _error,
        "absolute": _absolute,
        "relative": _relative,
        "symmetric": _symmetric,
        "logarithm": _logarithm,
        "pinball": _pinball,
        "moments": _moments,
    }
)
