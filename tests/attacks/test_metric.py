"""An organiser's own metric, and what contestants try on it: through real boxes, from upload to answer."""

import json
import re
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as site_settings
from django.urls import reverse

from competitions.models import Competition, Evaluation, Submission, Team, TeamMember
from competitions.queries.submissions import allowance_for
from competitions.services import evaluations, submissions, teams
from competitions.status import EvaluationStatus, FailureKind
from competitions.store import Store
from tests import makers
from tests.attacks.listening import listening
from tests.competitions.api.conftest import client_of
from tests.competitions.own_metric_contest import KAGGLE, program_yaml
from tests.competitions.own_metric_site import imported, refused, trusted_boxes, upload
from tests.competitions.stage import Stage, ask, set_up

pytestmark = [pytest.mark.sandbox, pytest.mark.django_db]
FLOOR = "      params: {floor: -10}\n"


@pytest.fixture(autouse=True)
def _fit_and_without_pauses() -> Iterator[None]:
    with trusted_boxes():
        yield


@pytest.fixture
def owner(db: None) -> Any:
    return makers.make_user("owner")


def level(value: float) -> bytes:
    """A prediction by which a hostile metric knows what to do; published with the sample, it is honest."""
    return f"id,y\na,{value}\nb,0\nc,0\nd,0\n".encode()


# -- what it says -----------------------------------------------------------------------------------------------------


def test_its_crash_is_something_that_only_organisers_read_about(tmp_path: Path, owner: Any, settings: Any) -> None:
    """S1: a metric that raises with the truth: traceback and message are for organisers."""
    settings.MAX_ATTEMPTS = 2
    competition = imported(tmp_path, program_yaml("kaggle", FLOOR), KAGGLE)
    answer = upload(competition, "high", b"id,y\na,100\nb,-2\nc,0.25\nd,4\n")
    assert (answer["status"], answer["failure_kind"]) == ("failed", "metric")
    shown = json.dumps({name: value for name, value in answer.items() if name != "submitted_at"})  # 01.5 seconds
    assert "RuntimeError" not in shown
    assert "1.5" not in shown
    evaluation = Evaluation.objects.get()
    assert evaluation.failure_kind == FailureKind.METRIC
    assert "RuntimeError: the answer to a is 1.5" in evaluation.program_log
    assert 'metric.py", line 14, in score' in evaluation.program_log


TELLS = """
    import os, sys, warnings
    def score(truth, prediction, params):
        if prediction["y"].max() > 50:
            told = "TRUTH " + truth.to_csv()
            print(told)
            print(told, file=sys.stderr)
            os.write(1, told.encode())
            warnings.warn(told)
        return {"wmae": 1, "worst": 1}
    """


def test_a_metric_that_prints_the_truth_tells_organisers_alone(tmp_path: Path, owner: Any) -> None:
    """S1: stdout, stderr, the raw descriptor and warnings end in the log that organisers read."""
    competition = imported(tmp_path, program_yaml(), TELLS)
    answer = upload(competition, "curious", level(60))
    assert answer["status"] == "scored"
    evaluation = Evaluation.objects.get()
    assert evaluation.program_log.count("TRUTH") >= 4
    user = competition.teams.get().members.get().user
    for route in ("api:submission", "pages:submission", "pages:submission_state", "pages:submission_problems"):
        arguments = [answer["number"]] if route.startswith("api:") else [competition.slug, answer["number"]]
        client = client_of(user)
        client.force_login(user)
        assert b"TRUTH" not in client.get(reverse(route, args=arguments)).content, route
    assert client.get(reverse("pages:program_log", args=[competition.slug, answer["number"]])).status_code == 404


ODD = """
    def score(truth, prediction, params):
        value = prediction["y"].max()
        odd = {
            60: {"wmae": float("nan"), "worst": 1},
            61: {"wmae": 1e999, "worst": 1},
            62: {str(number): number for number in range(10**6)},
            63: {"wmae": {"wmae": {"wmae": 1}}, "worst": [[1]]},
            64: {"wmae": "<script>alert(1)</script>", "worst": 1},
            65: {"<script>alert(1)</script>": 1, "worst": 1},
            66: "x" * 10**8,
        }
        return odd.get(value, {"wmae": 1, "worst": 1})
    """
