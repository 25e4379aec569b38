"""One file of a stranger -> the planes of a contract of masks, whatever the file is.

GeoTIFF, PNG, JPEG, .npy    one scene; a GeoTIFF may hold all layers of it, one a band
.npy, NetCDF, CSV of runs   all scenes; also packed alone into a ZIP
ZIP, .npz                   a file for each scene, or for each scene and layer
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scoring.contract import RasterContract
from scoring.errors import InvalidPrediction, Problems
from scoring.formats.cells import Bytes, CellWriter
from scoring.formats.rasters import read_scene
from scoring.formats.sniffing import NPY_HEAD, description_of, format_of, head_of, names_of
from scoring.pairing import match_scenes
from scoring.planes import Plane, planes_of

if TYPE_CHECKING:
    from scoring.formats.archives import Archive, Entry

SPARE_BYTES: Final = 4 * 1024 * 1024
WHOLES: Final = {".npy": "npy", ".nc": "netcdf", ".nc4": "netcdf", ".h5": "netcdf", ".hdf5": "netcdf", ".csv": "rle"}
Write = Callable[[Bytes], None]


def read_masks(path: Path, contract: RasterContract, writer: CellWriter | None, problems: Problems) -> None:
    """Check a prediction of masks and write its planes in the order of the contract."""
    write = writer.write_band if writer else None
    if format_of(head_of(path)) != "zip":
        _read_file(path, contract, problems, write)
        return
    from scoring.formats.archives import open_archive  # what unpacks archives costs as much to load as all of ours

    with open_archive(path) as archive:
        whole = _whole(archive, contract)
        if whole is None:
            _read_archive(archive, contract, problems, write)
        elif whole.name.lower().endswith(".npy"):
            _read_stack_entry(archive, whole, contract, problems, write)
        else:
            with archive.unpacked(whole, max_whole_bytes(contract)) as unpacked:
                _read_file(unpacked, contract, problems, write)


# -- a file that is no archive ----------------------------------------------------------------------------------------


def _read_file(path: Path, contract: RasterContract, problems: Problems, write: Write | None) -> None:
    head = head_of(path)
    format_ = format_of(head) or ("rle" if b"\0" not in head else "")
    if format_ not in contract.formats:
        expected = f"{names_of(contract.formats)}, or a ZIP of them"
        problems.add("unknown_format", "", found=description_of(head), expected=expected)
    elif format_ == "netcdf":
        from scoring.formats.netcdf import read_netcdf  # h5py is imported where a contest needs it

        read_netcdf(path, planes_of(contract), problems, write)
    elif format_ == "rle":
        from scoring.formats.runs import read_runs_file

        read_runs_file(path, contract, problems, write)
    elif format_ == "npy" and not contract.layers:
        _read_stack(path, contract, problems, write)
    elif len(contract.scenes) > 1 or (format_ != "geotiff" and contract.layers):
        problems.add("needs_zip", "", scenes=len(contract.scenes) * max(1, len(contract.layers)))
    else:
        for plane in planes_of(contract):
            read_plane(path, plane, contract, problems, write)


def _read_stack(path: Path, contract: RasterContract, problems: Problems, write: Write | None) -> None:
    from scoring.formats.arrays import read_stack

    with path.open("rb") as source:
        read_stack(source, planes_of(contract), contract, problems, write)


def read_plane(path: Path, plane: Plane, contract: RasterContract, problems: Problems, write: Write | None) -> None:
    """A plane of an image that holds its whole scene."""
    layers = max(1, len(contract.layers))
    read_scene(path, plane.scene, plane.contract, problems, write, band=plane.band, bands_expected=layers)


# -- archives ---------------------------------------------------------------------------------------------------------


def _whole(archive: Archive, contract: RasterContract) -> Entry | None:
    """The one file of an archive that holds all scenes by itself, by its ending and by not being named as a scene."""
    if len(archive.entries) != 1:
        return None
    entry = archive.entries[0]
    ending = Path(entry.name).suffix.lower()
    if WHOLES.get(ending) not in contract.formats or (ending == ".npy" and contract.layers):
        return None
    return None if entry.name[: -len(ending)] in {scene.name for scene in contract.scenes} else entry


def _read_archive(archive: Archive, contract: RasterContract, problems: Problems, write: Write | None) -> None:
    """Plane by plane in the order of the contract; one is unpacked at a time and deleted before the next."""
    entries = {entry.name: entry for entry in archive.entries}
    names = match_scenes(entries, contract, problems)
    for plane in planes_of(contract):
        if plane.stem not in names:
            continue
        try:
            _read_entry(archive, entries[names[plane.stem]], plane, contract, problems, write)
        except InvalidPrediction as error:
            problems.include(error)


def _read_entry(
    archive: Archive, entry: Entry, plane: Plane, contract: RasterContract, problems: Problems, write: Write | None
) -> None:
    layers = max(1, len(contract.layers)) if _stem(entry.name) == plane.whole else 1
    if entry.name.lower().endswith(".npy"):
        _read_array_entry(archive, entry, plane, problems, write)
        return
    with archive.unpacked(entry, plane.scene.cells * 2 * 2 * layers + SPARE_BYTES) as path:
        if layers > 1:
            read_plane(path, plane, contract, problems, write)
        else:
            read_scene(path, plane.scene, plane.contract, problems, write)


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


def _read_array_entry(archive: Archive, entry: Entry, plane: Plane, problems: Problems, write: Write | None) -> None:
    scene, formats = plane.scene, plane.contract.formats
    if "npy" not in formats and "npz" not in formats:
        found = description_of(NPY_HEAD)
        problems.add("raster_format", scene.name, scene=scene.name, found=found, expected=names_of(formats))
        return
    from scoring.formats.arrays import read_array

    with archive.opened(entry, scene.cells * 8 + SPARE_BYTES) as source:
        read_array(source, scene, plane.contract, problems, write)


def _read_stack_entry(
    archive: Archive, entry: Entry, contract: RasterContract, problems: Problems, write: Write | None
) -> None:
    from scoring.formats.arrays import read_stack

    with archive.opened(entry, max_whole_bytes(contract)) as source:
        read_stack(source, planes_of(contract), contract, problems, write)


def max_whole_bytes(contract: RasterContract) -> int:
    """No file of all planes needs more: 16-bit cells in 64 bits, or runs of single cells, and what describes them."""
    cells = sum(plane.scene.cells for plane in planes_of(contract))
    return cells * 8 + SPARE_BYTES
