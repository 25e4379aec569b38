"""The contract of detections: a CSV with a row for each object found. Rows have no ids, and a scene may have none.

Points are a row and a column, boxes x_min, y_min, x_max, y_max, all in pixels. Costs no numerical library.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from scoring.contract import DEFAULT_MAX_BYTES, SCENE_NAME, KindContract, max_bytes
from scoring.errors import quoted
from scoring.reading import Node

GEOMETRIES: Final = ("point", "box")
BOX: Final = ("x_min", "y_min", "x_max", "y_max")
DEFAULT_MAX_DETECTIONS: Final = 5_000
MAX_DETECTIONS: Final = 50_000
MAX_COORDINATE: Final = 1e7
MAX_NUMBER: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionsContract(KindContract):
    """Names of columns; `confidence` is empty where none is asked for. `scenes` are all that count, found or not."""

    kind: str = "detections"
    formats: tuple[str, ...] = ("csv",)
    geometry: str = "point"
    scene: str = "scene_id"
    row: str = "row"
    column: str = "column"
    confidence: str = ""
    flags: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    max_detections: int = DEFAULT_MAX_DETECTIONS  # of a scene
    scenes: tuple[str, ...] = ()
    max_file_bytes: int = DEFAULT_MAX_BYTES

    @property
    def places(self) -> tuple[str, ...]:
        """The columns that say where."""
        return BOX if self.geometry == "box" else (self.row, self.column)

    @property
    def values(self) -> tuple[str, ...]:
        """All columns but that of the scene, in their order on the stream."""
        return (*self.places, *((self.confidence,) if self.confidence else ()), *self.flags, *self.numbers)


def read(node: Node, *, complete: bool) -> DetectionsContract:
    """The contract from JSON; mistakes go to the collector of the node."""
    limit = node.at("max_detections").whole(1, MAX_DETECTIONS, DEFAULT_MAX_DETECTIONS)
    contract = DetectionsContract(
        formats=tuple(one.choice(("csv",), "csv") for one in node.at("formats").items())[:1] or ("csv",),
        geometry=node.at("geometry").choice(GEOMETRIES, "point"),
        scene=node.at("scene").text("scene_id") or "scene_id",
        row=node.at("row").text("row") or "row",
        column=node.at("column").text("column") or "column",
        confidence=node.at("confidence").text(),
        flags=tuple(one.text() for one in node.at("flags").items()),
        numbers=tuple(one.text() for one in node.at("numbers").items()),
        max_detections=limit or DEFAULT_MAX_DETECTIONS,
        scenes=tuple(one.text() for one in node.at("scenes").items()),
        max_file_bytes=max_bytes(node),
    )
    names = [contract.scene, *contract.values]
    for name in sorted({name for name in names if names.count(name) > 1}):
        node.problems.add("job_twice", node.where, value=quoted(name))
    for name in sorted({name for name in contract.scenes if contract.scenes.count(name) > 1}):
        node.problems.add("job_twice", f"{node.where}.scenes", value=quoted(name))
    for name in contract.scenes:
        if not SCENE_NAME.fullmatch(name):
            place = f"{node.where}.scenes"
            node.problems.add("job_range", place, value=quoted(name), expected="letters, digits and . _ -")
    if complete and not contract.scenes:
        node.problems.add("job_missing", node.where, key="scenes")
    return contract


def document(contract: DetectionsContract) -> dict[str, Any]:
    """The JSON form; read() takes it back."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(contract).items()}
