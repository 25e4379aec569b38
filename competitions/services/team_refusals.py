"""Why an act on a team is refused, and the checks that several of these acts share."""

from datetime import datetime

from django.utils.translation import gettext as _

from competitions.models import Competition, Team, User
from competitions.permissions import can_lead
from competitions.queries.teams import is_forming
from competitions.status import CompetitionStatus


class TeamRefused(Exception):
    """The act is not possible; the message says why and what is. `code` is for programs and never changes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def require_forming(competition: Competition, now: datetime) -> None:
    """People may join teams, and teams may merge, until the contest's deadline for that."""
    if competition.status != CompetitionStatus.PUBLISHED:
        raise TeamRefused("closed", _("This contest is not published yet."))
    if competition.team_max_size == 1:
        raise TeamRefused("solo_only", _("In this contest everybody takes part alone."))
    if not is_forming(competition, now=now):
        raise TeamRefused("team_deadline", _("The deadline for forming teams has passed; teams stay as they are."))


def require_captain(team: Team, user: User) -> None:
    if not can_lead(user, team):
        raise TeamRefused("not_captain", _("Only the captain of the team can do this."))


def require_room(team: Team, *, joining: int) -> None:
    """Call it while the team is locked."""
    size, limit = team.members.count(), team.competition.team_max_size
    if size + joining <= limit:
        return
    text = _("A team has %(limit)s members at most; this one would have %(size)s.")
    raise TeamRefused("team_full", text % {"limit": limit, "size": size + joining})
