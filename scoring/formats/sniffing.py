"""What a file is, by its first bytes. Its name says nothing: a VRT called pred.tif is still a VRT."""

from __future__ import annotations

from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 512
TIFF_HEADS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
ZIP_HEADS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
JPEG_HEAD: Final = b"\xff\xd8\xff"
NPY_HEAD: Final = b"\x93NUMPY"
HDF5_HEAD: Final = b"\x89HDF\r\n\x1a\n"
NAMES: Final = {
    "geotiff": "GeoTIFF",
    "png": "PNG",
    "zip": "ZIP",
    "csv": "CSV",
    "jpeg": "JPEG",
    "npy": "NumPy (.npy)",
    "npz": "NumPy (.npz)",
    "netcdf": "NetCDF4",
    "rle": "CSV (RLE)",
    "tsv": "TSV",
    "parquet": "Parquet",
}
PARQUET_HEAD: Final = b"PAR1"
_HEADS: Final = {
    "geotiff": TIFF_HEADS,
    "png": (PNG_HEAD,),
    "zip": ZIP_HEADS,
    "jpeg": (JPEG_HEAD,),
    "npy": (NPY_HEAD,),
    "netcdf": (HDF5_HEAD,),
}
_OTHERS: Final = (
    ((b"<VRTDataset", b"<OGRVRT"), "a GDAL virtual raster (VRT)"),
    ((b"<GDAL_WMS", b"<GDAL_WMTS", b"<WCS_GDAL"), "a GDAL web service description"),
    ((b"<?xml", b"<"), "XML or HTML text"),
    ((HDF5_HEAD,), "HDF5 or NetCDF"),
    ((b"CDF\x01", b"CDF\x02", b"CDF\x05"), "NetCDF"),
    ((b"GRIB",), "GRIB"),
    ((JPEG_HEAD,), "JPEG, which changes class values"),
    ((NPY_HEAD,), "a NumPy array"),
    ((PARQUET_HEAD,), "Parquet"),
    ((b"PARE",), "Parquet that is encrypted"),
    ((b"\x1f\x8b",), "gzip"),
    ((b"BZh",), "bzip2"),
    ((b"\xfd7zXZ\0",), "xz"),
    ((b"7z\xbc\xaf\x27\x1c",), "7-Zip"),
    ((b"Rar!",), "RAR"),
    ((b"\x28\xb5\x2f\xfd",), "Zstandard"),
    ((b"%PDF",), "PDF"),
    ((b"SQLite format 3\0",), "SQLite or GeoPackage"),
    ((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), "a Python pickle"),
    ((b"\xff\xfe", b"\xfe\xff"), "UTF-16 text"),
    ((b"{", b"["), "JSON text"),
)


def head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def format_of(head: bytes) -> str:
    """'geotiff', 'png', 'zip', 'jpeg', 'npy', 'netcdf' (any HDF5), or '' for everything else."""
    return next((format_ for format_, heads in _HEADS.items() if head.startswith(heads)), "")


def description_of(head: bytes) -> str:
    """In words, for messages."""
    known = format_of(head)
    if known in ("geotiff", "png", "zip"):
        return NAMES[known]
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for heads, name in _OTHERS:
        if head.startswith(heads) or text.startswith(heads):
            return name
    return "of an unknown kind"


def names_of(formats: tuple[str, ...]) -> str:
    words = [NAMES[name] for name in formats]
    return " or ".join(words) if len(words) < 3 else ", ".join(words)
