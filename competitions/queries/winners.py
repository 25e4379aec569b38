"""Prizes, who may win them, and what candidates handed in, as they are in the database."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import Signer
from django.db.models import Max, Q, QuerySet

from competitions.awards import Contender, contenders, is_decided
from competitions.models import (
    Award,
    Board,
    Competition,
    DataFile,
    Division,
    HandIn,
    HandInFile,
    Rerun,
    Score,
    Submission,
    Team,
    WinnerAudit,
    WinnerDecision,
    WinnerEntry,
)
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions
from competitions.queries.evaluations import unfinished
from competitions.queries.jury import is_total_final
from competitions.queries.prize_rankings import PrizeRanking, RankedTeam, prize_ranking
from competitions.status import ExecutionStatus, RerunVerdict, WinnerVerdict
from competitions.winner_rules import RerunFacts, suggested_verdict

Subject = tuple[str, int | None]  # what a candidate is a candidate with
RECEIPT_SALT = "competitions.hand_in"


# -- who sees what ----------------------------------------------------------------------------------------------------


def visible_winner_entries(user: Visitor) -> QuerySet[WinnerEntry]:
    """The set of can_see_winner_entry."""
    if not user.is_authenticated:
        return WinnerEntry.objects.none()
    organised = Q(audit__competition__in=organised_competitions(user).values("pk"))
    return WinnerEntry.objects.filter(Q(team__members__user=user) | organised).distinct()


def own_entries(user: Visitor, competition: Competition) -> QuerySet[WinnerEntry]:
    """What a person's team was asked to hand in."""
    if not user.is_authenticated:
        return WinnerEntry.objects.none()
    found = WinnerEntry.objects.filter(audit__competition=competition, team__members__user=user)
    return found.select_related("audit", "team", "submission__task", "submission__phase", "jury_entry__division")


def open_entries(user: Visitor, *, now: datetime) -> QuerySet[WinnerEntry]:
    """The set of can_hand_in."""
    if not user.is_authenticated:
        return WinnerEntry.objects.none()
    mine = WinnerEntry.objects.filter(
        team__members__user=user, due_at__gte=now, audit__published_at=None, submission__isnull=False
    )
    decided = WinnerDecision.objects.filter(award=None).values("entry")
    return mine.exclude(pk__in=decided).distinct()


def visible_files(user: Visitor) -> QuerySet[HandInFile]:
    return HandInFile.objects.filter(hand_in__entry__in=visible_winner_entries(user).values("pk"))


def audit_of(competition: Competition) -> WinnerAudit | None:
    return WinnerAudit.objects.select_related("competition").filter(competition=competition).first()


# -- before it begins -------------------------------------------------------------------------------------------------


def ends_at(competition: Competition) -> datetime | None:
    """The end of the last phase; None where one has none."""
    if competition.phases.filter(ends_at=None).exists():
        return None
    last: datetime | None = competition.phases.aggregate(last=Max("ends_at"))["last"]
    return last


def is_ranking_final(competition: Competition, *, now: datetime) -> bool:
    """Is all over and scored, so that the private board says who may win?"""
    end = ends_at(competition)
    return end is not None and end < now and not unfinished(competition).exists()


# -- prizes and teams -------------------------------------------------------------------------------------------------


def unjudged_divisions(competition: Competition, *, now: datetime) -> list[Division]:
    """Juried divisions that a prize goes by, and whose totals may still change."""
    return [one for one in _prize_juries(competition) if not is_total_final(one, now=now)]


def unpublished_juries(competition: Competition) -> list[Division]:
    """Juried divisions that a prize goes by, with entries and without a published result."""
    return list(_prize_juries(competition).filter(jury_release=None, entries__isnull=False).distinct())


def _prize_juries(competition: Competition) -> QuerySet[Division]:
    wanted = competition.awards.filter(phase=None).values("division")
    return competition.divisions.filter(pk__in=wanted).select_related("competition")


@dataclass(frozen=True, slots=True)
class Row:
    """A team near a prize. Without `entry` it was not asked for anything."""

    contender: Contender
    with_what: RankedTeam
    entry: WinnerEntry | None
    verdict: WinnerVerdict | None

    @property
    def team(self) -> Team:
        return self.with_what.team


@dataclass(frozen=True, slots=True)
class Outlook:
    """How it stands with one prize."""

    award: Award
    ranking: PrizeRanking
    rows: tuple[Row, ...]

    @property
    def is_decided(self) -> bool:
        return is_decided([row.contender for row in self.rows])

    @property
    def places_left(self) -> int:
        """For which no team is left."""
        return self.award.places - sum(row.contender.place is not None for row in self.rows)


def outlooks(competition: Competition) -> list[Outlook]:
    """Every prize of a contest, from the board as it is and all that was decided."""
    entries = {_subject(entry.submission_id, entry.jury_entry_id): entry for entry in _entries(competition)}
    awards = competition.awards.select_related("phase", "task", "division__competition")
    return [_outlook(award, entries) for award in awards]


def _entries(competition: Competition) -> QuerySet[WinnerEntry]:
    found = WinnerEntry.objects.filter(audit__competition=competition)
    return found.select_related("team").prefetch_related("decisions")


def _subject(submission: int | None, jury_entry: int | None) -> Subject:
    return ("submission", submission) if submission else ("entry", jury_entry)


