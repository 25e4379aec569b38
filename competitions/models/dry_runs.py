"""Dry runs of a contest before its launch, and what became of each probe."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition, ScoringVersion
from competitions.status import DryRunStatus, ProbeOutcome

UNFINISHED = Q(status__in=["waiting", "running"])
LEASED = Q(status="running", lease_expires_at__isnull=False)
NOT_LEASED = ~Q(status="running") & Q(lease_expires_at__isnull=True)


class DryRun(models.Model):
    """One trial of a whole contest. `digest` names all that it was made with: a contest that has another one by now
    was changed since, and what is recorded here says nothing of it any more.

    `attempt` is the fence, as with evaluations. `facts` are, by task, what the making of probes found: units of each
    split, what downloads give away, what could not be looked at.
    """

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="dry_runs")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    status = models.CharField(max_length=8, choices=DryRunStatus.choices, default=DryRunStatus.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    probe_count = models.PositiveSmallIntegerField(default=0)  # how many there will be, as far as it is known
    facts = models.JSONField(default=dict, blank=True)
    detail = models.CharField(max_length=500, blank=True)  # of a run that failed

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DryRunStatus.values), name="dry_run_status_is_known"),
            models.CheckConstraint(condition=LEASED | NOT_LEASED, name="dry_run_running_has_a_lease"),
            models.UniqueConstraint(fields=["competition"], condition=UNFINISHED, name="dry_run_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"dry run {self.pk} of {self.competition_id}: {self.status}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in {DryRunStatus.WAITING, DryRunStatus.RUNNING}


class Probe(models.Model):
    """What became of one submission made from the truth. The file itself is gone: it held truth."""

    dry_run = models.ForeignKey(DryRun, on_delete=models.CASCADE, related_name="probes")
    scoring_version = models.ForeignKey(ScoringVersion, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=20)
    expected = models.CharField(max_length=8)
    outcome = models.CharField(max_length=8, choices=ProbeOutcome.choices)
    public = models.JSONField(default=dict, blank=True)
    private = models.JSONField(default=dict, blank=True)
    problems = models.JSONField(default=list, blank=True)
    problem_count = models.PositiveIntegerField(default=0)
    wall_seconds = models.FloatField(null=True, blank=True)
    peak_memory_mib = models.FloatField(null=True, blank=True)
    file_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    reason = models.TextField(blank=True)  # for organisers: why it was not made, or what failed

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["dry_run", "scoring_version", "key"], name="probe_once"),
            models.CheckConstraint(condition=Q(outcome__in=ProbeOutcome.values), name="probe_outcome_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of dry run {self.dry_run_id}: {self.outcome}"


class HiddenFile(models.Model):
    """A file that an organiser gave as truth, by its digest; the truth itself is kept normalised only."""

    truth_digest = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["truth_digest", "sha256"], name="hidden_file_once")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} of truth {self.truth_digest[:12]}"
