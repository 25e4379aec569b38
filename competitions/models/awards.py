"""Prizes, and the audit of those who may win them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition, Division, Phase, Task
from competitions.winner_rules import WinnerRules


class Award(models.Model):
    """A prize for the first `places` teams: of the private board of its phase, task and division, or, without phase and
    task, by the total of its juried division."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="awards")
    key = models.SlugField(max_length=40)
    title = models.JSONField()
    phase = models.ForeignKey(Phase, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    division = models.ForeignKey(Division, on_delete=models.CASCADE, related_name="+")
    places = models.PositiveSmallIntegerField(default=1)
    reserves = models.PositiveSmallIntegerField(default=2)
    amount = models.JSONField(default=dict)
    sponsor = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "key"], name="award_key_once"),
            models.CheckConstraint(condition=Q(places__gte=1), name="award_has_a_place"),
            models.CheckConstraint(
                condition=Q(phase__isnull=True, task__isnull=True) | Q(phase__isnull=False, task__isnull=False),
                name="award_goes_by_a_board_or_a_jury",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competition_id}/{self.key}"

    @property
    def is_juried(self) -> bool:
        return self.phase_id is None


class WinnerAudit(models.Model):
    """That a contest's winners are audited before they are told, and how far that is.

    `stated` are the organiser's words, which WinnerRules reads. `awarded` is the list as it was published:
    [{"award", "place", "team", "name", "submission"}]; a place that nobody has won is not in it.
    """

    competition = models.OneToOneField(Competition, on_delete=models.CASCADE, related_name="winner_audit")
    stated = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    awarded = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(opened_at__isnull=False),
                name="winner_audit_opens_before_it_is_published",
            )
        ]

    def __str__(self) -> str:
        return f"audit of the winners of contest {self.competition_id}"

    @property
    def rules(self) -> WinnerRules:
        return WinnerRules.of(self.stated)
