"""Lists of JSON and texts of WKT -> lines: arrays of points (n, 2). Nothing but finite numbers becomes a coordinate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.errors import Param, quoted
from scoring.formats.values import NUMBER_PATTERN

Line = npt.NDArray[np.float64]
MIN_LINE: Final = 2
MIN_RING: Final = 4
GEOJSON_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "lines": ("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    "points": ("Point", "MultiPoint"),
}


class BadShape(Exception):
    """Not the shape that is wanted; `code` and `params` belong to a Problem, the scene is added by the reader."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


# -- lists of numbers -------------------------------------------------------------------------------------------------


def pixel_lines(value: Any, geometry: str) -> list[Line]:
    """[[x, y], ...], or several of these in a list.

    Raises:
        BadShape: something is no list of pairs of finite numbers.
    """
    if not isinstance(value, list):
        raise BadShape("lines_point", index=0, found=described(value))
    is_nested = bool(value) and all(
        isinstance(item, list) and (not item or isinstance(item[0], list)) for item in value
    )
    if is_nested and geometry == "points":
        raise BadShape("lines_nested")
    lines = [_pairs(line) for line in value] if is_nested else [_pairs(value)] if value else []
    return [checked(line, geometry) for line in lines]


def checked(line: Line, geometry: str) -> Line:
    if geometry == "lines" and len(line) < MIN_LINE:
        raise BadShape("lines_short", found=len(line), expected=MIN_LINE)
    return line


def _pairs(value: Any, sizes: tuple[int, ...] = (2,)) -> Line:
    """Positions of two numbers; of GeoJSON perhaps with a height, which is dropped."""
    if not isinstance(value, list):
        raise BadShape("lines_point", index=0, found=described(value))
    for index, point in enumerate(value):
        if type(point) is not list or len(point) not in sizes:
            raise BadShape("lines_point", index=index, found=described(point))
    flat = list(chain.from_iterable(point[:2] for point in value))
    if not set(map(type, flat)) <= {int, float}:
        _refuse_first(value)
    try:
        found = np.array(flat, np.float64).reshape(-1, 2)
    except OverflowError:
        found = np.full((1, 2), np.inf)
    if not np.isfinite(found).all():
        _refuse_first(value)
    return found


def _refuse_first(value: list[list[Any]]) -> None:
    for index, point in enumerate(value):
        if not all(type(number) in (int, float) and abs(number) < 1e300 for number in point[:2]):
            raise BadShape("lines_point", index=index, found=described(point))


def described(value: Any) -> str:
    """A value of a stranger in a few safe characters."""
    return quoted(repr(value)[:200], 40)


# -- GeoJSON ----------------------------------------------------------------------------------------------------------


def geojson_lines(geometry: Any, wanted: str) -> list[Line]:
    """The lines of a geometry: rings of polygons are closed lines. null is a geometry without any.

    Raises:
        BadShape: a type that is not wanted, or no coordinates.
    """
    if geometry is None:
        return []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in GEOJSON_TYPES[wanted]:
        raise BadShape("lines_geometry", found=described(kind), expected=list(GEOJSON_TYPES[wanted]))
    try:
        return _OF_TYPE[kind](geometry.get("coordinates"))
    except (TypeError, AttributeError) as error:
        raise BadShape("lines_point", index=0, found=described(geometry.get("coordinates"))) from error


def _line(value: Any) -> Line:
    return checked(_pairs(value, (2, 3)), "lines")


def _ring(value: Any) -> Line:
    return closed(_pairs(value, (2, 3)))


def closed(line: Line) -> Line:
    if len(line) < MIN_RING:
        raise BadShape("lines_short", found=len(line), expected=MIN_RING)
    if (line[0] != line[-1]).any():
        raise BadShape("lines_open")
    return line


def _each(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BadShape("lines_point", index=0, found=described(value))
    return value


_OF_TYPE: Final[Mapping[str, Callable[[Any], list[Line]]]] = {
    "Point": lambda value: [_pairs([value], (2, 3))] if value else [],
    "MultiPoint": lambda value: [_pairs(value, (2, 3))] if value else [],
    "LineString": lambda value: [_line(value)] if value else [],
    "MultiLineString": lambda value: [_line(one) for one in _each(value)],
    "Polygon": lambda value: [_ring(one) for one in _each(value)],
    "MultiPolygon": lambda value: [_ring(one) for outline in _each(value) for one in _each(outline)],
}


# -- WKT --------------------------------------------------------------------------------------------------------------

_PAIR: Final = rf"\s*+{NUMBER_PATTERN}\s++{NUMBER_PATTERN}\s*+"
_GROUP: Final = re.compile(r"\(([^()]*+)\)")
_PAIRS: Final = re.compile(rf"{_PAIR}(?:,{_PAIR})*+", re.ASCII)
_WKT: Final = re.compile(r"\s*+([A-Za-z]++)\s*+(EMPTY|\(.*\))\s*+", re.ASCII | re.DOTALL | re.IGNORECASE)
_LIST: Final = r"\(#(?:,#)*+\)"
_SHAPE: Final[Mapping[str, tuple[str, re.Pattern[str]]]] = {
    "POINT": ("Point", re.compile("#")),
    "MULTIPOINT": ("MultiPoint", re.compile(f"#|{_LIST}")),
    "LINESTRING": ("LineString", re.compile("#")),
    "MULTILINESTRING": ("MultiLineString", re.compile(_LIST)),
    "POLYGON": ("Polygon", re.compile(_LIST)),
    "MULTIPOLYGON": ("MultiPolygon", re.compile(rf"\({_LIST}(?:,{_LIST})*+\)")),
}


def wkt_lines(text: str, wanted: str) -> list[Line]:
    """The lines of a text such as `LINESTRING (0 0, 3 4)` or `POLYGON EMPTY`.

    Raises:
        BadShape: no WKT, or of a type that is not wanted.
    """
    match = _WKT.fullmatch(text)
    name, shape = _SHAPE.get(match[1].upper(), ("", None)) if match else ("", None)
    if match is None or shape is None:
        raise BadShape("lines_wkt", value=quoted(text, 40))
    if name not in GEOJSON_TYPES[wanted]:
        raise BadShape("lines_geometry", found=quoted(match[1]), expected=list(GEOJSON_TYPES[wanted]))
    if match[2].upper() == "EMPTY":
        return []
    if not shape.fullmatch(re.sub(r"\s+", "", _GROUP.sub("#", match[2]))):
        raise BadShape("lines_wkt", value=quoted(text, 40))
    lines = [_wkt_pairs(group) for group in _GROUP.findall(match[2])]
    if wanted == "points":
        _check_counts(lines, name, match[2], text)
        return lines
    return [closed(line) if "Polygon" in name else checked(line, "lines") for line in lines]


def _check_counts(lines: list[Line], name: str, body: str, text: str) -> None:
    """POINT has one, and so has each of MULTIPOINT ((0 0), (1 1))."""
    if (name == "Point" or body[1:].lstrip().startswith("(")) and any(len(line) != 1 for line in lines):
        raise BadShape("lines_wkt", value=quoted(text, 40))


def _wkt_pairs(group: str) -> Line:
    if not _PAIRS.fullmatch(group):
        raise BadShape("lines_wkt", value=quoted(group, 40))
    found = np.array([float(number) for number in group.replace(",", " ").split()], np.float64).reshape(-1, 2)
    if not np.isfinite(found).all():
        raise BadShape("lines_wkt", value=quoted(group, 40))
    return found
