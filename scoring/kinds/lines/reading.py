"""A stranger's file of lines -> lines of each scene, or all that is wrong. Three forms, told apart by what they hold.

    pixel_json   {"scene": [[x, y], ...], ...} or {"scene": [[[x, y], ...], ...], ...}
    geojson      a FeatureCollection; a property of each feature names its scene
    wkt          a CSV with the columns scene and wkt; several rows may belong to one scene

Every scene of the contract must be there, and no other.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any, BinaryIO, Final

from scoring.errors import Problems, quoted
from scoring.formats.cells import CellWriter
from scoring.formats.sniffing import HEAD_BYTES, description_of, format_of
from scoring.formats.tables import UTF8_MARK, Lines, StopReading, check_kind, columns_of, rows_of
from scoring.kinds.lines.collecting import SceneLines
from scoring.kinds.lines.contract import LinesContract
from scoring.kinds.lines.json_text import BadJson, JsonText, parsed
from scoring.kinds.lines.polylines import Polylines
from scoring.kinds.lines.shapes import BadShape, geojson_lines, pixel_lines, wkt_lines
from scoring.kinds.lines.stream import write_lines

POINT_CHARACTERS: Final = 100  # two numbers in full, brackets and blanks
SPARE_CHARACTERS: Final = 64 * 1024
SHOWN: Final = {"pixel_json": "JSON of pixels", "geojson": "GeoJSON", "wkt": "CSV with WKT"}
_EPSG: Final = re.compile(r"EPSG:{1,2}(?:[0-9.]*:)?([0-9]{4,6})$", re.IGNORECASE)


def read(path: Path, contract: LinesContract, writer: CellWriter | None, problems: Problems) -> None:
    """Check a file, and write its lines when all is well."""
    found = read_lines(path, contract, problems)
    if writer is not None and not problems:
        write_lines(writer, [found[scene.name] for scene in contract.scenes])


def read_lines(path: Path, contract: LinesContract, problems: Problems) -> dict[str, Polylines]:
    """Scene -> its lines, in pixels; of use only when no problem was noted."""
    scenes = SceneLines(contract, problems)
    try:
        _read_file(path, contract, scenes, problems)
    except StopReading:
        return {}
    return scenes.finish()


def _read_file(path: Path, contract: LinesContract, scenes: SceneLines, problems: Problems) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        is_json = head.removeprefix(UTF8_MARK).lstrip()[:1] in (b"{", b"[")
        if (
            format_of(head)
            or (is_json and contract.formats == ("wkt",))
            or (not is_json and "wkt" not in contract.formats)
        ):
            expected = " or ".join(SHOWN[name] for name in contract.formats)
            problems.add("unknown_format", "", found=description_of(head), expected=expected)
            raise StopReading
        if is_json:
            _read_json(file, contract, scenes, problems)
        else:
            _read_wkt(file, head, contract, scenes, problems)


def _max_characters(contract: LinesContract) -> int:
    return contract.max_points * POINT_CHARACTERS + SPARE_CHARACTERS


# -- JSON -------------------------------------------------------------------------------------------------------------


def _read_json(file: BinaryIO, contract: LinesContract, scenes: SceneLines, problems: Problems) -> None:
    text = JsonText(file)
    try:
        has_features = _read_object(text, contract, scenes, problems)
        text.finish()
    except BadJson as error:
        problems.add("lines_json", "", reason=str(error))
        raise StopReading from error
    if not has_features and "pixel_json" not in contract.formats:
        problems.add("lines_no_features", "")
        raise StopReading


def _read_object(text: JsonText, contract: LinesContract, scenes: SceneLines, problems: Problems) -> bool:
    """Scenes, or the members of a FeatureCollection; whether there were features."""
    has_features, is_collection = False, "geojson" in contract.formats
    for key in text.members():
        if is_collection and key == "features" and text.peek() == "[":
            has_features = True
            for _ in text.elements():
                _read_feature(parsed(text.value(_max_characters(contract))), contract, scenes, problems)
        elif is_collection and text.peek() in ('"', "{"):
            _check_member(key, parsed(text.value(SPARE_CHARACTERS)), contract, problems)
        elif "pixel_json" not in contract.formats:
            text.skip()
        else:
            _read_scene(key, text.numbers(_max_characters(contract)), contract, scenes)
    return has_features


def _read_scene(name: str, text: str, contract: LinesContract, scenes: SceneLines) -> None:
    if not scenes.knows(name, once=True):
        return
    try:
        scenes.add(name, pixel_lines(parsed(text), contract.geometry))
    except BadShape as error:
        scenes.refuse(name, error)


def _check_member(key: str, value: Any, contract: LinesContract, problems: Problems) -> None:
    if key == "type" and value != "FeatureCollection":
        problems.add("lines_geometry", "", scene="type", found=quoted(str(value)), expected=["FeatureCollection"])
    if key == "crs" and contract.coordinates == "crs" and contract.crs:
        name = value.get("properties", {}).get("name") if isinstance(value, dict) else value
        found, expected = _EPSG.search(str(name)), _EPSG.search(contract.crs)
        if found and expected and found[1] != expected[1]:
            problems.add("raster_crs", "", scene="crs", found=quoted(str(name)), expected=quoted(contract.crs))


def _read_feature(feature: Any, contract: LinesContract, scenes: SceneLines, problems: Problems) -> None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or contract.scene_property not in properties:
        problems.add("lines_feature", "", property=quoted(contract.scene_property))
        return
    name = properties[contract.scene_property]
    if not scenes.knows(name):
        return
    try:
        lines = geojson_lines(feature.get("geometry"), contract.geometry)
    except BadShape as error:
        scenes.refuse(name, error)
        return
    scenes.add(name, lines, in_crs=contract.coordinates == "crs")


# -- CSV with WKT -----------------------------------------------------------------------------------------------------


def _read_wkt(file: BinaryIO, head: bytes, contract: LinesContract, scenes: SceneLines, problems: Problems) -> None:
    limit = csv.field_size_limit()
    try:
        check_kind(head, problems)
        _read_rows(Lines(file, problems, max_bytes=_max_characters(contract)), contract, scenes)
    finally:
        csv.field_size_limit(limit)


def _read_rows(lines: Lines, contract: LinesContract, scenes: SceneLines) -> None:
    rows = rows_of(lines, max_field=_max_characters(contract))
    header = next(rows, None)
    places = columns_of(header, [contract.scene_property, "wkt"], lines.problems, exactly=True)
    for row in rows:
        where = f"line {row.line}"
        if len(row.cells) != len(places):
            lines.problems.add("csv_ragged", where, line=row.line, found=len(row.cells), expected=len(places))
            continue
        name = row.cells[places[0]]
        if not scenes.knows(name):
            continue
        try:
            found = wkt_lines(row.cells[places[1]], contract.geometry)
        except BadShape as error:
            scenes.refuse(name, error)
            continue
        scenes.add(name, found, in_crs=contract.coordinates == "crs")
