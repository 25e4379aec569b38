"""The platform's own parts: messages, caches, queues, boxes that cannot be made, logs, downloads."""

import errno
import inspect
import pickle
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from kombu import Queue
from kombu.exceptions import ContentDisallowed

from competitions.bundles.loading import read_bundle
from competitions.cache import ForgivingRedisCache, PlainJson
from competitions.celery import app
from competitions.models import Evaluation, EvaluationEvent, Score, Team
from competitions.queries.submissions import allowance_for
from competitions.services import boxes, evaluations, scoring_runs
from competitions.status import EvaluationStatus
from competitions.store import Store
from competitions.tasks import apply_revisions, dry_run, evaluate, execute, send_outbox, sweep
from sandbox import Finding, Run, RunRequest, SandboxError
from sandbox.fake import FakeRunner, make_run
from scoring.program_log import LOG_BYTES, CappedLog
from tests import makers
from tests.competitions.bundles.contests import write_contest
from tests.scoring.hostile.arrays import Loaded, has_run

pytestmark = pytest.mark.django_db


# -- messages and caches ----------------------------------------------------------------------------------------------


def test_a_poisoned_message_is_never_unpickled() -> None:
    """W1: only JSON is accepted, by the very settings and consumer of our workers."""
    with app.connection_for_write() as connection:
        queue = Queue("poisoned", routing_key="poisoned")
        consumer = app.amqp.TaskConsumer(connection.default_channel, queues=[queue])
        consumer.register_callback(lambda body, message: pytest.fail("it was read"))
        producer = connection.Producer()
        producer.publish(Loaded(), serializer="pickle", routing_key="poisoned", declare=[queue])
        with consumer, pytest.raises(ContentDisallowed):
            connection.drain_events(timeout=5)
    assert not has_run()
    assert app.conf.accept_content == ["json"]


def test_a_message_says_nothing_that_is_believed() -> None:
    """W1: whoever can write to the broker can wake a worker, and no more: no task takes an argument."""
    tasks = (apply_revisions, dry_run, evaluate, execute, send_outbox, sweep)
    for task in tasks:
        assert list(inspect.signature(task.run).parameters) == []
    assert {name for name in app.tasks if not name.startswith("celery.")} == {task.name for task in tasks}


def test_a_poisoned_value_in_the_cache_is_never_unpickled() -> None:
    """W1: the cache lives in the same Redis as the messages, and is JSON as they are."""
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
    plain = cache._cache._serializer
    assert isinstance(plain, PlainJson)
    with pytest.raises(ValueError):
        plain.loads(pickle.dumps(Loaded()))
    assert not has_run()
    for value in (7, -1, True, None, "x", 1.5, [1.5, 2.5], {"count": 1}):
        stored = plain.dumps(value)
        assert plain.loads(str(stored).encode() if isinstance(stored, int) else stored) == value


# -- boxes that break -------------------------------------------------------------------------------------------------

BROKEN = {
    "bubblewrap is missing": FileNotFoundError(errno.ENOENT, "No such file", "bwrap"),
    "user namespaces are off": SandboxError("bubblewrap: Creating new namespace failed: Operation not permitted"),
    "the disk is full": OSError(errno.ENOSPC, "No space left on device"),
}


class Broken(FakeRunner):
    """A runner whose self-test breaks."""

    fault: Exception = SandboxError("")

    def self_test(self) -> list[Finding]:
        raise self.fault


