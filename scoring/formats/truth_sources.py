"""Which file of an organiser's truth holds which layer of which scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scoring.contract import RasterContract
from scoring.errors import Problems, quoted
from scoring.planes import split_stem


@dataclass(frozen=True, slots=True)
class Source:
    """One band of a raster that must have `bands` of them."""

    path: Path
    band: int = 1
    bands: int = 1


def sources_of(files: Mapping[str, Path], contract: RasterContract, problems: Problems) -> dict[str, dict[str, Source]]:
    """Layer -> scene -> source, from file names without their endings; '' is the one layer where there are none.

    A layer lies in `<scene>_<layer>`, or is the band of `<scene>` at its place in the contract.
    """
    names = [layer.name for layer in contract.layers]
    if not names:
        return {"": {name: Source(path) for name, path in files.items()}}
    found: dict[str, dict[str, Source]] = {name: {} for name in names}
    for stem, path in files.items():
        scene, layer = split_stem(stem, names)
        for band, name in enumerate(names, start=1):
            if layer not in ("", name):
                continue
            if scene in found[name]:
                problems.add("job_twice", "truth", value=f"scene {quoted(scene)}, layer {name}")
            found[name][scene] = Source(path) if layer else Source(path, band, len(names))
    _add_missing(found, problems)
    return found


def _add_missing(found: Mapping[str, Mapping[str, Source]], problems: Problems) -> None:
    scenes = sorted({scene for files in found.values() for scene in files})
    for scene in scenes:
        for layer, files in found.items():
            if scene not in files:
                problems.add("truth_scene_missing", "truth", scene=f"{quoted(scene)}, layer {layer}")
