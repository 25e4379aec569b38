"""The contract of lines: for each scene points, lines or outlines, as JSON, GeoJSON or WKT.

All coordinates are pixels (column, row) of the scene once they were read: (0, 0) is the corner of its first cell, as
the transform takes them. Costs no numerical library.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from scoring.contract import DEFAULT_MAX_BYTES, KindContract, Scene, max_bytes, names_once, read_scene
from scoring.reading import Node

FORMATS: Final = ("pixel_json", "geojson", "wkt")
DEFAULT_FORMATS: Final = ("pixel_json",)
GEOMETRIES: Final = ("lines", "points")
COORDINATES: Final = ("pixel", "crs")
DEFAULT_MAX_POINTS: Final = 100_000
MAX_POINTS: Final = 2_000_000
MAX_SCENES: Final = 20_000
MAX_LENGTH: Final = 2_000_000.0  # pixels of all lines of a scene: they are cut into steps when they are compared
DEFAULT_MARGIN: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesContract(KindContract):
    """`geometry` lines: lines and outlines, compared all along; points: single points, in no order.

    `margin`: how far outside of a scene a coordinate may lie, as a share of its longer side.
    """

    kind: str = "lines"
    formats: tuple[str, ...] = DEFAULT_FORMATS
    geometry: str = "lines"
    coordinates: str = "pixel"  # of GeoJSON and WKT; JSON of pixels has no other
    scene_property: str = "scene"
    max_points: int = DEFAULT_MAX_POINTS
    margin: float = DEFAULT_MARGIN
    allows_empty: bool = False
    crs: str | None = None
    scenes: tuple[Scene, ...] = ()
    max_file_bytes: int = DEFAULT_MAX_BYTES


def read(node: Node, *, complete: bool) -> LinesContract:
    """The contract from JSON; mistakes go to the collector of the node."""
    contract = LinesContract(
        formats=tuple(dict.fromkeys(one.choice(FORMATS, "pixel_json") for one in node.at("formats").items()))
        or DEFAULT_FORMATS,
        geometry=node.at("geometry").choice(GEOMETRIES, "lines"),
        coordinates=node.at("coordinates").choice(COORDINATES, "pixel"),
        scene_property=node.at("scene_property").text("scene") or "scene",
        max_points=node.at("max_points").whole(1, MAX_POINTS, DEFAULT_MAX_POINTS) or DEFAULT_MAX_POINTS,
        margin=_margin(node.at("margin")),
        allows_empty=_flag(node.at("allow_empty")),
        crs=node.at("crs").text() or None,
        scenes=tuple(read_scene(one) for one in node.at("scenes").items()),
        max_file_bytes=max_bytes(node),
    )
    names_once(node, contract.scenes)
    if complete and not contract.scenes:
        node.problems.add("job_missing", node.where, key="scenes")
    if len(contract.scenes) > MAX_SCENES:
        expected = f"at most {MAX_SCENES} scenes"
        node.problems.add("job_range", f"{node.where}.scenes", value=len(contract.scenes), expected=expected)
    return contract


def _margin(node: Node) -> float:
    value = node.number()
    if value is not None and not 0 <= value <= 100:
        node.problems.add("job_range", node.where, value=f"{value:g}", expected="0 to 100")
    return DEFAULT_MARGIN if value is None else value


def _flag(node: Node) -> bool:
    if not node.is_null and not isinstance(node.value, bool):
        node.wrong("true or false")
    return node.value is True


def document(contract: LinesContract) -> dict[str, Any]:
    """The JSON form; read() takes it back."""
    found = asdict(contract)
    found["allow_empty"] = found.pop("allows_empty")
    found["formats"] = list(contract.formats)
    found["scenes"] = [
        {**asdict(scene), "transform": None if scene.transform is None else list(scene.transform)}
        for scene in contract.scenes
    ]
    return {key: value for key, value in found.items() if value is not None}


def reach(scene: Scene, contract: LinesContract) -> float:
    """How many pixels outside of a scene a coordinate may lie."""
    return contract.margin * max(scene.height, scene.width)
