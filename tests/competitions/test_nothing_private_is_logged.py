"""A whole evaluation, its faults and the release write no private score into a log; and the search itself is proved."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from competitions.models import Board, Evaluation, Phase, WinnerAudit
from competitions.queries.leaderboards import board_page
from competitions.services import (
    board_releases,
    evaluations,
    scoring_runs,
)
from competitions.services.moves import LostClaim
from competitions.status import BoardKind
from competitions.store import Store
from sandbox import Run, RunRequest, SandboxError
from sandbox.fake import FakeRunner, make_run
from tests import makers
from tests.competitions.secret_contest import (
    FAULT,
    INNARDS,
    NAMES,
    PRIVATE_MAE,
    PRIVATE_RMSE,
    PRIVATE_SCENE,
    PRIVATE_SUM,
    SCORES,
    SECRETS,
    TEAMS,
    WORKER,
    found_in,
    has_private_order,
    make_result,
    others,
    searched,
    set_up_secret,
)
from tests.competitions.stage import Stage, ask, taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    """One stage for the whole file; each test is taken back."""
    with taken_back(django_db_blocker):
        yield set_up_secret()


# -- logs -------------------------------------------------------------------------------------------------------------


def scoring_box(request: RunRequest, collect_to: Path | None) -> Run:
    """In place of both boxes: the normaliser's word that the file is good, and the scorer's result."""
    assert collect_to is not None
    collect_to.mkdir(exist_ok=True)
    metrics = {
        "rmse": {"public": 0.125, "private": PRIVATE_RMSE[3]},
        "mae": {"public": 0.25, "private": PRIVATE_MAE[3]},
    }
    scenes = [{"name": "hidden-scene-77", "split": "private", "metrics": {"rmse": PRIVATE_SCENE}}]
    statistics = {"hidden-scene-77": {"sum": PRIVATE_SUM}}
    result = {"status": "ok", "metrics": metrics, "scenes": scenes, "statistics": statistics}
    (collect_to / "report.json").write_text('{"status": "ok"}')
    (collect_to / "result.json").write_text(json.dumps(result))
    return make_run()


def work(stage: Stage, answer: Callable[..., Run]) -> Evaluation:
    claim = makers.claim_of(stage.waiting, WORKER)
    scoring_runs.work(claim, runner=FakeRunner([answer, answer]), store=Store(settings.FILES_DIR))
    return Evaluation.objects.get(pk=claim.pk)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return caplog.text + "".join(f"{record.__dict__}" for record in caplog.records)


def test_a_whole_evaluation_logs_no_private_value(stage: Stage, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("competitions").debug("the capture works")
        evaluation = work(stage, scoring_box)
        client = stage.browsers["contestant"]
        for route, address in others(stage, stage.waiting):
            stage.client("contestant", route).get(address)
        client.get(f"{reverse('pages:leaderboard', args=[stage.competition.slug])}?kind=private")
    assert (evaluation.status, evaluation.private_detail["metrics"]["rmse"]) == ("scored", PRIVATE_RMSE[3])
    assert "the capture works" in caplog.text
    assert not SCORES.search(logged(caplog))
    assert not NAMES.search(logged(caplog))


def test_the_release_logs_no_private_value(stage: Stage, now: datetime, caplog: pytest.LogCaptureFixture):
    Phase.objects.filter(competition=stage.competition).update(ends_at=now - timedelta(days=1))
    evaluations.cancel(Evaluation.objects.get(submission=stage.waiting), now=now)
    WinnerAudit.objects.filter(competition=stage.competition).update(published_at=now)
    with caplog.at_level(logging.DEBUG):
        assert board_releases.release_due(now=now) == 1
    assert not SCORES.search(logged(caplog))


def test_a_loser_of_a_race_logs_no_private_value(stage: Stage, caplog: pytest.LogCaptureFixture):
    """Its lease ran out while it scored: what it found is dropped, and not told."""
    claim = makers.claim_of(stage.waiting, WORKER)
    evaluations.give_back(claim, now=timezone.now(), detail="given up")
    with caplog.at_level(logging.DEBUG), pytest.raises(LostClaim) as lost:
        evaluations.record(claim, make_result(3), now=timezone.now())
    assert found_in(str(lost.value)) == set()
    assert not SCORES.search(logged(caplog))


def test_a_box_that_breaks_leaves_an_operator_a_trace_and_a_contestant_one_sentence(stage: Stage, monkeypatch, caplog):
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)

    def broken(request: RunRequest, collect_to: Path | None) -> Run:
        raise SandboxError(FAULT)

    evaluation = work(stage, broken)
    assert (evaluation.status, evaluation.events.last().detail[: len(FAULT)]) == (
        "queued",
        f"SandboxError: {FAULT}"[: len(FAULT)],
    )
    for route, address in others(stage, stage.waiting):
        assert found_in(searched(ask(stage.client("contestant", route), "GET", address))) == set()


# -- the search itself ---


@pytest.mark.parametrize("value", SECRETS)
@pytest.mark.parametrize(
    "form", ["{:.3f}", "{:.4f}", "{:.5f}", "{!r}", "{:.3e}", "{:.9e}", "-{:.3f}", "{:.1%}", "{:.2%}"]
)
def test_the_search_knows_a_private_score_in_every_form(value: float, form: str):
    for text in ("|{}|", "<td>{}</td>", '{{"v":{}}}', "team,{},1"):
        assert SCORES.search(text.format(form.format(value)))
    assert SCORES.search(f"{value:.3f}".replace(".", ","))


def test_the_search_takes_no_time_and_no_public_score_for_a_private_one():
    for text in ("2026-01-01T00:00:00.739182Z", "10:22:30.917462+00:00", "0.125", "0.0625", "12.5 %", "0.3"):
        assert not SCORES.search(text)


def test_the_search_knows_the_private_order():
    assert has_private_order(" 1 Zebra team 2 Albatross team <b>Mole team</b>")
    assert not has_private_order(" ".join(TEAMS))
    assert not has_private_order(" ".join([*TEAMS, "contestant team"]))


def test_the_search_knows_paths_and_digests():
    for text in (FAULT, f"{settings.FILES_DIR}/blobs", str(settings.BASE_DIR / "x"), "Traceback (most recent call"):
        assert INNARDS.search(text)


def test_boards_of_the_stage_stand_as_this_file_supposes(stage: Stage):
    for kind, order in ((BoardKind.PUBLIC, TEAMS), (BoardKind.PRIVATE, TEAMS[::-1])):
        board = Board.objects.get(phase__competition=stage.competition, kind=kind)
        assert [row.standing.team.name for row in board_page(board).rows] == order
