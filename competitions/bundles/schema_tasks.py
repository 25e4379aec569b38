"""The tasks of the format tidemark/1: contract, truth, split and metrics."""

from typing import Any, Final

from competitions.bundles.schema_code import CODE
from competitions.bundles.schema_grids import GRID
from competitions.bundles.schema_lines import DETECTIONS, LINES
from competitions.bundles.schema_parts import KEY, PATH, SHORT, TEXT, array, choice, integer, record, string, variants
from scoring.contract import RASTER_FORMATS

WHOLE_NUMBERS: Final = array("whole numbers", {"type": "integer", "description": "a whole number"}, minimum=0)
NUMBER: Final[dict[str, Any]] = {"type": "number", "description": "a number"}
KIND: Final[dict[str, Any]] = {"description": "raster or table"}

CLASSES: Final[dict[str, Any]] = {
    "type": "object",
    "description": "the values a prediction may hold, with their meaning, such as 0: {en: water, ja: 水}",
    "patternProperties": {"^-?(0|[1-9][0-9]{0,8})$": TEXT},
    "minProperties": 1,
    "additionalProperties": False,
}
RASTER: Final = record(
    "Masks: one file a scene, a zip of them, or one file of all. Scenes, their shape, CRS and transform are taken from "
    "the truth.",
    required=("kind",),
    kind=KIND,
    formats=array(
        "which files are accepted; geotiff and png when absent",
        choice("geotiff, png, jpeg, npy, npz, netcdf or rle", *RASTER_FORMATS),
    ),
    dtype=choice("the type of a cell; uint8 when absent", "uint8", "uint16", "int16"),
    classes=CLASSES,
    layers={
        "type": "object",
        "description": "several targets a scene instead of classes: the name of each with its own classes, in the "
        "order of the bands of a file, such as SIC: {classes: {0: ..., 1: ...}}",
        "patternProperties": {
            "^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": record("One target.", required=("classes",), classes=CLASSES)
        },
        "minProperties": 1,
        "additionalProperties": False,
    },
    rle=record(
        "How runs are written in a CSV, where formats names rle; Kaggle's way when absent.",
        required=(),
        order=choice("cells are counted along columns (default) or rows", "columns", "rows"),
        start=integer("the number of the first cell: 1 (default) or 0", maximum=1),
        scene=SHORT | {"description": "the column of the scene; ImageId when absent"},
        runs=SHORT | {"description": "the column of the runs; EncodedPixels when absent"},
        background={"type": "integer", "description": "the class of cells in no run; the least one when absent"},
        **{
            "class": SHORT | {"description": "the column of the class, one row for each; without it there is one class"}
        },
    ),
    crs=string("checked against the truth, such as EPSG:32654", pattern="^EPSG:[0-9]{4,6}$"),
    shape=array("[height, width] of every scene; checked against the truth", integer("cells", minimum=1), minimum=2)
    | {"maxItems": 2},
)
FIELD: Final = record(
    "A column (Frictionless Table Schema).",
    required=("name", "type"),
    name=SHORT,
    type=choice("string, integer or number", "string", "integer", "number"),
    title=TEXT,
    description=TEXT,
    constraints=record(
        "What a cell may hold.",
        required=(),
        minimum=NUMBER,
        maximum=NUMBER,
        enum=array("the allowed values", {"type": ["string", "integer", "number"], "description": "a value"}),
    ),
)
TABLE: Final = record(
    "A table with one row for each id of the truth.",
    required=("kind", "schema"),
    kind=KIND,
    formats=array("which files are accepted; csv when absent", choice("csv, tsv or parquet", "csv", "tsv", "parquet")),
    schema=record(
        "Frictionless Table Schema.",
        required=("fields", "primaryKey"),
        fields=array("the columns", FIELD),
        primaryKey=SHORT | {"description": "the name of the column that identifies a row"},
    ),
)
SCENE_NAMES: Final = array("names of scenes: the truth's file names without their ending", SHORT, minimum=0)
BY: Final[dict[str, Any]] = {"description": "scene, column, list, hash or none"}
SPLIT: Final = variants(
    "by",
    "Which part of the truth everybody sees scores of (public) and which nobody does until the end (private).",
    scene=record(
        "By the names of scenes.", required=("by", "public", "private"), by=BY, public=SCENE_NAMES, private=SCENE_NAMES
    ),
    column=record(
        "By a column of the truth that says public, private or ignored.", required=("by", "column"), by=BY, column=SHORT
    ),
    list=record(
        "By a CSV file with the id (or scene) and public, private or ignored.",
        required=("by", "file"),
        by=BY,
        file=PATH,
    ),
    hash=record(
        "By a seeded hash of the id (or scene).",
        required=("by", "seed", "public"),
        by=BY,
        seed=SHORT | {"description": "any text, in quotes; keep it secret"},
        public={
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "the share of public ids, between 0 and 1",
        },
    ),
    none=record("Everything is public; the private score is empty.", required=("by",), by=BY),
)
TRUTH: Final = record(
    "The hidden answers. They are never served.",
    required=("path", "split"),
    path=PATH | {"description": "a folder with one <scene>.tif or .png each, a CSV table, or fields in NetCDF or .npy"},
    ignore=WHOLE_NUMBERS | {"description": "truth values that do not count"},
    groups=SHORT
    | {"description": "of a table: a column whose rows belong together, such as a day; intervals draw them together"},
    split=SPLIT,
)
METRIC: Final = record(
    "A number that a prediction gets.",
    required=("key", "metric"),
    key=KEY,
    title=TEXT,
    metric=string("the name of a metric of Tidemark, or program: a column of the task's own program", maxLength=60),
    aggregate=choice("macro: mean over scenes; pooled: over all cells at once (default)", "macro", "pooled"),
    params={"type": "object", "description": "the metric's parameters, such as {column: y}"},
    precision=integer("decimals shown and ranked by; 4 when absent", maximum=12),
)
COLUMN: Final = record(
    "A number that the program returns.",
    required=("key", "direction"),
    key=KEY,
    direction=choice("which way is better: higher or lower", "higher", "lower"),
    minimum=NUMBER | {"description": "the least value there can be"},
    maximum=NUMBER | {"description": "the greatest value there can be"},
)
PROGRAM: Final = record(
    "The organiser's own metric: a Python file, run in a box without network. Contestants do not see it.",
    required=("file", "convention", "columns"),
    file=PATH | {"description": "a Python file with a function 'score'"},
    convention=choice(
        "tidemark: score(truth, prediction, params) returns {column: number}; "
        "kaggle: score(solution, submission, row_id_column_name, **params) returns one number",
        "tidemark",
        "kaggle",
    ),
    columns=array("what it returns; metrics with 'metric: program' name them by their key", COLUMN),
    params={"type": "object", "description": "what the program is given as its parameters"},
    wall_seconds=integer("seconds for all calls for one prediction together; 60 when absent", minimum=1, maximum=3600),
    interval=record(
        "An interval of confidence: the program is called again without each of so many groups of rows or scenes.",
        required=("groups",),
        groups=integer("into how many groups; 20 is usual, 0 is none", maximum=100),
    ),
    published={"type": "boolean", "description": "true puts the program into the starting kit; false when absent"},
)
TASK: Final = record(
    "What is predicted from what, and how it is scored (課題).",
    required=("key", "name", "submission", "truth", "metrics"),
    key=KEY,
    name=TEXT,
    submission=variants(
        "kind",
        "The contract: what a prediction must look like.",
        raster=RASTER,
        table=TABLE,
        grid=GRID,
        lines=LINES,
        detections=DETECTIONS,
    ),
    truth=TRUTH,
    metrics=array("the metrics; the first one ranks unless a leaderboard says otherwise", METRIC),
    program=PROGRAM,
    code=CODE,
    sample_submission=PATH | {"description": "a file to try out the upload with"},
    starting_kit=PATH | {"description": "a folder, offered as a zip"},
)
