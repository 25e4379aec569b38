"""Who takes part."""

from django.conf import settings
from django.db import models

from competitions.models.competitions import Competition, Phase, Terms


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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["competition", "user"], name="one_team_per_person_and_contest")]

    def __str__(self) -> str:
        return f"{self.user_id} in team {self.team_id}"


class Acceptance(models.Model):
    """The record that a person accepted one version of the rules."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acceptances")
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField()

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
