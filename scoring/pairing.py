"""The gate before every metric: a prediction covers exactly the cells of the truth, or it is refused.

Nothing is aligned, broadcast, joined, filled or skipped here. With friendly libraries each of these wins a contest: NaN
on the hard cells, a hard scene left out, coordinates shifted, a mask inside the file. So scenes are compared as sets of
names, rasters by shape, CRS, transform and type, cells by class, and rows by id.

Pure: names and headers in, problems out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from scoring.contract import RasterContract, Scene
from scoring.errors import Problems, closest, quoted
from scoring.planes import Plane, planes_of

MAX_SHIFT_PIXELS: Final = 0.01
LOSSLESS: Final = ("none", "LZW", "DEFLATE", "ZSTD", "PACKBITS", "LZMA", "LERC", "LERC_DEFLATE", "LERC_ZSTD")
MAX_BLOCK_BYTES: Final = 64 * 1024 * 1024
MAX_BLOCKS: Final = 4_000_000
MAX_INTERLACED_BYTES: Final = 64 * 1024 * 1024
EXTENSIONS: Final = {
    ".tif": "geotiff",
    ".tiff": "geotiff",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".npy": "npy",
}
SIDECARS: Final = (
    ".ovr",
    ".msk",
    ".aux.xml",
    ".aux",
    ".tfw",
    ".tifw",
    ".tiffw",
    ".pgw",
    ".pngw",
    ".wld",
    ".prj",
    ".xml",
)
SameCrs = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Header:
    """What a raster says of itself before a single cell is read. `crs` is empty when it has none."""

    format: str
    bands: int
    pages: int
    dtype: str
    height: int
    width: int
    crs: str
    transform: tuple[float, ...]
    has_palette: bool
    has_mask: bool
    compression: str
    block_height: int
    block_width: int
    item_bytes: int
    is_interlaced: bool = False


# -- scenes -----------------------------------------------------------------------------------------------------------


def match_scenes(names: Iterable[str], contract: RasterContract, problems: Problems) -> Mapping[str, str]:
    """Stem of each plane -> name of its file. Every plane once, and nothing else."""
    planes = planes_of(contract)
    stems: dict[str, list[Plane]] = {}
    for plane in planes:
        for stem in {plane.stem, plane.whole}:
            stems.setdefault(stem, []).append(plane)
    found: dict[str, str] = {}
    strangers = [name for name in names if not _match(name, stems, found, problems)]
    ending = _ending(contract)
    missing = [plane for plane in planes if plane.stem not in found]
    for name in strangers:
        _add_stranger(name, [plane.stem for plane in missing], ending, problems)
    for plane in missing:
        scene = plane.scene.name
        problems.add("scene_missing", scene, scene=scene, expected=f"{plane.stem}{ending}")
    return found


def _match(name: str, stems: Mapping[str, list[Plane]], found: dict[str, str], problems: Problems) -> bool:
    """Note the planes that a file holds; False when it holds none."""
    stem = _scene_of(name, stems)
    if stem is None:
        return False
    for plane in stems[stem]:
        if plane.stem in found:
            scene = plane.scene.name
            problems.add("scene_twice", scene, scene=scene, name=quoted(name), other=quoted(found[plane.stem]))
        found.setdefault(plane.stem, name)
    return True


def _scene_of(name: str, scenes: Collection[str]) -> str | None:
    """'a.b.tif' belongs to scene 'a.b'; endings may be in capitals, names of scenes may not differ."""
    for ending in EXTENSIONS:
        if name.lower().endswith(ending) and name[: -len(ending)] in scenes:
            return name[: -len(ending)]
    return None


def _ending(contract: RasterContract) -> str:
    """What the name of a scene's file ends in; arrays also come in an archive of the kind NPZ."""
    return next((ending for ending, format_ in EXTENSIONS.items() if format_ in contract.formats), ".npy")


def _add_stranger(name: str, missing: Collection[str], ending: str, problems: Problems) -> None:
    """A file of no scene; where a scene is missing, perhaps its name was mistyped."""
    if name.lower().endswith(SIDECARS):
        problems.add("sidecar", "", name=quoted(name))
        return
    meant = closest(name.rsplit(".", 1)[0], missing)
    if meant is None:
        problems.add("scene_unexpected", "", name=quoted(name))
    else:
        problems.add("scene_unexpected_hint", "", name=quoted(name), hint=quoted(f"{meant}{ending}"))


