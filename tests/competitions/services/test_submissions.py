"""Intake: what counts, what is in time, and what two uploads at once may do."""

from datetime import datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from competitions.models import Blob, Evaluation, Submission
from competitions.queries.submissions import allowance_for, is_genuine, public_scores, receipt, same_file
from competitions.quota import GRACE, Refusal
from competitions.services import evaluations, submissions, teams
from competitions.services.submissions import submit
from competitions.store import FileTooLarge
from tests import makers
from tests.competitions.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def phase(competition):
    return competition.phases.get()


@pytest.fixture
def upload(contestant, phase, now):
    def send(content: bytes = b"id,y\na,1\n", **changes):
        facts = {"user": contestant, "phase": phase, "task": phase.tasks.first(), "file_name": "p.csv", "now": now}
        return submit(**{"chunks": [content], **facts, **changes})

    return send


def test_an_upload_is_stored_recorded_and_queued(upload, now, store):
    submission = upload(b"id,y\na,2\n", note=" first try ")
    assert store.blob_path(submission.blob.sha256).read_bytes() == b"id,y\na,2\n"
    assert (submission.submitted_at, submission.note, submission.file_name) == (now, "first try", "p.csv")
    assert Evaluation.objects.get(submission=submission).status == "queued"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\me\\p.csv", "p.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\n.tif", "ab.tif"),
        ("予測.zip", "予測.zip"),
        ("", "upload"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_a_file_keeps_its_last_name_as_a_label(upload, sent, kept):
    assert upload(file_name=sent).file_name == kept


def test_the_last_place_of_the_day_can_be_taken_and_no_more(upload, phase):
    for _ in range(phase.max_submissions_per_day):
        upload()
    with pytest.raises(submissions.QuotaExceeded) as refused:
        upload()
    assert refused.value.allowance.refusal == Refusal.DAY
    assert "5" in str(refused.value)


def test_the_places_of_a_phase_can_all_be_taken_and_no_more(upload, phase, now):
    phase.max_submissions, phase.max_submissions_per_day = 2, 0
    phase.save()
    upload(now=now - timedelta(days=3))
    upload()
    with pytest.raises(submissions.QuotaExceeded) as refused:
        upload()
    assert refused.value.allowance.refusal == Refusal.PHASE


def test_the_day_is_the_contests_day_and_not_the_servers(upload, phase, team):
    phase.max_submissions_per_day = 1
    phase.save()
    midnight = datetime(2026, 6, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
    phase.starts_at, phase.ends_at = midnight - timedelta(days=9), midnight + timedelta(days=9)
    phase.save()
    upload(now=midnight - timedelta(minutes=1), clock=lambda: midnight)
    assert allowance_for(team, phase, now=midnight - timedelta(seconds=1)).refusal == Refusal.DAY
    assert allowance_for(team, phase, now=midnight).is_allowed
    upload(now=midnight, clock=lambda: midnight)


def test_a_refused_file_costs_no_quota_but_one_of_the_refusals_of_the_day(team, phase, now):
    makers.make_rejected(team)
    used = allowance_for(team, phase, now=now).used
    assert (used.today, used.in_all, used.rejected_today) == (0, 0, 1)


def test_too_many_refused_files_a_day_are_the_end_of_the_day(upload, team, phase):
    phase.max_rejected_per_day = 2
    phase.save()
    makers.make_rejected(team)
    makers.make_rejected(team)
    with pytest.raises(submissions.QuotaExceeded) as refused:
        upload()
    assert refused.value.allowance.refusal == Refusal.REJECTED


def test_a_scored_and_a_waiting_file_cost_quota(team, phase, now):
    makers.make_scored(team)
    makers.make_submission(team)
    assert allowance_for(team, phase, now=now).used.today == 2


def test_a_fault_of_ours_costs_no_quota(team, phase, now, settings):
    settings.MAX_ATTEMPTS = 1
    submission = makers.make_submission(team)
    evaluations.give_back(makers.claim_of(submission), now=now, detail="the disk is full")
    used = allowance_for(team, phase, now=now).used
    assert (used.today, used.in_all, used.rejected_today) == (0, 0, 0)


def test_what_is_cancelled_before_scoring_costs_no_quota(upload, contestant, team, phase, now):
    submission = upload()
    submissions.cancel(submission, user=contestant, now=now)
    assert submissions.cancel(submission, user=contestant, now=now) == submission
    assert allowance_for(team, phase, now=now).used.today == 0


def test_nothing_can_be_cancelled_once_a_worker_has_begun(upload, contestant, now):
    submission = upload()
    makers.claim_of(submission)
    with pytest.raises(submissions.TooLateToCancel):
        submissions.cancel(submission, user=contestant, now=now)


def test_a_rescoring_that_fails_does_not_give_a_place_back(team, phase, now):
    submission = makers.make_scored(team)
    task = submission.task
    task.current_version = task.scoring_versions.create(
        number=2, contract={}, metrics=makers.METRICS, truth_digest="1" * 64, published_at=now
    )
    task.save()
    evaluations.queue(submission, now=now)
    evaluations.reject(makers.claim_of(submission), [], total=1, now=now)
    assert allowance_for(team, phase, now=now).used.today == 1


def test_another_teams_submissions_cost_us_nothing(upload, rival, phase, now, team):
    makers.make_scored(rival.team_memberships.get().team)
    assert allowance_for(team, phase, now=now).used.today == 0


# -- time ----------------------------------------------------------------------------------------------------------


def test_an_upload_that_began_at_the_deadline_and_ended_within_the_grace_is_in_time(upload, phase):
    submission = upload(now=phase.ends_at, clock=lambda: phase.ends_at + GRACE)
    assert submission.submitted_at == phase.ends_at


def test_an_upload_that_took_longer_than_the_grace_is_too_late(upload, phase):
    """I11: a slow upload keeps no deadline open."""
    with pytest.raises(submissions.PhaseClosed):
        upload(now=phase.ends_at, clock=lambda: phase.ends_at + GRACE + timedelta(seconds=1))
    assert Submission.objects.count() == 0


def test_an_upload_that_began_after_the_deadline_is_refused_before_it_is_read(upload, phase):
    def never() -> object:
        raise AssertionError("the file was read")
        yield b""

    with pytest.raises(submissions.PhaseClosed) as refused:
        upload(chunks=never(), now=phase.ends_at + timedelta(microseconds=1))
    assert refused.value.allowance.refusal == Refusal.CLOSED


def test_nobody_submits_before_the_phase_opens(upload, phase):
    with pytest.raises(submissions.PhaseClosed) as refused:
        upload(now=phase.starts_at - timedelta(seconds=1))
    assert refused.value.allowance.refusal == Refusal.NOT_OPEN


# -- who and what --------------------------------------------------------------------------------------------------


def test_who_has_not_joined_is_refused(upload, visitor):
    with pytest.raises(submissions.NotTakingPart):
        upload(user=visitor)


def test_who_has_not_accepted_the_newest_rules_is_refused_until_then(upload, competition, contestant, now):
    terms = makers.make_terms(competition, "2", created_at=now + timedelta(seconds=1))
    with pytest.raises(submissions.NotTakingPart):
        upload()
    teams.accept_terms(user=contestant, terms=terms, now=now)
    assert upload().pk


def test_a_task_of_another_phase_is_refused(upload, competition):
    with pytest.raises(submissions.TaskNotInPhase):
        upload(task=makers.make_task(competition, "winds"))


def test_one_byte_too_many_is_refused_and_leaves_nothing_behind(upload, phase, store):
    phase.max_file_bytes = 10
    phase.save()
    upload(b"x" * 10)
    with pytest.raises(FileTooLarge):
        upload(chunks=[b"x" * 6, b"x" * 5])
    assert Submission.objects.count() == Blob.objects.count() == 1
    assert [path for path in (store.root / "incoming").iterdir() if path.is_file()] == []


def test_an_upload_that_breaks_off_leaves_nothing_behind(upload, store):
    def breaking():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        upload(chunks=breaking())
    assert Submission.objects.count() == 0
    assert [path for path in (store.root / "incoming").iterdir() if path.is_file()] == []


# -- again ---------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_submission_even_when_nothing_is_left(upload, phase):
    phase.max_submissions_per_day = 1
    phase.save()
    first = upload(idempotency_key="k1")
    assert upload(b"other", idempotency_key="k1") == first
    assert Submission.objects.count() == 1


def test_the_keys_of_two_teams_are_their_own(upload, rival):
    assert upload(idempotency_key="k1") != upload(user=rival, idempotency_key="k1")


def test_a_key_cannot_be_used_for_another_task(upload, competition, phase):
    upload(idempotency_key="k1")
    winds = makers.make_task(competition, "winds")
    phase.tasks.add(winds)
    with pytest.raises(submissions.KeyReused):
        upload(task=winds, idempotency_key="k1")


def test_a_key_that_is_too_long_is_refused_rather_than_cut(upload):
    with pytest.raises(submissions.InvalidKey):
        upload(idempotency_key="k" * 101)


def test_the_same_file_is_taken_and_told(upload, team):
    first, second = upload(), upload()
    assert first.blob == second.blob
    assert same_file(team, second.blob, before=second) == first
    assert same_file(team, first.blob, before=first) is None


def test_a_receipt_is_genuine_until_somebody_changes_it(upload):
    paper = receipt(upload())
    assert is_genuine(paper)
    assert not is_genuine({**paper, "submitted_at": "2020-01-01T00:00:00+00:00"})
    assert not is_genuine({**paper, "signature": ""})


def test_public_scores_hold_nothing_of_the_private_split(team):
    submission = makers.make_submission(team)
    result = makers.make_result(
        1.25,
        77.125,
        public_scenes=[{"name": "north", "split": "public", "cells": 9, "metrics": {"rmse": 1.25}}],
        private_scenes=[{"name": "south", "split": "private", "cells": 9, "metrics": {"rmse": 77.125}}],
    )
    assert public_scores(submission, now=timezone.now()) is None
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    shown = public_scores(submission, now=timezone.now())
    assert shown.metrics == {"rmse": 1.25, "mae": 0.625}
    assert [scene.name for scene in shown.scenes] == ["north"]


# -- at once -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_cannot_both_take_the_last_place(upload, phase):
    phase.max_submissions_per_day = 2
    phase.save()
    upload(b"the first place")  # and the row that is locked exists: making it would be a lock of its own
    stored = Barrier(6, timeout=30)

    def content(number):
        yield b"%d" % number
        stored.wait()  # all are asked for the quota, and pass, before any of them is recorded

    outcomes = at_once([lambda number=number: upload(chunks=content(number)) for number in range(6)])
    assert sum(isinstance(outcome, Submission) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, submissions.QuotaExceeded) for outcome in outcomes) == 5
    assert Submission.objects.count() == Evaluation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_key_sent_twice_at_once_makes_one_submission(upload):
    outcomes = at_once([lambda: upload(idempotency_key="again")] * 4)
    assert len({outcome.pk for outcome in outcomes}) == 1
    assert Submission.objects.count() == Evaluation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_and_a_worker_at_once_leave_one_outcome(upload, contestant, now):
    submission = upload()
    at_once(
        [
            lambda: submissions.cancel(submission, user=contestant, now=now),
            lambda: evaluations.claim_next(worker="w", now=now),
        ]
    )
    evaluation = Evaluation.objects.get()
    assert evaluation.status in {"cancelled", "running"}
    assert evaluation.events.exclude(old="").count() == 1
