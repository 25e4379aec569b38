"""Files of fields: every format gives the same cells, and hostile or mistaken ones are refused with what is wrong."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scoring.contract import contract_document, parse_contract
from scoring.errors import BrokenStream, InvalidJob
from scoring.formats import cells as cells_module
from scoring.kinds.grid.cf import seconds_since_1970
from tests.scoring import grids, makers
from tests.scoring.makers import Published

NAMES = ("20190610T0000Z", "20190610T0100Z", "20190610T0200Z")


def guess() -> np.ndarray:
    return grids.fields(seed=2)


@pytest.fixture
def task(tmp_path: Path) -> Published:
    return grids.published(tmp_path, grids.fields())


def bare(path: Path, values: Any, **options: Any) -> Path:
    """Without coordinates."""
    return grids.netcdf(path, values, coordinates=dict.fromkeys(("time", "y", "x")), **options)


def npz(path: Path, compression: int = zipfile.ZIP_DEFLATED, **arrays: np.ndarray) -> Path:
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        members[f"{name}.npy"] = buffer.getvalue()
    return makers.zipped(path, members, compression)


def geotiff(path: Path, values: np.ndarray, **options: Any) -> Path:
    place = (0.25, 0.0, -10.125, 0.0, -0.25, 50.125)
    return makers.geotiff(path, values, **{"crs": "EPSG:4326", "transform": place, **options})


def geotiff_zip(path: Path, values: np.ndarray) -> Path:
    members = {
        f"{name}.tif": geotiff(path.parent / "x.tif", one).read_bytes() for name, one in zip(NAMES, values, strict=True)
    }
    return makers.zipped(path, members)


def packed(path: Path, **storage: Any) -> Path:
    """Hundredths as 16-bit numbers, the way weather services send them."""
    raw = np.round((guess() - 5) / 0.01).astype(np.int16)
    attributes = {"scale_factor": np.array([0.01]), "add_offset": 5.0, "_FillValue": np.array([-32768], np.int16)}
    return grids.netcdf(path, raw, attributes=attributes, storage=storage)


SAME: dict[str, Callable[[Path], Path]] = {
    "NetCDF, contiguous": lambda folder: grids.netcdf(folder / "p", guess()),
    "NetCDF without coordinates": lambda folder: bare(folder / "p", guess()),
    "NetCDF, big-endian": lambda folder: grids.netcdf(folder / "p", guess().astype(">f4")),
    "NetCDF in float64": lambda folder: grids.netcdf(folder / "p", guess().astype(np.float64)),
    "NetCDF, a chunk a field": lambda folder: grids.netcdf(
        folder / "p", guess(), storage={"chunks": (1, 12, 15), "compression": "gzip", "shuffle": True}
    ),
    "NetCDF, chunks of odd sizes": lambda folder: grids.netcdf(
        folder / "p", guess(), storage={"chunks": (2, 5, 4), "compression": 9, "shuffle": True, "fletcher32": True}
    ),
    "NetCDF, chunked and plain": lambda folder: grids.netcdf(folder / "p", guess(), storage={"chunks": (3, 7, 15)}),
    ".npy": lambda folder: grids.npy(folder / "p", guess()).with_suffix(".npy"),
    ".npy, big-endian": lambda folder: grids.npy(folder / "p", guess().astype(">f4")).with_suffix(".npy"),
    ".npz of one array": lambda folder: npz(folder / "p", rain=guess()),
    ".npz, stored": lambda folder: npz(folder / "p", zipfile.ZIP_STORED, anything=guess()),
    ".npz of an array a field": lambda folder: npz(folder / "p", **dict(zip(NAMES, guess(), strict=True))),
    "GeoTIFF of bands": lambda folder: geotiff(folder / "p", guess()),
    "GeoTIFF, tiled": lambda folder: geotiff(
        folder / "p", guess(), tiled=True, blockxsize=16, blockysize=16, compress="deflate", predictor=3
    ),
    "a ZIP of GeoTIFF": lambda folder: geotiff_zip(folder / "p", guess()),
}


@pytest.mark.parametrize("name", SAME)
def test_every_format_gives_the_same_cells(name: str, task: Published, tmp_path: Path) -> None:
    stream = task.cells(SAME[name](tmp_path))
    head = len(cells_module.MAGIC) + 32
    assert stream[head : -len(cells_module.END)] == guess().astype("<f4").tobytes()


@pytest.mark.parametrize("storage", [{}, {"chunks": (2, 12, 15), "compression": "gzip"}])
def test_packed_numbers_are_unpacked_as_cf_says(storage: Any, task: Published, tmp_path: Path) -> None:
    stream = task.cells(packed(tmp_path / "p", **storage))
    head = len(cells_module.MAGIC) + 32
    found = np.frombuffer(stream[head : -len(cells_module.END)], "<f4").reshape(guess().shape)
    raw = np.round((guess() - 5) / 0.01).astype(np.int16)
    assert (found == (raw.astype(np.float64) * 0.01 + 5.0).astype(np.float32)).all()


@pytest.mark.parametrize("storage", [{}, {"chunks": (2, 1, 5, 15), "compression": "gzip"}])
def test_members_come_field_by_field(storage: Any, tmp_path: Path) -> None:
    values = grids.fields(seed=3, members=4)
    task = grids.published(tmp_path, grids.fields(), members=4)
    expected = values.transpose(1, 0, 2, 3).tobytes()
    head = len(cells_module.MAGIC) + 32
    for path in (grids.netcdf(tmp_path / "p.nc", values, storage=storage), grids.npy(tmp_path / "p.npy", values)):
        assert task.cells(path)[head : -len(cells_module.END)] == expected
    assert makers.codes(task.problems(npz(tmp_path / "p.npz", rain=values))) == ["grid_npz_members"]
    of_fields = {name: values[:, index] for index, name in enumerate(NAMES)}
    assert task.cells(npz(tmp_path / "p.npz", **of_fields))[head : -len(cells_module.END)] == expected


def test_one_field_may_come_without_its_axis(tmp_path: Path) -> None:
    task = grids.published(tmp_path, grids.fields(1))
    for values in (grids.fields(1, seed=2), grids.fields(1, seed=2)[0]):
        assert not task.problems(grids.npy(tmp_path / "p.npy", values))
        assert not task.problems(bare(tmp_path / "p.nc", values))


# -- refused -----------------------------------------------------------------------------------------------------------


def with_cell(value: float) -> np.ndarray:
    values = guess()
    values[1, 2, 3] = value
    return values


def edited(path: Path, edit: Callable[[h5py.File], None], values: Any = None) -> Path:
    grids.netcdf(path, guess() if values is None else values)
    with h5py.File(path, "r+") as file:
        edit(file)
    return path


def external_link(file: h5py.File) -> None:
    del file["rain"]
    file["rain"] = h5py.ExternalLink("/truth/truth.nc", "/rain")


def soft_link(file: h5py.File) -> None:
    file["other"] = file["rain"]
    del file["rain"]
    file["rain"] = h5py.SoftLink("/other")


def virtual(file: h5py.File) -> None:
    del file["rain"]
    layout = h5py.VirtualLayout(shape=guess().shape, dtype="f4")
    layout[:] = h5py.VirtualSource("/truth/truth.nc", "rain", shape=guess().shape)
    file.create_virtual_dataset("rain", layout)


def external_storage(file: h5py.File) -> None:
    del file["rain"]
    file.create_dataset("rain", guess().shape, "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def texts(file: h5py.File) -> None:
    del file["rain"]
    file.create_dataset("rain", data=[["a"]], dtype=h5py.string_dtype())


def references(file: h5py.File) -> None:
    del file["rain"]
    file.create_dataset("rain", guess().shape, h5py.ref_dtype)


def group(file: h5py.File) -> None:
    del file["rain"]
    file.create_group("rain")


def enormous(file: h5py.File) -> None:
    """Two petabytes of nothing, in a file of some kilobytes."""
    del file["rain"]
    file.create_dataset("rain", (3, 12_000_000, 15_000_000), "f4", chunks=(1, 1024, 1024), compression="gzip")


def large_chunks(file: h5py.File) -> None:
    del file["rain"]
    file.create_dataset("rain", (3, 12, 15), "f4", chunks=(3, 6000, 6000), maxshape=(None, None, None))


def tiny_chunks(file: h5py.File) -> None:
    del file["rain"]
    file.create_dataset("rain", (3, 500, 500), "f4", chunks=(1, 1, 1))


def bomb(file: h5py.File) -> None:
    """A chunk that says 720 bytes and unpacks to 64 MiB."""
    import zlib

    del file["rain"]
    rain = file.create_dataset("rain", guess().shape, "f4", chunks=(1, 12, 15), compression="gzip")
    rain.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(64 * 2**20)))


def lzf(file: h5py.File) -> None:
    del file["rain"]
    file.create_dataset("rain", data=guess(), compression="lzf")


def bad_scale(file: h5py.File) -> None:
    file["rain"].attrs["scale_factor"] = np.arange(3.0)


def nan_offset(file: h5py.File) -> None:
    file["rain"].attrs["add_offset"] = np.nan


def strange_times(file: h5py.File) -> None:
    file["time"].attrs["units"] = "fortnights since the flood"


def other_times(file: h5py.File) -> None:
    file["time"].attrs["units"] = "minutes since 2019-06-11 00:00:00"


def fill_values(file: h5py.File) -> None:
    file["rain"].attrs["_FillValue"] = np.float32(guess()[1, 2, 3])


def npy_bytes(descr: str, shape: str, data: bytes = b"", order: str = "False", size: int | None = None) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) if size is None else size) + text + data


def raw(data: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "p").write_bytes(data)
        return folder / "p"

    return write


def nc(edit: Callable[[h5py.File], None]) -> Callable[[Path], Path]:
    return lambda folder: edited(folder / "p", edit)


def fields_npz(**changes: Any) -> Callable[[Path], Path]:
    arrays = {**dict(zip(NAMES, guess(), strict=True)), **changes}
    return lambda folder: npz(folder / "p", **{name: one for name, one in arrays.items() if one is not None})


DATA = guess().tobytes()
REFUSED: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "NaN": (lambda folder: grids.netcdf(folder / "p", with_cell(np.nan)), ["grid_missing"]),
    "infinity": (lambda folder: grids.npy(folder / "p.npy", with_cell(-np.inf)), ["grid_missing"]),
    "float64 that overflows": (
        lambda folder: grids.npy(folder / "p.npy", np.where(guess() > 2, 1e300, guess().astype(float))),
        ["grid_missing"] * 3,
    ),
    "a fill value": (nc(fill_values), ["grid_missing"]),
    "east by a cell": (
        lambda folder: grids.netcdf(folder / "p", guess(), coordinates={"x": grids.longitudes() + 0.25}),
        ["grid_coordinate"],
    ),
    "0 to 360 degrees": (
        lambda folder: grids.netcdf(folder / "p", guess(), coordinates={"x": grids.longitudes() % 360}),
        ["grid_coordinate"],
    ),
    "from the south": (
        lambda folder: grids.netcdf(folder / "p", guess(), coordinates={"y": grids.latitudes()[::-1]}),
        ["grid_coordinate_turned"],
    ),
    "NaN as coordinates": (
        lambda folder: grids.netcdf(folder / "p", guess(), coordinates={"y": np.full(12, np.nan)}),
        ["grid_coordinate"],
    ),
    "the next day": (nc(other_times), ["grid_coordinate"]),
    "a strange unit of time": (nc(strange_times), ["grid_time_units"]),
    "a time step dropped": (lambda folder: grids.netcdf(folder / "p", guess()[:2]), ["grid_shape"]),
    "rows and columns swapped": (
        lambda folder: grids.netcdf(
            folder / "p",
            guess().transpose(0, 2, 1),
            names=("time", "lon", "lat"),
            coordinates={"y": grids.longitudes(), "x": grids.latitudes()},
        ),
        ["grid_shape", "grid_dimensions", "grid_dimensions"],
    ),
    "another unit": (lambda folder: grids.netcdf(folder / "p", guess(), units="m/s"), ["grid_units"]),
    "another variable": (lambda folder: grids.netcdf(folder / "p", guess(), "snow"), ["grid_variable"]),
    "whole numbers": (lambda folder: grids.netcdf(folder / "p", guess().astype("i4")), ["grid_type"]),
    "half precision": (lambda folder: grids.npy(folder / "p.npy", guess().astype("f2")), ["grid_type"]),
    "complex numbers": (lambda folder: grids.npy(folder / "p.npy", guess().astype("c8")), ["grid_type"]),
    "an external link": (nc(external_link), ["grid_link"]),
    "a soft link": (nc(soft_link), ["grid_link"]),
    "a virtual dataset": (nc(virtual), ["grid_link"]),
    "storage in another file": (nc(external_storage), ["grid_link"]),
    "texts": (nc(texts), ["grid_type"]),
    "references": (nc(references), ["grid_type"]),
    "a group": (nc(group), ["grid_variable"]),
    "petabytes": (nc(enormous), ["grid_chunks"]),
    "chunks of gigabytes": (nc(large_chunks), ["grid_chunks"]),
    "a million chunks": (nc(tiny_chunks), ["grid_chunks"]),
    "a chunk that is a bomb": (nc(bomb), ["grid_damaged"]),
    "an unusual compression": (nc(lzf), ["grid_filter"]),
    "three scales": (nc(bad_scale), ["grid_attribute"]),
    "an offset that is no number": (nc(nan_offset), ["grid_attribute"]),
    "classic NetCDF": (raw(b"CDF\x01" + bytes(100)), ["grid_classic"]),
    "a text": (raw(b"lat,lon,rain\n"), ["grid_format"]),
    "half a file": (
        lambda folder: raw(grids.netcdf(folder / "x", guess()).read_bytes()[:900])(folder),
        ["grid_damaged"],
    ),
    "a pickle": (
        lambda folder: grids.npy(folder / "p.npy", np.array([[{}]], object)),
        ["grid_type"],
    ),
    "column by column": (
        lambda folder: grids.npy(folder / "p.npy", np.asfortranarray(guess())),
        ["grid_order"],
    ),
    ".npy cut short": (raw(npy_bytes("'<f4'", "(3, 12, 15)", DATA[:-4])), ["grid_bytes"]),
    ".npy with more": (raw(npy_bytes("'<f4'", "(3, 12, 15)", DATA + b"1234")), ["grid_bytes"]),
    ".npy of terabytes": (raw(npy_bytes("'<f4'", "(3, 1000000, 1000000)", DATA)), ["grid_bytes"]),
    ".npy of a shape beyond all": (raw(npy_bytes("'<f4'", f"(3, {2**62}, {2**62})", DATA)), ["grid_shape"]),
    ".npy with a negative side": (raw(npy_bytes("'<f4'", "(3, -12, -15)", DATA)), ["grid_shape"]),
    ".npy with code in its header": (raw(npy_bytes("__import__('os').getcwd()", "(3, 12, 15)")), ["grid_damaged"]),
    ".npy with a long header": (raw(npy_bytes("'<f4'", "(3, 12, 15)", DATA, size=60_000)), ["grid_damaged"]),
    ".npy of records": (raw(npy_bytes("[('a', '<f4')]", "(3, 12, 15)", DATA)), ["grid_type"]),
    ".npz, cut short": (
        lambda folder: makers.zipped(folder / "p", {"rain.npy": npy_bytes("'<f4'", "(3, 12, 15)", DATA[:-4])}),
        ["grid_damaged"],
    ),
    ".npz with more": (
        lambda folder: makers.zipped(folder / "p", {"rain.npy": npy_bytes("'<f4'", "(3, 12, 15)", DATA + b"1")}),
        ["grid_damaged"],
    ),
    "a field left out": (fields_npz(**{NAMES[1]: None}), ["scene_missing"]),
    "a field too many": (fields_npz(extra=guess()[0]), ["scene_unexpected"]),
    "a field mistyped": (
        fields_npz(**{NAMES[1]: None, "20190610T0101Z": guess()[1]}),
        ["scene_unexpected_hint", "scene_missing"],
    ),
    "a field of another size": (fields_npz(**{NAMES[1]: guess()[1, 1:]}), ["grid_shape"]),
    "a GeoTIFF elsewhere": (
        lambda folder: geotiff(folder / "p", guess(), transform=(0.25, 0, -9.875, 0, -0.25, 50.125)),
        ["grid_coordinate"],
    ),
    "a GeoTIFF that is turned": (
        lambda folder: geotiff(folder / "p", guess(), transform=(0.25, 0.1, -10.125, 0.1, -0.25, 50.125)),
        ["grid_coordinate"],
    ),
    "a GeoTIFF of two bands": (lambda folder: geotiff(folder / "p", guess()[:2]), ["grid_shape"]),
    "a GeoTIFF of bytes": (lambda folder: geotiff(folder / "p", guess().astype("u1")), ["grid_type"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_a_reason(name: str, task: Published, tmp_path: Path) -> None:
    make, expected = REFUSED[name]
    problems = task.problems(make(tmp_path))
    assert makers.codes(problems)[: len(expected)] == expected, [one.message for one in problems]
    assert all(one.message for one in problems)


def test_a_cell_outside_of_the_limits_is_refused(tmp_path: Path) -> None:
    task = grids.published(tmp_path, grids.fields(), minimum=0, maximum=0.7)
    fine = np.full((3, 12, 15), 0.7, np.float32)  # a little less than 0.7, and it may be
    assert not task.problems(grids.npy(tmp_path / "p.npy", fine))
    fine[2, 11, 14] = -0.01
    (problem,) = task.problems(grids.npy(tmp_path / "p.npy", fine))
    assert problem.message.startswith("20190610T0200Z: 1 cells are outside 0 to 0.7; the first is -0.01 in row 11")


def test_a_stated_tolerance_holds(tmp_path: Path) -> None:
    task = grids.published(tmp_path, grids.fields(), tolerance=0.1)
    for shift, is_fine in ((0.024, True), (0.026, False)):  # of a step of 0.25
        moved = grids.netcdf(tmp_path / "p.nc", guess(), coordinates={"x": grids.longitudes() + shift})
        assert bool(task.problems(moved)) != is_fine


def test_coordinates_in_float32_are_near_enough(task: Published, tmp_path: Path) -> None:
    narrow = {"x": grids.longitudes().astype(np.float32), "y": grids.latitudes().astype(np.float32)}
    assert not task.problems(grids.netcdf(tmp_path / "p.nc", guess(), coordinates=narrow))


def test_times_may_be_counted_from_another_start(task: Published, tmp_path: Path) -> None:
    hours = (grids.TIMES / 60) + 24
    other = grids.netcdf(
        tmp_path / "p.nc", guess(), coordinates={"time": hours}, time_units="hours since 2019-06-09 00:00"
    )
    assert not task.problems(other)


@pytest.mark.parametrize(
    ("units", "calendar", "expected"),
    [
        ("seconds since 1970-01-01", "", 2.0),
        ("days since 1970-01-01 00:00:00 UTC", "standard", 172_800.0),
        ("minutes since 2019-06-10 00:00:00.0", "gregorian", 1_560_124_920.0),
        ("hours since 1900-01-01T00:00Z", "proleptic_gregorian", -2_208_988_800.0 + 7200),
        ("hours since 0001-01-01", "standard", None),
        ("days since 2000-01-01", "noleap", None),
        ("months since 2000-01-01", "", None),
        ("hours since 2000-02-30", "", None),
    ],
)
def test_times_are_read_as_cf_says(units: str, calendar: str, expected: float | None) -> None:
    found = seconds_since_1970(np.array([2]), units, calendar)
    assert (None if found is None else found.tolist()) == (None if expected is None else [expected])


# -- truth and contract ------------------------------------------------------------------------------------------------


def test_a_contract_survives_json(task: Published) -> None:
    assert parse_contract(contract_document(task.contract)) == task.contract


def test_missing_cells_of_the_truth_do_not_count_and_must_be_predicted_all_the_same(tmp_path: Path) -> None:
    values = grids.fields()
    values[:, :6] = np.nan
    values[:, 6, 0] = -999
    task = grids.published(tmp_path, values, truth={"attributes": {"_FillValue": np.float32(-999)}})
    prediction = guess()
    expected = np.sqrt(np.mean((prediction[:, 7:].astype(float) - values[:, 7:]) ** 2))
    prediction[:, 6, 1:] = values[:, 6, 1:]
    left = 3 * 5 * 15 / (3 * 5 * 15 + 3 * 14)
    found = task.scores(grids.npy(tmp_path / "p.npy", prediction))["rmse"]["public"]
    assert found == pytest.approx(float(expected * np.sqrt(left)), rel=1e-9)
    prediction[:, :6] = np.nan
    assert makers.codes(task.problems(grids.npy(tmp_path / "p.npy", prediction))) == ["grid_missing"] * 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"split": {"by": "column", "column": "Usage"}}, "split_kind"),
        ({"split": {"by": "scene", "public": ["noon"], "private": []}}, "split_unknown"),
        ({"weights": "file"}, "job_file_missing"),
        ({"weights": "cos_latitude", "truth": {"names": ("t", "north", "east")}}, "truth_grid_latitude"),
        ({"units": "K"}, "grid_units"),
        ({"shape": [3, 12, 16]}, "truth_mismatch"),
        ({"fields": ["a", "b"]}, "job_range"),
        ({"beside": {"mask": np.zeros((12, 15))}}, "truth_mismatch"),
        ({"beside": {"mask": np.ones((5, 15))}}, "grid_shape"),
        ({"beside": {"climatology": np.full((12, 15), np.nan)}}, "truth_grid_climatology"),
        ({"beside": {"weights": -np.ones((12, 15))}, "weights": "file"}, "truth_grid_weights"),
        ({"truth": {"coordinates": {"x": np.zeros(15)}}}, "truth_grid_axis"),
        ({"metrics": [{"key": "m", "metric": "crps_ensemble"}]}, "job_range"),
        ({"metrics": [{"key": "m", "metric": "anomaly_correlation"}]}, "job_range"),
        ({"metrics": [{"key": "m", "metric": "fss", "params": {"threshold": 1, "window": 13}}]}, "job_range"),
        ({"metrics": [{"key": "m", "metric": "rmse", "params": {"upscale": 13}}]}, "job_range"),
        ({"metrics": [{"key": "m", "metric": "rmse", "params": {"column": "y"}}]}, "job_choice"),
        ({"metrics": [{"key": "m", "metric": "pod", "params": {"comparator": ">"}}]}, "job_missing"),
        ({"metrics": [{"key": "m", "metric": "iou"}]}, "metric_kind"),
    ],
)
def test_what_an_organiser_got_wrong_is_told_when_it_is_published(
    change: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidJob) as caught:
        grids.published(tmp_path, grids.fields(), **change)
    assert code in [one.code for one in caught.value.problems]


def test_fields_may_be_split_by_a_list_and_by_hash(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text(f"{NAMES[0]},private\n{NAMES[1]},ignored\n{NAMES[2]},public\n")
    task = grids.published(tmp_path, grids.fields(), split={"by": "list", "file": "split.csv"})
    scenes = task.result(grids.netcdf(tmp_path / "p.nc", guess()))["scenes"]
    assert [(one["name"], one["split"]) for one in scenes] == [(NAMES[0], "private"), (NAMES[2], "public")]
    grids.published(tmp_path / "2", grids.fields(), split={"by": "hash", "seed": "s", "public": 0.5})


# -- the stream is not trusted -----------------------------------------------------------------------------------------


def test_a_stream_that_was_tampered_with_is_no_score(task: Published, tmp_path: Path) -> None:
    stream = task.cells(grids.netcdf(tmp_path / "p.nc", guess()))
    head = len(cells_module.MAGIC) + 32
    nan, inf = (np.array([value], "<f4").tobytes() for value in (np.nan, np.inf))
    tampered = {
        "NaN": stream[:head] + nan + stream[head + 4 :],
        "infinity": stream[:-17] + inf + stream[-13:],
        "a cell too few": stream[:head] + stream[head + 4 :],
        "a cell too many": stream[:head] + bytes(4) + stream[head:],
        "no end": stream[: -len(cells_module.END)],
        "another contract": stream[: head - 1] + b"x" + stream[head:],
    }
    for name, cells in tampered.items():
        with pytest.raises(BrokenStream):
            pytest.fail(f"{name}: {task.score(cells)}")
