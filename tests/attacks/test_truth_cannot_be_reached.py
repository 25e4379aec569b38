"""Truth cannot be reached: honest attempts from every side, and then everything that anybody may read is searched.

A canary stands in the truth, in the site's secret, in the environment of its processes and in its database. A
contestant sends files that point at the truth, the organiser's own metric tells it in every way that it has, pages
fail, files are checked. Whoever is no organiser then asks every address in every way.
"""

import json
import logging
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from competitions.models import Evaluation, EvaluationEvent, Submission, Task, WorkerReport
from competitions.services import audit, boxes, evaluations, file_checks, scoring_runs
from competitions.store import Store
from tests import makers
from tests.attacks.canaries import (
    DATABASE,
    DIGITS,
    ENVIRONMENT,
    HIDDEN_NUMBERS,
    SETTING,
    TRUTH,
    WORDS,
    canaries_in,
    forms,
    unpacked,
)
from tests.attacks.fortress import Fortress
from tests.competitions.own_metric_contest import program_yaml
from tests.competitions.own_metric_site import imported, trusted_boxes
from tests.competitions.questions import PATTERNS, questions
from tests.competitions.routes import all_routes
from tests.competitions.secret_contest import others
from tests.competitions.stage import PARAMETER, WITHOUT_PRIVILEGE, Stage, ask, set_up
from tests.hostile_files import MASK, PAIR, raw_link, raw_truth
from tests.scoring.hostile import archives, rasters
from tests.scoring.makers import zipped

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db, pytest.mark.timeout(600)]
VARIABLE = "TIDEMARK_CANARY"
SITE = str(settings.FILES_DIR)

# -- an organiser's metric that tells the truth -----------------------------------------------------------------------

FAILING = ("raise", "exit", "interrupt", "class", "broken text", "name", "names", "link")
WAYS = (*FAILING, "print", "value", "warning", "file")
METRIC = """
    import base64, os, sys, warnings
    WAYS = {ways!r}
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError("{truth}")
    def score(truth, prediction, params):
        told = truth.to_csv() + " " + base64.b64encode(truth.to_csv().encode()).decode()
        note, number = str(truth["note"].iloc[0]), float(truth["y"].iloc[0])
        asked = int(prediction["y"].max()) - 100
        way = WAYS[asked] if 0 <= asked < len(WAYS) else ""
        print(way, told, sorted(os.environ.items()))
        if way == "raise":
            raise ValueError(told)
        if way == "exit":
            sys.exit(told)
        if way == "interrupt":
            raise KeyboardInterrupt(told)
        if way == "class":
            raise type(note.replace("-", "_"), (Exception,), {{}})(told)
        if way == "broken text":
            raise Odd
        if way == "warning":
            warnings.warn(told)
        if way == "file":
            open("/output/" + note, "w").write(told)
        if way == "link":
            os.symlink("/truth", "/output/" + note)
        if way == "name":
            return {{note: 1}}
        if way == "names":
            return {{"rmse": number, **{{f"{{note}}{{n}}": number for n in range(1000)}}}}
        return {{"rmse": number if way == "value" else 1.0}}
    """


def program_spec() -> dict[str, Any]:
    return {"convention": "tidemark", "columns": [{"key": "rmse", "direction": "lower", "minimum": 0}]}


