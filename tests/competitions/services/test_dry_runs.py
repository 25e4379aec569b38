"""Contests are tried with submissions made of their truth, by the programs that score contestants' submissions."""

import io
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from competitions.demo.tables import build_diabetes
from competitions.models import AuditEvent, Competition, DryRun, Evaluation, Probe, Submission, User
from competitions.queries.checklists import checklist
from competitions.services import boxes, dry_runs, moves, scoring_runs
from competitions.services.moves import LostClaim
from competitions.status import CompetitionStatus, DryRunStatus
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest
from tests.competitions.plain_runner import PlainRunner
from tests.contest_files import make_table_contest
from tests.contests import weather
from tests.contests.autoice.contest import make_contest as make_autoice
from tests.contests.day_ahead.contest import make_contest as make_day_ahead
from tests.contests.stac_overflow.contest import make_contest as make_stac_overflow
from tests.demo.conftest import coastline_folder, few_places, sea_ice_folder  # noqa: F401  (fixtures)
from tests.demo.small_contests import describe_as_small
from tests.trying import make_draft

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _without_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "make_runner", PlainRunner)


@pytest.fixture
def owner(db: None) -> User:
    return makers.make_user("owner")


def imported(folder: Path) -> Competition:
    call_command("import_competition", str(folder), owner="owner", stdout=io.StringIO(), stderr=io.StringIO())
    return Competition.objects.get()


def tried(competition: Competition) -> DryRun:
    store = Store(settings.FILES_DIR)
    return dry_runs.run_now(competition, actor=None, worker="test", runner=PlainRunner(), store=store)


def found(competition: Competition, now) -> dict[str, str]:
    return {item.key: f"{item.state}: {item.sentence}" for item in checklist(competition, now=now).items}


def red(competition: Competition, now) -> list[str]:
    return [f"{item.key}: {item.sentence}" for item in checklist(competition, now=now).red]


# -- whole contests ---------------------------------------------------------------------------------------------------


def make_rain(folder: Path) -> None:
    weather.make_rain_contest(folder)


def make_temperature(folder: Path) -> None:
    weather.make_temperature_contest(folder)


def make_day_ahead_in_turn(folder: Path) -> None:
    """Its second stage follows the first; journeys, who see both at once, cannot wait for that."""
    make_day_ahead(folder)
    described = folder / "competition.yaml"
    text = described.read_text()
    assert text.count(SECOND_STAGE) == 1
    described.write_text(text.replace(SECOND_STAGE, "start: 2036-01-01T00:00:00+09:00"))