@pytest.mark.parametrize("name", BROKEN)
def test_a_storm_of_broken_boxes_burns_nobodys_submission(
    name: str, team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """W4: the worker refuses work and says so to operators; what waits goes on waiting and has had no attempt."""
    submissions = [makers.make_submission(team, content=b"%d" % number) for number in range(5)]
    monkeypatch.setattr(Broken, "fault", BROKEN[name])
    monkeypatch.setattr(boxes, "make_runner", Broken)
    monkeypatch.setattr(scoring_runs, "_fitness", None)
    state = scoring_runs.fitness(worker="one", now=now, make_runner=Broken)
    assert not state.is_fit
    assert scoring_runs.work_off_the_queue(worker="one") == 0
    found = Evaluation.objects.filter(submission__in=submissions)
    assert set(found.values_list("status", "attempt")) == {("queued", 0)}
    assert "this worker refuses work" in caplog.text


def test_a_disk_that_fills_up_between_two_uploads_is_no_contestants_fault(
    team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """W4: a fault after a good self-test: tried again, told as ours in the end, and free."""
    settings.MAX_ATTEMPTS = 2
    monkeypatch.setattr(scoring_runs, "PAUSE_AFTER_FAULT_SECONDS", 0)

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(boxes, "write_spec", full)
    submission = makers.make_submission(team)
    for _ in range(2):
        claim = evaluations.claim_next(worker="one", now=now)
        assert claim is not None
        scoring_runs.work(claim, runner=FakeRunner(), store=Store(settings.FILES_DIR))
    evaluation = submission.evaluations.get()
    assert (evaluation.status, evaluation.failure_kind) == ("failed", "platform")
    assert allowance_for(team, submission.phase, now=now).used.today == 0


# -- twice and never --------------------------------------------------------------------------------------------------


def good(request: RunRequest, collect_to: Path | None) -> Run:
    assert collect_to is not None
    collect_to.mkdir(exist_ok=True)
    (collect_to / "report.json").write_text('{"status": "ok"}')
    (collect_to / "result.json").write_text('{"status": "ok", "metrics": {"rmse": {"public": 1, "private": 2}}}')
    return make_run()


def test_a_worker_that_died_has_its_work_done_once_by_another(team: Team, now: datetime, store: Store) -> None:
    """W3: the lease runs out, the sweeper gives it back once, another worker scores it; the dead one's word is void."""
    submission = makers.make_submission(team)
    dead = evaluations.claim_next(worker="dead", now=now)
    assert dead is not None
    later = now + timedelta(seconds=settings.LEASE_SECONDS + 1)
    assert [evaluations.requeue_stuck(now=later) for _ in range(3)] == [1, 0, 0]
    alive = evaluations.claim_next(worker="alive", now=later)
    assert alive is not None
    for claim in (alive, dead):  # the dead one wakes up and goes on
        scoring_runs.work(claim, runner=FakeRunner([good, good]), store=store)
    assert submission.evaluations.get().status == EvaluationStatus.SCORED
    assert EvaluationEvent.objects.filter(new="scored").values_list("worker", flat=True).get() == "alive"


def test_a_message_that_comes_twice_scores_once_and_costs_once(
    team: Team, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W8: the queue delivers at least once; the claim is the fence."""
    submission = makers.make_submission(team)
    runner = FakeRunner([good, good])
    monkeypatch.setattr(scoring_runs, "_fitness", scoring_runs.Fitness(runner, (), float("inf")))
    assert [evaluate.apply().get() for _ in range(3)] == [1, 0, 0]
    assert len(runner.requests) == 2
    assert Score.objects.filter(evaluation__submission=submission).count() == 2
    assert EvaluationEvent.objects.filter(new="scored").count() == 1
    assert allowance_for(team, submission.phase, now=now).used.today == 1


# -- what is shown and handed out -------------------------------------------------------------------------------------


def test_a_log_that_is_shown_is_plain_text_without_terminal_commands_and_has_an_end(
    team: Team, organiser: Any, client: Any, now: datetime
) -> None:
    """W6: raw bytes, escapes, markup and megabytes of an organiser's metric, as its log is kept and served."""
    log = CappedLog()
    for data in (b"\x1b[2J\x1b]0;owned\x07", b"<script>alert(1)</script>\n", b"\xff\xfe\x00\r", b"x" * 10**7):
        log.add(data)
    submission = makers.make_submission(team)
    evaluations.record(makers.claim_of(submission), makers.make_result(), now=now, program_log=log.text)
    client.force_login(organiser)
    answer = client.get(f"/competitions/{team.competition.slug}/organiser/logs/{submission.pk}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer["X-Content-Type-Options"] == "nosniff"
    text = answer.content.decode()
    assert all(letter.isprintable() or letter in "\n\t" for letter in text)
    assert len(text) < 4 * LOG_BYTES


PLANTED: dict[str, Callable[[Path], None]] = {
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "a link to a folder": lambda path: path.symlink_to("/etc"),
}


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("place", ["kit", "data"])
def test_an_archive_for_contestants_holds_plain_files_of_the_contest_alone(
    tmp_path: Path, what: str, place: str
) -> None:
    """W7: a link among the offered files is refused when the contest is read, before anything is packed."""
    folder = write_contest(tmp_path / "contest")
    planted = folder / ("kit/notes.txt" if place == "kit" else "data/train.csv")
    planted.unlink(missing_ok=True)
    PLANTED[what](planted)
    assert read_bundle(folder).problems


def test_a_data_set_is_packed_from_stored_files_and_not_from_folders(team: Team, client: Any, tmp_path: Path) -> None:
    """W7: the ZIP holds what was stored under its digest, and every entry is a plain file."""
    makers.make_data_release(team.competition)
    client.force_login(team.members.get().user)
    answer = client.get(reverse("pages:data_zip", args=[team.competition.slug, "1"]))
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(answer.streaming_content))
    with zipfile.ZipFile(path) as archive:
        kinds = {info.external_attr >> 28 for info in archive.infolist()}
        names = {name: archive.read(name) for name in archive.namelist()}
    assert kinds <= {0, 8}  # no mode, or that of a plain file
    assert b"train" in names.values()