REASONS = {
    60: "returned nan for column 'wmae'",
    61: "returned inf for column 'wmae'",
    62: "the columns are wmae, worst",
    63: "returned 'dict' for column 'wmae'",
    64: "returned 'str' for column 'wmae'",
    65: "the columns are wmae, worst",
    66: "returned 'str'; it must return a dict of numbers",
}


def test_a_metric_that_returns_no_score_fails_and_not_the_file(tmp_path: Path, owner: Any) -> None:
    """S2: NaN, infinity, a million keys, nested values, HTML: refused by their shape, and never called invalid."""
    competition = imported(tmp_path, program_yaml(), ODD)
    for value, reason in REASONS.items():
        answer = upload(competition, f"team{value}", level(value))
        assert (answer["status"], answer["failure_kind"], answer["problems"]) == ("failed", "metric", []), value
        assert reason in Evaluation.objects.get(submission_id=answer["number"]).program_log, value


# -- what it reaches --------------------------------------------------------------------------------------------------

WALKS = """
    import ctypes, os, socket
    MARK = "OWN-" + "MARK"  # OWN-MARK
    def score(truth, prediction, params):
        if prediction["y"].max() > 50:
            look()
        return {"wmae": 1, "worst": 1}
    def look():
        found, read, names = set(), 0, []
        for folder, folders, files in os.walk("/"):
            names += [os.path.join(folder, name) for name in folders + files]
            for name in files:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        data = file.read(2**20)
                except OSError:
                    continue
                read += 1
                found |= {word for word in ("CAN" + "ARY-TRUTH", "CAN" + "ARY-FILE", MARK) if word.encode() in data}
        print("READ", read, "FOUND", sorted(found))
        print("NAMES", sorted(name for name in names if not name.startswith(("/venv", "/usr", "/app"))))
        print("ENVIRONMENT", sorted(os.environ.items()))
        for family, address in ADDRESSES:
            try:
                with socket.socket(family) as connection:
                    connection.settimeout(2)
                    connection.connect(address)
                    connection.send(b"here I am")
                    print("REACHED", address)
            except OSError as error:
                print("BLOCKED", error.errno)
    """


def walking(*addresses: tuple[int, Any]) -> str:
    return f"ADDRESSES = {addresses!r}\n" + textwrap.dedent(WALKS)


def looked(log: str, word: str) -> list[str]:
    return re.findall(rf"^{word} (.*)$", log, re.MULTILINE)


def test_a_metric_finds_no_other_truth_no_other_file_and_no_name_of_ours(tmp_path: Path, owner: Any) -> None:
    """S3, W5: it walks its whole box: neither another contest's truth nor another team's file is there, and no path or
    name tells of contest, task or team."""
    store = Store(site_settings.FILES_DIR)
    other = tmp_path / "other"
    other.mkdir()
    (other / "truth.csv").write_text("CANARY-TRUTH")
    store.put_truth(other)
    store.put([b"CANARY-FILE"])
    competition = imported(tmp_path / "contest", program_yaml(), walking())
    upload(competition, "walker", level(60))
    log = Evaluation.objects.get().program_log
    read, found = looked(log, "READ")[0].split(" FOUND ")
    assert (int(read) > 500, found) == (True, "['OWN-MARK']")  # so it would have found the others
    for told in (*looked(log, "NAMES"), *looked(log, "ENVIRONMENT")):
        for word in (competition.slug, "walker", "levels", "tidemark", "TIDEMARK", "DJANGO", "SECRET", str(tmp_path)):
            assert word not in told.replace("/app/scoring", ""), word


def test_a_metric_reaches_no_network_and_no_server_of_this_machine(tmp_path: Path, owner: Any) -> None:
    """S3, W2: a port and a socket of this machine, as Redis and PostgreSQL have them, and the cloud's metadata."""
    with listening() as port, listening(tmp_path / "redis.socket") as socket:
        addresses = [(2, ("127.0.0.1", port.address)), (1, str(socket.address)), (2, ("169.254.169.254", 80))]
        competition = imported(tmp_path / "contest", program_yaml(), walking(*addresses, (10, ("::1", port.address))))
        upload(competition, "caller", level(60))
        log = Evaluation.objects.get().program_log
        assert len(looked(log, "BLOCKED")) == 4
        assert looked(log, "REACHED") == []
        assert port.visitors == socket.visitors == []


# -- what it takes ----------------------------------------------------------------------------------------------------

