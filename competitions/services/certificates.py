"""Issuing and revoking certificates of taking part."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.models import Board, Certificate, Team, User
from competitions.permissions import can_certify
from competitions.queries.certificates import team_on
from competitions.queries.leaderboards import row_of
from competitions.services import audit

CODE_BYTES = 16  # 128 bits: nobody finds one by trying
MAX_NAME_CHARACTERS = 100
MAX_REASON_CHARACTERS = 300
REPLACED = "replaced"


class CannotCertify(Exception):
    """Nothing can be certified to this person, or not with this name; the message says why."""


@transaction.atomic
def issue(board: Board, *, user: User, name: str, shows_rank: bool, now: datetime) -> Certificate:
    """A certificate for a board of the end; it takes the place of the person's earlier one. Asked again with the same
    words, it is the same one.

    Raises:
        CannotCertify: nothing of theirs was scored, the results are not out, the name is empty, or it was revoked.
    """
    name = clean_name(name)
    team = team_on(board, user)
    if team is None or not can_certify(user, board, now=now):
        raise CannotCertify(_("There is nothing to certify: your team needs a scored submission and released results."))
    User.objects.select_for_update().get(pk=user.pk)  # two clicks at once make one certificate
    earlier = Certificate.objects.filter(user=user, board=board)
    if earlier.filter(revoked_by__isnull=False).exists():
        raise CannotCertify(
            _("The organisers have revoked your certificate. Write to them if you think they are wrong.")
        )
    fields = _frozen(board, team, name, shows_rank=shows_rank)
    valid = earlier.filter(revoked_at=None).first()
    if valid is not None and all(getattr(valid, key) == value for key, value in fields.items()):
        return valid
    earlier.filter(revoked_at=None).update(revoked_at=now, reason=REPLACED)
    today = now.astimezone(board.phase.competition.zone).date()
    code = secrets.token_hex(CODE_BYTES)
    place = {"competition": board.phase.competition, "board": board, "user": user}
    return Certificate.objects.create(code=code, issued_on=today, issued_at=now, **place, **fields)


def clean_name(name: str) -> str:
    """On one line, without what cannot be printed."""
    shown = " ".join("".join(one if one.isprintable() else " " for one in name).split())
    if not shown:
        raise CannotCertify(_("Type the name that the certificate shall show."))
    if len(shown) > MAX_NAME_CHARACTERS:
        raise CannotCertify(_("The name has %(max)s characters at most.") % {"max": MAX_NAME_CHARACTERS})
    return shown


def _frozen(board: Board, team: Team, name: str, *, shows_rank: bool) -> dict[str, object]:
    """What the certificate says for ever."""
    competition, phase = board.phase.competition, board.phase
    row = row_of(board, team) if shows_rank else None
    ended_at = phase.ends_at or board.released_at or competition.created_at
    return {
        "name": name,
        "team": team.name,
        "contest": competition.title,
        "host": competition.host,
        "division": board.division.title if competition.divisions.count() > 1 else {},
        "rank": row.rank if row else None,
        "rank_of": board.standings.count() if row else None,
        "ended_on": ended_at.astimezone(competition.zone).date(),
    }


@transaction.atomic
def revoke(certificate: Certificate, *, user: User, reason: str, now: datetime) -> None:
    """Organisers take it back, with a reason that everybody reads who asks for it. Safe twice.

    Raises:
        CannotCertify: there is no reason.
    """
    reason = " ".join(reason.split())[:MAX_REASON_CHARACTERS]
    if not reason:
        raise CannotCertify(_("Say why it is revoked; whoever asks for the certificate reads it."))
    fields = {"revoked_at": now, "revoked_by": user, "reason": reason}
    if Certificate.objects.filter(pk=certificate.pk, revoked_at=None).update(**fields):
        audit.note(
            "certificate revoked",
            now=now,
            actor=user,
            competition=certificate.competition,
            subject=f"certificate {certificate.pk}",
            reason=reason,
        )
