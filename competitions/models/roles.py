"""Who is asked, by mail, to take a role in a contest."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from competitions.models.competitions import Competition
from competitions.status import InvitationOutcome, Role


class RoleInvitationQuerySet(models.QuerySet["RoleInvitation"]):
    def open(self, now: datetime) -> "RoleInvitationQuerySet":
        return self.filter(outcome="", expires_at__gt=now)


class RoleInvitation(models.Model):
    """A role for whoever owns an address. Of the link only the digest is kept: its token is made from `nonce` and the
    site's key in the moment the mail is sent (services.invitation_links). A mail that is sent again has a new one."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="role_invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role.choices)
    language = models.CharField(max_length=5)
    note = models.CharField(max_length=500, blank=True)
    nonce = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    times_sent = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=InvitationOutcome.choices, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = RoleInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "competition", Lower("email"), "role", condition=Q(outcome=""), name="role_offered_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_invitation_role_is_known"),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at=None)
                | Q(outcome__in=InvitationOutcome.values, closed_at__isnull=False),
                name="role_invitation_closed_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"role invitation {self.pk}: {self.role} of {self.competition_id}"
