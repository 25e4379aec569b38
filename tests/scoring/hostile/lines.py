"""Hostile and mistaken files for a task of lines, GeoJSON or pixel JSON, of the two scenes of line_files.coasts()."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.scoring.hostile.attack import Attack

MAX_POINTS: Final = 1000
SOUTH: Final = '"south": [[[1, 2], [3, 4]]]'
OGR_VRT: Final = b"""<OGRVRTDataSource><OGRVRTLayer name="north"><SrcDataSource>/truth/lines.npz</SrcDataSource>
 <SrcSQL>SELECT * FROM truth</SrcSQL></OGRVRTLayer></OGRVRTDataSource>"""


def north(text: str) -> Callable[[Path], Any]:
    """Pixel JSON with an honest south."""
    return lambda path: path.write_text(f'{{{SOUTH}, "north": {text}}}')


def geojson(kind: str, coordinates: Any, **rest: Any) -> Callable[[Path], Any]:
    def feature(scene: str, kind: str, coordinates: Any) -> dict[str, Any]:
        geometry = {"type": kind, "coordinates": coordinates}
        return {"type": "Feature", "properties": {"scene": scene}, "geometry": geometry}

    features = [feature("south", "LineString", [[1, 2], [3, 4]]), feature("north", kind, coordinates)]
    document = {"type": "FeatureCollection", **rest, "features": features}
    return lambda path: path.write_text(json.dumps(document))


def geopackage(path: Path) -> None:
    """A database whose triggers and views would run on whoever reads it."""
    with sqlite3.connect(path) as database:
        database.executescript(
            """
            CREATE TABLE north (geometry BLOB);
            CREATE TRIGGER at_once AFTER INSERT ON north BEGIN INSERT INTO north VALUES (randomblob(1000000)); END;
            CREATE VIEW gpkg_contents AS WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless)
                SELECT n FROM endless;
            """
        )
    database.close()


BOW: Final = [[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]]

ATTACKS: Final = (
    Attack("a million points", north("[[" + ",".join(["[1,2]"] * 10**6) + "]]"), ("lines_json",)),
    Attack("a point too many", north("[[" + ",".join(["[1,2]"] * 1001) + "]]"), ("lines_too_many_points",)),
    Attack("brackets two hundred thousand deep", north("[" * 200_000 + "]" * 200_000), ("lines_json",)),
    Attack("objects fifty thousand deep", north('{"a":' * 50_000 + "1" + "}" * 50_000), ("lines_json",)),
    Attack("five thousand digits", north("[[[1, " + "1" * 5000 + "], [3, 4]]]"), ("lines_json",)),
    Attack("1e400", north("[[[1, 1e400], [3, 4]]]"), ("lines_point",)),
    Attack("NaN", north("[[[1, NaN], [3, 4]]]"), ("lines_json",)),
    Attack("scene twice", north('[[[1, 2], [3, 4]]], "north": [[[5, 6], [7, 8]]]'), ("lines_json",)),
    Attack("huge extent", geojson("LineString", [[-1e9, 0], [1e9, 0]]), ("lines_outside",)),
    Attack("open ring", geojson("Polygon", [[[0, 0], [9, 0], [9, 9], [0, 1]]]), ("lines_open",)),
    Attack("a collection of geometries", geojson("GeometryCollection", []), ("lines_geometry",)),
    Attack("coordinates that are an address", geojson("LineString", "/truth/a"), ("lines_point",)),
    Attack("GeoPackage with a trigger", geopackage, ("unknown_format",), "GeoPackage"),
    Attack("OGR VRT", lambda p: p.write_bytes(OGR_VRT), ("unknown_format",), "VRT"),
)
# A polygon that crosses itself has no inside that two readers agree on; as lines, it is what it is.
CROSSED: Final = Attack("bow tie", geojson("Polygon", BOW), ())
