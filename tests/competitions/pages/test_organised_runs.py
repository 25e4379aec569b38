"""Organisers see every run: how it ended, its whole log, and the proof of its boxes."""

import json

import pytest
from django.utils import timezone

from competitions.models import WorkerReport
from competitions.services import evaluations
from sandbox import Outcome
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
LOG = "scene 77: <b>4 5 6</b>\n"


@pytest.fixture
def run(competition, team):
    """On hidden inputs, ended by an error."""
    makers.take_programs(competition.tasks.get())
    program = makers.make_program_submission(team)
    makers.run_program(program)
    return makers.run_program(program, Outcome.CRASHED, log=LOG, reason="Ended with 3.", exit_code=3)


def test_runs_are_listed_with_their_ends(organisers, run, url):
    answer = organisers.get(f"{url}organiser/")
    full, trial = answer.context["runs"]
    assert (full.run, full.end, trial.end) == (run, "3", "0")
    text = text_of(answer)
    assert '<span lang="en">Ended with 3.</span>' in answer.content.decode()
    for part in ("Ended with 3.", "contestant team", "12.3", "Latest runs of programs"):
        assert part in text


def test_the_whole_log_is_a_download_in_plain_text(organisers, run, url):
    answer = organisers.get(f"{url}organiser/runs/{run.pk}.log")
    assert text_of(answer) == LOG
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")


def test_the_proof_names_what_ran_on_what_within_which_limits(organisers, run, url):
    proof = json.loads(text_of(organisers.get(f"{url}organiser/runs/{run.pk}.json")))
    facts, box = proof["execution"], proof["boxes"][0]
    assert (facts["outcome"], facts["exit_code"], facts["inputs_digest"]) == ("crashed", 3, makers.TEST_INPUTS)
    assert facts["upload_sha256"] == run.submission.blob.sha256
    assert facts["runtime"]["digest"] == box["runtime_digest"] == "a" * 64
    assert (box["backend"], box["code_digest"], box["limits"]["memory_mib"]) == ("fake", "c" * 64, 512)
    assert (box["outcome"], box["exit_code"], box["wall_seconds"]) == ("crashed", 3, 12.34)


def test_the_proof_goes_on_to_the_boxes_that_scored_what_it_wrote(organisers, competition, team, url):
    makers.take_programs(competition.tasks.get(), inputs_are_public=True)
    program = makers.make_program_submission(team)
    makers.run_program(program)
    full = makers.run_program(program)
    evaluations.record(makers.claim_of(program), makers.make_result(), now=timezone.now())
    proof = json.loads(text_of(organisers.get(f"{url}organiser/runs/{full.pk}.json")))
    assert proof["execution"]["prediction_sha256"] == full.prediction.sha256
    assert proof["scoring_boxes"] == []


@pytest.mark.parametrize("who", ["contestant", "rival", "visitor", "juror", "sponsor"])
@pytest.mark.parametrize("end", ["log", "json"])
def test_for_anybody_else_there_is_no_such_run(request, run, who, end, url):
    client = browser_of(request.getfixturevalue(who))
    assert client.get(f"{url}organiser/runs/{run.pk}.{end}").status_code == 404


def test_a_run_of_another_contest_is_not_found_here(organisers, run, url):
    other = makers.make_competition("elsewhere")
    makers.make_program_submission(makers.make_team(other, "stranger"), task=makers.take_programs(other.tasks.get()))
    for one in other.teams.get().submissions.get().executions.all():
        assert organisers.get(f"{url}organiser/runs/{one.pk}.log").status_code == 404


def test_workers_say_what_they_do_and_how_much_waits(organisers, competition, team, url):
    makers.take_programs(competition.tasks.get())
    makers.make_program_submission(team)
    makers.begin_run(makers.make_program_submission(team, content=b"print(2)"))
    passed = makers.make_program_submission(team, content=b"print(3)")
    makers.run_program(passed)
    WorkerReport.objects.create(
        worker="w1",
        seen_at=timezone.now(),
        backend="bubblewrap+cgroup1",
        is_fit=True,
        queues=["evaluations", "executions"],
        capacity=2,
        runtimes=[{"name": "python-geo", "version": "2026.11", "digest": "a" * 64}],
    )
    answer = organisers.get(f"{url}organiser/")
    queues = answer.context["queues"]
    assert (queues.scorings, queues.trials, queues.runs, queues.running_runs) == (0, 1, 1, 1)
    for part in ("bubblewrap+cgroup1", "runs programs", "2 boxes at once", "python-geo 2026.11"):
        assert part in text_of(answer)
