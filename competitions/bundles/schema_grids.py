"""The contract of a grid, in the format tidemark/1."""

from typing import Any, Final

from competitions.bundles.schema_parts import SHORT, array, choice, integer, record
from scoring.kinds.grid.contract import DTYPES, FORMATS, MAX_MEMBERS, WEIGHTS

NUMBER: Final[dict[str, Any]] = {"type": "number", "description": "a number"}
NAMES: Final = ("variable", "units", "crs")
GRID: Final = record(
    "Fields of numbers, such as forecasts. Shape, times and coordinates are taken from the truth.",
    required=("kind",),
    kind={"description": "raster, table or grid"},
    formats=array("which files are accepted; all of them when absent", choice(", ".join(FORMATS), *FORMATS)),
    variable=SHORT | {"description": "the name of the variable in NetCDF files"},
    dtype=choice("the type in which cells are compared; float32 when absent", *DTYPES),
    units=SHORT | {"description": "the unit of the cells; checked in files that state one"},
    members=integer("members of an ensemble, the first axis of a prediction; none when absent", maximum=MAX_MEMBERS),
    minimum=NUMBER | {"description": "no cell may be less"},
    maximum=NUMBER | {"description": "no cell may be more"},
    shape=array("[fields, rows, columns]; checked against the truth", integer("a size", minimum=1), minimum=3)
    | {"maxItems": 3},
    fields=array("names of the fields in their order; the truth's times, or numbers, when absent", SHORT),
    tolerance={
        "type": "number",
        "minimum": 0,
        "maximum": 0.49,
        "description": "how far coordinates of a file may be off, in grid steps; 0.01 when absent",
    },
    weights=choice("what a cell weighs: none, cos_latitude, or file (weights.nc or .npy in the truth)", *WEIGHTS),
    crs=SHORT | {"description": "checked in GeoTIFF files, such as EPSG:4326"},
)


def grid_contract(submission: dict[str, Any]) -> dict[str, Any]:
    """What scoring reads of it: every key is its own."""
    return {key: value for key, value in submission.items() if key != "formats"}
