"""Hostile and mistaken rasters, one a function: it writes the file and names the codes that must be told."""

import io
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from rasterio.transform import Affine

from tests.scoring.hostile.attack import Attack
from tests.scoring.makers import CRS, TRANSFORM, geotiff, png

SHAPE: Final = (64, 96)
GOOD: Final = np.indices(SHAPE).sum(0).astype(np.uint8) // 8 % 2


def moved(**changes: float) -> tuple[float, ...]:
    return tuple(changes.get(name, value) for name, value in zip("abcdef", TRANSFORM, strict=True))


def vrt(target: str) -> bytes:
    return f"""<VRTDataset rasterXSize="{SHAPE[1]}" rasterYSize="{SHAPE[0]}"><SRS>{CRS}</SRS>
      <VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename relativeToVRT="0">{target}</SourceFilename>
      <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>""".encode()


WMS: Final = b"""<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/${z}</ServerUrl></Service></GDAL_WMS>"""
RAW_BAND: Final = b"""<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="Byte" band="1"
 subClass="VRTRawRasterBand"><SourceFilename>/etc/passwd</SourceFilename></VRTRasterBand></VRTDataset>"""


GTI: Final = b"""<GDALTileIndexDataset><IndexDataset>/truth/index.gpkg</IndexDataset></GDALTileIndexDataset>"""
STAC: Final = b'{"type": "Feature", "stac_version": "1.0.0", "assets": {"data": {"href": "http://127.0.0.1:9/x.tif"}}}'
PYTHON_PIXELS: Final = b"""<VRTDataset rasterXSize="96" rasterYSize="64"><VRTRasterBand dataType="Byte" band="1"
 subClass="VRTDerivedRasterBand"><PixelFunctionType>f</PixelFunctionType>
 <PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionCode><![CDATA[
import os
def f(in_ar, out_ar, *rest): os.system("touch /tmp/ran")
]]></PixelFunctionCode></VRTRasterBand></VRTDataset>"""


def cut(path: Path) -> None:
    """The first half of an honest file."""
    geotiff(path, np.random.default_rng(0).integers(0, 2, SHAPE).astype(np.uint8), compress="deflate")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path: Path) -> None:
    """The directory stands, the compressed cells do not."""
    geotiff(path, np.random.default_rng(0).integers(0, 2, SHAPE).astype(np.uint8), compress="deflate")
    data = bytearray(path.read_bytes())
    data[-600:-100] = bytes(500)
    path.write_bytes(data)


def sparse(height: int, width: int) -> Callable[[Path], None]:
    """A file of some kilobytes that declares height x width cells."""

    def write(path: Path) -> None:
        place = {"crs": CRS, "transform": Affine(*TRANSFORM)}
        shape = {"count": 1, "dtype": "uint8", "height": height, "width": width}
        blocks = {"tiled": True, "blockxsize": 16384, "blockysize": 16384}
        with rasterio.open(path, "w", driver="GTiff", SPARSE_OK=True, BIGTIFF="YES", **shape, **place, **blocks):
            pass

    return write


def two_pages(path: Path) -> None:
    """A second image directory chained behind the first: readers differ on which one counts."""
    geotiff(path, GOOD)
    first = path.read_bytes()
    offset = struct.unpack_from("<I", first, 4)[0]
    entries = struct.unpack_from("<H", first, offset)[0]
    directory = first[offset : offset + 2 + 12 * entries]
    start = len(first) + len(first) % 2
    patched = bytearray(first) + bytes(len(first) % 2) + directory + bytes(4)
    struct.pack_into("<I", patched, offset + 2 + 12 * entries, start)
    path.write_bytes(patched)


def cyclic(path: Path) -> None:
    """The image directory names itself as the next one."""
    geotiff(path, GOOD)
    data = bytearray(path.read_bytes())
    offset = struct.unpack_from("<I", data, 4)[0]
    entries = struct.unpack_from("<H", data, offset)[0]
    struct.pack_into("<I", data, offset + 2 + 12 * entries, offset)
    path.write_bytes(data)


def many_pages(path: Path) -> None:
    """A million image directories, each of one entry, chained behind the first."""
    geotiff(path, GOOD)
    data = path.read_bytes()
    data += bytes(len(data) % 2)
    first = struct.unpack_from("<I", data, 4)[0]
    link = first + 2 + 12 * struct.unpack_from("<H", data, first)[0]
    start, size = len(data), 2 + 12 + 4
    pages = np.zeros(1_000_000, [("entries", "<u2"), ("entry", "V12"), ("next", "<u4")])
    pages["entries"] = 1
    pages["entry"] = struct.pack("<HHII", 256, 4, 1, 96)
    pages["next"][:-1] = start + size * np.arange(1, len(pages))
    path.write_bytes(data[:link] + struct.pack("<I", start) + data[link + 4 :] + pages.tobytes())


