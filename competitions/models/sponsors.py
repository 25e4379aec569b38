"""Who supports a contest, and what sponsors are told of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.logos import TYPES
from competitions.models.competitions import Competition
from competitions.models.data import Blob, DataRelease
from competitions.status import GroupKind


class Sponsor(models.Model):
    """A sponsor as everybody sees it. The people of a sponsor are Membership rows with the role."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="sponsors")
    key = models.SlugField(max_length=40)
    name = models.JSONField()
    role = models.JSONField(default=dict)
    url = models.URLField(max_length=400, blank=True)
    logo = models.ForeignKey(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    logo_format = models.CharField(max_length=8, blank=True)
    logo_width = models.PositiveIntegerField(default=0)  # in pixels
    logo_height = models.PositiveIntegerField(default=0)
    description = models.JSONField(default=dict)
    html = models.JSONField(default=dict)
    prizes = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "key"], name="sponsor_key_once"),
            models.CheckConstraint(
                condition=Q(logo=None, logo_format="") | Q(logo__isnull=False, logo_format__in=list(TYPES)),
                name="sponsor_logo_is_a_known_picture",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competition_id}/{self.key}"


class GroupReport(models.Model):
    """People by country or affiliation as published on one day of the contest: see competitions.small_groups.

    What was published stays, for the next table must tell nothing beside it.
    """

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="group_reports")
    kind = models.CharField(max_length=12, choices=GroupKind.choices)
    day = models.DateField()
    groups = models.JSONField(default=dict)
    rest = models.PositiveIntegerField()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "kind", "day"], name="group_report_once_a_day"),
            models.CheckConstraint(condition=Q(kind__in=GroupKind.values), name="group_report_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.competition_id}: {self.kind} on {self.day}"


class FirstDownload(models.Model):
    """When a person first fetched anything of a data release; later ones leave no trace."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="first_downloads")
    release = models.ForeignKey(DataRelease, on_delete=models.CASCADE, related_name="first_downloads")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "release"], name="first_download_once")]

    def __str__(self) -> str:
        return f"{self.user_id} fetched release {self.release_id}"