def with_a_hidden_truth(stage: Stage, folder: Path) -> None:
    """The contest's task gets a truth that was normalised in a box, and the metric above."""
    folder.mkdir()
    raw = folder / "solution.csv"
    splits = zip("abcd", ("Public", "Private") * 2, strict=True)
    rows = [f"{key},{HIDDEN_NUMBERS[key]},{TRUTH}-{key},{side}\n" for key, side in splits]
    raw.write_text("id,y,note,Usage\n" + "".join(rows))
    metrics = [{"key": "rmse", "metric": "program", "direction": "lower", "minimum": 0, "precision": 3}]
    contract = {key: value for key, value in makers.TABLE_CONTRACT.items() if key != "rows"}
    spec = {"contract": contract, "truth": {"split": {"by": "column", "column": "Usage"}}, "metrics": metrics}
    boxes.normalise_truth({**spec, "program": program_spec()}, raw, folder / "truth")
    complete = json.loads((folder / "truth" / "contract.json").read_text())
    digest = Store(settings.FILES_DIR).put_truth(folder / "truth")
    program = textwrap.dedent(METRIC.format(ways=WAYS, truth=TRUTH)).encode()
    version = stage.task.current_version
    fields = {"contract": complete, "metrics": metrics, "truth_digest": digest, "program": program_spec()}
    type(version).objects.filter(pk=version.pk).update(**fields, program_file=makers.make_blob(program))
    Task.objects.filter(pk=stage.task.pk).update(metrics=metrics)


def with_canaries_in_the_database(stage: Stage) -> None:
    """Wherever a record has room for something that is for operators or organisers."""
    now = timezone.now()
    Task.objects.filter(pk=stage.task.pk).update(truth={"path": f"{DATABASE}/x.csv", "split": {"by": "none"}})
    audit.note(DATABASE, now=now, actor=stage.users["organiser"], competition=stage.competition, detail={"x": DATABASE})
    for evaluation in Evaluation.objects.all():
        EvaluationEvent.objects.create(
            evaluation=evaluation, at=now, old="running", new="queued", attempt=1, worker=DATABASE, detail=DATABASE
        )
    scored = Evaluation.objects.filter(status="scored")
    hidden = [{"name": DATABASE, "split": "private", "metrics": {"rmse": HIDDEN_NUMBERS["b"]}}]
    private = {"metrics": {"rmse": HIDDEN_NUMBERS["b"]}, "scenes": hidden, "intervals": {}}
    scored.update(private_detail=private, statistics={DATABASE: 1}, worker=DATABASE)
    WorkerReport.objects.create(worker=DATABASE, seen_at=now, backend="x", is_fit=False, findings=[DATABASE])


# -- what was tried ---------------------------------------------------------------------------------------------------


class Kept(logging.Handler):
    """Every line that the site logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.__dict__}")


@dataclass
class Attempts:
    """The contest, and the contestant's submissions by what was tried with them."""

    stage: Stage
    log: Kept
    sent: dict[str, Submission] = field(default_factory=dict)

    def send(self, what: str, file_name: str, content: bytes) -> None:
        cache.clear()
        address = reverse("api:submissions", args=[self.stage.competition.slug])
        answer = self.stage.apis["contestant"].post(address, {"file": SimpleUploadedFile(file_name, content)})
        assert answer.status_code == 201, answer.content
        self.sent[what] = Submission.objects.get(pk=answer.json()["number"])


def prediction(value: float) -> bytes:
    return f"id,y\na,{value}\nb,0\nc,0\nd,0\n".encode()


def try_everything(attempts: Attempts, truth: Path) -> None:
    for number, way in enumerate(WAYS):
        attempts.send(way, "p.csv", prediction(100 + number))
    link = next(path for path in truth.rglob("*") if path.is_file())
    names = (
        f"GTIFF_DIR:1:{link}",
        f"vrt://{link}",
        f"DERIVED_SUBDATASET:LOGAMPLITUDE:{link}",
        f"/vsizip/{link}",
        f"../../../../truth/{truth.name}/{link.name}",
        "/proc/self/environ",
        "/proc/1/environ",
        "@" + str(link),
    )
    for name in names:
        attempts.send(f"name {name}", name, b"?")
        attempts.send(f"content {name}", "p.csv", name.encode())
    attempts.send("VRT", "p.csv", raw_link(truth))
    attempts.send("include", "p.csv", f'id,y\na,"=IMPORTDATA({link})"\n'.encode())
    scoring_runs.work_off_the_queue(worker="test")


@contextmanager
def a_canary_in_the_environment() -> Iterator[None]:
    os.environ[VARIABLE] = ENVIRONMENT
    try:
        yield
    finally:
        del os.environ[VARIABLE]


