"""The organiser's files -> plain cells, once, when a scoring version is published.

What comes out is all that scoring needs, so a submission costs little more than decoding its own file:

    manifest.json   kind, sides of the split, class values, names of the arrays
    contract.json   the contract completed by what the truth shows: scenes with shape, CRS and transform; rows
    *.npy           plain arrays, read from the front to the back

raster  one array a scene (and layer), (height, width): index of the truth value * number of classes of the prediction,
        so that adding the index of the predicted class gives the code of the pair. Cells that do not count (an `ignore`
        value, 0 in the mask) have the index after the last value. Values and classes are those of the layer.
table   ids in the truth's order, their sorted keys and the order of these, side of each row, one array a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from scoring.formats.truth_sources import Source, sources_of
from scoring.formats.truth_store import SCHEMA, RasterTruth, TruthScene, write_json
from scoring.pairing import EXTENSIONS, SIDECARS, Header
from scoring.planes import layer_contracts
from scoring.splits import Side, assign
from scoring.truth_spec import HIGHEST_VALUE, LOWEST_VALUE, SplitSpec, TruthSpec

MAX_VALUES: Final = 256
FORMATS: Final = ("geotiff", "png")
IGNORED_FOLDERS: Final = ("__MACOSX",)
Array = npt.NDArray[Any]


# -- rasters: what there is -------------------------------------------------------------------------------------------


def normalise_raster_truth(
    spec: TruthSpec, contract: RasterContract, raw: Path, output: Path, problems: Problems, *, near: Sequence[Path]
) -> Mapping[str, RasterTruth] | None:
    """Normalise a folder of rasters (or one raster) into `output`; None, and problems, when something is wrong.

    Layer -> what was written; '' is the one layer of a contract without layers.

    `near`: folders in which the file of a split by list may lie.
    """
    files = _files(raw, spec, problems)
    masks = _files(_beside(raw, spec.mask), None, problems) if spec.mask else {}
    sources = sources_of(files, contract, problems)
    scenes = _scenes(sources, contract, problems)
    _check_against_contract(scenes, contract, problems)
    names = list(dict.fromkeys(name for files_of in sources.values() for name in files_of))
    words = read_list(spec.split, near, problems) if spec.split.file else {}
    sides = dict(zip(names, assign(names, spec.split, words, problems), strict=True))
    for name in names if spec.mask else ():
        if name not in masks:
            problems.add("truth_scene_missing", "mask", scene=quoted(name))
    contracts = layer_contracts(contract)
    values = {layer: _values(sources[layer], scenes, problems) for layer in contracts}
    if problems:
        return None
    truths = {
        layer: _truth(output, layer, number, values[layer], [(scenes[name], sides[name]) for name in names], spec, own)
        for number, (layer, own) in enumerate(contracts.items())
    }
    for layer, truth in truths.items():
        for one in truth.scenes:
            _write_scene(sources[layer][one.scene.name], masks.get(one.scene.name), one, truth, problems)
    if not problems:
        _write_documents(output, truths, replace(contract, scenes=tuple(scenes[name] for name in names)))
    return truths


def _truth(
    folder: Path,
    layer: str,
    number: int,
    values: Sequence[int],
    scenes: Sequence[tuple[Scene, Side]],
    spec: TruthSpec,
    contract: RasterContract,
) -> RasterTruth:
    ending = f"_{number:02d}" if layer else ""
    counted = tuple(value for value in values if value not in spec.ignore)
    listed = tuple(
        TruthScene(scene, side, f"scene_{index:04d}{ending}.npy") for index, (scene, side) in enumerate(scenes)
    )
    return RasterTruth(folder, counted, bool(spec.mask) or len(counted) < len(values), contract.classes, listed)


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
        if EXTENSIONS.get(path.suffix.lower()) not in FORMATS:
            problems.add("truth_unexpected", "truth", name=quoted(path.name))
        elif path.stem in found:
            problems.add("job_twice", "truth", value=f"scene {quoted(path.stem)}")
        else:
            found[path.stem] = path
    if not found:
        problems.add("truth_no_scenes")
    return found


@contextmanager
def _opened(name: str, source: Source, problems: Problems) -> Iterator[Raster | None]:
    format_ = format_of(head_of(source.path))
    if format_ not in FORMATS:
        problems.add("raster_unreadable", name, scene=name)
        yield None
        return
    try:
        with open_raster(source.path, format_, source.band) as raster:
            yield raster
    except UnreadableRaster:
        problems.add("raster_unreadable", name, scene=name)


def _scenes(
    sources: Mapping[str, Mapping[str, Source]], contract: RasterContract, problems: Problems
) -> dict[str, Scene]:
    """Each scene as its first layer shows it; all layers lie on one grid."""
    scenes: dict[str, Scene] = {}
    for files in sources.values():
        for name, source in files.items():
            scene = _describe(name, source, contract, problems)
            if scene is not None and scenes.setdefault(name, scene) != scene:
                problems.add("truth_layers", name)
    return scenes


def _describe(name: str, source: Source, contract: RasterContract, problems: Problems) -> Scene | None:
    with _opened(name, source, problems) as raster:
        if raster is None:
            return None
        header = raster.header
        if header.bands != source.bands:
            code = "raster_bands" if source.bands == 1 else "raster_layers"
            problems.add(code, name, scene=name, found=header.bands, expected=source.bands)
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


def _values(files: Mapping[str, Source], scenes: Mapping[str, Scene], problems: Problems) -> list[int]:
    """All values that the truth of one layer holds, sorted; rasters that cannot be used are noted."""
    found = np.zeros(HIGHEST_VALUE - LOWEST_VALUE + 1, bool)
    for name, source in files.items():
        if name not in scenes:
            continue
        with _opened(name, source, problems) as raster:
            for start, stop in bands(scenes[name]) if raster is not None else ():
                whole = _whole(raster.read(start, stop)) if raster is not None else None
                if whole is None:
                    problems.add("truth_not_whole", name, expected=f"{LOWEST_VALUE} to {HIGHEST_VALUE}")
                    break
                found[whole - LOWEST_VALUE] = True
    values = [int(value) + LOWEST_VALUE for value in np.flatnonzero(found)]
    if len(values) > MAX_VALUES:
        problems.add("truth_too_many_values", "truth", max_values=MAX_VALUES)
    return values


def _write_scene(source: Source, mask: Path | None, one: TruthScene, truth: RasterTruth, problems: Problems) -> None:
    table = np.full(HIGHEST_VALUE - LOWEST_VALUE + 1, len(truth.values) * len(truth.classes), truth.dtype)
    table[np.array(truth.values, np.int64) - LOWEST_VALUE] = np.arange(len(truth.values)) * len(truth.classes)
    shape = (one.scene.height, one.scene.width)
    codes = np.lib.format.open_memmap(truth.folder / one.file, mode="w+", dtype=truth.dtype, shape=shape)
    with _opened(one.scene.name, source, problems) as raster:
        for start, stop in bands(one.scene) if raster is not None else ():
            whole = _whole(raster.read(start, stop)) if raster is not None else None
            codes[start:stop] = table[whole - LOWEST_VALUE] if whole is not None else 0
    if mask is not None:
        _apply_mask(mask, one, codes, len(truth.values) * len(truth.classes), problems)
    codes.flush()


def _apply_mask(path: Path, one: TruthScene, codes: Array, ignored: int, problems: Problems) -> None:
    """Cells with 0 in the organiser's mask do not count."""
    scene = one.scene
    with _opened(scene.name, Source(path), problems) as raster:
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


def _write_documents(folder: Path, truths: Mapping[str, RasterTruth], contract: RasterContract) -> None:
    described = {layer: _described(truth) for layer, truth in truths.items()}
    if contract.layers:
        parts: dict[str, Any] = {"layers": [{"name": layer, **one} for layer, one in described.items()]}
    else:
        parts = described[""]
    write_json(folder / "manifest.json", {"schema": SCHEMA, "kind": "raster", **parts})
    write_json(folder / "contract.json", contract_document(contract))


def _described(truth: RasterTruth) -> dict[str, Any]:
    return {
        "classes": list(truth.classes),
        "values": list(truth.values),
        "has_ignored": truth.has_ignored,
        "scenes": [{"name": one.scene.name, "side": one.side.name.lower(), "file": one.file} for one in truth.scenes],
    }


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
