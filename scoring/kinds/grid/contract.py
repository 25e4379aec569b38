"""The contract of a grid: fields of floating-point numbers, all of one shape, in their order.

    members x fields x height x width      members only where the contract asks for an ensemble

Coordinates are those of the truth. They are checked in files that have them and never used to shift or turn anything.
Costs no numerical library.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from scoring.contract import SCENE_NAME, KindContract, max_bytes
from scoring.errors import quoted
from scoring.reading import Node

FORMATS: Final = ("netcdf", "npy", "npz", "geotiff")
DTYPES: Final = ("float32", "float64")
WEIGHTS: Final = ("none", "cos_latitude", "file")
AXES: Final = ("time", "y", "x")
MAX_FIELDS: Final = 20_000
MAX_MEMBERS: Final = 1_000
MAX_SIDE: Final = 100_000
MAX_CELLS: Final = 16_000_000  # of all members of a field: the scorer holds one field at a time
TOLERANCE: Final = 0.01
LARGEST: Final = 1e100  # its square is still finite, so no sum of errors can overflow


@dataclass(frozen=True, slots=True)
class Axis:
    """Coordinates along one axis; times are seconds since 1970-01-01 UTC."""

    axis: str
    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridContract(KindContract):
    """`fields` and the shape are empty until the truth has been normalised. `members` 0: no ensemble."""

    kind: str = "grid"
    formats: tuple[str, ...] = FORMATS
    dtype: str = "float32"
    variable: str = ""
    units: str = ""
    members: int = 0
    minimum: float | None = None
    maximum: float | None = None
    shape: tuple[int, ...] = ()  # fields, height, width
    fields: tuple[str, ...] = ()
    coordinates: tuple[Axis, ...] = ()
    tolerance: float = TOLERANCE  # of a coordinate, in steps of the grid
    weights: str = "none"
    crs: str = ""

    @property
    def height(self) -> int:
        return self.shape[1]

    @property
    def width(self) -> int:
        return self.shape[2]

    @property
    def layers(self) -> int:
        """Planes of a field: its members, or one."""
        return max(self.members, 1)

    def axis(self, name: str) -> Axis | None:
        return next((one for one in self.coordinates if one.axis == name), None)

    def only(self, index: int) -> GridContract:
        """The contract of one field alone."""
        coordinates = tuple(
            replace(one, values=one.values[index : index + 1]) if one.axis == "time" else one
            for one in self.coordinates
        )
        return replace(self, fields=(self.fields[index],), shape=(1, *self.shape[1:]), coordinates=coordinates)


def read(node: Node, *, complete: bool) -> GridContract | None:
    """From JSON; mistakes go to the collector of the node. `complete`: shape and fields must be known."""
    contract = GridContract(
        formats=tuple(dict.fromkeys(item.choice(FORMATS, "netcdf") for item in node.at("formats").items())) or FORMATS,
        dtype=node.at("dtype").choice(DTYPES, "float32"),
        variable=_plain_text(node.at("variable")),
        units=_plain_text(node.at("units")),
        members=node.at("members").whole(0, MAX_MEMBERS, 0) or 0,
        minimum=node.at("minimum").number(),
        maximum=node.at("maximum").number(),
        shape=_shape(node.at("shape")),
        fields=_fields(node.at("fields")),
        coordinates=tuple(_axis(item) for item in node.at("coordinates").items()),
        tolerance=_tolerance(node.at("tolerance")),
        weights=node.at("weights").choice(WEIGHTS, "none"),
        crs=_plain_text(node.at("crs")),
        max_file_bytes=max_bytes(node),
    )
    _check(node, contract, complete=complete)
    return contract


def document(contract: GridContract) -> dict[str, Any]:
    """The JSON form; `read` reads it back."""
    known = {
        "kind": contract.kind,
        "formats": list(contract.formats),
        "dtype": contract.dtype,
        "variable": contract.variable,
        "units": contract.units,
        "members": contract.members,
        "minimum": contract.minimum,
        "maximum": contract.maximum,
        "shape": list(contract.shape),
        "fields": list(contract.fields),
        "coordinates": [
            {"axis": one.axis, "name": one.name, "values": list(one.values)} for one in contract.coordinates
        ],
        "tolerance": contract.tolerance,
        "weights": contract.weights,
        "crs": contract.crs,
        "max_file_bytes": contract.max_file_bytes,
    }
    return {key: value for key, value in known.items() if value not in (None, "", [])}


def _plain_text(node: Node) -> str:
    text = node.text()
    if len(text) > 200 or not text.isprintable():
        node.problems.add("job_range", node.where, value=quoted(text), expected="a plain text")
    return text


def _shape(node: Node) -> tuple[int, ...]:
    """[fields, height, width]."""
    if node.is_null:
        return ()
    limits = (MAX_FIELDS, MAX_SIDE, MAX_SIDE)
    items = list(node.items())
    if len(items) != 3:
        node.wrong("three whole numbers: fields, rows, columns")
        return ()
    sides = [item.whole(1, limit) for item, limit in zip(items, limits, strict=True)]
    return tuple(side for side in sides if side is not None) if None not in sides else ()


def _fields(node: Node) -> tuple[str, ...]:
    names = tuple(item.text() for item in node.items())
    seen: set[str] = set()
    for name in names:
        if not SCENE_NAME.fullmatch(name):
            node.problems.add("job_range", node.where, value=quoted(name), expected="letters, digits and . _ -")
        if name.casefold() in seen:
            node.problems.add("job_twice", node.where, value=quoted(name))
        seen.add(name.casefold())
    return names


def _axis(node: Node) -> Axis:
    values = tuple(number for item in node.need("values").items() if (number := item.number()) is not None)
    return Axis(node.need("axis").choice(AXES, "x"), _plain_text(node.at("name")), values)


def _tolerance(node: Node) -> float:
    value = node.number()
    if value is None:
        return TOLERANCE
    if not 0 <= value < 0.5:
        node.problems.add("job_range", node.where, value=f"{value:g}", expected="0 to less than 0.5 grid steps")
    return value


def _check(node: Node, contract: GridContract, *, complete: bool) -> None:
    low, high = contract.minimum, contract.maximum
    if low is not None and high is not None and low > high:
        node.problems.add("job_range", f"{node.where}.minimum", value=f"{low:g}", expected=f"at most {high:g}")
    for key, value in (("shape", contract.shape), ("fields", contract.fields)):
        if complete and not value:
            node.problems.add("job_missing", node.where, key=key)
    if contract.shape:
        _check_size(node, contract)
    names = [one.axis for one in contract.coordinates]
    for name in sorted({name for name in names if names.count(name) > 1}):
        node.problems.add("job_twice", f"{node.where}.coordinates", value=name)


def _check_size(node: Node, contract: GridContract) -> None:
    cells = contract.layers * contract.height * contract.width
    if cells > MAX_CELLS:
        expected = f"at most {MAX_CELLS} cells of all members of one field"
        node.problems.add("job_range", f"{node.where}.shape", value=cells, expected=expected)
    if contract.fields and len(contract.fields) != contract.shape[0]:
        expected = f"{contract.shape[0]} names, as the shape says"
        node.problems.add("job_range", f"{node.where}.fields", value=len(contract.fields), expected=expected)
    for one in contract.coordinates:
        if len(one.values) != contract.shape[AXES.index(one.axis)]:
            expected = f"{contract.shape[AXES.index(one.axis)]} values, as the shape says"
            node.problems.add("job_range", f"{node.where}.coordinates", value=len(one.values), expected=expected)
