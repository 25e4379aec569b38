"""What a team sees of its program: waiting, on trial, on the test inputs, ended; what it costs to stop it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from competitions.models import Evaluation, Execution, Phase, Submission
from competitions.pages.program_runs import LOG_CHARACTERS
from competitions.services import evaluations, executions
from competitions.services.live_logs import readable
from competitions.status import CANCELLING_COSTS, RUN_LABELS, RUN_SENTENCES, EvaluationStatus, FailureKind
from sandbox import Outcome
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def task(competition):
    return makers.take_programs(competition.tasks.get())


@pytest.fixture
def program(task, team):
    return makers.make_program_submission(team)


@pytest.fixture
def page(url):
    return lambda submission, rest="": f"{url}submissions/{submission.pk}/{rest}"


def state_of(client, address):
    return client.get(address).context["detail"].state


def pass_trial(submission, **fields):
    return makers.run_program(submission, **fields)


# -- words and places -------------------------------------------------------------------------------------------------


def test_a_program_is_told_of_from_its_trial_to_its_scores(contestants, program, page):
    seen = [state_of(contestants, page(program)).label]
    trial = makers.begin_run(program)
    seen.append(state_of(contestants, page(program)).label)
    makers.end_run(trial)
    seen.append(state_of(contestants, page(program)).label)
    full = makers.begin_run(program)
    seen.append(state_of(contestants, page(program)).label)
    makers.end_run(full)
    seen.append(state_of(contestants, page(program)).label)
    evaluations.record(makers.claim_of(program), makers.make_result(), now=timezone.now())
    seen.append(state_of(contestants, page(program)).label)
    assert seen == [
        "trial run: waiting",
        "trial run: running",
        "run on the test inputs: waiting",
        "running on the test inputs",
        "waiting",
        "scored",
    ]


def test_the_place_in_the_queue_is_that_of_the_run(contestants, task, team, rival, competition, url):
    makers.make_program_submission(competition.teams.get(name="rival team"))
    mine = makers.make_program_submission(team)
    assert "place 2 in the queue" in text_of(contestants.get(f"{url}submissions/{mine.pk}/"))
    assert "place 2 in the queue" in text_of(contestants.get(f"{url}submissions/"))


def test_what_happened_is_one_list_in_the_order_of_time(contestants, program, page):
    pass_trial(program)
    makers.run_program(program, Outcome.CRASHED)
    moments = contestants.get(page(program)).context["detail"].moments
    assert [moment.text for moment in moments] == [
        "Trial run: in the queue",
        "Trial run: began",
        "Trial run: ended well",
        "Run on the test inputs: in the queue",
        "Run on the test inputs: began",
        "Run on the test inputs: ended without a result",
        "Not scored",
    ]
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)


def test_a_second_attempt_after_a_fault_of_ours_is_told_as_that(contestants, program, page):
    executions.give_back(makers.begin_run(program), now=timezone.now(), detail="worker 7 is out of disk")
    makers.begin_run(program)
    text = text_of(contestants.get(page(program)))
    assert "Trial run: back in the queue after a fault on our side" in text
    assert "Trial run: began (attempt 2)" in text
    assert "worker 7" not in text


def test_the_page_is_in_japanese_for_who_reads_that(contestants, program, page, compiled_catalogue):
    makers.begin_run(program)
    text = text_of(contestants.get(page(program), headers={"accept-language": "ja"}))
    assert 'lang="ja"' in text
    assert "試走：実行中" in text
    assert "trial run" not in text.lower()


# -- watching ---------------------------------------------------------------------------------------------------------


def test_progress_and_log_are_news_for_a_watching_page(contestants, program, page):
    claim = makers.begin_run(program)
    address = page(program, "state/")

    def seen():
        return contestants.get(page(program)).context["detail"].seen

    assert contestants.get(f"{address}?seen={seen()}").status_code == 204
    for news in ({"log": "epoch 1\n"}, {"log": "epoch 1\nepoch 2\n"}, {"progress": "12/90"}):
        before = seen()
        executions.note_progress(claim, **news)
        assert contestants.get(f"{address}?seen={before}").status_code == 200
    assert "step 12 of 90" in text_of(contestants.get(page(program)))


def test_a_live_log_is_asked_for_every_two_seconds_however_long_it_takes(contestants, program, page):
    makers.begin_run(program)
    Execution.objects.update(started_at=timezone.now() - timedelta(hours=1))
    Submission.objects.update(submitted_at=timezone.now() - timedelta(hours=2))
    assert 'hx-trigger="every 2s"' in text_of(contestants.get(page(program)))


def test_a_run_on_hidden_inputs_is_asked_for_more_slowly_the_longer_it_takes(contestants, program, page):
    pass_trial(program)
    makers.begin_run(program)
    Execution.objects.update(started_at=timezone.now() - timedelta(hours=1))
    Submission.objects.update(submitted_at=timezone.now() - timedelta(hours=2))
    assert 'hx-trigger="every 30s"' in text_of(contestants.get(page(program)))


def test_each_step_of_a_program_is_said_aloud_once(contestants, program, page):
    states = []
    for _ in range(2):
        claim = makers.begin_run(program)
        states.append(
            re.search(r'data-state="([^"]+)" data-announce="([^"]+)"', text_of(contestants.get(page(program))))
        )
        makers.end_run(claim)
    assert [found[1] for found in states] == ["trial-running", "full-running"]
    assert [found[2].partition(".")[0] for found in states] == [
        f"#{program.pk}: trial run: running",
        f"#{program.pk}: running on the test inputs",
    ]


def test_a_list_of_programs_costs_no_more_queries_than_a_short_one(
    contestants, task, team, url, django_assert_max_num_queries
):
    for number in range(12):
        program = makers.make_program_submission(team, content=f"print({number})".encode())
        pass_trial(program)
        makers.run_program(program, Outcome.TIME)
    with django_assert_max_num_queries(40):
        contestants.get(f"{url}submissions/")


# -- the log ----------------------------------------------------------------------------------------------------------


def test_the_log_of_a_trial_is_shown_and_stays_when_the_program_goes_on(contestants, program, page):
    pass_trial(program, log="loaded 12 scenes\n")
    makers.begin_run(program, log="a hidden scene\n")
    text = text_of(contestants.get(page(program)))
    assert "loaded 12 scenes" in text
    assert "a hidden scene" not in text


def test_a_log_is_text_and_never_markup(contestants, program, page):
    makers.begin_run(program, log=f"{SCRIPT}\n</pre><img src=x onerror=alert(1)>")
    for address in (page(program), page(program, "state/")):
        text = text_of(contestants.get(address))
        assert SCRIPT not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_what_a_terminal_would_obey_is_not_in_the_page(contestants, program, page):
    makers.begin_run(program, log=readable(b"\x1b[31mred\x1b[0m \x1b]0;title\x07done\x08\n"))
    text = text_of(contestants.get(page(program)))
    assert "red done" in text
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)


def test_a_long_log_shows_its_end_and_where_the_whole_is(contestants, program, page):
    makers.run_program(program, Outcome.CRASHED, log="first line\n" + "x" * LOG_CHARACTERS + "\nlast line")
    text = text_of(contestants.get(page(program)))
    assert "last line" in text
    assert "first line" not in text
    assert "Only the end is shown." in text
    assert f"/api/v1/submissions/{program.pk}/log/?run=trial" in text


def test_a_log_can_be_read_by_keyboard_and_screen_reader(contestants, program, page):
    makers.begin_run(program, log="epoch 1")
    log = re.search(r"<pre[^>]*>", text_of(contestants.get(page(program))))[0]
    for attribute in ('role="log"', 'tabindex="0"', 'aria-label="Log: trial run"', 'aria-live="polite"', "id="):
        assert attribute in log


def test_the_name_of_a_notebook_is_text(contestants, task, team, page, url):
    program = makers.make_program_submission(team, file_name=f"{SCRIPT}.ipynb")
    for address in (page(program), page(program, "state/"), page(program, "row/"), f"{url}submissions/"):
        assert SCRIPT not in text_of(contestants.get(address))


# -- how it ended -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in {Outcome.OK, Outcome.OURS}])
def test_a_failed_trial_is_explained_whole(contestants, program, page, outcome):
    makers.run_program(program, outcome, reason="MemoryError in line 3.", exit_code=137)
    answer = contestants.get(page(program))
    text = text_of(answer)
    assert answer.context["detail"].runs[0].outcome in text
    assert "MemoryError in line 3. · exit code 137" in text
    assert "12.3 s of 60 s" in text
    assert "It costs no quota" in text


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in {Outcome.OK, Outcome.OURS}])
def test_of_a_failure_on_hidden_inputs_only_the_outcome_is_told(contestants, program, page, outcome):
    pass_trial(program)
    makers.run_program(program, outcome, reason="scene 77 is 3.", exit_code=137, log="pixels: 1 2 3")
    answer = contestants.get(page(program))
    text = text_of(answer)
    full, trial = answer.context["detail"].runs
    assert full.outcome in text
    assert (full.details, full.log, full.is_rounded, trial.is_rounded) == ("", None, True, False)
    assert "scene 77" not in text
    assert "137" not in text
    assert "pixels" not in text
    assert "It counts against the quota." in text


def test_limits_and_use_are_rounded_up_to_tenths_on_hidden_inputs(contestants, program, page):
    pass_trial(program)
    makers.run_program(program, wall_seconds=61.0, cpu_seconds=0.4, peak_memory_mib=2000.0)
    answer = contestants.get(page(program))
    full, trial = answer.context["detail"].runs
    assert [row.text for row in full.use] == ["120 s of 600 s", "60 s of 600 s", "2,048 MiB of 2,048 MiB"]
    assert [row.text for row in trial.use] == ["12.3 s of 60 s", "11.5 s of 60 s", "321 MiB of 2,048 MiB"]
    assert text_of(answer).count("Rounded up to tenths") == 1


def test_public_test_inputs_hide_nothing(contestants, competition, team, page):
    makers.take_programs(competition.tasks.get(), inputs_are_public=True)
    program = makers.make_program_submission(team)
    pass_trial(program)
    makers.run_program(program, Outcome.CRASHED, reason="KeyError.", exit_code=1, log="row 9 has no key")
    text = text_of(contestants.get(page(program)))
    assert "KeyError. · exit code 1" in text
    assert "row 9 has no key" in text


def test_a_damaged_archive_is_explained_by_its_problems(contestants, program, page):
    problem = {"code": "program_no_main", "where": "", "params": {"expected": ["main.py"]}, "message": "?"}
    fields = {"failure_kind": FailureKind.INVALID, "problems": [problem], "wall_seconds": 0.0, "prediction": None}
    makers.run_program(program, Outcome.OK, runs=[], **fields)
    text = text_of(contestants.get(page(program)))
    assert "The ZIP archive has no main.py at its top" in text
    assert "The program could not be used; it did not run." in text
    assert "What is wrong with the file" not in text


def test_of_a_prediction_made_from_hidden_inputs_only_the_kinds_of_problems_are_told(contestants, program, page):
    """Its cells may hold hidden inputs, word for word."""
    pass_trial(program)
    makers.run_program(program)
    params = {"line": 31337, "column": "y", "value": "'pixel 42'"}
    problems = [{"code": "csv_not_number", "where": "pixel 43", "params": params, "message": "pixel 44"}] * 3
    evaluations.reject(makers.claim_of(program), problems, total=45, now=timezone.now())
    for address in (page(program), page(program, "state/"), page(program, "problems.txt")):
        text = text_of(contestants.get(address))
        assert "is not a number" in text
        assert not re.search(r"pixel 4|31337|and \d+ more", text)


# -- stopping it ------------------------------------------------------------------------------------------------------


def cost(client, address):
    return re.search(r"Cancel this submission</button> <span[^>]*>([^<]+)<", text_of(client.get(address)))


def test_what_stopping_costs_is_said_beside_the_button_and_is_what_happens(contestants, task, team, page):
    def after(number_of_runs, *, is_running):
        program = makers.make_program_submission(team, content=str((number_of_runs, is_running)).encode())
        for _ in range(number_of_runs):
            pass_trial(program)
        if is_running:
            makers.begin_run(program)
        said = cost(contestants, page(program))[1]
        told = text_of(contestants.post(page(program, "cancel/"), follow=True))
        evaluation = Evaluation.objects.get(submission=program)
        return said, evaluation.status, evaluation.failure_kind, "It counts against the quota." in told

    free = "It then costs no quota."
    assert after(0, is_running=False) == (free, EvaluationStatus.CANCELLED, "", False)
    trial = "It then costs no quota, but is one of the refused files of the day."
    assert after(0, is_running=True) == (trial, EvaluationStatus.FAILED, FailureKind.TRIAL, False)
    assert after(1, is_running=False) == (free, EvaluationStatus.CANCELLED, "", False)
    counts = "The program has begun to run on the test inputs: this submission counts against the quota all the same."
    assert after(1, is_running=True) == (counts, EvaluationStatus.FAILED, FailureKind.STOPPED, True)


def test_what_a_program_wrote_is_scored_and_cannot_be_taken_back(contestants, program, page):
    pass_trial(program)
    makers.run_program(program)
    assert cost(contestants, page(program)) is None
    assert "too late to cancel" in text_of(contestants.post(page(program, "cancel/"), follow=True))


# -- second stages and kept scores ------------------------------------------------------------------------------------


@pytest.fixture
def second(competition, task):
    first = competition.phases.get()
    fields = {"key": "second", "name": makers.both("Second stage"), "frozen_from": first, "hides_scores": True}
    return makers.make_phase(competition, task, competition.divisions.get(), **fields)


def test_a_program_of_a_second_stage_says_where_it_comes_from_and_cannot_be_stopped(
    contestants, program, second, team, page
):
    frozen = makers.make_program_submission(team, phase=second, frozen_from=program)
    text = text_of(contestants.get(page(frozen)))
    assert f'submission <a href="{page(program)}">#{program.pk}</a>' in text
    assert cost(contestants, page(frozen)) is None
    told = text_of(contestants.post(page(frozen, "cancel/"), follow=True))
    assert "cannot be taken back" in told
    assert Evaluation.objects.get(submission=frozen).status == EvaluationStatus.WAITING


def test_scores_of_a_phase_that_keeps_them_are_not_shown_before_its_end(contestants, program, second, team, url, page):
    frozen = makers.make_program_submission(team, phase=second, frozen_from=program)
    makers.run_program(frozen)
    evaluations.record(makers.claim_of(frozen), makers.make_result(0.125, 0.375), now=timezone.now())
    for address in (page(frozen), page(frozen, "state/"), page(frozen, "row/"), f"{url}submissions/"):
        text = text_of(contestants.get(address))
        assert "0.125" not in text
        assert "when it is over" in text or "when the phase is over" in text
    Phase.objects.filter(pk=second.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    assert "0.125" in text_of(contestants.get(page(frozen)))


def test_every_sentence_of_a_run_is_translated(compiled_catalogue):
    for table in (RUN_LABELS, RUN_SENTENCES, CANCELLING_COSTS):
        english = {key: str(text) for key, text in table.items()}
        with translation.override("ja"):
            assert all(str(text) != english[key] for key, text in table.items())
