"""Deadlines: a grace for uploads on their way, a release that waits for them, and late submissions told apart."""

from datetime import datetime, timedelta

import pytest

from competitions.models import Board, Competition, Phase, Submission, Team
from competitions.quota import GRACE, Limits, Refusal, Used
from competitions.services import evaluations, leaderboards, submissions
from competitions.services.board_releases import RELEASED_AFTER, release_due
from competitions.status import BoardKind
from tests import makers
from tests.competitions.test_quota import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest() -> Competition:
    return makers.make_competition()


@pytest.fixture
def team(contest: Competition) -> Team:
    return makers.make_team(contest, "one")


@pytest.fixture
def over(contest: Competition, now: datetime) -> Phase:
    """A phase that ended an hour ago and goes on for those who come late."""
    phase = contest.phases.get()
    phase.ends_at, phase.late_submissions, phase.max_submissions_per_day = now - timedelta(hours=1), True, 2
    phase.save()
    return phase


def upload(team: Team, phase: Phase, at: datetime, content: bytes = b"id,y\na,1\n") -> Submission:
    return submissions.submit(
        user=team.members.get().user,
        phase=phase,
        task=phase.tasks.get(),
        chunks=[content],
        file_name="a.csv",
        now=at,
        clock=lambda: at,
    )


def score(submission: Submission, now: datetime) -> None:
    evaluations.record(makers.claim_of(submission), makers.make_result(0.1, 0.1), now=now)


def test_a_late_submission_is_scored_for_its_team_and_on_no_board(team: Team, over: Phase, now: datetime) -> None:
    makers.make_scored(team, public=5.0, submitted_at=over.ends_at - timedelta(hours=1))

    late = upload(team, over, now)
    score(late, now)

    assert late.is_late
    assert late.evaluations.get().status == "scored"
    for board in Board.objects.all():
        leaderboards.refresh(board, team)
        assert board.standings.get().submission_id != late.pk


def test_without_the_setting_nobody_submits_after_the_end(team: Team, over: Phase, now: datetime) -> None:
    over.late_submissions = False
    over.save()
    with pytest.raises(submissions.PhaseClosed):
        upload(team, over, now)


def test_late_submissions_have_a_quota_of_their_own(team: Team, over: Phase, now: datetime) -> None:
    for _ in range(2):
        makers.make_scored(team, submitted_at=over.ends_at - timedelta(seconds=1))
    upload(team, over, now)
    upload(team, over, now)
    with pytest.raises(submissions.QuotaExceeded):
        upload(team, over, now)


def test_an_upload_that_began_in_time_is_not_late(team: Team, over: Phase) -> None:
    assert not upload(team, over, over.ends_at).is_late


def test_boards_are_not_released_while_an_upload_may_be_on_its_way(team: Team, over: Phase) -> None:
    makers.make_scored(team, submitted_at=over.ends_at - timedelta(hours=1))
    assert release_due(now=over.ends_at + timedelta(seconds=1)) == 0
    assert release_due(now=over.ends_at + GRACE + timedelta(seconds=1)) == 0
    assert release_due(now=over.ends_at + RELEASED_AFTER + timedelta(seconds=1)) == 1


def test_boards_wait_for_what_came_in_time_and_not_for_what_came_late(team: Team, over: Phase, now: datetime) -> None:
    makers.make_scored(team, submitted_at=over.ends_at - timedelta(hours=1))
    in_time = makers.make_submission(team, submitted_at=over.ends_at - timedelta(seconds=1))
    upload(team, over, now)
    assert release_due(now=now) == 0

    score(in_time, now)

    assert release_due(now=now) == 1
    assert Board.objects.get(kind=BoardKind.FINAL).standings.get().submission_id == in_time.pk


def test_so_many_at_once_and_the_next_when_one_is_done(team: Team, contest: Competition, now: datetime) -> None:
    phase = contest.phases.get()
    phase.max_concurrent = 1
    phase.save()
    first = upload(team, phase, now)
    with pytest.raises(submissions.QuotaExceeded, match="1 submission"):
        upload(team, phase, now)
    score(first, now)
    assert upload(team, phase, now).pk


@pytest.mark.parametrize(
    ("at_once", "unfinished", "refusal"), [(0, 99, None), (2, 1, None), (2, 2, Refusal.CONCURRENT)]
)
def test_the_limit_at_once_counts_what_is_unfinished(at_once: int, unfinished: int, refusal: Refusal | None) -> None:
    assert ask(limits=Limits(5, 0, 20, at_once), used=Used(0, 0, 0, unfinished)).refusal == refusal
