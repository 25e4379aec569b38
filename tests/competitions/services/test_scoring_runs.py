"""A worker's turn, with boxes that are scripted: what is recorded, what is told, what is given back."""

import os
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from competitions import tasks
from competitions.models import Team, WorkerReport
from competitions.queries.evaluations import workers
from competitions.services import boxes, evaluations, scoring_runs
from competitions.services.boxes import Verdict
from competitions.status import EvaluationStatus, FailureKind
from competitions.store import Store
from sandbox import Finding, SandboxError, Severity
from sandbox.fake import FakeRunner
from tests import makers

pytestmark = pytest.mark.django_db
GOOD = {"metrics": {"rmse": {"public": 0.5, "private": None}}, "scenes": [{"name": "a", "split": "public"}]}


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)
    monkeypatch.setattr(scoring_runs, "_fitness", None)


def turn(monkeypatch: pytest.MonkeyPatch, outcome: Any, now: datetime, store: Store) -> None:
    """One claimed evaluation is worked on; the boxes answer with `outcome`, or raise it."""

    def score_prediction(*args: Any, **kwargs: Any) -> Verdict:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(boxes, "score_prediction", score_prediction)
    claim = evaluations.claim_next(worker="one", now=now)
    assert claim is not None
    scoring_runs.work(claim, runner=FakeRunner(), store=store)


def test_a_result_is_recorded_and_a_split_without_cells_has_no_score(team: Team, now, store, monkeypatch) -> None:
    submission = makers.make_submission(team)
    turn(monkeypatch, Verdict(GOOD), now, store)
    evaluation = submission.evaluations.get()
    assert evaluation.status == EvaluationStatus.SCORED
    assert [(score.split, score.value) for score in evaluation.scores.all()] == [("public", 0.5)]
    assert evaluation.public_detail["scenes"] == GOOD["scenes"]
    assert evaluation.private_detail["scenes"] == []


def test_a_bad_file_is_told_with_all_that_was_counted(team: Team, now, store, monkeypatch) -> None:
    submission = makers.make_submission(team)
    problem = {"code": "csv_blank", "where": "line 3", "params": {"line": 3}, "message": "Line 3 is blank."}
    turn(monkeypatch, Verdict(None, [problem], 41), now, store)
    evaluation = submission.evaluations.get()
    assert (evaluation.failure_kind, evaluation.problem_count) == (FailureKind.INVALID, 41)
    assert evaluation.problems == [problem]


@pytest.mark.parametrize("fault", [SandboxError("no box"), ValueError("a bug of ours"), OSError("disk full")], ids=repr)
def test_whatever_breaks_on_our_side_goes_back_into_the_queue(team: Team, now, store, monkeypatch, fault) -> None:
    submission = makers.make_submission(team)
    turn(monkeypatch, fault, now, store)
    evaluation = submission.evaluations.get()
    assert evaluation.status == EvaluationStatus.QUEUED
    assert evaluation.problems == []
    assert type(fault).__name__ in evaluation.events.last().detail


def test_a_claim_that_was_lost_meanwhile_is_dropped_without_a_trace(team: Team, now, store, monkeypatch) -> None:
    submission = makers.make_submission(team)

    def requeued_meanwhile(*args: Any, **kwargs: Any) -> Verdict:
        assert evaluations.requeue_stuck(now=now + timedelta(hours=1)) == 1
        return Verdict(GOOD)

    monkeypatch.setattr(boxes, "score_prediction", requeued_meanwhile)
    scoring_runs.work(evaluations.claim_next(worker="one", now=now), runner=FakeRunner(), store=store)
    assert submission.evaluations.get().status == EvaluationStatus.QUEUED
    assert submission.evaluations.get().scores.count() == 0


class Unfit(FakeRunner):
    def self_test(self) -> list[Finding]:
        return [Finding(Severity.ERROR, "the network is reachable", "unplug it")]


def test_a_worker_whose_boxes_do_not_hold_takes_nothing_and_says_why(team: Team, now, monkeypatch) -> None:
    """W4: a self-test that finds something."""
    submission = makers.make_submission(team)
    monkeypatch.setattr(boxes, "make_runner", Unfit)
    state = scoring_runs.fitness(worker="one", now=now, make_runner=Unfit)
    assert not state.is_fit
    assert scoring_runs.work_off_the_queue(worker="one") == 0
    assert submission.evaluations.get().status == EvaluationStatus.QUEUED
    report = WorkerReport.objects.get()
    assert not report.is_fit
    assert "the network is reachable" in report.findings[0]


class Weaker(FakeRunner):
    def self_test(self) -> list[Finding]:
        return [Finding(Severity.WARNING, "the kernel is shared", "install gVisor")]


def test_a_worker_whose_boxes_hold_with_a_warning_works_and_says_so(db: None, now, caplog) -> None:
    state = scoring_runs.fitness(worker="one", now=now, make_runner=Weaker)
    assert state.is_fit
    assert "the kernel is shared" in caplog.text


def test_reports_of_workers_that_are_gone_are_forgotten(db: None, now) -> None:
    fields = {"backend": "bubblewrap", "is_fit": True}
    WorkerReport.objects.create(worker="old", seen_at=now - timedelta(days=3), **fields)
    assert list(workers(now=now)) == []
    scoring_runs.fitness(worker="new", now=now, make_runner=Unfit)
    assert [report.worker for report in workers(now=now)] == ["new"]
    assert WorkerReport.objects.count() == 1


def test_the_sweeper_clears_away_what_killed_workers_left(db: None) -> None:
    for name, age_days in (("dead", 2), ("alive", 0)):
        folder = settings.TIDEMARK_HOME / "scratch" / name
        folder.mkdir(parents=True)
        (folder / "spec.json").write_text("{}")
        moment = time.time() - age_days * 86_400
        os.utime(folder, (moment, moment))
    tasks.sweep()
    assert [path.name for path in (settings.TIDEMARK_HOME / "scratch").iterdir()] == ["alive"]
