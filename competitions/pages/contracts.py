"""A task's contract in words: what a submission must look like, read from the very contract that checks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from competitions.localised import text_in
from competitions.models import Task
from competitions.pages.grid_contracts import ACCEPT, grid_notes, grid_rules
from competitions.pages.line_contracts import ACCEPT as LINE_ACCEPT
from competitions.pages.line_contracts import FORMATS as LINE_FORMATS
from competitions.pages.line_contracts import OF_LINES, detection_rules, line_notes, line_rules
from competitions.pages.table_notes import table_notes


@dataclass(frozen=True, slots=True)
class ClassValue:
    value: int
    title: str


@dataclass(frozen=True, slots=True)
class Layer:
    name: str
    classes: list[ClassValue]


@dataclass(frozen=True, slots=True)
class Scene:
    name: str
    shape: str
    crs: str
    pixel: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    rule: str
    is_key: bool


@dataclass(frozen=True, slots=True)
class Metric:
    key: str
    title: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ContractText:
    """`kind` is raster or table; the other kind's fields are empty."""

    kind: str
    formats: list[str]
    max_file_bytes: int
    dtype: str = ""
    classes: list[ClassValue] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    row_count: int | None = None
    layers: list[Layer] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    accept: str = ""

    @property
    def header(self) -> str:
        return ",".join(one.name for one in self.fields)

    @property
    def is_single_scene(self) -> bool:
        return len(self.scenes) == 1

    @property
    def scene_formats(self) -> list[str]:
        """Formats of which a file holds one scene, or one layer of it."""
        return [name for name in self.formats if name not in WHOLE_FORMATS]

    @property
    def example_names(self) -> list[str]:
        suffix = ENDINGS.get(self.formats[0] if len(self.formats) == 1 else "", "tif")
        stems = [scene.name for scene in self.scenes[:2]]
        if self.layers:
            stems = [f"{self.scenes[0].name}_{layer.name}" for layer in self.layers[:2]]
        return [f"{stem}.{suffix}" for stem in stems]


FORMATS = {
    "geotiff": "GeoTIFF",
    "png": "PNG",
    "jpeg": "JPEG",
    "npy": "NumPy (.npy)",
    "npz": "NumPy (.npz)",
    "netcdf": "NetCDF4",
    "rle": "CSV (RLE)",
    "csv": "CSV",
    "tsv": "TSV",
    "parquet": "Parquet",
}
ENDINGS = {"PNG": "png", "JPEG": "jpg", "NumPy (.npy)": "npy", "NumPy (.npz)": "npy"}
WHOLE_FORMATS = ("NetCDF4", "CSV (RLE)")
ACCEPTED = {
    "geotiff": ".tif,.tiff",
    "png": ".png",
    "jpeg": ".jpg,.jpeg",
    "npy": ".npy",
    "npz": ".npz",
    "netcdf": ".nc,.nc4,.h5,.hdf5",
    "rle": ".csv",
    "csv": ".csv,text/csv",
    "tsv": ".tsv,text/tab-separated-values",
    "parquet": ".parquet",
}


def contract_text(task: Task, *, max_file_bytes: int) -> ContractText | None:
    """None while the task is not published for scoring."""
    if task.current_version is None:
        return None
    contract = task.current_version.contract
    formats = [FORMATS.get(name, name) for name in contract.get("formats", [])]
    limit = min(max_file_bytes, contract.get("max_file_bytes") or max_file_bytes)
    if contract.get("kind") == "table":
        rows, accept = contract.get("rows"), ",".join(ACCEPTED[name] for name in contract.get("formats", ["csv"]))
        return ContractText("table", formats, limit, fields=_fields(contract["schema"]), row_count=rows, accept=accept)
    if contract.get("kind") == "grid":
        scenes = [Scene(name, "", "", "") for name in contract.get("fields", [])]
        return ContractText("grid", formats, limit, scenes=scenes, ways=grid_rules(contract, formats), accept=ACCEPT)
    if contract.get("kind") == "detections":
        scenes = [Scene(name, "", "", "") for name in contract.get("scenes", [])]
        return ContractText(
            "detections", formats, limit, scenes=scenes, ways=detection_rules(contract), accept=".csv,text/csv"
        )
    if contract.get("kind") == "lines":
        formats = [LINE_FORMATS.get(name, name) for name in contract.get("formats", [])]
        scenes = [_scene(scene) for scene in contract.get("scenes", [])]
        return ContractText("lines", formats, limit, scenes=scenes, ways=line_rules(contract), accept=LINE_ACCEPT)
    return ContractText(
        "raster",
        formats,
        limit,
        dtype=contract.get("dtype", ""),
        classes=_classes(contract.get("classes", []), task.submission.get("classes")),
        scenes=[_scene(scene) for scene in contract.get("scenes", [])],
        layers=_layers(contract.get("layers", []), task.submission.get("layers", {})),
        ways=_ways(contract),
        accept=",".join([*(ACCEPTED[name] for name in contract.get("formats", []) if name in ACCEPTED), ".zip"]),
    )


def _layers(layers: Sequence[Mapping[str, Any]], titles: Mapping[str, Any]) -> list[Layer]:
    return [Layer(one["name"], _classes(one["classes"], titles.get(one["name"], {}).get("classes"))) for one in layers]


