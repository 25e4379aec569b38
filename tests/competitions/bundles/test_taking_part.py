"""What competition.yaml says of choosing for the end and of teams, in the contest and after a change."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from competitions.bundles.loading import load, read_bundle
from competitions.models import Board, Competition, Standing, TeamMember
from competitions.services import final_choices
from competitions.services.competitions import import_competition
from competitions.services.descriptions import CannotImport
from competitions.status import BoardKind, FinalCounts
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, normalise_table, write_contest
from tests.launching import publish_untried

RULES = "final: {select: 2, counts: mean, default: last}\nteams: {max_size: 5, merge_deadline: 2030-06-01T00:00:00}"
OPEN_ENDED = "    end: 2030-12-31T23:59:59\n"


def text(rules: str = RULES) -> str:
    return changed(TABLE_YAML, "final: {default: best_public, tie: earliest}", rules)


@pytest.fixture
def put(db: None, tmp_path: Path, store: Store):
    operator = makers.make_user("operator", is_staff=True)

    def put(content: str) -> Competition:
        description = load(write_contest(tmp_path, content))
        options = {"actor": operator, "now": timezone.now(), "store": store, "normalise_truth": normalise_table}
        return publish_untried(import_competition(description, **options))

    return put


def test_the_contest_has_what_the_file_says(put):
    competition = put(text())
    assert (competition.final_select, competition.final_counts) == (2, FinalCounts.MEAN)
    assert (competition.final_rule, competition.team_max_size) == ("last", 5)
    assert competition.team_deadline == datetime(2030, 5, 31, 15, tzinfo=UTC)


def test_a_file_that_says_nothing_keeps_everybody_alone_and_chooses_nothing(put):
    competition = put(changed(TABLE_YAML, "final: {default: best_public, tie: earliest}\n", ""))
    assert (competition.final_select, competition.team_max_size, competition.team_deadline) == (0, 1, None)


def test_another_rule_of_what_counts_rebuilds_the_private_board(put):
    competition = put(text())
    team = makers.make_team(competition, "contestant")
    entries = [makers.make_scored(team, 1.0, value, content=b"id,y\na,%d\n" % value) for value in (4, 2)]
    for one in entries:
        final_choices.choose(one, user=one.user, now=timezone.now())
    row = Standing.objects.filter(board__kind=BoardKind.PRIVATE, team=team)
    assert row.get().value == 3.0
    Competition.objects.update(status="draft", published_at=None)  # once it is launched this is proposed
    put(text(RULES.replace("mean", "better")))
    assert row.get().value == 2.0
    assert Board.objects.filter(kind=BoardKind.PRIVATE).count() == 1


def test_what_teams_have_chosen_cannot_be_taken_from_them(put):
    competition = put(text())
    team = makers.make_team(competition, "contestant")
    for value in (1, 2):
        one = makers.make_scored(team, content=b"id,y\na,%d\n" % value)
        final_choices.choose(one, user=one.user, now=timezone.now())
    with pytest.raises(CannotImport, match="a team has chosen 2; 'select' must stay at least 2"):
        put(text("final: {select: 1}"))


def test_a_team_that_exists_stays_within_the_size(put):
    competition = put(text())
    team = makers.make_team(competition, "contestant")
    mate = makers.make_user("mate")
    TeamMember.objects.create(team=team, competition=competition, user=mate, joined_at=timezone.now())
    with pytest.raises(CannotImport, match="a team has 2 members; 'max_size' must stay at least 2"):
        put(text("final: {select: 2}\nteams: {max_size: 1}"))


def problem(tmp_path: Path, content: str) -> str:
    (found,) = read_bundle(write_contest(tmp_path, content)).problems
    return f"{found.line} {found.where}: {found.message}"


def test_a_choice_needs_an_end_at_which_it_is_locked(tmp_path):
    content = changed(text("final: {select: 2}"), OPEN_ENDED, "")
    assert problem(tmp_path, content).startswith("51 final.select: what is chosen is locked at the end of a phase")


def test_a_second_stage_must_not_tell_which_of_the_chosen_is_better(tmp_path):
    second = OPEN_ENDED + "SECOND"
    content = changed(text("final: {select: 2}"), OPEN_ENDED, second)
    stage = "  - {key: stage2, name: Two, start: 2031-01-01, end: 2031-02-01, tasks: [levels], frozen_from: main}\n"
    content = content.replace("SECOND", "").replace("data:\n  - version", f"{stage}data:\n  - version")
    told = [one for one in read_bundle(write_contest(tmp_path, content)).problems if one.where == "final.select"]
    assert "would tell a team its better private score" in told[0].message
