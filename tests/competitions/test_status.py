"""The state machine, over every pair of states."""

import itertools

import pytest

from competitions.status import (
    COUNTS_AGAINST_QUOTA,
    MOVES,
    UNFINISHED,
    EvaluationStatus,
    FailureKind,
    can_move,
    sentence,
)

LEGAL = {
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
    assert {"queued", "running"} == UNFINISHED
    assert not MOVES[EvaluationStatus.SCORED]
    assert not MOVES[EvaluationStatus.CANCELLED]


def test_a_contestant_reads_a_sentence_for_every_state_and_every_kind_of_failure() -> None:
    sentences = [sentence(status) for status in EvaluationStatus.values if status != "failed"]
    sentences += [sentence("failed", kind) for kind in FailureKind.values]
    assert len({str(text) for text in sentences}) == 8


def test_only_a_program_that_ran_costs_quota_be_it_the_contests_own() -> None:
    assert {kind for kind, counts in COUNTS_AGAINST_QUOTA.items() if counts} == {
        FailureKind.PROGRAM,
        FailureKind.METRIC,
    }
    assert set(COUNTS_AGAINST_QUOTA) == set(FailureKind)
