"""A document without mistakes -> the description that the service imports. Defaults of the format live here."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from competitions.bundles import times
from competitions.bundles.checks import DEFAULT_DIVISION, keys_of, local_zone, phase_divisions
from competitions.bundles.contracts import file_bytes_of
from competitions.bundles.describing_awards import describe_awards, describe_winner_audit
from competitions.bundles.describing_judging import judging_rules
from competitions.bundles.describing_participation import describe_participation
from competitions.bundles.describing_sponsors import describe_sponsors
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
    PromotionDescription,
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
        terms=_terms(contest.at("terms"), folder),
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
        participation=describe_participation(contest),
        data_terms=_terms(contest.at("data_terms"), folder) if contest.has("data_terms") else None,
        awards=describe_awards(contest),
        winner_audit=describe_winner_audit(contest),
        sponsors=describe_sponsors(contest, folder),
    )


def _text(part: Section, folder: Folder) -> Mapping[str, str]:
    """The contents of a Markdown file, or of one for each language."""
    found = {code: read_text(folder.file(section.value)) for code, section in text_files(part).items()}
    return same_in_all(found[""]) if "" in found else {code: found[code] for code in LANGUAGES if code in found}


def _terms(part: Section, folder: Folder) -> TermsDescription:
    return TermsDescription(part.text("version"), _text(part.at("file"), folder))


def _page(page: Section, folder: Folder) -> PageDescription:
    return PageDescription(page.text("key"), page.localised("title"), _text(page.at("file"), folder))


def _divisions(contest: Section) -> tuple[DivisionDescription, ...]:
    if not keys_of(contest, "divisions"):
        return (DivisionDescription(DEFAULT_DIVISION, DEFAULT_DIVISION_TITLE),)
    zone = local_zone(contest) or ZoneInfo("UTC")
    return tuple(_division(one, zone) for one in contest.items("divisions"))


def _division(division: Section, zone: ZoneInfo) -> DivisionDescription:
    judging = judging_rules(division.at("judging"), zone) if division.has("judging") else None
    return DivisionDescription(division.text("key"), division.localised("title"), judging)


def _phase(phase: Section, contest: Section) -> PhaseDescription:
    zone = local_zone(contest) or ZoneInfo("UTC")
    return PhaseDescription(
        key=phase.text("key"),
        name=phase.localised("name"),
        starts_at=times.instant(phase.text("start"), zone),
        ends_at=_instant(phase, "end", zone),
        tasks=tuple(task.value for task in phase.texts("tasks")),
        divisions=tuple(phase_divisions(phase, contest)),
        max_submissions_per_day=phase.number("max_submissions_per_day", 5),
        max_submissions=phase.number("max_submissions", 0),
        max_rejected_per_day=phase.number("max_rejected_per_day", 20),
        max_file_bytes=file_bytes_of(phase),
        frozen_from=phase.text("frozen_from"),
        hides_scores=phase.at("hide_scores").value is True,
        max_concurrent=phase.number("max_concurrent", 0),
        late_submissions=phase.at("late_submissions").value is True,
        promotion=_promotion(phase.at("promotes"), contest) if phase.has("promotes") else None,
    )


def _promotion(part: Section, contest: Section) -> PromotionDescription:
    source = next(phase for phase in contest.items("phases") if phase.text("key") == part.text("from"))
    return PromotionDescription(
        source=source.text("key"),
        division=part.at("by").text("division") or phase_divisions(source, contest)[0],
        task=part.at("by").text("task") or next(source.texts("tasks")).value,
        first=part.number("first", 0) or None,
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
