"""Promotion into a phase: organisers confirm it once, from the released board or from their own list; then it stands.

All teams that took part in the phase before are told, those that go on and those that do not.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from competitions.localised import LANGUAGES
from competitions.models import Promotion, PromotionRule, User
from competitions.queries.promotions import Candidate, proposal
from competitions.services import audit
from competitions.services.notices import tell
from competitions.status import MailKind


class CannotPromote(Exception):
    """Not now, or not these; the message says why."""


@transaction.atomic
def confirm(rule: PromotionRule, *, user: User, teams: Collection[int], now: datetime, reason: str = "") -> int:
    """Freeze who is promoted: `teams` are their ids. By a rule with `first` they are exactly those of the board, so
    that nobody confirms another list than the page showed. Returns how many; the second time nothing changes.

    Raises:
        CannotPromote: the boards are not released yet, or the teams are not those of the board (or not of the phase).
    """
    rule = PromotionRule.objects.select_for_update().get(pk=rule.pk)
    if rule.confirmed_at is not None:
        return rule.promotions.filter(is_promoted=True).count()
    found = proposal(rule, now=now)
    if found.board is None:
        raise CannotPromote(_("The boards of the phase before are not released yet."))
    wanted = frozenset(teams)
    _require_right(rule, found.candidates, wanted)
    Promotion.objects.bulk_create(
        Promotion(rule=rule, team=one.team, rank=one.rank, is_promoted=one.team.pk in wanted)
        for one in found.candidates
    )
    PromotionRule.objects.filter(pk=rule.pk).update(confirmed_at=now, confirmed_by=user)
    _leave_a_trace(rule, found.candidates, wanted, user, reason, now)
    for one in found.candidates:
        _tell(rule, one, is_promoted=one.team.pk in wanted, now=now)
    return len(wanted)


def _require_right(rule: PromotionRule, candidates: Collection[Candidate], wanted: frozenset[int]) -> None:
    known = {one.team.pk for one in candidates}
    if not wanted <= known:
        raise CannotPromote(_("Only teams that took part in the phase before can be promoted."))
    if not wanted:
        raise CannotPromote(_("No team is named; name at least one."))
    if rule.first is not None and wanted != {one.team.pk for one in candidates if one.is_proposed}:
        raise CannotPromote(_("The list has changed since you saw it. Look at it again, then confirm."))


def _leave_a_trace(
    rule: PromotionRule,
    candidates: Collection[Candidate],
    wanted: frozenset[int],
    user: User,
    reason: str,
    now: datetime,
) -> None:
    audit.note(
        "promotion confirmed",
        now=now,
        actor=user,
        competition=rule.phase.competition,
        subject=f"phase {rule.phase_id}",
        reason=reason,
        detail={
            "from": rule.source.key,
            "into": rule.phase.key,
            "first": rule.first,
            "promoted": [{"team": one.team.pk, "rank": one.rank} for one in candidates if one.team.pk in wanted],
            "not_promoted": sum(one.team.pk not in wanted for one in candidates),
        },
    )


def _tell(rule: PromotionRule, one: Candidate, *, is_promoted: bool, now: datetime) -> None:
    competition = rule.phase.competition
    content = {
        "title": _title(is_promoted=is_promoted),
        "text": _text(rule, one, is_promoted=is_promoted),
        "path": reverse("pages:promotion", args=[competition.slug, rule.phase.key]),
    }
    people = [member.user for member in one.team.members.select_related("user")]
    key = f"promotion:{rule.pk}:{one.team.pk}"
    tell(MailKind.RESULTS, people, key=key, content=content, now=now, competition=competition)


def _title(*, is_promoted: bool) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = _("Your team is promoted") if is_promoted else _("Your team is not promoted")
    return found


def _text(rule: PromotionRule, one: Candidate, *, is_promoted: bool) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            names = {"team": one.team.name, "phase": rule.phase.name.get(language) or rule.phase.key}
            if is_promoted:
                found[language] = _("“%(team)s” may submit in “%(phase)s”.") % names
            else:
                found[language] = _("“%(team)s” does not go on to “%(phase)s”. Thank you for taking part.") % names
    return found
