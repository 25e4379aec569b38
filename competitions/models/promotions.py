"""Phases that only promoted teams may enter: the rule, and who was promoted once organisers confirmed it."""

from django.conf import settings
from django.db import models

from competitions.models.competitions import Division, Phase, Task
from competitions.models.teams import Team


class PromotionRule(models.Model):
    """`phase` is for the first of `source`, by the board of a division and task there; without `first` organisers name
    the teams. Until it is confirmed nobody may enter the phase, afterwards the rule never changes."""

    phase = models.OneToOneField(Phase, on_delete=models.CASCADE, related_name="promotion")
    source = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="promotes_to")
    division = models.ForeignKey(Division, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    first = models.PositiveIntegerField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(phase=models.F("source")), name="promotion_is_from_another_phase"
            ),
            models.CheckConstraint(
                condition=models.Q(first__isnull=True) | models.Q(first__gte=1), name="promotion_of_at_least_one"
            ),
        ]

    def __str__(self) -> str:
        return f"from phase {self.source_id} into {self.phase_id}"


class Promotion(models.Model):
    """What was decided of a team that took part in the phase before. Written once, never changed."""

    rule = models.ForeignKey(PromotionRule, on_delete=models.CASCADE, related_name="promotions")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="promotions")
    rank = models.PositiveIntegerField(null=True, blank=True)  # on the board that decided; none: not on it
    is_promoted = models.BooleanField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["rule", "team"], name="promoted_or_not_once")]

    def __str__(self) -> str:
        return f"team {self.team_id}: {'promoted' if self.is_promoted else 'not promoted'}"
