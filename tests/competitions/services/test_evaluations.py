"""The life of an evaluation: claimed fairly, recorded once, never lost."""

import dataclasses
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from competitions.models import Evaluation, EvaluationEvent, Score, ScoringVersion, Standing, Team
from competitions.queries import evaluations as queue_of
from competitions.queries.evaluations import Waiting, fairest
from competitions.services import evaluations
from competitions.services.moves import IllegalMove, LostClaim, extend_lease
from competitions.status import EvaluationStatus, FailureKind
from tests import makers

pytestmark = pytest.mark.django_db


def claim(now: datetime, worker: str = "one"):
    return evaluations.claim_next(worker=worker, now=now)


def status_of(submission) -> str:
    return submission.evaluations.get().status


def test_an_upload_waits_in_the_queue_with_a_trace(team: Team) -> None:
    evaluation = makers.make_submission(team).evaluations.get()
    assert evaluation.status == EvaluationStatus.QUEUED
    assert [event.new for event in evaluation.events.all()] == ["queued"]


def test_queueing_twice_is_queueing_once(team: Team, now: datetime) -> None:
    submission = makers.make_submission(team)
    evaluations.queue(submission, now=now)
    assert Evaluation.objects.count() == 1
    assert EvaluationEvent.objects.count() == 1


def test_a_worker_claims_scores_and_records(team: Team, now: datetime) -> None:
    submission = makers.make_submission(team)
    got = claim(now)
    evaluations.record(got, makers.make_result(0.5, 0.7), now=now)
    evaluation = submission.evaluations.get()
    assert evaluation.status == EvaluationStatus.SCORED
    assert evaluation.public_detail["metrics"]["rmse"] == 0.5
    assert evaluation.private_detail["metrics"]["rmse"] == 0.7
    assert evaluation.lease_expires_at is None
    assert [event.new for event in evaluation.events.all()] == ["queued", "running", "scored"]
    assert Standing.objects.count() == 2


def test_the_trace_says_which_worker_scored(team: Team, now: datetime) -> None:
    evaluation = makers.make_submission(team).evaluations.get()
    evaluations.record(claim(now, "boat"), makers.make_result(0.5), now=now)
    assert [event.worker for event in evaluation.events.all()] == ["", "boat", "boat"]


def test_the_trace_says_which_worker_was_given_up_for_lost(team: Team, now: datetime) -> None:
    evaluation = makers.make_submission(team).evaluations.get()
    claim(now, "boat")
    evaluations.requeue_stuck(now=now + timedelta(hours=1))
    assert evaluation.events.last().detail == "the lease of boat ran out"


def test_an_empty_queue_gives_no_claim(db: None, now: datetime) -> None:
    assert claim(now) is None


def test_two_workers_never_hold_the_same_evaluation(team: Team, now: datetime) -> None:
    makers.make_submission(team)
    assert claim(now, "one") is not None
    assert claim(now, "two") is None


def test_a_worker_that_was_given_up_for_lost_cannot_record_its_score(team: Team, now: datetime) -> None:
    makers.make_submission(team)
    slow = claim(now, "slow")
    late = now + timedelta(hours=1)
    assert evaluations.requeue_stuck(now=late) == 1
    quick = claim(late, "quick")
    with pytest.raises(LostClaim):
        evaluations.record(slow, makers.make_result(9.0), now=late)
    evaluations.record(quick, makers.make_result(1.0), now=late)
    with pytest.raises(LostClaim):
        evaluations.record(slow, makers.make_result(9.0), now=late)
    assert list(Score.objects.filter(metric="rmse", split="public").values_list("value", flat=True)) == [1.0]


def test_recording_twice_records_once(team: Team, now: datetime) -> None:
    makers.make_submission(team)
    got = claim(now)
    evaluations.record(got, makers.make_result(), now=now)
    with pytest.raises(LostClaim):
        evaluations.record(got, makers.make_result(), now=now)
    assert Score.objects.count() == 4


def test_a_failure_while_recording_leaves_no_half_score(team: Team, now: datetime) -> None:
    submission = makers.make_submission(team)
    got = claim(now)
    broken = dataclasses.replace(makers.make_result(), public={"rmse": 1.0, "mae": None})
    with pytest.raises(IntegrityError), transaction.atomic():
        evaluations.record(got, broken, now=now)
    assert status_of(submission) == EvaluationStatus.RUNNING
    assert Score.objects.count() == Standing.objects.count() == 0


def test_a_heartbeat_keeps_the_lease_and_ends_with_the_claim(team: Team, now: datetime, settings) -> None:
    settings.LEASE_SECONDS = 10
    makers.make_submission(team)
    got = claim(now)
    assert extend_lease(Evaluation, got, now=now + timedelta(seconds=8))
    assert evaluations.requeue_stuck(now=now + timedelta(seconds=15)) == 0
    assert evaluations.requeue_stuck(now=now + timedelta(seconds=19)) == 1
    assert not extend_lease(Evaluation, got, now=now)


