"""A contest of coastlines on a real site: from upload to board, with independent numbers, and the known cheats."""

from typing import Any

import numpy as np
import pytest

from tests.contests.tellus4 import contest as tellus4
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.journeys.test_contests_of_masks import Sent, check_board, check_scores, refusals, send
from tests.site import Site

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def drawer(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Contestant:
    import_contest(site, tellus4.make_contest(tmp_path_factory.mktemp("tellus4") / "contest"), owner="organiser")
    (contestant,) = make_contestants(site, "drawer", slug="coastlines", answers=tellus4.ANSWERS)
    return contestant


@pytest.fixture(scope="module")
def drawn(drawer: Contestant) -> Sent:
    return send(drawer, tellus4.submission(tellus4.guess()), "coasts.json")


def test_coasts_score_as_plain_loops_say(drawn: Sent, site: Site) -> None:
    expected = tellus4.expected(tellus4.guess())
    check_scores(drawn, expected)
    assert 5 < expected["error", "public"] < 60
    assert {scene["name"] for scene in drawn.answer["scenes"]} == set(tellus4.SIDES["public"])
    check_board(site, "coastlines", "Drawer", expected["error", "public"])


def test_the_page_says_what_a_file_of_lines_must_hold(drawer: Contestant) -> None:
    page = drawer.page("submit/")
    for word in ("One file for all scenes", "5000 points", "a transect that is missed costs 100", "test_04"):
        assert word in page


def test_nothing_of_the_hidden_coasts_is_told(drawn: Sent) -> None:
    assert not [name for name in tellus4.SIDES["private"] if name in str(drawn.answer)]
    assert "validate_lines" not in str(drawn.contestant.api("competitions/coastlines/"))


def without(name: str) -> Any:
    return {key: points for key, points in tellus4.guess().items() if key != name}


def put(value: Any) -> bytes:
    return tellus4.submission({**tellus4.guess(), "test_00": value})


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (tellus4.submission(without("test_02")), ["lines_scene_missing"]),
        (tellus4.submission({}), ["lines_scene_missing"] * len(tellus4.NAMES)),
        (put([]), ["lines_empty"]),
        (put([[1, 2], [3]]), ["lines_point"]),
        (put({"x": 1}), ["lines_point"]),
        (put([[1, float("nan")]] * 3), ["lines_json"]),
        (put([[1, "2"]]), ["lines_point"]),
        (put("1e400").replace(b'"1e400"', b"[[1, 1e400]]"), ["lines_point"]),
        (put([[1, 2]] * 5001), ["lines_too_many_points"]),
        (put([[1, 1e7]]), ["lines_outside"]),
    ],
    ids=["bad file dropped", "nothing", "[]", "ragged", "object", "NaN", "text", "1e400", "too many", "far away"],
)
def test_a_coast_that_dodges_the_hard_parts_is_refused(drawer: Contestant, content: bytes, codes: list[str]) -> None:
    assert refusals(drawer, content, "coasts.json") == codes


def test_points_beside_the_truth_make_it_worse(drawer: Contestant, site: Site) -> None:
    """The coast itself, and many more points up and down: the worst crossing counts, and a cap makes it a miss."""
    (copier,) = make_contestants(site, "copier", slug="coastlines", answers=tellus4.ANSWERS)
    rng = np.random.default_rng(1)
    coasts = {name: tellus4.coast(number) for number, name in enumerate(tellus4.NAMES)}
    more = {name: rng.uniform((0, 0), points.max(axis=0), (3000, 2)).tolist() for name, points in coasts.items()}
    hedged = {name: points.tolist() + more[name] for name, points in coasts.items()}
    copied, cheat = (
        send(copier, tellus4.submission(one), "coasts.json")
        for one in (
            {name: points.tolist() for name, points in coasts.items()},
            hedged,
        )
    )
    check_scores(copied, tellus4.expected({name: points.tolist() for name, points in coasts.items()}))
    check_scores(cheat, tellus4.expected(hedged))
    assert copied.scores["error", "public"] < 2
    assert cheat.scores["error", "public"] > 50
    assert cheat.scores["capped", "public"] <= 100