@contextmanager
def everything_logged() -> Iterator[Kept]:
    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.setLevel(level)
        root.removeHandler(kept)


@pytest.fixture(scope="module")
def attempts(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Attempts]:
    surroundings = (override_settings(SECRET_KEY=SETTING), a_canary_in_the_environment(), trusted_boxes())
    with django_db_blocker.unblock(), surroundings[0], surroundings[1], surroundings[2], transaction.atomic():
        stage = set_up()
        stage.competition.phases.update(max_submissions_per_day=0, max_rejected_per_day=0)
        with_a_hidden_truth(stage, tmp_path_factory.mktemp("truth") / "made")
        stage.task.refresh_from_db()
        evaluations.cancel(stage.waiting.evaluations.get(), now=timezone.now())
        with everything_logged() as log:
            found = Attempts(stage, log)
            try_everything(found, Store(settings.FILES_DIR).truth_path(stage.task.current_version.truth_digest))
        with_canaries_in_the_database(stage)
        stage.waiting = makers.make_submission(stage.team, content=b"id,y\na,3\n")
        yield found
        transaction.set_rollback(True)


def everything_of(answer: HttpResponse) -> str:
    """Status line, headers, cookies and body; of an archive, what is packed in it."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    head = f"{answer.status_code} {answer.reason_phrase}\n{answer.headers}\n{answer.cookies.output()}\n"
    return head + unpacked(content)


# -- what was found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", WITHOUT_PRIVILEGE)
def test_no_address_tells_anybody_of_truth_secret_environment_or_records(attempts: Attempts, role: str) -> None:
    """S1, I1: every route, every way to ask, headers and bodies, before the release."""
    asked, leaks = 0, {}
    for route, method, address, content in questions(attempts.stage):
        answer = ask(attempts.stage.client(role, route), method, address, **content)
        assert answer.status_code not in {429, 500}, address
        if found := canaries_in(everything_of(answer)):
            leaks[f"{method} {address}"] = found
        asked += 1
    assert leaks == {}
    assert asked > 500


@pytest.mark.parametrize("role", ["contestant", "rival"])
def test_nothing_that_became_of_an_attempt_tells_of_it(attempts: Attempts, role: str) -> None:
    """S1, S9, P5: the answers to each attempt: page, state, row, problems, receipt, API; its own file is left out."""
    leaks = {}
    for what, submission in attempts.sent.items():
        for route, address in others(attempts.stage, submission):
            answer = ask(attempts.stage.client(role, route), "GET", address)
            assert answer.status_code == (200 if role == "contestant" else 404), (what, route)
            if found := canaries_in(everything_of(answer)):
                leaks[f"{what} {route}"] = found
    assert leaks == {}


def test_the_attempts_were_made_and_organisers_read_what_the_metric_told(attempts: Attempts) -> None:
    ends = {what: submission.evaluations.get() for what, submission in attempts.sent.items()}
    kinds = {what: end.failure_kind for what, end in ends.items() if what in WAYS}
    assert kinds == {way: ("metric" if way in FAILING else "") for way in WAYS}
    assert {end.failure_kind for what, end in ends.items() if what not in WAYS} == {"invalid"}
    for way in WAYS:
        told = {TRUTH} if way == "link" else {TRUTH, "a hidden number"}  # a box that is ended says its reason alone
        assert canaries_in(ends[way].program_log) >= told, way
        assert not canaries_in(ends[way].program_log) & {SETTING, ENVIRONMENT, DATABASE}, way


def test_a_metric_that_returns_the_truth_tells_no_more_digits_than_the_contest_shows(attempts: Attempts) -> None:
    """S1, S8: what is public of a score is rounded, wherever it is read; what is private is not there."""
    submission = attempts.sent["value"]
    answer = ask(attempts.stage.apis["contestant"], "GET", reverse("api:submission", args=[submission.pk])).json()
    assert answer["scores"] == {"rmse": round(HIDDEN_NUMBERS["a"], 3)}
    evaluation = submission.evaluations.get()
    assert evaluation.public_detail["metrics"] == {"rmse": HIDDEN_NUMBERS["a"]}
    assert DIGITS not in json.dumps(answer)


def test_no_log_no_mail_and_no_cache_holds_a_canary(attempts: Attempts) -> None:
    assert any("scoring program failed" in line for line in attempts.log.lines)
    assert {line[:200] for line in attempts.log.lines if canaries_in(line)} == set()
    assert [str(message.message()) for message in mail.outbox if canaries_in(str(message.message()))] == []
    assert canaries_in(str(getattr(cache, "_cache", {}))) == set()


def test_a_page_that_fails_says_nothing_of_why(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1: an error with every canary in its text, its cause and its variables is a page with a number to quote."""

    def fails(*args: Any, **kwargs: Any) -> None:
        words = [*WORDS, str(HIDDEN_NUMBERS)]
        try:
            raise ValueError(words)
        except ValueError as error:
            raise RuntimeError(" ".join(words)) from error

    stage = attempts.stage
    for place in ("competitions.pages.leaderboards.board_page", "competitions.api.leaderboards.board_page"):
        monkeypatch.setattr(place, fails)
    for route in ("pages:leaderboard", "api:leaderboard"):
        for role in WITHOUT_PRIVILEGE:
            client = stage.client(role, route)
            monkeypatch.setattr(client, "raise_request_exception", False)
            answer = ask(client, "GET", reverse(route, args=[stage.competition.slug]))
            assert (answer.status_code, canaries_in(everything_of(answer))) == (500, set()), (route, role)


