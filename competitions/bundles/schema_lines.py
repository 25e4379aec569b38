"""The contracts of lines and of detections, in the format tidemark/1."""

from typing import Any, Final

from competitions.bundles.schema_parts import SHORT, array, choice, integer, record
from scoring.kinds.detections.contract import GEOMETRIES as SHAPES
from scoring.kinds.detections.contract import MAX_DETECTIONS
from scoring.kinds.lines.contract import COORDINATES, FORMATS, GEOMETRIES, MAX_POINTS

LINES: Final = record(
    "Lines, outlines or points of scenes, such as coastlines. Scenes and their sizes are taken from the truth.",
    required=("kind",),
    kind={"description": "raster, table, grid or lines"},
    formats=array("which files are accepted; pixel_json when absent", choice(", ".join(FORMATS), *FORMATS)),
    geometry=choice("lines (and outlines), or single points in no order; lines when absent", *GEOMETRIES),
    coordinates=choice("of GeoJSON and WKT: pixel (column, row), or crs; pixel when absent", *COORDINATES),
    scene_property=SHORT | {"description": "of GeoJSON and CSV: what names the scene; scene when absent"},
    max_points=integer("points of a scene at most; 100000 when absent", minimum=1, maximum=MAX_POINTS),
    margin={
        "type": "number",
        "minimum": 0,
        "maximum": 100,
        "description": "how far outside of a scene a point may lie, as a share of its longer side; 1 when absent",
    },
    allow_empty={"type": "boolean", "description": "whether a scene may have no point; false when absent"},
    crs=SHORT | {"description": "the CRS of coordinates, such as EPSG:32654"},
)
DETECTIONS: Final = record(
    "Objects found in scenes: a CSV with a row each. Scenes are taken from the truth; one may have no row.",
    required=("kind",),
    kind={"description": "raster, table, grid, lines or detections"},
    formats=array("csv", choice("csv", "csv")),
    geometry=choice("point (a row and a column), or box (x_min, y_min, x_max, y_max); point when absent", *SHAPES),
    scene=SHORT | {"description": "the column that names the scene; scene_id when absent"},
    row=SHORT | {"description": "of points: the column with the row; row when absent"},
    column=SHORT | {"description": "of points: the column with the column; column when absent"},
    confidence=SHORT | {"description": "the column that says how sure it is, 0 to 1; none when absent"},
    flags=array("columns of true or false", SHORT),
    numbers=array("columns of numbers, not negative", SHORT),
    max_detections=integer("rows of a scene at most; 5000 when absent", minimum=1, maximum=MAX_DETECTIONS),
)


def lines_contract(submission: dict[str, Any]) -> dict[str, Any]:
    """What scoring reads of it: every key is its own."""
    return {key: value for key, value in submission.items() if key != "formats"}
