"""Data releases of a contest. What was published under a version stays what it was."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from competitions.models import Competition, DataFile, DataRelease
from competitions.services.competition_changes import Changes, blob_of
from competitions.services.descriptions import DataFileDescription, DataReleaseDescription, Where
from competitions.status import CompetitionStatus
from competitions.store import StoredFile

StoredData = Mapping[tuple[str, str], StoredFile]


def put_releases(
    competition: Competition, described: tuple[DataReleaseDescription, ...], stored: StoredData, changes: Changes
) -> None:
    """Releases that the description no longer names stay, as the oldest."""
    existing = {release.version: release for release in competition.data_releases.all()}
    versions = {release.version for release in described}
    dropped = [release for release in existing.values() if release.version not in versions]
    for position, old in enumerate(dropped):
        changes.put(old, f"data {old.version}", position=position)
    for index, release in enumerate(described):
        record = existing.get(release.version)
        if record is not None and not _may_stay(record, release, stored):
            if _is_published(competition):
                _refuse(record, release, stored, changes, ("data", index))
                continue
            record.files.all().delete()
        record = record or DataRelease(competition=competition, version=release.version, published_at=changes.now)
        _put_release(record, release, stored, changes, position=len(dropped) + index)


def _is_published(competition: Competition) -> bool:
    return competition.published_at is not None or competition.status == CompetitionStatus.PUBLISHED


def _put_release(
    record: DataRelease, release: DataReleaseDescription, stored: StoredData, changes: Changes, *, position: int
) -> None:
    fields = {
        "title": dict(release.title),
        "notes": dict(release.notes),
        "licence": release.licence,
        "licence_url": release.licence_url,
        "position": position,
    }
    changes.put(record, f"data {release.version}", **fields)
    existing = {file.name: file for file in record.files.all()}
    for file_position, file in enumerate(release.files):
        _put_file(
            existing.get(file.name) or DataFile(release=record, name=file.name), file, file_position, stored, changes
        )


def _put_file(record: DataFile, file: DataFileDescription, position: int, stored: StoredData, changes: Changes) -> None:
    version = record.release.version
    if record.pk is None:
        record.blob = blob_of(stored[version, file.name], now=changes.now)
    changes.put(record, f"data {version}/{file.name}", description=dict(file.description), position=position)


def _digests(record: DataRelease) -> dict[str, str]:
    return dict(record.files.values_list("name", "blob__sha256"))


def _wanted(release: DataReleaseDescription, stored: StoredData) -> dict[str, str]:
    return {file.name: stored[release.version, file.name].sha256 for file in release.files}


def _may_stay(record: DataRelease, release: DataReleaseDescription, stored: StoredData) -> bool:
    return _digests(record) == _wanted(release, stored)


def _refuse(
    record: DataRelease, release: DataReleaseDescription, stored: StoredData, changes: Changes, where: Where
) -> None:
    """Say of each file how it differs from what was published."""
    before, after = _digests(record), _wanted(release, stored)
    is_new = _("'%(name)s' was not in this release: version '%(version)s' is published; give what is new a new version")
    is_other = _("'%(name)s' has changed: version '%(version)s' is published; give what is new a new version")
    is_gone = _("'%(name)s' is missing: version '%(version)s' is published; give what is new a new version")
    for index, file in enumerate(release.files):
        values, place = {"name": file.name, "version": release.version}, (*where, "files", index, "path")
        if file.name not in before:
            changes.refuse(place, is_new % values)
        elif before[file.name] != after[file.name]:
            changes.refuse(place, is_other % values)
    for name in sorted(before.keys() - after.keys()):
        changes.refuse((*where, "files"), is_gone % {"name": name, "version": release.version})
