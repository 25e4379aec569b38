"""A contest whose organiser brings the metric: what its file may say, what is frozen, and who gets to see what."""

import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from competitions.bundles.loading import load, read_bundle
from competitions.models import Blob, Board, Competition, Evaluation, ScoringVersion, Task, Team
from competitions.services import boxes, evaluations, scoring_runs
from competitions.services.boxes import ProgramFailed, ScoringJob, Verdict
from competitions.services.competitions import import_with_report
from competitions.services.descriptions import CannotImport
from competitions.status import EvaluationStatus, FailureKind, Role
from competitions.store import Store
from sandbox.fake import FakeRunner
from scoring.__main__ import main
from tests import makers
from tests.competitions.bundles.contests import changed, normalise_table, with_raster_task
from tests.competitions.own_metric_contest import KAGGLE, MAE, WEIGHTED, program_yaml, write_program_contest
from tests.launching import publish_untried

pytestmark = pytest.mark.django_db
Importer = Callable[..., Any]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def importing(tmp_path: Path, store: Store, now: datetime) -> Importer:
    owner = makers.make_user("owner")

    def run(text: str = "", source: str = WEIGHTED, **options: Any) -> Competition:
        folder = write_program_contest(tmp_path / "contest", text or program_yaml(), source)
        options = {"normalise_truth": normalise_table, **options}
        return import_with_report(load(folder), actor=owner, now=now, store=store, **options).competition

    return run


# -- the contest's file -----------------------------------------------------------------------------------------------


def problems(folder: Path, text: str, **files: str) -> list[str]:
    bundle = read_bundle(write_program_contest(folder, text, files.pop("source", WEIGHTED), **files))
    return [str(problem).split(" ", 1)[1] for problem in bundle.problems]


def test_a_contest_with_a_program_has_no_mistakes(tmp_path: Path) -> None:
    rest = "      params: {power: 2}\n      wall_seconds: 20\n      interval: {groups: 4}\n      published: true\n"
    assert problems(tmp_path, program_yaml(rest=rest)) == []
    assert problems(tmp_path, program_yaml("kaggle")) == []