HANGS = """
    import time
    def score(truth, prediction, params):
        if prediction["y"].max() > 50:
            print("waiting", flush=True)
            time.sleep(600)
        if prediction["y"].max() > 40:
            import os
            os._exit(0)
        if prediction["y"].max() > 30:
            kept = [bytearray(2**28) for _ in range(100)]  # never written to, so asking for it takes no time
        return {"wmae": 1, "worst": 1}
    """


@pytest.mark.parametrize(
    ("value", "seconds", "reason"),
    [
        (60, 6, "waiting\n\nthe program took more than 6 seconds"),
        (45, 60, "the program ended the process (exit status 0) before it returned a score"),
        (35, 60, "the program failed: MemoryError"),
    ],
    ids=["time", "exit", "memory"],
)
def test_a_program_that_hangs_ends_or_eats_is_stopped(
    tmp_path: Path, owner: Any, value: int, seconds: int, reason: str, settings: Any
) -> None:
    """S4: ten minutes, 25 GiB or a sudden end are the metric's, and told to its organiser."""
    settings.MAX_ATTEMPTS = 1
    competition = imported(tmp_path, program_yaml(rest=f"      wall_seconds: {seconds}\n"), HANGS)
    answer = upload(competition, "odd", f"id,y\na,{value}\nb,0\nc,0\nd,0\n".encode())
    assert (answer["status"], answer["failure_kind"]) == ("failed", "metric")
    evaluation = Evaluation.objects.get()
    assert evaluation.status == EvaluationStatus.FAILED
    assert reason in evaluation.program_log


NOT_THE_SAME = {
    "random numbers": "__import__('random').random()",
    "the order of a set": "float(list({str(n) for n in range(1000)})[0])",
    "random numbers of numpy": "__import__('numpy').random.default_rng().random()",
}


@pytest.mark.parametrize("name", NOT_THE_SAME)
def test_a_program_that_is_not_deterministic_is_not_published(tmp_path: Path, owner: Any, name: str) -> None:
    """S5: a metric that is not deterministic is found before it is published."""
    source = f"def score(t, p, q):\n    return {{'wmae': 0, 'worst': {NOT_THE_SAME[name]}}}\n"
    told = refused(tmp_path, program_yaml(), source)
    assert "tasks[0].program: the program is not deterministic: on one prediction it returned worst" in told


LINKS = """
    import os
    def score(truth, prediction, params):
        if prediction["y"].max() > 50:
            os.symlink("/truth/contract.json", "/output/result.json")
        elif prediction["y"].max() > 40:
            os.symlink("/truth", "/output/more")
        elif prediction["y"].max() > 30:
            os.link("/output/log", "/output/hard") if os.path.exists("/output/log") else os.mkfifo("/output/pipe")
        return {"wmae": 1, "worst": 1}
    """


@pytest.mark.parametrize("value", [60, 45, 35])
def test_a_metric_cannot_leave_a_link_where_its_result_is_read(
    tmp_path: Path, owner: Any, value: int, settings: Any
) -> None:
    """S6: a symbolic link as result, a link or a pipe beside it: nothing of it is taken or followed."""
    settings.MAX_ATTEMPTS = 1
    competition = imported(tmp_path, program_yaml(), LINKS)
    answer = upload(competition, "linker", level(value))
    assert (answer["status"], answer["scores"]) == ("failed", None)
    assert answer["failure_kind"] in {"metric", "platform"}
    assert "/truth" not in json.dumps(answer)


# -- what contestants try on it ---------------------------------------------------------------------------------------


def used(competition: Competition, now: datetime) -> int:
    return allowance_for(competition.teams.get(), competition.phases.get(), now=now).used.today


def test_a_contestant_who_brings_the_metric_down_pays_for_it(tmp_path: Path, owner: Any, now: datetime) -> None:
    """S7: a crash hides no bad score and is no free question: it counts, and the metric's next version scores it."""
    competition = imported(tmp_path, program_yaml("kaggle", FLOOR), KAGGLE)
    answer = upload(competition, "sly", b"id,y\na,100\nb,-2\nc,0.25\nd,4\n")
    assert (answer["status"], answer["failure_kind"]) == ("failed", "metric")
    assert used(competition, now) == 1
    evaluation = Evaluation.objects.get()
    evaluations.retry(evaluation, now=now)
    assert used(competition, now) == 1
    assert evaluation.status == EvaluationStatus.QUEUED