def tiny_tiles(path: Path) -> None:
    """Tiles of one cell each: the directory is far larger than what it describes."""
    tags: list[tuple[int, int, int, int]] = [  # tag, type, count, value
        (256, 3, 1, SHAPE[1]),
        (257, 3, 1, SHAPE[0]),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
        (322, 3, 1, 1),
        (323, 3, 1, 1),
    ]
    cells, start = GOOD.size, 8 + 2 + 12 * (len(tags) + 2) + 4
    tags += [(324, 4, cells, start), (325, 4, cells, start + 4 * cells)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    places = np.arange(cells, dtype="<u4") + start + 8 * cells
    lengths = np.ones(cells, "<u4")
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    path.write_bytes(head + places.tobytes() + lengths.tobytes() + GOOD.tobytes())


def tar(path: Path) -> None:
    """A tar of an honest raster, a symbolic link, a hard link, and a member that goes through the link."""
    piece = geotiff(path.parent / "pieces" / "good.tif", GOOD)
    with tarfile.open(path, "w") as archive:
        archive.add(piece, "scene.tif")
        for name, kind, target in (("out", tarfile.SYMTYPE, "/tmp"), ("hard", tarfile.LNKTYPE, "../../etc/passwd")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
        through = tarfile.TarInfo("out/through-the-link")
        through.size = 4
        archive.addfile(through, io.BytesIO(b"mark"))


def with_class(value: int) -> np.ndarray:
    cells = GOOD.copy()
    cells[3, 5] = cells[40, 7] = value
    return cells


def interlaced_header(path: Path) -> None:
    png(path, GOOD)
    path.write_bytes(path.read_bytes()[:20])


ATTACKS: Final = (
    Attack("empty", lambda p: p.write_bytes(b""), ("empty_file",)),
    Attack("one byte", lambda p: p.write_bytes(b"I"), ("unknown_format",)),
    Attack("a TIFF head and nothing else", lambda p: p.write_bytes(b"II*\0\x08\0\0\0"), ("raster_unreadable",)),
    Attack("a PNG head and nothing else", interlaced_header, ("raster_unreadable",)),
    Attack("noise", lambda p: p.write_bytes(np.random.default_rng(1).bytes(5000)), ("unknown_format",)),
    Attack("VRT of a file", lambda p: p.write_bytes(vrt("/truth/scene_0000.npy")), ("unknown_format",), "VRT"),
    Attack(
        "VRT of an address", lambda p: p.write_bytes(vrt("/vsicurl/http://127.0.0.1:9/x")), ("unknown_format",), "VRT"
    ),
    Attack(
        "VRT after a byte order mark", lambda p: p.write_bytes(b"\xef\xbb\xbf" + vrt("x")), ("unknown_format",), "VRT"
    ),
    Attack("VRT of raw bytes", lambda p: p.write_bytes(RAW_BAND), ("unknown_format",), "VRT"),
    Attack("VRT of an archive", lambda p: p.write_bytes(vrt("/vsizip//truth/t.zip/x.tif")), ("unknown_format",), "VRT"),
    Attack("VRT that runs Python", lambda p: p.write_bytes(PYTHON_PIXELS), ("unknown_format",), "VRT"),
    Attack("tile index", lambda p: p.write_bytes(GTI), ("unknown_format",), "XML"),
    Attack("STAC item", lambda p: p.write_bytes(STAC), ("unknown_format",), "JSON"),
    Attack("tar with links", tar, ("unknown_format",)),
    Attack("WMS description", lambda p: p.write_bytes(WMS), ("unknown_format",), "web service"),
    Attack("HTML", lambda p: p.write_bytes(b"<html>not found</html>"), ("unknown_format",), "HTML"),
    Attack("NetCDF", lambda p: p.write_bytes(b"CDF\x01" + bytes(64)), ("unknown_format",), "NetCDF"),
    Attack("HDF5", lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64)), ("unknown_format",), "HDF5"),
    Attack("pickle", lambda p: p.write_bytes(b"\x80\x04\x95cos\nsystem\n."), ("unknown_format",), "pickle"),
    Attack(
        "NumPy array of 7 TiB",
        lambda p: p.write_bytes(b"\x93NUMPY\x01\0v\0{'shape': (99999,99999,999)}"),
        ("unknown_format",),
        "NumPy",
    ),
    Attack("JPEG", lambda p: p.write_bytes(b"\xff\xd8\xff\xe0" + bytes(64)), ("unknown_format",), "JPEG"),
    Attack("gzip", lambda p: p.write_bytes(b"\x1f\x8b\x08" + bytes(64)), ("unknown_format",), "gzip"),
    Attack("cut short", cut, ("raster_unreadable",)),
    Attack("garbled cells", garbled, ("raster_unreadable",)),
    Attack("two pages", two_pages, ("raster_pages",), "2 images"),
    Attack("a million pages", many_pages, ("raster_pages",), "65 images"),
    Attack("pages that go round", cyclic, ("raster_unreadable",)),
    Attack("tiles of one cell", tiny_tiles, ("raster_crs_missing", "raster_transform")),
    Attack("a row too few", lambda p: geotiff(p, GOOD[:-1]), ("raster_shape",), "63 x 96"),
    Attack("turned by a quarter", lambda p: geotiff(p, GOOD.T), ("raster_shape",), "96 x 64"),
    Attack("sparse terabyte", sparse(1_100_000, 1_100_000), ("raster_shape", "raster_blocks"), "1100000 x 1100000"),
    Attack("three bands", lambda p: geotiff(p, np.stack([GOOD] * 3)), ("raster_bands",), "3 bands"),
    Attack(
        "ten thousand bands", lambda p: geotiff(p, np.zeros((10_000, 1, 1), np.uint8)), ("raster_bands", "raster_shape")
    ),
    Attack("float32", lambda p: geotiff(p, GOOD.astype(np.float32)), ("raster_dtype",), "float32"),
    Attack("float16", lambda p: geotiff(p, GOOD.astype(np.float32), nbits=16), ("raster_dtype",), "float32"),
    Attack("NaN", lambda p: geotiff(p, np.full(SHAPE, np.nan, np.float32)), ("raster_dtype",), "float32"),
    Attack("complex", lambda p: geotiff(p, GOOD.astype(np.complex64)), ("raster_dtype",), "complex64"),
    Attack(
        "complex integers", lambda p: geotiff(p, GOOD.astype(np.complex64), dtype="complex_int16"), ("raster_dtype",)
    ),
    Attack("uint16", lambda p: geotiff(p, GOOD.astype(np.uint16)), ("raster_dtype",), "uint16"),
    Attack("int8", lambda p: geotiff(p, GOOD.astype(np.int8)), ("raster_dtype",), "int8"),
    Attack("no CRS", lambda p: geotiff(p, GOOD, crs=None), ("raster_crs_missing",), "EPSG:32654"),
    Attack("another CRS", lambda p: geotiff(p, GOOD, crs="EPSG:32655"), ("raster_crs",), "EPSG:32655"),
    Attack("no transform", lambda p: geotiff(p, GOOD, transform=None), ("raster_transform",)),
    Attack(
        "half a pixel east",
        lambda p: geotiff(p, GOOD, transform=moved(c=500_025.0)),
        ("raster_transform",),
        "0.5 pixels",
    ),
    Attack("pixels a little wide", lambda p: geotiff(p, GOOD, transform=moved(a=50.1)), ("raster_transform",)),
    Attack("upside down", lambda p: geotiff(p, GOOD, transform=moved(e=50.0)), ("raster_transform",)),
    Attack("mirrored", lambda p: geotiff(p, GOOD, transform=moved(a=-50.0)), ("raster_transform",)),
    Attack("sheared", lambda p: geotiff(p, GOOD, transform=moved(b=1.0)), ("raster_transform",)),
    Attack(
        "colour table",
        lambda p: geotiff(p, GOOD, palette={0: (0, 0, 0, 255), 1: (255, 0, 0, 255)}),
        ("raster_palette",),
    ),
    Attack(
        "colour table in a PNG",
        lambda p: png(p, GOOD, palette={0: (0, 0, 0, 255), 1: (9, 0, 0, 255)}),
        ("raster_palette",),
    ),
    Attack("mask inside", lambda p: geotiff(p, GOOD, mask=GOOD * 255), ("raster_mask",)),
    Attack("grey and alpha PNG", lambda p: png(p, np.stack([GOOD, GOOD])), ("raster_bands",), "2 bands"),
    Attack("16-bit PNG", lambda p: png(p, GOOD.astype(np.uint16)), ("raster_dtype",), "uint16"),
    Attack("JPEG in TIFF", lambda p: geotiff(p, GOOD, compress="jpeg"), ("raster_compression",), "JPEG"),
    Attack(
        "class 2",
        lambda p: geotiff(p, with_class(2)),
        ("raster_class",),
        "2 cells hold a value that is no class; the first is 2 in row 3",
    ),
    Attack("class 255", lambda p: geotiff(p, with_class(255), nodata=255), ("raster_class",), "255"),
    Attack("class 7 in a PNG", lambda p: png(p, with_class(7)), ("raster_class",), "row 3, column 5"),
    Attack(
        "everything at once",
        lambda p: geotiff(p, np.zeros((2, 9, 9), np.float32), crs=None, transform=moved(c=0.0)),
        ("raster_bands", "raster_shape", "raster_dtype", "raster_crs_missing", "raster_transform"),
    ),
)
