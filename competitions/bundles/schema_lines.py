"""The contracts of lines and of detections, in the format tidemark/1."""

from typing import Any, Final

from competitions.bundles.schema_parts import SHORT, array, choice, integer, record
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


def lines_contract(submission: dict[str, Any]) -> dict[str, Any]:
    """What scoring reads of it: every key is its own."""
    return {key: value for key, value in submission.items() if key != "formats"}