@pytest.fixture
def checking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker takes a check as soon as somebody waits for it."""
    runner, store = boxes.make_runner(), Store(settings.FILES_DIR)
    monkeypatch.setattr(file_checks, "look", lambda: file_checks.work_off(runner=runner, store=store))


CHECKED = {
    "good": prediction(101),
    "no number": b"id,y\na,?\n",
    "VRT": raw_link(Path("/truth")),
    "array": b"\x93NUMPY",
    "nothing": b"",
}


@pytest.mark.parametrize("what", CHECKED)
def test_a_check_before_submitting_tells_nothing(attempts: Attempts, checking: None, what: str) -> None:
    """S9: a file is checked in a box that has no truth: the answer is about the file alone."""
    stage = attempts.stage
    for route in ("api:check", "pages:check"):
        address = stage.address(route, PATTERNS[route])
        answer = ask(
            stage.client("contestant", route),
            "POST",
            address,
            data={"file": SimpleUploadedFile("p.csv", CHECKED[what])},
        )
        assert answer.status_code == 200, answer.content
        assert canaries_in(everything_of(answer)) == set()


def test_what_is_private_changes_no_tag_of_what_is_public(attempts: Attempts) -> None:
    """S10: a private score that changes leaves the public board's ETag and length as they were."""
    stage = attempts.stage
    address = reverse("api:leaderboard", args=[stage.competition.slug])

    def tag() -> tuple[str, str, int]:
        answer = ask(Client(), "GET", address)
        return answer["ETag"], answer["Cache-Control"], len(answer.content)

    before = tag()
    Evaluation.objects.filter(status="scored").update(private_detail={"metrics": {"rmse": 9.0}}, statistics={"x": [9]})
    assert tag() == before


# -- what is handed out -----------------------------------------------------------------------------------------------

PROGRAM = f"""
    # {TRUTH}: what the metric knows of the truth
    def score(truth, prediction, params):
        return {{"wmae": 1, "worst": 1}}
    """
DOWNLOADS = ("data_zip", "data_file", "sample_submission", "starting_kit")
SOLUTION = "id,y,note,Usage\n" + "".join(
    f"{key},{value},{TRUTH},{side}\n"
    for (key, value), side in zip(HIDDEN_NUMBERS.items(), ("Public", "Private") * 2, strict=True)
)


