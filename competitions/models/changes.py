"""Changes of a contest after its launch: proposed by one person, decided by another, kept for ever."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from competitions.change_rules import OPEN, ChangeStatus, can_move_change
from competitions.models.competitions import Competition

DECIDED = ("approved", "applying", "applied")


class ChangeRequest(models.Model):
    """A proposal to change a contest that people take part in. Only services.change_requests.move changes its status.

    `files` names every file of the organiser's folder by its SHA-256 (in a store of their own, which nothing serves);
    `digest` is that of the whole folder. `stored` is what the import has put into the store: digests of truth, data and
    samples. `base` is the digest of the contest as it was when the differences were computed.
    """

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="change_requests")
    status = models.CharField(max_length=10, choices=ChangeStatus.choices, default=ChangeStatus.DRAFT)
    kinds = models.JSONField(default=list)
    files = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    stored = models.JSONField(default=dict)
    base = models.CharField(max_length=64)
    differences = models.JSONField(default=list)
    reason = models.JSONField()  # in the organiser's own words, {"en": ..., "ja": ...}
    effect = models.JSONField(null=True, blank=True)
    effect_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decision = models.TextField(blank=True)  # why it was refused or withdrawn, or why it failed
    announcement = models.ForeignKey("Announcement", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ChangeStatus.values), name="change_status_is_known"),
            models.CheckConstraint(
                condition=~Q(status__in=DECIDED) | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="change_is_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False), name="change_applied_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.pk}: {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def can_become(self, new: str) -> bool:
        return can_move_change(self.status, new)


class ChangeEvent(models.Model):
    """One move of a request. Only ever added."""

    change = models.ForeignKey(ChangeRequest, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    old = models.CharField(max_length=10, blank=True)
    new = models.CharField(max_length=10, choices=ChangeStatus.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.old or 'new'} -> {self.new}"
