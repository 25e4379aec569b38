"""Forecasts of real weather as contests on a real site: the scores are what NumPy says of the published data."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from tests.contests import weather
from tests.contests.weather import Contest, Series
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.site import Site

pytestmark = [
    pytest.mark.journey,
    pytest.mark.sandbox,
    pytest.mark.skipif(
        not (weather.RAIN.is_file() and weather.TEMPERATURE.is_file()), reason=f"no weather data at {weather.DATA}"
    ),
]
ROWS = """
from competitions.models import Score, Standing
answer = {{
    "scores": [[one.metric, one.split, one.value] for one in Score.objects.filter(evaluation__submission={number})],
    "standings": [[one.board.kind, one.value] for one in Standing.objects.filter(submission={number})],
}}
"""
Numbers = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Scored:
    contestant_name: str
    contestant: Contestant
    contest: Contest
    answer: dict[str, Any]
    scores: Numbers
    standings: dict[str, float]
    expected: Numbers


# -- what is expected, by plain NumPy ----------------------------------------------------------------------------------


def sides(contest: Contest) -> dict[str, slice]:
    return {"public": slice(0, contest.public), "private": slice(contest.public, None)}


def counts(truth: Any, guess: Any) -> tuple[float, float, float, float]:
    pairs = (truth & guess, ~truth & guess, truth & ~guess, ~truth & ~guess)
    a, b, c, d = (float(np.sum(pair)) for pair in pairs)
    return a, b, c, d


def ets(a: float, b: float, c: float, d: float) -> float:
    by_chance = (a + b) * (a + c) / (a + b + c + d)
    return (a - by_chance) / (a + b + c - by_chance)


def boxes(values: Any) -> Any:
    """Means of five frames, then boxes of 20 x 20 cells as two axes of their own."""
    times, height, width = values.shape
    means = values.reshape(times // 5, 5, height, width).mean(axis=1)
    return means.reshape(times // 5, height // 20, 20, width // 20, 20)


def fss(truth: Any, guess: Any, window: int) -> float:
    above = below = 0.0
    for observed, forecast in zip(truth, guess, strict=True):
        o, f = (uniform_filter(one.astype(float), window, mode="constant") for one in (observed, forecast))
        above, below = above + np.sum((f - o) ** 2), below + np.sum(f**2) + np.sum(o**2)
    return float(1 - above / below)


def rain_scores(contest: Contest, guess: Any) -> Numbers:
    expected = {}
    for side, part in sides(contest).items():
        t, p = contest.truth.values[part].astype(float), guess[part].astype(float)
        mean_t, mean_p = (boxes(one).mean(axis=(2, 4)) for one in (t, p))
        max_t, max_p = (boxes(one).max(axis=(2, 4)) for one in (t, p))
        expected["ets_2", side] = ets(*counts(mean_t >= 2, mean_p >= 2))
        expected["ets_max_10", side] = ets(*counts(max_t >= 10, max_p >= 10))
        a, b, c, _ = counts(t > 5, p > 5)
        expected["threat_5", side] = a / (a + b + c)
        a, _, c, _ = counts(t >= 5, p >= 5)
        expected["pod_5", side] = a / (a + c)
        expected["fss_5", side] = fss(t >= 5, p >= 5, 21)
        expected["rmse", side] = float(np.sqrt(np.mean((t - p) ** 2)))
    return expected


def temperature_scores(contest: Contest, guess: Any) -> Numbers:
    expected = {}
    latitude = contest.truth.coordinates[1]
    climatology = contest.before.values.mean(axis=0, dtype=float)
    for side, part in sides(contest).items():
        t, p = contest.truth.values[part].astype(float), guess[part].astype(float)
        w = np.broadcast_to(np.cos(np.radians(latitude))[:, None], t.shape)
        expected["rmse", side] = float(np.sqrt(np.average((p - t) ** 2, weights=w)))
        expected["bias", side] = float(abs(np.average(p - t, weights=w)))
        pairs = zip(p - climatology, t - climatology, strict=True)
        expected["acc", side] = float(np.mean([correlation(f, o, w[0]) for f, o in pairs]))
    return expected


def correlation(f: Any, o: Any, w: Any) -> float:
    f, o = f - np.average(f, weights=w), o - np.average(o, weights=w)
    return float(np.sum(w * f * o) / np.sqrt(np.sum(w * f * f) * np.sum(w * o * o)))


# -- through the platform ----------------------------------------------------------------------------------------------


def run(site: Site, contest: Contest, slug: str, name: str, guess: Series, expected: Numbers) -> Scored:
    import_contest(site, contest.directory, owner="organiser")
    (contestant,) = make_contestants(site, name, slug=slug)
    path = weather.write_series(contest.directory / "prediction.nc", guess)
    sent = contestant.upload(path.read_bytes(), "prediction.nc")
    answer = contestant.outcome(sent["number"])
    rows = site.python(ROWS.format(number=sent["number"]))
    scores = {(metric, side): value for metric, side, value in rows["scores"]}
    return Scored(name.title(), contestant, contest, answer, scores, dict(rows["standings"]), expected)


@pytest.fixture(scope="module")
def rain(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """Persistence: the last frame that is known, 15 times."""
    contest = weather.make_rain_contest(tmp_path_factory.mktemp("rain") / "contest")
    guess = contest.truth.holding(np.repeat(contest.before.values[-1:], weather.RAIN_FRAMES, axis=0))
    return run(site, contest, "rain-10mm", "persistence", guess, rain_scores(contest, guess.values))


@pytest.fixture(scope="module")
def temperature(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The last day that is known, twice."""
    contest = weather.make_temperature_contest(tmp_path_factory.mktemp("temperature") / "contest")
    guess = contest.truth.holding(np.tile(contest.before.values[-24:], (2, 1, 1)))
    return run(site, contest, "temperature", "yesterday", guess, temperature_scores(contest, guess.values))


