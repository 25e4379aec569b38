"""`python -m scoring compare`: is the difference of two results more than noise? Their statistics say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from scoring.contract import Contract
from scoring.errors import InvalidJob, Problem, quoted
from scoring.job import parse_metrics
from scoring.uncertainty import Comparison, compare, units_from_result

SIDES = ("public", "private")


def compared(
    one: Mapping[str, Any], other: Mapping[str, Any], contract: Contract, metrics: Any
) -> dict[str, dict[str, dict[str, Any] | None]]:
    """Metric -> side -> the first result less the second; None where one of them keeps nothing that can be compared.

    Raises:
        InvalidJob: a document that is no result of a valid prediction, or results of two different truths.
    """
    for name, result in (("first", one), ("second", other)):
        if result.get("status") != "ok" or not isinstance(result.get("statistics"), dict):
            found_status = quoted(str(result.get("status")), 40)
            wanted = "a result.json whose status is ok"
            raise InvalidJob([Problem("job_range", name, {"value": found_status, "expected": wanted})])
    specs = parse_metrics(metrics, contract)
    found: dict[str, dict[str, dict[str, Any] | None]] = {}
    for spec in (spec for spec in specs if spec.metric.ranks):
        pairs = {
            side: [units_from_result(r["statistics"], spec, side, contract=contract, specs=specs) for r in (one, other)]
            for side in SIDES
        }
        found[spec.key] = {side: _compared(*pair) for side, pair in pairs.items()}
    return found


def _compared(one: Any, other: Any) -> dict[str, Any] | None:
    if one is None or other is None:
        return None
    try:
        comparison = compare(one, other)
    except ValueError as error:
        params = {"value": "a pair of two truths", "expected": "two results of the same truth"}
        raise InvalidJob([Problem("job_range", "results", params)]) from error
    return asdict(comparison) if comparison is not None else None


def lines(found: Mapping[str, Mapping[str, Mapping[str, Any] | None]]) -> Iterator[str]:
    """For people: a line for each metric and side."""
    for key, sides in found.items():
        for side, one in sides.items():
            if one is not None:
                yield f"{key} ({side}): {_told(Comparison(**one))}"


def _told(one: Comparison) -> str:
    verdict = "more than noise" if one.is_more_than_noise else "no more than noise"
    return f"{one.difference:+.6g}, 95 % interval {one.low:+.6g} to {one.high:+.6g}, p = {one.p_value:.3g}: {verdict}"
