"""A result in which an organiser's own program has its say: what the table of metrics scores, and its columns beside.

The stream goes through the same gate as ever, which also keeps a copy of the cells; only when all of it was found right
is the program called: once for the public side and once for the private one, each in a process of its own that holds
nothing of the other side, and then without each group of rows or scenes, where the contest wants an interval.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from scoring import SCORING_VERSION
from scoring.composite import add_combinations, in_order, split_specs
from scoring.contract import Contract, TableContract
from scoring.errors import InvalidPrediction
from scoring.job import MetricSpec
from scoring.measure import pseudo_values
from scoring.program import METRIC, Program, ProgramFault
from scoring.program_child import Call
from scoring.program_data import Copier, SideData, side_data, spool
from scoring.program_log import CappedLog
from scoring.program_run import Values, run_program
from scoring.score import RESULT_SCHEMA, invalid_result, score
from scoring.splits import SCORED, Side
from scoring.uncertainty import intervals_of

LOST_INTERVAL = "\n[no interval for the {side} part: a call without one of the groups failed]\n"


@dataclass(frozen=True, slots=True)
class Scored:
    """The columns of one side, and of each group left out; None and empty for a side without cells."""

    whole: Values | None
    without: Sequence[Values] = ()


def score_with_program(
    stream: BinaryIO,
    contract: Contract,
    truth: Path,
    specs: Sequence[MetricSpec],
    program: Program,
    *,
    memory_mib: int | None = None,
    is_proof: bool = False,
) -> dict[str, Any]:
    """As score.score, with the program's columns, and its log under `program`. `is_proof`: no call may fail.

    A `status` of fault says that the program failed: `reason` and log are for organisers only.

    Raises:
        BrokenStream, InvalidJob, ValueError, OSError: as score.score.
    """
    measured, _ = split_specs(specs)
    others = [spec for spec in measured if spec.metric.name != METRIC]
    with spool() as copy:
        result = score(Copier(stream, copy), contract, truth, others)  # type: ignore[arg-type]
        if result["status"] != "ok":
            return result
        log = CappedLog()
        try:
            sides = side_data(copy, contract, truth, SCORED)
            scored = _score_sides(sides, contract, program, log, memory_mib, is_proof=is_proof)
        except InvalidPrediction as error:
            return {**invalid_result(error), "program": {"log": log.text}}
        except ProgramFault as fault:
            return fault_result(fault)
    return {**_merged(result, specs, contract, scored), "program": {"log": log.text}}


def fault_result(fault: ProgramFault) -> dict[str, Any]:
    """The result document of a program that failed."""
    base = {"schema": RESULT_SCHEMA, "status": "fault", "scoring_version": SCORING_VERSION}
    return {**base, "program": {"reason": fault.reason, "log": fault.log}}


def _score_sides(
    sides: Mapping[Side, SideData],
    contract: Contract,
    program: Program,
    log: CappedLog,
    memory_mib: int | None,
    *,
    is_proof: bool,
) -> dict[Side, Scored]:
    deadline = time.monotonic() + program.spec.wall_seconds
    scored: dict[Side, Scored] = {}
    for side, data in sides.items():
        if not data.units:
            scored[side] = Scored(None)
            continue
        calls = _calls(data, program.spec.groups)
        values = run_program(
            program,
            calls,
            id_column=contract.primary_key if isinstance(contract, TableContract) else "",
            deadline=deadline,
            memory_mib=memory_mib,
            log=log,
            needed=len(calls) if is_proof else 1,
        )
        if len(values) < len(calls):
            log.add(LOST_INTERVAL.format(side=side.name.lower()).encode())
        scored[side] = Scored(values[0], values[1:] if len(values) == len(calls) else ())
    return scored


def _calls(data: SideData, groups: int) -> list[Call]:
    """The whole side, and then without each of its groups; one unit alone cannot be left out."""
    groups = min(groups, data.units)
    left_out = range(groups) if groups > 1 else range(0)
    return [partial(data.pair, None), *(partial(data.without, group, groups) for group in left_out)]


def _merged(
    result: dict[str, Any], specs: Sequence[MetricSpec], contract: Contract, scored: Mapping[Side, Scored]
) -> dict[str, Any]:
    """The metrics in the order of the task."""
    mine = [spec.key for spec in specs if spec.metric.name == METRIC]
    columns = {
        key: {side.name.lower(): None if one.whole is None else one.whole[key] for side, one in scored.items()}
        for key in mine
    }
    body = add_combinations({**result, "metrics": {**result["metrics"], **columns}}, split_specs(specs)[1])
    intervals = {key: kept for key in mine if (kept := _kept(key, scored))}
    if intervals:
        statistics = body["statistics"]
        body["statistics"] = {**statistics, "measured": {**statistics.get("measured", {}), **intervals}}
    body = in_order(body, specs)
    return {**body, "intervals": intervals_of(body, specs, contract)}


def _kept(key: str, scored: Mapping[Side, Scored]) -> dict[str, Any]:
    """Side -> pseudo-values of a score that is no function of sums, see measure.py."""
    return {
        side.name.lower(): {
            "scenes": list(range(len(one.without))),
            "sums": pseudo_values(one.whole[key], [values[key] for values in one.without]).tolist(),
            "exact": one.whole[key],
        }
        for side, one in scored.items()
        if one.whole is not None and one.without
    }
