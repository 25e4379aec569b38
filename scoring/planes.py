"""Planes: the arrays of a prediction in the order of the stream. A scene is one plane, or one for each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scoring.contract import RasterContract, Scene


@dataclass(frozen=True, slots=True)
class Plane:
    """One array. `contract` has the classes of its layer alone; `scene` is named for messages: 'name' or 'name/layer'.

    `stem` is the name of its file or variable, `band` its place in a file that holds all layers, counted from 1.
    """

    scene: Scene
    contract: RasterContract
    layer: str
    stem: str
    whole: str
    band: int = 1


def layer_contracts(contract: RasterContract) -> Mapping[str, RasterContract]:
    """Layer -> the contract as if there were no other; '' -> the contract itself where there are no layers."""
    if not contract.layers:
        return {"": contract}
    return {layer.name: replace(contract, classes=layer.classes, layers=()) for layer in contract.layers}


def planes_of(contract: RasterContract) -> tuple[Plane, ...]:
    """All planes: scene by scene in the order of the contract, inside a scene layer by layer."""
    layers = list(enumerate(layer_contracts(contract).items(), start=1))
    return tuple(_plane(scene, layer, own, band) for scene in contract.scenes for band, (layer, own) in layers)


def _plane(scene: Scene, layer: str, contract: RasterContract, band: int) -> Plane:
    if not layer:
        return Plane(scene, contract, "", scene.name, scene.name)
    shown = replace(scene, name=f"{scene.name}/{layer}")
    return Plane(shown, contract, layer, f"{scene.name}_{layer}", scene.name, band)


def split_stem(stem: str, layers: Sequence[str]) -> tuple[str, str]:
    """'a_b_SIC' -> scene 'a_b', layer 'SIC'; a name that ends in no layer is a scene with all of them."""
    fitting = [name for name in layers if stem.endswith(f"_{name}") and len(stem) > len(name) + 1]
    layer = max(fitting, key=len, default="")
    return (stem[: -len(layer) - 1], layer) if layer else (stem, "")