def _outlook(award: Award, entries: Mapping[Subject, WinnerEntry]) -> Outlook:
    most = award.places + award.reserves + len(entries) + 1  # whoever fell out has an entry
    ranking = prize_ranking(award, most=most)
    by_team = {one.team.pk: one for one in ranking.teams}
    asked = {team: entries.get(subject_of(one)) for team, one in by_team.items()}
    own = {team: entry for team, entry in asked.items() if entry is not None}
    verdicts = {team: verdict for team, entry in own.items() if (verdict := verdict_of(entry, award)) is not None}
    ranked = [one.ranked for one in ranking.teams]
    found = contenders(ranked, places=award.places, reserves=award.reserves, verdicts=verdicts)
    rows = (Row(one, by_team[one.team], own.get(one.team), verdicts.get(one.team)) for one in found)
    return Outlook(award, ranking, tuple(rows))


def subject_of(one: RankedTeam) -> Subject:
    """What it would be a candidate with."""
    return _subject(one.submission, one.jury_entry.pk if one.jury_entry else None)


def verdict_of(entry: WinnerEntry, award: Award | None = None) -> WinnerVerdict | None:
    """The newest decision of an entry, or that the team has declined this prize."""
    decisions: Iterable[WinnerDecision] = entry.decisions.all()
    of_entry = [WinnerVerdict(one.verdict) for one in decisions if one.award_id is None]
    newest = of_entry[-1] if of_entry else None
    declined = award is not None and any(one.award_id == award.pk for one in decisions)
    return WinnerVerdict.DECLINED if declined and newest != WinnerVerdict.REJECTED else newest


def awards_of(entry: WinnerEntry) -> list[Award]:
    """The prizes that an entry is a candidate for, or was."""
    found = outlooks(entry.audit.competition)
    return [one.award for one in found if any(row.entry == entry for row in one.rows)]


# -- what was handed in -----------------------------------------------------------------------------------------------


def submission_of(entry: WinnerEntry) -> Submission:
    """What is run again. Raises ValueError for an entry of a juried division: of it nothing is."""
    if entry.submission is None:
        raise ValueError(f"{entry} is no entry with a submission")
    return entry.submission


def newest_hand_in(entry: WinnerEntry) -> HandIn | None:
    return entry.hand_ins.prefetch_related("files__blob").order_by("-version").first()


def content_digest(texts: Mapping[str, Any], files: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256 over what was handed in: the texts as JSON, and part, name and SHA-256 of every file."""
    document = {"texts": texts, "files": sorted(list(file) for file in files)}
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def receipt_of(hand_in: HandIn) -> dict[str, Any]:
    """What a team can show in a dispute, signed with the site's key."""
    files = [[one.part, one.name, one.blob.sha256] for one in hand_in.files.select_related("blob")]
    content = {
        "competition": hand_in.entry.audit.competition.slug,
        "team": hand_in.entry.team.name,
        "submission": hand_in.entry.submission_id,
        "version": hand_in.version,
        "handed_in_at": hand_in.handed_in_at.isoformat(),
        "handed_in_by": hand_in.user.get_username(),
        "files": files,
        "digest": hand_in.digest,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return {**content, "signature": Signer(salt=RECEIPT_SALT).signature(text)}


def input_choices(entry: WinnerEntry) -> list[DataFile]:
    """The files that a program may be given: of the newest data release. None where the task has inputs of its own."""
    if entry.submission is None or entry.submission.task.code:
        return []
    release = entry.audit.competition.data_releases.order_by("position", "pk").last()
    return list(release.files.select_related("blob")) if release else []


# -- runs again -------------------------------------------------------------------------------------------------------


def reruns_of(entry: WinnerEntry) -> QuerySet[Rerun]:
    found = Rerun.objects.filter(hand_in__entry=entry)
    return found.select_related("hand_in", "execution__runtime", "execution__prediction", "user").order_by("-pk")


def ranking_metrics(entry: WinnerEntry) -> set[str]:
    """The metrics that rank on the boards of the submission's phase and task."""
    submission = submission_of(entry)
    boards = Board.objects.filter(phase=submission.phase_id, task=submission.task_id)
    return set(boards.values_list("metric", flat=True))


def submitted_scores(entry: WinnerEntry) -> dict[str, dict[str, float]]:
    """{metric: {split: value}} of what the team submitted, under the live scoring version."""
    version = submission_of(entry).task.current_version_id
    rows = Score.objects.filter(evaluation__submission=entry.submission_id, evaluation__scoring_version=version)
    found: dict[str, dict[str, float]] = {}
    for metric, split, value in rows.order_by("metric", "split").values_list("metric", "split", "value"):
        found.setdefault(metric, {})[split] = value
    return found


def facts_of(rerun: Rerun, ranking: set[str]) -> RerunFacts:
    report = rerun.report
    return RerunFacts(
        status=rerun.status,
        execution_status=rerun.execution.status,
        failure_kind=rerun.execution.failure_kind if rerun.execution.status == ExecutionStatus.FAILED else "",
        has_same_bytes=bool(report.get("has_same_bytes")),
        is_unreadable=bool(report.get("problems")),
        report=report.get("comparison") or {},
        score_gap=_score_gap(report.get("scores") or {}, ranking),
    )


def _score_gap(scores: Mapping[str, Mapping[str, Mapping[str, float]]], ranking: set[str]) -> float | None:
    before, after = scores.get("submitted", {}), scores.get("again", {})
    gaps = [
        abs(value - after[metric][split])
        for metric in before.keys() & after.keys() & ranking
        for split, value in before[metric].items()
        if split in after[metric]
    ]
    return max(gaps, default=None)


def verdict_of_rerun(rerun: Rerun) -> RerunVerdict:
    """What it suggests."""
    entry = rerun.hand_in.entry
    return suggested_verdict(facts_of(rerun, ranking_metrics(entry)), entry.audit.rules)
