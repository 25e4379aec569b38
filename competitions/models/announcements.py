"""What organisers tell those who take part, and what the site tells a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition, Phase
from competitions.status import Audience, MailKind


class Announcement(models.Model):
    """A draft until `sent_at`; never changed afterwards. `reached` people were told, each by a Notice."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="announcements")
    title = models.JSONField()
    text = models.JSONField()
    html = models.JSONField()
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.CONTESTANTS)
    phase = models.ForeignKey(Phase, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    reached = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="announcement_audience_is_known"),
            models.CheckConstraint(
                condition=Q(audience="phase", phase__isnull=False) | (~Q(audience="phase") & Q(phase__isnull=True)),
                name="announcement_names_a_phase_where_it_needs_one",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, reached__isnull=True) | Q(sent_at__isnull=False, reached__gte=1),
                name="announcement_sent_reached_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"announcement {self.pk}"


class Notice(models.Model):
    """Something for one person to read on the site. The key says what, so that nobody is told twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    competition = models.ForeignKey(Competition, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    announcement = models.ForeignKey(
        Announcement, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    key = models.CharField(max_length=160)
    content = models.JSONField(default=dict)  # what its text is made of
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.key}"
