"""What counts at the end: chosen by the team, else by default; locked at the deadline; never told before release."""

from datetime import datetime, timedelta

import pytest

from competitions.models import AuditEvent, Board, Competition, FinalChoice, FinalRecord, Standing, Submission, Team
from competitions.queries.final_choices import selections, teams_without_choice
from competitions.services import (
    board_releases,
    evaluations,
    final_choices,
    leaderboards,
)
from competitions.services.final_choices import CannotChoose, ChoiceLocked, TooManyChosen
from competitions.status import BoardKind, FinalCounts, FinalRule
from tests import makers
from tests.competitions.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return makers.make_competition(final_select=2)


@pytest.fixture
def entries(team: Team) -> list[Submission]:
    """By public score the first is best, by private the third; lower is better."""
    return [
        makers.make_scored(team, public, private, content=f"id,y\na,{public}\n".encode())
        for public, private in ((1.0, 9.0), (2.0, 6.0), (3.0, 4.0), (4.0, 5.0))
    ]


def choose(entries: list[Submission], *places: int, now: datetime) -> None:
    for place in places:
        final_choices.choose(entries[place], user=entries[place].user, now=now)


def private(competition: Competition) -> Board:
    return Board.objects.get(phase__competition=competition, kind=BoardKind.PRIVATE)


def counts(competition: Competition) -> tuple[int, float]:
    row = Standing.objects.get(board=private(competition))
    return row.submission_id, row.value


def set_rules(competition: Competition, **fields) -> None:
    Competition.objects.filter(pk=competition.pk).update(**fields)
    leaderboards.refresh(private(Competition.objects.get(pk=competition.pk)), competition.teams.get())


# -- what counts ------------------------------------------------------------------------------------------------------


def test_a_team_that_chooses_nothing_is_ranked_by_its_best_public_score(competition, entries):
    assert counts(competition) == (entries[0].pk, 9.0)


def test_where_the_contest_says_so_the_last_submission_is_the_default(competition, entries):
    set_rules(competition, final_rule=FinalRule.LAST)
    assert counts(competition) == (entries[3].pk, 5.0)


def test_the_better_private_score_of_the_chosen_counts(competition, entries, now):
    choose(entries, 1, 2, now=now)
    assert counts(competition) == (entries[2].pk, 4.0)


def test_one_may_choose_fewer_than_one_might(competition, entries, now):
    choose(entries, 1, now=now)
    assert counts(competition) == (entries[1].pk, 6.0)


def test_the_last_of_the_chosen_counts_where_the_contest_says_so(competition, entries, now):
    choose(entries, 2, 1, now=now)
    set_rules(competition, final_counts=FinalCounts.LAST)
    assert counts(competition) == (entries[2].pk, 4.0)


def test_the_mean_of_the_chosen_counts_where_the_contest_says_so(competition, entries, now):
    choose(entries, 0, 3, now=now)
    set_rules(competition, final_counts=FinalCounts.MEAN)
    assert counts(competition) == (entries[3].pk, 7.0)  # (9 + 5) / 2; the set was complete with the last one
    assert Standing.objects.get(board=private(competition)).values == {"rmse": 7.0, "mae": 3.5}


def test_of_two_chosen_with_equal_scores_the_earlier_counts(competition, team, now):
    same = [makers.make_scored(team, 1.0, 2.0, content=f"id,y\na,{n}\n".encode()) for n in range(2)]
    choose(same, 1, 0, now=now)
    assert counts(competition) == (same[0].pk, 2.0)


def test_taking_a_choice_back_is_followed_at_once(competition, entries, now):
    choose(entries, 2, now=now)
    final_choices.take_back(entries[2], user=entries[2].user, now=now)
    final_choices.take_back(entries[2], user=entries[2].user, now=now)
    assert counts(competition) == (entries[0].pk, 9.0)
    assert AuditEvent.objects.filter(verb="took back for the end").count() == 1


def test_choosing_does_not_touch_the_public_board(competition, entries, now):
    public = Board.objects.get(phase__competition=competition, kind=BoardKind.PUBLIC)
    before = Standing.objects.get(board=public)
    choose(entries, 3, now=now)
    assert Standing.objects.get(board=public).submission_id == before.submission_id == entries[0].pk


def test_there_is_one_row_for_each_board_and_team_whatever_is_chosen(competition, entries, now):
    choose(entries, 1, 2, now=now)
    assert Standing.objects.filter(board=private(competition)).count() == 1


def test_what_waits_to_be_scored_may_be_chosen_and_counts_once_it_is(competition, entries, team, now):
    waiting = makers.make_submission(team, content=b"id,y\na,9\n")
    final_choices.choose(waiting, user=waiting.user, now=now)
    assert counts(competition) == (entries[0].pk, 9.0)  # the default, as nothing that is chosen has a score
    evaluations.record(makers.claim_of(waiting), makers.make_result(8.0, 1.0), now=now)
    assert counts(competition) == (waiting.pk, 1.0)


# -- who, how many, until when ----------------------------------------------------------------------------------------


def test_choosing_twice_is_choosing_once(competition, entries, now):
    choose(entries, 1, 1, now=now)
    assert FinalChoice.objects.count() == AuditEvent.objects.filter(verb="chose for the end").count() == 1


def test_no_more_can_be_chosen_than_count(competition, entries, now):
    choose(entries, 0, 1, now=now)
    with pytest.raises(TooManyChosen, match=rf"2 of 2 are chosen \(#{entries[0].pk}, #{entries[1].pk}\)"):
        choose(entries, 2, now=now)


