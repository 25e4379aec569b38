"""An opened file of fields, whatever its format: what it says of itself, and then its planes one after another.

A reader never allocates because a file says so: the header is compared with the contract first, and every plane has the
size of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.errors import Param

Plane = npt.NDArray[Any]
Values = npt.NDArray[np.float64]


class UnreadableGrid(Exception):
    """The file cannot be used. `code` and `params` belong to a Problem; a reader of files adds where."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says before a cell is read. `dimensions` is empty where a format has no names for them.

    `is_packed`: whole numbers with a scale or an offset. `block_bytes`: what one stored block unpacks to.
    """

    format: str
    dtype: str
    shape: tuple[int, ...]
    dimensions: tuple[str, ...] = ()
    units: str | None = None
    is_packed: bool = False
    crs: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The coordinates of a file along one axis."""

    name: str
    values: Values
    units: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """`planes(layers, fields)` yields (height, width) arrays: fields in order, within a field its members in order.

    Missing cells are NaN. `coordinates` are read only when asked for, once the shape is known to be right; the keys are
    time, y and x. Both raise UnreadableGrid.
    """

    header: Header
    planes: Callable[[int, int], Iterator[Plane]]
    coordinates: Callable[[], Mapping[str, Found]]


def no_coordinates() -> Mapping[str, Found]:
    return {}
