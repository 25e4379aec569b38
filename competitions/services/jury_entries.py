"""Handing in to a juried division: documents are stored and looked at first, then counted and recorded at once.

As with submissions the time that counts is when the upload began, and GRACE is what it may take beyond the deadline.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.document_kinds import document_kind
from competitions.judging import DocumentKind, JudgingRules, Video
from competitions.models import Blob, Division, Entry, EntryDocument, EntryVersion, Team, User
from competitions.permissions import can_submit
from competitions.queries.jury import counted_version
from competitions.queries.teams import team_of
from competitions.quota import GRACE, day_bounds
from competitions.services import audit
from competitions.services.submissions import MAX_KEY_CHARACTERS, clean_file_name
from competitions.services.team_locks import lock_team_of_person
from competitions.store import FileTooLarge, Store, StoredFile

MAX_TITLE = 200
MAX_URL = 500
FEWEST_NUMBERS = 99  # numbers are drawn from so many at least, so that they tell nothing of the order


class EntryRefused(Exception):
    """`code` is for programs, the message says what would be right."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class IncomingFile:
    name: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Words:
    """What is handed in beside documents."""

    title: str
    abstract: str = ""
    video_url: str = ""


@dataclass(frozen=True, slots=True)
class _Document:
    kind: DocumentKind
    stored: StoredFile
    file_name: str


def hand_in(
    *,
    user: User,
    division: Division,
    words: Words,
    files: Sequence[IncomingFile],
    keep: Sequence[int] = (),
    key: str = "",
    now: datetime,
    clock: Callable[[], datetime] = timezone.now,
) -> EntryVersion:
    """A new version of the team's entry; the last one counts. `keep` are positions of documents of the version before
    that stay, in front of the new files. Safe twice under the same key. Raises EntryRefused or FileTooLarge."""
    rules = division.rules
    team = team_of(user, division.competition)
    if team is None or not can_submit(user, division.competition):
        raise EntryRefused("not_taking_part", _("Join the contest and accept the newest version of its rules first."))
    if len(key) > MAX_KEY_CHARACTERS:
        raise EntryRefused("invalid_key", _("An idempotency key has %(max)s characters at most.") % {"max": 100})
    earlier = _earlier(team, division, key)
    if earlier is not None:
        return earlier
    _require_open(rules, now)
    words = _checked_words(words, rules)
    kept = _kept(team, division, keep)
    _require_count(len(kept) + len(files), rules)
    documents = [*kept, *(_stored(file, rules) for file in files)]
    if clock() > rules.due_at + GRACE:
        raise EntryRefused("closed", _closed_text())
    return _record(user, division, words, documents, key, now)


def _earlier(team: Team, division: Division, key: str) -> EntryVersion | None:
    if not key:
        return None
    return EntryVersion.objects.filter(entry__team=team, entry__division=division, idempotency_key=key).first()


def _require_open(rules: JudgingRules, now: datetime) -> None:
    if rules.opens_at is not None and now < rules.opens_at:
        raise EntryRefused("not_open", _("This division does not take entries yet."))
    if now > rules.due_at:
        raise EntryRefused("closed", _closed_text())


def _closed_text() -> str:
    return _("The deadline of this division has passed. Uploads that began before it have 10 more minutes to end.")


# -- texts ------------------------------------------------------------------------------------------------------------


def _checked_words(words: Words, rules: JudgingRules) -> Words:
    title, abstract = _one_line(words.title), words.abstract.replace("\0", "").strip()
    if not title or len(title) > MAX_TITLE:
        raise EntryRefused("invalid_title", _("Give a title of 1 to %(max)s characters.") % {"max": MAX_TITLE})
    limit = rules.entry.abstract_characters
    if len(abstract) > limit:
        text = _("The abstract has %(length)s characters; at most %(max)s fit.")
        raise EntryRefused("abstract_too_long", text % {"length": len(abstract), "max": limit})
    return Words(title, abstract, _checked_video(words.video_url.strip(), rules.entry.video))


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _checked_video(url: str, wanted: Video) -> str:
    if not url:
        if wanted == Video.REQUIRED:
            raise EntryRefused("video_missing", _("Give the link to your video."))
        return ""
    if wanted == Video.NONE:
        raise EntryRefused("video_not_wanted", _("This division takes no video link."))
    text = _("“%(url)s” is not a link that is taken: it begins with https://, and holds no user name or password.")
    try:
        URLValidator(schemes=["https"])(url)
        has_user = "@" in urlsplit(url).netloc
    except (ValidationError, ValueError):
        has_user = True
    if has_user or len(url) > MAX_URL:
        raise EntryRefused("invalid_video", text % {"url": url[:100]})
    return url


# -- documents --------------------------------------------------------------------------------------------------------


def _kept(team: Team, division: Division, positions: Sequence[int]) -> list[_Document]:
    if not positions:
        return []
    entry = Entry.objects.filter(team=team, division=division).first()
    found = {one.position: one for one in counted_version(entry).documents.all()} if entry else {}
    missing = [position for position in positions if position not in found]
    if missing:
        text = _("Document %(number)s is not in your last version; load the page again.")
        raise EntryRefused("no_such_document", text % {"number": missing[0]})
    return [_again(found[position]) for position in dict.fromkeys(positions)]


def _again(document: EntryDocument) -> _Document:
    blob = document.blob
    return _Document(DocumentKind(document.kind), StoredFile(blob.sha256, blob.size_bytes), document.file_name)


