"""Probes of fields on a grid, in the first format of the contract that can be written."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.job import MetricSpec
from scoring.kinds.grid.contract import AXES, GridContract
from scoring.kinds.grid.store import open_truth
from scoring.probes.variants import NotMade, Variant

Array = npt.NDArray[Any]
ENDINGS: Final = {"netcdf": ".nc", "npy": ".npy", "npz": ".npz"}


class GridProbes:
    """Every member of an ensemble says the same but for noise. Cells without truth hold the mean of those with it."""

    def __init__(
        self, contract: GridContract, folder: Path, manifest: Mapping[str, Any], specs: Sequence[MetricSpec]
    ) -> None:
        self._contract, self._truth = contract, open_truth(folder, dict(manifest), contract)
        self._format = next((name for name in contract.formats if name in ENDINGS), "")
        if contract.members and "npy" in contract.formats:
            self._format = "npy"
        self.file_name = "prediction" + ENDINGS.get(self._format, "")
        self.notes: list[str] = []
        self._mean, self._sd, self._low, self._high = self._spread()

    def sides(self) -> list[str]:
        return [side.name.lower() for side in self._truth.sides]

    def write(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        if not self._format:
            raise NotMade("the task accepts GeoTIFF only, which is not written here")
        {"netcdf": self._write_netcdf, "npy": self._write_npy, "npz": self._write_npz}[self._format](variant, path, rng)

    # -- what is in the fields ----------------------------------------------------------------------------------------

    def _spread(self) -> tuple[float, float, float, float]:
        """Mean, standard deviation, lowest and highest of the cells that count, in the unit of the contract."""
        count, total, squares, low, high = 0, 0.0, 0.0, np.inf, -np.inf
        for index in range(len(self._contract.fields)):
            one = self._truth.field(index)
            cells = one.values.astype(np.float64) if one.mask is None else one.values[one.mask].astype(np.float64)
            if not cells.size:
                continue
            count, total, squares = count + cells.size, total + cells.sum(), squares + np.square(cells).sum()
            low, high = min(low, cells.min()), max(high, cells.max())
        if not count:
            return 0.0, 1.0, 0.0, 1.0
        mean = total / count
        return mean, float(np.sqrt(max(squares / count - mean**2, 0.0))) or 1.0, float(low), float(high)

    def _field(self, index: int, variant: Variant, rng: np.random.Generator) -> Array:
        """Shapes: -> (members, height, width), or (height, width) without members"""
        one = self._truth.field(index)
        best = one.values if one.mask is None else np.where(one.mask, one.values, self._mean)
        layers = [self._changed(best, variant, rng) for _ in range(self._contract.layers)]
        cells = np.stack(layers) if self._contract.members else layers[0]
        if variant.key == "not_a_number" and index == 0:
            cells[..., cells.shape[-2] // 2, cells.shape[-1] // 2] = np.nan
        return cells[..., 1:, :] if variant.key == "wrong_shape" else cells

    def _changed(self, best: Array, variant: Variant, rng: np.random.Generator) -> Array:
        made: Array = best.astype(np.float64)
        if variant.key == "constant":
            made = np.full(best.shape, self._mean)
        elif variant.key == "random":
            made = rng.uniform(self._low, max(self._high, self._low + 1e-6), best.shape)
        elif variant.key == "permuted":
            made = rng.permutation(made.ravel()).reshape(best.shape)
        elif variant.level:
            made = made + rng.normal(size=best.shape) * variant.level * self._sd
        contract = self._contract
        if contract.minimum is not None or contract.maximum is not None:
            made = np.clip(made, contract.minimum, contract.maximum)
        return made.astype(contract.dtype)

    # -- files --------------------------------------------------------------------------------------------------------

    def _fields(self, variant: Variant, rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
        for index in range(self._count(variant)):
            yield self._contract.fields[index], self._field(index, variant, rng)

    def _count(self, variant: Variant) -> int:
        return len(self._contract.fields) - (variant.key == "missing")

    def _shape(self, variant: Variant) -> tuple[int, ...]:
        members = (self._contract.members,) if self._contract.members else ()
        height = self._contract.height - (variant.key == "wrong_shape")
        return (*members, self._count(variant), height, self._contract.width)

    def _write_npy(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        with path.open("wb") as file:
            whole = np.empty(self._shape(variant), self._contract.dtype)
            for index, (_, cells) in enumerate(self._fields(variant, rng)):
                whole[..., index, :, :] = cells
            np.save(file, whole, allow_pickle=False)

    def _write_npz(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, cells in self._fields(variant, rng):
                with archive.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, cells, allow_pickle=False)

    def _write_netcdf(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        import h5py  # heavy, and only where a contest takes NetCDF

        shape = self._shape(variant)
        with h5py.File(path, "w") as file:
            name = self._contract.variable or "prediction"
            chunks = (*(1,) * (len(shape) - 2), *shape[-2:]) if all(shape) else None
            storage = {"compression": "gzip", "compression_opts": 1} if chunks else {}
            variable = file.create_dataset(name, shape=shape, dtype=self._contract.dtype, chunks=chunks, **storage)
            for index, (_, cells) in enumerate(self._fields(variant, rng)):
                variable[..., index, :, :] = cells
            if self._contract.units:
                variable.attrs["units"] = self._contract.units
            self._write_coordinates(file, variable)

    def _write_coordinates(self, file: Any, variable: Any) -> None:
        """Those that fit: a probe of a wrong shape has fewer."""
        for axis in self._contract.coordinates:
            place = AXES.index(axis.axis) - len(AXES)
            length = variable.shape[place]
            scale = file.create_dataset(axis.name or axis.axis, data=np.array(axis.values[:length], np.float64))
            scale.make_scale(axis.name or axis.axis)
            variable.dims[variable.ndim + place].attach_scale(scale)
            if axis.axis == "time":
                scale.attrs["units"] = "seconds since 1970-01-01 00:00:00"
