"""Teams and their people."""

from competitions.models import Competition, Team
from competitions.permissions import Visitor


def team_of(user: Visitor, competition: Competition) -> Team | None:
    """The team this person is in, in this contest."""
    if not user.is_authenticated:
        return None
    return Team.objects.filter(competition=competition, members__user=user).first()
