"""Whose program runs next: what a board waits for before what shows the effect of a proposed change."""

from datetime import timedelta

import pytest
from django.utils import timezone

from competitions.models import Execution
from competitions.queries.executions import queue_position
from competitions.services import executions
from competitions.status import ExecutionKind, ExecutionStatus
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(competition, now):
    """Runs that wait, the oldest first: on proposed inputs, of the audit of winners, on live inputs, and a trial."""
    makers.make_code_task(competition)
    submissions = [
        makers.make_program_submission(makers.make_team(competition, name), submitted_at=now)
        for name in ("proposal", "audit", "live", "trial")
    ]
    trials = [one.executions.get() for one in submissions]
    live = submissions[0].task.current_version.inputs_digest
    changes = [
        {"kind": ExecutionKind.FULL, "inputs_digest": "f" * 64},
        {"kind": ExecutionKind.WINNER, "inputs_digest": "e" * 64},
        {"kind": ExecutionKind.FULL, "inputs_digest": live},
        {},
    ]
    for minutes, (run, fields) in enumerate(zip(trials, changes, strict=True)):
        queued_at = now - timedelta(minutes=10 - minutes)
        Execution.objects.filter(pk=run.pk).update(queued_at=queued_at, **fields)
    return {one.team.name.split()[0]: run.pk for one, run in zip(submissions, trials, strict=True)}


def test_what_nobody_waits_for_is_run_in_the_time_that_the_others_leave(waiting):
    names = {number: name for name, number in waiting.items()}
    taken = [executions.claim_next(worker="w", runtimes=["a" * 64], now=timezone.now()) for _ in waiting]
    assert [names[one.pk] for one in taken] == ["trial", "live", "audit", "proposal"]


def test_a_run_is_told_how_many_are_before_it(waiting):
    runs = Execution.objects.in_bulk(waiting.values())
    places = {name: queue_position(runs[number]) for name, number in waiting.items()}
    assert places == {"trial": 1, "live": 2, "audit": 3, "proposal": 4}
    Execution.objects.filter(pk=waiting["trial"]).update(status=ExecutionStatus.CANCELLED, finished_at=timezone.now())
    assert queue_position(runs[waiting["live"]]) == 1
