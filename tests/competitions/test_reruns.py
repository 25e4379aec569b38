"""What a winner handed in is run again in real boxes, and its output compared with what was submitted."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.utils import timezone

from competitions.models import Competition, Evaluation, Execution, Rerun, Standing, Team
from competitions.queries.submissions import allowance_for
from competitions.queries.winners import verdict_of_rerun
from competitions.services import executions, program_runs, rerun_comparisons, reruns, scoring_runs, winners
from competitions.services.reruns import RerunRefused
from competitions.status import RerunVerdict
from competitions.store import Store
from sandbox.runtimes import BuiltRuntime
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest
from tests.competitions.own_metric_site import trusted_boxes
from tests.competitions.winner_stage import TEXTS, end_contest, entry_of, hand_in
from tests.launching import publish_untried
from tests.runtimes import make_built_runtime

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db]
AUDIT = """
awards: [{key: first, title: {en: First, ja: 一等}}]
winner_audit: {inputs: [test.csv], tolerance: {absolute: 0.01, score: 0.01}, limits: {wall_seconds: 20}}
"""
TEST_DATA = "id,x\na,1.5\nb,-2\nc,0.25\nd,4\n"
HONEST = b"""
rows = open("data/test.csv").read().split()[1:]
shift = float(open("model/shift.txt").read()) if __import__("os").path.exists("model/shift.txt") else 0.0
with open("submission/p.csv", "w") as file:
    file.write("id,y\\n" + "".join(f"{row.split(',')[0]},{float(row.split(',')[1]) + shift}\\n" for row in rows))
"""
OTHER = HONEST.replace(b"+ shift", b"+ 0.5 * (row[0] == 'd')")
RANDOM = HONEST.replace(b"+ shift", b"+ __import__('random').random()")
BROKEN = b"raise SystemExit('no model')"
NONSENSE = b"open('submission/p.csv', 'w').write('id,y\\na,nan\\n')"
CURIOUS = b"import os\nprint(sorted(os.listdir('data')))\n" + HONEST


@pytest.fixture(autouse=True)
def _fit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A heartbeat would look through a connection of its own, which does not see the test's transaction."""
    monkeypatch.setattr(program_runs, "BEAT_SECONDS", 3600)
    monkeypatch.setattr(rerun_comparisons, "PAUSE_AFTER_FAULT_SECONDS", 0)
    with trusted_boxes():
        yield


@pytest.fixture
def built(tmp_path: Path, settings: Any) -> BuiltRuntime:
    settings.RUNTIMES_DIR = tmp_path / "runtimes"
    built = make_built_runtime(settings.RUNTIMES_DIR)
    program_runs.announce({built.digest: built})
    return built


@pytest.fixture
def competition(tmp_path: Path, db: None) -> Competition:
    text = changed(TABLE_YAML, "ja: 学習用}}\n", "ja: 学習用}}\n      - {path: data/test.csv}\n") + AUDIT
    write_contest(tmp_path / "contest", text, **{"data/test.csv": TEST_DATA})
    makers.make_user("owner")
    call_command("import_competition", str(tmp_path / "contest"), owner="owner", stdout=io.StringIO())
    return publish_untried("tide-levels")


@pytest.fixture
def team(competition: Competition, organiser: Any) -> Team:
    """Its submission was scored in real boxes, and it is the candidate."""
    team = makers.make_team(competition, "ada")
    makers.make_submission(team, content=b"id,y\na,1.5\nb,-2.0\nc,0.25\nd,4.0\n")
    work(None)
    end_contest(competition)
    winners.open_audit(competition.winner_audit, actor=organiser, now=timezone.now())
    return team


def work(built: BuiltRuntime | None) -> None:
    """Both kinds of worker until nothing is left."""
    if built is not None:
        program_runs.work_off_the_queue(worker="code")
    scoring_runs.work_off_the_queue(worker="scoring")


def run_again(team: Team, code: bytes, organiser: Any, built: BuiltRuntime, **files: Any) -> Rerun:
    texts = {**TEXTS, "model": "apart"} if "model" in files else TEXTS
    kept = hand_in(entry_of(team), code=("main.py", code), texts=texts, **files)
    rerun = reruns.start(kept, inputs=["test.csv"], user=organiser, now=timezone.now())
    work(built)
    found = Rerun.objects.select_related("execution", "hand_in__entry__audit").get(pk=rerun.pk)
    assert found.status == "done", (found.status, found.detail, found.execution.events.last().detail)
    return found


def state_of_the_contest(team: Team) -> list[Any]:
    """What a run again must leave as it is."""
    phase = team.competition.phases.get()
    return [
        list(Standing.objects.order_by("pk").values()),
        list(Evaluation.objects.order_by("pk").values("pk", "status", "attempt", "finished_at")),
        allowance_for(team, phase, now=timezone.now() - timedelta(days=2)),
        team.submissions.count(),
    ]


