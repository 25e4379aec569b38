"""The archive of a contest's results: a ZIP that is an RO-Crate 1.2, the same bytes for the same records.

Inside: every board that was released (all of them for organisers), the metrics and the digest of the truth of each
scoring version, the rules, the data releases with digests and licences, phases, what counted at the end, and the head
of the audit chain. Never inside: the data, the truth, and of people nothing but the names of teams.

Source: RO-Crate Metadata Specification 1.2, https://w3id.org/ro/crate/1.2
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from competitions.chain import chain_of
from competitions.models import AuditHead, Blob, Board, Competition, FinalRecord, ResultsArchive, User
from competitions.queries.competitions import decimals_of
from competitions.queries.leaderboards import all_rows
from competitions.queries.versions import data_version, metric_version, public_truth_digest, rules_version
from competitions.services import audit
from competitions.services.crate import crate_metadata
from competitions.spreadsheets import safe_cell
from competitions.status import BoardKind
from competitions.store import Store
from scoring.ranking import rounded

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can tell: the files' times say nothing
README = "README.md"


class CannotPublish(Exception):
    """There are no results yet."""


def build(competition: Competition, *, now: datetime, is_for_all: bool) -> bytes:
    """The archive as it is now. is_for_all: boards that are not released are left out."""
    files = dict(_files(competition, now=now, is_for_all=is_for_all))
    described = {name: description for name, (_content, description) in files.items()}
    metadata = crate_metadata(competition, described, published_at=_published_at(competition))
    contents = {"ro-crate-metadata.json": _json(metadata), **{name: content for name, (content, _d) in files.items()}}
    return _zipped(contents)


def _published_at(competition: Competition) -> datetime:
    """A time that does not depend on when one asks."""
    released = Board.objects.filter(phase__competition=competition, released_at__isnull=False).order_by("-released_at")
    last = released.values_list("released_at", flat=True).first()
    return last or competition.published_at or competition.created_at


def _zipped(contents: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, contents[name])
    return file.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


Files = Iterator[tuple[str, tuple[bytes, str]]]  # name, content, description


def _files(competition: Competition, *, now: datetime, is_for_all: bool) -> Files:
    yield README, (_readme(competition), "What is in this archive, in English and Japanese")
    for board in _boards(competition, now=now, is_for_all=is_for_all):
        name = f"boards/{board.phase.key}-{board.division.key}-{board.task.key}-{board.kind}.csv"
        yield name, (_board_table(board), f"{board.kind} board, ranked by {board.metric}")
    yield "scoring_versions.json", (_json(_scoring(competition)), "Metrics, contracts and digests of the truth")
    yield "data_releases.json", (_json(_releases(competition)), "Releases of the data: digests and licences")
    yield "phases.json", (_json(_phases(competition)), "Phases and their dates")
    yield "audit.json", (_json(_audit(competition)), "Head of the hash-chained audit log")
    if not is_for_all or _is_released(competition, now):
        yield "final_selections.csv", (_selections(competition), "What counted of each team, chosen or by default")
    for terms in competition.terms.all():
        for language, text in sorted(terms.text.items()):
            yield f"rules/{terms.version}.{language}.md", (text.encode(), f"Rules, version {terms.version}")


def _boards(competition: Competition, *, now: datetime, is_for_all: bool) -> list[Board]:
    boards = Board.objects.filter(phase__competition=competition).select_related(
        "phase__competition", "division", "task__current_version"
    )
    if is_for_all:
        over = boards.filter(kind=BoardKind.FINAL, released_at__lte=now).values("phase")
        boards = boards.filter(phase__in=over).exclude(kind=BoardKind.PRIVATE, released_at=None)
    return list(boards.order_by("phase__position", "task__position", "division__position", "kind"))


def _is_released(competition: Competition, now: datetime) -> bool:
    boards = Board.objects.filter(phase__competition=competition, kind=BoardKind.PRIVATE)
    return boards.exists() and not boards.exclude(released_at__lte=now).exists()


def _board_table(board: Board) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    decimals = decimals_of(board.task, is_public=board.kind == BoardKind.PUBLIC)
    combined = ["combined"] if board.combine else []
    header = ["rank", "team", *combined, *decimals, "low", "high", "entries", "submission", "submitted_at"]
    writer.writerow(header)
    for row in all_rows(board):
        one = row.standing
        values = [rounded(one.values[key], places) if key in one.values else "" for key, places in decimals.items()]
        ends = {} if board.combine else one.intervals.get(board.metric, {})
        shown = [rounded(ends[end], board.decimals) if end in ends else "" for end in ("low", "high")]
        total = [rounded(one.value, board.decimals)] if board.combine else []
        last = [one.entries, one.submission_id, _instant(one.submitted_at)]
        writer.writerow([row.rank, safe_cell(one.team.name), *total, *values, *shown, *last])
    return file.getvalue().encode()


def _scoring(competition: Competition) -> list[dict[str, Any]]:
    return [
        {
            "task": task.key,
            "number": version.number,
            "is_current": version.pk == task.current_version_id,
            "metrics": version.metrics,
            "contract": version.contract,
            "digest": metric_version(version).digest,
            "truth_digest": public_truth_digest(version),
            "published_at": _instant(version.published_at),
            "reason": version.reason,
        }
        for task in competition.tasks.all()
        for version in task.scoring_versions.all()
    ]


def _releases(competition: Competition) -> list[dict[str, Any]]:
    return [
        {
            "version": release.version,
            "digest": data_version(release).digest,
            "licence": release.licence,
            "licence_url": release.licence_url,
            "published_at": _instant(release.published_at),
            "files": [
                {"name": file.name, "sha256": file.blob.sha256, "size_bytes": file.blob.size_bytes}
                for file in release.files.select_related("blob")
            ],
        }
        for release in competition.data_releases.all()
    ]


def _phases(competition: Competition) -> list[dict[str, Any]]:
    return [
        {
            "key": phase.key,
            "name": phase.name,
            "starts_at": _instant(phase.starts_at),
            "ends_at": _instant(phase.ends_at) if phase.ends_at else None,
            "tasks": [task.key for task in phase.tasks.all()],
            "divisions": [division.key for division in phase.divisions.all()],
            "rules": [rules_version(terms).digest for terms in competition.terms.all()],
        }
        for phase in competition.phases.all()
    ]


def _audit(competition: Competition) -> dict[str, Any]:
    """With this in hand, a log that was shortened or rewritten later is found out (manage.py verify_audit)."""
    head = AuditHead.objects.filter(chain=chain_of(competition.pk)).first()
    return {"events": head.count if head else 0, "last_hash": head.last_hash if head else ""}


def _selections(competition: Competition) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["phase", "task", "team", "counted", "by", "locked_at"])
    records = FinalRecord.objects.filter(phase__competition=competition).select_related("phase", "task", "team")
    for one in records.order_by("phase__position", "task__position", "team__pk"):
        numbers = " ".join(map(str, one.counted))
        way = "default" if one.is_default else "choice"
        writer.writerow([one.phase.key, one.task.key, safe_cell(one.team.name), numbers, way, _instant(one.locked_at)])
    return file.getvalue().encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _readme(competition: Competition) -> bytes:
    title = {language: competition.title.get(language) or competition.slug for language in ("en", "ja")}
    return f"""# {title["en"]}: results

