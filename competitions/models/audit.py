"""The trace of acts that matter, and effects that wait to be carried out."""

from django.conf import settings
from django.db import models


class AuditEvent(models.Model):
    """Who did what to what, and when. Only ever added."""

    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    verb = models.CharField(max_length=60)
    competition = models.ForeignKey(
        "Competition", null=True, blank=True, on_delete=models.SET_NULL, related_name="audit_events"
    )
    subject = models.CharField(max_length=100, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"


class OutboxMessage(models.Model):
    """An effect outside the database (a mail). Written with the act that causes it, sent once, afterwards."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.key
