"""Every contest that must be hosted is imported, tried for real, launched, taken out and put back."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from competitions.bundles.archives import archive_entries, unpack
from competitions.bundles.describing_awards import awards_document, winner_audit_document
from competitions.bundles.describing_judging import judging_section
from competitions.bundles.loading import FILE_NAME, load, read_bundle
from competitions.bundles.revisions import laid_out
from competitions.models import Competition, WorkerReport
from competitions.programs import scored_in_boxes
from competitions.queries.checklists import checklist
from competitions.queries.workspaces import newest_revision
from competitions.services import boxes, dry_runs, launching, program_runs, workspaces
from competitions.services.scoring_runs import scoring_result
from competitions.status import CheckState, CompetitionStatus, DryRunStatus
from competitions.store import Store
from competitions.zipstream import ZipLayout
from sandbox import Runner
from tests import makers
from tests.competitions.bundles.test_archives import plain
from tests.competitions.plain_runner import PlainRunner
from tests.contests.examples import EXAMPLES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MIB = 1024 * 1024
NAMES = [
    pytest.param(name, marks=[pytest.mark.sandbox] if example.needs_boxes else []) for name, example in EXAMPLES.items()
]
REQUIRED = {"tellus3", "tellus4", "tourism", "retail", "solar", "railway", "climcore"}


def runner_for(name: str) -> Runner:
    return boxes.make_runner() if EXAMPLES[name].needs_boxes else PlainRunner()


@pytest.fixture
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an example. Where nobody sends programs, the scoring programs run as plain processes, without boxes."""
    if not EXAMPLES[request.param].needs_boxes:
        monkeypatch.setattr(boxes, "make_runner", PlainRunner)
    return str(request.param)


def imported(folder: Path) -> tuple[Competition, str]:
    """The contest, and what the command said."""
    makers.make_user("owner")
    return imported_again(folder)


def imported_again(folder: Path) -> tuple[Competition, str]:
    said = io.StringIO()
    call_command("import_competition", str(folder), owner="owner", stdout=said, stderr=said)
    slug = yaml.safe_load((folder / FILE_NAME).read_text())["slug"]
    return Competition.objects.get(slug=slug), said.getvalue()


def report_worker() -> None:
    """A worker that can do everything, as it reports itself."""
    runtimes = [{"digest": digest} for digest in program_runs.offered_runtimes()]
    queues = ["evaluations", "executions"]
    fields = {"backend": "test", "is_fit": True, "queues": queues, "runtimes": runtimes}
    WorkerReport.objects.create(worker="test", seen_at=timezone.now(), **fields)


def test_all_contests_that_must_be_hosted_are_among_the_examples() -> None:
    assert set(EXAMPLES) == REQUIRED
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/competition.yaml")}
    assert folders >= REQUIRED


@pytest.mark.parametrize("name", NAMES, indirect=True)
def test_it_passes_its_own_dry_run_and_is_launched(name: str, tmp_path: Path) -> None:
    EXAMPLES[name].make(tmp_path / "contest")
    competition, said = imported(tmp_path / "contest")
    assert "warning" not in said
    report_worker()
    store = Store(settings.FILES_DIR)
    run = dry_runs.run_now(competition, actor=None, worker="test", runner=runner_for(name), store=store)
    assert (run.status, run.detail) == (DryRunStatus.DONE, "")
    now = timezone.now()
    items = checklist(competition, now=now).items
    assert {item.key: item.sentence for item in items if item.state != CheckState.GREEN} == {
        item.key: item.sentence for item in items if item.key in EXAMPLES[name].yellow
    }
    launching.launch(competition, actor=None, now=now, reasons=EXAMPLES[name].yellow)
    competition.refresh_from_db()
    assert competition.status == CompetitionStatus.PUBLISHED


