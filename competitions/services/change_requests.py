"""The life of a proposed change: every step is a `move`, which is a compare-and-set and leaves a trace.

What a change needs to be scored is scored beside live traffic, under versions that belong to the request and are
nobody's business before it is applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from competitions.change_rules import DROPPED, ChangeStatus, Difference, kinds_of
from competitions.localised import LANGUAGES
from competitions.models import (
    ChangeEvent,
    ChangeRequest,
    Competition,
    Evaluation,
    Membership,
    ScoringVersion,
    Task,
    User,
)
from competitions.permissions import DECIDING_ROLES, can_decide_change, can_organise
from competitions.services import audit, evaluations, fingerprints, scoring_versions
from competitions.services.moves import IllegalMove, LostClaim
from competitions.services.notices import tell
from competitions.services.scoring_versions import Rules
from competitions.status import EvaluationStatus, MailKind

MAX_REASON_CHARACTERS = 2000


class CannotChange(Exception):
    """The request cannot take this step; the message says why, and what would be right."""


class StaleChange(CannotChange):
    """The contest is no longer what the proposal was made against."""


class NotYours(CannotChange):
    """This person may not take this step."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request is made of."""

    files: Mapping[str, str]
    digest: str
    stored: Mapping[str, Any]
    differences: tuple[Difference, ...]
    base: str
    rules: Mapping[str, Rules]  # of the tasks whose scoring would change


@transaction.atomic
def move(change: ChangeRequest, new: ChangeStatus, *, actor: User | None, now: datetime, **fields: Any) -> None:
    """Change the status if nobody else did since `change` was read, and leave a trace; else raise CannotChange."""
    old = change.status
    if not change.can_become(new):
        raise CannotChange(_("A change that is “%(status)s” cannot take this step.") % {"status": _shown(old)})
    if ChangeRequest.objects.filter(pk=change.pk, status=old).update(status=new, **fields) != 1:
        raise CannotChange(_("Somebody else was faster; look at the change again."))
    change.refresh_from_db()
    _leave_a_trace(change, old, actor, now)
    if new in DROPPED:
        _stop_scoring(change, now=now)


def _shown(status: str) -> str:
    return str(ChangeStatus(status).label)


def _leave_a_trace(change: ChangeRequest, old: str, actor: User | None, now: datetime) -> None:
    ChangeEvent.objects.create(change=change, at=now, old=old, new=change.status, actor=actor)
    audit.note(
        f"change {change.status}",
        now=now,
        actor=actor,
        competition=change.competition,
        subject=f"change {change.pk}",
        reason=change.decision or " / ".join(sorted(set(change.reason.values()))),
        before={"status": old, "base": change.base} if old else None,
        after={"status": change.status, "digest": change.digest, "differences": change.differences},
        detail={"kinds": change.kinds, "effect": change.effect},
    )


# -- steps ------------------------------------------------------------------------------------------------------------


def reasons(english: str, japanese: str = "") -> dict[str, str]:
    """The organiser's own words in both languages; one text stands for both. Raises CannotChange without any."""
    found = {"en": english.strip(), "ja": japanese.strip()}
    known = found["en"] or found["ja"]
    if not known:
        raise CannotChange(_("Say why: everybody who takes part will read the reason."))
    if max(map(len, found.values())) > MAX_REASON_CHARACTERS:
        raise CannotChange(_("A reason has %(most)s characters at most.") % {"most": MAX_REASON_CHARACTERS})
    return {language: text or known for language, text in found.items()}


@transaction.atomic
def draft(
    competition: Competition, made_of: Draft, *, actor: User, reason: Mapping[str, str], now: datetime
) -> ChangeRequest:
    """A new request. What must be scored to show its effect is queued behind everything that is live."""
    if not can_organise(actor, competition):
        raise NotYours(_("Only those who organise the contest propose changes of it."))
    if competition.published_at is None:
        raise CannotChange(_("This contest is not launched yet: change it directly."))
    if not kinds_of(made_of.differences):
        raise CannotChange(_("Nothing here decides the contest: change it directly, nobody has to approve it."))
    change = ChangeRequest.objects.create(
        competition=competition,
        kinds=kinds_of(made_of.differences),
        files=dict(made_of.files),
        digest=made_of.digest,
        stored=dict(made_of.stored),
        base=made_of.base,
        differences=[one.as_dict() for one in made_of.differences],
        reason=dict(reason),
        proposed_by=actor,
        created_at=now,
    )
    _leave_a_trace(change, "", actor, now)
    _begin_scoring(change, made_of.rules, now=now)
    return change


