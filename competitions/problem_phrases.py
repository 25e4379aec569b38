"""Phrases that scoring puts into a problem's values, in the reader's language: what a file was taken for, and why an
archive cannot be read. What it wants of a contract is in problem_wants. Anything else (names, numbers, formats) stays
as it is."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from competitions.problem_wants import want

PHRASES: dict[str, str | Promise] = {
    # scoring.formats.sniffing
    "a GDAL virtual raster (VRT)": _("a GDAL virtual raster (VRT)"),
    "a GDAL web service description": _("a GDAL web service description"),
    "XML or HTML text": _("XML or HTML text"),
    "HDF5 or NetCDF": _("HDF5 or NetCDF"),
    "JPEG, which changes class values": _("JPEG, which changes class values"),
    "a NumPy array": _("a NumPy array"),
    "SQLite or GeoPackage": _("SQLite or GeoPackage"),
    "a Python pickle": _("a Python pickle"),
    "UTF-16 text": _("UTF-16 text"),
    "JSON text": _("JSON text"),
    "Parquet that is encrypted": _("Parquet that is encrypted"),
    "of an unknown kind": _("of an unknown kind"),
    # what is allowed
    "GeoTIFF or PNG": _("GeoTIFF or PNG"),
    "GeoTIFF, or a ZIP of them": _("GeoTIFF, or a ZIP of them"),
    "PNG, or a ZIP of them": _("PNG, or a ZIP of them"),
    "GeoTIFF or PNG, or a ZIP of them": _("GeoTIFF or PNG, or a ZIP of them"),
    "CSV text in UTF-8": _("CSV text in UTF-8"),
    # scoring.formats.parquet
    "text": _("text"),
    "a number": _("a number"),
    "a whole number of at most 64 bits": _("a whole number of at most 64 bits"),
    # scoring.formats.archives
    "its directory cannot be read": _("its directory cannot be read"),
    "its end is missing": _("its end is missing"),
    "it is of the zip64 or the many-disks kind": _("it is of the zip64 or the many-disks kind"),
    "its entries overlap": _("its entries overlap"),
}


FORMATS = {"GeoTIFF", "PNG", "JPEG", "NumPy (.npy)", "NumPy (.npz)", "NetCDF4", "CSV (RLE)", "CSV", "TSV", "Parquet"}
OR_A_ZIP = ", or a ZIP of them"


def phrase(value: str) -> str:
    if value in PHRASES:
        return str(PHRASES[value])
    if value.startswith("'"):
        return value  # quoted: a name, whatever it says
    names = value.removesuffix(OR_A_ZIP)
    if not set(re.split(" or |, ", names)) <= FORMATS:
        return want(value) or value
    joined = gettext(" or ").join(names.split(" or "))
    return gettext("%(formats)s, or a ZIP of them") % {"formats": joined} if value.endswith(OR_A_ZIP) else joined
