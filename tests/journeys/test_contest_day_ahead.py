"""The contest of programs that predict the next day on a real site: steps of time, trials, stops, the second stage."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.contests.day_ahead import contest as day_ahead
from tests.journeys.contestants import Contestant, import_contest, make_contestants
from tests.journeys.test_contests_of_masks import Sent, check_board, check_scores, send
from tests.site import Site, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.sandbox]
SECONDS = 120  # a run is a few seconds; other files of the suite may run beside it
END = """
from datetime import timedelta
from django.utils import timezone
from competitions.models import Phase
from competitions.quota import GRACE
answer = Phase.objects.filter(competition__slug="day-ahead-staged", key={key!r}).update(
    ends_at=timezone.now() - GRACE - timedelta(seconds=1)  # uploads that began in time have come as well
)
"""
SECOND = """
from competitions.models import Submission
from competitions.status import UNFINISHED
rows = Submission.objects.filter(phase__competition__slug="day-ahead-staged", phase__key="second")
finished = all(row.evaluations.exclude(status__in=UNFINISHED).exists() for row in rows)
answer = [[row.pk, row.team.name, row.frozen_from_id] for row in rows] if rows and finished else []
"""
RUNS = """
from competitions.models import Execution
rows = Execution.objects.filter(submission={number}).order_by("pk")
answer = [[row.kind, row.status, row.failure_kind, row.outcome, row.log, row.shows_log] for row in rows]
"""


@pytest.fixture(scope="module")
def people(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Contestant]:
    import_contest(site, day_ahead.make_contest(tmp_path_factory.mktemp("day-ahead") / "contest"), owner="organiser")
    names = ("forecaster", "oracle", "breaker")
    return dict(zip(names, make_contestants(site, *names, slug="day-ahead"), strict=True))


def zipped(program: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("main.py", program)
    return stream.getvalue()


@pytest.fixture(scope="module")
def honest(people: dict[str, Contestant]) -> Sent:
    return send(people["forecaster"], zipped(day_ahead.program("persistence")), "persistence.zip", seconds=SECONDS)


def runs_of(sent: Sent) -> list[list[object]]:
    return list(sent.contestant.site.python(RUNS.format(number=sent.answer["number"])))


def test_what_a_program_says_day_by_day_is_scored_as_one_table(honest: Sent, site: Site) -> None:
    expected = day_ahead.expected(day_ahead.persistence(0), 0)
    check_scores(honest, expected)
    check_board(site, "day-ahead", "Forecaster", expected["mae", "public"])
    late = day_ahead.expected(day_ahead.persistence(0, cutoff_hour=24), 0)
    assert abs(late["mae", "public"] - expected["mae", "public"]) > 0.05, (
        "the cutoff makes a difference in this contest"
    )


def test_the_program_was_tried_first_and_then_given_one_day_at_a_time(honest: Sent) -> None:
    trial, full = runs_of(honest)
    assert [trial[0], trial[1], full[0], full[1]] == ["trial", "done", "full", "done"]
    assert str(full[4]).splitlines() == [
        "2026-03-03: 45 hours are known, the last is 2026-03-02T20:00:00",
        "2026-03-04: 69 hours are known, the last is 2026-03-03T20:00:00",
        "2026-03-05: 93 hours are known, the last is 2026-03-04T20:00:00",
        "2026-03-06: 117 hours are known, the last is 2026-03-05T20:00:00",
    ]


def test_a_program_that_would_use_the_future_finds_none(people: dict[str, Contestant]) -> None:
    sent = send(people["oracle"], day_ahead.program("oracle"), "oracle.py", seconds=SECONDS)
    check_scores(sent, day_ahead.expected(day_ahead.persistence(0), 0))


def test_a_typo_is_known_from_the_trial_and_costs_nothing(people: dict[str, Contestant]) -> None:
    before = people["breaker"].allowance()
    sent = send(people["breaker"], b"import nunpy\n", "typo.py", seconds=SECONDS)
    assert (sent.answer["status"], sent.answer["failure_kind"]) == ("failed", "trial")
    ((kind, status, failure, outcome, log, shows_log),) = runs_of(sent)
    assert (kind, status, failure, outcome, shows_log) == ("trial", "failed", "program", "crashed", True)
    assert "No module named 'nunpy'" in str(log)
    after = people["breaker"].allowance()
    assert after["used_today"] == before["used_today"]
    assert after["rejected_today"] == before["rejected_today"] + 1


def test_a_program_that_fails_on_the_hidden_inputs_counts_and_shows_nothing_of_them(
    people: dict[str, Contestant],
) -> None:
    breaks = day_ahead.program("persistence") + (
        b"print(f'the newest is {known[max(known)]}')\nassert max(known.values()) == 0, sorted(known.items())[-3:]\n"
    )
    before = people["breaker"].allowance()
    sent = send(people["breaker"], breaks, "breaks.py", seconds=SECONDS)
    assert (sent.answer["status"], sent.answer["failure_kind"]) == ("failed", "program")
    trial, full = runs_of(sent)
    assert [trial[1], full[1], full[3]] == ["done", "failed", "crashed"]
    hidden = f"the newest is {day_ahead.hours(0)['2026-03-02T20:00:00']}"  # the trial's days are the same, all zeros
    assert hidden in str(full[4]), "organisers see why"
    assert hidden not in str(trial[4])
    seen = str(people["breaker"].submission(sent.answer["number"])) + people["breaker"].page(
        f"submissions/{sent.answer['number']}/"
    )
    assert "AssertionError" not in seen
    assert hidden not in seen
    assert "the newest is 0.0" in seen, "the team sees what its trial printed"
    assert people["breaker"].allowance()["used_today"] == before["used_today"] + 1


def test_a_team_stops_a_program_that_never_ends(people: dict[str, Contestant], site: Site) -> None:
    endless = b"import pathlib, time\nwhile True: time.sleep(0.1)\n"
    number = people["breaker"].upload(endless, "endless.py")["number"]
    code = RUNS.format(number=number)
    wait_until(lambda: site.python(code)[0][1] == "running", seconds=SECONDS, what="the trial runs", every=1)
    answer = site.send("POST", f"/api/v1/submissions/{number}/cancel/", token=people["breaker"].token)
    assert answer.status == 200, answer.body
    assert people["breaker"].submission(number)["failure_kind"] == "trial"
    wait_until(lambda: site.python(code)[0][1] == "cancelled", seconds=10, what="the run is cancelled", every=1)


def test_a_prediction_in_place_of_a_program_is_refused_in_words(people: dict[str, Contestant], site: Site) -> None:
    address = "/api/v1/competitions/day-ahead/submissions/?name=prediction.csv"
    headers = {"Content-Type": "application/octet-stream"}
    answer = site.send("POST", address, body=b"time,kwh\n", token=people["breaker"].token, headers=headers)
    assert answer.status == 422
    assert ".zip, .py" in answer.json()["error"]["message"]


def test_the_second_stage_runs_what_counted_on_new_inputs_and_keeps_its_scores(site: Site, tmp_path: Path) -> None:
    """In a contest of its own: when a stage has ended, the other tests could not send anything."""
    folder = day_ahead.make_contest(tmp_path / "contest", slug="day-ahead-staged")
    import_contest(site, folder, owner="organiser")
    names = ("stager", "seer")
    people = dict(zip(names, make_contestants(site, *names, slug="day-ahead-staged"), strict=True))
    honest = send(people["stager"], zipped(day_ahead.program("persistence")), "persistence.zip", seconds=SECONDS)
    send(people["seer"], day_ahead.program("oracle"), "oracle.py", seconds=SECONDS)
    site.python(END.format(key="first"))
    entered = wait_until(lambda: site.python(SECOND), seconds=SECONDS, what="the second stage is scored", every=2)
    assert {team for _, team, _ in entered} == {"Stager", "Seer"}
    number, _, original = next(row for row in entered if row[1] == "Stager")
    assert original == honest.answer["number"]
    hidden = people["stager"].submission(number)
    assert hidden["status"] == "scored"
    assert hidden["scores"] is None
    expected = day_ahead.expected(day_ahead.persistence(1), 1)
    seen = str(hidden) + people["stager"].page(f"submissions/{number}/")
    assert f"{expected['mae', 'public']:.3f}" not in seen
    board = "/api/v1/competitions/day-ahead-staged/leaderboard/?phase=second&task=plants"
    assert site.get(board).status == 404
    site.python(END.format(key="second"))
    shown = people["stager"].submission(number)["scores"]
    assert shown == {"mae": pytest.approx(expected["mae", "public"], abs=5e-4)}
    assert [row["team"] for row in site.get(board).json()["results"]] == ["Stager", "Seer"]
