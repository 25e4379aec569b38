"""The life of a program's run: tried first, run once, scored, and what each way to end costs its team."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from competitions.models import Competition, Evaluation, Execution, ScoringVersion, Submission, Task, Team
from competitions.queries import executions as queue_of
from competitions.queries.runs import run_of
from competitions.queries.submissions import allowance_for
from competitions.quota import Refusal
from competitions.services import evaluations, executions, moves, queueing, scoring_versions, submissions
from competitions.services.moves import IllegalMove, LostClaim, extend_lease
from competitions.services.run_records import RunNote
from competitions.services.submissions import QuotaExceeded, TooLateToCancel
from competitions.status import EvaluationStatus, ExecutionKind, ExecutionStatus, FailureKind
from sandbox import Limits
from sandbox.fake import make_run
from tests import makers
from tests.makers import OTHER_INPUTS, TEST_INPUTS, TRIAL_INPUTS

pytestmark = pytest.mark.django_db
CRASHED: dict[str, Any] = {"prediction": None, "failure_kind": FailureKind.PROGRAM}
BAD_ARCHIVE: dict[str, Any] = {"prediction": None, "failure_kind": FailureKind.INVALID}


@pytest.fixture
def task(competition: Competition) -> Task:
    return makers.make_code_task(competition)


@pytest.fixture
def program(task: Task, team: Team) -> Submission:
    return makers.make_program_submission(team)


def end_next(**fields: Any) -> Execution:
    """The next run is claimed and ends like that; well, when nothing is said."""
    claim = makers.claim_run()
    return executions.record(claim, makers.make_ended(**fields), now=timezone.now())


def evaluation_of(submission: Submission) -> Evaluation:
    return Evaluation.objects.get(submission=submission)


def state_of(submission: Submission) -> tuple[str, str]:
    evaluation = evaluation_of(submission)
    return evaluation.status, evaluation.failure_kind


def runs_of(submission: Submission) -> list[tuple[str, str]]:
    return list(submission.executions.order_by("pk").values_list("kind", "status"))


def used(team: Team) -> tuple[int, int]:
    """What today's submissions cost: of the quota, and of the free failures."""
    used = allowance_for(team, team.competition.phases.get(), now=timezone.now()).used
    return used.today, used.rejected_today


# -- the way of a program ---------------------------------------------------------------------------------------------


def test_a_program_is_tried_then_run_and_what_it_wrote_waits_to_be_scored(program: Submission) -> None:
    assert state_of(program) == ("waiting", "")
    assert runs_of(program) == [("trial", "queued")]
    trial = end_next(prediction=None)
    assert (trial.inputs_digest, trial.shows_log, trial.log) == (TRIAL_INPUTS, True, "said\n")
    assert runs_of(program) == [("trial", "done"), ("full", "queued")]
    full = end_next()
    assert (full.inputs_digest, full.shows_log) == (TEST_INPUTS, False)
    evaluation = evaluation_of(program)
    assert (evaluation.status, evaluation.execution) == (EvaluationStatus.QUEUED, full)
    assert [event.new for event in evaluation.events.all()] == ["waiting", "queued"]
    assert [event.new for event in full.events.all()] == ["queued", "running", "done"]


def test_the_scorer_takes_it_from_there(program: Submission, now: datetime) -> None:
    makers.run_program_of(program)
    claim = evaluations.claim_next(worker="scorer", now=now)
    assert evaluations.claimed(claim).execution.prediction_name == "prediction.csv"
    evaluations.record(claim, makers.make_result(0.5), now=now)
    assert state_of(program) == ("scored", "")


def test_nothing_is_scored_before_the_program_has_run(program: Submission, now: datetime) -> None:
    assert evaluations.claim_next(worker="scorer", now=now) is None


def test_without_trial_inputs_the_program_is_run_at_once(competition: Competition, team: Team) -> None:
    makers.make_code_task(competition, trial_inputs_digest="")
    assert runs_of(makers.make_program_submission(team)) == [("full", "queued")]


def test_a_trial_has_the_short_limits_and_the_run_the_long_ones(competition: Competition, team: Team) -> None:
    makers.make_code_task(competition, limits={"wall_seconds": 900}, trial_limits={"wall_seconds": 7})
    submission = makers.make_program_submission(team)
    end_next(prediction=None)
    limits = submission.executions.order_by("pk").values_list("limits", flat=True)
    assert [one["wall_seconds"] for one in limits] == [7, 900]


