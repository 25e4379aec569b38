"""One scoring of a submission, and the trace that it leaves."""

from django.db import models
from django.db.models import Q

from competitions.models.competitions import ScoringVersion
from competitions.models.submissions import Submission
from competitions.status import EvaluationStatus, FailureKind, can_move

LEASED = Q(status="running", lease_expires_at__isnull=False)
NOT_LEASED = ~Q(status="running") & Q(lease_expires_at__isnull=True)


class Evaluation(models.Model):
    """One scoring of a submission under one ScoringVersion. Only services.moves.move changes its status.

    `attempt` is the fence: a worker that was given up for lost holds an old number and can record nothing.
    `public_detail` may be shown to the team; `private_detail` (the private split, per scene too) to organisers only,
    and to everybody after release.
    """

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="evaluations")
    scoring_version = models.ForeignKey(ScoringVersion, on_delete=models.PROTECT, related_name="evaluations")
    execution = models.ForeignKey(  # whose prediction is scored, where the submission is a program
        "Execution", null=True, blank=True, on_delete=models.PROTECT, related_name="evaluations"
    )
    status = models.CharField(max_length=10, choices=EvaluationStatus.choices, default=EvaluationStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    failure_kind = models.CharField(max_length=10, choices=FailureKind.choices, blank=True)
    problems = models.JSONField(default=list, blank=True)
    problem_count = models.PositiveIntegerField(default=0)
    public_detail = models.JSONField(null=True, blank=True)
    private_detail = models.JSONField(null=True, blank=True)
    statistics = models.JSONField(null=True, blank=True)
    program_log = models.TextField(blank=True)  # of the organiser's own metric: for organisers only
    # Where the board has a ladder: the team's earlier evaluation whose public scores are shown in place of these.
    shown_as = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "queued_at"], name="evaluation_queue"),
            models.Index(fields=["lease_expires_at"], condition=Q(status="running"), name="evaluation_lease"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["submission", "scoring_version"], name="evaluation_once_per_version"),
            models.CheckConstraint(condition=Q(status__in=EvaluationStatus.values), name="evaluation_status_is_known"),
            models.CheckConstraint(condition=LEASED | NOT_LEASED, name="evaluation_running_has_a_lease"),
            models.CheckConstraint(
                condition=Q(status="failed", failure_kind__in=FailureKind.values)
                | (~Q(status="failed") & Q(failure_kind="")),
                name="evaluation_failed_has_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(status="scored", public_detail__isnull=False, private_detail__isnull=False)
                | (~Q(status="scored") & Q(public_detail__isnull=True, private_detail__isnull=True)),
                name="evaluation_scored_has_scores",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "queued", "running"], finished_at__isnull=True)
                | (~Q(status__in=["waiting", "queued", "running"]) & Q(finished_at__isnull=False)),
                name="evaluation_finished_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"evaluation {self.pk} of #{self.submission_id}: {self.status}"

    def can_become(self, new: str) -> bool:
        return can_move(self.status, new, failure_kind=self.failure_kind)


class Score(models.Model):
    """One value of one metric on one split. Never changed."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="scores")
    metric = models.CharField(max_length=60)
    split = models.CharField(max_length=8)
    value = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "metric", "split"], name="score_once"),
            models.CheckConstraint(condition=Q(split__in=["public", "private"]), name="score_split_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} of evaluation {self.evaluation_id}"


class Move(models.Model):
    """One change of status: who, when, from, to. Only ever added."""

    at = models.DateTimeField()
    old = models.CharField(max_length=10, blank=True)
    new = models.CharField(max_length=10)
    attempt = models.PositiveIntegerField()
    worker = models.CharField(max_length=100, blank=True)
    detail = models.CharField(max_length=500, blank=True)  # for operators: never shown to contestants

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.old or 'new'} -> {self.new}"


class EvaluationEvent(Move):
    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="events")

    class Meta(Move.Meta):
        abstract = False


class WorkerReport(models.Model):
    """What a worker last said of itself; one that refuses work says why."""

    worker = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()
    backend = models.CharField(max_length=40)
    is_fit = models.BooleanField()
    findings = models.JSONField(default=list)
    queues = models.JSONField(default=list)  # what it works off: evaluations, executions
    capacity = models.PositiveSmallIntegerField(default=1)  # boxes at once on this machine
    runtimes = models.JSONField(default=list)  # [{"name", "version", "digest"}] that it can run programs in

    def __str__(self) -> str:
        return f"{self.worker}: {'fit' if self.is_fit else 'refuses work'}"
