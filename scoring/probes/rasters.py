"""Probes of masks: a file for each scene, or one for all, in the first format of the contract that can be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import RasterContract
from scoring.formats.truth_store import RasterTruth, open_layer_truths
from scoring.job import MetricSpec
from scoring.planes import Plane, planes_of
from scoring.probes.mask_writing import WRITERS
from scoring.probes.variants import NotMade, Variant

Array = npt.NDArray[Any]
DTYPE_MAXIMUM: Final = {"uint8": 255, "uint16": 65_535, "int16": 32_767}


class RasterProbes:
    """Cells that do not count in the truth are the first class of a layer."""

    def __init__(
        self, contract: RasterContract, folder: Path, manifest: Mapping[str, Any], specs: Sequence[MetricSpec]
    ) -> None:
        self._contract = contract
        self._truths = open_layer_truths(folder, dict(manifest), contract)
        self._tables = {layer: _best_classes(truth, layer, specs) for layer, truth in self._truths.items()}
        self._common = {layer: self._most_common(layer) for layer in self._truths}
        self._format = next((name for name in contract.formats if name in WRITERS), "")
        self.file_name = "prediction" + {"rle": ".csv", "netcdf": ".nc"}.get(self._format, ".zip")
        self.notes: list[str] = []

    def sides(self) -> list[str]:
        return [one.side.name.lower() for one in next(iter(self._truths.values())).scenes]

    def write(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        """Plane by plane, so that no more than one is in memory at a time."""
        if not self._format:
            raise NotMade("the task accepts JPEG only, which cannot hold exact classes")
        planes = list(planes_of(self._contract))
        if variant.key == "missing":
            layers = max(1, len(self._contract.layers))
            planes = planes[:-layers]
        cells = ((plane, partial(self._made, plane, variant, rng)) for plane in planes)
        WRITERS[self._format](path, cells, self._contract, variant)

    def _made(self, plane: Plane, variant: Variant, rng: np.random.Generator) -> Array:
        truth, classes = self._truths[plane.layer], np.array(plane.contract.classes)
        best = self._best(plane)
        made = self._changed(best, plane.layer, variant, classes, rng)
        if plane.scene.name.split("/")[0] == truth.scenes[0].scene.name:
            made = self._spoilt(made, plane, variant)
        return made.astype(self._contract.dtype)

    def _changed(self, best: Array, layer: str, variant: Variant, classes: Array, rng: np.random.Generator) -> Array:
        if variant.key == "constant":
            return np.full(best.shape, self._common[layer])
        if variant.key == "random":
            return rng.choice(classes, best.shape)
        if variant.key == "permuted":
            return rng.permutation(best.ravel()).reshape(best.shape)
        if variant.level:
            return np.where(rng.random(best.shape) < variant.level, rng.choice(classes, best.shape), best)
        return best

    def _spoilt(self, cells: Array, plane: Plane, variant: Variant) -> Array:
        if variant.key == "wrong_shape":
            return np.vstack([cells, cells[-1:]])
        if variant.key == "not_a_number" and self._format != "rle":
            stranger = max(plane.contract.classes) + 1
            if stranger > DTYPE_MAXIMUM[self._contract.dtype]:
                raise NotMade("every value that the type can hold is a class")
            cells = cells.astype(np.int64)
            cells[cells.shape[0] // 2, cells.shape[1] // 2] = stranger
        return cells

    # -- the truth ----------------------------------------------------------------------------------------------------

    def _best(self, plane: Plane) -> Array:
        truth = self._truths[plane.layer]
        name = plane.whole
        one = next(one for one in truth.scenes if one.scene.name == name)
        codes = np.load(truth.folder / one.file, mmap_mode="r", allow_pickle=False)
        best: Array = self._tables[plane.layer][np.asarray(codes)]
        return best

    def _most_common(self, layer: str) -> int:
        truth, table = self._truths[layer], self._tables[layer]
        counts = np.zeros(len(table), np.int64)
        for one in _scenes(truth):
            counts += np.bincount(one.ravel(), minlength=len(table))[: len(table)]
        counts[len(truth.values) * len(truth.classes) :] = 0  # cells that do not count
        totals = {value: int(counts[table == value].sum()) for value in truth.classes}
        return max(totals, key=lambda value: totals[value])


def _scenes(truth: RasterTruth) -> Iterator[Array]:
    for one in truth.scenes:
        yield np.asarray(np.load(truth.folder / one.file, mmap_mode="r", allow_pickle=False))


def _best_classes(truth: RasterTruth, layer: str, specs: Sequence[MetricSpec]) -> Array:
    """Code of the truth -> the class that a perfect prediction has there, by the groups of the first metric."""
    own = [spec for spec in specs if spec.layer == layer and spec.groups]
    spec = next((one for one in own if one.is_primary), own[0] if own else None)
    table = np.full(truth.pairs, truth.classes[0], np.int64)
    for index, value in enumerate(truth.values):
        group = next((one for one in spec.groups if value in one.truth and one.prediction), None) if spec else None
        best = group.prediction[0] if group else value if value in truth.classes else truth.classes[0]
        table[index * len(truth.classes) : (index + 1) * len(truth.classes)] = best
    return table
