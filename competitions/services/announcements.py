"""An announcement: drafted, counted, sent once to exactly the people that were counted."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.localised import LANGUAGES
from competitions.markdown import render
from competitions.models import Announcement, Competition, Phase, User
from competitions.queries.announcements import audience
from competitions.services import audit, webhooks
from competitions.services.notices import tell
from competitions.status import Audience, CompetitionStatus, MailKind, WebhookEvent

MAX_TITLE_CHARACTERS = 120
MAX_TEXT_CHARACTERS = 20_000
Texts = Mapping[str, str]


class InvalidAnnouncement(Exception):
    """It lacks a text in one of the languages, or names no phase."""


class AlreadySent(Exception):
    """What was sent is not changed; another announcement corrects it."""


class AudienceChanged(Exception):
    """Between the question and the answer people came or left. `count` is how many it would reach now."""

    def __init__(self, count: int) -> None:
        super().__init__(_("It would reach %(count)s people now. Look again, then send.") % {"count": count})
        self.count = count


@transaction.atomic
def save_draft(
    *,
    competition: Competition,
    author: User,
    title: Texts,
    text: Texts,
    audience_kind: str,
    phase: Phase | None,
    now: datetime,
    draft: Announcement | None = None,
) -> Announcement:
    """A new draft, or `draft` with other words."""
    _require_complete(competition, title, text, audience_kind, phase)
    record = _locked(draft) if draft else Announcement(competition=competition, author=author, created_at=now)
    record.title, record.text = dict(title), dict(text)
    record.html = {language: render(text[language]) for language in LANGUAGES}
    record.audience, record.phase = audience_kind, phase if audience_kind == Audience.PHASE else None
    record.save()
    return record


def _require_complete(
    competition: Competition, title: Texts, text: Texts, audience_kind: str, phase: Phase | None
) -> None:
    for language in LANGUAGES:
        if not title.get(language, "").strip() or not text.get(language, "").strip():
            raise InvalidAnnouncement(
                _("Write title and text in both languages; “%(code)s” lacks one.") % {"code": language}
            )
        if len(title[language]) > MAX_TITLE_CHARACTERS or len(text[language]) > MAX_TEXT_CHARACTERS:
            limits = {"title": MAX_TITLE_CHARACTERS, "text": MAX_TEXT_CHARACTERS}
            raise InvalidAnnouncement(_("A title has %(title)s characters at most, a text %(text)s.") % limits)
    if audience_kind not in Audience.values:
        raise InvalidAnnouncement(_("Choose whom it is for."))
    if audience_kind == Audience.PHASE and (phase is None or phase.competition_id != competition.pk):
        raise InvalidAnnouncement(_("Choose the phase whose teams it is for."))


def _locked(announcement: Announcement) -> Announcement:
    found = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if found.sent_at is not None:
        raise AlreadySent(_("This announcement was sent; write another one to correct it."))
    return found


@transaction.atomic
def discard(announcement: Announcement) -> None:
    """Safe twice."""
    if Announcement.objects.filter(pk=announcement.pk).exists():
        _locked(announcement).delete()


@transaction.atomic
def send(
    announcement: Announcement,
    *,
    actor: User,
    expected: int,
    now: datetime,
    kind: MailKind = MailKind.ANNOUNCEMENT,
) -> Announcement:
    """Tell the audience, which must be as large as `expected`, the number that was confirmed. Safe twice. `kind` is
    the switch that it goes by."""
    record = (
        Announcement.objects.select_for_update(of=("self",))
        .select_related("competition", "phase")
        .get(pk=announcement.pk)
    )
    if record.sent_at is not None:
        return record
    competition = record.competition
    if competition.status != CompetitionStatus.PUBLISHED and record.audience != Audience.ORGANISERS:
        raise InvalidAnnouncement(_("Publish the contest first; nobody can read its announcements yet."))
    people = list(audience(competition, record.audience, record.phase))
    if len(people) != expected or not people:
        raise AudienceChanged(len(people))
    record.sent_at, record.reached = now, len(people)
    record.save(update_fields=["sent_at", "reached"])
    _tell(record, people, kind, now)
    audit.note(
        "announcement sent",
        now=now,
        actor=actor,
        competition=competition,
        subject=f"announcement {record.pk}",
        detail={"audience": record.audience, "reached": len(people), "title": record.title},
    )
    return record


def _tell(record: Announcement, people: list[User], kind: MailKind, now: datetime) -> None:
    key = f"announcement:{record.pk}"
    tell(
        kind,
        people,
        key=key,
        content={"announcement": record.pk},
        now=now,
        competition=record.competition,
        announcement=record,
    )
    if record.audience == Audience.CONTESTANTS:  # what is for some only is told to nobody else
        data = {"announcement": record.pk, "title": record.title}
        webhooks.emit(record.competition, WebhookEvent.ANNOUNCEMENT_SENT, data, key=key, now=now)
