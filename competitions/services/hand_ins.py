"""A candidate hands in its program, and what is needed to run and to understand it. Every version is kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competitions.models import Blob, HandIn, HandInFile, User, WinnerEntry
from competitions.permissions import can_hand_in
from competitions.programs import ACCEPTED
from competitions.queries.winners import content_digest, newest_hand_in, submission_of
from competitions.services import audit
from competitions.services.submissions import clean_file_name
from competitions.services.team_locks import lock_team_of
from competitions.store import Store, StoredFile
from competitions.winner_rules import FILE_PARTS, STAGES

MODEL_INSIDE, MODEL_APART = "inside", "apart"
PART_NAMES = {
    "code": gettext_lazy("the code"),
    "model": gettext_lazy("the model"),
    "environment": gettext_lazy("the environment"),
    "seeds": gettext_lazy("the seeds"),
    "steps": gettext_lazy("the steps of each stage"),
    "report": gettext_lazy("the report"),
}


class HandInRefused(Exception):
    """It cannot be handed in so, or not now; the message says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent. `chunks` gives its bytes once."""

    name: str
    chunks: Callable[[], Iterable[bytes]]


def hand_in(
    entry: WinnerEntry, *, user: User, texts: Mapping[str, Any], uploads: Mapping[str, Upload], now: datetime
) -> HandIn:
    """One more version; files that were not sent again are those of the version before.

    Raises:
        HandInRefused: too late, or something required is missing.
        FileTooLarge: as soon as one byte too many has come.
    """
    _require_open(entry, user, now)
    _require_program(uploads.get("code"))
    names = {part: clean_file_name(upload.name) for part, upload in uploads.items()}
    _require_complete(entry, texts, {*names, *_kept(entry)})
    stored = _store(uploads, most=entry.audit.rules.max_bytes)
    return _write(entry, user, dict(texts), {part: (names[part], stored[part]) for part in stored}, now=now)


def _require_open(entry: WinnerEntry, user: User, now: datetime) -> None:
    if can_hand_in(user, entry, now=now):
        return
    if now > entry.due_at:
        raise HandInRefused(_("The deadline has passed. If you have a reason, write to the organisers."))
    raise HandInRefused(_("Your team's hand-in was decided, or you are not in the team."))


def _require_program(upload: Upload | None) -> None:
    endings = tuple(ACCEPTED.values())
    if upload is not None and PurePosixPath(upload.name.lower()).suffix not in endings:
        raise HandInRefused(
            _("The code is a ZIP with main.py at its top, one script or one notebook, not “%(name)s”.")
            % {"name": upload.name[:80]}
        )


def _kept(entry: WinnerEntry) -> dict[str, HandInFile]:
    newest = newest_hand_in(entry)
    return {one.part: one for one in newest.files.all()} if newest else {}


def _require_complete(entry: WinnerEntry, texts: Mapping[str, Any], files: set[str]) -> None:
    stages: Mapping[str, Any] = texts.get("stages", {})
    given = {
        **{part: part in files for part in FILE_PARTS},
        "model": "model" in files or texts.get("model") == MODEL_INSIDE,
        "seeds": bool(str(texts.get("seeds", "")).strip()),
        "steps": all(str(stages.get(stage, {}).get("commands", "")).strip() for stage in STAGES),
    }
    missing = [str(PART_NAMES[part]) for part in entry.audit.rules.required if not given[part]]
    if missing:
        raise HandInRefused(_("Still missing: %(parts)s.") % {"parts": ", ".join(missing)})


def _store(uploads: Mapping[str, Upload], *, most: int) -> dict[str, StoredFile]:
    """All files together stay within the limit."""
    store, stored, left = Store(settings.FILES_DIR), {}, most
    for part, upload in uploads.items():
        stored[part] = store.put(upload.chunks(), max_bytes=left)
        left -= stored[part].size_bytes
    return stored


@transaction.atomic
def _write(
    entry: WinnerEntry,
    user: User,
    texts: dict[str, Any],
    stored: Mapping[str, tuple[str, StoredFile]],
    *,
    now: datetime,
) -> HandIn:
    lock_team_of(submission_of(entry))  # two members at once get two versions
    _require_open(entry, user, now)
    files = {part: (one.name, one.blob) for part, one in _kept(entry).items()}
    files |= {part: (name, _blob(file, now)) for part, (name, file) in stored.items()}
    if texts.get("model") == MODEL_INSIDE:
        files.pop("model", None)
    newest = entry.hand_ins.order_by("-version").first()
    found = HandIn.objects.create(
        entry=entry,
        version=newest.version + 1 if newest else 1,
        user=user,
        texts=texts,
        digest=content_digest(texts, [(part, name, blob.sha256) for part, (name, blob) in files.items()]),
        handed_in_at=now,
    )
    rows = [HandInFile(hand_in=found, part=part, name=files[part][0], blob=files[part][1]) for part in sorted(files)]
    HandInFile.objects.bulk_create(rows)
    contest = entry.audit.competition
    detail = {"team": entry.team_id, "version": found.version, "digest": found.digest}
    audit.note("handed in", now=now, actor=user, competition=contest, subject=f"entry {entry.pk}", detail=detail)
    return found


def _blob(stored: StoredFile, now: datetime) -> Blob:
    fields = {"size_bytes": stored.size_bytes, "created_at": now}
    return Blob.objects.get_or_create(sha256=stored.sha256, defaults=fields)[0]
