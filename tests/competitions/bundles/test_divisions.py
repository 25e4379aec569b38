"""Leaderboards that name their divisions: one submission, ranked in each in its own way."""

from pathlib import Path

import pytest

from competitions.bundles.loading import load, read_bundle
from competitions.models import Board
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest

OLD = "  - {key: main, title: {en: Ranking, ja: 順位}, primary: rmse, submission_rule: best}\n"
NEW = """\
  - {key: main, title: {en: Ranking, ja: 順位}, primary: rmse, divisions: [general]}
  - {key: student, title: {en: Students, ja: 学生}, primary: mae, divisions: [student]}
"""
BOTH = ("    divisions: [general]\n", "")
LINE = TABLE_YAML[: TABLE_YAML.index(OLD)].count("\n")  # without the line that BOTH takes away


def test_each_division_has_the_board_that_names_it(importing):
    competition = importing(BOTH, (OLD, NEW)).competition
    boards = Board.objects.filter(phase__competition=competition, kind="public")
    assert dict(boards.values_list("division__key", "metric")) == {"general": "rmse", "student": "mae"}
    assert dict(boards.values_list("division__key", "title__en")) == {"general": "Ranking", "student": "Students"}


def test_the_same_file_again_changes_nothing(importing):
    importing(BOTH, (OLD, NEW))
    assert importing(BOTH, (OLD, NEW)).changes == ()


def test_a_division_that_no_leaderboard_names_is_ranked_by_the_first_metric(tmp_path: Path):
    text = changed(changed(TABLE_YAML, *BOTH), OLD, NEW.splitlines()[1] + "\n")
    boards = load(write_contest(tmp_path, text)).tasks[0].boards
    assert {key: board.metric for key, board in boards.items()} == {"general": "rmse", "student": "mae"}


def test_another_metric_of_a_division_rebuilds_its_board(importing):
    importing(BOTH, (OLD, NEW))
    changes = importing(BOTH, (OLD, NEW.replace("primary: mae", "primary: rmse"))).changes
    assert any("public board of main/student/levels: metric, decimals changed" in change for change in changes), changes


@pytest.mark.parametrize(
    ("boards", "expected"),
    [
        (
            NEW.replace("[student]", "[studnt]"),
            "{second} leaderboards[1].divisions[0]: division 'studnt' is not defined; did you mean 'student'?",
        ),
        (
            NEW.replace("[student]", "[general, student]"),
            "{second} leaderboards[1]: task 'levels' is ranked by 'main' already in division 'general'; "
            "name other `tasks` or `divisions`",
        ),
        (
            NEW.replace("[student]", "[student], ladder: {step: 0.1}"),
            "{second} leaderboards[1].ladder: a ladder goes with one leaderboard a task: "
            "another one would show what it hides",
        ),
        (
            NEW.replace("[student]", "[student], public_decimals: 2"),
            "{second} leaderboards[1].public_decimals: 'main' and 'student' rank task 'levels'; "
            "public scores have the same decimals on both, so say the same `public_decimals`",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, boards: str, expected: str):
    text = changed(changed(TABLE_YAML, *BOTH), OLD, boards)
    told = [str(problem) for problem in read_bundle(write_contest(tmp_path, text)).problems]
    assert f"competition.yaml:{expected.format(second=LINE + 1)}" in told, told
