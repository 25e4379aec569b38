"""The organiser's files -> plain cells, once, when a scoring version is published.

What comes out is all that scoring needs, so a submission costs little more than decoding its own file:

    manifest.json   kind, sides of the split, class values, names of the arrays
    contract.json   the contract completed by what the truth shows: scenes with shape, CRS and transform; rows
    *.npy           plain arrays, read from the front to the back

raster  one array a scene, (height, width): index of the truth value * number of classes of the prediction, so that
        adding the index of the predicted class gives the code of the pair. Cells that do not count (an `ignore` value,
        0 in the mask) have the index after the last value.
table   ids in the truth's order, their sorted keys and the order of these, side of each row, one array a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import DTYPES, RasterContract, Scene, contract_document
from scoring.errors import Problems, closest, quoted
from scoring.formats.cells import bands
from scoring.formats.rasters import Raster, UnreadableRaster, open_raster, same_crs
from scoring.formats.sniffing import format_of, head_of
from scoring.formats.tables import Lines, StopReading, rows_of
from scoring.formats.truth_store import SCHEMA, RasterTruth, TruthScene, write_json
from scoring.pairing import EXTENSIONS, SIDECARS, Header
from scoring.splits import assign
from scoring.truth_spec import HIGHEST_VALUE, LOWEST_VALUE, SplitSpec, TruthSpec

MAX_VALUES: Final = 256
IGNORED_FOLDERS: Final = ("__MACOSX",)
Array = npt.NDArray[Any]


# -- rasters: what there is -------------------------------------------------------------------------------------------


def normalise_raster_truth(
    spec: TruthSpec, contract: RasterContract, raw: Path, output: Path, problems: Problems, *, near: Sequence[Path]
) -> RasterTruth | None:
    """Normalise a folder of rasters (or one raster) into `output`; None, and problems, when something is wrong.

    `near`: folders in which the file of a split by list may lie.
    """
    files = _files(raw, spec, problems)
    masks = _files(_beside(raw, spec.mask), None, problems) if spec.mask else {}
    scenes = {name: _describe(name, path, contract, problems) for name, path in files.items()}
    found = {name: scene for name, scene in scenes.items() if scene is not None}
    _check_against_contract(found, contract, problems)
    words = read_list(spec.split, near, problems) if spec.split.file else {}
    sides = assign(list(files), spec.split, words, problems)
    values = _values(files, found, spec, masks, problems)
    if problems or values is None:
        return None
    listed = [
        TruthScene(found[name], side, f"scene_{index:04d}.npy")
        for index, (name, side) in enumerate(zip(files, sides, strict=True))
    ]
    counted = tuple(value for value in values if value not in spec.ignore)
    truth = RasterTruth(output, counted, bool(masks) or len(counted) < len(values), contract.classes, tuple(listed))
    for one in truth.scenes:
        _write_scene(files[one.scene.name], masks.get(one.scene.name), one, truth, problems)
    if not problems:
        _write_documents(truth, replace(contract, scenes=tuple(found.values())))
    return truth


def _beside(raw: Path, name: str) -> Path:
    """A folder of masks lies in the folder of the truth, or next to it."""
    inside = raw / name
    return inside if inside.is_dir() else raw.parent / name


def _files(folder: Path, spec: TruthSpec | None, problems: Problems) -> dict[str, Path]:
    """Scene -> file, sorted by name; side files and clutter are left out, strangers are noted."""
    if folder.is_file():
        return {folder.stem: folder}
    skipped = {*IGNORED_FOLDERS, *([spec.mask, spec.split.file] if spec else [])}
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir() if folder.is_dir() else ()):
        if path.name.startswith(".") or path.name in skipped or path.name.lower().endswith(SIDECARS):
            continue
        if path.suffix.lower() not in EXTENSIONS:
            problems.add("truth_unexpected", "truth", name=quoted(path.name))
        elif path.stem in found:
            problems.add("job_twice", "truth", value=f"scene {quoted(path.stem)}")
        else:
            found[path.stem] = path
    if not found:
        problems.add("truth_no_scenes")
    return found


@contextmanager
def _opened(name: str, path: Path, problems: Problems) -> Iterator[Raster | None]:
    format_ = format_of(head_of(path))
    if format_ not in ("geotiff", "png"):
        problems.add("raster_unreadable", name, scene=name)
        yield None
        return
    try:
        with open_raster(path, format_) as raster:
            yield raster
    except UnreadableRaster:
        problems.add("raster_unreadable", name, scene=name)


def _describe(name: str, path: Path, contract: RasterContract, problems: Problems) -> Scene | None:
    with _opened(name, path, problems) as raster:
        if raster is None:
            return None
        header = raster.header
        if header.bands != 1:
            problems.add("raster_bands", name, scene=name, found=header.bands)
            return None
        _check_type(name, header, problems)
        if contract.crs and not (header.crs and same_crs(contract.crs, header.crs)):
            found = f"CRS {header.crs}" if header.crs else "no CRS"
            problems.add("truth_mismatch", name, found=found, expected=f"CRS {contract.crs}")
        if contract.shape and contract.shape != (header.height, header.width):
            _add_shape_mismatch(name, header, contract.shape, problems)
        return _scene(name, header)
    return None


def _check_type(name: str, header: Header, problems: Problems) -> None:
    """Floats pass here and are looked at cell by cell; complex numbers and unknown types do not."""
    try:
        is_usable = np.dtype(header.dtype).kind in "iuf"
    except TypeError:
        is_usable = False
    if not is_usable:
        problems.add("raster_dtype", name, scene=name, found=header.dtype, expected=" or ".join(DTYPES))


def _add_shape_mismatch(name: str, header: Header, shape: tuple[int, int], problems: Problems) -> None:
    found = f"{header.height} x {header.width} cells"
    problems.add("truth_mismatch", name, found=found, expected=f"{shape[0]} x {shape[1]} cells")


def _scene(name: str, header: Header) -> Scene:
    """A raster without a georeference promises no place; PNG never does."""
    is_placed = header.format == "geotiff" and header.transform != (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    return Scene(
        name=name,
        height=header.height,
        width=header.width,
        crs=header.crs or None if header.format == "geotiff" else None,
        transform=header.transform if is_placed else None,
    )


def _check_against_contract(found: dict[str, Scene], contract: RasterContract, problems: Problems) -> None:
    """A contract that lists its scenes already must list those of the truth."""
    for scene in contract.scenes:
        mine = found.get(scene.name)
        if mine is None:
            hint = closest(scene.name, found)
            name = quoted(scene.name) + (f" (there is {quoted(hint)})" if hint else "")
            problems.add("truth_scene_missing", "truth", scene=name)
        elif (mine.height, mine.width) != (scene.height, scene.width):
            shapes = (f"{one.height} x {one.width} cells" for one in (mine, scene))
            problems.add("truth_mismatch", scene.name, found=next(shapes), expected=next(shapes))
    names = {scene.name for scene in contract.scenes}
    for name in found if names else ():
        if name not in names:
            problems.add("truth_unexpected", "truth", name=quoted(name))


# -- rasters: values --------------------------------------------------------------------------------------------------


def _whole(cells: Array) -> npt.NDArray[np.int32] | None:
    """Cells as whole numbers of 16 bits, signed or not; None when some are not."""
    if cells.dtype.kind == "f" and not (np.isfinite(cells).all() and (cells == np.rint(cells)).all()):
        return None
    if cells.size and not (cells.min() >= LOWEST_VALUE and cells.max() <= HIGHEST_VALUE):
        return None
    return cells.astype(np.int32, copy=False)


def _values(
    files: dict[str, Path], scenes: dict[str, Scene], spec: TruthSpec, masks: dict[str, Path], problems: Problems
) -> list[int] | None:
    """All values that the truth holds, sorted; None when some raster cannot be used."""
    found = np.zeros(HIGHEST_VALUE - LOWEST_VALUE + 1, bool)
    for name, scene in scenes.items():
        with _opened(name, files[name], problems) as raster:
            if raster is None:
                return None
            for start, stop in bands(scene):
                whole = _whole(raster.read(start, stop))
                if whole is None:
                    problems.add("truth_not_whole", name, expected=f"{LOWEST_VALUE} to {HIGHEST_VALUE}")
                    break
                found[whole - LOWEST_VALUE] = True
        if masks and name not in masks:
            problems.add("truth_scene_missing", "mask", scene=quoted(name))
    values = [int(value) + LOWEST_VALUE for value in np.flatnonzero(found)]
    if len(values) > MAX_VALUES:
        problems.add("truth_too_many_values", "truth", max_values=MAX_VALUES)
    return values


def _write_scene(path: Path, mask: Path | None, one: TruthScene, truth: RasterTruth, problems: Problems) -> None:
    table = np.full(HIGHEST_VALUE - LOWEST_VALUE + 1, len(truth.values) * len(truth.classes), truth.dtype)
    table[np.array(truth.values, np.int64) - LOWEST_VALUE] = np.arange(len(truth.values)) * len(truth.classes)
    shape = (one.scene.height, one.scene.width)
    codes = np.lib.format.open_memmap(truth.folder / one.file, mode="w+", dtype=truth.dtype, shape=shape)
    with _opened(one.scene.name, path, problems) as raster:
        for start, stop in bands(one.scene) if raster is not None else ():
            whole = _whole(raster.read(start, stop)) if raster is not None else None
            codes[start:stop] = table[whole - LOWEST_VALUE] if whole is not None else 0
    if mask is not None:
        _apply_mask(mask, one, codes, len(truth.values) * len(truth.classes), problems)
    codes.flush()


def _apply_mask(path: Path, one: TruthScene, codes: Array, ignored: int, problems: Problems) -> None:
    """Cells with 0 in the organiser's mask do not count."""
    scene = one.scene
    with _opened(scene.name, path, problems) as raster:
        if raster is None:
            return
        header = raster.header
        if (header.height, header.width, header.bands) != (scene.height, scene.width, 1):
            problems.add("truth_mask", scene.name, height=scene.height, width=scene.width)
            return
        for start, stop in bands(scene):
            whole = _whole(raster.read(start, stop))
            if whole is None:
                problems.add("truth_mask", scene.name, height=scene.height, width=scene.width)
                return
            codes[start:stop][whole == 0] = ignored


