"""A second stage runs, by itself, what counted in the first; and keeps its scores until it is over."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from competitions.models import Board, Competition, Phase, Submission, Task, Team, User
from competitions.permissions import can_see_board
from competitions.queries.leaderboards import visible_boards
from competitions.queries.submissions import public_scores, visible_submissions
from competitions.quota import GRACE
from competitions.services import evaluations, executions, moves, queueing, scoring_versions, second_stages, submissions
from competitions.services.submissions import FrozenPhase, TooLateToCancel
from competitions.status import BoardKind, CompetitionStatus, FinalRule
from tests import makers

pytestmark = pytest.mark.django_db
NEW_INPUTS = "4" * 64


@pytest.fixture
def first(competition: Competition) -> Phase:
    makers.make_code_task(competition)
    return competition.phases.get()


@pytest.fixture
def second(competition: Competition, first: Phase) -> Phase:
    """It takes what counts in the first, on inputs of its own, and hides its scores."""
    task = makers.make_task(competition, "later-levels", position=1)
    task.code, task.runtime, task.trial_inputs_digest = {"runtime": "python-geo"}, makers.make_runtime(), "5" * 64
    task.save()
    task.current_version.inputs_digest = NEW_INPUTS
    task.current_version.save()
    return makers.make_phase(
        competition,
        task,
        competition.divisions.get(),
        key="second",
        position=1,
        starts_at=first.ends_at,
        ends_at=first.ends_at + timedelta(days=30),
        frozen_from=first,
        hides_scores=True,
    )


@pytest.fixture
def over(first: Phase) -> datetime:
    """A moment after the first stage."""
    return first.ends_at + GRACE + timedelta(minutes=1)


def entered(phase: Phase) -> list[Submission]:
    return list(phase.submissions.order_by("pk"))


def test_the_program_that_counts_of_each_team_is_run_on_the_new_inputs(
    first: Phase, second: Phase, team: Team, rival: User, over: datetime
) -> None:
    rivals = Team.objects.get(members__user=rival)
    worse, better = makers.make_scored_program(team, 2.0), makers.make_scored_program(team, 1.0, content=b"# better\n")
    theirs = makers.make_scored_program(rivals, 3.0)
    assert second_stages.enter_due(now=over) == 2
    mine, other = sorted(entered(second), key=lambda one: one.team_id)
    assert (mine.frozen_from, mine.blob, mine.file_name) == (better, better.blob, "main.py")
    assert (mine.submitted_at, mine.user, mine.kind) == (better.submitted_at, better.user, "code")
    assert other.frozen_from == theirs
    assert worse.pk not in {one.frozen_from_id for one in entered(second)}
    execution = mine.executions.get()  # its trial was passed in the first stage
    assert (execution.kind, execution.inputs_digest, execution.status) == ("full", NEW_INPUTS, "queued")


def test_each_is_entered_once(first: Phase, second: Phase, team: Team, over: datetime) -> None:
    makers.make_scored_program(team)
    assert [second_stages.enter_due(now=over) for _ in range(3)] == [1, 0, 0]
    assert len(entered(second)) == 1


def test_a_later_correction_of_the_first_stage_enters_no_second_program_of_a_team(
    first: Phase, second: Phase, team: Team, over: datetime
) -> None:
    one, two = makers.make_scored_program(team, 1.0), makers.make_scored_program(team, 2.0, content=b"#\n")
    second_stages.enter_due(now=over)
    task = first.tasks.get()
    live = task.current_version
    rules = scoring_versions.Rules(live.contract, live.metrics, "9" * 64, inputs_digest=live.inputs_digest)
    version = scoring_versions.publish(task, rules, now=over)
    scoring_versions.rescore(task, version, now=over)
    for submission, value in ((one, 5.0), (two, 0.5)):
        claim = moves.claim(submission.evaluations.get(scoring_version=version), worker="scorer", now=over)
        evaluations.record(claim, makers.make_result(value), now=over)
    assert scoring_versions.go_live_due(now=over) == 1
    assert Board.objects.get(phase=first, kind="private").standings.get().submission == two
    assert second_stages.enter_due(now=over) == 0
    assert [submission.frozen_from for submission in entered(second)] == [one]


def test_the_last_one_is_entered_where_the_last_one_counts(
    first: Phase, second: Phase, team: Team, over: datetime
) -> None:
    Competition.objects.update(final_rule=FinalRule.LAST)
    makers.make_scored_program(team, 1.0)
    last = makers.make_scored_program(team, 2.0, content=b"#\n")
    second_stages.enter_due(now=over)
    assert [one.frozen_from for one in entered(second)] == [last]


def test_a_first_stage_without_a_private_part_counts_by_its_public_board(
    first: Phase, second: Phase, team: Team, over: datetime
) -> None:
    submission = makers.make_program_submission(team)
    makers.run_program_of(submission)
    only_public = dataclasses.replace(makers.make_result(1.0), private={})
    evaluations.record(makers.claim_of(submission), only_public, now=over)
    assert second_stages.enter_due(now=over) == 1


def test_nothing_is_entered_before_the_first_stage_and_its_last_uploads_are_over(
    first: Phase, second: Phase, team: Team
) -> None:
    makers.make_scored_program(team)
    assert second_stages.enter_due(now=timezone.now()) == 0
    assert second_stages.enter_due(now=first.ends_at + timedelta(seconds=1)) == 0
    assert second_stages.enter_due(now=first.ends_at + GRACE) == 0
    assert second_stages.enter_due(now=first.ends_at + GRACE + timedelta(seconds=1)) == 1


def test_nothing_is_entered_while_a_program_of_the_first_stage_runs_or_waits(
    first: Phase, second: Phase, team: Team, over: datetime
) -> None:
    makers.make_scored_program(team)
    waiting = makers.make_program_submission(team, content=b"#\n")
    assert second_stages.enter_due(now=over) == 0
    makers.run_program_of(waiting)
    assert second_stages.enter_due(now=over) == 0
    evaluations.record(makers.claim_of(waiting), makers.make_result(), now=over)
    assert second_stages.enter_due(now=over) == 1


def test_a_fault_of_ours_holds_the_second_stage_back(
    first: Phase, second: Phase, team: Team, over: datetime, settings
) -> None:
    settings.MAX_ATTEMPTS = 1
    submission = makers.make_program_submission(team)
    executions.give_back(makers.claim_run(), now=over, detail="no box")
    makers.make_scored_program(makers.make_team(first.competition, "other"))
    assert second_stages.enter_due(now=over) == 0
    queueing.retry(submission.evaluations.get(), now=over)
    makers.run_program_of(submission)
    evaluations.record(makers.claim_of(submission), makers.make_result(), now=over)
    assert second_stages.enter_due(now=over) == 2


def test_a_second_stage_that_is_not_open_or_not_published_enters_nothing(
    first: Phase, second: Phase, team: Team, over: datetime
) -> None:
    makers.make_scored_program(team)
    Phase.objects.filter(pk=second.pk).update(starts_at=over + timedelta(days=1))
    assert second_stages.enter_due(now=over) == 0
    assert second_stages.enter_due(now=over + timedelta(days=60)) == 0
    Phase.objects.filter(pk=second.pk).update(starts_at=first.ends_at)
    Competition.objects.update(status=CompetitionStatus.DRAFT)
    assert second_stages.enter_due(now=over) == 0
    Competition.objects.update(status=CompetitionStatus.PUBLISHED)
    assert second_stages.enter_due(now=over) == 1


def test_a_task_without_truth_is_told_to_operators_and_holds_nothing_else_up(
    first: Phase, second: Phase, team: Team, over: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    makers.make_scored_program(team)
    Task.objects.filter(key="later-levels").update(current_version=None)
    assert second_stages.enter_due(now=over) == 0
    assert "later-levels" in caplog.text


def test_only_programs_are_entered(first: Phase, second: Phase, team: Team, over: datetime) -> None:
    makers.make_scored(team)
    assert second_stages.enter_due(now=over) == 0


def test_nobody_uploads_in_a_second_stage(first: Phase, second: Phase, team: Team, over: datetime) -> None:
    user = team.members.get().user

    def chunks() -> Iterator[bytes]:
        raise AssertionError("the upload was read")
        yield b""

    with pytest.raises(FrozenPhase, match="Nothing is uploaded in this phase"):
        submissions.submit(
            user=user, phase=second, task=second.tasks.get(), chunks=chunks(), file_name="main.py", now=over
        )
    assert entered(second) == []


def test_nobody_takes_a_frozen_program_back(first: Phase, second: Phase, team: Team, over: datetime) -> None:
    makers.make_scored_program(team)
    second_stages.enter_due(now=over)
    (submission,) = entered(second)
    with pytest.raises(TooLateToCancel, match="entered by the rules"):
        submissions.cancel(submission, user=submission.user, now=over)
    assert submission.executions.get().status == "queued"


# -- hidden scores ----------------------------------------------------------------------------------------------------


@pytest.fixture
def scored(first: Phase, second: Phase, team: Team, over: datetime) -> Submission:
    makers.make_scored_program(team)
    second_stages.enter_due(now=over)
    (submission,) = entered(second)
    makers.run_program_of(submission)
    evaluations.record(makers.claim_of(submission), makers.make_result(0.25), now=over)
    return submission


def test_a_team_reads_its_scores_of_the_second_stage_when_it_is_over(scored: Submission, over: datetime) -> None:
    end = scored.phase.ends_at
    assert [public_scores(scored, now=at) for at in (over, end)] == [None, None]
    told = public_scores(scored, now=end + timedelta(seconds=1))
    assert told is not None
    assert told.metrics["rmse"] == 0.25


def test_scores_that_are_not_hidden_are_told_at_once(scored: Submission, over: datetime) -> None:
    Phase.objects.filter(pk=scored.phase_id).update(hides_scores=False)
    again = Submission.objects.get(pk=scored.pk)
    assert public_scores(again, now=over) is not None


def test_the_first_stage_hides_nothing(scored: Submission, over: datetime) -> None:
    assert scored.frozen_from is not None
    assert public_scores(scored.frozen_from, now=over) is not None


def test_a_team_sees_that_its_program_was_entered(scored: Submission, rival: User) -> None:
    assert scored in visible_submissions(scored.user)
    assert scored not in visible_submissions(rival)


def test_predicate_and_query_agree_on_the_boards_of_a_second_stage(
    scored: Submission, rival: User, organiser: User, juror: User, visitor: User, operator: User, over: datetime
) -> None:
    people = {
        "anonymous": AnonymousUser(), "visitor": visitor, "contestant": scored.user, "rival": rival, "juror": juror,
        "organiser": organiser, "operator": operator,
    }  # fmt: skip
    competition, end = scored.phase.competition, scored.phase.ends_at
    forever = makers.make_phase(
        competition, scored.task, competition.divisions.get(), key="endless", ends_at=None, hides_scores=True
    )
    boards = list(Board.objects.filter(phase__competition=competition).select_related("phase__competition"))
    for moment in (over, end, end + timedelta(microseconds=1), end + timedelta(days=999)):
        for name, user in people.items():
            allowed = {board.pk for board in boards if can_see_board(user, board, now=moment)}
            seen = set(visible_boards(user, competition, now=moment).values_list("pk", flat=True))
            assert allowed == seen, (name, moment)
            shown = Board.objects.filter(pk__in=seen, kind=BoardKind.PUBLIC).values_list("phase__key", flat=True)
            organises = name in {"organiser", "operator"}
            assert (forever.key in shown) is organises
            assert ("second" in shown) is (organises or moment > end), (name, moment)
            assert "main" in shown
