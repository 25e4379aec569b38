"""Grids for tests: NetCDF files, contracts, truths. Nothing here is clever."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.scoring import makers
from tests.scoring.makers import Published

HEIGHT, WIDTH = 12, 15
TIMES = np.arange(0, 180, 60.0)
RMSE = {"key": "rmse", "metric": "rmse"}


def latitudes(height: int = HEIGHT) -> np.ndarray:
    return 50 - 0.25 * np.arange(height)


def longitudes(width: int = WIDTH) -> np.ndarray:
    return -10 + 0.25 * np.arange(width)


def fields(count: int = 3, height: int = HEIGHT, width: int = WIDTH, seed: int = 1, **options: Any) -> np.ndarray:
    """Rain-like: many zeros, some heavy cells. Shape (count, height, width), or (members, ...) with `members`."""
    members = (options["members"],) if options.get("members") else ()
    drawn = np.random.default_rng(seed).gamma(0.4, 4.0, (*members, count, height, width))
    return np.where(drawn < 0.3, 0.0, drawn).astype(options.get("dtype", np.float32))


def netcdf(path: Path, values: Any, name: str = "rain", **options: Any) -> Path:
    """A NetCDF-4 file as libraries write it: dimension scales attached, attributes on the variable.

    Options: coordinates {time|y|x: values or None}, names, units, time_units, attributes, storage (of h5py), missing.
    """
    array = np.asarray(values)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = options.get("names", ("time", "lat", "lon"))
    usual = {"time": 60.0 * np.arange(array.shape[-3] if array.ndim > 2 else 1)}
    usual |= {"y": latitudes(array.shape[-2]), "x": longitudes(array.shape[-1])}
    coordinates = {**usual, **options.get("coordinates", {})}
    with h5py.File(path, "w", track_order=False) as file:
        variable = file.create_dataset(name, data=array, **options.get("storage", {}))
        for axis in range(array.ndim - min(array.ndim, 3), array.ndim):
            place = axis - array.ndim
            given = coordinates[("time", "y", "x")[place]]
            if given is None:
                continue
            scale = file.create_dataset(names[place], data=given)
            scale.make_scale(names[place])
            variable.dims[axis].attach_scale(scale)
            if place == -3:
                scale.attrs["units"] = options.get("time_units", "minutes since 2019-06-10 00:00:00")
        for key, value in {"units": options.get("units", "mm/h"), **options.get("attributes", {})}.items():
            variable.attrs[key] = value
    return path


def npy(path: Path, values: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, values, allow_pickle=True)
    return path


def contract(**fields_: Any) -> dict[str, Any]:
    return {"kind": "grid", "variable": "rain", "units": "mm/h", **fields_}


def published(
    folder: Path,
    values: Any,
    metrics: Sequence[Mapping[str, Any]] = (RMSE,),
    *,
    split: Mapping[str, Any] | None = None,
    beside: Mapping[str, Any] | None = None,
    truth: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Published:
    """A truth in NetCDF; `beside`: arrays such as mask and climatology; `rest`: the contract."""
    folder.mkdir(parents=True, exist_ok=True)
    netcdf(folder / "raw" / "truth.nc", values, **(truth or {}))
    for name, array in (beside or {}).items():
        npy(folder / "raw" / f"{name}.npy", np.asarray(array))
    spec = {"split": split} if split else {}
    return makers.published(folder, folder / "raw", contract(**rest), [dict(one) for one in metrics], **spec)
