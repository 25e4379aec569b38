"""Checking a file before it is submitted: what a worker says of it, and what happens when none comes."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from competitions.models import Evaluation, FileCheck, Submission, Team, User
from competitions.services import file_checks, scoring_runs
from competitions.services.file_checks import CheckBusy, CheckedFile, TooManyChecks, check_file
from competitions.services.scoring_versions import Rules, publish
from competitions.services.submissions import NotTakingPart
from competitions.status import FileCheckStatus
from competitions.store import FileTooLarge
from sandbox import Outcome, RunRequest, SandboxError, Stage
from sandbox.fake import FakeRunner, make_run
from tests import makers
from tests.competitions.plain_runner import PlainRunner

pytestmark = pytest.mark.django_db
GOOD = b"id,y\na,1\nb,2\nc,3\nd,4\n"
PROBLEM = {"code": "empty_file", "where": "p.csv", "params": {}, "message": "The file is empty."}


def reporting(report: object):
    """A box whose program writes this report."""

    def answer(request: RunRequest, collect_to: Path | None):
        assert collect_to is not None
        collect_to.mkdir(parents=True, exist_ok=True)
        (collect_to / "report.json").write_text(json.dumps(report))
        return make_run(files=("report.json",))

    return answer


def ask(user: User, team: Team, store, runner: FakeRunner | None, *, chunks: Iterable[bytes] = (GOOD,), **fields):
    """One check; a worker with this runner comes while the person waits."""
    now = fields.pop("now", datetime.now().astimezone())

    def wait() -> None:
        if runner is not None:
            file_checks.work_off(runner=runner, store=store)

    return check_file(
        user=user,
        task=team.competition.tasks.get(),
        chunks=lambda _max: chunks,
        file_name="p.csv",
        now=now,
        wait=wait,
        **fields,
    )


def left_behind() -> list[Path]:
    folder = Path(settings.FILES_DIR) / "incoming"
    return [path for path in folder.iterdir() if path.name.startswith("held-")] if folder.exists() else []


@pytest.mark.parametrize(
    ("content", "codes"),
    [(GOOD, []), (b"id,y\na,1\nb,nan\nc,3\nd,4\n", ["csv_not_number"]), (b"", ["empty_file"])],
)
def test_the_very_program_that_reads_submissions_says_what_is_wrong(contestant, team, store, content, codes) -> None:
    checked = ask(contestant, team, store, PlainRunner(), chunks=[content])
    assert [problem["code"] for problem in checked.problems] == codes
    assert (checked.is_valid, checked.total) == (not codes, len(codes))


def test_a_check_costs_nothing_and_keeps_nothing(contestant, team, store) -> None:
    runner = FakeRunner([reporting({"status": "invalid", "problems": [PROBLEM], "total": 7})])
    assert ask(contestant, team, store, runner) == CheckedFile((PROBLEM,), 7)
    assert (FileCheck.objects.count(), Submission.objects.count(), Evaluation.objects.count()) == (0, 0, 0)
    assert left_behind() == []


def test_the_box_holds_the_file_and_the_contract_and_no_truth(contestant, team, store) -> None:
    runner = FakeRunner([reporting({"status": "ok", "problems": [], "total": 0})])
    ask(contestant, team, store, runner)
    (request,) = runner.requests
    assert request.stage == Stage.NORMALISE
    assert {mount.kind for mount in request.mounts} == {"library", "input", "prediction"}
    assert request.limits.wall_seconds == settings.CHECK_SECONDS


def test_where_no_worker_comes_the_person_is_told_and_nothing_waits(contestant, team, store) -> None:
    with pytest.raises(CheckBusy, match="All workers are busy"):
        ask(contestant, team, store, None)
    assert FileCheck.objects.count() == 0
    assert left_behind() == []


def test_a_worker_that_died_on_the_way_is_not_waited_for_for_ever(contestant, team, store, now) -> None:
    moments = iter([now, now, now + timedelta(hours=1)])

    def wait() -> None:
        FileCheck.objects.update(status=FileCheckStatus.RUNNING)

    with pytest.raises(CheckBusy):
        check_file(
            user=contestant,
            task=team.competition.tasks.get(),
            chunks=lambda _max: [GOOD],
            file_name="p.csv",
            now=now,
            wait=wait,
            clock=lambda: next(moments),
        )
    assert FileCheck.objects.count() == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [(make_run(Outcome.TIME), "longer than"), (SandboxError("no box"), "our fault")],
    ids=["slow", "broken"],
)
def test_what_could_not_be_checked_is_never_called_wrong(contestant, team, store, answer, words) -> None:
    with pytest.raises(CheckBusy, match=words):
        ask(contestant, team, store, FakeRunner([answer]))


def test_a_file_that_brings_its_reader_down_would_be_refused(contestant, team, store) -> None:
    checked = ask(contestant, team, store, FakeRunner([make_run(Outcome.MEMORY)]))
    assert [problem["code"] for problem in checked.problems] == ["file_too_hungry"]


def test_a_file_is_cut_off_where_a_submission_is(contestant, team, store) -> None:
    team.competition.phases.update(max_file_bytes=4)
    with pytest.raises(FileTooLarge):
        ask(contestant, team, store, None)
    assert left_behind() == []


def test_so_many_an_hour_and_then_again_in_the_next(contestant, team, store, now, settings) -> None:
    settings.CHECKS_PER_HOUR = 2
    ok = {"status": "ok", "problems": [], "total": 0}
    runner = FakeRunner([reporting(ok)] * 3)
    hour = now.replace(minute=0, second=0)
    for minute in (1, 2):
        ask(contestant, team, store, runner, now=hour + timedelta(minutes=minute))
    with pytest.raises(TooManyChecks) as refused:
        ask(contestant, team, store, runner, now=hour + timedelta(minutes=30))
    assert refused.value.wait_seconds == 1800
    assert ask(contestant, team, store, runner, now=hour + timedelta(minutes=61)).is_valid


def test_one_at_a_time_for_each_person(contestant, rival, team, store, now) -> None:
    fields = {"scoring_version": team.competition.tasks.get().current_version, "held_name": "held-a", "asked_at": now}
    FileCheck.objects.create(user=contestant, file_name="a", **fields)
    with pytest.raises(CheckBusy, match="Another file of yours"):
        ask(contestant, team, store, None)
    assert FileCheck.objects.count() == 1


def test_those_who_wait_already_are_not_joined_by_too_many(contestant, team, store, now, settings) -> None:
    settings.WORKER_SLOTS = 1
    version = team.competition.tasks.get().current_version
    for name in ("one", "two", "three", "four"):
        user = makers.make_user(name)
        FileCheck.objects.create(user=user, scoring_version=version, held_name="held-a", asked_at=now)
    with pytest.raises(CheckBusy, match="All workers are busy"):
        ask(contestant, team, store, None)


def test_only_who_may_see_the_data_may_ask(visitor, team, store) -> None:
    with pytest.raises(NotTakingPart):
        ask(visitor, team, store, None)


def test_the_contract_is_the_live_one(contestant, team, store, now) -> None:
    task = team.competition.tasks.get()
    makers.make_scored(team)  # holds a place, so that the next version waits
    publish(task, Rules({**task.submission, "rows": 5}, makers.METRICS, "1" * 64), now=now)
    assert ask(contestant, team, store, PlainRunner()).is_valid


def test_what_killed_web_processes_left_is_forgotten(contestant, team, now) -> None:
    version = team.competition.tasks.get().current_version
    old = now - timedelta(hours=1)
    FileCheck.objects.create(user=contestant, scoring_version=version, held_name="held-a", asked_at=old)
    assert file_checks.forget_left_overs(now=now) == 1


def test_a_worker_takes_checks_before_evaluations(contestant, team, store, now, monkeypatch) -> None:
    version = team.competition.tasks.get().current_version
    check = FileCheck.objects.create(user=contestant, scoring_version=version, held_name="held-a", asked_at=now)
    runner = FakeRunner([reporting({"status": "ok", "problems": [], "total": 0})])
    state = scoring_runs.Fitness(runner, [], 0.0)
    monkeypatch.setattr(scoring_runs, "fitness", lambda **_: state)
    assert scoring_runs.work_off_the_queue(worker="one") == 0
    check.refresh_from_db()
    assert check.status == FileCheckStatus.CHECKED


@pytest.mark.parametrize("name", ["../blobs/aa", "held-/../x", "abc", "held-a b"])
def test_a_held_file_is_never_looked_for_elsewhere(store, name) -> None:
    with pytest.raises(ValueError, match="not the name of a held file"):
        store.held_path(name)


def test_rows_of_killed_web_processes_take_nobodys_room(contestant, team, store, now) -> None:
    version = team.competition.tasks.get().current_version
    old = now - timedelta(minutes=5)
    for name in ("one", "two", "three", "four"):
        FileCheck.objects.create(user=makers.make_user(name), scoring_version=version, held_name="held-a", asked_at=old)
    runner = FakeRunner([reporting({"status": "ok", "problems": [], "total": 0})])
    assert ask(contestant, team, store, runner).is_valid