def test_public_inputs_show_the_log_of_every_run(competition: Competition, team: Team) -> None:
    makers.make_code_task(competition, inputs_are_public=True)
    submission = makers.make_program_submission(team)
    makers.run_program_of(submission)
    assert set(submission.executions.values_list("shows_log", flat=True)) == {True}


def test_a_task_that_takes_no_programs_runs_none(competition: Competition, team: Team) -> None:
    with pytest.raises(ValueError, match="takes no programs"), transaction.atomic():
        makers.make_program_submission(team)
    assert not Evaluation.objects.exists()


def test_entering_a_program_twice_is_entering_it_once(program: Submission, now: datetime) -> None:
    queueing.enter(program, now=now)
    assert runs_of(program) == [("trial", "queued")]
    end_next(prediction=None)
    queueing.enter(program, now=now)
    assert runs_of(program) == [("trial", "done"), ("full", "queued")]
    assert Evaluation.objects.count() == 1


def test_the_database_keeps_a_program_from_running_twice_on_the_same_inputs(program: Submission, now: datetime) -> None:
    execution = program.executions.get()
    same = {"submission": program, "kind": execution.kind, "inputs_digest": execution.inputs_digest}
    with pytest.raises(IntegrityError), transaction.atomic():
        Execution.objects.create(**same, runtime=execution.runtime, queued_at=now)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "nonsense"},
        {"kind": "other"},
        {"status": "running"},
        {"failure_kind": "program"},
        {"status": "failed", "finished_at": timezone.now()},
        {"status": "cancelled"},
        {"kind": "full", "status": "done", "finished_at": timezone.now()},
    ],
    ids=["status", "kind", "no lease", "kind of no failure", "failed without kind", "no end", "no prediction"],
)
def test_the_database_refuses_nonsense(program: Submission, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Execution.objects.filter(submission=program).update(**fields)


# -- failures and what they cost --------------------------------------------------------------------------------------


def test_a_failed_trial_costs_nothing_and_counts_among_the_refused_of_the_day(program: Submission, team: Team) -> None:
    end_next(**CRASHED)
    assert runs_of(program) == [("trial", "failed")]
    assert state_of(program) == ("failed", FailureKind.TRIAL)
    assert used(team) == (0, 1)


def test_an_archive_that_cannot_be_unpacked_is_told_and_costs_nothing(program: Submission, team: Team) -> None:
    problem = {"code": "program_no_main", "where": "", "params": {"expected": ["main.py"]}, "message": "no main.py"}
    end_next(**BAD_ARCHIVE, problems=[problem])
    assert state_of(program) == ("failed", FailureKind.INVALID)
    evaluation = evaluation_of(program)
    assert (evaluation.problems, evaluation.problem_count) == ([problem], 1)
    assert used(team) == (0, 1)


def test_a_crash_on_the_test_inputs_costs_a_submission(program: Submission, team: Team) -> None:
    end_next(prediction=None)
    failed = end_next(**CRASHED, reason="The program ended with exit status 1.", outcome="crashed")
    assert state_of(program) == ("failed", FailureKind.PROGRAM)
    assert evaluation_of(program).execution == failed
    assert (failed.outcome, failed.reason) == ("crashed", "The program ended with exit status 1.")
    assert used(team) == (1, 0)


def test_a_prediction_of_a_program_that_does_not_fit_costs_a_submission(program: Submission, team: Team) -> None:
    makers.run_program_of(program)
    problem = {"code": "csv_blank", "where": "line 3", "params": {"line": 3}, "message": "Line 3 is blank."}
    evaluations.reject(makers.claim_of(program), [problem], total=1, now=timezone.now())
    assert state_of(program) == ("failed", FailureKind.PROGRAM)
    assert used(team) == (1, 0)


def test_a_day_of_failed_trials_has_an_end(task: Task, team: Team, now: datetime) -> None:
    phase = team.competition.phases.get()
    phase.max_rejected_per_day = 2
    phase.save()
    for _ in range(2):
        makers.make_program_submission(team)
        end_next(**CRASHED)
    assert allowance_for(team, phase, now=now).refusal == Refusal.REJECTED
    with pytest.raises(QuotaExceeded):
        submissions.submit(
            user=team.members.get().user, phase=phase, task=task, chunks=[b"pass"], file_name="main.py", now=now
        )


def test_a_run_that_failed_is_over_and_a_worker_cannot_record_it_again(program: Submission) -> None:
    claim = makers.claim_run()
    executions.record(claim, makers.make_ended(**CRASHED), now=timezone.now())
    with pytest.raises(LostClaim):
        executions.record(claim, makers.make_ended(prediction=None), now=timezone.now())
    assert runs_of(program) == [("trial", "failed")]


def test_a_record_that_breaks_off_leaves_everything_as_it_was(program: Submission) -> None:
    end_next(prediction=None)
    claim = makers.claim_run()
    without_prediction = makers.make_ended(prediction=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        executions.record(claim, without_prediction, now=timezone.now())
    assert runs_of(program)[-1] == ("full", "running")
    assert state_of(program) == ("waiting", "")


# -- faults of ours ---------------------------------------------------------------------------------------------------


def fail_for_us(times: int) -> None:
    for _ in range(times):
        executions.give_back(makers.claim_run(), now=timezone.now(), detail="disk full at /secret/path")


def test_a_fault_of_ours_is_tried_again_then_told_as_ours_and_costs_nothing(
    program: Submission, team: Team, settings: Any
) -> None:
    settings.MAX_ATTEMPTS = 3
    fail_for_us(2)
    assert runs_of(program) == [("trial", "queued")]
    fail_for_us(1)
    assert state_of(program) == ("failed", FailureKind.PLATFORM)
    assert evaluation_of(program).problems == []
    assert used(team) == (0, 0)
    assert executions.claim_next(worker="code", runtimes=["a" * 64], now=timezone.now()) is None


def test_an_operator_puts_a_platform_fault_back_and_it_goes_on(
    program: Submission, team: Team, settings: Any, now: datetime
) -> None:
    settings.MAX_ATTEMPTS = 1
    end_next(prediction=None)
    fail_for_us(1)
    queueing.retry(evaluation_of(program), now=now)
    assert state_of(program) == ("waiting", "")
    end_next()
    assert state_of(program) == ("queued", "")
    assert runs_of(program) == [("trial", "done"), ("full", "done")]
    assert used(team) == (1, 0)


def test_a_fault_of_scoring_is_put_back_without_running_the_program_again(
    program: Submission, settings: Any, now: datetime
) -> None:
    settings.MAX_ATTEMPTS = 1
    makers.run_program_of(program)
    evaluations.give_back(makers.claim_of(program), now=now, detail="no box")
    queueing.retry(evaluation_of(program), now=now)
    assert state_of(program) == ("queued", "")
    assert runs_of(program) == [("trial", "done"), ("full", "done")]


def test_what_one_run_held_up_is_put_back_together(
    program: Submission, task: Task, settings: Any, now: datetime
) -> None:
    settings.MAX_ATTEMPTS = 1
    version = new_version(task)
    scoring_versions.rescore(task, version, now=now)
    fail_for_us(1)
    assert set(program.evaluations.values_list("failure_kind", flat=True)) == {"platform"}
    queueing.retry(program.evaluations.first(), now=now)
    assert set(program.evaluations.values_list("status", flat=True)) == {"waiting"}
    makers.run_program_of(program)
    assert set(program.evaluations.values_list("status", flat=True)) == {"queued"}


def test_a_program_that_failed_is_not_put_back(program: Submission, now: datetime) -> None:
    end_next(prediction=None)
    end_next(**CRASHED)
    with pytest.raises(IllegalMove):
        queueing.retry(evaluation_of(program), now=now)
    assert runs_of(program)[-1] == ("full", "failed")


def test_a_worker_that_was_given_up_for_lost_can_record_nothing(program: Submission, now: datetime) -> None:
    slow = makers.claim_run("slow")
    late = now + timedelta(hours=1)
    assert executions.requeue_stuck(now=late) == 1
    quick = makers.claim_run("quick", late)
    for act in (
        lambda: executions.record(slow, makers.make_ended(**CRASHED), now=late),
        lambda: executions.give_back(slow, now=late, detail="no box"),
        lambda: executions.claimed(slow),
    ):
        with pytest.raises(LostClaim):
            act()
    assert not executions.note_progress(slow, log="from the dead")
    executions.record(quick, makers.make_ended(prediction=None), now=late)
    assert runs_of(program) == [("trial", "done"), ("full", "queued")]
    assert program.executions.get(kind="trial").log == "said\n"


def test_a_lost_worker_records_nothing_after_a_retry_either(program: Submission, settings: Any, now: datetime) -> None:
    """A retry counts attempts from one again, and the lost worker's claim was of attempt one, too."""
    settings.MAX_ATTEMPTS = 1
    lost = makers.claim_run("lost")
    executions.requeue_stuck(now=now + timedelta(hours=1))
    queueing.retry(evaluation_of(program), now=now)
    makers.claim_run("other")
    with pytest.raises(LostClaim):
        executions.record(lost, makers.make_ended(**CRASHED), now=now)
    assert runs_of(program) == [("trial", "running")]


def test_a_heartbeat_keeps_the_lease_and_ends_with_the_claim(program: Submission, now: datetime, settings: Any) -> None:
    settings.LEASE_SECONDS = 10
    claim = makers.claim_run(now=now)
    assert extend_lease(Execution, claim, now=now + timedelta(seconds=8))
    assert executions.requeue_stuck(now=now + timedelta(seconds=15)) == 0
    assert executions.requeue_stuck(now=now + timedelta(seconds=19)) == 1
    assert not extend_lease(Execution, claim, now=now)
    assert program.executions.get().events.last().detail == "the lease of code ran out"


def test_what_the_team_saw_of_a_run_that_was_lost_is_forgotten(program: Submission, now: datetime) -> None:
    claim = makers.claim_run()
    assert executions.note_progress(claim, log="half", progress="1/9")
    executions.requeue_stuck(now=now + timedelta(hours=1))
    execution = program.executions.get()
    assert (execution.log, execution.progress) == ("", "")


# -- whose turn it is -------------------------------------------------------------------------------------------------


def teams_in_turn(now: datetime, *runtimes: str) -> list[str]:
    found = []
    for number in range(20):
        claim = executions.claim_next(
            worker="code", runtimes=runtimes or ["a" * 64], now=now + timedelta(seconds=number)
        )
        if claim is None:
            break
        found.append(Execution.objects.get(pk=claim.pk).submission.team.name.removesuffix(" team"))
    return found


def test_a_team_that_sends_many_programs_does_not_hold_up_the_others(competition: Competition, now: datetime) -> None:
    makers.make_code_task(competition)
    greedy, patient = makers.make_team(competition, "greedy"), makers.make_team(competition, "patient")
    for minutes in range(4):
        makers.make_program_submission(greedy, submitted_at=now - timedelta(minutes=30 - minutes))
    for minutes in range(2):
        makers.make_program_submission(patient, submitted_at=now - timedelta(minutes=10 - minutes))
    assert teams_in_turn(now) == ["greedy", "patient", "greedy", "patient", "greedy", "greedy"]


def test_trials_come_before_long_runs(competition: Competition, now: datetime) -> None:
    makers.make_code_task(competition)
    early, late = makers.make_team(competition, "early"), makers.make_team(competition, "late")
    makers.make_program_submission(early, submitted_at=now - timedelta(hours=1))
    end_next(prediction=None)
    makers.make_program_submission(late, submitted_at=now)
    assert teams_in_turn(now) == ["late", "early"]


def test_a_worker_takes_only_what_it_has_the_runtime_for(competition: Competition, team: Team, now: datetime) -> None:
    makers.make_code_task(competition, runtime=makers.make_runtime("b" * 64, name="python-torch"))
    makers.make_program_submission(team)
    assert teams_in_turn(now, "a" * 64) == []
    assert teams_in_turn(now) == []
    assert teams_in_turn(now, "a" * 64, "b" * 64) == ["contestant"]


def test_two_workers_never_hold_the_same_run(program: Submission, now: datetime) -> None:
    makers.claim_run("one")
    assert executions.claim_next(worker="two", runtimes=["a" * 64], now=now) is None


def test_a_team_is_told_how_many_runs_are_before_its_own(competition: Competition, now: datetime) -> None:
    makers.make_code_task(competition)
    one, two = makers.make_team(competition, "one"), makers.make_team(competition, "two")
    first = makers.make_program_submission(one, submitted_at=now - timedelta(minutes=2))
    second = makers.make_program_submission(two, submitted_at=now - timedelta(minutes=1))
    assert [queue_of.queue_position(one.executions.get()) for one in (first, second)] == [1, 2]
    end_next(prediction=None)
    assert queue_of.queue_position(first.executions.get(kind="full")) == 2  # the other's trial is first
    assert run_of(first, first.evaluations.get()).kind == ExecutionKind.FULL


# -- stopping ---------------------------------------------------------------------------------------------------------


def cancel(submission: Submission) -> None:
    submissions.cancel(submission, user=submission.user, now=timezone.now())


def test_a_program_that_has_not_begun_is_taken_back_for_nothing(program: Submission, team: Team) -> None:
    cancel(program)
    assert runs_of(program) == [("trial", "cancelled")]
    assert state_of(program) == ("cancelled", "")
    assert used(team) == (0, 0)
    cancel(program)
    assert executions.claim_next(worker="code", runtimes=["a" * 64], now=timezone.now()) is None


def test_stopping_a_trial_costs_what_a_failed_trial_costs(program: Submission, team: Team) -> None:
    claim = makers.claim_run()
    cancel(program)
    assert not executions.note_progress(claim)
    with pytest.raises(LostClaim):
        executions.record(claim, makers.make_ended(prediction=None), now=timezone.now())
    assert runs_of(program) == [("trial", "cancelled")]
    assert state_of(program) == ("failed", FailureKind.TRIAL)
    assert used(team) == (0, 1)


def test_taking_a_program_back_between_trial_and_run_costs_nothing(program: Submission, team: Team) -> None:
    end_next(prediction=None)
    cancel(program)
    assert runs_of(program) == [("trial", "done"), ("full", "cancelled")]
    assert state_of(program) == ("cancelled", "")
    assert used(team) == (0, 0)


def test_stopping_a_run_on_the_test_inputs_costs_a_submission(program: Submission, team: Team) -> None:
    end_next(prediction=None)
    claim = makers.claim_run()
    cancel(program)
    with pytest.raises(LostClaim):
        executions.record(claim, makers.make_ended(), now=timezone.now())
    assert state_of(program) == ("failed", FailureKind.STOPPED)
    assert used(team) == (1, 0)


def test_a_program_that_has_run_cannot_be_taken_back_while_its_scoring_waits(program: Submission, team: Team) -> None:
    """Or a team could see how its program behaves on the test inputs and get its submission back."""
    makers.run_program_of(program)
    with pytest.raises(TooLateToCancel):
        cancel(program)
    assert state_of(program) == ("queued", "")
    assert used(team) == (1, 0)


def test_taking_back_what_a_rescoring_runs_again_is_too_late(task: Task, team: Team, now: datetime) -> None:
    submission = makers.make_scored_program(team)
    scoring_versions.rescore(task, new_version(task, inputs_digest=OTHER_INPUTS), now=now)
    with pytest.raises(TooLateToCancel):
        cancel(submission)
    assert runs_of(submission)[-1] == ("full", "queued")


def test_what_is_taken_back_is_taken_back_from_a_rescoring_too(program: Submission, task: Task, now: datetime) -> None:
    scoring_versions.rescore(task, new_version(task), now=now)
    cancel(program)
    assert set(program.evaluations.values_list("status", flat=True)) == {"cancelled"}


# -- other truth, other inputs ----------------------------------------------------------------------------------------


def new_version(task: Task, *, inputs_digest: str = TEST_INPUTS, truth_digest: str = "7" * 64) -> ScoringVersion:
    live = task.current_version
    rules = scoring_versions.Rules(
        contract=live.contract, metrics=live.metrics, truth_digest=truth_digest, inputs_digest=inputs_digest
    )
    return scoring_versions.publish(task, rules, now=timezone.now())


def test_corrected_truth_is_scored_with_what_the_program_wrote_before(task: Task, team: Team, now: datetime) -> None:
    submission = makers.make_scored_program(team)
    version = new_version(task)
    assert scoring_versions.rescore(task, version, now=now) == 1
    assert runs_of(submission) == [("trial", "done"), ("full", "done")]
    again = submission.evaluations.get(scoring_version=version)
    assert (again.status, again.execution) == ("queued", submission.executions.get(kind="full"))


def test_new_inputs_run_the_program_again_without_a_trial(task: Task, team: Team, now: datetime) -> None:
    submission = makers.make_scored_program(team)
    version = new_version(task, inputs_digest=OTHER_INPUTS)
    scoring_versions.rescore(task, version, now=now)
    assert runs_of(submission) == [("trial", "done"), ("full", "done"), ("full", "queued")]
    again = submission.evaluations.get(scoring_version=version)
    assert again.status == EvaluationStatus.WAITING
    end_next(**CRASHED)
    again.refresh_from_db()
    assert (again.status, again.failure_kind) == ("failed", "program")
    assert submission.evaluations.get(scoring_version__number=1).status == EvaluationStatus.SCORED
    assert used(team) == (1, 0)


def test_a_rescoring_lets_no_program_in_that_never_passed_its_trial(
    program: Submission, task: Task, now: datetime
) -> None:
    version = new_version(task, inputs_digest=OTHER_INPUTS)
    scoring_versions.rescore(task, version, now=now)
    assert runs_of(program) == [("trial", "queued")]  # one trial for both scorings
    end_next(**CRASHED)
    assert set(program.evaluations.values_list("failure_kind", flat=True)) == {"trial"}
    scoring_versions.rescore(task, new_version(task, truth_digest="8" * 64), now=now)
    assert runs_of(program) == [("trial", "failed"), ("trial", "queued")]


def test_a_trial_that_passes_lets_the_program_into_every_scoring_that_waits(
    program: Submission, task: Task, now: datetime
) -> None:
    scoring_versions.rescore(task, new_version(task, inputs_digest=OTHER_INPUTS), now=now)
    end_next(prediction=None)
    assert sorted(program.executions.filter(kind="full").values_list("inputs_digest", flat=True)) == [
        TEST_INPUTS,
        OTHER_INPUTS,
    ]
    end_next()
    assert sorted(program.evaluations.values_list("status", flat=True)) == ["queued", "waiting"]


def test_a_scoring_that_comes_while_the_program_runs_waits_for_the_same_run(
    program: Submission, task: Task, now: datetime
) -> None:
    end_next(prediction=None)
    claim = makers.claim_run()
    scoring_versions.rescore(task, new_version(task), now=now)
    full = executions.record(claim, makers.make_ended(), now=now)
    assert set(program.evaluations.values_list("status", "execution")) == {("queued", full.pk)}


# -- proof ------------------------------------------------------------------------------------------------------------


def test_every_run_of_a_box_leaves_its_record(program: Submission, now: datetime) -> None:
    limits = Limits(wall_seconds=5, cpu_seconds=4, memory_mib=100)
    run = make_run(
        wall_seconds=2.0, cpu_seconds=1.0, peak_memory_mib=33.0, exit_code=0, backend="bubblewrap",
        profile_digest="p" * 16, runtime_digest="a" * 64,
    )  # fmt: skip
    notes = (
        RunNote("unpack", run, limits, now, input_digest="u" * 64),
        RunNote("predict", run, limits, now, step="2026-01-01", code_digest="c" * 64, input_digest=TRIAL_INPUTS,
                outputs={"submission/p.csv": "e" * 64}),
    )  # fmt: skip
    execution = end_next(prediction=None, runs=notes)
    unpack, predict = execution.runs.all()
    assert (unpack.stage, predict.stage, predict.step) == ("unpack", "predict", "2026-01-01")
    assert (predict.backend, predict.profile_digest, predict.runtime_digest) == ("bubblewrap", "p" * 16, "a" * 64)
    assert (predict.code_digest, predict.input_digest) == ("c" * 64, TRIAL_INPUTS)
    assert predict.limits["wall_seconds"] == 5 and predict.limits["output_depth"] == 3  # noqa: PT018
    assert (predict.outcome, predict.exit_code, predict.attempt) == ("ok", 0, 1)
    assert (predict.wall_seconds, predict.cpu_seconds, predict.peak_memory_mib) == (2.0, 1.0, 33.0)
    assert predict.started_at == now - timedelta(seconds=2)
    assert predict.outputs == {"submission/p.csv": "e" * 64}
    assert (execution.wall_seconds, execution.cpu_seconds, execution.peak_memory_mib) == (2.0, 1.5, 30.0)


def test_the_same_prediction_of_two_runs_is_kept_once(task: Task, team: Team) -> None:
    first, second = makers.make_program_submission(team), makers.make_program_submission(team, content=b"#\n")
    for one in (first, second):
        makers.run_program_of(one)
    blobs = {one.executions.get(kind="full").prediction_id for one in (first, second)}
    assert len(blobs) == 1
    assert moves.claimed_rows(Execution, moves.Claim(first.executions.first().pk, 1, "code")).count() == 0
    assert queue_of.done(first, TEST_INPUTS).status == ExecutionStatus.DONE
