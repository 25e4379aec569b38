"""What a run again suggests, from how the program ended and how its output compares."""

import pytest

from competitions.status import RerunVerdict
from competitions.winner_rules import RerunFacts, WinnerRules, suggested_verdict

WITHIN = {"is_equal": False, "is_within": True}
BEYOND = {"is_equal": False, "is_within": False}


def verdict(rules: dict | None = None, **facts) -> str:
    defaults = {"status": "done", "execution_status": "done"}
    return str(suggested_verdict(RerunFacts(**{**defaults, **facts}), WinnerRules.of(rules or {})))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"has_same_bytes": True}, "identical"),
        ({"report": {"is_equal": True, "is_within": True}}, "identical"),
        ({"report": BEYOND}, "different"),
        ({"report": WITHIN}, "within"),
        ({"is_unreadable": True}, "unreadable"),
        ({"execution_status": "failed", "failure_kind": "program"}, "program_failed"),
        ({"execution_status": "failed", "failure_kind": "invalid"}, "program_failed"),
        ({"execution_status": "failed", "failure_kind": "platform"}, "ours"),
        ({"status": "failed"}, "ours"),
        ({"status": "waiting", "execution_status": "running"}, "unfinished"),
        ({"status": "queued"}, "unfinished"),
        ({"status": "running"}, "unfinished"),
    ],
)
def test_whose_fault_it_is_and_whether_it_was_reproduced(facts, expected):
    assert verdict(**facts) == expected


def test_every_verdict_can_come_out():
    assert set(RerunVerdict.values) >= {"identical", "within", "different", "program_failed", "unreadable", "ours"}


def test_a_stated_difference_of_the_score_must_hold_too():
    rules = {"tolerance": {"absolute": 0.1, "score": 0.01}}
    assert verdict(rules, report=WITHIN, score_gap=0.01) == "within"
    assert verdict(rules, report=WITHIN, score_gap=0.02) == "different"
    assert verdict(rules, report=WITHIN) == "different"
    assert verdict(rules, report=BEYOND, score_gap=0.0) == "different"


def test_where_only_the_score_is_stated_cells_may_differ():
    assert verdict({"tolerance": {"score": 0.01}}, report=BEYOND, score_gap=0.001) == "within"


def test_the_code_is_always_handed_in():
    assert WinnerRules.of({"hand_in": ["report", "seeds"]}).required == ("code", "seeds", "report")
    assert WinnerRules.of({}).required == ("code", "model", "environment", "seeds", "steps", "report")