def _begin_scoring(change: ChangeRequest, rules: Mapping[str, Rules], *, now: datetime) -> None:
    for key, frozen in rules.items():
        task = Task.objects.get(competition=change.competition, key=key)
        reason = " / ".join(sorted(set(change.reason.values())))
        version = scoring_versions.publish(task, frozen, now=now, reason=reason, change=change)
        scoring_versions.rescore(task, version, now=now)


def propose(change: ChangeRequest, *, actor: User, now: datetime) -> None:
    """Ask for the second person. The effect must be known, and the contest what it was."""
    if actor.pk != change.proposed_by_id:
        raise NotYours(_("Only the person who made this draft proposes it."))
    if change.effect is None or unscored(change):
        raise CannotChange(_("Its effect is still being computed; propose it when it is there."))
    require_fresh(change)
    with transaction.atomic():
        move(change, ChangeStatus.PROPOSED, actor=actor, now=now, proposed_at=now)
        _tell_deciders(change, now=now)


def _tell_deciders(change: ChangeRequest, *, now: datetime) -> None:
    """Those of the contest who may be the second person."""
    working = Membership.objects.filter(competition=change.competition, role__in=DECIDING_ROLES).values("user")
    people = User.objects.filter(pk__in=working, is_active=True).exclude(pk=change.proposed_by_id)
    content = {
        "title": _in_each(gettext_noop("A change of the contest waits for a second person")),
        "text": change.reason,
        "path": reverse("pages:change", args=[change.competition.slug, change.pk]),
    }
    key = f"change-proposed:{change.pk}:{now.isoformat()}"
    tell(MailKind.RULES, people, key=key, content=content, now=now, competition=change.competition)


def _in_each(text: str) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = _(text)
    return found


@transaction.atomic
def approve(change: ChangeRequest, *, actor: User, now: datetime) -> None:
    """By a second person who reviews, owns or organises. Raises StaleChange where the contest has changed meanwhile."""
    Competition.objects.select_for_update().get(pk=change.competition_id)
    if actor.pk == change.proposed_by_id:
        raise NotYours(_("Whoever proposed a change does not approve it: a second person does."))
    if change.status != ChangeStatus.PROPOSED:
        raise CannotChange(
            _("A change that is “%(status)s” cannot take this step.") % {"status": _shown(change.status)}
        )
    if not can_decide_change(actor, change):
        raise NotYours(_("Reviewers, owners and organisers of this contest approve its changes."))
    require_fresh(change)
    move(change, ChangeStatus.APPROVED, actor=actor, now=now, decided_by=actor, decided_at=now)


def refuse(change: ChangeRequest, *, actor: User, why: str, now: datetime) -> None:
    if not can_decide_change(actor, change):
        raise NotYours(_("Reviewers, owners and organisers of this contest decide on its changes, never on their own."))
    if not why.strip():
        raise CannotChange(_("Say why it is refused."))
    move(change, ChangeStatus.REFUSED, actor=actor, now=now, decided_by=actor, decided_at=now, decision=why.strip())


def withdraw(change: ChangeRequest, *, actor: User, now: datetime) -> None:
    if actor.pk != change.proposed_by_id:
        raise NotYours(_("Only the person who made a change withdraws it."))
    move(change, ChangeStatus.WITHDRAWN, actor=actor, now=now)


def require_fresh(change: ChangeRequest) -> None:
    if fingerprints.fingerprint(change.competition) != change.base:
        raise StaleChange(
            _("The contest has changed since this was drafted. Withdraw it and propose it again, on what is there now.")
        )


# -- scoring beside the live one --------------------------------------------------------------------------------------


def versions_of(change: ChangeRequest) -> list[ScoringVersion]:
    return list(change.scoring_versions.select_related("task__current_version").order_by("task__position", "pk"))


def unscored(change: ChangeRequest) -> int:
    """How many scorings of this change are still to come, faults of ours among them."""
    own = Evaluation.objects.filter(scoring_version__change=change)
    return own.exclude(scoring_versions.DONE).count()


def catch_up(change: ChangeRequest, *, now: datetime) -> int:
    """Queue what was uploaded since the scoring began. Returns how many."""
    return sum(scoring_versions.rescore(version.task, version, now=now) for version in versions_of(change))


def _stop_scoring(change: ChangeRequest, *, now: datetime) -> None:
    """Nobody will look at the rest; what is running may end."""
    waiting = Evaluation.objects.filter(
        scoring_version__change=change, status__in=[EvaluationStatus.QUEUED, EvaluationStatus.WAITING]
    )
    for evaluation in waiting:
        try:
            # Not the run of a program that it waits for: a live scoring may wait for the same one.
            evaluations.cancel(evaluation, now=now)
        except (IllegalMove, LostClaim):
            continue  # a worker has it: its score will be looked at by nobody
