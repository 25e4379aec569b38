"""Who is in a team, what it is called, and who leads it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from competitions.models import Competition, Team, TeamMember, User
from competitions.services import audit
from competitions.services.team_locks import lock_team_of_person, lock_teams
from competitions.services.team_refusals import TeamRefused, require_captain
from competitions.services.teams import clean_name


@transaction.atomic
def rename(team: Team, *, user: User, name: str, now: datetime) -> Team:
    """Receipts keep the name that was signed. Safe twice."""
    team = locked(team)
    require_captain(team, user)
    before, name = team.name, clean_name(name)
    if name == before:
        return team
    taken = TeamRefused(
        "name_taken", _("Another team of this contest is called “%(name)s”; choose another name.") % {"name": name}
    )
    if team.competition.teams.filter(name__iexact=name).exclude(pk=team.pk).exists():
        raise taken
    team.name = name
    try:
        with transaction.atomic():
            team.save(update_fields=["name"])
    except IntegrityError:
        raise taken from None  # two teams at once: the other one was faster
    note(team, "team renamed", user, now, before=before, after=name)
    return team


@transaction.atomic
def leave(*, user: User, competition: Competition, now: datetime) -> None:
    """What the team has submitted, and its quota, stay with it. A captain is followed by the member who came next; the
    last one takes a team along that has submitted nothing. Safe twice."""
    team = lock_team_of_person(user, competition)
    if team is None:
        return
    member = team.members.get(user=user)
    others = list(team.members.exclude(pk=member.pk))
    if not others and (team.submissions.exists() or team.entries.exists()):
        text = _("You are the last member, and this team has submitted: somebody has to answer for what it sent.")
        raise TeamRefused("last_member", text)
    note(team, "left the team", user, now, team=team.name, user=user.get_username())
    member.delete()
    if not others:
        team.delete()
    elif member.is_captain:
        _promote(others[0], None, now)


@transaction.atomic
def remove(team: Team, *, member: User, user: User, now: datetime) -> None:
    """The captain takes somebody out of the team. Safe twice."""
    team = locked(team)
    require_captain(team, user)
    if member == user:
        raise TeamRefused("captain_stays", _("You lead this team. Hand the role over, or leave."))
    found = team.members.filter(user=member).first()
    if found is None:
        return
    found.delete()
    note(team, "removed from the team", user, now, user=member.get_username())


@transaction.atomic
def hand_over(team: Team, *, member: User, user: User, now: datetime) -> None:
    """Somebody else of the team leads it from now on. Safe twice."""
    team = locked(team)
    found = team.members.filter(user=member).first()
    if found is not None and found.is_captain and team.members.filter(user=user).exists():
        return
    require_captain(team, user)
    if found is None:
        raise TeamRefused(
            "not_a_member", _("“%(name)s” is not a member of this team.") % {"name": member.get_username()}
        )
    team.members.filter(is_captain=True).update(is_captain=False)
    _promote(found, user, now)


def _promote(member: TeamMember, user: User | None, now: datetime) -> None:
    member.is_captain = True
    member.save(update_fields=["is_captain"])
    note(member.team, "leads the team", user, now, user=member.user.get_username())


def locked(team: Team) -> Team:
    """The team as it is now, for as long as the transaction lasts."""
    found = lock_teams([team.pk], team.competition).get(team.pk)
    if found is None:
        raise TeamRefused("team_gone", _("This team is no longer there; it became part of another one, or was left."))
    return found


def note(team: Team, verb: str, user: User | None, now: datetime, /, **detail: object) -> None:
    audit.note(verb, now=now, actor=user, competition=team.competition, subject=f"team {team.pk}", detail=detail)
