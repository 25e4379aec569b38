"""Prizes, who may win them, and what candidates handed in, as they are in the database."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import Signer
from django.db.models import Max, Q, QuerySet

from competitions.awards import Contender, Ranked, contenders, is_decided
from competitions.models import (
    Award,
    Board,
    Competition,
    DataFile,
    HandIn,
    HandInFile,
    Rerun,
    Score,
    Standing,
    Team,
    WinnerAudit,
    WinnerDecision,
    WinnerEntry,
)
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions
from competitions.queries.evaluations import unfinished
from competitions.status import BoardKind, ExecutionStatus, RerunVerdict, WinnerVerdict
from competitions.winner_rules import RerunFacts, suggested_verdict

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
    return found.select_related("audit", "team", "submission__task", "submission__phase")


def open_entries(user: Visitor, *, now: datetime) -> QuerySet[WinnerEntry]:
    """The set of can_hand_in."""
    if not user.is_authenticated:
        return WinnerEntry.objects.none()
    mine = WinnerEntry.objects.filter(team__members__user=user, due_at__gte=now, audit__published_at=None)
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


@dataclass(frozen=True, slots=True)
class Row:
    """A team near a prize. Without `entry` it was not asked for anything."""

    contender: Contender
    team: Team
    standing: Standing
    entry: WinnerEntry | None
    verdict: WinnerVerdict | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """How it stands with one prize."""

    award: Award
    board: Board | None
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
    entries = {entry.submission_id: entry for entry in _entries(competition)}
    awards = competition.awards.select_related("phase", "task", "division")
    return [_outlook(award, entries) for award in awards]


def _entries(competition: Competition) -> QuerySet[WinnerEntry]:
    found = WinnerEntry.objects.filter(audit__competition=competition)
    return found.select_related("team", "submission").prefetch_related("decisions")


def board_of(award: Award) -> Board | None:
    """The private board; where the whole truth is public nobody is on it, and the public one decides."""
    same = Board.objects.filter(phase=award.phase_id, task=award.task_id, division=award.division_id)
    private = same.filter(kind=BoardKind.PRIVATE).first()
    if private is not None and private.standings.exists():
        return private
    return same.filter(kind=BoardKind.PUBLIC).first()


def _outlook(award: Award, entries: Mapping[int, WinnerEntry]) -> Outlook:
    board = board_of(award)
    if board is None:
        return Outlook(award, None, ())
    most = award.places + award.reserves + len(entries) + 1  # whoever fell out has an entry
    standings = list(board.standings.select_related("team", "submission")[:most])
    own = {one.team_id: entries[one.submission_id] for one in standings if one.submission_id in entries}
    verdicts = {team: verdict for team, entry in own.items() if (verdict := verdict_of(entry, award)) is not None}
    ranking = [Ranked(one.team_id, one.sort_key, is_eligible=not one.group) for one in standings]
    found = contenders(ranking, places=award.places, reserves=award.reserves, verdicts=verdicts)
    by_team = {one.team_id: one for one in standings}
    rows = (
        Row(one, by_team[one.team].team, by_team[one.team], own.get(one.team), verdicts.get(one.team)) for one in found
    )
    return Outlook(award, board, tuple(rows))


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


def undecided(competition: Competition) -> list[Outlook]:
    return [one for one in outlooks(competition) if not one.is_decided]


# -- what was handed in -----------------------------------------------------------------------------------------------


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
    if entry.submission.task.code:
        return []
    release = entry.audit.competition.data_releases.order_by("position", "pk").last()
    return list(release.files.select_related("blob")) if release else []


# -- runs again -------------------------------------------------------------------------------------------------------


def reruns_of(entry: WinnerEntry) -> QuerySet[Rerun]:
    found = Rerun.objects.filter(hand_in__entry=entry)
    return found.select_related("hand_in", "execution__runtime", "execution__prediction", "user").order_by("-pk")


def ranking_metrics(entry: WinnerEntry) -> set[str]:
    """The metrics that rank on the boards of the submission's phase and task."""
    boards = Board.objects.filter(phase=entry.submission.phase_id, task=entry.submission.task_id)
    return set(boards.values_list("metric", flat=True))


def submitted_scores(entry: WinnerEntry) -> dict[str, dict[str, float]]:
    """{metric: {split: value}} of what the team submitted, under the live scoring version."""
    version = entry.submission.task.current_version_id
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
