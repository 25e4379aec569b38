"""A document without mistakes -> the description that the service imports. Defaults of the format live here."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from competitions.bundles import times
from competitions.bundles.checks import DEFAULT_DIVISION, division_keys, keys_of, local_zone
from competitions.bundles.contracts import file_bytes_of
from competitions.bundles.describing_tasks import describe_task
from competitions.bundles.file_checks import read_text, text_files
from competitions.bundles.folder import Folder
from competitions.bundles.sections import Section
from competitions.localised import LANGUAGES, same_in_all
from competitions.services.descriptions import (
    CompetitionDescription,
    DataFileDescription,
    DataReleaseDescription,
    DivisionDescription,
    PageDescription,
    PhaseDescription,
    TermsDescription,
)
from competitions.status import FinalCounts, FinalRule, SubmissionRule

DEFAULT_DIVISION_TITLE: Final = {"en": "General", "ja": "一般部門"}


def describe(contest: Section, folder: Folder) -> CompetitionDescription:
    rules = {board.text("submission_rule", "best") for board in contest.items("leaderboards")} or {"best"}
    return CompetitionDescription(
        slug=contest.text("slug"),
        title=contest.localised("title"),
        description=contest.localised("description"),
        host=contest.localised("organiser"),
        reward=contest.localised("reward"),
        tags=tuple(tag.value for tag in contest.texts("tags")),
        contact_email=contest.text("contact_email"),
        time_zone=contest.text("timezone"),
        pages=tuple(_page(page, folder) for page in contest.items("pages")),
        terms=TermsDescription(contest.at("terms").text("version"), _text(contest.at("terms").at("file"), folder)),
        divisions=_divisions(contest),
        phases=tuple(_phase(phase, contest) for phase in contest.items("phases")),
        data=tuple(_release(release, folder) for release in contest.items("data")),
        tasks=tuple(describe_task(task, contest, folder) for task in contest.items("tasks")),
        submission_rule=SubmissionRule(rules.pop()),
        final_rule=FinalRule(contest.at("final").text("default", FinalRule.BEST_PUBLIC)),
        final_select=contest.at("final").number("select", 0),
        final_counts=FinalCounts(contest.at("final").text("counts", FinalCounts.BETTER)),
        team_max_size=contest.at("teams").number("max_size", 1),
        team_deadline=_instant(contest.at("teams"), "merge_deadline", local_zone(contest) or ZoneInfo("UTC")),
    )


def _text(part: Section, folder: Folder) -> Mapping[str, str]:
    """The contents of a Markdown file, or of one for each language."""
    found = {code: read_text(folder.file(section.value)) for code, section in text_files(part).items()}
    return same_in_all(found[""]) if "" in found else {code: found[code] for code in LANGUAGES if code in found}


def _page(page: Section, folder: Folder) -> PageDescription:
    return PageDescription(page.text("key"), page.localised("title"), _text(page.at("file"), folder))


def _divisions(contest: Section) -> tuple[DivisionDescription, ...]:
    if not keys_of(contest, "divisions"):
        return (DivisionDescription(DEFAULT_DIVISION, DEFAULT_DIVISION_TITLE),)
    return tuple(DivisionDescription(one.text("key"), one.localised("title")) for one in contest.items("divisions"))


def _phase(phase: Section, contest: Section) -> PhaseDescription:
    zone = local_zone(contest) or ZoneInfo("UTC")
    divisions = [division.value for division in phase.texts("divisions")] or division_keys(contest)
    return PhaseDescription(
        key=phase.text("key"),
        name=phase.localised("name"),
        starts_at=times.instant(phase.text("start"), zone),
        ends_at=_instant(phase, "end", zone),
        tasks=tuple(task.value for task in phase.texts("tasks")),
        divisions=tuple(divisions),
        max_submissions_per_day=phase.number("max_submissions_per_day", 5),
        max_submissions=phase.number("max_submissions", 0),
        max_rejected_per_day=phase.number("max_rejected_per_day", 20),
        max_file_bytes=file_bytes_of(phase),
        frozen_from=phase.text("frozen_from"),
        hides_scores=phase.at("hide_scores").value is True,
        max_concurrent=phase.number("max_concurrent", 0),
        late_submissions=phase.at("late_submissions").value is True,
    )


def _instant(part: Section, key: str, zone: ZoneInfo) -> datetime | None:
    return times.instant(part.text(key), zone) if part.text(key) else None


def _release(release: Section, folder: Folder) -> DataReleaseDescription:
    return DataReleaseDescription(
        version=release.text("version"),
        title=release.localised("title"),
        notes=release.localised("notes"),
        licence=release.text("licence"),
        licence_url=release.text("licence_url"),
        files=tuple(_data_file(file, folder) for file in release.items("files")),
    )


def _data_file(file: Section, folder: Folder) -> DataFileDescription:
    relative = file.text("path")
    path = folder.file(relative)
    return DataFileDescription(PurePosixPath(relative).name, path, file.localised("description"))
