"""The gate of grids: shape, type, unit and coordinates of a file against the contract, before a cell is read.

Nothing is transposed, shifted, turned round, resampled or matched by coordinate. A file whose coordinates are not those
of the truth is refused, because an array that is moved by a cell, or stored from the south, would be scored against
other places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import numpy as np

from scoring.errors import Problems, quoted
from scoring.kinds.grid.arrays import shown
from scoring.kinds.grid.contract import Axis, GridContract
from scoring.kinds.grid.source import Found, Header, Values

SameCrs = Callable[[str, str], bool]


def shapes(contract: GridContract) -> list[tuple[int, ...]]:
    """The shapes that an array may have. One field alone may come without its axis."""
    members = (contract.members,) if contract.members else ()
    found = [(*members, *contract.shape)]
    if contract.shape[0] == 1:
        found.append((*members, *contract.shape[1:]))
    return found


def check_header(header: Header, contract: GridContract, where: str, problems: Problems, *, same_crs: SameCrs) -> bool:
    """Whether the planes of the file may be read."""
    before = problems.total
    allowed = shapes(contract)
    if header.shape not in allowed and not (header.format == "geotiff" and header.shape == _banded(contract)):
        problems.add("grid_shape", where, found=shown(header.shape), expected=shown(allowed[0]))
    if header.dtype not in ("float32", "float64") and not header.is_packed:
        problems.add("grid_type", where, found=header.dtype, expected="float32 or float64")
    _check_dimensions(header, contract, where, problems)
    if contract.units and header.units is not None and header.units != contract.units:
        problems.add("grid_units", where, found=quoted(header.units), expected=quoted(contract.units))
    if contract.crs and header.crs and not same_crs(contract.crs, header.crs):
        problems.add("grid_crs", where, found=quoted(header.crs), expected=quoted(contract.crs))
    return problems.total == before


def _banded(contract: GridContract) -> tuple[int, ...]:
    """A GeoTIFF has bands, rows and columns: one of fields and members must be single."""
    return (contract.layers, *contract.shape[1:]) if contract.shape[0] == 1 else contract.shape


def _check_dimensions(header: Header, contract: GridContract, where: str, problems: Problems) -> None:
    """Names of dimensions, where both the truth and the file name them: equal sides do not hide a transposed array."""
    for place, axis in ((-2, "y"), (-1, "x")):
        mine = contract.axis(axis)
        name = header.dimensions[place] if header.dimensions else ""
        if mine is not None and mine.name and name and name != mine.name and contract.variable:
            listed = ", ".join(quoted(one) for one in header.dimensions)
            problems.add("grid_dimensions", where, found=listed, expected=quoted(mine.name), axis=_word(axis))


def _word(axis: str) -> str:
    return {"time": "field", "y": "row", "x": "column"}[axis]


def check_coordinates(found: Mapping[str, Found], contract: GridContract, where: str, problems: Problems) -> None:
    """Every coordinate that both sides have must agree, to a share of a step of the grid."""
    for mine in contract.coordinates:
        given = found.get(mine.axis)
        if given is not None:
            _check_axis(given.values, mine, contract.tolerance, where, problems)


def _check_axis(values: Values, mine: Axis, tolerance: float, where: str, problems: Problems) -> None:
    expected = np.array(mine.values)
    if len(values) != len(expected):
        problems.add("grid_coordinate_count", where, axis=_named(mine), found=len(values), expected=len(expected))
        return
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(values - expected) <= tolerance * step_of(expected))
    if not wrong.any():
        return
    index = int(wrong.argmax())
    code = "grid_coordinate_turned" if _is_turned(values, expected, tolerance) else "grid_coordinate"
    shown_values = (_shown(float(one[index]), mine.axis) for one in (values, expected))
    problems.add(
        code,
        where,
        axis=_named(mine),
        index=index,
        found=next(shown_values),
        expected=next(shown_values),
        count=int(wrong.sum()),
    )


def step_of(values: Values) -> float:
    """The smallest step between neighbours; 1 for a single coordinate.

    Example: 50, 50.25, 50.5 -> 0.25
    """
    steps = np.abs(np.diff(values))
    return float(steps.min()) if len(steps) and steps.min() > 0 else 1.0


def _is_turned(values: Values, expected: Values, tolerance: float) -> bool:
    return len(expected) > 1 and bool(np.all(np.abs(values[::-1] - expected) <= tolerance * step_of(expected)))


def _named(mine: Axis) -> str:
    return quoted(mine.name or mine.axis)


def _shown(value: float, axis: str) -> str:
    if axis != "time" or not abs(value) < 1e11:
        return f"{value:.10g}"
    return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
