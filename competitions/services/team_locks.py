"""Who waits for whom where teams change: tasks, then teams, then their rows in phases, then boards; each in the order
of ids. Whoever takes more than one of these takes them in this order, so that nobody waits in a circle.

A team may become part of another one at any time before the deadline for teams. Uploads and scores that are under way
then wait here until it has, and go on with the team that is left.
"""

from collections.abc import Iterable

from competitions.models import Competition, Submission, Task, Team, User


def lock_team_of(submission: Submission) -> Team:
    """The team that a submission belongs to now, for as long as the transaction lasts."""
    while True:
        team_id = Submission.objects.values_list("team_id", flat=True).get(pk=submission.pk)
        team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
        if team is not None and Submission.objects.filter(pk=submission.pk, team=team).exists():
            return team


def lock_team_of_person(user: User, competition: Competition) -> Team | None:
    """The team that a person is in now; None where they are in none."""
    while True:
        team_id = competition.team_members.filter(user=user).values_list("team_id", flat=True).first()
        if team_id is None:
            return None
        team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
        if team is not None and team.members.filter(user=user).exists():
            return team


def lock_teams(teams: Iterable[int], competition: Competition) -> dict[int, Team]:
    """Teams of a contest, to be changed or removed; by id, without those that are gone."""
    found = competition.teams.select_for_update().filter(pk__in=list(teams)).order_by("pk")
    return {team.pk: team for team in found}


def lock_tasks(competition: Competition) -> list[Task]:
    """So that no scoring version goes live, and rebuilds boards, in the middle."""
    return list(competition.tasks.select_for_update(no_key=True).order_by("pk"))
