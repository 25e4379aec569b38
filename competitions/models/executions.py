"""Runs of contestants' programs, and the proof of every run."""

from typing import Any

from django.db import models
from django.db.models import Q

from competitions.models.data import Blob
from competitions.models.evaluations import LEASED, NOT_LEASED, Evaluation, Move
from competitions.models.submissions import Submission
from competitions.status import ExecutionKind, ExecutionStatus, FailureKind, can_move_execution

IS_UNFINISHED = Q(status__in=["queued", "running"])


class Runtime(models.Model):
    """A Python environment that programs run in, as the workers that hold it announced it. Never changed."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    python = models.CharField(max_length=20)
    packages = models.JSONField(default=dict)  # {name: exact version}
    announced_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "announced_at", "pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Execution(models.Model):
    """One run of a submitted program on one set of inputs. Only services.moves.move changes its status.

    `attempt` is the fence, as in an Evaluation. `log` is what the program wrote; contestants see it only where
    `shows_log` says that the inputs are public, or else a program could write hidden inputs into it.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="executions")
    kind = models.CharField(max_length=6, choices=ExecutionKind.choices)
    inputs_digest = models.CharField(max_length=64)
    runtime = models.ForeignKey(Runtime, on_delete=models.PROTECT, related_name="executions")
    limits = models.JSONField(default=dict)
    shows_log = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=ExecutionStatus.choices, default=ExecutionStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    failure_kind = models.CharField(max_length=10, choices=FailureKind.choices, blank=True)
    outcome = models.CharField(max_length=10, blank=True)  # sandbox.Outcome of the run that decided
    reason = models.CharField(max_length=500, blank=True)  # the sandbox's sentence, in English
    problems = models.JSONField(default=list, blank=True)  # of the uploaded archive, as of a prediction
    log = models.TextField(blank=True)
    progress = models.CharField(max_length=60, blank=True)  # the time step that runs now, such as 12/90
    wall_seconds = models.FloatField(null=True, blank=True)
    cpu_seconds = models.FloatField(null=True, blank=True)
    peak_memory_mib = models.FloatField(null=True, blank=True)
    prediction = models.ForeignKey(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    prediction_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "kind", "queued_at"], name="execution_queue"),
            models.Index(fields=["lease_expires_at"], condition=Q(status="running"), name="execution_lease"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "kind", "inputs_digest"],
                condition=(IS_UNFINISHED | Q(status="done")) & ~Q(kind="winner"),
                name="execution_once_per_inputs",
            ),
            models.CheckConstraint(condition=Q(status__in=ExecutionStatus.values), name="execution_status_is_known"),
            models.CheckConstraint(condition=Q(kind__in=ExecutionKind.values), name="execution_kind_is_known"),
            models.CheckConstraint(condition=LEASED | NOT_LEASED, name="execution_running_has_a_lease"),
            models.CheckConstraint(
                condition=Q(status="failed", failure_kind__in=FailureKind.values)
                | (~Q(status="failed") & Q(failure_kind="")),
                name="execution_failed_has_a_kind",
            ),
            models.CheckConstraint(
                condition=(IS_UNFINISHED & Q(finished_at__isnull=True))
                | (~IS_UNFINISHED & Q(finished_at__isnull=False)),
                name="execution_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="done", kind="full") | Q(prediction__isnull=False),
                name="execution_done_has_a_prediction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} execution {self.pk} of #{self.submission_id}: {self.status}"

    def can_become(self, new: str) -> bool:
        return can_move_execution(self.status, new, failure_kind=self.failure_kind)


class ExecutionEvent(Move):
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="events")

    class Meta(Move.Meta):
        abstract = False


class RunRecord(models.Model):
    """The proof of one run of a box: what ran in what on what, within which limits, and what came out.

    Digests are SHA-256 in hexadecimal; `outputs` names each file that was kept with its digest. Only ever added.
    """

    execution = models.ForeignKey(Execution, null=True, blank=True, on_delete=models.CASCADE, related_name="runs")
    evaluation = models.ForeignKey(Evaluation, null=True, blank=True, on_delete=models.CASCADE, related_name="runs")
    attempt = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=10)
    step = models.CharField(max_length=100, blank=True)
    backend = models.CharField(max_length=40)
    profile_digest = models.CharField(max_length=64)
    runtime_digest = models.CharField(max_length=64, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    input_digest = models.CharField(max_length=64, blank=True)
    limits = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10)
    exit_code = models.IntegerField(null=True, blank=True)
    signal = models.IntegerField(null=True, blank=True)
    started_at = models.DateTimeField()
    wall_seconds = models.FloatField()
    cpu_seconds = models.FloatField()
    peak_memory_mib = models.FloatField()
    outputs: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(execution__isnull=False, evaluation__isnull=True)
                | Q(execution__isnull=True, evaluation__isnull=False),
                name="run_record_belongs_to_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.stage} run: {self.outcome}"