def check_scores(scored: Scored, primary: str) -> None:
    assert scored.answer["status"] == "scored", scored.answer
    assert scored.scores.keys() == scored.expected.keys()
    for key, value in scored.expected.items():
        assert scored.scores[key] == pytest.approx(value, rel=1e-9, abs=1e-9), key
    assert len(set(scored.scores.values())) == len(scored.scores)  # no score stands in for another
    assert scored.standings["public"] == pytest.approx(scored.expected[primary, "public"], rel=1e-9)


def test_a_forecast_of_rain_scores_what_numpy_says(rain: Scored) -> None:
    check_scores(rain, "ets_2")
    assert 0 < rain.scores["ets_2", "public"] < 1


def test_a_forecast_of_temperature_scores_what_numpy_says(temperature: Scored) -> None:
    check_scores(temperature, "rmse")


def test_the_team_reads_public_fields_and_nothing_private(rain: Scored) -> None:
    names = rain.contest.names
    assert {scene["name"] for scene in rain.answer["scenes"]} == set(names[: rain.contest.public])
    text = str(rain.answer) + rain.contestant.page(f"submissions/{rain.answer['number']}/")
    assert not [name for name in names[rain.contest.public :] if name in text]


def test_the_boards_show_the_baselines(rain: Scored, temperature: Scored, site: Site) -> None:
    for scored, slug, primary in ((rain, "rain-10mm", "ets_2"), (temperature, "temperature", "rmse")):
        board = site.get(f"/api/v1/competitions/{slug}/leaderboard/").json()
        (row,) = (one for one in board["results"] if one["team"] == scored.contestant_name)
        assert row["value"] == round(scored.expected[primary, "public"], board["board"]["decimals"])


def test_the_contract_is_explained_in_both_languages(rain: Scored) -> None:
    english, japanese = (rain.contestant.page("submit/", language) for language in ("en", "ja"))
    for page in (english, japanese):
        assert "precip_rate" in page
        assert "20190610T0042Z" in page
        assert "400" in page
    assert "finite number" in english


# -- cheats ------------------------------------------------------------------------------------------------------------


def on_hard_cells(contest: Contest) -> Series:
    values = contest.truth.values.copy()
    values[values > 2] = np.nan
    return contest.truth.holding(values)


def moved(contest: Contest) -> Series:
    """The right values at places one cell to the east."""
    times, y, x = contest.truth.coordinates
    return replace(contest.truth, coordinates=(times, y, x + (x[1] - x[0])))


def turned(contest: Contest) -> Series:
    """From the south, as many libraries write it; right in itself, but other cells would be compared."""
    times, y, x = contest.truth.coordinates
    return replace(contest.truth, coordinates=(times, y[::-1], x), values=contest.truth.values[:, ::-1])


def without_the_last_frame(contest: Contest) -> Series:
    return contest.truth.between(0, -1)


@pytest.mark.parametrize(
    ("cheat", "code"),
    [
        (on_hard_cells, "grid_missing"),
        (moved, "grid_coordinate"),
        (turned, "grid_coordinate_turned"),
        (without_the_last_frame, "grid_shape"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_cheat_is_refused_and_told_what_would_be_right(
    rain: Scored, site: Site, tmp_path: Path, cheat: Callable[[Contest], Series], code: str
) -> None:
    (cheater,) = make_contestants(site, f"cheat-{cheat.__name__}", slug="rain-10mm")
    path = weather.write_series(tmp_path / "cheat.nc", cheat(rain.contest))
    answer = cheater.outcome(cheater.upload(path.read_bytes(), "cheat.nc")["number"])
    assert answer["status"] == "failed"
    assert code in {problem["code"] for problem in answer["problems"]}


def test_the_truth_as_a_plain_array_is_perfect(rain: Scored, site: Site) -> None:
    """The same cells in another format; coordinates are not asked for where a format has none."""
    (oracle,) = make_contestants(site, "oracle", slug="rain-10mm")
    buffer = io.BytesIO()
    np.save(buffer, rain.contest.truth.values)
    answer = oracle.outcome(oracle.upload(buffer.getvalue(), "perfect.npy")["number"])
    assert answer["scores"]["ets_2"] == 1
    assert answer["scores"]["rmse"] == 0
