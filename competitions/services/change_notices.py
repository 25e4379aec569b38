"""What people are told of a change that is in force: what is different, why, and what it did to the public board."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from competitions.change_rules import ChangeKind, differences_in
from competitions.change_texts import effect_texts, told_differences
from competitions.localised import LANGUAGES, text_in
from competitions.models import Announcement, ChangeRequest, User
from competitions.queries.announcements import audience
from competitions.services import announcements
from competitions.services.announcements import MAX_TITLE_CHARACTERS
from competitions.services.notices import tell
from competitions.status import Audience, CompetitionStatus, MailKind


def announce(change: ChangeRequest, *, actor: User, had_data: set[int], now: datetime) -> Announcement | None:
    """A public notice, mailed to everybody who takes part. Where nobody does yet, the contest's change log tells it.
    `had_data` are the people who have the data as they were."""
    competition = change.competition
    people = set(audience(competition, Audience.CONTESTANTS).values_list("pk", flat=True))
    if not people or competition.status != CompetitionStatus.PUBLISHED:
        return None
    title, text = _in_each(change, _title), _in_each(change, _text)
    record = announcements.save_draft(
        competition=competition,
        author=actor,
        title=title,
        text=text,
        audience_kind=Audience.CONTESTANTS,
        phase=None,
        now=now,
    )
    sent = announcements.send(record, actor=actor, expected=len(people), now=now, kind=MailKind.RULES)
    if ChangeKind.DATA in change.kinds:
        _tell(change, title, text, had_data - people, now)
    return sent


def _tell(
    change: ChangeRequest, title: Mapping[str, str], text: Mapping[str, str], others: set[int], now: datetime
) -> None:
    """Whoever has the old data and takes part no longer, or never did."""
    people = User.objects.filter(pk__in=others, is_active=True)
    content = {"title": title, "text": text, "path": reverse("pages:data", args=[change.competition.slug])}
    tell(MailKind.RULES, people, key=f"change:{change.pk}", content=content, now=now, competition=change.competition)


def _in_each(change: ChangeRequest, make: Callable[[ChangeRequest], str]) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            found[language] = make(change)
    return found


def _title(change: ChangeRequest) -> str:
    kinds = ", ".join(str(ChangeKind(kind).label) for kind in change.kinds)
    return (_("Changed: %(kinds)s") % {"kinds": kinds})[:MAX_TITLE_CHARACTERS]


def _text(change: ChangeRequest) -> str:
    lines = [_plain(line) for line in told_differences(differences_in(change.differences), change.competition.zone)]
    effects = effect_texts(change.effect or {}, with_private=False)
    parts = [
        _("**What changes**"),
        "\n".join(f"- {line}" for line in lines),
        _("**Why** (the organisers' words)"),
        "\n".join(f"> {line}" for line in text_in(change.reason).splitlines()),
    ]
    if effects:
        parts += [_("**What it does**"), "\n".join(f"- {_plain(line)}" for line in effects)]
    parts.append(_("Two people decided on this change. The old version is kept; the contest's change log lists all."))
    return "\n\n".join(parts)


def _plain(line: str) -> str:
    """Names are the organiser's and no Markdown of ours."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|" else letter for letter in line)