@pytest.mark.parametrize("name", NAMES, indirect=True)
def test_its_metrics_are_what_plain_arithmetic_says(name: str, tmp_path: Path) -> None:
    EXAMPLES[name].make(tmp_path / "contest")
    competition, _ = imported(tmp_path / "contest")
    task = competition.tasks.select_related("current_version").first()
    file_name, content = EXAMPLES[name].guess()
    (tmp_path / file_name).write_bytes(content)
    job = boxes.ScoringJob(
        prediction=tmp_path / file_name,
        file_name=file_name,
        contract=task.current_version.contract,
        metrics=scored_in_boxes(task.current_version.metrics),
        truth=Store(settings.FILES_DIR).truth_path(task.current_version.truth_digest),
    )
    verdict = boxes.score_prediction(job, runner=runner_for(name))
    assert verdict.problems == ()
    found = scoring_result(verdict.result)
    expected = EXAMPLES[name].expected()
    for side, scores in (("public", found.public), ("private", found.private)):
        assert scores == pytest.approx({key: value for (key, one), value in expected.items() if one == side}, rel=1e-6)


@pytest.mark.parametrize("name", NAMES, indirect=True)
def test_taken_out_and_put_back_it_is_the_same(name: str, tmp_path: Path) -> None:
    folder, store = tmp_path / "contest", Store(settings.FILES_DIR)
    EXAMPLES[name].make(folder)
    competition, _ = imported(folder)
    revision = newest_revision(competition.workspace)
    files = workspaces.files_of(revision)
    layout = ZipLayout(archive_entries(revision.text, files, store, with_hidden=True), modified_at=timezone.now())
    (tmp_path / "contest.zip").write_bytes(b"".join(layout.read(0, layout.size)))

    elsewhere = Store(tmp_path / "elsewhere")
    unpacked = unpack(tmp_path / "contest.zip", elsewhere, max_bytes=1000 * MIB)
    with laid_out(unpacked.text, unpacked.files, elsewhere) as again:
        assert yaml.safe_load((again / FILE_NAME).read_text()) == yaml.safe_load((folder / FILE_NAME).read_text())
        assert plain(load(again)) == plain(load(folder))
        same, said = imported_again(again)
    assert same.pk == competition.pk
    assert "already as described" in said


@pytest.mark.parametrize("name", NAMES, indirect=True)
def test_written_back_from_the_records_its_jury_prizes_and_audit_mean_the_same(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "contest"
    EXAMPLES[name].make(folder)
    competition, _ = imported(folder)
    before = plain(load(folder))
    document = yaml.safe_load((folder / FILE_NAME).read_text())
    for said in document.get("divisions", []):
        record = competition.divisions.get(key=said["key"])
        assert ("judging" in said) == (record.judging is not None)
        if record.judging is not None:
            said["judging"] = judging_section(record.rules, ZoneInfo(competition.time_zone))
    written = {"awards": awards_document(competition), "winner_audit": winner_audit_document(competition)}
    assert {key for key, value in written.items() if value} == set(written) & set(document)
    document |= {key: value for key, value in written.items() if value}
    (folder / FILE_NAME).write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    assert read_bundle(folder).problems == ()
    assert without_places(plain(load(folder))) == without_places(before)


def without_places(value: Any) -> Any:
    """A description without the places in the file: where a part is written differs once it is written anew."""
    if isinstance(value, dict):
        return {key: without_places(one) for key, one in value.items() if key != "where"}
    return [without_places(one) for one in value] if isinstance(value, list) else value


def test_a_day_of_the_solar_contest_holds_nothing_that_came_after_20_00_of_the_day_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "make_runner", PlainRunner)
    makers.make_runtime()
    EXAMPLES["solar"].make(tmp_path / "contest")
    competition, _ = imported(tmp_path / "contest")
    version = competition.tasks.get(key="evenings").current_version
    days = sorted(Store(settings.FILES_DIR).inputs_path(version.inputs_digest).iterdir())
    assert [day.name for day in days] == [f"2016-04-{number:02d}" for number in range(1, 7)]
    for day in days:
        newest = (date.fromisoformat(day.name) - timedelta(days=1)).isoformat()
        issued = {table: times_in(day / table) for table in ("kwh.csv", "forecast.csv")}
        assert max(issued["kwh.csv"]) == f"{newest}T20:00:00"
        assert max(issued["forecast.csv"]) == f"{newest}T17:00:00"


def times_in(table: Path) -> list[str]:
    with table.open(newline="") as file:
        return [row["issued_at"] for row in csv.DictReader(file)]
