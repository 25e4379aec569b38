"""Masks of two runs, band by band: how many cells have another class, and how much of each class is in one place."""

from __future__ import annotations

import numpy as np

from scoring.contract import RasterContract, Scene
from scoring.errors import BrokenStream
from scoring.formats.cells import CellReader, bands
from scoring.reproducing import Difference


def mask_differences(first: CellReader, second: CellReader, contract: RasterContract) -> list[Difference]:
    """Scene by scene, inside a scene layer by layer, as the stream has them."""
    layers = [(layer.name, len(layer.classes)) for layer in contract.layers] or [("", len(contract.classes))]
    return [
        _scene(first, second, scene, f"{scene.name} {name}".strip(), classes)
        for scene in contract.scenes
        for name, classes in layers
    ]


def _scene(first: CellReader, second: CellReader, scene: Scene, name: str, classes: int) -> Difference:
    both, here, there = (np.zeros(classes, np.int64) for _ in range(3))
    for start, stop in bands(scene):
        size = (stop - start) * scene.width
        one, other = (np.frombuffer(reader.read(size), np.uint8) for reader in (first, second))
        if max(one.max(), other.max()) >= classes:
            raise BrokenStream("a class index that the contract does not have")
        here += np.bincount(one, minlength=classes)
        there += np.bincount(other, minlength=classes)
        both += np.bincount(one[one == other], minlength=classes)
    unions = here + there - both
    differing = int(scene.cells - both.sum())
    overlaps = both[unions > 0] / unions[unions > 0]
    return Difference(name, scene.cells, differing, not differing, iou=float(overlaps.min()))
