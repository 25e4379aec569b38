"""The archive of a contest's results that its organisers have published."""

from django.conf import settings
from django.db import models

from competitions.models.competitions import Competition
from competitions.models.data import Blob


class ResultsArchive(models.Model):
    """The very bytes that were published; publishing again puts others in their place, and the audit log tells both."""

    competition = models.OneToOneField(Competition, on_delete=models.CASCADE, related_name="results_archive")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"results of {self.competition_id}"
