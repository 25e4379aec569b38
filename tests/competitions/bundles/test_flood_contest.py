"""A real scene becomes a contest through competition.yaml, its truth normalised by the scorer that scores later."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from competitions.bundles.loading import load, read_bundle
from competitions.models import Competition, ScoringVersion, User
from competitions.services import boxes
from competitions.services.boxes import InvalidTruth, ScoringJob
from competitions.services.competitions import import_competition, import_with_report
from competitions.status import Role
from competitions.store import Store
from tests import makers
from tests.competitions.bundles.contests import TABLE_YAML, changed, write_contest
from tests.competitions.bundles.flood_contest import FLOOD_DATA, SPLITS, FloodContest, make_flood_contest
from tests.launching import publish_untried

needs_flood_data = pytest.mark.skipif(
    not FLOOD_DATA.is_dir(), reason=f"the scene of Sen1Floods11 is not at {FLOOD_DATA}"
)


@pytest.fixture
def owner(db: None) -> User:
    return makers.make_user("owner")


@pytest.fixture
def flood(tmp_path: Path) -> FloodContest:
    return make_flood_contest(tmp_path / "flood")


def normalise_here(spec: Mapping[str, Any], raw: Path, output: Path) -> None:
    """The truth command as the box runs it, without the box."""
    spec_file = output.parent / "spec.json"
    spec_file.write_text(json.dumps(spec))
    report = output.parent / "report.json"
    command = ["truth", f"--spec={spec_file}", f"--input={raw}", f"--output={output}", f"--report={report}"]
    command = [sys.executable, "-m", "scoring", *command]
    run = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    verdict = json.loads(report.read_bytes())
    if verdict["status"] != "ok":
        raise InvalidTruth(verdict["problems"])


@needs_flood_data
def test_the_scene_becomes_a_contest(flood: FloodContest, owner: User, store: Store, now: datetime) -> None:
    description = load(flood.directory)
    competition = import_competition(description, actor=owner, now=now, store=store, normalise_truth=normalise_here)

    version = ScoringVersion.objects.get(task__competition=competition)
    assert [scene["name"] for scene in version.contract["scenes"]] == sorted(sum(flood.scenes.values(), ()))
    assert {(scene["height"], scene["width"], scene["crs"]) for scene in version.contract["scenes"]} == {
        (128, 128, "EPSG:4326")
    }
    assert version.contract["classes"] == [0, 1]
    public = json.dumps([version.contract, version.metrics])
    assert "split" not in public
    assert "ignore" not in public
    again = import_with_report(description, actor=owner, now=now, store=store, normalise_truth=normalise_here)
    assert again.changes == ()


@needs_flood_data
def test_the_starting_kit_scores_a_hold_out_with_the_contests_own_code(
    flood: FloodContest, owner: User, store: Store, now: datetime, tmp_path: Path
) -> None:
    competition = import_competition(
        load(flood.directory), actor=owner, now=now, store=store, normalise_truth=normalise_here
    )
    home = tmp_path / "home"
    with zipfile.ZipFile(store.blob_path(competition.tasks.get().starting_kit.sha256)) as kit:
        kit.extractall(home)
    (flood.directory / "truth").rename(home / "holdout")
    flood.submission.rename(home / "prediction.zip")

    subprocess.run([sys.executable, "-m", "scoring", home / "job.json"], cwd=settings.BASE_DIR, check=True)

    result = json.loads((home / "result.json").read_bytes())
    both = FloodContest(
        flood.directory, flood.submission, {"all": sum(flood.scenes.values(), ())}, flood.truth, flood.prediction
    )
    pooled, macro = both.iou("all")
    assert result["metrics"]["iou"]["public"] == pytest.approx(pooled, abs=1e-12)
    assert result["metrics"]["iou_macro"]["public"] == pytest.approx(macro, abs=1e-12)


@needs_flood_data
def test_a_promise_that_the_truth_does_not_keep_is_told_at_its_line(
    flood: FloodContest, owner: User, store: Store, now: datetime
) -> None:
    path = flood.directory / "competition.yaml"
    path.write_text(changed(changed(path.read_text(), "[128, 128]", "[64, 128]"), "EPSG:4326", "EPSG:32654"))
    bundle = read_bundle(flood.directory)

    with pytest.raises(Exception, match="not 64 x 128") as caught:
        import_competition(bundle.description, actor=owner, now=now, store=store, normalise_truth=normalise_here)

    told = [str(problem) for problem in bundle.problems_of(caught.value.refusals)]
    assert told[0] == (
        "competition.yaml:25 tasks[0].submission.shape: "
        "scene 'tile_08' is 128 x 128 cells (height x width), not 64 x 128"
    )
    assert told[1] == "competition.yaml:26 tasks[0].submission.crs: scene 'tile_08' is in EPSG:4326, not in EPSG:32654"
    assert not Competition.objects.exists()


@needs_flood_data
@pytest.mark.sandbox
def test_through_real_boxes_the_threshold_scores_what_numpy_says(flood: FloodContest, owner: User) -> None:
    call_command("import_competition", str(flood.directory), owner="owner", stdout=io.StringIO())
    version = ScoringVersion.objects.get()

    verdict = boxes.score_prediction(
        ScoringJob(
            prediction=flood.submission,
            file_name="threshold.zip",
            contract=version.contract,
            metrics=version.metrics,
            truth=Store(settings.FILES_DIR).truth_path(version.truth_digest),
        ),
        runner=boxes.make_runner(),
    )

    assert verdict.result is not None, verdict.problems
    scores = verdict.result["metrics"]
    for split in SPLITS:
        pooled, macro = flood.iou(split)
        assert scores["iou"][split] == pytest.approx(pooled, abs=1e-12)
        assert scores["iou_macro"][split] == pytest.approx(macro, abs=1e-12)
        assert scores["accuracy"][split] == pytest.approx(flood.accuracy(split), abs=1e-12)


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
def test_the_command_makes_updates_and_leaves_alone(tmp_path: Path, owner: User) -> None:
    folder = write_contest(tmp_path / "contest")

    assert told(folder, "--owner=owner")[0] == "tide-levels: made (draft)"
    write_contest(folder, changed(TABLE_YAML, "max_submissions_per_day: 3", "max_submissions_per_day: 4"))
    assert told(folder)[:2] == ["tide-levels: updated (draft)", "  phase main: max_submissions_per_day changed"]
    publish_untried("tide-levels")
    assert told(folder) == ["tide-levels: already as described (published)"]


@pytest.mark.sandbox
def test_on_the_command_line_too_a_launched_contest_is_changed_by_two_people(tmp_path: Path, owner: User) -> None:
    folder = write_contest(tmp_path / "contest")
    told(folder, "--owner=owner")
    competition = publish_untried("tide-levels")
    makers.make_member(competition, "second", Role.REVIEWER)
    write_contest(folder, changed(TABLE_YAML, "max_submissions_per_day: 3", "max_submissions_per_day: 4"))

    with pytest.raises(CommandError, match="nothing was imported"):
        call_command("import_competition", str(folder), stdout=io.StringIO(), stderr=io.StringIO())
    with pytest.raises(CommandError, match="Say why"):
        told(folder, "--propose", "--owner=owner")
    drafted = told(folder, "--propose", "--owner=owner", "--reason=The lake is small.")
    assert drafted[0].endswith("is drafted (quota)")
    number = competition.change_requests.get().pk
    step(competition, "propose", number, "owner")
    with pytest.raises(CommandError, match="a second person does"):
        step(competition, "approve", number, "owner")
    with pytest.raises(CommandError, match="--as USERNAME"):
        step(competition, "approve", number, None)
    step(competition, "approve", number, "second")

    assert competition.phases.get().max_submissions_per_day == 4
    assert competition.change_requests.get().status == "applied"


def step(competition: Competition, name: str, number: int, user: str | None) -> None:
    call_command("changes", competition.slug, name, number, user=user, stdout=io.StringIO())


@pytest.mark.sandbox
def test_a_check_finds_what_only_the_box_can_see_and_writes_nothing(tmp_path: Path, owner: User) -> None:
    assert told(write_contest(tmp_path / "contest"), "--check") == ["tide-levels: nothing is wrong"]

    text = changed(TABLE_YAML, "slug: tide-levels", "slug: Tide Levels")
    truth, sample = "id,y,Usage\na,1,Public\nb,x,Private\n", "id,y\na,1\n"
    folder = write_contest(tmp_path / "contest", text, **{"truth/solution.csv": truth, "data/sample.csv": sample})
    errors = io.StringIO()
    with pytest.raises(CommandError, match=r"\d mistakes; nothing was imported") as caught:
        call_command("import_competition", str(folder), check=True, stdout=io.StringIO(), stderr=errors)

    assert caught.value.returncode == 1
    lines = errors.getvalue().splitlines()
    assert lines[0].startswith("competition.yaml:2 slug: 'Tide Levels' does not fit")
    assert lines[1].startswith("competition.yaml:42 tasks[0].truth: Line 3, column 'y': 'x' is not a number")
    assert not Competition.objects.exists()


@pytest.mark.sandbox
def test_a_sample_that_does_not_fit_the_truth_is_found_by_the_boxes(tmp_path: Path, owner: User) -> None:
    folder = write_contest(tmp_path / "contest", **{"data/sample.csv": "id,y\na,1\nb,1\nc,1\n"})
    errors = io.StringIO()

    with pytest.raises(CommandError, match="1 mistake; nothing was imported"):
        call_command("import_competition", str(folder), owner="owner", stdout=io.StringIO(), stderr=errors)

    assert errors.getvalue() == "competition.yaml:48 tasks[0].sample_submission: Id 'd' is missing.\n"


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["split.csv", "solution.csv"])
def test_a_list_beside_the_truth_splits_it(name: str, tmp_path: Path, owner: User) -> None:
    text = changed(TABLE_YAML, "{by: column, column: Usage}", f"{{by: list, file: lists/{name}}}")
    listed = "id,split\na,public\nb,private\nc,ignored\nd,private\n"
    folder = write_contest(tmp_path / "contest", text, **{f"lists/{name}": listed})

    assert told(folder, "--owner=owner", "--draft")[0] == "tide-levels: made (draft)"


def test_the_command_needs_to_know_whose_contest_it_is(tmp_path: Path, db: None) -> None:
    folder = write_contest(tmp_path / "contest")

    with pytest.raises(CommandError, match="say whose it is with --owner USERNAME") as caught:
        call_command("import_competition", str(folder))
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="there is no person with the name 'nobody'"):
        call_command("import_competition", str(folder), owner="nobody")


def test_the_command_says_when_a_folder_holds_no_contest(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"there is no competition\.yaml in") as caught:
        call_command("import_competition", str(tmp_path))
    assert caught.value.returncode == 2


def told(folder: Path, *arguments: str) -> list[str]:
    output = io.StringIO()
    call_command("import_competition", str(folder), *arguments, stdout=output, no_color=True)
    return output.getvalue().splitlines()
