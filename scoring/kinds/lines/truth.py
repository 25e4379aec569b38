"""An organiser's lines -> arrays, once. The truth is a folder, in one of two forms:

    <scene>.json for each scene   {"coastline_points": [[x, y], ...], "validate_lines": [[[x, y], [x, y]], ...]}, and
                                  perhaps height, width, crs and transform of the scene
    truth.json, .geojson or .csv  in one of the forms of a submission, beside transects.json: {scene: validate_lines}

The sizes of scenes stand in the scenes' own files, in scenes.json ([{name, height, width, crs, transform}]), or in the
contract. Lines of `<scene>.json` and transects are in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from scoring.contract import Scene, contract_document, read_scene
from scoring.errors import InvalidJob, Problems, quoted
from scoring.formats.truth import read_list
from scoring.formats.truth_store import SCHEMA, write_json
from scoring.job import MetricSpec
from scoring.kinds.lines.collecting import SceneLines
from scoring.kinds.lines.contract import MAX_POINTS, LinesContract
from scoring.kinds.lines.polylines import Points
from scoring.kinds.lines.reading import read_lines
from scoring.kinds.lines.shapes import BadShape, pixel_lines
from scoring.kinds.lines.stored import TruthLines, open_truth, save_truth
from scoring.kinds.lines.transects import crossed
from scoring.raster_watch import check_units
from scoring.reading import Node, load_json
from scoring.splits import Side, assign
from scoring.truth_spec import TruthSpec

SIZES: Final = "scenes.json"
TRANSECTS: Final = "transects.json"
WHOLE_TRUTHS: Final = ("truth.json", "truth.geojson", "truth.csv")
POINT_KEYS: Final = ("coastline_points", "lines", "points")
TRANSECT_KEY: Final = "validate_lines"


def normalise_truth(
    spec: TruthSpec, contract: LinesContract, raw: Path, output: Path, problems: Problems, *, near: Sequence[Path]
) -> None:
    """Writes manifest.json, contract.json and the arrays of each scene; with problems, nothing usable is left."""
    try:
        sized, found = _read(raw, contract, problems)
    except InvalidJob as error:
        problems.include(error)
        return
    words = read_list(spec.split, near, problems) if spec.split.file else {}
    sides = assign([scene.name for scene in sized.scenes], spec.split, words, problems)
    if not problems:
        _write(sized, found, sides, output)


def _read(raw: Path, contract: LinesContract, problems: Problems) -> tuple[LinesContract, dict[str, TruthLines]]:
    folder = raw if raw.is_dir() else raw.parent
    whole = raw if raw.is_file() else next((raw / name for name in WHOLE_TRUTHS if (raw / name).is_file()), None)
    if whole is not None:
        return _read_whole(whole, folder, contract, problems)
    return _read_scenes(folder, contract, problems)


# -- one file for all scenes ------------------------------------------------------------------------------------------


def _read_whole(
    path: Path, folder: Path, contract: LinesContract, problems: Problems
) -> tuple[LinesContract, dict[str, TruthLines]]:
    scenes = _sizes(folder, contract, problems)
    if not scenes:
        problems.add("job_file_missing", "truth", name=f"'{SIZES}'")
    sized = replace(contract, scenes=scenes)
    lines = read_lines(path, _loose(sized, path), problems) if not problems else {}
    transects = _all_transects(folder / TRANSECTS, scenes, problems)
    return sized, {
        name: TruthLines(one, transects.get(name, np.empty((0, 2, 2)))) for name, one in lines.items() if not problems
    }


def _loose(contract: LinesContract, path: Path) -> LinesContract:
    """The truth may have more points than a prediction, and be in another of the forms."""
    formats = ("wkt",) if path.suffix == ".csv" else ("geojson",) if path.suffix == ".geojson" else ("pixel_json",)
    return replace(contract, max_points=MAX_POINTS, allows_empty=True, formats=formats)


def _all_transects(path: Path, scenes: Sequence[Scene], problems: Problems) -> dict[str, Points]:
    document = load_json(path, TRANSECTS) if path.is_file() else {}
    node = Node(document, TRANSECTS, problems)
    names = {scene.name for scene in scenes}
    for name in document if isinstance(document, dict) else ():
        if name not in names:
            problems.add("split_unknown", TRANSECTS, name=quoted(name))
    return {name: _transects(node.at(name)) for name in sorted(names)}


def _sizes(folder: Path, contract: LinesContract, problems: Problems) -> tuple[Scene, ...]:
    path = folder / SIZES
    if not path.is_file():
        return contract.scenes
    found = tuple(read_scene(one) for one in Node(load_json(path, SIZES), SIZES, problems).items())
    if contract.scenes and {one.name for one in contract.scenes} != {one.name for one in found}:
        expected = f"{len(contract.scenes)} others"
        problems.add("truth_mismatch", SIZES, found=f"{len(found)} scenes", expected=expected)
    return found


# -- a file for each scene --------------------------------------------------------------------------------------------


def _read_scenes(
    folder: Path, contract: LinesContract, problems: Problems
) -> tuple[LinesContract, dict[str, TruthLines]]:
    sizes = {scene.name: scene for scene in _sizes(folder, contract, problems)}
    paths = [one for one in sorted(folder.glob("*.json")) if one.name not in (SIZES, TRANSECTS)]
    nodes = {path.stem: Node(load_json(path, path.name), path.name, problems) for path in paths}
    for name in sizes:
        if name not in nodes:
            problems.add("truth_scene_missing", "truth", scene=quoted(name))
    scenes = tuple(scene for name, node in nodes.items() if (scene := _scene(name, node, sizes)) is not None)
    if not nodes:
        problems.add("truth_mismatch", "truth", found="no file <scene>.json", expected="one for each scene")
    sized = replace(contract, scenes=scenes)
    kept = SceneLines(replace(sized, max_points=MAX_POINTS, allows_empty=True), problems)
    for scene in scenes:
        _add(scene, nodes[scene.name], sized, kept)
    lines = kept.finish() if not problems else {}
    return sized, {name: TruthLines(one, _transects(nodes[name].at(TRANSECT_KEY))) for name, one in lines.items()}


def _scene(name: str, node: Node, sizes: dict[str, Scene]) -> Scene | None:
    if node.at("height").is_null and name not in sizes:
        node.problems.add("lines_truth_size", node.where, scene=quoted(name))
        return None
    if node.at("height").is_null:
        return sizes[name]
    return read_scene(Node({**node.value, "name": name}, node.where, node.problems))


def _add(scene: Scene, node: Node, contract: LinesContract, kept: SceneLines) -> None:
    key = next((key for key in POINT_KEYS if not node.at(key).is_null), POINT_KEYS[0])
    node.need(key)
    try:
        kept.add(scene.name, pixel_lines(node.at(key).value or [], contract.geometry))
    except BadShape as error:
        kept.refuse(scene.name, error)


def _transects(node: Node) -> Points:
    """[[[x1, y1], [x2, y2]], ...]; none where there is no list."""
    found = []
    for index, item in enumerate(node.items()):
        numbers = [number for end in item.items() for one in end.items() if (number := one.number()) is not None]
        if len(numbers) != 4 or numbers[:2] == numbers[2:]:
            node.problems.add("lines_truth_transect", node.where, index=index)
        else:
            found.append(numbers)
    return np.array(found, np.float64).reshape(-1, 2, 2)


# -- what is left -----------------------------------------------------------------------------------------------------


def _write(contract: LinesContract, found: dict[str, TruthLines], sides: Sequence[Side], output: Path) -> None:
    rows: list[dict[str, Any]] = []
    for index, (scene, side) in enumerate(zip(contract.scenes, sides, strict=True)):
        one, stem = found[scene.name], f"scene_{index:05d}"
        save_truth(output, stem, one)
        rows.append({"name": scene.name, "side": side.name.lower(), "file": stem, "transects": len(one.transects)})
    write_json(output / "manifest.json", {"schema": SCHEMA, "kind": "lines", "scenes": rows})
    write_json(output / "contract.json", contract_document(contract))


def check_metrics(specs: Sequence[MetricSpec], contract: LinesContract, output: Path) -> None:
    """Whether each scene has what the metrics need: transects that the truth crosses, or a transform.

    Raises:
        InvalidJob: with every scene that has not.
    """
    check_units(specs, contract.scenes)
    problems = Problems()
    rows = load_json(output / "manifest.json", "truth")["scenes"]
    needs_transects = any("miss_cost" in spec.params for spec in specs)
    for scene, row in zip(contract.scenes, rows, strict=True):
        if needs_transects and row["side"] != "ignored" and not _is_crossed(open_truth(output, row["file"])):
            problems.add("lines_truth_transects", "truth", scene=quoted(scene.name))
    problems.raise_if_any(InvalidJob)


def _is_crossed(truth: TruthLines) -> bool:
    return any(crossed(truth.lines.points, one, 1.0) for one in truth.transects)
