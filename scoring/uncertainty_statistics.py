"""The statistics that a result keeps -> units. Nothing else of a result is read, so stored ones serve as well.

The forms of metrics are imported where they are needed: of a small table, loading is most of what an interval costs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import Contract
from scoring.job import MetricSpec
from scoring.uncertainty_units import CombinedUnits, Units, UnitSums, ValueFunction, mean_value, strata_of

Values = npt.NDArray[np.float64]


class Statistics:
    """`statistics` of a result; see aggregate.mask_statistics, table_statistics and measure.scene_results."""

    def __init__(
        self, document: Mapping[str, Any], contract: Contract | None = None, specs: Sequence[MetricSpec] = ()
    ) -> None:
        self._document = document
        self._contract = contract
        self._specs = {spec.key: spec for spec in specs}
        self._joints: dict[tuple[str, str], tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = {}

    def units(self, spec: MetricSpec, side: str) -> Units | None:
        """The units of a metric on a side; None when there are none, or none are kept for such a metric."""
        if spec.metric.is_composite:
            return self._combined(spec, side)
        return self._bounded(spec, side)

    def _combined(self, spec: MetricSpec, side: str) -> CombinedUnits | None:
        """None when a part has none, or the parts are drawn from different units."""
        weights: Mapping[str, float] = spec.params["of"]
        if not weights.keys() <= self._specs.keys():
            return None
        parts = [self._bounded(self._specs[key], side) for key in weights]
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts) or len({strata_of(part) for part in known}) != 1:
            return None
        scale = float(spec.params["scale"]) / (math.fsum(weights.values()) if spec.params["mean"] else 1.0)
        return CombinedUnits(known, tuple(scale * weight for weight in weights.values()))

    def _bounded(self, spec: MetricSpec, side: str) -> UnitSums | None:
        units = self._units(spec, side)
        if units is None or not len(units.sums):
            return None
        return replace(units, aggregate=spec.aggregate, bounds=(spec.metric.minimum, spec.metric.maximum))

    def _units(self, spec: MetricSpec, side: str) -> UnitSums | None:
        measured = self._document.get("measured", {}).get(spec.key)
        if measured is not None or spec.measure:
            return self._of_measured(spec, measured[side]) if measured and side in measured else None
        if spec.metric.of_mask is not None:
            return self._of_mask(spec, side)
        is_summed = spec.metric.of_table is not None or spec.metric.of_terms is not None
        return self._of_table(spec, side) if is_summed else None

    # -- masks --------------------------------------------------------------------------------------------------------

    def _of_mask(self, spec: MetricSpec, side: str) -> UnitSums:
        from scoring import uncertainty_masks

        tables, scenes = self._joint(spec.layer, side)
        layer = self._layer(spec.layer)
        sums = uncertainty_masks.unit_sums(tables, tuple(layer["values"]), tuple(layer["classes"]), spec)
        counted = _counted(sums[:, -2] > 0, scenes)
        return UnitSums(sums[counted], scenes[counted], uncertainty_masks.value_of(spec))

    def _layer(self, name: str) -> Mapping[str, Any]:
        layer: Mapping[str, Any] = self._document["layers"][name] if name else self._document
        return layer

    def _joint(self, name: str, side: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Joint counts of the blocks of a side, and the number of the scene of each; read once for all metrics."""
        if (name, side) not in self._joints:
            self._joints[name, side] = _joint_counts(self._layer(name), side)
        return self._joints[name, side]

    # -- tables -------------------------------------------------------------------------------------------------------

    def _of_table(self, spec: MetricSpec, side: str) -> UnitSums:
        from scoring import uncertainty_tables

        column = self._document["columns"][spec.column][side]
        names, lists = list(uncertainty_tables.COLUMN_SUMS), [column[name] for name in uncertainty_tables.COLUMN_SUMS]
        if spec.metric.of_terms is not None:
            terms = self._document["terms"][spec.key][side]
            names, lists = ["rows", *terms], [column["rows"], *terms.values()]
        sums = np.array(lists, np.float64).T
        sums = sums[sums[:, 0] > 0]
        value = uncertainty_tables.value_of(spec, names)
        is_size = spec.metric.name in uncertainty_tables.SIGNED
        unit = self._document.get("unit") or _unit_of_rows(sums[:, 0])
        return UnitSums(sums, _one_scene(sums), value, unit=unit, is_size=is_size)

    # -- measures -----------------------------------------------------------------------------------------------------

    def _of_measured(self, spec: MetricSpec, kept: Mapping[str, Any]) -> UnitSums | None:
        sums = np.array(kept["sums"], np.float64)
        unit = self._document.get("unit", "blocks")
        if "exact" in kept:
            return _of_pseudo_values(sums, kept["exact"], unit)
        if not spec.measure or self._contract is None:
            return None
        is_table = self._document["kind"] == "table"
        scenes = _one_scene(sums) if is_table else np.array(kept["scenes"], np.int64)
        return UnitSums(sums, scenes, self._value_of(spec, self._contract), unit=unit)

    def _value_of(self, spec: MetricSpec, contract: Contract) -> ValueFunction:
        if spec.metric.of_mask is not None:
            from scoring import uncertainty_masks

            return uncertainty_masks.value_of_labels(spec)
        from scoring.measure import measure_of

        return measure_of(spec, contract).value


def _joint_counts(layer: Mapping[str, Any], side: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Shapes: (blocks, values and one for ignored cells, classes), (blocks,)"""
    mine = [scene["blocks"] for scene in layer["scenes"] if scene["split"] == side]
    blocks = [block for scene in mine for block in scene]
    numbers = np.array([index for index, scene in enumerate(mine) for _ in scene], np.int64)
    shape = (len(blocks), len(layer["values"]) + 1, len(layer["classes"]))
    tables = np.zeros((shape[0], shape[1] * shape[2]), np.int64)
    for table, block in zip(tables, blocks, strict=True):
        table[block[::2]] = block[1::2]
    return tables.reshape(shape), numbers


def _counted(has_cells: npt.NDArray[np.bool_], scenes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Blocks that count: those with cells, and one of a scene that has none, because it may have a score by rule."""
    is_first = np.diff(scenes, prepend=-1) != 0
    counted: npt.NDArray[np.bool_] = has_cells | (is_first & ~np.isin(scenes, scenes[has_cells]))
    return counted


def _of_pseudo_values(sums: Values, exact: float | None, unit: str) -> UnitSums | None:
    """Pseudo-values are an estimate of the score by their mean; they are shifted to the score itself."""
    if exact is None or not len(sums):
        return None
    shift = np.array([exact - sums[:, 0].mean(), 0.0])
    return UnitSums(sums + shift, _one_scene(sums), mean_value, unit=unit)


def _one_scene(sums: Values) -> npt.NDArray[np.int64]:
    return np.zeros(len(sums), np.int64)


def _unit_of_rows(rows: Values) -> str:
    return "rows" if (rows == 1).all() else "blocks"
