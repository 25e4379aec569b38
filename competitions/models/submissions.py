"""What teams upload."""

from django.conf import settings
from django.db import models

from competitions.models.competitions import Phase, Task
from competitions.models.data import Blob
from competitions.models.teams import Team
from competitions.status import SubmissionKind


class Submission(models.Model):
    """An upload. It never changes afterwards; what became of it is told by its evaluations."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    # As it was when the file came: receipts are signed over it, and stay genuine when teams are renamed or merge.
    team_name = models.CharField(max_length=60, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="submissions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="submissions")
    kind = models.CharField(max_length=10, choices=SubmissionKind.choices, default=SubmissionKind.PREDICTION)
    # Of a second stage: the submission whose program was frozen for it.
    frozen_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    submitted_at = models.DateTimeField()
    is_late = models.BooleanField(default=False)  # it began after the phase's end: scored, and on no board
    # A client that repeats an upload after a broken connection sends the same key and gets the same submission.
    idempotency_key = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering = ["-submitted_at", "-pk"]
        indexes = [models.Index(fields=["team", "phase", "submitted_at"], name="submission_quota")]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="submission_once_per_key",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=SubmissionKind.values), name="submission_kind_is_known"),
            models.UniqueConstraint(fields=["frozen_from", "phase", "task"], name="frozen_once_per_second_stage"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
