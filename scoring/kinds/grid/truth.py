"""The organiser's fields -> plain arrays, once, when a scoring version is published. See store.py for the layout.

The truth is one file (NetCDF, .npy or GeoTIFF) with all fields, or a folder: with that one file, or with a file a
field, named after it, in the order of their names. Beside them in the folder, each of these may lie:

    mask.*          0 where a cell does not count; one plane, or one a field
    weights.*       the weight of each cell, one plane; only with `weights: file`
    climatology.*   what anomalies are taken from; one plane, or one a field

Cells of the truth that are missing (NaN, _FillValue) do not count either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.errors import InvalidJob, Problems, quoted
from scoring.formats.truth import read_list
from scoring.formats.truth_store import SCHEMA, write_json
from scoring.job import MetricSpec
from scoring.kinds.grid.contract import Axis, GridContract, document, read
from scoring.kinds.grid.gate import check_coordinates
from scoring.kinds.grid.measures import GridMeasure
from scoring.kinds.grid.opening import MORE_ENDINGS, open_grid
from scoring.kinds.grid.source import Found, Header, Plane, Source, UnreadableGrid
from scoring.kinds.grid.store import CLIMATOLOGY, LITTLE, MASK, TRUTH, WEIGHTS
from scoring.measure import measure_of
from scoring.reading import Node
from scoring.splits import Side, assign
from scoring.truth_spec import TruthSpec

FORMATS: Final = ("netcdf", "npy", "geotiff")
SIDE_FILES: Final = ("mask", "weights", "climatology")
_LATITUDES: Final = ("lat", "latitude", "nav_lat")


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of the fields, and what lies beside them: mask, weights, climatology."""

    fields: tuple[Path, ...]
    beside: Mapping[str, Path] = field(default_factory=dict)


def normalise_truth(
    spec: TruthSpec, contract: GridContract, raw: Path, output: Path, problems: Problems, *, near: Sequence[Path]
) -> None:
    """Normalise into `output`; with problems, nothing usable is left there."""
    files = _files(raw, spec, problems)
    if problems:
        return
    with ExitStack() as stack:
        try:
            sources = [stack.enter_context(open_grid(path, FORMATS, contract.variable)) for path in files.fields]
            beside = {name: stack.enter_context(open_grid(path, FORMATS, "")) for name, path in files.beside.items()}
            completed, coordinates = _completed(contract, sources, files, problems)
            if completed is None or problems:
                return
            words = read_list(spec.split, near, problems) if spec.split.file else {}
            sides = assign(completed.fields, spec.split, words, problems)
            if not problems:
                _Writer(completed, sources, beside, output, spec, problems).write(sides, coordinates)
        except UnreadableGrid as error:
            problems.add(error.code, "truth", **error.params)


# -- what there is ----------------------------------------------------------------------------------------------------


def _files(raw: Path, spec: TruthSpec, problems: Problems) -> _Files:
    if raw.is_file():
        return _Files((raw,))
    beside: dict[str, Path] = {}
    fields: list[Path] = []
    for path in sorted(raw.iterdir()):
        if path.name.startswith(".") or path.is_dir() or path.name == spec.split.file:
            continue
        role = "mask" if path.name == spec.mask else path.stem
        if path.suffix.lower() not in MORE_ENDINGS:
            problems.add("truth_grid_stranger", "truth", name=quoted(path.name))
        elif role in SIDE_FILES:
            beside[role] = path
        else:
            fields.append(path)
    if spec.mask and "mask" not in beside:
        problems.add("job_file_missing", "truth.mask", name=quoted(spec.mask))
    if not fields:
        problems.add("truth_grid_none")
    return _Files(tuple(fields), beside)


