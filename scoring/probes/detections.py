"""Probes of detections: a CSV with a row for each object."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.job import MetricSpec
from scoring.kinds.detections.contract import DetectionsContract
from scoring.probes.variants import NotMade, Variant

Rows = npt.NDArray[np.float64]


class DetectionProbes:
    """Where the truth does not know a flag or a number, a probe says false or 0."""

    def __init__(
        self, contract: DetectionsContract, folder: Path, manifest: Mapping[str, Any], specs: Sequence[MetricSpec]
    ) -> None:
        self._contract, self._manifest = contract, manifest
        loaded = {one["name"]: np.load(folder / f"{one['file']}.npy") for one in manifest["scenes"]}
        self._best = {name: self._answer(rows) for name, rows in loaded.items()}
        self._places = np.vstack([rows[:, : len(contract.places)] for rows in self._best.values()])
        self.file_name = "prediction.csv"
        self.notes: list[str] = []

    def sides(self) -> list[str]:
        return [one["side"] for one in self._manifest["scenes"]]

    def write(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        """Without a header of the right names, with a scene that is not there, with a place that is no number."""
        if not len(self._places):
            raise NotMade("the truth has no object")
        header = [self._contract.scene, *self._contract.values]
        if variant.key == "wrong_shape":
            header[1] = f"not_{header[1]}"
        rows = [
            [name, *self._cells(row)]
            for name in self._contract.scenes
            for row in self._changed(name, variant, rng).tolist()
        ]
        if variant.key == "not_a_number":
            rows[0][1] = "NaN"
        if variant.key == "missing":  # a scene without a row is one without an object, but a stranger is a mistake
            rows[0][0] = "no-such-scene"
        path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")

    def _answer(self, rows: Rows) -> Rows:
        """The truth's columns in the order of a prediction, which may have a confidence between them."""
        contract = self._contract
        places, others = len(contract.places), len(contract.flags) + len(contract.numbers)
        sure = [np.ones((len(rows), 1))] if contract.confidence else []
        known = np.nan_to_num(rows[:, places : places + others], nan=0.0)
        return np.hstack([rows[:, :places], *sure, known])[: contract.max_detections]

    def _changed(self, name: str, variant: Variant, rng: np.random.Generator) -> Rows:
        best = self._best[name]
        width = len(self._contract.places)
        if variant.key == "permuted":
            names = list(self._contract.scenes)
            if len(names) < 2:
                raise NotMade("there is one scene only, so nothing can be exchanged")
            return self._best[names[(names.index(name) + 1) % len(names)]]
        if variant.key == "constant":
            return np.concatenate([self._places.mean(axis=0), np.zeros(self._width - width)])[None, :]
        if variant.key == "random":
            low, high = self._places.min(axis=0), self._places.max(axis=0) + 1.0
            drawn = rng.uniform(low, high, (max(1, len(best)), width))
            return np.hstack([_sorted_box(drawn), np.zeros((len(drawn), self._width - width))])
        if variant.level:
            noise = rng.normal(size=(len(best), width)) * variant.level * (self._places.std(axis=0) + 1.0) * 0.1
            return np.hstack([_sorted_box(best[:, :width] + noise), best[:, width:]])
        return best

    @property
    def _width(self) -> int:
        return len(self._contract.values)

    def _cells(self, row: Sequence[float]) -> list[str]:
        flags = set(self._contract.flags)
        named = zip(self._contract.values, row, strict=True)
        return [("true" if value else "false") if name in flags else _number(value) for name, value in named]


def _number(value: float) -> str:
    return "0" if math.isnan(value) else repr(value)


def _sorted_box(places: Rows) -> Rows:
    """x_min below x_max, y_min below y_max; points have two numbers."""
    if places.shape[1] != 4:
        return places
    low, high = np.minimum(places[:, :2], places[:, 2:]), np.maximum(places[:, :2], places[:, 2:])
    return np.hstack([low, high + 1e-3])
