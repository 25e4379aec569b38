"""Certificates of taking part. What one certifies is frozen in its row, whatever becomes of the contest's records."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition
from competitions.models.leaderboards import Board


class Certificate(models.Model):
    """Whoever holds the code can ask whether it is genuine. A person has one valid one for each board; a new one takes
    the place of the old. What an organiser revoked (`revoked_by`) cannot be issued again."""

    code = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="certificates")
    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="certificates")
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)  # as the person typed it
    team = models.CharField(max_length=60)
    contest = models.JSONField()  # its title, and so on: as they were on the day, in all languages
    host = models.JSONField(default=dict)
    division = models.JSONField(default=dict)
    rank = models.PositiveIntegerField(null=True, blank=True)  # where the person wanted it said
    rank_of = models.PositiveIntegerField(null=True, blank=True)
    ended_on = models.DateField()
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "board"], condition=Q(revoked_at=None), name="one_valid_certificate_per_board"
            ),
            models.CheckConstraint(
                condition=Q(rank=None, rank_of=None) | Q(rank__gte=1, rank_of__gte=models.F("rank")),
                name="certificate_rank_is_one_of_them",
            ),
        ]

    def __str__(self) -> str:
        return f"certificate {self.code}"
