"""Who takes part."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from competitions.models.competitions import Competition, Phase, Terms
from competitions.status import ConsentWay, MergeStatus


class Team(models.Model):
    """One or more contestants of a contest. A person who joins alone is a team of one."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A person in a team; in one team of a contest at a time, which the database enforces."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="team_members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_memberships")
    joined_at = models.DateTimeField()
    is_captain = models.BooleanField(default=False)  # the one who invites, renames, removes and merges

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "user"], name="one_team_per_person_and_contest"),
            models.UniqueConstraint(fields=["team"], condition=Q(is_captain=True), name="one_captain_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in team {self.team_id}"


class Acceptance(models.Model):
    """The record that a person accepted one version of the rules."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acceptances")
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)  # of the text that they were shown
    way = models.CharField(
        max_length=8, choices=ConsentWay.choices, blank=True
    )  # empty: not noted in the first contests

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "terms"], name="terms_accepted_once")]

    def __str__(self) -> str:
        return f"{self.user_id} accepted terms {self.terms_id}"


class TeamPhase(models.Model):
    """The row that the quota check locks, so that two uploads at once cannot both take the last place."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "phase"], name="team_phase_once")]

    def __str__(self) -> str:
        return f"team {self.team_id} in phase {self.phase_id}"


class InvitationQuerySet(models.QuerySet["TeamInvitation"]):
    def open(self, now: datetime) -> "InvitationQuerySet":
        return self.filter(closed_at=None, expires_at__gt=now)


class TeamInvitation(models.Model):
    """An invitation to a team: of a person, or by a link that whoever holds it may use once.

    Only the digest of a link is kept. `closed_at`: when it was accepted, declined or taken back; the audit says which.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="team_invitations"
    )
    email = models.EmailField(blank=True)  # where the link is meant to go
    digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    nonce = models.CharField(max_length=64, blank=True)  # from which the link's token is made when a mail is sent
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(closed_at=None, user__isnull=False), name="invited_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, digest=None) | Q(user=None, digest__isnull=False),
                name="invitation_by_name_or_by_link",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to team {self.team_id}"


class TeamMerge(models.Model):
    """A proposal to make one team of two. Accepted, `other` is gone and so is this row: the audit tells the story."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="merges_proposed")
    other = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="merges_received")
    status = models.CharField(max_length=10, choices=MergeStatus.choices, default=MergeStatus.OPEN)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "other"], condition=Q(status=MergeStatus.OPEN), name="merge_proposed_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(status__in=MergeStatus.values), name="merge_status_is_known"),
            models.CheckConstraint(condition=~Q(team=F("other")), name="merge_of_two_teams"),
        ]

    def __str__(self) -> str:
        return f"team {self.other_id} into team {self.team_id}: {self.status}"
