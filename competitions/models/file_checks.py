"""Files that somebody wants checked before they submit them."""

from django.db import models
from django.db.models import Q

from competitions.models.competitions import ScoringVersion
from competitions.models.people import User
from competitions.status import FileCheckStatus


class FileCheck(models.Model):
    """One file on its way through a normalise box. It lives as long as the request that waits for it, a minute at most.

    Web processes run no boxes, workers do; this row is how the two meet. One at a time for each person.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    scoring_version = models.ForeignKey(ScoringVersion, on_delete=models.CASCADE, related_name="+")
    held_name = models.CharField(max_length=100)  # of the file among those that are held for a moment
    file_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=FileCheckStatus.choices, default=FileCheckStatus.WAITING)
    problems = models.JSONField(default=list, blank=True)
    problem_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=FileCheckStatus.values), name="file_check_status_is_known"),
        ]

    def __str__(self) -> str:
        return f"check of {self.file_name}: {self.status}"