def test_every_crash_of_a_metric_reads_the_same(tmp_path: Path, owner: Any) -> None:
    """S9: whatever the truth made the metric fail of, the answer differs in nothing but the file's own facts."""
    source = """
        def score(truth, prediction, params):
            value = prediction["y"].max()
            if value > 60:
                raise ValueError("larger than the truth by %s" % (value - truth["y"].max()))
            if value > 50:
                return {"wmae": -1, "worst": truth["y"].sum()}
            if value > 40:
                import os
                os.abort()
            return {"wmae": 1, "worst": 1}
        """
    competition = imported(tmp_path, program_yaml(), source)
    own = {"number", "submitted_at", "sha256", "size_bytes", "team", "user", "url", "file_url", "receipt_url"}
    told = [upload(competition, f"team{value}", level(value)) for value in (65, 55, 45)]
    answers = [{key: value for key, value in one.items() if key not in own} for one in told]
    assert answers[0]["failure_kind"] == FailureKind.METRIC
    assert answers[0] == answers[1] == answers[2]


# -- questions by the dozen -------------------------------------------------------------------------------------------


def test_a_team_of_many_asks_no_more_questions_than_a_team_of_one(competition: Competition, now: datetime) -> None:
    """S8, S11: label probing goes by the quota, and the quota is the team's, whoever of it uploads."""
    competition.phases.update(max_submissions_per_day=2)
    team = makers.make_team(competition, "probers")
    people = [team.members.get().user]
    for name in ("second", "third"):
        user = makers.make_user(name)
        TeamMember.objects.create(team=team, competition=competition, user=user, joined_at=now)
        teams.accept_terms(user=user, terms=competition.terms.last(), now=now)
        people.append(user)
    fields = {"phase": competition.phases.get(), "task": competition.tasks.get(), "file_name": "p.csv", "now": now}
    for person in people[:2]:
        submissions.submit(user=person, chunks=[b"id,y\na,1\n"], **fields)
    for person in people:
        with pytest.raises(submissions.QuotaExceeded):
            submissions.submit(user=person, chunks=[b"id,y\na,2\n"], **fields)


def test_a_person_is_in_one_team_of_a_contest(competition: Competition, now: datetime) -> None:
    """S11: joining again gives the same team. What merging may do is in the tests of teams."""
    team = makers.make_team(competition, "loner")
    user = team.members.get().user
    again = teams.join(user=user, competition=competition, team_name="Another", terms=competition.terms.last(), now=now)
    assert (again, Team.objects.filter(competition=competition).count()) == (team, 1)


def test_an_account_needs_an_address_of_its_own(client: Any, db: None) -> None:
    """S11: the same mail address, written otherwise, makes no second account that could join."""
    makers.make_user("someone")
    form = {"username": "other", "email": "SomeOne@Example.org", "password1": "a long pass phrase 7", "password2": ""}
    client.post(reverse("account_signup"), {**form, "password2": form["password1"]})
    verified = EmailAddress.objects.filter(email__iexact="someone@example.org", verified=True)
    assert verified.count() == 1
    assert not EmailAddress.objects.filter(user__username="other", verified=True).exists()


# -- clocks -----------------------------------------------------------------------------------------------------------

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[:.\d]*")


@pytest.fixture
def stage(db: None) -> Stage:
    return set_up()


def test_a_contestant_cannot_read_how_long_scoring_took(stage: Stage) -> None:
    """S10, C2: when a worker began and ended is shown to the minute; the only exact instants are of the upload."""
    upload = stage.submission.submitted_at.replace(second=11)
    Submission.objects.filter(pk=stage.submission.pk).update(submitted_at=upload)
    events = stage.submission.evaluations.get().events.all()
    events.update(at=upload.replace(second=37, microsecond=123456))
    address = reverse("pages:submission", args=[stage.competition.slug, stage.submission.pk])
    page = ask(stage.browsers["contestant"], "GET", address).content.decode()
    timeline = page[page.index('class="timeline"') :].partition("</ol>")[0]
    assert timeline.count("<time ") == 1 + events.count() > 3
    assert len(re.findall(r"\d:\d\d:11", timeline)) == 2  # received: for people and for programs
    assert re.findall(r"\d:\d\d:37", timeline) == []
    answer = ask(stage.apis["contestant"], "GET", reverse("api:submission", args=[stage.submission.pk])).json()
    assert {key for key, value in answer.items() if INSTANT.match(str(value))} == {"submitted_at"}