def test_a_fault_of_ours_is_tried_again_and_in_the_end_told_as_ours(team: Team, now: datetime, settings) -> None:
    settings.MAX_ATTEMPTS = 3
    submission = makers.make_submission(team)
    for _ in range(3):
        evaluations.give_back(claim(now), now=now, detail="disk full at /secret/path")
    evaluation = submission.evaluations.get()
    assert (evaluation.status, evaluation.failure_kind) == (EvaluationStatus.FAILED, FailureKind.PLATFORM)
    assert evaluation.problems == []
    assert claim(now) is None


def test_an_operator_puts_a_platform_fault_back(team: Team, now: datetime, settings) -> None:
    settings.MAX_ATTEMPTS = 1
    submission = makers.make_submission(team)
    evaluations.give_back(claim(now), now=now, detail="disk full")
    evaluations.retry(submission.evaluations.get(), now=now)
    evaluations.record(claim(now), makers.make_result(), now=now)
    assert status_of(submission) == EvaluationStatus.SCORED


def test_an_invalid_file_is_told_and_never_tried_again(team: Team, now: datetime) -> None:
    evaluation = makers.make_rejected(team).evaluations.get()
    assert evaluation.failure_kind == FailureKind.INVALID
    assert evaluation.problems[0]["code"] == "empty_file"
    with pytest.raises(IllegalMove):
        evaluations.retry(evaluation, now=now)
    assert evaluations.requeue_stuck(now=now + timedelta(days=9)) == 0


def test_a_waiting_upload_can_be_cancelled_and_a_running_one_cannot(team: Team, now: datetime) -> None:
    first, second = makers.make_submission(team), makers.make_submission(team)
    evaluations.cancel(second.evaluations.get(), now=now)
    assert claim(now) is not None
    with pytest.raises(IllegalMove):
        evaluations.cancel(first.evaluations.get(), now=now)
    assert claim(now) is None


def test_a_cancel_that_races_with_a_claim_changes_nothing(team: Team, now: datetime) -> None:
    seen = makers.make_submission(team).evaluations.get()
    claim(now)
    with pytest.raises(LostClaim):
        evaluations.cancel(seen, now=now)


def test_a_team_with_many_uploads_does_not_starve_the_others(competition, now: datetime) -> None:
    busy, calm = makers.make_team(competition, "busy"), makers.make_team(competition, "calm")
    for _ in range(5):
        makers.make_submission(busy)
    makers.make_submission(calm)
    served = [evaluations.claimed(claim(now)).submission.team_id for _ in range(2)]
    assert served == [busy.pk, calm.pk]


def test_the_fairest_order_is_fewest_running_then_longest_unserved_then_oldest(now: datetime) -> None:
    def team(number: int, *, waits: int, running: int = 0, served: int | None = None) -> Waiting:
        last = None if served is None else now - timedelta(minutes=served)
        return Waiting(number, now - timedelta(minutes=waits), running, last)

    waiting = [
        team(1, waits=90, running=1, served=3),
        team(2, waits=1, served=5),
        team(3, waits=2, served=50),
        team(4, waits=4),
        team(5, waits=6),
    ]
    assert [one.team_id for one in fairest(waiting)] == [5, 4, 3, 2, 1]


def test_the_place_in_the_queue_counts_those_before(team: Team) -> None:
    uploads = [makers.make_submission(team) for _ in range(3)]
    places = [queue_of.queue_position(upload.evaluations.get()) for upload in uploads]
    assert places == [1, 2, 3]


NONSENSE = [
    {"status": "lost"},
    {"status": "running"},
    {"status": "failed"},
    {"status": "scored"},
    {"failure_kind": "invalid"},
    {"public_detail": {}},
    {"status": "cancelled"},
]


@pytest.mark.parametrize("fields", NONSENSE, ids=str)
def test_the_database_refuses_nonsense(team: Team, fields: dict) -> None:
    evaluation = makers.make_submission(team).evaluations.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Evaluation.objects.filter(pk=evaluation.pk).update(**fields)


def test_a_rescoring_under_way_does_not_hide_the_live_score(team: Team, now: datetime) -> None:
    submission = makers.make_scored(team)
    live = submission.task.current_version
    newer = ScoringVersion.objects.create(
        task=submission.task,
        number=2,
        contract=live.contract,
        metrics=live.metrics,
        truth_digest="1" * 64,
        published_at=now,
    )
    evaluations.queue(submission, now=now, version=newer)
    assert queue_of.current_evaluation(submission).scoring_version == live
    listed = queue_of.with_current_evaluation(team.submissions.all()).get()
    assert queue_of.current_evaluation(listed).scoring_version == live
    submission.task.current_version = newer
    submission.task.save()
    assert queue_of.current_evaluation(submission).scoring_version == newer
