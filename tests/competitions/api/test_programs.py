"""Programs over the API: what a task asks for, how a run goes, and what is not told of hidden inputs."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from competitions.models import FileCheck, Phase
from competitions.services import evaluations, executions
from competitions.status import FailureKind
from sandbox import Outcome
from tests import makers

pytestmark = pytest.mark.django_db
HIDDEN = "pixels 4 5 6"


@pytest.fixture
def task(competition):
    return makers.take_programs(competition.tasks.get())


@pytest.fixture
def program(task, team):
    return makers.make_program_submission(team)


def described(api, submission):
    return api.get(f"/api/v1/submissions/{submission.pk}/").json()


def test_a_task_says_what_it_takes(anonymous, task, contest_url):
    code = anonymous.get(contest_url).json()["tasks"][0]["code"]
    assert code["endings"] == [".zip", ".py", ".ipynb"]
    assert (code["has_trial"], code["steps"], code["inputs_are_public"]) == (True, False, False)
    assert (code["limits"]["wall_seconds"], code["trial_limits"]["wall_seconds"]) == (600, 60)
    assert code["runtime"]["packages"] == {"numpy": "2.3.5", "rasterio": "1.4.3"}


def test_a_task_that_takes_predictions_says_nothing_of_programs(anonymous, competition, contest_url):
    assert anonymous.get(contest_url).json()["tasks"][0]["code"] is None


def test_a_program_is_uploaded_and_its_trial_waits(api, task, contest_url):
    body = {"data": b"print(1)", "content_type": "application/octet-stream", "headers": {"x-file-name": "main.py"}}
    answer = api.put(f"{contest_url}submissions/", **body)
    content = answer.json()
    assert (answer.status_code, content["kind"], content["status"]) == (201, "code", "waiting")
    run = content["run"]
    assert (run["kind"], run["status"], run["queue_position"], run["is_trial"]) == ("trial", "queued", 1, True)
    assert run["status_text"].startswith("Received. A trial run")
    assert run["used"] == []


def test_a_file_that_is_no_program_is_refused_by_name(api, task, contest_url):
    answer = api.post(f"{contest_url}submissions/", {"file": SimpleUploadedFile("prediction.csv", b"id,y\n")})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_program")


def test_a_program_is_not_checked_beforehand(api, task, contest_url):
    answer = api.post(f"{contest_url}tasks/{task.key}/check/", {"file": SimpleUploadedFile("main.py", b"print(1)")})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_for_programs")
    assert not FileCheck.objects.exists()


def test_a_running_trial_tells_progress_and_log(api, program):
    executions.note_progress(makers.begin_run(program), log="epoch 1\n", progress="12/90")
    run = described(api, program)["run"]
    assert run["progress"] == {"step": 12, "steps": 90}
    assert run["log"] == "epoch 1\n"
    answer = api.get(run["log_url"])
    assert (answer.content, answer["Content-Type"]) == (b"epoch 1\n", "text/plain; charset=utf-8")


def test_a_failed_trial_is_told_whole(api, program):
    makers.run_program(program, Outcome.MEMORY, reason="Killed in line 3.", exit_code=137)
    content = described(api, program)
    run = content["run"]
    assert (content["failure_kind"], run["outcome"], run["reason"], run["exit_code"]) == (
        "trial",
        "memory",
        "Killed in line 3.",
        137,
    )
    assert run["outcome_text"] == "The program needed more memory than the 2048 MiB that it may use."
    assert run["used"][0] == {"name": "wall_seconds", "used": 12.34, "limit": 60, "is_rounded": False}


def test_of_a_run_on_hidden_inputs_the_outcome_alone_is_told(api, program):
    makers.run_program(program, log="trial only\n")
    makers.run_program(program, Outcome.CRASHED, reason=HIDDEN, log=HIDDEN, exit_code=77, wall_seconds=61.0)
    answer = api.get(f"/api/v1/submissions/{program.pk}/")
    run = answer.json()["run"]
    assert HIDDEN not in answer.content.decode()
    assert (run["kind"], run["outcome"], run["reason"], run["exit_code"], run["log"]) == (
        "full",
        "crashed",
        None,
        None,
        None,
    )
    assert run["used"][0] == {"name": "wall_seconds", "used": 120, "limit": 600, "is_rounded": True}
    assert {run[name][16:] for name in ("queued_at", "started_at", "finished_at")} == {":00Z"}
    assert api.get(run["log_url"]).content == b"trial only\n"
    assert api.get(f"/api/v1/submissions/{program.pk}/log/?run=full").status_code == 404


def test_organisers_are_told_everything(organisers_api, program):
    makers.run_program(program)
    makers.run_program(program, Outcome.CRASHED, reason=HIDDEN, log=HIDDEN, exit_code=77)
    run = described(organisers_api, program)["run"]
    assert (run["reason"], run["exit_code"], run["log"]) == (HIDDEN, 77, HIDDEN)
    assert organisers_api.get(run["log_url"]).content.decode() == HIDDEN


def test_a_prediction_has_neither_run_nor_log(api, team):
    submission = makers.make_submission(team)
    content = described(api, submission)
    assert (content["kind"], content["run"]) == ("prediction", None)
    answer = api.get(f"/api/v1/submissions/{submission.pk}/log/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_log")


def test_a_list_has_runs_without_logs(api, program, contest_url):
    makers.begin_run(program, log="epoch 1\n")
    row = api.get(f"{contest_url}submissions/").json()["results"][0]
    assert (row["run"]["status"], row["run"]["log"]) == ("running", None)


def test_problems_of_what_a_program_wrote_on_hidden_inputs_are_kinds(api, organisers_api, program):
    makers.run_program(program)
    makers.run_program(program)
    params = {"line": 31337, "column": "y", "value": HIDDEN}
    problem = {"code": "csv_not_number", "where": HIDDEN, "params": params, "message": HIDDEN}
    evaluations.reject(makers.claim_of(program), [problem] * 2, total=31338, now=timezone.now())
    content = described(api, program)
    assert [one["code"] for one in content["problems"]] == ["csv_not_number"]
    assert (content["problem_count"], content["problems"][0]["where"]) == (1, "")
    assert HIDDEN not in str(content)
    assert "31337" not in str(content)
    assert HIDDEN in str(described(organisers_api, program)["problems"])


def test_stopping_a_run_on_the_test_inputs_says_what_it_cost(api, program):
    makers.run_program(program)
    makers.begin_run(program)
    content = api.post(f"/api/v1/submissions/{program.pk}/cancel/").json()
    assert (content["status"], content["failure_kind"]) == ("failed", FailureKind.STOPPED)
    assert content["status_text"].endswith("It counts against the quota.")


def test_a_second_stage_takes_no_uploads_and_keeps_its_scores(api, anonymous, task, competition, team, contest_url):
    first = competition.phases.get()
    fields = {"key": "second", "frozen_from": first, "hides_scores": True}
    second = makers.make_phase(competition, task, competition.divisions.get(), **fields)
    phase = anonymous.get(contest_url).json()["phases"][-1]
    assert (phase["frozen_from"], phase["hides_scores"]) == ("main", True)
    answer = api.get(f"{contest_url}allowance/?phase=second").json()
    assert (answer["is_allowed"], answer["refusal"]) == (False, "frozen")
    file = SimpleUploadedFile("main.py", b"print(1)")
    refused = api.post(f"{contest_url}submissions/", {"file": file, "phase": "second", "task": task.key})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "frozen_phase")
    frozen = makers.make_program_submission(
        team, phase=second, frozen_from=makers.make_program_submission(team, phase=first)
    )
    makers.run_program(frozen)
    evaluations.record(makers.claim_of(frozen), makers.make_result(0.0625), now=timezone.now())
    assert described(api, frozen)["scores"] is None
    for client in (api, anonymous):
        kept = client.get(f"{contest_url}leaderboard/?phase=second")
        assert (kept.status_code, kept.json()["error"]["code"]) == (404, "scores_kept")
        assert client.get(f"{contest_url}leaderboard.csv?phase=second").status_code == 404
    Phase.objects.filter(pk=second.pk).update(hides_scores=False)
    assert described(api, frozen)["scores"]["rmse"] == 0.062


def test_texts_of_a_run_are_in_the_readers_language(api, program, compiled_catalogue):
    makers.run_program(program, Outcome.TIME)
    answer = api.get(f"/api/v1/submissions/{program.pk}/", headers={"accept-language": "ja"})
    assert answer.json()["run"]["outcome_text"].startswith("プログラムの時間切れです")
