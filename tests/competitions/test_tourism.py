"""One entry, four boards, one quota: the contest of overnight guests, scored by the very program that workers run."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from competitions.bundles.loading import load
from competitions.models import Board, Competition, Evaluation, FinalRecord, Standing, Submission, Team
from competitions.queries.leaderboards import all_rows
from competitions.queries.submissions import allowance_for
from competitions.services import (
    board_releases,
    evaluations,
    final_choices,
)
from competitions.services.competitions import import_with_report
from competitions.services.scoring_runs import scoring_result
from competitions.store import Store
from scoring.__main__ import main
from tests import makers
from tests.competitions.bundles.contests import normalise_table
from tests.competitions.pages.conftest import browser_of, text_of
from tests.contests.tourism import contest as tourism
from tests.launching import publish_untried

pytestmark = pytest.mark.django_db
# Who is nearest where: Ada everywhere on average, Ben in the north, Cas in Hokuriku.
GUESSES = {
    "ada": tourism.guess(off=0.05),
    "ben": tourism.guess(off=0.10, sapporo=0.01, hakodate=0.01, sendai=0.01),
    "cas": tourism.guess(off=0.20, toyama=0.01, kanazawa=0.01),
}
LEADERS = {"overall": "ada", "north": "ben", "hokuriku": "cas", "metropolis": "ada"}


@pytest.fixture
def guests(tmp_path: Path) -> Competition:
    folder = tourism.make_contest(tmp_path / "contest")
    imported = import_with_report(
        load(folder),
        actor=makers.make_user("owner"),
        now=timezone.now(),
        store=Store(tmp_path / "store"),
        normalise_truth=normalise_table,
    )
    return publish_untried(imported.competition)


@pytest.fixture
def teams(guests: Competition) -> dict[str, Team]:
    return {name: makers.make_team(guests, name) for name in GUESSES}


def score(team: Team, table: tourism.Table, folder: Path) -> Submission:
    """Upload and score, by the scoring program itself."""
    task = team.competition.tasks.get()
    (folder / "prediction.csv").write_bytes(tourism.as_csv(table))
    job = {
        "contract": {**task.current_version.contract, "rows": tourism.DAYS},
        "truth": {"files": "contest/truth/solution.csv", "split": {"by": "column", "column": "Usage"}},
        "prediction": "prediction.csv",
        "metrics": task.current_version.metrics,
        "output": "result.json",
    }
    (folder / "job.json").write_text(json.dumps(job))
    assert main([str(folder / "job.json")]) == 0
    submission = makers.make_submission(team, content=tourism.as_csv(table))
    result = scoring_result(json.loads((folder / "result.json").read_text()))
    evaluations.record(makers.claim_of(submission), result, now=timezone.now())
    return submission


@pytest.fixture
def scored(teams: dict[str, Team], tmp_path: Path) -> dict[str, Submission]:
    return {name: score(teams[name], GUESSES[name], tmp_path) for name in GUESSES}


def board(division: str, kind: str = "public") -> Board:
    return Board.objects.select_related("task__current_version").get(division__key=division, kind=kind)


def test_one_entry_is_scored_once_and_ranked_in_four_divisions(scored, teams):
    assert Evaluation.objects.count() == len(scored)
    assert Standing.objects.filter(board__kind="public").count() == 4 * len(scored)
    for division, leader in LEADERS.items():
        rows = all_rows(board(division))
        assert rows[0].standing.team == teams[leader], division
        for name, guess in GUESSES.items():
            row = next(row for row in rows if row.standing.team == teams[name])
            assert row.standing.value == pytest.approx(tourism.expected(guess)[division, "public"])
            assert row.standing.submission == scored[name]


def test_it_costs_one_of_the_day_s_submissions(scored, teams, now):
    phase = Submission.objects.first().phase
    assert allowance_for(teams["ada"], phase, now=now).used.today == 1


def test_each_division_takes_what_is_best_by_its_own_metric(scored, teams, tmp_path):
    specialist = score(teams["ada"], tourism.guess(off=0.3, sapporo=0.0, hakodate=0.0, sendai=0.0), tmp_path)
    shown = {key: board(key).standings.get(team=teams["ada"]).submission for key in LEADERS}
    assert shown == {**dict.fromkeys(LEADERS, scored["ada"]), "north": specialist}


def test_a_choice_for_the_end_holds_in_all_divisions_and_the_record_names_all_that_counted(
    guests, scored, teams, tmp_path
):
    specialist = score(teams["ada"], tourism.guess(off=0.3, sapporo=0.0, hakodate=0.0, sendai=0.0), tmp_path)
    final_choices.choose(scored["ben"], user=scored["ben"].user, now=timezone.now())
    guests.phases.update(ends_at=timezone.now() - timedelta(hours=1))
    final_choices.lock_due(now=timezone.now())
    assert board_releases.release_due(now=timezone.now()) == 1
    counted = {record.team.name: (record.counted, record.is_default) for record in FinalRecord.objects.all()}
    assert counted["ada team"] == ([scored["ada"].pk, specialist.pk], True)
    assert counted["ben team"] == ([scored["ben"].pk], False)
    finals = {key: all_rows(board(key, "final"))[0].standing for key in LEADERS}
    assert {key: one.team.name.split()[0] for key, one in finals.items()} == {**LEADERS, "north": "ada"}
    for key, one in finals.items():
        assert one.board.metric == key


def test_pages_say_which_metric_ranks_in_which_division(guests, scored, teams):
    browser = browser_of(teams["ben"].members.get().user)
    text = text_of(browser.get(f"/competitions/{guests.slug}/submit/"))
    assert "One submission is scored once and ranked in all 4 divisions." in text
    assert "Hokuriku: ranked by Error of Hokuriku." in text
    boards = text_of(browser.get(f"/competitions/{guests.slug}/leaderboard/?division=north"))
    assert "Error of northern cities" in boards.split("<tbody")[0]
    assert "ben team" in boards.split("<tbody")[1].split("</tr>")[0]


def test_one_division_after_another_is_exported_by_its_own_order(guests, scored, client):
    address = f"/api/v1/competitions/{guests.slug}/leaderboard.csv"
    for division, leader in LEADERS.items():
        lines = client.get(address, {"division": division}).content.decode().splitlines()
        assert lines[0].split(",")[2] == division
        assert lines[1].startswith(f"1,{leader} team,")
