"""What is wrong with a file, in the reader's language: the same codes and templates as scoring.errors.MESSAGES."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from competitions.problem_phrases import phrase

TEXTS: dict[str, str | Promise] = {
    "empty_file": _("The file is empty."),
    "file_too_slow": _("Reading the file took more than {seconds} seconds; it may be damaged, or packed too tightly."),
    "file_too_hungry": _(
        "Reading the file took more than {mib} MiB of memory; it may be damaged, or packed too tightly."
    ),
    "file_unreadable": _("The file brought its reader down; it is probably damaged."),
    "file_too_large": _("The file has {bytes} bytes; at most {max_bytes} are allowed."),
    "unknown_format": _("The file is {found}; it must be {expected}."),
    "needs_zip": _("One file was sent, but there are {scenes} scenes: send a ZIP with one file for each."),
    "zip_damaged": _("The ZIP archive is damaged or not of the plain kind: {reason}."),
    "zip_too_many_entries": _("The ZIP archive has {entries} entries; at most {max_entries} are allowed."),
    "zip_unsafe_name": _("The ZIP archive has an entry with an unsafe name: {name}. Use plain file names."),
    "zip_duplicate_name": _("The ZIP archive has two entries with one name, but for case or accents: {name}, {other}."),
    "zip_special_entry": _(
        "Entry {name} of the ZIP archive is a link or a special file; only plain files are allowed."
    ),
    "zip_encrypted": _("Entry {name} of the ZIP archive is encrypted; send it without a password."),
    "zip_method": _("Entry {name} of the ZIP archive is compressed by an unusual method; use store or deflate."),
    "zip_member_too_large": _("Entry {name} of the ZIP archive unpacks to more than {max_bytes} bytes."),
    "zip_member_damaged": _("Entry {name} of the ZIP archive cannot be unpacked: its data are damaged."),
    "zip_folders": _("Entry {name} of the ZIP archive lies in a sub-folder; put all files at the top."),
    "program_ending": _("The file {name} is no program of this task; its name must end in {expected}."),
    "program_no_main": _("The ZIP archive has no {expected} at its top; that is the file that is run."),
    "program_name": _("Entry {name} of the ZIP archive has an unusable name; use letters, digits, . _ and -."),
    "program_reserved": _("Entry {name} of the ZIP archive is in the way: {reserved} is where the site puts a folder."),
    "program_depth": _("Entry {name} of the ZIP archive lies more than {max_depth} folders deep."),
    "program_many_files": _("The ZIP archive has {found} files; a program has at most {max_files}."),
    "program_twice": _("Entry {name} of the ZIP archive is a file, and {other} lies in a folder of that name."),
    "program_many_folders": _("The ZIP archive has {found} folders; a program has at most {max_folders}."),
    "program_large": _("The ZIP archive unpacks to more than {max_mib} MiB."),
    "step_empty": _("Time step {step}: the table is empty; it needs a first line that names the columns."),
    "step_header": _("Time step {step}: the first line is {found}; in the first step it is {expected}."),
    "scene_missing": _("Scene {scene} is missing; expected a file named {expected}."),
    "scene_unexpected": _("File {name} belongs to no scene of this task; remove it."),
    "scene_unexpected_hint": _("File {name} belongs to no scene of this task; did you mean {hint}?"),
    "scene_twice": _("Scene {scene} was sent twice: {name} and {other}."),
    "sidecar": _("File {name} is a side file; send the rasters alone, with everything inside them."),
    "raster_empty": _("{scene}: the file is empty."),
    "raster_format": _("{scene}: the file is {found}; it must be {expected}."),
    "raster_unreadable": _("{scene}: the raster cannot be read; it may be damaged or cut short."),
    "raster_bands": _("{scene}: the raster has {found} bands; it must have 1."),
    "raster_pages": _("{scene}: the file holds {found} images; it must hold 1."),
    "raster_dtype": _("{scene}: the cells are {found}; they must be {expected}."),
    "raster_shape": _(
        "{scene}: the raster is {found_height} x {found_width} (rows x columns); it must be {height} x {width}."
    ),
    "raster_crs_missing": _("{scene}: the raster has no CRS; it must be {expected}."),
    "raster_crs": _("{scene}: the CRS is {found}; it must be {expected}."),
    "raster_transform": _(
        "{scene}: the grid is shifted, turned or scaled by up to {pixels} pixels; the transform is {found}, it "
        "must be {expected}."
    ),
    "raster_palette": _("{scene}: the raster has a colour table; write the class values as plain grey values."),
    "raster_mask": _("{scene}: the raster has a mask inside; every cell needs a class, so write it without one."),
    "raster_compression": _("{scene}: the compression is {found}; use one of {allowed}, which keep cells as they are."),
    "raster_blocks": _(
        "{scene}: the raster is stored in blocks of {block_height} x {block_width}; use tiles of 512 x 512 or "
        "short strips."
    ),
    "raster_interlaced": _("{scene}: the PNG is interlaced; write it without interlacing."),
    "raster_class": _(
        "{scene}: {count} cells hold a value that is no class; the first is {value} in row {row}, column "
        "{column} (counted from 0). Allowed: {allowed}."
    ),
    "raster_layers": _("{scene}: the raster has {found} bands; it must have {expected}, one for each layer."),
    "raster_progressive": _("{scene}: the JPEG is progressive; save it as a baseline JPEG."),
    "array_dimensions": _("{scene}: the array has the shape {found}; it must have two dimensions, rows and columns."),
    "array_order": _("{scene}: the array is stored column by column; save numpy.ascontiguousarray(array)."),
    "array_longer": _("{scene}: something follows the array; save one array and nothing else."),
    "stack_unreadable": _("The array cannot be read; the file may be damaged, cut short, or hold Python objects."),
    "stack_shape": _("The array has the shape {found}; it must be {expected}: scenes, rows and columns."),
    "stack_shapes": _(
        "The {scenes} scenes differ in shape, so one array cannot hold them: send a ZIP with one array for each."
    ),
    "stack_dtype": _("The array holds {found}; it must hold {expected}."),
    "stack_order": _("The array is stored column by column; save numpy.ascontiguousarray(array)."),
    "stack_longer": _("Something follows the array; save one array and nothing else."),
    "netcdf_unreadable": _("The NetCDF file cannot be read; it may be damaged or cut short."),
    "variable_missing": _("{scene}: there is no variable {expected} at the top of the file."),
    "variable_unexpected": _("Variable {name} belongs to no scene of this task; remove it."),
    "variable_unexpected_hint": _("Variable {name} belongs to no scene of this task; did you mean {hint}?"),
    "variable_link": _(
        "{name} points elsewhere: a link, a virtual variable or another file; store the cells themselves."
    ),
    "variable_group": _("{name} is a group or a type; put all variables at the top of the file and leave others out."),
    "variable_filter": _("Variable {name} is compressed by an unusual method; use zlib (deflate)."),
    "variable_dimensions": _("{scene}: the variable has {found} dimensions; it must have 2, rows and columns."),
    "runs_scene": _("Line {line}: {scene} is no scene of this task."),
    "runs_scene_hint": _("Line {line}: {scene} is no scene of this task; did you mean {hint}?"),
    "runs_twice": _("Line {line}: scene {scene} was already given in line {first_line}."),
    "runs_missing": _("Scene {scene} is missing; give it a row, without runs where nothing was found."),
    "runs_missing_class": _(
        "Scene {scene} has no row for class {value}; give it one, without runs where nothing was found."
    ),
    "runs_syntax": _("Line {line}: {value} is not a list of starts and lengths such as 1 3 10 5."),
    "runs_odd": _("Line {line}: there are {found} numbers; each start needs a length."),
    "runs_outside": _(
        "Line {line}: the run of {length} cells from {start} lies outside of the scene, whose cells are counted "
        "from {first} to {last}."
    ),
    "runs_order": _(
        "Line {line}: the run from {start} begins before the one from {before} has ended; sort the runs and let "
        "none overlap."
    ),
    "runs_many": _("{scene}: there are more than {max_runs} runs; write the mask with fewer and longer ones."),
    "runs_classes_overlap": _("{scene}: the run from {start} overlaps a run of another class; a cell has one class."),
    "csv_encoding": _("Line {line}: the text is not UTF-8."),
    "csv_utf16": _("The file is UTF-16; save it as CSV in UTF-8."),
    "csv_nul": _("Line {line}: there is a NUL character."),
    "csv_line_too_long": _("Line {line} is longer than {max_bytes} bytes."),
    "csv_field_too_long": _("Line {line}: a value is longer than {max_bytes} bytes."),
    "csv_syntax": _("Line {line}: the line is not valid CSV: a quotation mark or a line end is out of place."),
    "csv_no_header": _("The first line must name the columns: {expected}."),
    "csv_column_missing": _("Column {column} is missing; the first line must name {expected}."),
    "csv_column_extra": _("Column {column} is not part of this task; the first line must name {expected}."),
    "csv_column_twice": _("Column {column} is named twice in the first line."),
    "csv_ragged": _("Line {line} has {found} values; it must have {expected}."),
    "csv_blank": _("Line {line} is blank."),
    "csv_not_number": _("Line {line}, column {column}: {value} is not a number such as -12.5 or 3e-4."),
    "csv_not_integer": _("Line {line}, column {column}: {value} is not a whole number such as 42."),
    "csv_number_range": _("Line {line}, column {column}: {value} is too large or too small to be used."),
    "csv_minimum": _("Line {line}, column {column}: {value} is less than {minimum}."),
    "csv_maximum": _("Line {line}, column {column}: {value} is more than {maximum}."),
    "csv_enum": _("Line {line}, column {column}: {value} is not one of {allowed}."),
    "csv_empty": _("Line {line}, column {column}: the value is empty."),
    "csv_text": _("Line {line}, column {column}: {value} holds control characters, or more than {max_bytes} bytes."),
    "csv_id_twice": _("Line {line}: id {id} was already given in line {first_line}."),
    "csv_no_rows": _("The table has no rows."),
    "csv_too_many_rows": _("The table has more than {max_rows} rows; it must have {rows}."),
    "parquet_unreadable": _("The Parquet file cannot be read; it may be damaged or cut short."),
    "parquet_type": _("Column {column} is of the type {found}; it must be {expected}."),
    "parquet_too_large": _("Column {column} unpacks to {bytes} bytes; at most {max_bytes} are allowed."),
    "row_sum": _("{rows} rows do not sum to 1 over the columns {columns}; the first sums to {found}."),
    "id_missing": _("Id {id} is missing."),
    "id_unexpected": _("Line {line}: id {id} is not part of this task."),
    "lines_json": _("The JSON cannot be read: {reason}."),
    "lines_no_features": _("The GeoJSON has no list of features; it must be a FeatureCollection."),
    "lines_feature": _("A feature has no property {property}, which must name its scene."),
    "lines_scene_missing": _("Scene {scene} is missing; every scene of the task must be given."),
    "lines_scene_twice": _("Scene {scene} is given twice."),
    "lines_scene_unexpected": _("{name} is no scene of this task; remove it."),
    "lines_scene_unexpected_hint": _("{name} is no scene of this task; did you mean {hint}?"),
    "lines_empty": _("{scene}: there are no points; give at least one line or point."),
    "lines_point": _("{scene}: point {index} (counted from 0) is {found}; it must be [x, y], two finite numbers."),
    "lines_nested": _("{scene}: this task wants single points: one list [[x, y], ...], not several."),
    "lines_short": _("{scene}: a line has {found} points; it must have at least {expected}."),
    "lines_open": _("{scene}: a ring is open; its last point must be its first."),
    "lines_geometry": _("{scene}: the geometry is {found}; it must be one of {expected}."),
    "lines_wkt": _("{scene}: {value} is not WKT such as LINESTRING (0 0, 3.5 4)."),
    "lines_outside": _(
        "{scene}: point {index} (counted from 0) of a line lies at {found}, too far outside of the scene ({expected})."
    ),
    "lines_too_many_points": _("{scene}: there are more than {max_points} points."),
    "lines_too_long": _("{scene}: the lines are more than {max_length} pixels long in all."),
    "detections_too_many": _("{scene}: there are more than {max_detections} detections."),
    "detections_box": _("Line {line}: the box is empty; x_min must be less than x_max, and y_min less than y_max."),
    "lines_truth_size": _("{where}: the size of scene {scene} is unknown; state its height and width in scenes.json."),
    "lines_truth_transects": _("{where}: the truth of scene {scene} crosses none of its transects (validate_lines)."),
    "lines_truth_transect": _("{where}: transect {index} must be two different points [[x1, y1], [x2, y2]]."),
    "mask_boundary_long": _("{scene}: the boundary of the mask has more than {max_cells} cells; is it noise?"),
    "lines_transform": _("{where}: scene {scene} has no transform, which {needed} needs."),
    "program_refused": _("The scoring program of this contest refuses the file and says: {message}."),
    "job_unreadable": _("{where}: {name} cannot be read as JSON: {reason}."),
    "job_missing": _("{where}: '{key}' is missing."),
    "job_type": _("{where}: found {found}; it must be {expected}."),
    "job_choice": _("{where}: {value} is unknown; it must be one of {allowed}."),
    "job_choice_hint": _("{where}: {value} is unknown; did you mean {hint}? It must be one of {allowed}."),
    "job_range": _("{where}: {value} is out of range; it must be {expected}."),
    "job_twice": _("{where}: {value} is given twice."),
    "job_file_missing": _("{where}: there is no file or folder {name}."),
    "metric_unknown": _("{where}: metric {value} is unknown; there are {allowed}."),
    "metric_unknown_hint": _("{where}: metric {value} is unknown; did you mean {hint}?"),
    "metric_kind": _("{where}: metric {value} is for {found}; this task is a {expected}."),
    "metric_macro_table": _("{where}: a table has no scenes to average over; use pooled."),
    "metric_positive": _("{where}: say which class is the positive one; there are {allowed}."),
    "metric_layer": _("{where}: say which layer is scored, with layer; there are {allowed}."),
    "metric_no_layers": _("{where}: this task has no layers."),
    "metric_group_value": _("{where}: group {value} needs a value, a whole number that stands for its cells."),
    "metric_class_uncovered": _("{where}: class {value} of the predictions is in no group."),
    "truth_uncovered": _("{where}: the truth holds {value}, which is in no group and not ignored."),
    "truth_no_scenes": _("The truth has no .tif or .png file."),
    "truth_scene_missing": _("{where}: the truth has no file for scene {scene}."),
    "truth_unexpected": _("{where}: file {name} of the truth is neither a raster nor known."),
    "truth_too_many_values": _("{where}: the truth has more than {max_values} different values; is it a class mask?"),
    "truth_not_whole": _("{where}: the truth holds values that are not whole numbers in {expected}."),
    "truth_layers": _("{where}: the layers of the scene differ in shape or place; they must lie on one grid."),
    "truth_mask": _("{where}: the mask must have the shape of its scene, {height} x {width}, and whole numbers."),
    "truth_mismatch": _("{where}: the truth has {found}; the contract says {expected}."),
    "grid_format": _("The file is {found}; it must be {expected}."),
    "grid_classic": _("The file is NetCDF of the classic kind; write it as NetCDF-4."),
    "grid_damaged": _("The file cannot be read; it is damaged, cut short, or not what it seems to be."),
    "grid_bytes": _("The array says that the file has {expected} bytes, but it has {found}."),
    "grid_variable": _("There is no variable {variable} to be read; the file has {found}."),
    "grid_link": _("The values lie in another file, or behind a link; write them into the file itself."),
    "grid_type": _("The values are {found}; they must be {expected}."),
    "grid_shape": _("The array is {found}; it must be {expected}."),
    "grid_dimensions": _("The dimensions are {found}; the {axis} dimension must be {expected}. Nothing is transposed."),
    "grid_order": _(
        "The array is stored column by column (Fortran order); write it row by row, as numpy.ascontiguousarray does."
    ),
    "grid_npz_members": _(
        "An array of members and fields in a ZIP must be split into one array for each field; or send it as .npy."
    ),
    "grid_filter": _("The values are compressed by an unusual method; use zlib (deflate)."),
    "grid_chunks": _("The values are stored in blocks of {found}; use blocks of one field each."),
    "grid_attribute": _("Attribute {name} is not one number."),
    "grid_units": _("The unit is {found}; it must be {expected}. Nothing is converted."),
    "grid_crs": _("The CRS is {found}; it must be {expected}."),
    "grid_time_units": _(
        "Times {name} are in {found}; write them like 'hours since 2019-06-10 00:00:00' in the standard calendar."
    ),
    "grid_coordinate_count": _("Coordinate {axis} has {found} values; it must have {expected}."),
    "grid_coordinate": _(
        "Coordinate {axis} differs in {count} places; number {index} (counted from 0) is {found}, it "
        "must be {expected}. Nothing is shifted or matched."
    ),
    "grid_coordinate_turned": _(
        "Coordinate {axis} runs the other way: it begins with {found}, it must begin with {expected}. "
        "Turn coordinate and values round."
    ),
    "grid_missing": _(
        "{field}: {count} cells hold no finite number; the first is in row {row}, column {column} "
        "(counted from 0). Every cell needs one."
    ),
    "grid_range": _(
        "{field}: {count} cells are outside {minimum} to {maximum}; the first is {value} in row {row}, "
        "column {column} (counted from 0)."
    ),
    "truth_grid_none": _("The truth has no .nc, .npy or .tif file."),
    "truth_grid_stranger": _("{where}: file {name} of the truth is no .nc, .npy or .tif file."),
    "truth_grid_axis": _("{where}: coordinate {axis} of the truth must rise or fall all the way."),
    "truth_grid_weights": _("{where}: weights must be finite numbers of at least 0, and not all 0."),
    "truth_grid_latitude": _("{where}: cos_latitude needs a latitude coordinate in degrees in the truth."),
    "truth_grid_climatology": _("{where}: the climatology needs a finite number in every cell."),
    "split_unassigned": _("{where}: {name} is in neither the public nor the private part, and not ignored."),
    "split_unknown": _("{where}: {name} is not part of the truth."),
    "split_value": _("{where}: {value} of {name} is not public, private or ignored."),
    "split_kind": _("{where}: a {kind} cannot be split by {by}."),
    "truth_groups_kind": _("{where}: only the rows of a table can have groups."),
}


@dataclass(frozen=True, slots=True)
class ProblemText:
    """`where` is empty when the text names the place itself."""

    where: str
    text: str


def problem_texts(problems: Iterable[Mapping[str, Any]]) -> list[ProblemText]:
    return [_problem_text(problem) for problem in problems]


def _problem_text(problem: Mapping[str, Any]) -> ProblemText:
    where, text = str(problem.get("where", "")), problem_text(problem)
    return ProblemText("" if where in text else where, text)


def problem_text(problem: Mapping[str, Any]) -> str:
    """The translated template with the problem's own values; the English message where they do not fit together."""
    template = TEXTS.get(problem.get("code", ""))
    params = {name: _shown(value) for name, value in (problem.get("params") or {}).items()}
    try:
        return str(template).format(**{"where": problem.get("where", ""), **params}) if template else _message(problem)
    except (KeyError, IndexError, ValueError):
        return _message(problem)


def text_beside_place(problem: Mapping[str, Any]) -> str:
    """The text without the place that begins it, and without its full stop: for where the place is told beside."""
    where, text = str(problem.get("where", "")), problem_text(problem)
    for mark in (": ", "："):
        text = text.removeprefix(f"{where}{mark}")
    return text.removesuffix(".").removesuffix("。")


def _message(problem: Mapping[str, Any]) -> str:
    return str(problem.get("message", ""))


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return phrase(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
