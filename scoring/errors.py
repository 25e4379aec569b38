"""What is wrong with a prediction, a truth or a job: a code, a place and parameters.

The English sentences are templates in MESSAGES; a site translates the same templates, so a problem carries no text of
its own. Parameters are strings, whole numbers, numbers or lists of strings; never a value of the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

Param = str | int | float | list[str]
SHOWN_PROBLEMS: Final = 20
MAX_TEXT: Final = 60

MESSAGES: Final[Mapping[str, str]] = {
    # the file as a whole
    "empty_file": "The file is empty.",
    "file_too_slow": "Reading the file took more than {seconds} seconds; it may be damaged, or packed too tightly.",
    "file_too_hungry": "Reading the file took more than {mib} MiB of memory; it may be damaged, or packed too tightly.",
    "file_unreadable": "The file brought its reader down; it is probably damaged.",
    "file_too_large": "The file has {bytes} bytes; at most {max_bytes} are allowed.",
    "unknown_format": "The file is {found}; it must be {expected}.",
    "needs_zip": "One file was sent, but there are {scenes} scenes: send a ZIP with one file for each.",
    # archives
    "zip_damaged": "The ZIP archive is damaged or not of the plain kind: {reason}.",
    "zip_too_many_entries": "The ZIP archive has {entries} entries; at most {max_entries} are allowed.",
    "zip_unsafe_name": "The ZIP archive has an entry with an unsafe name: {name}. Use plain file names.",
    "zip_duplicate_name": "The ZIP archive has two entries with one name, but for case or accents: {name}, {other}.",
    "zip_special_entry": "Entry {name} of the ZIP archive is a link or a special file; only plain files are allowed.",
    "zip_encrypted": "Entry {name} of the ZIP archive is encrypted; send it without a password.",
    "zip_method": "Entry {name} of the ZIP archive is compressed by an unusual method; use store or deflate.",
    "zip_member_too_large": "Entry {name} of the ZIP archive unpacks to more than {max_bytes} bytes.",
    "zip_member_damaged": "Entry {name} of the ZIP archive cannot be unpacked: its data are damaged.",
    "zip_folders": "Entry {name} of the ZIP archive lies in a sub-folder; put all files at the top.",
    # programs, and what they wrote in time steps
    "program_ending": "The file {name} is no program of this task; its name must end in {expected}.",
    "program_no_main": "The ZIP archive has no {expected} at its top; that is the file that is run.",
    "program_name": "Entry {name} of the ZIP archive has an unusable name; use letters, digits, . _ and -.",
    "program_reserved": "Entry {name} of the ZIP archive is in the way: {reserved} is where the site puts a folder.",
    "program_depth": "Entry {name} of the ZIP archive lies more than {max_depth} folders deep.",
    "program_many_files": "The ZIP archive has {found} files; a program has at most {max_files}.",
    "program_large": "The ZIP archive unpacks to more than {max_mib} MiB.",
    "step_empty": "Time step {step}: the table is empty; it needs a first line that names the columns.",
    "step_header": "Time step {step}: the first line is {found}; in the first step it is {expected}.",
    # scenes
    "scene_missing": "Scene {scene} is missing; expected a file named {expected}.",
    "scene_unexpected": "File {name} belongs to no scene of this task; remove it.",
    "scene_unexpected_hint": "File {name} belongs to no scene of this task; did you mean {hint}?",
    "scene_twice": "Scene {scene} was sent twice: {name} and {other}.",
    "sidecar": "File {name} is a side file; send the rasters alone, with everything inside them.",
    # rasters
    "raster_empty": "{scene}: the file is empty.",
    "raster_format": "{scene}: the file is {found}; it must be {expected}.",
    "raster_unreadable": "{scene}: the raster cannot be read; it may be damaged or cut short.",
    "raster_bands": "{scene}: the raster has {found} bands; it must have 1.",
    "raster_pages": "{scene}: the file holds {found} images; it must hold 1.",
    "raster_dtype": "{scene}: the cells are {found}; they must be {expected}.",
    "raster_shape": "{scene}: the raster is {found_height} x {found_width} (rows x columns); "
    "it must be {height} x {width}.",
    "raster_crs_missing": "{scene}: the raster has no CRS; it must be {expected}.",
    "raster_crs": "{scene}: the CRS is {found}; it must be {expected}.",
    "raster_transform": "{scene}: the grid is shifted, turned or scaled by up to {pixels} pixels; "
    "the transform is {found}, it must be {expected}.",
    "raster_palette": "{scene}: the raster has a colour table; write the class values as plain grey values.",
    "raster_mask": "{scene}: the raster has a mask inside; every cell needs a class, so write it without one.",
    "raster_compression": "{scene}: the compression is {found}; use one of {allowed}, which keep cells as they are.",
    "raster_blocks": "{scene}: the raster is stored in blocks of {block_height} x {block_width}; "
    "use tiles of 512 x 512 or short strips.",
    "raster_interlaced": "{scene}: the PNG is interlaced; write it without interlacing.",
    "raster_class": "{scene}: {count} cells hold a value that is no class; the first is {value} "
    "in row {row}, column {column} (counted from 0). Allowed: {allowed}.",
    "raster_layers": "{scene}: the raster has {found} bands; it must have {expected}, one for each layer.",
    "raster_progressive": "{scene}: the JPEG is progressive; save it as a baseline JPEG.",
    # arrays
    "array_dimensions": "{scene}: the array has the shape {found}; it must have two dimensions, rows and columns.",
    "array_order": "{scene}: the array is stored column by column; save numpy.ascontiguousarray(array).",
    "array_longer": "{scene}: something follows the array; save one array and nothing else.",
    "stack_unreadable": "The array cannot be read; the file may be damaged, cut short, or hold Python objects.",
    "stack_shape": "The array has the shape {found}; it must be {expected}: scenes, rows and columns.",
    "stack_shapes": "The {scenes} scenes differ in shape, so one array cannot hold them: "
    "send a ZIP with one array for each.",
    "stack_dtype": "The array holds {found}; it must hold {expected}.",
    "stack_order": "The array is stored column by column; save numpy.ascontiguousarray(array).",
    "stack_longer": "Something follows the array; save one array and nothing else.",
    # variables of NetCDF
    "netcdf_unreadable": "The NetCDF file cannot be read; it may be damaged or cut short.",
    "variable_missing": "{scene}: there is no variable {expected} at the top of the file.",
    "variable_unexpected": "Variable {name} belongs to no scene of this task; remove it.",
    "variable_unexpected_hint": "Variable {name} belongs to no scene of this task; did you mean {hint}?",
    "variable_link": "{name} points elsewhere: a link, a virtual variable or another file; store the cells themselves.",
    "variable_group": "{name} is a group or a type; put all variables at the top of the file and leave others out.",
    "variable_filter": "Variable {name} is compressed by an unusual method; use zlib (deflate).",
    "variable_dimensions": "{scene}: the variable has {found} dimensions; it must have 2, rows and columns.",
    # runs in a CSV
    "runs_scene": "Line {line}: {scene} is no scene of this task.",
    "runs_scene_hint": "Line {line}: {scene} is no scene of this task; did you mean {hint}?",
    "runs_twice": "Line {line}: scene {scene} was already given in line {first_line}.",
    "runs_missing": "Scene {scene} is missing; give it a row, without runs where nothing was found.",
    "runs_missing_class": "Scene {scene} has no row for class {value}; give it one, "
    "without runs where nothing was found.",
    "runs_syntax": "Line {line}: {value} is not a list of starts and lengths such as 1 3 10 5.",
    "runs_odd": "Line {line}: there are {found} numbers; each start needs a length.",
    "runs_outside": "Line {line}: the run of {length} cells from {start} lies outside of the scene, "
    "whose cells are counted from {first} to {last}.",
    "runs_order": "Line {line}: the run from {start} begins before the one from {before} has ended; "
    "sort the runs and let none overlap.",
    "runs_many": "{scene}: there are more than {max_runs} runs; write the mask with fewer and longer ones.",
    "runs_classes_overlap": "{scene}: the run from {start} overlaps a run of another class; a cell has one class.",
    # tables
    "csv_encoding": "Line {line}: the text is not UTF-8.",
    "csv_utf16": "The file is UTF-16; save it as CSV in UTF-8.",
    "csv_nul": "Line {line}: there is a NUL character.",
    "csv_line_too_long": "Line {line} is longer than {max_bytes} bytes.",
    "csv_field_too_long": "Line {line}: a value is longer than {max_bytes} bytes.",
    "csv_syntax": "Line {line}: the line is not valid CSV: a quotation mark or a line end is out of place.",
    "csv_no_header": "The first line must name the columns: {expected}.",
    "csv_column_missing": "Column {column} is missing; the first line must name {expected}.",
    "csv_column_extra": "Column {column} is not part of this task; the first line must name {expected}.",
    "csv_column_twice": "Column {column} is named twice in the first line.",
    "csv_ragged": "Line {line} has {found} values; it must have {expected}.",
    "csv_blank": "Line {line} is blank.",
    "csv_not_number": "Line {line}, column {column}: {value} is not a number such as -12.5 or 3e-4.",
    "csv_not_integer": "Line {line}, column {column}: {value} is not a whole number such as 42.",
    "csv_number_range": "Line {line}, column {column}: {value} is too large or too small to be used.",
    "csv_minimum": "Line {line}, column {column}: {value} is less than {minimum}.",
    "csv_maximum": "Line {line}, column {column}: {value} is more than {maximum}.",
    "csv_enum": "Line {line}, column {column}: {value} is not one of {allowed}.",
    "csv_empty": "Line {line}, column {column}: the value is empty.",
    "csv_text": "Line {line}, column {column}: {value} holds control characters, or more than {max_bytes} bytes.",
    "csv_id_twice": "Line {line}: id {id} was already given in line {first_line}.",
    "csv_no_rows": "The table has no rows.",
    "csv_too_many_rows": "The table has more than {max_rows} rows; it must have {rows}.",
    "parquet_unreadable": "The Parquet file cannot be read; it may be damaged or cut short.",
    "parquet_type": "Column {column} is of the type {found}; it must be {expected}.",
    "parquet_too_large": "Column {column} unpacks to {bytes} bytes; at most {max_bytes} are allowed.",
    "row_sum": "{rows} rows do not sum to 1 over the columns {columns}; the first sums to {found}.",
    "id_missing": "Id {id} is missing.",
    "id_unexpected": "Line {line}: id {id} is not part of this task.",
    # lines and points of scenes
    "lines_json": "The JSON cannot be read: {reason}.",
    "lines_no_features": "The GeoJSON has no list of features; it must be a FeatureCollection.",
    "lines_feature": "A feature has no property {property}, which must name its scene.",
    "lines_scene_missing": "Scene {scene} is missing; every scene of the task must be given.",
    "lines_scene_twice": "Scene {scene} is given twice.",
    "lines_scene_unexpected": "{name} is no scene of this task; remove it.",
    "lines_scene_unexpected_hint": "{name} is no scene of this task; did you mean {hint}?",
    "lines_empty": "{scene}: there are no points; give at least one line or point.",
    "lines_point": "{scene}: point {index} (counted from 0) is {found}; it must be [x, y], two finite numbers.",
    "lines_nested": "{scene}: this task wants single points: one list [[x, y], ...], not several.",
    "lines_short": "{scene}: a line has {found} points; it must have at least {expected}.",
    "lines_open": "{scene}: a ring is open; its last point must be its first.",
    "lines_geometry": "{scene}: the geometry is {found}; it must be one of {expected}.",
    "lines_wkt": "{scene}: {value} is not WKT such as LINESTRING (0 0, 3.5 4).",
    "lines_outside": "{scene}: point {index} (counted from 0) of a line lies at {found}, too far outside "
    "of the scene ({expected}).",
    "lines_too_many_points": "{scene}: there are more than {max_points} points.",
    "lines_too_long": "{scene}: the lines are more than {max_length} pixels long in all.",
    "detections_too_many": "{scene}: there are more than {max_detections} detections.",
    "detections_box": "Line {line}: the box is empty; x_min must be less than x_max, and y_min less than y_max.",
    "lines_truth_size": "{where}: the size of scene {scene} is unknown; state its height and width in scenes.json.",
    "lines_truth_transects": "{where}: the truth of scene {scene} crosses none of its transects (validate_lines).",
    "lines_truth_transect": "{where}: transect {index} must be two different points [[x1, y1], [x2, y2]].",
    "mask_boundary_long": "{scene}: the boundary of the mask has more than {max_cells} cells; is it noise?",
    "lines_transform": "{where}: scene {scene} has no transform, which {needed} needs.",
    # an organiser's own metric
    "program_refused": "The scoring program of this contest refuses the file and says: {message}.",
    # jobs, contracts and truths: what an organiser wrote
    "job_unreadable": "{where}: {name} cannot be read as JSON: {reason}.",
    "job_missing": "{where}: '{key}' is missing.",
    "job_type": "{where}: found {found}; it must be {expected}.",
    "job_choice": "{where}: {value} is unknown; it must be one of {allowed}.",
    "job_choice_hint": "{where}: {value} is unknown; did you mean {hint}? It must be one of {allowed}.",
    "job_range": "{where}: {value} is out of range; it must be {expected}.",
    "job_twice": "{where}: {value} is given twice.",
    "job_file_missing": "{where}: there is no file or folder {name}.",
    "metric_unknown": "{where}: metric {value} is unknown; there are {allowed}.",
    "metric_unknown_hint": "{where}: metric {value} is unknown; did you mean {hint}?",
    "metric_kind": "{where}: metric {value} is for {found}; this task is a {expected}.",
    "metric_macro_table": "{where}: a table has no scenes to average over; use pooled.",
    "metric_positive": "{where}: say which class is the positive one; there are {allowed}.",
    "metric_layer": "{where}: say which layer is scored, with layer; there are {allowed}.",
    "metric_no_layers": "{where}: this task has no layers.",
    "metric_group_value": "{where}: group {value} needs a value, a whole number that stands for its cells.",
    "metric_class_uncovered": "{where}: class {value} of the predictions is in no group.",
    "truth_uncovered": "{where}: the truth holds {value}, which is in no group and not ignored.",
    "truth_no_scenes": "The truth has no .tif or .png file.",
    "truth_scene_missing": "{where}: the truth has no file for scene {scene}.",
    "truth_unexpected": "{where}: file {name} of the truth is neither a raster nor known.",
    "truth_too_many_values": "{where}: the truth has more than {max_values} different values; is it a class mask?",
    "truth_not_whole": "{where}: the truth holds values that are not whole numbers in {expected}.",
    "truth_layers": "{where}: the layers of the scene differ in shape or place; they must lie on one grid.",
    "truth_mask": "{where}: the mask must have the shape of its scene, {height} x {width}, and whole numbers.",
    "truth_mismatch": "{where}: the truth has {found}; the contract says {expected}.",
    # grids
    "grid_format": "The file is {found}; it must be {expected}.",
    "grid_classic": "The file is NetCDF of the classic kind; write it as NetCDF-4.",
    "grid_damaged": "The file cannot be read; it is damaged, cut short, or not what it seems to be.",
    "grid_bytes": "The array says that the file has {expected} bytes, but it has {found}.",
    "grid_variable": "There is no variable {variable} to be read; the file has {found}.",
    "grid_link": "The values lie in another file, or behind a link; write them into the file itself.",
    "grid_type": "The values are {found}; they must be {expected}.",
    "grid_shape": "The array is {found}; it must be {expected}.",
    "grid_dimensions": "The dimensions are {found}; the {axis} dimension must be {expected}. Nothing is transposed.",
    "grid_order": "The array is stored column by column (Fortran order); write it row by row, as "
    "numpy.ascontiguousarray does.",
    "grid_npz_members": "An array of members and fields in a ZIP must be split into one array for each field; or send "
    "it as .npy.",
    "grid_filter": "The values are compressed by an unusual method; use zlib (deflate).",
    "grid_chunks": "The values are stored in blocks of {found}; use blocks of one field each.",
    "grid_attribute": "Attribute {name} is not one number.",
    "grid_units": "The unit is {found}; it must be {expected}. Nothing is converted.",
    "grid_crs": "The CRS is {found}; it must be {expected}.",
    "grid_time_units": "Times {name} are in {found}; write them like 'hours since 2019-06-10 00:00:00' in the standard "
    "calendar.",
    "grid_coordinate_count": "Coordinate {axis} has {found} values; it must have {expected}.",
    "grid_coordinate": "Coordinate {axis} differs in {count} places; number {index} (counted from 0) is {found}, it "
    "must be {expected}. Nothing is shifted or matched.",
    "grid_coordinate_turned": "Coordinate {axis} runs the other way: it begins with {found}, it must begin with "
    "{expected}. Turn coordinate and values round.",
    "grid_missing": "{field}: {count} cells hold no finite number; the first is in row {row}, column {column} "
    "(counted from 0). Every cell needs one.",
    "grid_range": "{field}: {count} cells are outside {minimum} to {maximum}; the first is {value} in row {row}, "
    "column {column} (counted from 0).",
    "truth_grid_none": "The truth has no .nc, .npy or .tif file.",
    "truth_grid_stranger": "{where}: file {name} of the truth is no .nc, .npy or .tif file.",
    "truth_grid_axis": "{where}: coordinate {axis} of the truth must rise or fall all the way.",
    "truth_grid_weights": "{where}: weights must be finite numbers of at least 0, and not all 0.",
    "truth_grid_latitude": "{where}: cos_latitude needs a latitude coordinate in degrees in the truth.",
    "truth_grid_climatology": "{where}: the climatology needs a finite number in every cell.",
    "split_unassigned": "{where}: {name} is in neither the public nor the private part, and not ignored.",
    "split_unknown": "{where}: {name} is not part of the truth.",
    "split_value": "{where}: {value} of {name} is not public, private or ignored.",
    "split_kind": "{where}: a {kind} cannot be split by {by}.",
    "truth_groups_kind": "{where}: only the rows of a table can have groups.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `where` is a short locator: a scene, `line 12`, or a path such as `metrics[0].params`."""

    code: str
    where: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)

    @property
    def message(self) -> str:
        values = {name: listed(value) if isinstance(value, list) else value for name, value in self.params.items()}
        return MESSAGES[self.code].format(**{"where": self.where, **values})

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "where": self.where, "params": dict(self.params), "message": self.message}


