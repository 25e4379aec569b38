"""Columns made of other columns of the same task: weighted sums, such as AutoICE's (2 R2 + 2 F1 + F1) / 5.

A part is first scaled, then rounded when the contest says so, then weighted; the sum is divided by the sum of the
weights unless they are to be taken as they are. A combination of parts one of which has no score has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scoring.errors import Problems, closest, quoted
from scoring.ranking import rounded

if TYPE_CHECKING:
    from scoring.job import MetricSpec

Scores = Mapping[str, float | None]


def split_specs(specs: Sequence[MetricSpec]) -> tuple[list[MetricSpec], list[MetricSpec]]:
    """What is measured, and what is made of it."""
    return [one for one in specs if not one.metric.is_composite], [one for one in specs if one.metric.is_composite]


def check_parts(specs: Sequence[MetricSpec], where: str, problems: Problems) -> None:
    """Every part is a measured column of the task, and weights do not cancel."""
    measured, made = split_specs(specs)
    keys = [one.key for one in measured]
    for spec in made:
        weights: Mapping[str, float] = spec.params["of"] or {}
        for key in weights:
            if key not in keys:
                code = "job_choice_hint" if closest(key, keys) else "job_choice"
                hint = str(closest(key, keys))
                problems.add(code, f"{where}: {spec.key}.of", value=quoted(key), hint=hint, allowed=keys)
        if not weights or (spec.params["mean"] and not math.fsum(weights.values())):
            problems.add("job_range", f"{where}: {spec.key}.of", value="a sum of 0", expected="weights with a sum")


def combined(spec: MetricSpec, parts: Scores) -> float | None:
    """The value of a combination.

    .. math:: \\frac{\\sum_k w_k \\, r(s x_k)}{\\sum_k w_k}

    with the scale s and rounding r of the contest; without the division when `mean` is false.

    Raises:
        KeyError: a part that the task does not have.
    Example: of {a: 2, b: 1}, scale 100, a 0.5, b 0.2 -> (100 + 20) / 3 = 40
    """
    weights: Mapping[str, float] = spec.params["of"]
    values = [_part(spec, parts[key]) for key in weights]
    if any(value is None for value in values):
        return None
    total = math.fsum(
        weight * value for weight, value in zip(weights.values(), values, strict=True) if value is not None
    )
    return total / math.fsum(weights.values()) if spec.params["mean"] else total


def _part(spec: MetricSpec, value: float | None) -> float | None:
    if value is None:
        return None
    scaled = value * float(spec.params["scale"])
    decimals = spec.params["round"]
    return scaled if decimals is None else rounded(scaled, decimals)


def add_combinations(body: dict[str, Any], made: Sequence[MetricSpec]) -> dict[str, Any]:
    """The body of a result with the combinations beside their parts: of each side, and of each scene that has all."""
    for spec in made:
        sides = {side: {key: one[side] for key, one in body["metrics"].items()} for side in ("public", "private")}
        body["metrics"][spec.key] = {side: combined(spec, parts) for side, parts in sides.items()}
        for row in body["scenes"]:
            own = row.get("metrics", {})
            if set(spec.params["of"]) <= set(own):
                own[spec.key] = combined(spec, own)
    return body


def in_order(body: dict[str, Any], specs: Sequence[MetricSpec]) -> dict[str, Any]:
    """Columns as the contest lists them."""
    return {**body, "metrics": {spec.key: body["metrics"][spec.key] for spec in specs}}
