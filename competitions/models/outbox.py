"""Effects outside the database: written in the transaction of the act, carried out afterwards, once."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition
from competitions.models.webhooks import WebhookEndpoint
from competitions.status import Channel, MailKind, MailMode, OutboxStatus


class OutboxItem(models.Model):
    """One mail to one person, or one event to one endpoint. The key says which, so that it is there once.

    `content` is what the text is made of when it is sent, in the language the person then has.
    """

    key = models.CharField(max_length=200, unique=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    kind = models.CharField(max_length=40)  # a MailKind, a WebhookEvent or an Invitation
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="outbox_items"
    )
    # Of a mail to somebody who may have no account: an invitation.
    address = models.EmailField(blank=True)
    endpoint = models.ForeignKey(
        WebhookEndpoint, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    competition = models.ForeignKey(Competition, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField()
    status = models.CharField(max_length=10, choices=OutboxStatus.choices, default=OutboxStatus.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    handed_at = models.DateTimeField(null=True, blank=True)  # when the sender began to hand it over
    finished_at = models.DateTimeField(null=True, blank=True)
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)  # of a webhook's receiver
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["status", "due_at"], name="outbox_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel="mail", recipient__isnull=False, address="", endpoint__isnull=True)
                | (Q(channel="mail", recipient__isnull=True, endpoint__isnull=True) & ~Q(address=""))
                | Q(channel="webhook", recipient__isnull=True, address="", endpoint__isnull=False),
                name="outbox_item_has_its_receiver",
            ),
            models.CheckConstraint(condition=Q(status__in=OutboxStatus.values), name="outbox_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.key


class MailSwitch(models.Model):
    """A person's choice for one kind of mail. Without a row the kind's default holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_switches")
    kind = models.CharField(max_length=20, choices=MailKind.choices)
    mode = models.CharField(max_length=10, choices=MailMode.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="mail_switch_once"),
            models.CheckConstraint(condition=Q(mode__in=MailMode.values), name="mail_mode_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} {self.mode}"


class Round(models.Model):
    """Something that the clock starts and that must be done once: a day's digest, a reminder before a deadline."""

    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