class InvalidInput(Exception):
    """Something given cannot be used. `problems` are the first ones, `total` counts all that were found."""

    def __init__(self, problems: Iterable[Problem], total: int | None = None) -> None:
        self.problems = tuple(problems)
        self.total = len(self.problems) if total is None else total
        super().__init__("\n".join(problem.message for problem in self.problems))


class InvalidPrediction(InvalidInput):
    """The prediction cannot be read, or does not cover the cells of the truth: the contestant can mend it."""


class InvalidJob(InvalidInput):
    """Contract, metrics, job or truth make no sense: the organiser can mend it."""


class BrokenStream(Exception):
    """The stream of cells is not what the contract says. Never the fault of a prediction that was accepted."""


class Problems:
    """Collects problems; keeps the first ones and counts the rest, so that a hostile file cannot fill memory."""

    def __init__(self, shown: int = SHOWN_PROBLEMS) -> None:
        self._shown = shown
        self._kept: list[Problem] = []
        self.total = 0

    def __bool__(self) -> bool:
        return self.total > 0

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._kept)

    def add(self, code: str, where: str = "", **params: Param) -> None:
        self.total += 1
        if len(self._kept) < self._shown:
            self._kept.append(Problem(code, where, params))

    def include(self, error: InvalidInput) -> None:
        """Take over what another part of the program found."""
        for problem in error.problems:
            self.add(problem.code, problem.where, **problem.params)
        self.total += error.total - len(error.problems)

    def raise_if_any(self, error: type[InvalidInput]) -> None:
        if self.total:
            raise error(self._kept, self.total)

    def report(self) -> dict[str, Any]:
        """What a normaliser writes: the first problems, and how many there are in all."""
        status = "invalid" if self.total else "ok"
        return {"status": status, "problems": [problem.as_dict() for problem in self._kept], "total": self.total}


def quoted(text: str, limit: int = MAX_TEXT) -> str:
    """Text of a stranger, made safe to show: cut, in quotes, without control or direction characters or odd blanks."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "'" + "".join(_visible(character) for character in cut) + "'"


def _visible(character: str) -> str:
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one known word that was probably meant."""
    found = get_close_matches(word[:200], list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def listed(names: Iterable[object], limit: int = 12) -> str:
    """'a, b, c and 4 more'."""
    words = [str(name) for name in names]
    shown = ", ".join(words[:limit])
    return shown if len(words) <= limit else f"{shown} and {len(words) - limit} more"
