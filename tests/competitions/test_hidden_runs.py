"""What a program met on hidden inputs is for organisers: nobody else finds it anywhere, in no language, by no way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from competitions.models import Execution, Submission
from competitions.services import evaluations, executions
from sandbox import Outcome
from tests import makers
from tests.competitions.route_table import is_operators
from tests.competitions.routes import all_routes
from tests.competitions.stage import ROLES, Stage, ask, set_up, taken_back

pytestmark = pytest.mark.django_db
NUMBER = 1_774_177_417  # too long to be met in a form's token by chance
SECRETS = ("hidden-pixel-774", str(NUMBER), "exit-status-secret", "61.774")
LOG = f"hidden-pixel-774 <b> {NUMBER}\n"
REASON = "exit-status-secret"
WITHOUT_PRIVILEGE = ROLES[:6]
OF_PROGRAMS = ("submission", "submission_state", "submission_row", "submission_problems", "submission_receipt")
LANGUAGES = ("en", "ja")


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker) -> Iterator[Stage]:
    """One stage for the whole file; each test is taken back."""
    with taken_back(django_db_blocker):
        yield set_up()


@pytest.fixture(scope="module")
def letters(programs: list[Submission]) -> list[str]:
    """What was sent meanwhile; each test begins with an empty outbox."""
    return [str(message.message()) for message in mail.outbox]


@pytest.fixture(scope="module")
def programs(stage: Stage) -> list[Submission]:
    """The contestant's programs on hidden inputs: one that runs, one that failed, one whose prediction did not fit."""
    makers.take_programs(stage.task)
    found = [makers.make_program_submission(stage.team, content=f"print({number})".encode()) for number in range(3)]
    for program in found:
        makers.run_program(program, log="trial\n")
    running, failed, refused = found
    executions.note_progress(makers.begin_run(running), log=LOG, progress="3/4")
    fields: dict[str, Any] = {"log": LOG, "reason": REASON, "wall_seconds": 61.774}
    makers.run_program(failed, Outcome.CRASHED, exit_code=NUMBER, **fields)
    makers.run_program(refused, **fields)
    params = {"line": NUMBER, "column": "y", "value": "hidden-pixel-774"}
    problem = {"code": "csv_not_number", "where": "hidden-pixel-774", "params": params, "message": "hidden-pixel-774"}
    evaluations.reject(makers.claim_of(refused), [problem], total=NUMBER, now=timezone.now())
    return found


def addresses(stage: Stage, programs: list[Submission]) -> list[tuple[str, str]]:
    """Every address of the site, and those of the programs by name."""
    every = [
        (route.name, stage.address(route.name, route.pattern))
        for route in all_routes()
        if not is_operators(route.pattern) and route.name.startswith(("pages:", "api:"))
    ]
    slug = stage.competition.slug
    for program in programs:
        every += [(f"pages:{name}", reverse(f"pages:{name}", args=[slug, program.pk])) for name in OF_PROGRAMS]
        for name in ("submission", "submission_log"):
            every.append((f"api:{name}", reverse(f"api:{name}", args=[program.pk])))
        every.append(("api:submission_log", reverse("api:submission_log", args=[program.pk]) + "?run=full"))
        for run in program.executions.all():
            for name in ("execution_log", "execution_runs"):
                every.append((f"pages:{name}", reverse(f"pages:{name}", args=[slug, run.pk])))
    return every


def answers(stage: Stage, programs: list[Submission], role: str) -> dict[str, str]:
    """Every answer as text, in both languages and as htmx asks."""
    found = {}
    for route, address in addresses(stage, programs):
        for language in LANGUAGES:
            headers = {"accept-language": language, "hx-request": "true"}
            answer = ask(stage.client(role, route), "GET", address, headers=headers)
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
            found[f"{language} {address}"] = text.decode(errors="replace") + json.dumps(dict(answer.headers))
    return found


@pytest.mark.parametrize("role", WITHOUT_PRIVILEGE)
def test_nobody_without_privilege_is_told_what_a_program_met(
    stage: Stage, programs: list[Submission], letters: list[str], role: str
):
    """C1, C2: no log, no exit status and no exact time of a run on hidden inputs."""
    found = answers(stage, programs, role)
    leaks = {address: [one for one in SECRETS if one in text] for address, text in found.items()}
    assert {address: secrets for address, secrets in leaks.items() if secrets} == {}
    assert len(found) > 150
    letters = [*letters, *(str(message.message()) for message in mail.outbox)]
    assert not any(secret in letter for letter in letters for secret in SECRETS)


@pytest.mark.parametrize("role", ["organiser", "operator"])
def test_the_same_search_finds_it_for_organisers(stage: Stage, programs: list[Submission], role: str):
    found = "".join(answers(stage, programs, role).values())
    assert [one for one in SECRETS if one not in found] == []


@pytest.mark.parametrize("role", ["contestant", "organiser"])
def test_a_log_is_nowhere_markup(stage: Stage, programs: list[Submission], role: str):
    """W6: a program's words are text."""
    Execution.objects.filter(kind="trial").update(log="<script>alert(7)</script>")
    for address, text in answers(stage, programs, role).items():
        if "/api/" not in address and not address.endswith((".log", ".json")):
            assert "<script>alert" not in text, address


def test_a_team_is_told_of_its_trial_all_there_is(stage: Stage, programs: list[Submission]):
    Execution.objects.filter(kind="trial").update(failure_kind="", log="trial says 99\n")
    found = answers(stage, programs, "contestant")
    assert sum("trial says 99" in text for text in found.values()) >= len(programs) * 4
