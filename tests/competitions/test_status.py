"""The state machine, over every pair of states."""

import itertools

import pytest

from competitions.status import (
    COUNTS_AGAINST_QUOTA,
    LIMITED_BY_DAY,
    MOVES,
    REOPENED,
    UNFINISHED,
    EvaluationStatus,
    ExecutionStatus,
    FailureKind,
    can_move,
    can_move_execution,
    sentence,
)

LEGAL = {
    ("waiting", "queued"),
    ("waiting", "failed"),
    ("waiting", "cancelled"),
    ("queued", "running"),
    ("queued", "cancelled"),
    ("running", "queued"),
    ("running", "scored"),
    ("running", "failed"),
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(EvaluationStatus.values, repeat=2)))
def test_only_the_moves_of_the_picture_are_legal(old: str, new: str) -> None:
    assert can_move(old, new) is ((old, new) in LEGAL)


@pytest.mark.parametrize("kind", FailureKind.values)
def test_only_a_fault_that_no_contestant_caused_is_put_back_into_the_queue(kind: str) -> None:
    assert can_move("failed", "queued", failure_kind=kind) is (kind in {"platform", "metric"})


def test_every_state_has_its_moves_and_finished_ones_stay_finished() -> None:
    assert set(MOVES) == set(EvaluationStatus)
    assert {"waiting", "queued", "running"} == UNFINISHED
    assert not MOVES[EvaluationStatus.SCORED]
    assert not MOVES[EvaluationStatus.CANCELLED]


def test_a_contestant_reads_a_sentence_for_every_state_and_every_kind_of_failure() -> None:
    sentences = [sentence(status) for status in EvaluationStatus.values if status != "failed"]
    sentences += [sentence("failed", kind) for kind in FailureKind.values]
    assert len({str(text) for text in sentences}) == len(EvaluationStatus) - 1 + len(FailureKind)


def test_only_a_program_that_ran_costs_quota_be_it_the_contests_own() -> None:
    assert {kind for kind, counts in COUNTS_AGAINST_QUOTA.items() if counts} == {
        FailureKind.PROGRAM,
        FailureKind.STOPPED,
        FailureKind.METRIC,
    }
    assert set(COUNTS_AGAINST_QUOTA) == set(FailureKind)


def test_whoever_fails_for_free_is_limited_by_day() -> None:
    assert {FailureKind.INVALID, FailureKind.TRIAL} == LIMITED_BY_DAY
    assert not any(COUNTS_AGAINST_QUOTA[kind] for kind in LIMITED_BY_DAY)


LEGAL_FOR_RUNS = {
    ("queued", "running"),
    ("queued", "cancelled"),
    ("running", "queued"),
    ("running", "done"),
    ("running", "failed"),
    ("running", "cancelled"),
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(ExecutionStatus.values, repeat=2)))
def test_a_run_of_a_program_can_also_be_cancelled_while_it_runs(old: str, new: str) -> None:
    assert can_move_execution(old, new) is ((old, new) in LEGAL_FOR_RUNS)


@pytest.mark.parametrize("kind", FailureKind.values)
def test_only_a_run_that_failed_by_our_fault_is_repeated(kind: str) -> None:
    assert can_move_execution("failed", "queued", failure_kind=kind) is (kind == "platform")
    assert can_move("failed", "waiting", failure_kind=kind) is (kind in REOPENED)
