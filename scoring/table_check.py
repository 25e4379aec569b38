"""Whether a normalised table is one that its metrics can score, asked when it is published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scoring.contract import TableContract
from scoring.errors import InvalidJob, Problem, Problems, quoted
from scoring.formats.truth_store import TableTruth, open_table_truth
from scoring.job import MetricSpec
from scoring.measure import measure_of
from scoring.table_score import fitted


def check_table(specs: Sequence[MetricSpec], contract: TableContract, folder: Path, manifest: dict[str, Any]) -> None:
    """Raises InvalidJob with what each metric has to say of the truth."""
    truth, problems = open_table_truth(folder, manifest, contract), Problems()
    for spec in specs:
        try:
            _check(spec, contract, truth)
        except InvalidJob as error:
            problems.include(error)
    problems.raise_if_any(InvalidJob)


def _check(spec: MetricSpec, contract: TableContract, truth: TableTruth) -> None:
    if spec.measure:
        fitted(measure_of(spec, contract), truth)
    elif spec.metric.above > -math.inf and spec.column:
        values = truth.columns[spec.column]
        if len(wrong := np.flatnonzero(values <= spec.metric.above)):
            where = f"truth, column {quoted(spec.column)}, row {int(wrong[0]) + 1}"
            expected = f"more than {spec.metric.above:g}, for {spec.metric.name}"
            raise InvalidJob([Problem("job_range", where, {"value": f"{values[wrong[0]]:g}", "expected": expected})])
