"""Two teams become one: the rule of quota, what is theirs together, and what is under way meanwhile."""

from datetime import timedelta

import pytest

from competitions.models import (
    AuditEvent,
    Board,
    Competition,
    Evaluation,
    FinalChoice,
    FinalRecord,
    Phase,
    Standing,
    Submission,
    Team,
    TeamMerge,
    TeamPhase,
    User,
)
from competitions.queries.submissions import allowance_for, is_genuine, receipt
from competitions.queries.team_merges import outlook
from competitions.queries.teams import team_of
from competitions.services import evaluations, final_choices, submissions, team_merges
from competitions.services.team_refusals import TeamRefused
from competitions.status import BoardKind, EvaluationStatus
from tests import makers
from tests.competitions.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(team_max_size=3)


@pytest.fixture
def phase(competition: Competition) -> Phase:
    return competition.phases.get()


@pytest.fixture
def rivals(competition: Competition, rival: User) -> Team:
    return team_of(rival, competition)


def merge(team: Team, rivals: Team, now) -> Team:
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    return team_merges.accept(proposal, user=captain(rivals), now=now)


def captain(team: Team) -> User:
    return team.members.get(is_captain=True).user


def refused(code: str, act, *args, **kwargs) -> str:
    with pytest.raises(TeamRefused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code
    return str(caught.value)


# -- what they have together ------------------------------------------------------------------------------------------


def test_people_and_submissions_of_both_are_of_one_team(competition, team, rivals, contestant, rival, now):
    mine, theirs = makers.make_scored(team), makers.make_scored(rivals, content=b"id,y\na,2\n")
    assert merge(team, rivals, now) == team
    assert list(competition.teams.all()) == [team]
    assert {one.user for one in team.members.all()} == {contestant, rival}
    assert captain(team) == contestant
    assert set(team.submissions.all()) == {mine, theirs}


def test_both_boards_are_rebuilt_with_one_row(competition, team, rivals, now):
    makers.make_scored(team, public=3.0, private=1.0)
    best = makers.make_scored(rivals, public=2.0, private=5.0, content=b"id,y\na,2\n")
    merge(team, rivals, now)
    rows = {row.board.kind: row for row in Standing.objects.select_related("board")}
    assert {kind: (row.team_id, row.submission_id, row.value, row.entries) for kind, row in rows.items()} == {
        BoardKind.PUBLIC: (team.pk, best.pk, 2.0, 2),
        BoardKind.PRIVATE: (team.pk, best.pk, 5.0, 2),
    }


def test_a_board_by_ranks_is_ranked_anew(competition, team, rivals, now):
    columns = [{"metric": key, "weight": 1.0, "higher_is_better": False} for key in ("rmse", "mae")]
    Board.objects.update(combine={"kind": "ranks", "of": columns})
    third = makers.make_team(competition, "third")
    for number, one in enumerate((team, rivals, third), start=1):
        makers.make_scored(one, public=float(number), content=b"id,y\na,%d\n" % number)
    merge(team, rivals, now)
    values = Standing.objects.filter(board__kind=BoardKind.PUBLIC).values_list("team", "value")
    assert dict(values) == {team.pk: 1.0, third.pk: 2.0}


def test_receipts_of_the_vanished_team_stay_as_they_were_signed(team, rivals, now):
    theirs = makers.make_submission(rivals)
    before = receipt(theirs)
    merge(team, rivals, now)
    theirs.refresh_from_db()
    assert theirs.team == team
    assert receipt(theirs) == before
    assert before["team"] == "rival team"
    assert is_genuine(before)


def test_the_audit_keeps_who_vanished_with_what(team, rivals, rival, now):
    theirs = makers.make_submission(rivals)
    number = rivals.pk
    merge(team, rivals, now)
    event = AuditEvent.objects.get(verb="merged")
    assert (event.actor, event.subject) == (rival, f"team {team.pk}")
    expected = {"vanished": number, "vanished_name": "rival team", "submissions": [theirs.pk], "members": ["rival"]}
    assert event.detail == expected


def test_a_key_that_both_used_stays_with_the_team_that_stays(team, rivals, now):
    mine = makers.make_submission(team, idempotency_key="k")
    theirs = makers.make_submission(rivals, idempotency_key="k")
    other = makers.make_submission(rivals, idempotency_key="other")
    merge(team, rivals, now)
    keys = dict(Submission.objects.values_list("pk", "idempotency_key"))
    assert keys == {mine.pk: "k", theirs.pk: "", other.pk: "other"}


def test_every_record_that_points_at_a_team_is_thought_of_when_two_merge():
    """A new one has to be moved by team_merges, or go with the team on purpose: say which here."""
    related = Team._meta.get_fields(include_hidden=True)
    pointing = {f"{one.related_model.__name__}.{one.field.name}" for one in related if one.one_to_many}
    moved = {"Submission.team", "TeamMember.team", "Entry.team"}
    computed_anew = {"Standing.team", "TeamPhase.team"}
    goes_with_it = {"TeamInvitation.team", "TeamMerge.team", "TeamMerge.other"}
    hinders_the_merge = {"FinalRecord.team", "Promotion.team", "WinnerEntry.team"}
    assert pointing == moved | computed_anew | goes_with_it | hinders_the_merge


# -- the rule of quota ------------------------------------------------------------------------------------------------


def test_who_has_more_together_than_one_team_could_is_refused_with_the_numbers(competition, phase, team, rivals, now):
    Phase.objects.update(starts_at=now - timedelta(minutes=1), max_submissions_per_day=3)
    for number in range(2):
        makers.make_submission(team, content=b"a%d" % number, submitted_at=now)
        makers.make_submission(rivals, content=b"b%d" % number, submitted_at=now)
    use = outlook(team, rivals, now=now).uses[0]
    assert (use.team_used, use.other_used, use.used) == (2, 2, 4)
    assert use.limit in {3, 6}  # six where a new day began in Tokyo within this minute
    if use.limit == 3:
        text = refused("merge_quota", team_merges.propose, team, other=rivals, user=captain(team), now=now)
        assert "Together you have 4 submissions in phase “main” (2 + 2). One team could have had 3" in text
    Phase.objects.update(starts_at=now - timedelta(days=1))
    merge(team, rivals, now)


def test_the_limit_of_the_whole_phase_counts_as_well(phase, team, rivals, now):
    Phase.objects.update(max_submissions_per_day=0, max_submissions=3)
    for number in range(2):
        makers.make_submission(team, content=b"a%d" % number)
        makers.make_submission(rivals, content=b"b%d" % number)
    refused("merge_quota", team_merges.propose, team, other=rivals, user=captain(team), now=now)


def test_refused_files_count_for_nothing(phase, team, rivals, now):
    Phase.objects.update(max_submissions_per_day=0, max_submissions=2)
    makers.make_scored(team)
    makers.make_scored(rivals, content=b"id,y\na,2\n")
    makers.make_rejected(rivals, content=b"bad")
    assert merge(team, rivals, now) == team


def test_the_quota_of_today_is_that_of_one_team_afterwards(phase, team, rivals, now):
    Phase.objects.update(max_submissions_per_day=2)
    for one, content in ((team, b"a"), (rivals, b"b")):
        makers.make_submission(one, content=content, submitted_at=now)
    merge(team, rivals, now)
    allowance = allowance_for(team, Phase.objects.get(), now=now)
    assert (allowance.used.today, allowance.is_allowed) == (2, False)


def test_what_was_within_is_asked_again_when_the_answer_comes(phase, team, rivals, now):
    Phase.objects.update(max_submissions_per_day=0, max_submissions=2)
    makers.make_submission(team)
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    for number in range(2):
        makers.make_submission(rivals, content=b"b%d" % number)
    refused("merge_quota", team_merges.accept, proposal, user=captain(rivals), now=now)
    assert Team.objects.count() == 2


# -- who, and until when ----------------------------------------------------------------------------------------------


def test_only_captains_propose_and_answer(team, rivals, now):
    mate = makers.make_mate(team, "mate").user
    refused("not_captain", team_merges.propose, team, other=rivals, user=mate, now=now)
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    refused("not_captain", team_merges.accept, proposal, user=captain(team), now=now)
    refused("not_captain", team_merges.decline, proposal, user=captain(team), now=now)
    refused("not_captain", team_merges.withdraw, proposal, user=captain(rivals), now=now)


def test_the_size_of_a_team_holds(team, rivals, now):
    for name in ("one", "two"):
        makers.make_mate(team, name)
    text = refused("team_full", team_merges.propose, team, other=rivals, user=captain(team), now=now)
    assert text == "A team has 3 members at most; this one would have 4."


def test_after_the_deadline_teams_stay_as_they_are(competition, team, rivals, now):
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    Competition.objects.update(team_deadline=now - timedelta(seconds=1))
    proposal = TeamMerge.objects.get(pk=proposal.pk)
    refused("team_deadline", team_merges.accept, proposal, user=captain(rivals), now=now)


@pytest.mark.parametrize("end", ["decline", "withdraw"])
def test_a_proposal_that_is_over_makes_no_team(team, rivals, now, end):
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    assert team_merges.propose(team, other=rivals, user=captain(team), now=now) == proposal
    act, by = {"decline": (team_merges.decline, rivals), "withdraw": (team_merges.withdraw, team)}[end]
    act(proposal, user=captain(by), now=now)
    act(proposal, user=captain(by), now=now)
    refused("merge_closed", team_merges.accept, proposal, user=captain(rivals), now=now)
    assert AuditEvent.objects.filter(verb__startswith="merge ").count() == 2


def test_saying_yes_twice_is_saying_it_once(team, rivals, rival, now):
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    assert [team_merges.accept(proposal, user=rival, now=now) for _ in range(2)] == [team, team]
    assert AuditEvent.objects.filter(verb="merged").count() == 1


# -- choices for the end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("each", "left"), [(1, 2), (2, 0)])
def test_choices_stay_where_they_are_not_too_many(competition, team, rivals, now, each, left):
    Competition.objects.update(final_select=2)
    for one in (Team.objects.get(pk=team.pk), Team.objects.get(pk=rivals.pk)):
        for number in range(each):
            entry = makers.make_scored(one, content=f"id,y\na,{one.pk}{number}\n".encode())
            final_choices.choose(entry, user=captain(one), now=now)
    merge(Team.objects.get(pk=team.pk), Team.objects.get(pk=rivals.pk), now)
    assert FinalChoice.objects.count() == left


def test_teams_whose_choice_is_locked_stay_as_they_are(competition, team, rivals, now):
    place = {"phase": competition.phases.get(), "task": competition.tasks.get()}
    FinalRecord.objects.create(team=rivals, is_default=True, locked_at=now, recorded_at=now, **place)
    refused("choice_locked", team_merges.propose, team, other=rivals, user=captain(team), now=now)


# -- what is under way ------------------------------------------------------------------------------------------------


def test_an_evaluation_that_runs_meanwhile_is_recorded_for_the_merged_team(team, rivals, now):
    theirs = makers.make_submission(rivals)
    claim = makers.claim_of(theirs)
    merge(team, rivals, now)
    evaluations.record(claim, makers.make_result(1.0, 2.0), now=now)
    assert set(Standing.objects.values_list("team", "submission")) == {(team.pk, theirs.pk)}


def test_what_waits_in_the_queue_is_taken_after_a_merge(team, rivals, now):
    makers.make_submission(rivals)
    merge(team, rivals, now)
    claim = evaluations.claim_next(worker="w", now=now)
    assert Evaluation.objects.get(pk=claim.pk).status == EvaluationStatus.RUNNING


def test_an_upload_that_began_before_the_merge_is_the_merged_teams(phase, team, rivals, rival, now):
    def chunks():
        yield b"id,y\n"
        merge(team, rivals, now)
        yield b"a,1\n"

    upload = {"phase": phase, "task": phase.tasks.get(), "file_name": "late.csv", "now": now}
    submission = submissions.submit(user=rival, chunks=chunks(), **upload)
    assert submission.team == team
    assert TeamPhase.objects.filter(team=team, phase=phase).exists()


@pytest.mark.django_db(transaction=True)
def test_scores_and_a_merge_at_once_lose_nothing(team, rivals, now):
    entries = [
        makers.make_submission(one, content=f"id,y\na,{one.pk}{number}\n".encode())
        for one in (team, rivals)
        for number in range(2)
    ]
    claims = [makers.claim_of(entry) for entry in entries]
    proposal = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    by = captain(rivals)
    acts = [
        lambda: team_merges.accept(proposal, user=by, now=now),
        *(
            lambda claim=claim, place=place: evaluations.record(claim, makers.make_result(9.0 - place), now=now)
            for place, claim in enumerate(claims)
        ),
    ]
    outcomes = at_once(acts)
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    public = Standing.objects.get(board__kind=BoardKind.PUBLIC)
    assert (public.team_id, public.value, public.entries) == (team.pk, 6.0, 4)


@pytest.mark.django_db(transaction=True)
def test_two_teams_that_propose_to_each_other_and_both_say_yes_are_one(team, rivals, now):
    there = team_merges.propose(team, other=rivals, user=captain(team), now=now)
    back = team_merges.propose(rivals, other=team, user=captain(rivals), now=now)
    mine, theirs = captain(team), captain(rivals)
    outcomes = at_once(
        [
            lambda: team_merges.accept(there, user=theirs, now=now),
            lambda: team_merges.accept(back, user=mine, now=now),
        ]
    )
    assert Team.objects.count() == 1
    assert Team.objects.get().members.count() == 2
    assert sorted(type(one).__name__ for one in outcomes) == ["Team", "TeamRefused"]