def test_an_honest_program_gives_the_same_file(team, organiser, built):
    before = state_of_the_contest(team)
    rerun = run_again(team, HONEST, organiser, built)
    assert verdict_of_rerun(rerun) == RerunVerdict.IDENTICAL
    assert rerun.report["has_same_bytes"]
    assert rerun.report["scores"]["again"]["rmse"] == {"public": 0.0, "private": 0.0}
    assert state_of_the_contest(team) == before
    assert rerun.execution.runs.filter(stage="predict").count() == 1  # with its proof


def test_a_model_apart_lies_beside_the_program_and_a_small_shift_is_within(team, organiser, built):
    rerun = run_again(team, HONEST, organiser, built, model=("shift.txt", b"0.005"))
    assert verdict_of_rerun(rerun) == RerunVerdict.WITHIN
    found = rerun.report["comparison"]
    assert (found["cells"], found["differing"]) == (4, 0)
    assert found["largest_absolute"] == pytest.approx(0.005)
    assert rerun.report["scores"]["again"]["rmse"]["private"] == pytest.approx(0.005)


@pytest.mark.parametrize(("code", "differing"), [(OTHER, 1), (RANDOM, None)])
def test_another_model_or_one_without_a_seed_is_not_reproduced(team, organiser, built, code, differing):
    rerun = run_again(team, code, organiser, built)
    assert verdict_of_rerun(rerun) == RerunVerdict.DIFFERENT
    assert differing is None or rerun.report["comparison"]["differing"] == differing
    assert rerun.report["comparison"]["scenes"][0]["name"] == "y"


def test_a_program_that_fails_is_the_teams(team, organiser, built):
    rerun = run_again(team, BROKEN, organiser, built)
    assert verdict_of_rerun(rerun) == RerunVerdict.PROGRAM_FAILED
    assert "no model" in rerun.execution.log


def test_output_that_does_not_fit_the_contract_is_named(team, organiser, built):
    rerun = run_again(team, NONSENSE, organiser, built)
    assert verdict_of_rerun(rerun) == RerunVerdict.UNREADABLE
    assert rerun.report["problems"]


def test_the_program_is_given_the_chosen_files_and_nothing_else(team, organiser, built):
    rerun = run_again(team, CURIOUS, organiser, built)
    assert "['test.csv']" in rerun.execution.log


def test_organisers_name_files_of_the_newest_release(team, organiser, built):
    kept = hand_in(entry_of(team))
    for wrong in ([], ["other.csv"], ["../truth"]):
        with pytest.raises(RerunRefused):
            reruns.start(kept, inputs=wrong, user=organiser, now=timezone.now())


def test_one_version_is_run_once_at_a_time(team, organiser, built):
    kept = hand_in(entry_of(team))
    reruns.start(kept, inputs=["test.csv"], user=organiser, now=timezone.now())
    with pytest.raises(RerunRefused, match="already"):
        reruns.start(kept, inputs=["test.csv"], user=organiser, now=timezone.now())
    assert Execution.objects.filter(kind="winner").count() == 1


# -- workers that die -------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_while_the_program_runs_leaves_nothing_stuck(team, organiser, built):
    rerun = reruns.start(hand_in(entry_of(team)), inputs=["test.csv"], user=organiser, now=timezone.now())
    for _ in range(site.MAX_ATTEMPTS):
        makers.claim_run(runtimes=(built.digest,))
        executions.requeue_stuck(now=timezone.now() + timedelta(days=1))
    rerun.refresh_from_db()
    assert (rerun.status, rerun.execution.status) == ("done", "failed")
    assert verdict_of_rerun(rerun) == RerunVerdict.OURS
    assert reruns.start(rerun.hand_in, inputs=["test.csv"], user=organiser, now=timezone.now()).status == "waiting"


def test_a_worker_that_dies_while_it_compares_is_followed_by_another(team, organiser, built):
    rerun = reruns.start(
        hand_in(entry_of(team), code=("main.py", OTHER)), inputs=["test.csv"], user=organiser, now=timezone.now()
    )
    program_runs.work_off_the_queue(worker="code")
    dead = reruns.claim_next(worker="dead", now=timezone.now())
    assert reruns.claim_next(worker="other", now=timezone.now()) is None
    assert reruns.requeue_stuck(now=timezone.now() + timedelta(days=1)) == 1
    assert not reruns.record(dead, {"has_same_bytes": True}, now=timezone.now())  # it was given up for lost
    work(built)
    rerun.refresh_from_db()
    assert verdict_of_rerun(rerun) == RerunVerdict.DIFFERENT


def test_a_comparison_that_keeps_failing_is_told_as_ours(team, organiser, built):
    rerun = reruns.start(
        hand_in(entry_of(team), code=("main.py", OTHER)), inputs=["test.csv"], user=organiser, now=timezone.now()
    )
    program_runs.work_off_the_queue(worker="code")
    path = Store(site.FILES_DIR).blob_path(Execution.objects.get(kind="winner").prediction.sha256)
    path.unlink()
    work(built)
    rerun.refresh_from_db()
    assert (rerun.status, rerun.attempt) == ("failed", site.MAX_ATTEMPTS)
    assert verdict_of_rerun(rerun) == RerunVerdict.OURS
