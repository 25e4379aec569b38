"""Masks in other formats than GeoTIFF and PNG: the same cells, and a clear word when they are not."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import rasterio

from scoring.contract import parse_contract
from scoring.normalise import normalise
from tests.scoring import makers

H, W = 700, 37  # more than one band of 512 rows


def contract(*formats: str, scenes: int = 1, classes: tuple[int, ...] = (0, 1, 2), **fields: Any) -> Any:
    names = [{"name": f"s{number}", "height": H, "width": W} for number in range(scenes)]
    return parse_contract(makers.raster_contract(classes=classes, formats=list(formats), scenes=names, **fields))


def cells_of(path: Path, task: Any) -> np.ndarray:
    """The planes of the stream, without its head and its end."""
    stream = io.BytesIO()
    problems = normalise(path, task, stream)
    assert not problems, [one.message for one in problems]
    body = np.frombuffer(stream.getvalue()[17 + 32 : -13], np.uint8)
    return body.reshape(-1, H, W)


def found(path: Path, task: Any) -> list[str]:
    return makers.codes(normalise(path, task, None))


@pytest.fixture
def mask() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 3, (H, W)).astype(np.uint8)


def npy(path: Path, array: Any) -> Path:
    np.save(path, array, allow_pickle=True)
    return path


def npy_bytes(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


# -- arrays -----------------------------------------------------------------------------------------------------------


def test_an_array_of_one_scene_is_read_as_it_was_saved(tmp_path: Path, mask: np.ndarray) -> None:
    assert (cells_of(npy(tmp_path / "a.npy", mask), contract("npy")) == mask).all()
    assert (cells_of(npy(tmp_path / "b.npy", mask[None]), contract("npy")) == mask).all()


def test_big_endian_numbers_and_booleans_are_the_same_cells(tmp_path: Path, mask: np.ndarray) -> None:
    swapped = npy(tmp_path / "a.npy", mask.astype(">u2"))
    assert (cells_of(swapped, contract("npy", dtype="uint16")) == mask).all()
    flags = npy(tmp_path / "b.npy", mask > 0)
    assert (cells_of(flags, contract("npy", classes=(0, 1))) == (mask > 0)).all()


def test_one_array_holds_all_scenes_in_the_order_of_the_contract(tmp_path: Path) -> None:
    stack = np.random.default_rng(6).integers(0, 3, (3, H, W)).astype(np.uint8)
    task = contract("npy", scenes=3)
    assert (cells_of(npy(tmp_path / "submission.npy", stack), task) == stack).all()
    packed = makers.zipped(tmp_path / "submission.zip", {"submission.npy": npy_bytes(stack)})
    assert (cells_of(packed, task) == stack).all()


def test_an_archive_of_arrays_has_one_for_each_scene(tmp_path: Path) -> None:
    stack = np.random.default_rng(7).integers(0, 3, (2, H, W)).astype(np.uint8)
    np.savez_compressed(tmp_path / "a.npz", s1=stack[1], s0=stack[0])
    assert (cells_of(tmp_path / "a.npz", contract("npz", scenes=2)) == stack).all()
    np.savez(tmp_path / "b.npz", s1=stack[1], s0=stack[0])
    assert (cells_of(tmp_path / "b.npz", contract("npy", scenes=2)) == stack).all()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda mask: mask[:-1], "stack_shape"),
        (lambda mask: np.stack([mask, mask]), "stack_shape"),
        (lambda mask: mask.ravel(), "stack_shape"),
        (lambda mask: mask.astype(np.int64), "stack_dtype"),
        (lambda mask: mask.astype(np.float64), "stack_dtype"),
        (np.asfortranarray, "stack_order"),
        (lambda mask: mask + 1, "raster_class"),
        (lambda mask: mask.astype(object), "stack_dtype"),
        (lambda mask: mask.astype([("a", "u1")]), "stack_unreadable"),
        (lambda mask: mask.astype(complex), "stack_dtype"),
    ],
)
def test_an_array_that_is_not_as_the_contract_says_is_refused(
    tmp_path: Path, mask: np.ndarray, change: Callable[[np.ndarray], Any], code: str
) -> None:
    assert code in found(npy(tmp_path / "a.npy", change(mask)), contract("npy"))


def header_with(text: str) -> bytes:
    padded = text.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


@pytest.mark.parametrize(
    "data",
    [
        npy_bytes(np.zeros((H, W), np.uint8))[:-1],
        npy_bytes(np.zeros((H, W), np.uint8))[:40],
        header_with("{'descr': '|u1', 'fortran_order': False, 'shape': (__import__('os').getpid(), 2), }"),
        header_with("((((((((((((((((((((((((((((((("),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        b"\x93NUMPY\x09\x00",
    ],
)
def test_a_damaged_or_clever_header_is_only_unreadable(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    assert found(path, contract("npy")) == ["stack_unreadable"]


def test_nothing_may_follow_an_array(tmp_path: Path, mask: np.ndarray) -> None:
    path = npy(tmp_path / "a.npy", mask)
    path.write_bytes(path.read_bytes() + b"\0")
    assert found(path, contract("npy")) == ["stack_longer"]
    packed = makers.zipped(tmp_path / "a.npz", {"s0.npy": npy_bytes(mask) + b"\0"})
    assert found(packed, contract("npz")) == ["array_longer"]


def test_a_declared_terabyte_is_refused_before_any_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(header_with("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000000), }"))
    assert found(path, contract("npy")) == ["stack_shape"]


def test_an_archive_of_arrays_that_unpacks_to_too_much_is_refused(tmp_path: Path, mask: np.ndarray) -> None:
    bomb = makers.zipped(tmp_path / "a.npz", {"s0.npy": npy_bytes(mask) + bytes(64 * 1024 * 1024)})
    assert found(bomb, contract("npz")) == ["zip_member_too_large"]


def test_an_archive_that_lacks_a_scene_or_has_a_pickle_is_refused(tmp_path: Path, mask: np.ndarray) -> None:
    task = contract("npz", scenes=2)
    np.savez(tmp_path / "a.npz", s0=mask, s1_=mask)
    assert found(tmp_path / "a.npz", task) == ["scene_unexpected_hint", "scene_missing"]
    objects = io.BytesIO()
    np.save(objects, np.zeros((H, W), object), allow_pickle=True)
    packed = makers.zipped(tmp_path / "b.npz", {"s0.npy": npy_bytes(mask), "s1.npy": objects.getvalue()})
    assert found(packed, task) == ["raster_dtype"]


def test_a_flipped_bit_in_a_packed_array_is_found(tmp_path: Path, mask: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", s0=np.zeros((H, W), np.uint8))
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[data.index(b"\x93NUMPY") + 500] ^= 1
    (tmp_path / "b.npz").write_bytes(data)
    assert found(tmp_path / "b.npz", contract("npz")) == ["zip_member_damaged"]


# -- JPEG -------------------------------------------------------------------------------------------------------------


def jpeg(path: Path, cells: np.ndarray, **profile: Any) -> Path:
    stack = cells[None] if cells.ndim == 2 else cells
    shape = {"count": len(stack), "height": stack.shape[1], "width": stack.shape[2], "dtype": "uint8"}
    with rasterio.open(path, "w", driver="JPEG", **shape, **{"quality": 100, **profile}) as file:
        file.write(stack)
    return path


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_jpeg_counts_when_its_values_are_exact_and_is_refused_when_they_are_smeared(tmp_path: Path) -> None:
    flat = np.zeros((H, W), np.uint8)
    flat[:, 16:] = 200
    task = contract("jpeg", classes=(0, 200))
    assert (cells_of(jpeg(tmp_path / "a.jpg", flat), task) == (flat > 0)).all()
    speckled = (np.random.default_rng(8).integers(0, 2, (H, W)) * 200).astype(np.uint8)
    assert found(jpeg(tmp_path / "b.jpg", speckled, quality=60), task) == ["raster_class"]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_jpeg_of_colours_or_of_another_shape_is_refused(tmp_path: Path) -> None:
    task = contract("jpeg", classes=(0, 200))
    assert found(jpeg(tmp_path / "a.jpg", np.zeros((3, H, W), np.uint8)), task) == ["raster_bands"]
    assert found(jpeg(tmp_path / "b.jpg", np.zeros((H, W + 1), np.uint8)), task) == ["raster_shape"]
    assert found(jpeg(tmp_path / "c.jpg", np.zeros((H, W), np.uint8)), contract("png")) == ["unknown_format"]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_large_progressive_jpeg_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    big = np.zeros((9000, 8000), np.uint8)
    scene = {"name": "s0", "height": 9000, "width": 8000}
    task = parse_contract(makers.raster_contract(formats=["jpeg"], scenes=[scene]))
    assert found(jpeg(tmp_path / "a.jpg", big, progressive=True), task) == ["raster_progressive"]
    assert found(jpeg(tmp_path / "b.jpg", big), task) == []


# -- NetCDF -----------------------------------------------------------------------------------------------------------


def netcdf(path: Path, variables: dict[str, Any], **storage: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name, cells in variables.items():
            file.create_dataset(name, data=cells, **storage)
    return path


@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"chunks": (100, 10), "compression": "gzip"},
        {"chunks": (512, 37), "compression": "gzip", "shuffle": True},
        {"chunks": (700, 37), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (1, 5), "fletcher32": True},
        {"chunks": (300, 37)},
        {"chunks": (64, 64), "maxshape": (None, None), "compression": "gzip"},
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_a_variable_is_read_however_it_is_stored(
    tmp_path: Path, mask: np.ndarray, storage: dict[str, Any], dtype: str
) -> None:
    path = netcdf(tmp_path / "a.nc", {"s0": mask.astype(np.dtype(dtype).newbyteorder(">"))}, **storage)
    assert (cells_of(path, contract("netcdf", dtype=dtype)) == mask).all()


def test_chunks_that_were_never_written_hold_the_fill_value(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        array = file.create_dataset("s0", (H, W), "u1", chunks=(128, 37), fillvalue=2, compression="gzip")
        array[:128] = 1
    expected = np.full((H, W), 2)
    expected[:128] = 1
    assert (cells_of(tmp_path / "a.nc", contract("netcdf")) == expected).all()


def test_axes_beside_the_variables_are_left_alone(tmp_path: Path, mask: np.ndarray) -> None:
    path = netcdf(tmp_path / "a.nc", {"s1": mask, "s0": mask, "x": np.arange(W), "y": np.arange(H), "crs": 0})
    assert len(cells_of(path, contract("netcdf", scenes=2))) == 2
    packed = makers.zipped(tmp_path / "a.zip", {"submission.nc": path.read_bytes()})
    assert len(cells_of(packed, contract("netcdf", scenes=2))) == 2


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda mask: {"s0_": mask}, ["variable_unexpected_hint", "variable_missing"]),
        (lambda mask: {"s0": mask, "elsewhere": mask}, ["variable_unexpected"]),
        (lambda mask: {"s0": mask[1:]}, ["raster_shape"]),
        (lambda mask: {"s0": mask[None]}, ["variable_dimensions"]),
        (lambda mask: {"s0": mask.astype("f4")}, ["raster_dtype"]),
        (lambda mask: {"s0": mask.astype("i8")}, ["raster_dtype"]),
        (lambda mask: {"s0": mask + 253}, ["raster_class"]),
        (lambda mask: {"group/s0": mask}, ["variable_group", "variable_missing"]),
    ],
)
def test_a_file_of_variables_that_does_not_fit_is_refused(
    tmp_path: Path, mask: np.ndarray, change: Callable[[np.ndarray], Any], codes: list[str]
) -> None:
    assert found(netcdf(tmp_path / "a.nc", change(mask)), contract("netcdf")) == codes


def test_texts_and_objects_are_no_cells(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file.create_dataset("s0", (H, W), h5py.string_dtype())
    assert found(tmp_path / "a.nc", contract("netcdf")) == ["raster_dtype"]
    with h5py.File(tmp_path / "b.nc", "w") as file:
        file.create_dataset("s0", (H, W), h5py.vlen_dtype(np.uint8))
    assert found(tmp_path / "b.nc", contract("netcdf")) == ["raster_dtype"]


def test_nothing_that_points_elsewhere_is_followed(tmp_path: Path, mask: np.ndarray) -> None:
    netcdf(tmp_path / "other.nc", {"s0": mask})
    (tmp_path / "raw.bin").write_bytes(mask.tobytes())
    with h5py.File(tmp_path / "external.nc", "w") as file:
        file["s0"] = h5py.ExternalLink(str(tmp_path / "other.nc"), "/s0")
    with h5py.File(tmp_path / "soft.nc", "w") as file:
        file["s0"] = h5py.SoftLink("/elsewhere")
    with h5py.File(tmp_path / "storage.nc", "w") as file:
        file.create_dataset("s0", (H, W), "u1", external=[(str(tmp_path / "raw.bin"), 0, H * W)])
    with h5py.File(tmp_path / "virtual.nc", "w") as file:
        layout = h5py.VirtualLayout((H, W), "u1")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.nc"), "s0", (H, W))
        file.create_virtual_dataset("s0", layout)
    task = contract("netcdf")
    for name in ("external", "soft"):
        assert found(tmp_path / f"{name}.nc", task) == ["variable_link", "variable_missing"], name
    for name in ("storage", "virtual"):
        assert found(tmp_path / f"{name}.nc", task) == ["variable_link"], name


def test_unusual_filters_are_refused(tmp_path: Path, mask: np.ndarray) -> None:
    assert found(netcdf(tmp_path / "a.nc", {"s0": mask}, compression="lzf"), contract("netcdf")) == ["variable_filter"]


def test_a_chunk_that_unpacks_to_more_than_it_should_is_refused(tmp_path: Path) -> None:
    import zlib

    with h5py.File(tmp_path / "bomb.nc", "w") as file:
        array = file.create_dataset("s0", (H, W), "u1", chunks=(H, W), compression="gzip")
        array.id.write_direct_chunk((0, 0), zlib.compress(bytes(20_000_000)))
    assert found(tmp_path / "bomb.nc", contract("netcdf")) == ["raster_unreadable"]
    with h5py.File(tmp_path / "short.nc", "w") as file:
        array = file.create_dataset("s0", (H, W), "u1", chunks=(H, W), compression="gzip")
        array.id.write_direct_chunk((0, 0), zlib.compress(bytes(20)))
    assert found(tmp_path / "short.nc", contract("netcdf")) == ["raster_unreadable"]


@pytest.mark.parametrize("keep", [8, 100, 2000])
def test_a_file_of_variables_that_is_cut_short_is_unreadable(tmp_path: Path, mask: np.ndarray, keep: int) -> None:
    path = netcdf(tmp_path / "a.nc", {"s0": mask}, chunks=(128, 37), compression="gzip")
    (tmp_path / "b.nc").write_bytes(path.read_bytes()[:keep])
    assert found(tmp_path / "b.nc", contract("netcdf")) == ["netcdf_unreadable"]


def test_damaged_bytes_anywhere_in_a_file_of_variables_never_bring_the_reader_down(
    tmp_path: Path, mask: np.ndarray
) -> None:
    data = netcdf(tmp_path / "a.nc", {"s0": mask}, chunks=(128, 37), compression="gzip").read_bytes()
    generator = np.random.default_rng(9)
    for number in range(60):
        bad = bytearray(data)
        for place in generator.integers(8, 4000, 6):
            bad[place] ^= int(generator.integers(1, 256))
        path = tmp_path / f"{number}.nc"
        path.write_bytes(bad)
        normalise(path, contract("netcdf"), io.BytesIO())


# -- what does not belong ---------------------------------------------------------------------------------------------


def test_a_format_that_the_contract_does_not_name_is_refused(tmp_path: Path, mask: np.ndarray) -> None:
    for name, path in (
        ("npy", npy(tmp_path / "a.npy", mask)),
        ("netcdf", netcdf(tmp_path / "a.nc", {"s0": mask})),
        ("zip", makers.zipped(tmp_path / "a.zip", {"s0.npy": npy_bytes(mask)})),
    ):
        codes = found(path, contract("geotiff", "png"))
        assert codes == ["raster_format" if name == "zip" else "unknown_format"], name


def test_an_archive_inside_of_an_archive_is_no_scene(tmp_path: Path, mask: np.ndarray) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("s0.npy", npy_bytes(mask))
    path = makers.zipped(tmp_path / "a.zip", {"submission.nc": inner.getvalue()})
    assert found(path, contract("netcdf", "npy")) == ["unknown_format"]


# -- memory -----------------------------------------------------------------------------------------------------------

SIDE = 10_000
PEAK = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "scoring", "normalise", *sys.argv[1:]], stdout=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def large_array(folder: Path) -> Path:
    np.lib.format.open_memmap(folder / "a.npy", "w+", np.uint8, (SIDE, SIDE)).flush()
    return folder / "a.npy"


def large_variable(folder: Path) -> Path:
    with h5py.File(folder / "a.nc", "w") as file:
        array = file.create_dataset("s0", (SIDE, SIDE), "u1", chunks=(2048, 2048), compression="gzip")
        array[::2048] = 1
    return folder / "a.nc"


def large_runs(folder: Path) -> Path:
    """One run of one cell in each column of a hundred cells."""
    text = " ".join(f"{cell} 1" for cell in range(1, SIDE * SIDE, 100))
    (folder / "a.csv").write_text(f"ImageId,EncodedPixels\ns0,{text}\n")
    return folder / "a.csv"


@pytest.mark.parametrize(("format_", "make"), [("npy", large_array), ("netcdf", large_variable), ("rle", large_runs)])
def test_a_hundred_million_cells_are_read_in_bounded_memory(
    tmp_path: Path, format_: str, make: Callable[[Path], Path]
) -> None:
    scene = {"name": "s0", "height": SIDE, "width": SIDE}
    document = makers.raster_contract(formats=[format_], scenes=[scene], max_file_bytes=2**30)
    (tmp_path / "contract.json").write_text(json.dumps(document))
    options = {"contract": "contract.json", "input": make(tmp_path).name, "report": "report.json"}
    arguments = [word for name, file in options.items() for word in (f"--{name}", str(tmp_path / file))]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *arguments, "--name", "x"], capture_output=True, text=True, check=True
    )
    code, mebibytes = map(int, done.stdout.split())
    assert (code, json.loads((tmp_path / "report.json").read_text())["status"]) == (0, "ok")
    assert mebibytes < 200
