"""Teams that may win: what they were asked for, what they handed in, what a run of it found, what was decided."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.audit import AppendOnly
from competitions.models.awards import Award, WinnerAudit
from competitions.models.data import Blob
from competitions.models.executions import Execution
from competitions.models.jury import Entry
from competitions.models.submissions import Submission
from competitions.models.teams import Team
from competitions.status import RerunStatus, WinnerVerdict
from competitions.winner_rules import FILE_PARTS

RUNNING = Q(status="running", lease_expires_at__isnull=False)
NOT_RUNNING = ~Q(status="running") & Q(lease_expires_at__isnull=True)


class WinnerEntry(models.Model):
    """A candidate: a team with the submission that counts. However many prizes go by that, it hands in once.

    Where a jury alone decides it is a candidate with its entry in the juried division: nothing is run again then.
    """

    audit = models.ForeignKey(WinnerAudit, on_delete=models.CASCADE, related_name="entries")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="winner_entries")
    submission = models.ForeignKey(Submission, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    jury_entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "submission"], name="winner_entry_once"),
            models.UniqueConstraint(fields=["audit", "jury_entry"], name="winner_jury_entry_once"),
            models.CheckConstraint(
                condition=Q(submission__isnull=False, jury_entry__isnull=True)
                | Q(submission__isnull=True, jury_entry__isnull=False),
                name="winner_entry_is_with_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"team {self.team_id} with #{self.submission_id or self.jury_entry}"


class HandIn(models.Model):
    """One version of what a candidate handed in. Never changed; another one is added.

    `texts` are {"seeds": ..., "model": "inside" | "apart", "stages": {stage: {"commands", "minutes", "hardware"}}}.
    `digest` is the SHA-256 over the texts and the digests of all files.
    """

    entry = models.ForeignKey(WinnerEntry, on_delete=models.CASCADE, related_name="hand_ins")
    version = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    texts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    handed_in_at = models.DateTimeField()

    class Meta:
        ordering = ["entry", "-version"]
        constraints = [models.UniqueConstraint(fields=["entry", "version"], name="hand_in_version_once")]

    def __str__(self) -> str:
        return f"version {self.version} of entry {self.entry_id}"


class HandInFile(models.Model):
    """A file of a version; one that was not replaced is that of the version before."""

    hand_in = models.ForeignKey(HandIn, on_delete=models.CASCADE, related_name="files")
    part = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["hand_in", "part"], name="hand_in_part_once"),
            models.CheckConstraint(condition=Q(part__in=FILE_PARTS), name="hand_in_part_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.part}: {self.name}"


class Rerun(models.Model):
    """A run of what was handed in, and its comparison with what the team submitted.

    `attempt` is the fence of the comparison, as in an Evaluation; the run itself is its execution's business.
    `report` holds {"has_same_bytes", "comparison", "scores", "problems"}, as far as it came.
    """

    hand_in = models.ForeignKey(HandIn, on_delete=models.CASCADE, related_name="reruns")
    execution = models.OneToOneField(Execution, on_delete=models.PROTECT, related_name="rerun")
    input_files = models.JSONField(default=list)  # [[name, SHA-256]] that the program was given; none: the task's own
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=RerunStatus.choices, default=RerunStatus.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    report: Any = models.JSONField(default=dict)
    detail = models.CharField(max_length=500, blank=True)  # of a fault of ours, for operators

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["hand_in"], condition=Q(status__in=["waiting", "queued", "running"]), name="rerun_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(status__in=RerunStatus.values), name="rerun_status_is_known"),
            models.CheckConstraint(condition=RUNNING | NOT_RUNNING, name="rerun_running_has_a_lease"),
        ]

    def __str__(self) -> str:
        return f"run {self.execution_id} of hand-in {self.hand_in_id}: {self.status}"


def _refuse(*_args: Any, **_fields: Any) -> NoReturn:
    raise AppendOnly("what was decided stays written; decide anew, and the newest decision counts")


class WinnerDecisionQuerySet(models.QuerySet["WinnerDecision"]):
    update = bulk_update = delete = update_or_create = _refuse


class WinnerDecision(models.Model):
    """What was decided of a candidate, only ever added: the newest one counts.

    Confirmed or rejected is an entry, for all its prizes; what a team declines is one prize.
    """

    entry = models.ForeignKey(WinnerEntry, on_delete=models.PROTECT, related_name="decisions")
    award = models.ForeignKey(Award, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=WinnerVerdict.choices)
    reason = models.TextField(blank=True)
    rerun = models.ForeignKey(Rerun, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True, blank=True)

    objects = WinnerDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="declined", award__isnull=False)
                | Q(verdict__in=["confirmed", "rejected"], award__isnull=True),
                name="winner_decision_is_of_an_entry_or_declines_a_prize",
            ),
            models.CheckConstraint(condition=~Q(verdict="rejected") | ~Q(reason=""), name="rejection_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict}: entry {self.entry_id}"

    def save(self, *args: Any, **fields: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **fields)

    delete = _refuse