# -- documents --------------------------------------------------------------------------------------------------------


def _write_documents(truth: RasterTruth, contract: RasterContract) -> None:
    scenes = [{"name": one.scene.name, "side": one.side.name.lower(), "file": one.file} for one in truth.scenes]
    manifest = {
        "schema": SCHEMA,
        "kind": "raster",
        "classes": list(truth.classes),
        "values": list(truth.values),
        "has_ignored": truth.has_ignored,
        "scenes": scenes,
    }
    write_json(truth.folder / "manifest.json", manifest)
    write_json(truth.folder / "contract.json", contract_document(contract))


def read_list(split: SplitSpec, near: Sequence[Path], problems: Problems) -> dict[str, str]:
    """A split by list: a CSV of id (or scene) and public, private or ignored; a header is recognised by its words."""
    path = next((folder / split.file for folder in near if (folder / split.file).is_file()), None)
    if path is None:
        problems.add("job_file_missing", "split.file", name=quoted(split.file))
        return {}
    with path.open("rb") as file:
        try:
            rows = list(rows_of(Lines(file, problems)))
        except StopReading:
            return {}
    words: dict[str, str] = {}
    for row in rows:
        if len(row.cells) != 2:
            where = f"{split.file} line {row.line}"
            problems.add("csv_ragged", where, line=row.line, found=len(row.cells), expected=2)
        elif row is rows[0] and row.cells[1].strip().casefold() in ("split", "usage", "side"):
            continue
        elif row.cells[0] in words:
            problems.add("job_twice", f"{split.file} line {row.line}", value=quoted(row.cells[0]))
        else:
            words[row.cells[0]] = row.cells[1]
    return words
