"""Contests of masks as they are held elsewhere, on a real site: from upload to board, with independent numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.contests.autoice import contest as autoice
from tests.contests.stac_overflow import contest as stac_overflow
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
TOLERANCE = 1e-9
SCORES = """
from competitions.models import Score
scores = Score.objects.filter(evaluation__submission={number})
answer = [[row.metric, row.split, row.value] for row in scores]
"""


@dataclass(frozen=True)
class Sent:
    contestant: Contestant
    answer: dict[str, Any]
    scores: dict[tuple[str, str], float]


def send(contestant: Contestant, content: bytes, name: str, *, seconds: float = 60) -> Sent:
    number = contestant.upload(content, name)["number"]
    answer = contestant.outcome(number, seconds=seconds)
    rows = contestant.site.python(SCORES.format(number=number))
    return Sent(contestant, answer, {(metric, side): value for metric, side, value in rows})


def check_scores(sent: Sent, expected: dict[tuple[str, str], float]) -> None:
    assert sent.answer["status"] == "scored", sent.answer
    assert sent.scores.keys() == expected.keys()
    for key, value in expected.items():
        assert abs(sent.scores[key] - value) < TOLERANCE, (key, sent.scores[key], value)


def check_board(site: Site, slug: str, team: str, value: float) -> None:
    board = site.get(f"/api/v1/competitions/{slug}/leaderboard/").json()
    (row,) = [row for row in board["results"] if row["team"] == team]
    assert row["value"] == pytest.approx(value, abs=0.5 * 10 ** -board["board"]["decimals"])
    page = site.get(f"/competitions/{slug}/leaderboard/").body.decode()
    assert team in page
    assert f"{value:.{board['board']['decimals']}f}" in page


def refusals(contestant: Contestant, content: bytes, name: str) -> list[str]:
    answer = send(contestant, content, name).answer
    assert answer["status"] == "failed", answer
    return [problem["code"] for problem in answer["problems"]]


# -- sea-ice charts ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chartist(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Contestant:
    import_contest(site, autoice.make_contest(tmp_path_factory.mktemp("autoice") / "contest"), owner="organiser")
    (contestant,) = make_contestants(site, "chartist", slug="autoice")
    return contestant


@pytest.fixture(scope="module")
def charts(chartist: Contestant) -> Sent:
    return send(chartist, autoice.netcdf(autoice.guess()), "charts.nc")


def test_charts_score_as_the_starter_pack_of_the_contest_says(charts: Sent, site: Site) -> None:
    expected = autoice.expected(autoice.guess())
    check_scores(charts, expected)
    assert len({round(value, 6) for value in expected.values()}) == len(expected)
    assert 20 < expected["score", "public"] < 95
    check_board(site, "autoice", "Chartist", expected["score", "public"])


def test_a_team_reads_the_columns_of_its_public_scenes_alone(charts: Sent) -> None:
    assert {scene["name"] for scene in charts.answer["scenes"]} == set(autoice.PUBLIC)
    assert set(charts.answer["scores"]) == {"score", "sic", "sod", "floe"}
    assert not [name for name in autoice.PRIVATE if name in str(charts.answer)]


def test_the_page_says_what_a_file_of_charts_must_hold(chartist: Contestant) -> None:
    page = chartist.page("submit/")
    assert "NetCDF4" in page
    for layer in autoice.CLASSES:
        assert f"<code>{layer}</code>" in page


def without_a_scene(charts: autoice.Charts) -> autoice.Charts:
    return {name: cells for name, cells in charts.items() if not name.startswith(autoice.PRIVATE[0])}


def masked(charts: autoice.Charts) -> autoice.Charts:
    name = f"{autoice.PUBLIC[0]}_SIC"
    return {**charts, name: np.where(charts[name] > 5, autoice.MASK, charts[name])}


def cut(charts: autoice.Charts) -> autoice.Charts:
    name = f"{autoice.PRIVATE[1]}_SOD"
    return {**charts, name: charts[name][1:]}


def as_floats(charts: autoice.Charts) -> autoice.Charts:
    name = f"{autoice.PUBLIC[1]}_FLOE"
    return {**charts, name: np.full(charts[name].shape, np.nan)}


def more(charts: autoice.Charts) -> autoice.Charts:
    return {**charts, f"{autoice.PUBLIC[0]}_SIC_2": charts[f"{autoice.PUBLIC[0]}_SIC"]}


@pytest.mark.parametrize(
    ("cheat", "codes"),
    [
        (without_a_scene, ["variable_missing"] * 3),
        (masked, ["raster_class"]),
        (cut, ["raster_shape"]),
        (as_floats, ["raster_dtype"]),
        (more, ["variable_unexpected"]),
    ],
)
def test_charts_that_dodge_hard_cells_are_refused(
    chartist: Contestant, cheat: Callable[[autoice.Charts], autoice.Charts], codes: list[str]
) -> None:
    assert refusals(chartist, autoice.netcdf(cheat(autoice.guess())), "charts.nc") == codes


# -- flood chips ------------------------------------------------------------------------------------------------------

needs_scene = pytest.mark.skipif(
    not stac_overflow.DATA.is_dir(), reason=f"the scene of Sen1Floods11 is not at {stac_overflow.DATA}"
)


@pytest.fixture(scope="module")
def mapper(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Contestant:
    folder = stac_overflow.make_contest(tmp_path_factory.mktemp("stac") / "contest")
    import_contest(site, folder, owner="organiser")
    (contestant,) = make_contestants(site, "mapper", slug="stac-overflow")
    return contestant


@needs_scene
def test_chips_score_the_pooled_iou_of_labelled_cells(mapper: Contestant, site: Site) -> None:
    chips = stac_overflow.guess()
    expected = stac_overflow.expected(chips)
    sent = send(mapper, stac_overflow.archive(chips), "chips.zip")
    check_scores(sent, expected)
    assert 0.4 < expected["iou", "public"] < 0.9
    assert {scene["name"] for scene in sent.answer["scenes"]} == set(stac_overflow.SIDES["public"])
    check_board(site, "stac-overflow", "Mapper", expected["iou", "public"])


def changed(chips: stac_overflow.Chips, name: str, cells: Any) -> stac_overflow.Chips:
    return {**chips, name: cells}


@needs_scene
@pytest.mark.parametrize(
    ("cheat", "codes"),
    [
        (lambda chips: {name: one for name, one in chips.items() if name != "chip_05"}, ["scene_missing"]),
        (lambda chips: changed(chips, "chip_05", np.full_like(chips["chip_05"], 255)), ["raster_class"]),
        (lambda chips: changed(chips, "chip_05", chips["chip_05"][:32]), ["raster_shape"]),
        (lambda chips: changed(chips, "chip_05", chips["chip_05"].astype(np.float32)), ["raster_dtype"]),
    ],
    ids=["a chip left out", "no data predicted", "half a chip", "floats"],
)
def test_chips_that_dodge_hard_cells_are_refused(
    mapper: Contestant, cheat: Callable[[stac_overflow.Chips], stac_overflow.Chips], codes: list[str]
) -> None:
    assert refusals(mapper, stac_overflow.archive(cheat(stac_overflow.guess())), "chips.zip") == codes
