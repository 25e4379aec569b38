"""Probes of tables: CSV or TSV, a row for each id of the truth."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.contract import Field, TableContract
from scoring.formats.truth_store import open_table_truth
from scoring.job import MetricSpec
from scoring.probes.best_columns import best_columns
from scoring.probes.variants import NotMade, Variant
from scoring.splits import Side

Array = npt.NDArray[Any]
DELIMITERS: Final = {"csv": ",", "tsv": "\t"}
MANY_VALUES: Final = 10_000  # texts of which random ones are drawn


class TableProbes:
    """Raises NotMade when it writes a table that only Parquet is accepted of."""

    def __init__(
        self, contract: TableContract, folder: Path, manifest: Mapping[str, Any], specs: Sequence[MetricSpec]
    ) -> None:
        self._contract, self._specs = contract, specs
        self._truth = open_table_truth(folder, dict(manifest), contract)
        self._best, unknown = best_columns(contract, self._truth, specs)
        self._ending = next((name for name in contract.formats if name in DELIMITERS), "")
        self.file_name = f"prediction.{self._ending}"
        self.notes = [f"the truth does not say what would be right in column '{name}'" for name in unknown]

    def sides(self) -> list[str]:
        return [Side(int(side)).name.lower() for side in self._truth.sides]

    def write(self, variant: Variant, path: Path, rng: np.random.Generator) -> None:
        if not self._ending:
            raise NotMade("the task accepts Parquet only, which is not written here")
        columns = self._columns(variant, rng)
        ids = [_text(one) for one in self._truth.ids.tolist()]
        header = [field.name for field in self._contract.fields]
        lists = [ids if name == self._contract.primary_key else columns[name].tolist() for name in header]
        rows = [list(row) for row in zip(*lists, strict=True)]
        self._spoil(variant, header, rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=DELIMITERS[self._ending], lineterminator="\n")
            writer.writerows([header, *rows])

    def _spoil(self, variant: Variant, header: list[str], rows: list[list[Any]]) -> None:
        if variant.key == "missing":
            rows.pop()
        elif variant.key == "wrong_shape":
            header[-1] = f"not_{header[-1]}"
        elif variant.key == "not_a_number":
            numbers = [field.name for field in self._contract.values if field.type != "string"]
            if not numbers:
                raise NotMade("the table has no column of numbers")
            rows[len(rows) // 2][header.index(numbers[0])] = "NaN"

    # -- what is in the columns ---------------------------------------------------------------------------------------

    def _columns(self, variant: Variant, rng: np.random.Generator) -> dict[str, Array]:
        if variant.key == "permuted":
            order = rng.permutation(self._truth.rows)
            return {name: values[order] for name, values in self._best.items()}
        change = {"constant": _constant, "random": _random}.get(variant.key, _noisy)
        if change is _noisy and not variant.level:
            return self._best
        fields = {field.name: field for field in self._contract.values}
        made = {name: change(values, fields[name], variant.level, rng) for name, values in self._best.items()}
        return self._summing_to_one({name: _within(values, fields[name]) for name, values in made.items()})

    def _summing_to_one(self, columns: dict[str, Array]) -> dict[str, Array]:
        """Probabilities of all classes of a row do, or a contest may refuse them."""
        for spec in self._specs:
            names = [name for name in spec.params.get("columns") or () if name in columns]
            if "sums" not in spec.params or not names:
                continue
            total = sum((columns[name] for name in names), np.zeros(self._truth.rows))
            for name in names:
                columns[name] = np.where(total > 0, columns[name] / np.where(total > 0, total, 1), 1 / len(names))
        return columns


def _text(one: Any) -> Any:
    return one.decode("utf-8") if isinstance(one, bytes) else one


def _constant(values: Array, field: Field, level: float, rng: np.random.Generator) -> Array:
    """The best guess without knowing anything of a row: the mean, of texts the most common one."""
    if field.type == "string":
        words, counts = np.unique(values, return_counts=True)
        return np.full(len(values), words[counts.argmax()])
    middle = values.mean()
    return np.full(len(values), np.rint(middle).astype(np.int64) if field.type == "integer" else middle)


def _random(values: Array, field: Field, level: float, rng: np.random.Generator) -> Array:
    if field.type == "string":
        words = np.array(field.enum) if field.enum else np.unique(values)[:MANY_VALUES]
        return rng.choice(words, len(values))
    low, high = values.min(), values.max()
    if field.type == "integer":
        return rng.integers(low, high + 1, len(values))
    return rng.uniform(low, high if high > low else low + 1.0, len(values))


def _noisy(values: Array, field: Field, level: float, rng: np.random.Generator) -> Array:
    if field.type == "string":
        return np.where(rng.random(len(values)) < level, _random(values, field, level, rng), values)
    noisy = values + rng.normal(size=len(values)) * level * (values.std() or 1.0)
    return np.rint(noisy).astype(np.int64) if field.type == "integer" else noisy


def _within(values: Array, field: Field) -> Array:
    if field.type == "string" or (field.minimum is None and field.maximum is None):
        return values
    clipped: Array = np.clip(values, field.minimum, field.maximum)
    return clipped.astype(values.dtype)
