"""The contract: what a prediction must look like. Public; it holds neither truth nor split."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from scoring.errors import InvalidJob, Problems, quoted
from scoring.kinds import PACKAGES, part_of
from scoring.mask_parts import Layer, Runs, parts_document, read_classes, read_layers, read_runs
from scoring.reading import Node

DTYPES: Final = ("uint8", "uint16", "int16")
RASTER_FORMATS: Final = ("geotiff", "png", "jpeg", "npy", "npz", "netcdf", "rle")
DEFAULT_RASTER_FORMATS: Final = ("geotiff", "png")
TABLE_FORMATS: Final = ("csv", "tsv", "parquet")
FIELD_TYPES: Final = ("string", "integer", "number")
MAX_SIDE: Final = 200_000
MAX_ROWS: Final = 100_000_000
DEFAULT_MAX_BYTES: Final = 100 * 1024 * 1024
SCENE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DTYPE_RANGE: Final = {"uint8": (0, 255), "uint16": (0, 65_535), "int16": (-32_768, 32_767)}


@dataclass(frozen=True, slots=True)
class Scene:
    """One raster of the truth. `transform` maps (column, row) to coordinates: x = a col + b row + c, y = d col + ..."""

    name: str
    height: int
    width: int
    crs: str | None = None
    transform: tuple[float, ...] | None = None

    @property
    def cells(self) -> int:
        return self.height * self.width


@dataclass(frozen=True, slots=True)
class RasterContract:
    """Masks of class values, one a scene; with `layers`, one for each of them, whose classes stand there alone.

    JPEG is lossy: cells must hold exact class values all the same, so it suits widely spaced values at best.
    """

    formats: tuple[str, ...]
    dtype: str
    classes: tuple[int, ...]
    scenes: tuple[Scene, ...]
    max_file_bytes: int = DEFAULT_MAX_BYTES
    crs: str | None = None
    shape: tuple[int, int] | None = None
    kind: str = "raster"
    layers: tuple[Layer, ...] = ()
    rle: Runs | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A column, as in a Frictionless Table Schema."""

    name: str
    type: str
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableContract:
    """A table with one row for each id. `rows` is None until the truth has been normalised."""

    fields: tuple[Field, ...]
    primary_key: str
    rows: int | None = None
    max_file_bytes: int = DEFAULT_MAX_BYTES
    kind: str = "table"
    formats: tuple[str, ...] = ("csv",)

    @property
    def key_field(self) -> Field:
        return next(field for field in self.fields if field.name == self.primary_key)

    @property
    def values(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.name != self.primary_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindContract:
    """What the contract of every other kind has, see scoring/kinds."""

    kind: str
    max_file_bytes: int = DEFAULT_MAX_BYTES


Contract = RasterContract | TableContract | KindContract


def parse_contract(document: object, *, where: str = "contract", complete: bool = True) -> Contract:
    """A contract from JSON. `complete`: scenes or rows must be known, as they are once a truth was normalised.

    Raises:
        InvalidJob: with every mistake that was found.
    """
    problems = Problems()
    contract = read_contract(Node(document, where, problems), complete=complete)
    problems.raise_if_any(InvalidJob)
    assert contract is not None  # noqa: S101  (without problems there is a contract)
    return contract


def read_contract(node: Node, *, complete: bool = True) -> Contract | None:
    """As parse_contract, with problems added to the collector of the node; None when it is of no use."""
    before = node.problems.total
    kind = node.need("kind").choice(("raster", "table", *PACKAGES), "raster")
    if node.problems.total > before:
        return None
    if kind in PACKAGES:
        contract: Contract | None = part_of(kind, "contract").read(node, complete=complete)
        return contract
    return _read_raster(node, complete=complete) if kind == "raster" else _read_table(node, complete=complete)


def contract_digest(contract: Contract) -> bytes:
    """32 bytes that two processes compare, so that they speak of the same cells."""
    return hashlib.sha256(json.dumps(asdict(contract), sort_keys=True, allow_nan=False).encode()).digest()


def contract_document(contract: Contract) -> dict[str, Any]:
    """The JSON form of a contract; parse_contract reads it back."""
    document: dict[str, Any]
    if isinstance(contract, KindContract):
        document = part_of(contract.kind, "contract").document(contract)
        return document
    if isinstance(contract, RasterContract):
        document = {
            **asdict(contract),
            "formats": list(contract.formats),
            "classes": list(contract.classes),
            "shape": None if contract.shape is None else list(contract.shape),
        }
        document["scenes"] = [
            {**asdict(scene), "transform": None if scene.transform is None else list(scene.transform)}
            for scene in contract.scenes
        ]
        left_out = {"layers", "rle", *(("classes",) if contract.layers else ())}
        stated = {key: value for key, value in document.items() if value is not None and key not in left_out}
        return {**stated, **parts_document(contract.layers, contract.rle)}
    fields = [_field_document(field) for field in contract.fields]
    schema = {"fields": fields, "primaryKey": contract.primary_key}
    document = {"kind": "table", "formats": list(contract.formats), "schema": schema}
    return {**document, "rows": contract.rows, "max_file_bytes": contract.max_file_bytes}


def _field_document(field: Field) -> dict[str, Any]:
    constraints = {"minimum": field.minimum, "maximum": field.maximum, "enum": list(field.enum) or None}
    stated = {key: value for key, value in constraints.items() if value is not None}
    return {"name": field.name, "type": field.type, **({"constraints": stated} if stated else {})}


# -- rasters ----------------------------------------------------------------------------------------------------------


def _read_raster(node: Node, *, complete: bool) -> RasterContract:
    dtype = node.at("dtype").choice(DTYPES, "uint8")
    formats = _formats(node.at("formats"))
    layers = read_layers(node.at("layers"), *_DTYPE_RANGE[dtype])
    classes = _classes(node, layers, dtype)
    shape = [item.whole(1, MAX_SIDE) or 1 for item in node.at("shape").items()]
    contract = RasterContract(
        formats=formats,
        dtype=dtype,
        classes=classes,
        scenes=tuple(read_scene(item) for item in node.at("scenes").items()),
        max_file_bytes=max_bytes(node),
        crs=node.at("crs").text() or None,
        shape=(shape[0], shape[1]) if len(shape) == 2 else None,
        layers=layers,
        rle=None if layers else read_runs(node.at("rle"), formats, classes),
    )
    if layers and "rle" in formats:
        node.problems.add("job_range", f"{node.where}.formats", value="rle", expected="left out where there are layers")
    _check_scenes(node, contract, complete=complete)
    return contract


def _formats(node: Node) -> tuple[str, ...]:
    found = tuple(item.choice(RASTER_FORMATS, "geotiff") for item in node.items())
    return tuple(dict.fromkeys(found)) or DEFAULT_RASTER_FORMATS


def _classes(node: Node, layers: tuple[Layer, ...], dtype: str) -> tuple[int, ...]:
    """The classes of the contract; with layers, these say them."""
    if node.at("layers").is_null:
        return read_classes(node.need("classes"), *_DTYPE_RANGE[dtype])
    if not node.at("classes").is_null:
        node.problems.add("job_range", f"{node.where}.classes", value="classes", expected="inside of each layer")
    return ()


def read_scene(node: Node) -> Scene:
    name = node.need("name").text()
    if not SCENE_NAME.fullmatch(name):
        node.problems.add("job_range", node.where, value=quoted(name), expected="letters, digits and . _ -")
    numbers = [number for item in node.at("transform").items() if (number := item.number()) is not None]
    transform = tuple(numbers[:6])
    if not node.at("transform").is_null and (len(transform) != 6 or _is_flat(transform)):
        node.at("transform").wrong("six numbers a, b, c, d, e, f with a e - b d not 0")
    return Scene(
        name=name,
        height=node.need("height").whole(1, MAX_SIDE, 1) or 1,
        width=node.need("width").whole(1, MAX_SIDE, 1) or 1,
        crs=node.at("crs").text() or None,
        transform=transform or None,
    )


def _is_flat(transform: tuple[float, ...]) -> bool:
    a, b, _, d, e, _ = transform
    return a * e - b * d == 0


def names_once(node: Node, scenes: tuple[Scene, ...]) -> set[str]:
    """Notes the names that are given twice, but for capitals; returns the names without capitals."""
    seen: set[str] = set()
    for scene in scenes:
        if scene.name.casefold() in seen:
            node.problems.add("job_twice", f"{node.where}.scenes", value=quoted(scene.name))
        seen.add(scene.name.casefold())
    return seen


def _check_scenes(node: Node, contract: RasterContract, *, complete: bool) -> None:
    seen = names_once(node, contract.scenes)
    for scene in contract.scenes:
        for layer in contract.layers:
            stem = f"{scene.name}_{layer.name}".casefold()
            if stem in seen:
                node.problems.add("job_twice", f"{node.where}.layers", value=f"the name {quoted(stem)}")
            seen.add(stem)
    if complete and not contract.scenes:
        node.problems.add("job_missing", node.where, key="scenes")


# -- tables -----------------------------------------------------------------------------------------------------------


def _read_table(node: Node, *, complete: bool) -> TableContract | None:
    formats = tuple(dict.fromkeys(item.choice(TABLE_FORMATS, "csv") for item in node.at("formats").items()))
    schema = node.need("schema")
    fields = tuple(_field(item) for item in schema.need("fields").items())
    _check_names(schema, fields)
    key = _primary_key(schema.need("primaryKey"))
    rows = node.at("rows").whole(1, MAX_ROWS)
    if complete and rows is None:
        node.problems.add("job_missing", node.where, key="rows")
    if key not in {field.name for field in fields}:
        allowed = [field.name for field in fields]
        node.problems.add("job_choice", f"{schema.where}.primaryKey", value=quoted(key), allowed=allowed)
        return None
    _check_key(schema, fields, key)
    return TableContract(fields, key, rows, max_bytes(node), formats=formats or ("csv",))


def _check_names(schema: Node, fields: tuple[Field, ...]) -> None:
    names = [field.name for field in fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        schema.problems.add("job_twice", f"{schema.where}.fields", value=quoted(name))


def _check_key(schema: Node, fields: tuple[Field, ...], key: str) -> None:
    for index, field in enumerate(fields):
        if field.name == key and field.type == "number":
            schema.problems.add(
                "job_choice", f"{schema.where}.fields[{index}].type", value="'number'", allowed=["string", "integer"]
            )
    if len(fields) < 2:
        schema.problems.add("job_range", f"{schema.where}.fields", value=len(fields), expected="an id and a value")


def _primary_key(node: Node) -> str:
    """A name, or a list of one name, as Frictionless allows both."""
    if isinstance(node.value, list) and len(node.value) == 1:
        return next(node.items()).text()
    return node.text()


def _field(node: Node) -> Field:
    name = node.need("name").text()
    if not name.strip() or name != name.strip() or any(ord(character) < 32 for character in name):
        node.problems.add("job_range", f"{node.where}.name", value=quoted(name), expected="a plain name")
    constraints = node.at("constraints")
    return Field(
        name=name,
        type=node.need("type").choice(FIELD_TYPES, "string"),
        minimum=constraints.at("minimum").number(),
        maximum=constraints.at("maximum").number(),
        enum=tuple(_enum_value(item) for item in constraints.at("enum").items()),
    )


def _enum_value(node: Node) -> str:
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return repr(node.value)
    node.wrong("a text or a number")
    return ""


def max_bytes(node: Node) -> int:
    return node.at("max_file_bytes").whole(1, 2**50, DEFAULT_MAX_BYTES) or DEFAULT_MAX_BYTES
