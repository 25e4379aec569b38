"""What people are told about their teams: that they are asked to join one, that another team wants to merge, that it
did. Part of the act's transaction; the reader's language is chosen when it is shown or sent."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from competitions.models import Team, TeamInvitation, TeamMerge, User
from competitions.services.notices import tell
from competitions.status import MailKind


class TeamNews(StrEnum):
    INVITED = "invited"
    MERGE_PROPOSED = "merge_proposed"
    MERGED = "merged"


def tell_invited(invitation: TeamInvitation, *, by: User, now: datetime) -> None:
    if invitation.user is not None:
        _tell(TeamNews.INVITED, invitation.team, [invitation.user], f"invitation:{invitation.pk}", by, now)


def tell_proposed(merge: TeamMerge, *, by: User, now: datetime) -> None:
    """To those who can answer: the other team's captain."""
    captains = [member.user for member in merge.other.members.filter(is_captain=True).select_related("user")]
    _tell(TeamNews.MERGE_PROPOSED, merge.team, captains, f"merge:{merge.pk}:proposed", by, now)


def tell_merged(merge: TeamMerge, team: Team, *, by: User, now: datetime) -> None:
    """To everybody in the merged team but who accepted."""
    members = [member.user for member in team.members.exclude(user=by).select_related("user")]
    _tell(TeamNews.MERGED, team, members, f"merge:{merge.pk}:done", by, now)


def _tell(news: TeamNews, team: Team, people: Iterable[User], key: str, by: User, now: datetime) -> None:
    content = {"news": news.value, "team": team.name, "by": by.get_username()}
    tell(MailKind.TEAM, people, key=key, content=content, now=now, competition=team.competition)