MISTAKES = {
    "no such file": (
        ("file: metric.py", "file: metrics.py"),
        "tasks[0].program.file: there is no 'metrics.py'; did you mean 'metric.py'?",
    ),
    "no file of Python": (
        ("file: metric.py", "file: rules.md"),
        "tasks[0].program.file: 'rules.md' should end in .py",
    ),
    "a file outside": (
        ("file: metric.py", "file: ../metric.py"),
        "tasks[0].program.file: '../metric.py' leaves the folder",
    ),
    "an unknown convention": (
        ("convention: tidemark", "convention: kagle"),
        "tasks[0].program.convention: 'kagle' is unknown; did you mean 'kaggle'?",
    ),
    "no direction": (
        ("{key: worst, direction: lower, minimum: 0}", "{key: worst}"),
        "tasks[0].program.columns[1]: 'direction' is missing (which way is better: higher or lower)",
    ),
    "a range upside down": (
        ("{key: worst, direction: lower, minimum: 0}", "{key: worst, direction: lower, minimum: 0, maximum: -1}"),
        "tasks[0].program.columns[1].minimum: 0 is out of range; it must be below -1",
    ),
    "a metric that the program does not return": (
        ("{key: worst, metric: program}", "{key: worse, metric: program}"),
        "tasks[0].metrics[1].key: the program has no column 'worse'; did you mean 'worst'?",
    ),
    "parameters of a column": (
        ("{key: worst, metric: program}", "{key: worst, metric: program, params: {a: 1}}"),
        "tasks[0].metrics[1].params: a column of the program has no 'params'",
    ),
    "two columns of kaggle's": (
        ("convention: tidemark", "convention: kaggle"),
        "tasks[0].program.columns: 2 is out of range; it must be one column",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, name: str) -> None:
    change, message = MISTAKES[name]
    found = problems(tmp_path, changed(program_yaml(), *change))
    assert any(problem.startswith(message) for problem in found), found


def test_a_program_that_no_metric_uses_and_a_metric_without_a_program_are_told(tmp_path: Path) -> None:
    text = program_yaml()
    unused = text.replace("metric: program", "metric: mae, params: {column: y}")
    assert any("no metric uses the program" in problem for problem in problems(tmp_path / "a", unused))
    start, end = text.index("    program:\n"), text.index("    sample_submission:")
    without = text[:start] + text[end:]
    assert any("this task has no 'program'" in problem for problem in problems(tmp_path / "b", without))


def test_the_convention_of_kaggle_is_not_for_rasters(tmp_path: Path) -> None:
    program = "    program: {file: metric.py, convention: kaggle, columns: [{key: iou, direction: higher}]}\n"
    text = with_raster_task(tmp_path).replace("leaderboards:\n", f"{program}leaderboards:\n")
    start = text.index("      - key: iou\n")
    text = text[:start] + "      - {key: iou, metric: program}\n" + text[text.index(program) :]
    assert any("tasks[1].program.convention: 'kaggle' is out of range" in one for one in problems(tmp_path, text))


@pytest.mark.parametrize("place", ["data/train.csv", "kit/train.py"])
def test_a_program_that_is_not_published_must_not_be_offered_for_download(tmp_path: Path, place: str) -> None:
    folder = write_program_contest(tmp_path, program_yaml(), WEIGHTED)
    (folder / place).unlink()
    (folder / place).hardlink_to(folder / "metric.py")
    told = [str(problem) for problem in read_bundle(folder).problems]
    assert any("would show the scoring program to everybody" in problem for problem in told)
    path = folder / "competition.yaml"
    path.write_text(program_yaml(rest="      published: true\n"))
    assert read_bundle(folder).problems == ()


# -- what is frozen ---------------------------------------------------------------------------------------------------


def test_program_and_how_it_is_called_are_frozen_in_the_scoring_version(importing: Importer, store: Store) -> None:
    importing(program_yaml(rest="      params: {power: 2}\n      interval: {groups: 4}\n"))
    version = ScoringVersion.objects.get()
    assert store.blob_path(version.program_file.sha256).read_text() == WEIGHTED
    assert version.program["params"] == {"power": 2}
    assert version.program["interval"] == {"groups": 4}
    assert "file" not in version.program
    wmae = {"key": "wmae", "metric": "program", "direction": "lower", "minimum": 0, "precision": 3}
    assert version.metrics[0] == wmae
    assert Board.objects.filter(metric="wmae", higher_is_better=False).count() == 2
    assert Task.objects.get().metrics[0]["title"] == {"en": "Weighted error", "ja": "加重誤差"}


def test_a_changed_program_or_parameter_is_a_new_scoring_version(importing: Importer) -> None:
    importing()
    importing()
    assert ScoringVersion.objects.count() == 1
    importing(source=WEIGHTED + "\n# better\n")
    assert ScoringVersion.objects.count() == 2
    importing(program_yaml(rest="      params: {power: 2}\n"), source=WEIGHTED + "\n# better\n")
    assert ScoringVersion.objects.count() == 3
    importing(program_yaml(rest="      params: {power: 2}\n      published: true\n"), source=WEIGHTED + "\n# better\n")
    assert ScoringVersion.objects.count() == 3


def kit_of(competition: Competition, store: Store, home: Path) -> Path:
    with zipfile.ZipFile(store.blob_path(competition.tasks.get().starting_kit.sha256)) as kit:
        kit.extractall(home)
    return home


def test_the_starting_kit_holds_the_program_only_where_it_is_published(
    importing: Importer, store: Store, tmp_path: Path
) -> None:
    made = "      - {key: both, metric: weighted_error, params: {of: {wmae: 1, mae: 1}}}\n"
    made += "      - {key: rest, metric: weighted_error, params: {of: {mae: 1}}}\n"
    home = kit_of(importing(changed(program_yaml(), MAE, f"{MAE}{made}")), store, tmp_path / "hidden")
    names = {"SCORING.md", "contract.json", "job.json", "tidemark", "train.py"}
    assert {path.name for path in home.iterdir()} == names
    job = json.loads((home / "job.json").read_text())
    assert [one["key"] for one in job["metrics"]] == ["mae", "rest"]
    assert "program" not in job
    assert "wmae" not in (home / "job.json").read_text()


def test_a_published_program_scores_a_hold_out_at_home(
    importing: Importer, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = kit_of(importing(program_yaml(rest="      published: true\n")), store, tmp_path / "open")
    (home / "holdout.csv").write_text("id,y,weight\np,1,1\nq,2,3\n")
    (home / "prediction.csv").write_text("id,y\nq,4\np,1\n")
    assert main([str(home / "job.json")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wmae public=1.5 private=-",
        "worst public=2.0 private=-",
        "mae public=1.0 private=-",
    ]


# -- the trial before it is published ---------------------------------------------------------------------------------

RESULT = {"metrics": {"wmae": {"public": 1.0, "private": 2.0}}, "statistics": {}}


class Trial:
    """In place of the boxes: answers one after the other, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.jobs: list[ScoringJob] = []

    def __call__(self, job: ScoringJob) -> Verdict:
        self.jobs.append(job)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def refusals(importing: Importer, *answers: Any, text: str = "") -> list[tuple[Any, str]]:
    with pytest.raises(CannotImport) as caught:
        importing(text, try_sample=Trial(*answers))
    assert not ScoringVersion.objects.exists()
    assert not Blob.objects.exists()
    return [(refusal.where, refusal.message) for refusal in caught.value.refusals]


def test_it_is_tried_twice_on_the_sample_with_different_seeds(importing: Importer) -> None:
    trial = Trial(Verdict(RESULT), Verdict(RESULT))
    importing(try_sample=trial)
    programs = [job.program for job in trial.jobs]
    assert [one.hash_seed for one in programs if one] == [1, 2]
    assert all(one and one.is_proof for one in programs)
    assert {job.file_name for job in trial.jobs} == {"sample.csv"}


def test_without_a_sample_it_is_tried_on_the_truth_itself(importing: Importer) -> None:
    trial = Trial(Verdict(RESULT), Verdict(RESULT))
    importing(changed(program_yaml(), "    sample_submission: data/sample.csv\n", ""), try_sample=trial)
    assert [job.prediction for job in trial.jobs] == [None, None]


def test_two_different_scores_are_refused(importing: Importer) -> None:
    other = {**RESULT, "metrics": {"wmae": {"public": 1.0, "private": 2.0000000000000004}}}
    ((where, message),) = refusals(importing, Verdict(RESULT), Verdict(other))
    assert where == ("tasks", 0, "program")
    assert message.startswith(
        "the program is not deterministic: on one prediction it returned wmae 2.0 and then 2.0000000000000004"
    )


def test_two_different_intervals_are_refused(importing: Importer) -> None:
    other = {**RESULT, "statistics": {"measured": {"wmae": {"public": {"sums": [[1.0, 1.0]]}}}}}
    ((_, message),) = refusals(importing, Verdict(RESULT), Verdict(other))
    assert "without a group of rows or scenes" in message


def test_a_program_that_fails_is_told_with_the_end_of_its_log(importing: Importer) -> None:
    ((where, message),) = refusals(importing, ProgramFailed("the program failed: KeyError: 'z'", "Traceback ..."))
    assert where == ("tasks", 0, "program")
    assert message == "the program failed: KeyError: 'z'; the end of its log:\nTraceback ..."


def test_a_program_that_refuses_the_sample_is_told_at_the_sample(importing: Importer) -> None:
    refused = Verdict(None, [{"code": "program_refused", "where": "", "message": "It says: 'no'."}], 1)
    assert refusals(importing, refused, refused) == [(("tasks", 0, "sample_submission"), "It says: 'no'.")]
    text = changed(program_yaml(), "    sample_submission: data/sample.csv\n", "")
    assert refusals(importing, refused, refused, text=text) == [(("tasks", 0, "program"), "It says: 'no'.")]


# -- a worker's turn --------------------------------------------------------------------------------------------------


@pytest.fixture
def contest(importing: Importer, monkeypatch: pytest.MonkeyPatch) -> Competition:
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)
    return publish_untried(importing(program_yaml("kaggle"), source=KAGGLE))


@pytest.fixture
def contest_team(contest: Competition) -> Team:
    return makers.make_team(contest, "contestant")


def turn(monkeypatch: pytest.MonkeyPatch, outcome: Any, now: datetime) -> ScoringJob:
    jobs: list[ScoringJob] = []

    def score_prediction(job: ScoringJob, **_: Any) -> Verdict:
        jobs.append(job)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(boxes, "score_prediction", score_prediction)
    claim = evaluations.claim_next(worker="one", now=now)
    assert claim is not None
    scoring_runs.work(claim, runner=FakeRunner(), store=Store(settings.FILES_DIR))
    return jobs[0]


def test_the_worker_gives_the_frozen_program_to_the_box_and_keeps_its_log(
    contest_team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = makers.make_submission(contest_team)
    result = {"metrics": {"wmae": {"public": 0.5, "private": 1.5}}, "scenes": []}
    job = turn(monkeypatch, Verdict(result, log="rows 2\n"), now)
    version = ScoringVersion.objects.get()
    assert job.program is not None
    assert job.program.file == Store(settings.FILES_DIR).blob_path(version.program_file.sha256)
    assert job.program.spec == version.program
    assert not job.program.is_proof
    evaluation = submission.evaluations.get()
    assert (evaluation.status, evaluation.program_log) == (EvaluationStatus.SCORED, "rows 2\n")


def test_a_failing_program_tells_the_contestant_nothing(
    contest_team: Team,
    contest: Competition,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    client: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    submission = makers.make_submission(contest_team)
    for _ in range(evaluations.PROGRAM_ATTEMPTS):
        turn(monkeypatch, ProgramFailed("the program failed: the answer is 1.5", "Traceback: secret"), now)
    evaluation = Evaluation.objects.get(submission=submission)
    assert (evaluation.status, evaluation.failure_kind) == (EvaluationStatus.FAILED, FailureKind.METRIC)
    assert evaluation.problems == []
    assert evaluation.program_log == "Traceback: secret\nthe program failed: the answer is 1.5\n"
    assert "1.5" not in caplog.text
    assert "secret" not in caplog.text
    assert "its log says why" in evaluation.events.last().detail
    client.force_login(contest_team.members.get().user)
    page = client.get(f"/competitions/{contest.slug}/submissions/{submission.pk}/")
    assert page.status_code == 200
    for word in (b"secret", b"the answer is", b"Traceback"):
        assert word not in page.content


def test_nobody_but_organisers_reads_the_log(
    contest_team: Team, contest: Competition, now: datetime, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    submission = makers.make_submission(contest_team)
    result = {"metrics": {"wmae": {"public": 0.5, "private": 1.5}}, "scenes": []}
    turn(monkeypatch, Verdict(result, log="<b>rows</b> 2\n"), now)
    address = f"/competitions/{contest.slug}/organiser/logs/{submission.pk}/"
    organiser = makers.make_member(contest, "organiser", Role.ORGANISER)
    client.force_login(organiser)
    answer = client.get(address)
    assert (answer.status_code, answer.content) == (200, b"<b>rows</b> 2\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert address in client.get(f"/competitions/{contest.slug}/organiser/").content.decode()
    client.force_login(contest_team.members.get().user)
    assert client.get(address).status_code == 404


def test_the_program_is_nowhere_to_be_downloaded(contest_team: Team, contest: Competition, client: Any) -> None:
    digest = ScoringVersion.objects.get().program_file.sha256
    client.force_login(contest_team.members.get().user)
    base = f"/competitions/{contest.slug}/"
    for place in ("", "data/", "leaderboard/", "submit/", "submissions/"):
        assert digest not in client.get(f"{base}{place}").content.decode()
    for place in ("", "data/", "tasks/"):
        assert digest not in client.get(f"/api/v1/competitions/{contest.slug}/{place}").content.decode()


def test_the_page_that_explains_the_scores_says_who_computes_them(
    contest_team: Team, contest: Competition, client: Any
) -> None:
    client.force_login(contest_team.members.get().user)
    page = client.get(f"/competitions/{contest.slug}/submit/").content.decode()
    assert "Weighted error" in page
    assert "computed by the organiser&#x27;s own program" in page