def _require_count(count: int, rules: JudgingRules) -> None:
    least, most = rules.entry.min_files, rules.entry.max_files
    if count < least:
        text = ngettext(
            "%(count)s file is handed in; at least %(least)s are needed.",
            "%(count)s files are handed in; at least %(least)s are needed.",
            count,
        )
        raise EntryRefused("too_few_files", text % {"count": count, "least": least})
    if count > most:
        text = _("%(count)s files are handed in; at most %(most)s are taken.")
        raise EntryRefused("too_many_files", text % {"count": count, "most": most})


def _stored(file: IncomingFile, rules: JudgingRules) -> _Document:
    name, limit = clean_file_name(file.name), rules.entry.max_file_bytes
    store = Store(settings.FILES_DIR)
    try:
        stored = store.put(file.chunks, max_bytes=limit)
    except FileTooLarge as error:
        text = _("“%(name)s” is larger than %(limit)s MiB, the limit of a file here.")
        limit_mib = error.max_bytes // (1024 * 1024)
        raise EntryRefused("file_too_large", text % {"name": name, "limit": limit_mib}) from None
    kind = document_kind(store.blob_path(stored.sha256)) if stored.size_bytes else None
    if kind not in rules.entry.kinds:
        raise EntryRefused("wrong_kind", _wrong_kind_text(name, kind, rules))
    return _Document(DocumentKind(kind), stored, name)


def _wrong_kind_text(name: str, kind: DocumentKind | None, rules: JudgingRules) -> str:
    wanted = ", ".join(str(one.label) for one in rules.entry.kinds)
    if kind is None:
        text = _("“%(name)s” is, by its content, none of these: %(wanted)s.")
    else:
        text = _("“%(name)s” is, by its content, a file of the kind “%(kind)s”; taken are: %(wanted)s.")
    return text % {"name": name, "kind": kind.label if kind else "", "wanted": wanted}


# -- recording --------------------------------------------------------------------------------------------------------


@transaction.atomic
def _record(
    user: User, division: Division, words: Words, documents: Sequence[_Document], key: str, now: datetime
) -> EntryVersion:
    """The team stays locked, so that two uploads at once cannot both take the last place of the day."""
    team = lock_team_of_person(user, division.competition)
    if team is None:
        raise EntryRefused("not_taking_part", _("Join the contest and accept the newest version of its rules first."))
    earlier = _earlier(team, division, key)
    if earlier is not None:
        return earlier
    entry = Entry.objects.filter(team=team, division=division).first() or _new_entry(team, division, now)
    _require_quota(entry, division, now)
    last = entry.versions.order_by("-number").first()
    version = EntryVersion.objects.create(
        entry=entry,
        number=last.number + 1 if last else 1,
        user=user,
        team_name=team.name,
        title=words.title,
        abstract=words.abstract,
        video_url=words.video_url,
        submitted_at=now,
        sha256=_digest(words, documents),
        idempotency_key=key,
    )
    EntryDocument.objects.bulk_create(_rows(version, documents, now))
    audit.note(
        "entry handed in",
        now=now,
        actor=user,
        competition=division.competition,
        subject=f"{division.key} entry version {version.pk}",
        detail={"team": team.pk, "sha256": version.sha256},
    )
    return version


def _new_entry(team: Team, division: Division, now: datetime) -> Entry:
    """Its number is drawn, while the division is locked, from those that the contest has not used."""
    Division.objects.select_for_update().get(pk=division.pk)
    taken = set(Entry.objects.filter(division__competition=division.competition_id).values_list("number", flat=True))
    pool = range(1, max(FEWEST_NUMBERS, 3 * (len(taken) + 1)) + 1)
    number = secrets.choice([one for one in pool if one not in taken])
    return Entry.objects.create(team=team, division=division, number=number, created_at=now)


def _require_quota(entry: Entry, division: Division, now: datetime) -> None:
    limit = division.rules.entry.versions_per_day
    start, end = day_bounds(now, division.competition.zone)
    if limit and entry.versions.filter(submitted_at__gte=start, submitted_at__lt=end).count() >= limit:
        text = _("Today's %(day)s versions are used up. The last one counts; hand in again tomorrow.")
        raise EntryRefused("quota", text % {"day": limit})


def _rows(version: EntryVersion, documents: Sequence[_Document], now: datetime) -> list[EntryDocument]:
    return [
        EntryDocument(
            version=version,
            position=position,
            kind=one.kind,
            blob=_blob(one.stored, now),
            file_name=one.file_name,
        )
        for position, one in enumerate(documents, start=1)
    ]


def _blob(stored: StoredFile, now: datetime) -> Blob:
    fields = {"size_bytes": stored.size_bytes, "created_at": now}
    return Blob.objects.get_or_create(sha256=stored.sha256, defaults=fields)[0]


def _digest(words: Words, documents: Sequence[_Document]) -> str:
    content = {
        "title": words.title,
        "abstract": words.abstract,
        "video_url": words.video_url,
        "documents": [[one.file_name, one.stored.sha256] for one in documents],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


# -- when teams merge -------------------------------------------------------------------------------------------------


def move(team: Team, other: Team) -> None:
    """The entries of a team that becomes part of another. Where both have one, all versions stay and the last that was
    handed in counts. Part of the merge's transaction, which has seen that no jury has begun with either."""
    own = {entry.division_id: entry for entry in team.entries.all()}
    for entry in other.entries.all():
        into = own.get(entry.division_id)
        if into is None:
            entry.team = team
            entry.save(update_fields=["team"])
            continue
        offset = max(into.versions.values_list("number", flat=True), default=0)
        entry.versions.update(idempotency_key="")
        for version in entry.versions.order_by("number"):
            version.entry, version.number = into, version.number + offset
            version.save(update_fields=["entry", "number"])
        entry.delete()