def test_a_refused_file_cannot_be_chosen(competition, team, now):
    refused = makers.make_rejected(team)
    with pytest.raises(CannotChoose, match="has no score"):
        final_choices.choose(refused, user=refused.user, now=now)


def test_a_rival_cannot_choose_for_another_team(competition, entries, rival, now):
    with pytest.raises(CannotChoose, match="Only the team itself"):
        final_choices.choose(entries[0], user=rival, now=now)


def test_nothing_is_chosen_where_the_contest_has_no_choice(competition, entries, now):
    set_rules(competition, final_select=0)
    with pytest.raises(CannotChoose, match="Nothing is chosen here"):
        final_choices.choose(Submission.objects.get(pk=entries[0].pk), user=entries[0].user, now=now)


def test_after_the_deadline_nothing_can_be_chosen_or_taken_back(competition, entries, later, now):
    choose(entries, 0, now=now)
    for act in (final_choices.choose, final_choices.take_back):
        with pytest.raises(ChoiceLocked):
            act(entries[0], user=entries[0].user, now=later)
    assert FinalChoice.objects.count() == 1


# -- the record -------------------------------------------------------------------------------------------------------


def test_the_deadline_is_recorded_with_what_was_chosen_by_whom_and_when(competition, entries, later, now):
    choose(entries, 2, 1, now=now)
    assert (final_choices.lock_due(now=later), final_choices.lock_due(now=later)) == (1, 0)
    record = FinalRecord.objects.get()
    expected = [{"submission": entries[n].pk, "by": "contestant", "at": now.isoformat()} for n in (1, 2)]
    assert (record.chosen, record.is_default) == (expected, False)
    assert record.counted == [entries[1].pk, entries[2].pk]  # both: which one is better is not told
    assert record.locked_at == competition.phases.get().ends_at
    assert AuditEvent.objects.get(verb="final choices locked").detail == {"teams": 1, "by_default": 0}


def test_a_default_is_recorded_as_one(competition, entries, later):
    final_choices.lock_due(now=later)
    record = FinalRecord.objects.get()
    assert (record.chosen, record.counted, record.is_default) == ([], [entries[0].pk], True)


def test_nothing_is_recorded_while_something_is_still_to_be_scored(competition, entries, team, later):
    makers.make_submission(team, content=b"id,y\na,9\n")
    assert final_choices.lock_due(now=later) == 0


def test_the_final_board_shows_what_was_chosen(competition, entries, later, now):
    choose(entries, 1, 2, now=now)
    board_releases.release_due(now=later)
    final = Standing.objects.get(board__kind=BoardKind.FINAL)
    assert (final.submission_id, final.value) == (entries[2].pk, 4.0)


# -- reminders --------------------------------------------------------------------------------------------------------


def test_teams_that_have_chosen_nothing_are_reminded_at_72_24_and_3_hours(competition, entries, team):
    ends_at = competition.phases.get().ends_at
    hours = {
        left: [one.hours for one in final_choices.reminders_due(now=ends_at - timedelta(hours=left))]
        for left in (73, 72, 30, 24, 4, 3, 1, -1)
    }
    assert hours == {73: [], 72: [72], 30: [72], 24: [24], 4: [24], 3: [3], 1: [3], -1: []}


def test_a_reminder_has_the_same_key_as_long_as_it_is_the_same(competition, entries):
    ends_at = competition.phases.get().ends_at
    keys = [one.key for left in (2.9, 2.8) for one in final_choices.reminders_due(now=ends_at - timedelta(hours=left))]
    assert (len(keys), len(set(keys))) == (2, 1)


def test_a_deadline_that_was_moved_is_reminded_of_anew(competition, entries):
    phase = competition.phases.get()
    now = phase.ends_at - timedelta(hours=2)
    before = [one.key for one in final_choices.reminders_due(now=now)]
    competition.phases.update(ends_at=phase.ends_at + timedelta(minutes=30))
    after = [one.key for one in final_choices.reminders_due(now=now)]
    assert len(before) == len(after) == 1
    assert before != after


def test_who_has_chosen_or_has_nothing_to_choose_is_not_reminded(competition, entries, rival, team, now):
    makers.make_scored(rival.team_memberships.get().team, content=b"id,y\na,7\n")  # a single one
    phase = competition.phases.get()
    assert list(teams_without_choice(phase, phase.tasks.get())) == [team]
    choose(entries, 0, now=now)
    assert list(teams_without_choice(phase, phase.tasks.get())) == []


def test_the_state_of_a_choice_says_how_many_and_whether_it_is_locked(competition, entries, team, later, now):
    choose(entries, 1, now=now)
    (before,), (after,) = selections(team, now=now), selections(team, now=later)
    assert (before.chosen, before.limit, before.is_locked, after.is_locked) == ((entries[1].pk,), 2, False, True)


# -- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_members_who_choose_at_once_cannot_both_take_the_last_place(competition, entries, now):
    choose(entries, 0, now=now)
    acts = [lambda one=one: final_choices.choose(one, user=one.user, now=now) for one in entries[1:]]
    outcomes = at_once(acts)
    assert sorted(type(one).__name__ for one in outcomes) == ["FinalChoice", "TooManyChosen", "TooManyChosen"]
    assert FinalChoice.objects.count() == 2