def _completed(
    contract: GridContract, sources: Sequence[Source], files: _Files, problems: Problems
) -> tuple[GridContract | None, Mapping[str, Found]]:
    """The contract with shape, fields, coordinates and unit of the truth."""
    shape = _shape(sources, problems)
    if shape is None:
        return None, {}
    if contract.shape and contract.shape != shape:
        found, expected = (" x ".join(map(str, sides)) for sides in (shape, contract.shape))
        problems.add("truth_mismatch", "truth", found=f"{found} cells", expected=f"{expected} cells")
        return None, {}
    headers = [source.header for source in sources]
    _check_units(headers, contract, problems)
    coordinates = dict(sources[0].coordinates())
    if len(sources) > 1:
        coordinates.pop("time", None)
    stems = [path.stem for path in files.fields] if len(files.fields) > 1 else []
    fields = contract.fields or tuple(stems) or _field_names(coordinates.get("time"), shape[0])
    axes = tuple(Axis(axis, one.name, tuple(one.values.tolist())) for axis, one in coordinates.items())
    completed = replace(
        contract,
        shape=shape,
        fields=fields,
        coordinates=axes,
        units=contract.units or headers[0].units or "",
        crs=contract.crs or headers[0].crs,
    )
    _check_axes(axes, problems)
    for source, path in zip(sources[1:], files.fields[1:], strict=True):
        check_coordinates({**source.coordinates()}, replace(completed, tolerance=0.01), path.name, problems)
    read(Node(document(completed), "contract", problems), complete=True)
    return completed, coordinates


def _shape(sources: Sequence[Source], problems: Problems) -> tuple[int, int, int] | None:
    """(fields, height, width): of one file with all fields, or of files with one field each."""
    shapes = [(1,) * (3 - len(source.header.shape)) + source.header.shape for source in sources]
    expected = "fields x rows x columns"
    for one in shapes:
        is_single = len(sources) == 1 or one[0] == 1
        if len(one) != 3 or not is_single or one[1:] != shapes[0][1:]:
            problems.add("grid_shape", "truth", found=" x ".join(map(str, one)), expected=expected)
            return None
    return (shapes[0][0] if len(sources) == 1 else len(sources), shapes[0][1], shapes[0][2])


def _check_units(headers: Sequence[Header], contract: GridContract, problems: Problems) -> None:
    for header in headers:
        if contract.units and header.units is not None and header.units != contract.units:
            problems.add("grid_units", "truth", found=quoted(header.units), expected=quoted(contract.units))


def _check_axes(axes: Sequence[Axis], problems: Problems) -> None:
    """Coordinates of the truth run one way; otherwise no file could be held against them."""
    for one in axes:
        steps = np.diff(np.array(one.values))
        if not (np.isfinite(one.values).all() and ((steps > 0).all() or (steps < 0).all())):
            problems.add("truth_grid_axis", "truth", axis=quoted(one.name or one.axis))


def _field_names(time: Found | None, count: int) -> tuple[str, ...]:
    """Times such as 20190610T0042Z where the truth has them, otherwise numbers from 0."""
    if time is not None and len(time.values) == count and np.abs(time.values).max() < 1e11:
        seconds = bool((time.values % 60).any())
        form = "%Y%m%dT%H%M%SZ" if seconds else "%Y%m%dT%H%MZ"
        names = tuple(datetime.fromtimestamp(value, UTC).strftime(form) for value in time.values.tolist())
        if len(set(names)) == count:
            return names
    digits = len(str(count - 1))
    return tuple(f"{index:0{digits}d}" for index in range(count))