def _ways(contract: Mapping[str, Any]) -> list[str]:
    """How a file holds the scenes, for formats that hold more than one, or whose values may change."""
    formats, layers = contract.get("formats", []), contract.get("layers", [])
    ways = []
    if layers and "geotiff" in formats:
        names = ", ".join(layer["name"] for layer in layers)
        ways.append(
            _("a GeoTIFF for each scene may hold all layers as bands, in this order: %(names)s") % {"names": names}
        )
    if "npy" in formats and not layers:
        ways.append(_("one array (scenes, rows, columns) may hold all scenes, in the order below"))
    if "netcdf" in formats:
        name = "<scene>_<layer>" if layers else "<scene>"
        ways.append(_("one NetCDF4 file has a variable %(name)s of rows and columns for each") % {"name": name})
    if "rle" in formats:
        ways.append(_run_text(contract.get("rle", {})))
    if "jpeg" in formats:
        ways.append(_("saving a JPEG changes cells; their values must be exact all the same"))
    return ways


def _run_text(rle: Mapping[str, Any]) -> str:
    names = [rle.get("scene", "ImageId"), rle.get("class", ""), rle.get("runs", "EncodedPixels")]
    values = {"header": ",".join(name for name in names if name), "start": rle.get("start", 1)}
    if rle.get("order", "columns") == "rows":
        return (
            _("a CSV with the columns %(header)s: starts and lengths of runs along the rows, counted from %(start)s")
            % values
        )
    return (
        _("a CSV with the columns %(header)s: starts and lengths of runs down the columns, counted from %(start)s")
        % values
    )


def _classes(values: Sequence[int], titles: Any) -> list[ClassValue]:
    """Titles are the organiser's: {"0": {"en": ...}} or {"0": "sea"}; a plain list of values has none."""
    named = titles if isinstance(titles, Mapping) else {}
    return [ClassValue(value, _title(named.get(str(value), named.get(value)))) for value in values]


def _title(title: Any) -> str:
    return text_in(title) if isinstance(title, Mapping) else str(title or "")


def _scene(scene: Mapping[str, Any]) -> Scene:
    shape = f"{scene['height']} × {scene['width']}"
    return Scene(scene["name"], shape, scene.get("crs") or "", _pixel(scene.get("transform")))


def _pixel(transform: Sequence[float] | None) -> str:
    """The pixel's width and height in units of the CRS."""
    return f"{abs(transform[0]):g} × {abs(transform[4]):g}" if transform else ""


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    keys = schema.get("primaryKey", [])
    keys = [keys] if isinstance(keys, str) else keys
    return [
        Field(one["name"], one.get("type", "string"), _rule(one.get("constraints", {})), one["name"] in keys)
        for one in schema.get("fields", [])
    ]


def _rule(constraints: Mapping[str, Any]) -> str:
    parts = []
    if "minimum" in constraints:
        parts.append(_("at least %(value)s") % {"value": constraints["minimum"]})
    if "maximum" in constraints:
        parts.append(_("at most %(value)s") % {"value": constraints["maximum"]})
    if "enum" in constraints:
        parts.append(_("one of %(values)s") % {"values": ", ".join(map(str, constraints["enum"]))})
    return "; ".join(parts)


# -- metrics ----------------------------------------------------------------------------------------------------------


def metric_texts(task: Task) -> list[Metric]:
    """The frozen metrics; the first ranks. The organiser's titles stand in the task's own description."""
    frozen = task.current_version.metrics if task.current_version else task.metrics
    titles = {metric["key"]: metric.get("title") for metric in task.metrics}
    kind = task.submission.get("kind", "")
    return [
        Metric(one["key"], _title(one.get("title") or titles.get(one["key"])) or one["key"], _notes(one, kind))
        for one in frozen
    ]


def metric_titles(task: Task) -> dict[str, str]:
    return {metric.key: metric.title for metric in metric_texts(task)}


def _notes(metric: Mapping[str, Any], kind: str) -> list[str]:
    aggregates = {"macro": _("mean over the scenes"), "pooled": _("all cells together")}
    if metric.get("metric") == "program":
        return [_("computed by the organiser's own program")]
    params = metric.get("params", {})
    # Of a table all rows together: there is no other way, so nothing to say.
    notes = table_notes(params) if kind == "table" else [aggregates.get(metric.get("aggregate", ""), "")]
    if kind in OF_LINES:
        notes = line_notes(metric)
    if "layer" in params:
        notes.append(_("layer %(name)s") % {"name": params["layer"]})
    if "zero_division" in params:
        notes.append(_zero_division(params["zero_division"]))
    if params.get("ignore"):
        notes.append(_("not counted: truth %(values)s") % {"values": ", ".join(map(str, params["ignore"]))})
    notes += grid_notes(params)
    notes += [_group(group) for group in params.get("classes", []) if isinstance(group, Mapping)]
    return [note for note in notes if note]


def _zero_division(rule: Any) -> str:
    if rule == "skip":
        return _("a scene where the score would be 0/0 is left out")
    return _("0/0 counts as %(value)s") % {"value": rule}


def _group(group: Mapping[str, Any]) -> str:
    values = {
        "name": group.get("name", ""),
        "truth": ", ".join(map(str, group.get("truth", []))),
        "prediction": ", ".join(map(str, group.get("prediction", []))),
    }
    return _("%(name)s: truth %(truth)s ↔ prediction %(prediction)s") % values
