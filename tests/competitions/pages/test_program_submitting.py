"""Where a task takes programs: what to send, what is refused, second stages, and boards that wait."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from competitions.models import FileCheck, Phase, Runtime, Submission
from competitions.services import evaluations
from competitions.status import SubmissionKind
from tests import makers
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(competition):
    return makers.take_programs(competition.tasks.get())


@pytest.fixture
def page(url):
    return f"{url}submit/"


def upload(name="main.py", content=b"print(1)"):
    return {"note": "", "key": name, "file": SimpleUploadedFile(name, content)}


# -- what to send -----------------------------------------------------------------------------------------------------


def test_everybody_may_read_what_a_program_must_be(nobody, task, page):
    text = text_of(nobody.get(page))
    for part in ("main.py, or main.ipynb, at its top", "One Python script (.py)", "One Jupyter notebook (.ipynb)"):
        assert part in text
    for folder in ("data/", "submission/", "/tmp"):
        assert f"<code>{folder}</code>" in text
    assert "No network, and nothing is installed while it runs" in text
    assert "What the program must write to submission/" in text
    assert "id,y" in text


def test_only_what_the_task_takes_is_offered(contestants, competition, page):
    makers.take_programs(competition.tasks.get(), accepts=["script"])
    text = text_of(contestants.get(page))
    assert 'accept=".py"' in text
    assert "notebook" not in text.lower()


def test_limits_of_both_runs_stand_side_by_side(nobody, task, page):
    rows = {row.title: (row.run, row.trial) for row in nobody.get(page).context["code"].limits}
    assert rows["Time by the clock"] == ("600 s", "60 s")
    assert rows["Memory of all its processes"] == ("2,048 MiB", "2,048 MiB")
    assert "Size of new_state/" not in rows


def test_without_a_trial_none_is_spoken_of(contestants, competition, page):
    makers.take_programs(competition.tasks.get(), has_trial=False)
    text = text_of(contestants.get(page))
    assert "rial run" not in text
    assert "The test inputs are hidden" in text


def test_time_steps_are_explained(nobody, competition, page):
    makers.take_programs(competition.tasks.get(), steps=True)
    answer = nobody.get(page)
    assert "<code>new_state/</code>" in text_of(answer)
    assert "is given that step's inputs alone" in text_of(answer)
    assert "Time by the clock, all steps together" in [row.title for row in answer.context["code"].limits]


def test_the_runtime_is_there_with_every_package_and_version(nobody, task, page, url):
    for address in (page, url):
        text = text_of(nobody.get(address))
        for part in ("python-geo 2026.11", "Python 3.13.9", "2 packages, with their exact versions"):
            assert part in text
        assert "<code>numpy</code> 2.3.5" in text
        assert "<code>rasterio</code> 1.4.3" in text


def test_a_runtime_that_no_worker_has_is_said_to_be_missing(nobody, task, page, url):
    task.runtime = None
    task.save()
    Runtime.objects.all().delete()
    for address in (page, url):
        text = text_of(nobody.get(address))
        assert "python-geo" in text
        assert "Not built on any worker yet" in text


def test_how_to_try_it_at_home_has_the_limits_of_the_contest(nobody, task, page):
    command = nobody.get(page).context["code"].command
    words = command.replace("\\\n", "").split()
    assert words[:9] == ["python", "-m", "sandbox", "run", "--code", ".", "--input", "DATA", "--output"]
    limits = "--wall-seconds 600 --cpu-seconds 600 --memory-mib 2048"
    assert words[10:] == f"{limits} -- python main.py".split()


def test_the_overview_tells_tasks_for_programs_apart(nobody, competition, url):
    assert 'badge-soft">program' not in text_of(nobody.get(url))
    makers.take_programs(competition.tasks.get())
    assert 'badge-soft">program' in text_of(nobody.get(url))


def test_the_quota_stands_beside_the_button_and_a_trial_costs_nothing(contestants, task, page):
    text = text_of(contestants.get(page))
    assert "Today 0 of 5 used; resets 00:00 JST (in " in text
    assert "A trial run costs nothing." in text


# -- taking it in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["main.py", "program.ZIP", "walk.ipynb"])
def test_a_program_is_taken_in(contestants, task, page, name):
    answer = contestants.post(page, upload(name))
    submission = Submission.objects.get()
    assert answer["Location"].endswith(f"/submissions/{submission.pk}/")
    assert (submission.kind, submission.file_name) == (SubmissionKind.CODE, name)


def test_a_prediction_is_refused_before_it_is_kept(contestants, task, page):
    answer = contestants.post(page, upload("prediction.csv"))
    assert answer.status_code == 422
    assert "a file that ends in .zip, .py, .ipynb. “prediction.csv” does not." in text_of(answer)
    assert not Submission.objects.exists()


def test_there_is_no_check_of_a_program_because_its_trial_is_that(contestants, task, page):
    assert "check-button" not in text_of(contestants.get(page))
    answer = contestants.post(f"{page}check/", upload(), headers={"accept": "application/json"})
    assert answer.status_code == 409
    assert "ends its trial run costs no quota" in answer.json()["error"]
    assert not FileCheck.objects.exists()


@pytest.mark.parametrize(("name", "is_offered"), [("sample.csv", False), ("threshold.py", True)])
def test_a_sample_is_offered_to_be_submitted_where_it_is_a_program(contestants, task, page, url, name, is_offered):
    task.sample_submission, task.sample_submission_name = makers.make_blob(), name
    task.save()
    for address in (page, f"{url}submissions/"):
        text = text_of(contestants.get(address))
        assert ("submit/sample/" in text) == is_offered
        assert ("Submit the sample" in text) == is_offered


# -- second stages ----------------------------------------------------------------------------------------------------


@pytest.fixture
def second(competition, task):
    """The first stage is over, the second one runs and keeps its scores."""
    first, now = competition.phases.get(), timezone.now()
    Phase.objects.filter(pk=first.pk).update(ends_at=now - timedelta(days=1))
    fields = {"key": "second", "name": makers.both("Second stage"), "frozen_from": first, "hides_scores": True}
    return makers.make_phase(
        competition, task, competition.divisions.get(), starts_at=now - timedelta(hours=1), **fields
    )


@pytest.fixture
def first(competition, second):
    return second.frozen_from


def scored(team, public, **fields):
    program = makers.make_program_submission(team, **fields)
    while not program.executions.filter(kind="full").exists():
        makers.run_program(program)
    makers.run_program(program)
    evaluations.record(makers.claim_of(program), makers.make_result(public, 9.0), now=timezone.now())
    return program


def test_a_second_stage_takes_no_uploads_and_says_what_it_runs(contestants, second, page, url):
    text = text_of(contestants.get(page))
    assert 'type="file"' not in text
    assert "Nothing is uploaded in this phase." in text
    assert "How the programs are run" in text
    assert "What to send" not in text
    assert "rial run" not in text
    assert "The scores of this phase are shown when it is over." in text
    assert "btn btn-light" not in text_of(contestants.get(url))
    answer = contestants.post(page, upload())
    assert answer.status_code == 409
    assert not Submission.objects.exists()


def test_a_team_sees_which_of_its_programs_will_be_entered(contestants, rivals, team, first, second, page):
    better = scored(team, 1.0, phase=first)
    scored(team, 2.0, phase=first, content=b"print(2)")
    text = text_of(contestants.get(page))
    assert f'as things are, this one will be entered: <a href="/competitions/tide-table/submissions/{better.pk}/"' in (
        " ".join(text.split())
    )
    assert f"#{better.pk}" not in text_of(rivals.get(page))


def test_a_team_sees_which_of_its_programs_was_entered(contestants, team, first, second, page):
    original = scored(team, 1.0, phase=first)
    entered = makers.make_program_submission(team, phase=second, frozen_from=original)
    text = text_of(contestants.get(page))
    assert f"#{entered.pk}</a> (the program of" in text
    assert f"#{original.pk}</a>)" in text


def test_the_choice_is_kept_where_the_first_stage_keeps_its_scores(contestants, team, first, second, page):
    Phase.objects.filter(pk=first.pk).update(hides_scores=True, ends_at=timezone.now() + timedelta(hours=1))
    program = scored(team, 1.0, phase=first)
    assert f"#{program.pk}" not in text_of(contestants.get(f"{page}?phase=second"))


# -- boards that wait -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?phase=second", "?phase=second&task=levels&division=general&kind=public"])
def test_a_board_that_waits_says_so_and_nothing_else(contestants, nobody, team, first, second, url, query):
    original = scored(team, 4.321, phase=first)
    scored(team, 0.0625, phase=second, frozen_from=original)
    for client in (contestants, nobody):
        answer = client.get(f"{url}leaderboard/{query}")
        text = text_of(answer)
        assert answer.status_code == 200
        assert "The scores of this phase are shown when it is over." in text
        assert "0.062" not in text
        assert ("4.321" in text) == (not query)


def test_other_boards_that_wait_do_not_exist(contestants, first, second, url):
    assert contestants.get(f"{url}leaderboard/?phase=second&kind=private").status_code == 404
    assert contestants.get(f"{url}leaderboard.csv?phase=second").status_code == 404


def test_organisers_see_the_board_and_everybody_does_when_the_phase_is_over(
    contestants, organisers, team, first, second, url
):
    scored(team, 0.0625, phase=second, frozen_from=scored(team, 4.321, phase=first))
    address = f"{url}leaderboard/?phase=second"
    assert "0.062" in text_of(organisers.get(address))
    Phase.objects.filter(pk=second.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    assert "0.062" in text_of(contestants.get(address))
