"""Contests made of real weather: the data are read where they lie and never copied into the project."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RAIN, TEMPERATURE = DATA / "mrms-20190610" / "precip_rate.nc", DATA / "era5-t2m-uk" / "t2m.nc"
HERE = Path(__file__).parent
RAIN_FRAMES, RAIN_PUBLIC = 15, 5
HOURS, HOURS_PUBLIC = 48, 24
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Series:
    """Fields in time as a file holds them. Shapes: values (times, rows, columns), coordinates (times,), (rows,) ..."""

    name: str
    units: str
    time_units: str
    dimensions: tuple[str, str, str]
    coordinates: tuple[Array, Array, Array]
    values: Array  # float32, unpacked

    def between(self, start: int, stop: int | None) -> "Series":
        times, *rest = self.coordinates
        return self._with(self.values[start:stop], (times[start:stop], *rest))

    def holding(self, values: Array) -> "Series":
        return self._with(values.astype(np.float32), self.coordinates)

    def _with(self, values: Array, coordinates: Any) -> "Series":
        return Series(self.name, self.units, self.time_units, self.dimensions, coordinates, values)


@dataclass(frozen=True)
class Contest:
    directory: Path
    before: Series
    truth: Series
    names: tuple[str, ...]  # of the fields
    public: int  # the first of them


def read_series(path: Path, name: str) -> Series:
    with h5py.File(path, "r", locking=False) as file:
        variable = file[name]
        scale = float(np.ravel(variable.attrs["scale_factor"])[0])
        offset = float(np.ravel(variable.attrs.get("add_offset", [0.0]))[0])
        values = (variable[...] * scale + offset).astype(np.float32)
        dimensions = tuple(axis[0].name.strip("/") for axis in variable.dims)
        coordinates = tuple(file[axis][...] for axis in dimensions)
        units, time_units = (one.attrs["units"].decode() for one in (variable, file[dimensions[0]]))
    return Series(name, units, time_units, dimensions, coordinates, values)


def write_series(path: Path, series: Series) -> Path:
    """NetCDF-4 as libraries write it: compressed, a chunk a field, dimension scales attached."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        storage = {"chunks": (1, *series.values.shape[1:]), "compression": "gzip", "shuffle": True}
        variable = file.create_dataset(series.name, data=series.values, **storage)
        variable.attrs["units"] = series.units
        for axis, (name, values) in enumerate(zip(series.dimensions, series.coordinates, strict=True)):
            scale = file.create_dataset(name, data=values)
            scale.make_scale(name)
            variable.dims[axis].attach_scale(scale)
        file[series.dimensions[0]].attrs["units"] = series.time_units
    return path


def make_rain_contest(directory: Path) -> Contest:
    """The last 15 frames of radar rain are hidden; the first 5 of them are public."""
    whole = read_series(RAIN, "precip_rate")
    before, truth = whole.between(0, -RAIN_FRAMES), whole.between(-RAIN_FRAMES, None)
    minutes = truth.coordinates[0].tolist()
    names = tuple(f"20190610T{minute // 60:02d}{minute % 60:02d}Z" for minute in minutes)
    contest = Contest(directory, before, truth, names, RAIN_PUBLIC)
    _write(contest, "rain_10mm", "truth.nc")
    np.save(directory / "data" / "sample_submission.npy", np.zeros_like(truth.values))
    return contest


def make_temperature_contest(directory: Path) -> Contest:
    """The last 48 hours of March are hidden, half of them public; the climatology is the mean of all before."""
    whole = read_series(TEMPERATURE, "t2m")
    before, truth = whole.between(0, -HOURS), whole.between(-HOURS, None)
    times = [np.datetime64(int(second), "s").astype(str) for second in truth.coordinates[0]]
    names = tuple(f"{time[:4]}{time[5:7]}{time[8:10]}T{time[11:13]}{time[14:16]}Z" for time in times)
    contest = Contest(directory, before, truth, names, HOURS_PUBLIC)
    _write(contest, "temperature", "truth/truth.nc")
    np.save(directory / "truth" / "climatology.npy", before.values.mean(axis=0, dtype=np.float64))
    sample = truth.holding(np.full_like(truth.values, 280.0))
    write_series(directory / "data" / "sample_submission.nc", sample)
    return contest


def _write(contest: Contest, folder: str, truth: str) -> None:
    contest.directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / folder / "competition.yaml", contest.directory)
    for page in ("overview", "rules"):
        (contest.directory / f"{page}.md").write_text(f"# {page.title()}\n")
    write_series(contest.directory / "data" / "train.nc", contest.before)
    write_series(contest.directory / truth, contest.truth)
    sides = ["public" if index < contest.public else "private" for index in range(len(contest.names))]
    rows = [f"{name},{side}" for name, side in zip(contest.names, sides, strict=True)]
    (contest.directory / "split.csv").write_text("\n".join(["scene,split", *rows, ""]))
