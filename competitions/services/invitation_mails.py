"""What a mail says that invites somebody, who may have no account: to what, by whom, until when, and the link."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from competitions.localised import text_in
from competitions.models import Competition, OutboxItem, RoleInvitation, TeamInvitation
from competitions.role_texts import ROLE_TEXTS
from competitions.services.invitation_links import token_of
from competitions.services.outbox import NotWanted
from competitions.status import CompetitionStatus, Invitation, Role


@dataclass(frozen=True, slots=True)
class InvitationText:
    """`address` is the link; it is in the mail and nowhere else."""

    competition: Competition
    language: str
    title: str
    paragraphs: tuple[str, ...]
    address: str


def invitation_text(item: OutboxItem) -> InvitationText:
    """Raises NotWanted where the invitation is closed, or was sent again with another link."""
    return TEXTS[Invitation(item.kind)](item)


def _role_text(item: OutboxItem) -> InvitationText:
    found = RoleInvitation.objects.select_related("competition", "invited_by").filter(pk=item.content["invitation"])
    invitation = found.first()
    if invitation is None or invitation.outcome or invitation.expires_at <= timezone.now():
        raise NotWanted("the invitation is closed")
    if invitation.times_sent != item.content["time"]:
        raise NotWanted("the invitation was sent again")
    token = token_of(invitation.nonce, invitation.digest)
    if token is None:
        raise NotWanted("the site's key has changed; send the invitation again")
    contest = invitation.competition
    with translation.override(invitation.language):
        role, name = Role(invitation.role), text_in(contest.title)
        by = invitation.invited_by.get_username() if invitation.invited_by else "Tidemark"
        title = _("Invitation: %(role)s of “%(contest)s”") % {"role": role.label, "contest": name}
        paragraphs = (
            _("%(by)s asks you to work on the contest “%(contest)s” as %(role)s.")
            % {"by": by, "role": role.label, "contest": name},
            *([f"{by}: {invitation.note}"] if invitation.note else []),
            str(ROLE_TEXTS[role]),
            _until(invitation.expires_at, contest),
        )
    address = settings.SITE_URL + reverse("pages:role_invitation") + "?" + urlencode({"token": token})
    return InvitationText(contest, invitation.language, title, paragraphs, address)


def _team_text(item: OutboxItem) -> InvitationText:
    found = TeamInvitation.objects.select_related("team__competition", "invited_by")
    invitation = found.filter(pk=item.content["invitation"], closed_at=None, expires_at__gt=timezone.now()).first()
    if invitation is None or invitation.team.competition.status != CompetitionStatus.PUBLISHED:
        raise NotWanted("the invitation is closed")
    token = token_of(invitation.nonce, invitation.digest or "")
    if token is None:
        raise NotWanted("the site's key has changed; invite again")
    contest, language = invitation.team.competition, invitation.invited_by.language or settings.LANGUAGE_CODE
    with translation.override(language):
        words = {"by": invitation.invited_by.get_username(), "team": invitation.team.name}
        title = _("An invitation to the team “%(team)s”") % words
        text = _("%(by)s asks you to join the team “%(team)s” of the contest “%(contest)s”.")
        paragraphs = (text % {**words, "contest": text_in(contest.title)}, _until(invitation.expires_at, contest))
    address = settings.SITE_URL + reverse("pages:team_link", args=[contest.slug, token])
    return InvitationText(contest, language, title, paragraphs, address)


def _until(at: datetime, competition: Competition) -> str:
    local = at.astimezone(competition.zone)
    instant = f"{date_format(local, pgettext('date format', 'j M Y, H:i'))} {local.tzname()}"
    return _("The link works once, until %(instant)s. Open it, sign in or sign up, then accept or decline.") % {
        "instant": instant
    }


TEXTS: dict[Invitation, Callable[[OutboxItem], InvitationText]] = {
    Invitation.ROLE: _role_text,
    Invitation.TEAM: _team_text,
}
