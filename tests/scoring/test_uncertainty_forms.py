"""The forms that replicates need say the same as the exact functions that scores come from, over the whole table."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from scoring import uncertainty_masks, uncertainty_tables
from scoring.aggregate import block_sums, class_counts
from scoring.job import MetricSpec, parse_contract, parse_metrics
from scoring.measure import measure_of
from scoring.registry import METRICS
from scoring.terms import block_terms
from tests.scoring import makers

VALUES, CLASSES = (0, 1, 2, 7), (0, 1, 2)
GROUPS = [
    {"name": "water", "truth": [0, 7], "prediction": [0]},
    {"name": "ice", "truth": [1], "prediction": [1]},
    {"name": "land", "truth": [2], "prediction": [2]},
]
OF_LABELS = sorted(name for name, metric in METRICS.items() if metric.of_mask and "table" in metric.kinds)
OF_MASK = sorted(name for name, metric in METRICS.items() if metric.of_mask and "raster" in metric.kinds)
OF_TABLE = sorted(name for name, metric in METRICS.items() if metric.of_table or metric.of_terms)


def choices(name: str, param: str) -> tuple[str | None, ...]:
    found = METRICS[name].param(param)
    return found.choices if found else (None,)


def mask_specs(name: str) -> list[MetricSpec]:
    """A metric with each of its averages and 0/0 rules, with classes of its own, once with a value ignored."""
    metric = METRICS[name]
    contract = parse_contract(makers.raster_contract(classes=CLASSES), complete=False)
    found = []
    for average, rule in itertools.product(choices(name, "average"), choices(name, "zero_division")):
        params: dict[str, Any] = {"classes": GROUPS, "average": average, "zero_division": rule}
        params |= {"positive": "ice"} if metric.param("positive") else {}
        params |= {"beta": 2} if metric.param("beta") else {}
        params = {key: value for key, value in params.items() if value is not None}
        found += parse_metrics([{"metric": name, "params": params}], contract)
    without_water = [GROUPS[1], GROUPS[2], {"name": "rest", "truth": [7], "prediction": [0]}]
    ignoring = {**params, "classes": without_water, "ignore": [0]}
    return [*found, *parse_metrics([{"metric": name, "params": ignoring}], contract)]


def tables() -> np.ndarray:
    """Joint counts, with a row of ignored cells: many, few, empty, one class alone, perfect."""
    random = np.random.default_rng(1)
    ordinary = random.integers(0, 10**9, (20, len(VALUES) + 1, len(CLASSES)))
    sparse = ordinary * (random.random(ordinary.shape) < 0.15)
    special = np.zeros((4, len(VALUES) + 1, len(CLASSES)), np.int64)
    special[1, 4] = 5
    special[2, 1, 1] = 10**9
    special[3, (0, 1, 2), (0, 1, 2)] = 7
    return np.concatenate([ordinary, sparse, special])


@pytest.mark.parametrize("name", OF_MASK)
def test_every_metric_of_masks_is_the_same_of_many_sums(name: str) -> None:
    blocks = tables()
    for spec in mask_specs(name):
        sums = uncertainty_masks.unit_sums(blocks, VALUES, CLASSES, spec)
        with np.errstate(divide="ignore", invalid="ignore"):
            many = uncertainty_masks.value_of(spec)(sums)
        exact = [spec.metric.of_mask(class_counts(table, VALUES, CLASSES, spec), spec.options) for table in blocks]
        assert many == pytest.approx([math.nan if one is None else one for one in exact], abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", OF_LABELS)
def test_every_metric_of_labels_is_the_same_of_many_sums(name: str) -> None:
    metric = METRICS[name]
    fields = [{"name": "id", "type": "integer"}, {"name": "y", "type": "string", "constraints": {"enum": list("abc")}}]
    document = makers.table_contract()
    document["schema"] = {"fields": fields, "primaryKey": "id"}
    contract = parse_contract(document, complete=False)
    random = np.random.default_rng(3)
    truth = random.choice([b"a", b"b", b"c"], 90)
    truth[:40] = b"a"
    guess = np.where(random.random(90) < 0.5, truth, random.choice([b"a", b"b", b"c", b"strange"], 90))
    guess[:20] = b"a"
    blocks = [slice(0, 20), slice(20, 40), slice(40, 41), slice(41, 90), slice(90, 90)]
    for average, rule in itertools.product(choices(name, "average"), choices(name, "zero_division")):
        params = {"average": average, "zero_division": rule, "positive": "b" if metric.param("positive") else None}
        params = {key: value for key, value in params.items() if value is not None}
        if average not in {None, "binary"}:
            params.pop("positive", None)
        (spec,) = parse_metrics([{"metric": name, "params": params}], contract)
        measure = measure_of(spec, contract)
        measure.fit({"y": truth})
        sums = measure.rows({"y": truth}, {"y": guess}, blocks).sums
        with np.errstate(divide="ignore", invalid="ignore"):
            many = uncertainty_masks.value_of_labels(spec)(sums)
        assert many == pytest.approx(measure.value(sums), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("rule", ["0", "1", "skip"])
@pytest.mark.parametrize("name", OF_TABLE)
def test_every_metric_of_tables_is_the_same_of_many_sums(name: str, rule: str) -> None:
    metric = METRICS[name]
    document = makers.table_contract(key_type="integer")
    document["schema"]["fields"][1]["constraints"] = {"minimum": 0}
    params: dict[str, Any] = {"capacity": 10} if metric.param("capacity") else {}
    params |= {"zero_division": rule} if metric.param("zero_division") else {}
    (spec,) = parse_metrics([{"metric": name, "params": params}], parse_contract(document, complete=False))
    random = np.random.default_rng(2)
    truths = [random.gamma(2.0, 3.0, rows) for rows in (1, 2, 50, 200)]
    guesses = [np.abs(truth + random.normal(size=len(truth))) for truth in truths]
    truths += [np.full(3, 0.0), np.full(3, 2.0), np.full(3, 2.0), truths[2]]
    guesses += [np.full(3, 0.0), np.full(3, 2.0), np.array([2.0, 2.0, 3.0]), truths[2]]
    for truth, guess in zip(truths, guesses, strict=True):
        assert_same(spec, truth, guess)


def assert_same(spec: MetricSpec, truth: np.ndarray, guess: np.ndarray) -> None:
    column = block_sums(guess - truth).total
    if spec.metric.of_terms is not None:
        terms = block_terms(spec.metric.terms, truth, guess, spec.table).total
        named, exact = {"rows": len(truth), **terms}, spec.metric.of_terms(len(truth), terms, spec.table)
    else:
        named, exact = {name: getattr(column, name) for name in uncertainty_tables.COLUMN_SUMS}, None
        exact = spec.metric.of_table(column)
    sums = np.array([list(named.values())] * 2, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        many = uncertainty_tables.value_of(spec, list(named))(sums)
    many = np.abs(many) if spec.metric.name in uncertainty_tables.SIGNED else many
    assert many == pytest.approx([math.nan if exact is None else exact] * 2, abs=1e-9, nan_ok=True)