SECOND_STAGE = "start: 2020-01-02T00:00:00+09:00"
MADE: dict[str, Callable[[Path], object]] = {
    "autoice": make_autoice,
    "day_ahead": make_day_ahead_in_turn,
    "stac_overflow": make_stac_overflow,
    "rain_10mm": make_rain,
    "temperature": make_temperature,
    "diabetes": lambda folder: build_diabetes(folder, 7),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_a_contest_passes_its_own_dry_run(name: str, tmp_path: Path, owner: User, now) -> None:
    if name in {"rain_10mm", "temperature"} and not weather.DATA.is_dir():
        pytest.skip("the weather data are not on this machine")
    makers.make_runtime()
    MADE[name](tmp_path / "contest")
    competition = imported(tmp_path / "contest")
    run = tried(competition)
    assert (run.status, run.detail) == (DryRunStatus.DONE, "")
    assert red(competition, now) == []
    perfect = Probe.objects.filter(dry_run=run, key="perfect")
    assert {probe.outcome for probe in perfect} == {"accepted"}


@pytest.mark.slow
def test_the_demos_masks_pass_their_dry_run(  # the folders are fixtures of the demo's own tests
    sea_ice_folder,  # noqa: F811
    coastline_folder,  # noqa: F811
    tmp_path,
    owner,
    now,
) -> None:
    for folder in (sea_ice_folder, coastline_folder):
        copy = shutil.copytree(folder, tmp_path / folder.name)
        describe_as_small(copy)
        call_command("import_competition", str(copy), owner="owner", stdout=io.StringIO(), stderr=io.StringIO())
    for competition in Competition.objects.all():
        assert tried(competition).detail == ""
        assert red(competition, now) == []


# -- what a dry run finds ---------------------------------------------------------------------------------------------


def test_a_table_is_tried_with_thirteen_probes_and_nothing_of_them_stays(tmp_path: Path, owner: User, now) -> None:
    competition = imported(make_table_contest(tmp_path / "contest"))
    before = set((settings.TIDEMARK_HOME / "scratch").glob("*"))
    run = tried(competition)

    probes = {probe.key: probe for probe in run.probes.all()}
    assert len(probes) == 13
    assert all(probe.outcome == probe.expected for probe in probes.values())
    assert probes["perfect"].public == {"rmse": 0.0, "mae": 0.0}
    assert probes["sample"].private == {"rmse": 1.0, "mae": 1.0}
    assert "'r0039' is missing" in probes["missing"].problems[0]["message"]
    assert probes["perfect"].wall_seconds is not None
    assert (Submission.objects.count(), Evaluation.objects.count()) == (0, 0)
    assert set((settings.TIDEMARK_HOME / "scratch").glob("*")) == before
    assert red(competition, now) == []


def test_a_copy_of_the_truth_among_the_downloads_is_red(tmp_path: Path, owner: User, now) -> None:
    folder = make_table_contest(tmp_path / "contest")
    shutil.copy(folder / "truth" / "solution.csv", folder / "data" / "train.csv")
    competition = imported(folder)
    tried(competition)
    assert found(competition, now)["leaks:levels"].startswith("red: Downloads hold the truth: 1/train.csv")


def test_a_missing_translation_and_a_past_deadline_are_told_before_anybody_is_let_in(tmp_path, owner, now) -> None:
    text = changed(TABLE_YAML, "title: {en: Tide levels, ja: 潮位}", "title: {en: Tide levels}")
    competition = imported(write_contest(tmp_path / "contest", text))
    assert "title (ja)" in found(competition, now)["translations"]
    assert found(competition, now + timedelta(days=10_000))["deadlines"].startswith("red")


# -- publishing from files --------------------------------------------------------------------------------------------


def test_publish_tries_the_contest_and_wants_a_reason_for_what_is_yellow(tmp_path: Path, owner: User) -> None:
    folder = make_table_contest(tmp_path / "contest")
    told = {"owner": "owner", "publish": True, "stdout": io.StringIO(), "stderr": io.StringIO()}
    with pytest.raises(CommandError, match="the dry run forbids the launch") as caught:
        call_command("import_competition", str(folder), **told)
    assert caught.value.returncode == 1
    assert "YELLOW  worker" in told["stderr"].getvalue()
    assert Competition.objects.get().status == CompetitionStatus.DRAFT

    call_command("import_competition", str(folder), accept="workers start tonight", **told)
    assert Competition.objects.get().status == CompetitionStatus.PUBLISHED
    event = AuditEvent.objects.get(verb="competition.launched")
    assert event.detail["accepted"]["worker"]["reason"] == "workers start tonight"


def test_publish_of_what_is_red_is_refused_whatever_the_reason(tmp_path: Path, owner: User) -> None:
    folder = make_table_contest(tmp_path / "contest")
    shutil.copy(folder / "truth" / "solution.csv", folder / "data" / "train.csv")
    told = {"owner": "owner", "publish": True, "stdout": io.StringIO(), "stderr": io.StringIO()}
    with pytest.raises(CommandError):
        call_command("import_competition", str(folder), accept="never mind", **told)
    assert Competition.objects.get().status == CompetitionStatus.DRAFT


# -- workers that die -------------------------------------------------------------------------------------------------


def test_asked_twice_it_is_one_run(now) -> None:
    draft = make_draft()
    first, second = (dry_runs.ask(draft, actor=None, now=now) for _ in range(2))
    assert first.pk == second.pk
    assert DryRun.objects.count() == 1


def test_a_run_whose_worker_died_is_given_back_and_given_up_in_the_end(now) -> None:
    run = dry_runs.ask(make_draft(), actor=None, now=now)
    for attempt in range(1, dry_runs.MAX_ATTEMPTS + 1):
        run.refresh_from_db()
        dry_runs.claim(run, worker="dies", now=now)
        assert dry_runs.requeue_stuck(now=now) == 0
        assert dry_runs.requeue_stuck(now=now + moves.lease() + timedelta(seconds=1)) == 1
        run.refresh_from_db()
        assert run.attempt == attempt
        assert run.lease_expires_at is None
    assert (run.status, run.detail) == (DryRunStatus.FAILED, "its worker was lost 3 times")


def test_a_worker_that_was_given_up_for_lost_records_nothing(now) -> None:
    run = dry_runs.ask(make_draft(), actor=None, now=now)
    lost = dry_runs.claim(run, worker="slow", now=now)
    dry_runs.requeue_stuck(now=now + moves.lease() + timedelta(seconds=1))
    run.refresh_from_db()
    dry_runs.claim(run, worker="other", now=now)
    with pytest.raises(LostClaim):
        dry_runs._end(lost, DryRunStatus.DONE)
    run.refresh_from_db()
    assert (run.status, run.worker) == (DryRunStatus.RUNNING, "other")


def test_two_workers_never_take_the_same_run(now) -> None:
    run = dry_runs.ask(make_draft(), actor=None, now=now)
    dry_runs.claim(run, worker="first", now=now)
    with pytest.raises(LostClaim):
        dry_runs.claim(run, worker="second", now=now)


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """What happens while the command line waits. Its own name only: `time.sleep` is also what waits for processes."""
    monkeypatch.setattr(dry_runs, "time", SimpleNamespace(sleep=lambda _: act()))


def test_the_command_line_waits_for_a_worker_that_was_faster(now, monkeypatch) -> None:
    draft = make_draft()
    held = dry_runs.claim(dry_runs.ask(draft, actor=None, now=now), worker="faster", now=now)
    meanwhile(monkeypatch, lambda: dry_runs._end(held, DryRunStatus.DONE))
    run = tried(draft)
    assert (run.status, run.worker, DryRun.objects.count()) == (DryRunStatus.DONE, "faster", 1)


def test_the_command_line_takes_over_from_a_worker_that_died_meanwhile(now, monkeypatch) -> None:
    draft = make_draft()
    dry_runs.claim(dry_runs.ask(draft, actor=None, now=now), worker="dies", now=now)
    an_hour_ago = now - timedelta(hours=1)
    meanwhile(monkeypatch, lambda: DryRun.objects.update(lease_expires_at=an_hour_ago))
    run = tried(draft)
    assert (run.worker, run.attempt) == ("test", 2)


def test_what_a_worker_began_before_the_contest_changed_is_tried_again(now, monkeypatch) -> None:
    draft = make_draft()
    held = dry_runs.claim(dry_runs.ask(draft, actor=None, now=now), worker="early", now=now)
    DryRun.objects.update(digest="what it was before")
    meanwhile(monkeypatch, lambda: dry_runs._end(held, DryRunStatus.DONE))
    assert tried(draft).worker == "test"
    assert DryRun.objects.count() == 2


def test_a_worker_takes_what_waits(tmp_path: Path, owner: User, now, monkeypatch) -> None:
    monkeypatch.setattr(scoring_runs, "_fitness", None)
    competition = imported(make_table_contest(tmp_path / "contest"))
    dry_runs.ask(competition, actor=owner, now=now)
    fit = scoring_runs.Fitness(PlainRunner(), [], 1e12)
    monkeypatch.setattr(dry_runs, "fitness", lambda **_: fit)
    assert dry_runs.work_off(worker="test") == 1
    assert DryRun.objects.get().status == DryRunStatus.DONE
    assert dry_runs.work_off(worker="test") == 0


def test_a_truth_that_cannot_be_read_ends_in_failed_and_not_in_silence(now) -> None:
    run = tried(make_draft())
    assert run.status == DryRunStatus.FAILED
    assert run.detail
