"""The teams that are tied with first, from results that the scoring program really made."""

import json
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from competitions.models import Board, Competition, Phase, Task, Team
from competitions.queries.leaderboards import tied_teams
from competitions.services import (
    board_releases,
    evaluations,
    tied_boards,
)
from competitions.services.scoring_runs import scoring_result
from scoring.__main__ import main
from tests import makers
from tests.competitions.api.conftest import client_of

pytestmark = pytest.mark.django_db
ROWS = 240


@pytest.fixture
def scored(competition: Competition, tmp_path: Path):
    """Score a team whose errors have this size, by the very program; private errors are `private` times as large."""
    draw = random.Random(5)
    truth = [draw.gauss(0, 1) for _ in range(ROWS)]
    noise = [draw.gauss(0, 1) for _ in range(ROWS)]
    lines = [f"r{row},{value!r},{'public' if row % 2 else 'private'}" for row, value in enumerate(truth)]
    (tmp_path / "truth.csv").write_text("\n".join(["id,y,Usage", *lines]) + "\n")
    contract = {**makers.TABLE_CONTRACT, "rows": ROWS}
    version = competition.tasks.get().current_version
    version.contract = contract
    version.save()

    def score(team: Team, size: float, *, private: float = 1.0, seed: int = 0) -> None:
        own = random.Random(seed)
        errors = [size * (0.3 * noise[row] + own.gauss(0, 1)) * (1 if row % 2 else private) for row in range(ROWS)]
        cells = [f"r{row},{value + error!r}" for row, (value, error) in enumerate(zip(truth, errors, strict=True))]
        (tmp_path / "prediction.csv").write_text("\n".join(["id,y", *cells]) + "\n")
        job = {
            "contract": contract,
            "truth": {"files": "truth.csv", "split": {"by": "column", "column": "Usage"}},
            "prediction": "prediction.csv",
            "metrics": makers.METRICS,
            "output": "result.json",
        }
        (tmp_path / "job.json").write_text(json.dumps(job))
        assert main([str(tmp_path / "job.json")]) == 0
        result = json.loads((tmp_path / "result.json").read_text())
        submission = makers.make_submission(team)
        evaluations.record(makers.claim_of(submission), scoring_result(result), now=timezone.now())

    return score


@pytest.fixture
def teams(competition: Competition, scored) -> dict[str, Team]:
    """Two that are as good as each other, and one that is clearly worse; on the private side ben is worse, too."""
    made = {name: makers.make_team(competition, name) for name in ("ada", "ben", "cleo")}
    for seed, (name, size, private) in enumerate([("ada", 0.50, 1), ("ben", 0.51, 3), ("cleo", 0.9, 1)]):
        scored(made[name], size, private=private, seed=seed)
    return made


def board(kind: str = "public") -> Board:
    return Board.objects.select_related("task").get(kind=kind)


def names(kind: str, teams: dict[str, Team]) -> set[str]:
    return {name for name, team in teams.items() if team.pk in tied_teams(board(kind))}


def test_the_group_is_those_who_differ_by_no_more_than_noise(teams, now) -> None:
    assert tied_boards.compare_due(now=now) == 2
    assert names("public", teams) == {"ada", "ben"}


def test_each_board_has_its_own_group(teams, now) -> None:
    tied_boards.compare_due(now=now)
    assert "ben" not in names("private", teams)


def test_nothing_is_computed_while_the_first_rows_stay_the_same(teams, now, monkeypatch) -> None:
    tied_boards.compare_due(now=now)
    monkeypatch.setattr(tied_boards, "_groups", lambda *_: pytest.fail("computed again"))
    assert tied_boards.compare_due(now=now) == 0


def test_a_new_score_among_the_first_is_compared(teams, scored, now) -> None:
    tied_boards.compare_due(now=now)
    scored(teams["cleo"], 0.1, seed=9)
    assert tied_boards.compare_due(now=now) == 2
    assert names("public", teams) == set(), "cleo is alone in front now"


def test_a_board_that_does_not_want_marks_has_none(teams, now) -> None:
    Board.objects.update(show_tied=False)
    assert tied_boards.compare_due(now=now) == 0
    assert names("public", teams) == set()


def test_evaluations_without_statistics_mark_nobody(competition, now) -> None:
    for name in ("ada", "ben"):
        makers.make_scored(makers.make_team(competition, name))
    tied_boards.compare_due(now=now)
    assert tied_teams(board()) == frozenset()


def test_what_cannot_be_compared_leaves_the_board_as_it_is(teams, now, caplog) -> None:
    Task.objects.get().scoring_versions.update(metrics=[{"key": "rmse", "metric": "nonsense"}])
    tied_boards.compare_due(now=now)
    assert tied_teams(board()) == frozenset()
    assert "could not be compared" in caplog.text


def test_a_board_of_long_ago_is_left_alone_once_it_is_computed(teams, now) -> None:
    Phase.objects.update(ends_at=now - timedelta(days=30))
    assert tied_boards.compare_due(now=now) == 2
    Board.objects.update(metric="mae")
    assert tied_boards.compare_due(now=now) == 0


def test_the_final_board_gets_a_group_of_its_own(teams, now) -> None:
    Phase.objects.update(ends_at=now - timedelta(hours=1))
    board_releases.release_due(now=now)
    tied_boards.compare_due(now=now)
    assert names("final", teams) == names("private", teams)


def test_the_page_and_the_api_mark_the_group_and_the_page_explains_it(teams, client, now) -> None:
    tied_boards.compare_due(now=now)
    text = client.get("/competitions/tide-table/leaderboard/").content.decode()
    assert text.count("tied with first</span>") == 2
    assert "the difference is not more than noise" in text
    member = teams["ada"].members.get().user
    rows = client_of(member).get("/api/v1/competitions/tide-table/leaderboard/").json()["results"]
    assert [row["is_tied_with_first"] for row in rows] == [True, True, False]


def test_real_results_bring_intervals_to_the_board(teams) -> None:
    interval = board().standings.get(team=teams["ada"]).intervals["rmse"]
    assert interval["low"] < board().standings.get(team=teams["ada"]).value < interval["high"]


def test_no_web_process_loads_numpy() -> None:
    program = (
        "import django, sys; django.setup(); import competitions.urls, competitions.tasks; "
        "print([name for name in ('numpy', 'scipy', 'pyarrow', 'rasterio') if name in sys.modules])"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"}
    told = subprocess.check_output([sys.executable, "-c", program], cwd=settings.BASE_DIR, env=environment, text=True)
    assert told.strip() == "[]"
