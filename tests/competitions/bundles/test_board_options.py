"""Tolerance, ladder, gates and combinations of competition.yaml: read, checked at their lines, imported, changed."""

from pathlib import Path

import pytest

from competitions.bundles.loading import load, read_bundle
from competitions.models import Board
from competitions.services.descriptions import BoardOptions, CannotImport
from competitions.status import BoardKind
from tests import makers
from tests.competitions.bundles.conftest import Importer
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest

WRITTEN = "primary: rmse, submission_rule: best}"
COLUMNS = ({"metric": "rmse", "weight": 2.0, "higher_is_better": False},)


def options_change(options: str) -> tuple[str, str]:
    return WRITTEN, f"primary: rmse, {options}}}"


def with_options(options: str) -> str:
    return changed(TABLE_YAML, *options_change(options))


def board_of(folder: Path, options: str):
    return load(write_contest(folder, with_options(options))).tasks[0].boards["general"]


def test_a_board_without_options_has_none(tmp_path: Path) -> None:
    assert board_of(tmp_path, "submission_rule: best").options == BoardOptions()


def test_every_option_is_read(tmp_path: Path) -> None:
    options = (
        "tie_tolerance: 0.005, public_decimals: 1, ladder: {step: 0.01}, gates: [{metric: mae, at_most: 2}], "
        "show_tied: false"
    )
    gates = ({"metric": "mae", "at_most": 2},)
    assert board_of(tmp_path, options).options == BoardOptions(0.005, 0.01, 1, None, gates, False)


@pytest.mark.parametrize(("step", "decimals"), [("0.001", 3), ("0.01", 2), ("0.005", 3), ("0.1", 1), ("2", 0)])
def test_a_ladder_hides_the_digits_beyond_its_step(tmp_path: Path, step: str, decimals: int) -> None:
    assert board_of(tmp_path, f"ladder: {{step: {step}}}").options.public_decimals == decimals


def test_a_board_by_ranks_is_better_when_lower_and_knows_each_columns_direction(tmp_path: Path) -> None:
    board = board_of(tmp_path, "combine: {kind: ranks, of: {rmse: 2, mae: 1}}")
    assert (board.higher_is_better, board.decimals) == (False, 2)
    assert board.options.combine["of"][0] == COLUMNS[0]


def test_a_weighted_board_goes_the_way_of_its_first_metric(tmp_path: Path) -> None:
    board = board_of(tmp_path, "combine: {kind: weighted, of: {rmse: 2, mae: 1}, precision: 5}")
    assert (board.higher_is_better, board.decimals) == (False, 5)


MISTAKES = {
    "a metric with a slip in a gate": (
        "gates: [{metric: rsme, at_most: 1}]",
        "gates[0].metric: 'rsme' is not a metric of task 'levels'; did you mean 'rmse'?",
    ),
    "a metric with a slip in a combination": (
        "combine: {kind: weighted, of: {rmse: 1, mea: 1}}",
        "combine.of.mea: 'mea' is not a metric of task 'levels'; did you mean 'mae'?",
    ),
    "a gate without a bound": ("gates: [{metric: mae}]", "gates[0]: a gate should say 'at_least' or 'at_most'"),
    "a ladder for a combination": (
        "ladder: {step: 0.1}, combine: {kind: weighted, of: {rmse: 1}}",
        "ladder: a ladder goes with one metric; leave out 'ladder' or 'combine'",
    ),
    "a direction for ranks": (
        "sorting: desc, combine: {kind: ranks, of: {rmse: 1, mae: 1}}",
        "sorting: a mean rank is better when it is lower; leave 'sorting' out",
    ),
    "ranks without the metric that chooses": (
        "combine: {kind: ranks, of: {mae: 1}}",
        "combine.of: 'rmse' decides which submission of a team is ranked, so it should be among them",
    ),
    "a weight of nothing": ("combine: {kind: weighted, of: {rmse: 0}}", "combine.of.rmse: 0 is too small"),
    "an unknown way to combine": (
        "combine: {kind: rank, of: {rmse: 1}}",
        "combine.kind: 'rank' is unknown; did you mean 'ranks'?",
    ),
    "a step of nothing": ("ladder: {step: 0}", "ladder.step: 0 is too small"),
    "a tolerance below nothing": ("tie_tolerance: -0.1", "tie_tolerance: -0.1 is too small"),
    "decimals that are none": (
        "public_decimals: 2.5",
        "public_decimals: 2.5 is a number, but should be a whole number",
    ),
    "a yes that is a text": ("show_tied: maybe", "show_tied: 'maybe' is a text, but should be true or false"),
    "an unknown option": ("ladders: {step: 0.1}", "ladders: unknown key 'ladders'; did you mean 'ladder'?"),
}


@pytest.mark.parametrize(("options", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_is_told_once_at_its_line(tmp_path: Path, options: str, expected: str) -> None:
    (problem,) = read_bundle(write_contest(tmp_path, with_options(options))).problems
    line = (
        with_options(options)
        .splitlines()
        .index(next(one for one in with_options(options).splitlines() if "primary: rmse" in one))
    )
    assert str(problem).startswith(f"competition.yaml:{line + 1} leaderboards[0].{expected}"), str(problem)


# -- import -----------------------------------------------------------------------------------------------------------


def test_options_come_to_every_board_and_public_ones_show_fewer_decimals(importing: Importer) -> None:
    options = "public_decimals: 1, tie_tolerance: 0.5, gates: [{metric: mae, at_most: 2}]"
    competition = importing(options_change(options)).competition
    boards = {board.kind: board for board in Board.objects.filter(phase__competition=competition)}
    assert competition.tasks.get().public_decimals == 1
    assert {kind: board.decimals for kind, board in boards.items()} == {BoardKind.PUBLIC: 1, BoardKind.PRIVATE: 3}
    assert {board.tie_tolerance for board in boards.values()} == {0.5}
    assert all(board.gates == [{"metric": "mae", "at_most": 2}] for board in boards.values())


def test_the_same_import_again_changes_nothing(importing: Importer) -> None:
    text = options_change("ladder: {step: 0.01}, gates: [{metric: mae, at_most: 2}]")
    importing(text)
    assert importing(text).changes == ()


def test_a_changed_option_ranks_the_board_anew(importing: Importer) -> None:
    competition = importing().competition
    for name, score in (("ada", 0.2), ("ben", 0.1)):
        makers.make_scored(makers.make_team(competition, name), score, score)
    order = Board.objects.get(kind="public").standings.values_list("team__name", flat=True)
    assert list(order) == ["ben team", "ada team"]
    importing(options_change("tie_tolerance: 5"))
    assert list(order.all()) == ["ada team", "ben team"]


def test_how_a_released_board_ranks_can_no_longer_change(importing: Importer, now) -> None:
    importing()
    Board.objects.filter(kind=BoardKind.PRIVATE).update(released_at=now)
    with pytest.raises(CannotImport, match="how it ranks can no longer change"):
        importing(options_change("tie_tolerance: 5"))
    importing(options_change("show_tied: false"))
    assert not Board.objects.get(kind=BoardKind.PRIVATE).show_tied