def test_no_download_of_a_contest_holds_its_truth_or_its_metric(tmp_path: Path, client: Client, db: None) -> None:
    """S1: data, sample, starting kit and contract of an imported contest, unpacked to the last member."""
    with trusted_boxes():
        contest = imported(tmp_path / "contest", program_yaml(), PROGRAM, **{"truth/solution.csv": SOLUTION})
    client.force_login(makers.make_team(contest, "collector").members.get().user)
    values = {"slug": contest.slug, "version": "1", "name": "train.csv", "task": "levels", "key": "levels"}
    looked = {}
    for route in all_routes():
        if route.name.rpartition(":")[2] in (*DOWNLOADS, "contract", "data_checksums", "checksums"):
            names = PARAMETER.findall(route.pattern)
            answer = client.get(reverse(route.name, kwargs={name: values[name] for name in names}))
            assert answer.status_code == 200, route.name
            looked[route.name] = everything_of(answer)
    assert {name: canaries_in(text) for name, text in looked.items() if canaries_in(text)} == {}
    assert {name.rpartition(":")[2] for name in looked} >= {*DOWNLOADS, "contract"}
    assert "def parse_contract" in looked["pages:starting_kit"]  # so its members were read


# -- rasters that point at the truth ----------------------------------------------------------------------------------

Linking = Callable[[Fortress], tuple[str, str, bytes]]
LINKS: dict[str, Linking] = {
    "VRT of the organiser's file": lambda f: (MASK, "p.tif", rasters.vrt(str(raw_truth(f.folder)))),
    "VRT of the site's truth": lambda f: (MASK, "p.tif", raw_link(f.truth(MASK))),
    "VRT of the box's truth": lambda f: (MASK, "p.tif", raw_link(Path("/truth"))),
    "VRT in a zip": lambda f: (PAIR, "p.zip", packed(f, {"one.tif": raw_link(f.truth(PAIR))})),
    "overview of an honest file": lambda f: (PAIR, "p.zip", packed(f, {"one.tif.ovr": raw_link(f.truth(PAIR))})),
    "mask of an honest file": lambda f: (PAIR, "p.zip", packed(f, {"one.tif.msk": raw_link(f.truth(PAIR))})),
    "name of a directory": lambda f: (MASK, f"GTIFF_DIR:1:{raw_truth(f.folder)}", b"II*\0"),
    "name of a VRT": lambda f: (MASK, f"vrt://{raw_truth(f.folder)}", b"?"),
    "name upwards": lambda f: (MASK, f"../../../..{raw_truth(f.folder)}", b"?"),
}


def packed(fortress: Fortress, members: dict[str, bytes]) -> bytes:
    good = archives.tif(fortress.scratch)
    return zipped(fortress.scratch / "p.zip", {"one.tif": good, "two.tif": good, **members}).read_bytes()


@pytest.mark.parametrize("link", LINKS)
def test_a_file_that_points_at_the_truth_scores_nothing_and_learns_nothing(fortress: Fortress, link: str) -> None:
    """P5, P7: opened where the truth is, each of them would be perfect."""
    answer = fortress.score(*LINKS[link](fortress))
    assert (answer["status"], answer["failure_kind"], answer["scores"]) == ("failed", "invalid", None)
    told = " ".join(problem["message"] for problem in answer["problems"])
    for word in (SITE, str(fortress.folder), "/truth", "scene_0000"):
        assert word not in told


# -- the search itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_the_search_knows_a_canary_in_every_form(word: str) -> None:
    for form in forms(word):
        assert canaries_in(f"<td>{form}</td>") == {word}


def test_the_search_knows_a_hidden_number_and_looks_into_archives(tmp_path: Path) -> None:
    for value in HIDDEN_NUMBERS.values():
        assert canaries_in(f"{value}") == canaries_in(f"{value:.9e}") == {"a hidden number"}
    inner = zipped(tmp_path / "inner.zip", {"x": TRUTH.encode()}).read_bytes()
    assert canaries_in(unpacked(zipped(tmp_path / "outer.zip", {"y.zip": inner}).read_bytes())) == {TRUTH}
    assert canaries_in(unpacked(b"plain")) == set()