# -- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writer:
    contract: GridContract
    sources: Sequence[Source]
    beside: Mapping[str, Source]
    output: Path
    spec: TruthSpec
    problems: Problems

    def write(self, sides: Sequence[Side], coordinates: Mapping[str, Found]) -> None:
        has_weights = self._write_weights(coordinates)
        climatology = self._write_climatology()
        counted = self._write_fields()
        if not sum(counted) and not self.problems:
            self.problems.add("truth_mismatch", "truth", found="no cell that counts", expected="some")
        if self.problems:
            return
        has_mask = sum(counted) < self.contract.height * self.contract.width * len(counted)
        if not has_mask:
            (self.output / MASK).unlink()
        names = self.contract.fields
        fields = [{"name": name, "side": side.name.lower()} for name, side in zip(names, sides, strict=True)]
        manifest = {
            "schema": SCHEMA,
            "kind": "grid",
            "dtype": self.contract.dtype,
            "shape": list(self.contract.shape),
            "fields": fields,
            "has_mask": has_mask,
            "has_weights": has_weights,
            "climatology": climatology,
        }
        write_json(self.output / "manifest.json", manifest)
        write_json(self.output / "contract.json", document(self.contract))

    def _planes(self) -> Iterator[Plane]:
        if len(self.sources) == 1:
            yield from self.sources[0].planes(1, self.contract.shape[0])
        else:
            for source in self.sources:
                yield from source.planes(1, 1)

    def _write_fields(self) -> list[int]:
        """Cells that count, of each field."""
        counted = []
        masks = self._side_planes("mask", (1, self.contract.shape[0])) if "mask" in self.beside else repeat(None)
        with (self.output / TRUTH).open("wb") as truth, (self.output / MASK).open("wb") as mask:
            for plane, given in zip(self._planes(), masks, strict=False):
                with np.errstate(over="ignore", invalid="ignore"):
                    cells = plane.astype(LITTLE[self.contract.dtype])
                valid = np.isfinite(cells)
                for value in self.spec.ignore:
                    valid &= plane != value
                if given is not None:
                    valid &= ~((given == 0) | np.isnan(given))
                truth.write(np.ascontiguousarray(np.where(valid, cells, 0).astype(cells.dtype)).tobytes())
                mask.write(np.ascontiguousarray(valid).tobytes())
                counted.append(int(np.count_nonzero(valid)))
        return counted

    def _side_planes(self, name: str, allowed: tuple[int, ...]) -> Iterator[npt.NDArray[np.float64]]:
        """Planes of a file that lies beside; a single one is repeated for every field."""
        source = self.beside[name]
        shape = (1,) * (3 - len(source.header.shape)) + source.header.shape
        if len(shape) != 3 or shape[0] not in allowed or shape[1:] != self.contract.shape[1:]:
            expected = " or ".join(f"{one} x {self.contract.height} x {self.contract.width}" for one in allowed)
            self.problems.add("grid_shape", name, found=" x ".join(map(str, shape)), expected=expected)
            return
        planes = (plane.astype(np.float64) for plane in source.planes(1, shape[0]))
        yield from repeat(next(planes)) if shape[0] == 1 else planes

    def _write_weights(self, coordinates: Mapping[str, Found]) -> bool:
        if self.contract.weights == "none":
            return False
        weights = self._given_weights() if self.contract.weights == "file" else self._cos_latitude(coordinates.get("y"))
        if weights is None:
            return False
        if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
            self.problems.add("truth_grid_weights", "weights")
            return False
        (self.output / WEIGHTS).write_bytes(np.ascontiguousarray(weights, "<f8").tobytes())
        return True

    def _given_weights(self) -> npt.NDArray[np.float64] | None:
        if "weights" not in self.beside:
            self.problems.add("job_file_missing", "truth", name="'weights.nc'")
            return None
        return next(self._side_planes("weights", (1,)), None)

    def _cos_latitude(self, y: Found | None) -> npt.NDArray[np.float64] | None:
        """cos(latitude), which is proportional to the area of a cell of a regular grid."""
        is_latitude = y is not None and (y.units.startswith("degree") or y.name.lower() in _LATITUDES)
        if y is None or not is_latitude or not np.abs(y.values).max() <= 90:
            self.problems.add("truth_grid_latitude", "contract.weights")
            return None
        cosines = np.maximum(np.cos(np.deg2rad(y.values)), 0.0)
        return np.repeat(cosines[:, None], self.contract.width, axis=1)

    def _write_climatology(self) -> int:
        if "climatology" not in self.beside:
            return 0
        fields = self.contract.shape[0]
        header = self.beside["climatology"].header.shape
        count = header[0] if len(header) == 3 else 1
        with (self.output / CLIMATOLOGY).open("wb") as file:
            for plane, _ in zip(self._side_planes("climatology", (1, fields)), range(count), strict=False):
                if not np.isfinite(plane).all():
                    self.problems.add("truth_grid_climatology", "climatology")
                    return 0
                file.write(np.ascontiguousarray(plane, "<f8").tobytes())
        return count


def check_metrics(specs: Sequence[MetricSpec], contract: GridContract, folder: Path) -> None:
    """Whether what the metrics ask for is there: members, a climatology, windows that fit. Raises InvalidJob."""
    problems = Problems()
    for index, spec in enumerate(specs):
        measure = measure_of(spec, contract) if spec.measure else None
        if not isinstance(measure, GridMeasure):
            continue
        for name, value, expected in measure.needs(contract, (folder / CLIMATOLOGY).is_file()):
            where = f"metrics[{index}].params.{name}" if name else f"metrics[{index}]"
            problems.add("job_range", where, value=value, expected=expected)
    problems.raise_if_any(InvalidJob)