# -- headers ----------------------------------------------------------------------------------------------------------


def check_header(
    header: Header, scene: Scene, dtype: str, problems: Problems, *, same_crs: SameCrs, bands: int = 1
) -> None:
    """Shape, type, place and storage of a raster against its scene; before any cell is decoded or any memory taken."""
    name = scene.name
    if header.bands != bands and bands > 1:
        problems.add("raster_layers", name, scene=name, found=header.bands, expected=bands)
    elif header.bands != bands:
        problems.add("raster_bands", name, scene=name, found=header.bands)
    if header.pages > 1:
        problems.add("raster_pages", name, scene=name, found=header.pages)
    if (header.height, header.width) != (scene.height, scene.width):
        _add_shape(header, scene, problems)
    if header.dtype != dtype:
        problems.add("raster_dtype", name, scene=name, found=header.dtype, expected=dtype)
    if header.has_palette:
        problems.add("raster_palette", name, scene=name)
    if header.has_mask:
        problems.add("raster_mask", name, scene=name)
    _check_storage(header, name, problems)
    if header.format == "geotiff":
        _check_place(header, scene, problems, same_crs)


def _add_shape(header: Header, scene: Scene, problems: Problems) -> None:
    problems.add(
        "raster_shape",
        scene.name,
        scene=scene.name,
        found_height=header.height,
        found_width=header.width,
        height=scene.height,
        width=scene.width,
    )


def _check_storage(header: Header, name: str, problems: Problems) -> None:
    if header.compression not in LOSSLESS:
        problems.add(
            "raster_compression", name, scene=name, found=quoted(header.compression), allowed=list(LOSSLESS[:5])
        )
    height, width = max(header.block_height, 1), max(header.block_width, 1)
    blocks = -(-header.height // height) * -(-header.width // width)
    if height * width * header.item_bytes > MAX_BLOCK_BYTES or blocks > MAX_BLOCKS:
        problems.add(
            "raster_blocks", name, scene=name, block_height=header.block_height, block_width=header.block_width
        )
    if header.is_interlaced and header.height * header.width * header.item_bytes > MAX_INTERLACED_BYTES:
        problems.add("raster_progressive" if header.format == "jpeg" else "raster_interlaced", name, scene=name)


def _check_place(header: Header, scene: Scene, problems: Problems, same_crs: SameCrs) -> None:
    name = scene.name
    if scene.crs is not None and not header.crs:
        problems.add("raster_crs_missing", name, scene=name, expected=quoted(scene.crs))
    elif scene.crs is not None and not same_crs(scene.crs, header.crs):
        problems.add("raster_crs", name, scene=name, found=quoted(header.crs), expected=quoted(scene.crs))
    if scene.transform is None:
        return
    shift = shift_pixels(scene.transform, header.transform, scene.height, scene.width)
    if not shift <= MAX_SHIFT_PIXELS:  # a NaN in the transform is no small shift
        found, expected = _numbers(header.transform), _numbers(scene.transform)
        problems.add("raster_transform", name, scene=name, pixels=f"{shift:.4g}", found=found, expected=expected)


def _numbers(transform: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{number:.10g}" for number in transform) + ")"


def shift_pixels(expected: tuple[float, ...], found: tuple[float, ...], height: int, width: int) -> float:
    """How far a corner of the grid lies from where it should be, in pixels of the expected grid.

    Example: expected (10, 0, 0, 0, -10, 0), found (10, 0, 5, 0, -10, 0): half a pixel, 0.5
    """
    a, b, _, d, e, _ = expected
    determinant = a * e - b * d
    worst = 0.0
    for column, row in ((0, 0), (width, 0), (0, height), (width, height)):
        dx, dy = (_at(found, column, row, axis) - _at(expected, column, row, axis) for axis in (0, 1))
        shift = max(abs((e * dx - b * dy) / determinant), abs((a * dy - d * dx) / determinant))
        worst = shift if not shift <= worst else worst
    return worst


def _at(transform: tuple[float, ...], column: float, row: float, axis: int) -> float:
    p, q, r = transform[3 * axis : 3 * axis + 3]
    return p * column + q * row + r