This archive is an RO-Crate: `ro-crate-metadata.json` describes every file. `boards/` holds the boards as CSV,
`scoring_versions.json` the metrics and the SHA-256 of the truth they were computed with, `data_releases.json` the
digests and licences of the data, `rules/` each version of the rules, `final_selections.csv` what counted of each team,
and `audit.json` the head of the audit log. The data and the truth are not in it. Times are UTC.

# {title["ja"]}：結果

このアーカイブは RO-Crate 形式です。すべてのファイルの説明は `ro-crate-metadata.json` にあります。`boards/` は順位表、
`scoring_versions.json` は評価指標と正解データの SHA-256、`data_releases.json` はデータのハッシュ値とライセンス、
`rules/` は参加規約の各版、`final_selections.csv` は各チームの最終評価の対象、`audit.json` は監査ログの末尾の
ハッシュ値です。データと正解は含みません。時刻は UTC です。
""".encode()


# -- publishing -------------------------------------------------------------------------------------------------------


def publish(competition: Competition, *, user: User, now: datetime) -> ResultsArchive:
    """Everybody may have these bytes from now on. Again, it publishes the archive as it then is.

    Raises:
        CannotPublish: a private board is not released yet.
    """
    if not _is_released(competition, now):
        raise CannotPublish(_("The private boards are not released yet; there is nothing to publish."))
    content = build(competition, now=now, is_for_all=True)
    stored = Store(settings.FILES_DIR).put([content])
    return _record(competition, stored.sha256, stored.size_bytes, user, now)


@transaction.atomic
def _record(competition: Competition, sha256: str, size_bytes: int, user: User, now: datetime) -> ResultsArchive:
    Competition.objects.select_for_update().get(pk=competition.pk)
    blob = Blob.objects.get_or_create(sha256=sha256, defaults={"size_bytes": size_bytes, "created_at": now})[0]
    earlier = ResultsArchive.objects.filter(competition=competition).select_related("blob").first()
    if earlier is not None and earlier.blob_id == blob.pk:
        return earlier
    fields = {"blob": blob, "published_at": now, "published_by": user}
    archive = ResultsArchive.objects.update_or_create(competition=competition, defaults=fields)[0]
    before = earlier.blob.sha256 if earlier else None
    audit.note(
        "results archive published", now=now, actor=user, competition=competition, before=before, after=blob.sha256
    )
    return archive
