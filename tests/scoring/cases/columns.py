"""Metrics of one numeric column: functions of sums over rows."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoring.metric import Metric
from scoring.registry import METRICS
from tests.scoring import makers
from tests.scoring.cases import SEED, Case
from tests.scoring.makers import Published

ROWS = 400
SPLIT = {"by": "column", "column": "Usage"}


def text_of(values: Any, order: Any = None, usage: bool = False) -> str:
    lines = [f"r{number},{value!r}" for number, value in enumerate(float(value) for value in values)]
    if usage:
        lines = [f"{line},{'Public' if hash_of(number) else 'Private'}" for number, line in enumerate(lines)]
    head = "id,y,Usage" if usage else "id,y"
    return "\n".join([head, *(lines if order is None else [lines[number] for number in order])]) + "\n"


def hash_of(number: int) -> bool:
    return number * 7 % ROWS * 5 % 2 == 0


def values_for(metric: Metric) -> np.ndarray:
    """Values that the metric can take."""
    plain = np.random.default_rng(SEED).normal(size=ROWS)
    return np.abs(plain) if metric.above > -math.inf else plain


def guess_for(metric: Metric) -> np.ndarray:
    values, noise = values_for(metric), np.random.default_rng(SEED + 1).normal(size=ROWS) * 1e3
    guess = np.where(np.arange(ROWS) % 3 == 0, values, values + noise)
    return np.abs(guess) if metric.above > -math.inf else guess


def task(folder: Path, metric: Metric, values: Any = None) -> Published:
    params = {"capacity": 5} if metric.param("capacity") else {}
    spec = {"key": metric.name, "metric": metric.name, "params": params}
    contract = makers.table_contract()
    if metric.above > -math.inf:
        contract["schema"]["fields"][1]["constraints"] = {"minimum": metric.above + 1e-6}
    text = text_of(values_for(metric) if values is None else values, usage=True)
    return makers.published_table(folder, text, [spec], contract, split=SPLIT)


def written(folder: Path, text: str) -> Path:
    path = folder / "p.csv"
    path.write_text(text)
    return path


def with_bad_cell(bad: str, metric: Metric, folder: Path) -> Path:
    head, rest = text_of(values_for(metric)).split("\nr7,", 1)
    return written(folder, f"{head}\nr7,{bad}\n{rest.split(chr(10), 1)[1]}")


def without_a_row(metric: Metric, folder: Path) -> Path:
    return written(folder, text_of(values_for(metric)[:-1]))


def doubled(folder: Path, metric: Metric) -> tuple[Published, Path]:
    twice = [np.concatenate([values, values]) for values in (values_for(metric), guess_for(metric))]
    return task(folder, metric, twice[0]), written(folder, text_of(twice[1]))


def case(metric: Metric) -> Case:
    order = np.random.default_rng(SEED).permutation(ROWS)
    bad = {word: partial(with_bad_cell, word, metric) for word in ("nan", "inf", "", "1e400", "one", "\uff11")}
    return Case(
        metric.name,
        "table",
        lambda folder: task(folder, metric),
        lambda folder: written(folder, text_of(values_for(metric))),
        lambda folder: written(folder, text_of(guess_for(metric))),
        lambda folder: written(folder, text_of(guess_for(metric), order)),
        {**bad, "a row left out": partial(without_a_row, metric)},
        lambda folder: doubled(folder, metric),
    )


CASES = [case(metric) for metric in METRICS.values() if metric.of_table is not None or metric.of_terms is not None]
