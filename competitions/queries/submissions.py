"""Submissions as their team and the organisers may see them. Nothing here reads a private score."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.signing import Signer
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.crypto import constant_time_compare

from competitions import quota
from competitions.models import Blob, Competition, Evaluation, Phase, Submission, Team, TeamMember
from competitions.permissions import Visitor
from competitions.problem_texts import problem_text
from competitions.queries.competitions import organised_competitions
from competitions.queries.evaluations import current_evaluation
from competitions.queries.promotions import promotion_refusal
from competitions.status import COUNTS_AGAINST_QUOTA, LIMITED_BY_DAY, UNFINISHED, EvaluationStatus

RECEIPT_SALT = "competitions.receipt"
FREE_KINDS = [kind for kind, counts in COUNTS_AGAINST_QUOTA.items() if not counts]
IS_FREE = Q(first_status=EvaluationStatus.CANCELLED) | Q(
    first_status=EvaluationStatus.FAILED, first_failure_kind__in=FREE_KINDS
)
IS_REFUSED = Q(first_status=EvaluationStatus.FAILED, first_failure_kind__in=LIMITED_BY_DAY)


@dataclass(frozen=True, slots=True)
class SceneScores:
    name: str
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a score would fall on other data of the same kind. `units`: what was drawn anew, such as scenes."""

    low: float
    high: float
    level: float
    units: str = ""
    count: int = 0
    method: str = ""


@dataclass(frozen=True, slots=True)
class PublicScores:
    """What a team may see of its own scores: the public split, in all and by scene."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    scenes: tuple[SceneScores, ...] = ()
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    repeated_from: int | None = None  # the earlier submission whose scores these are, where the board has a ladder


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file: code for programs, where, and what would be right."""

    code: str
    where: str
    message: str


def visible_submissions(user: Visitor) -> QuerySet[Submission]:
    """The set of can_see_submission: those of one's own teams and of the contests one organises."""
    if not user.is_authenticated:
        return Submission.objects.none()
    own_teams = TeamMember.objects.filter(user=user).values("team")
    organised = organised_competitions(user).values("pk")
    return Submission.objects.filter(Q(team__in=own_teams) | Q(team__competition__in=organised))


def team_submissions(team: Team) -> QuerySet[Submission]:
    """The newest first."""
    return team.submissions.order_by("-submitted_at", "-pk")


def contest_submissions(competition: Competition) -> QuerySet[Submission]:
    return Submission.objects.filter(team__competition=competition)


def same_file(team: Team, blob: Blob, *, before: Submission | None = None) -> Submission | None:
    """The team's first submission of the very same file, if there is one (before the one given)."""
    same = team.submissions.filter(blob=blob)
    if before is not None:
        same = same.filter(pk__lt=before.pk)
    return same.order_by("pk").first()


def numbers_by_file(team: Team) -> dict[int, int]:
    """For each stored file (its id) the number of the team's first submission of it."""
    first = team.submissions.order_by().values("blob").annotate(number=Min("pk"))
    return dict(first.values_list("blob", "number"))


def repeated(team: Team, idempotency_key: str) -> Submission | None:
    """The submission that this key made before."""
    return team.submissions.filter(idempotency_key=idempotency_key).first() if idempotency_key else None


# -- quota ------------------------------------------------------------------------------------------------------------


def allowance_for(team: Team, phase: Phase, *, now: datetime) -> quota.Allowance:
    """May this team submit now, why not, and what is left. The page and the intake ask the same question here."""
    zone = phase.competition.zone
    is_late = phase.late_submissions and quota.is_over(now, phase.ends_at)
    return quota.allowance(
        now=now,
        zone=zone,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        limits=phase.limits,
        is_frozen=phase.frozen_from_id is not None,
        promotion=promotion_refusal(team, phase),
        used=used_by(team, phase, since=quota.day_bounds(now, zone)[0], is_late=is_late),
        takes_late=phase.late_submissions,
    )


def used_by(
    team: Team, phase: Phase, *, since: datetime, besides: Team | None = None, is_late: bool = False
) -> quota.Used:
    """Count by what became of each submission's first scoring: a later re-scoring is ours and costs nothing. Late
    submissions are counted apart.

    What a member sent in another team before counts here, too: whoever leaves and joins again, or begins another team,
    has no more tries than others. `besides`: a team whose submissions are counted elsewhere.
    """
    first = Evaluation.objects.filter(submission=OuterRef("pk")).order_by("scoring_version__number", "pk")
    sent_before = Q(user__in=team.members.values("user")) & ~Q(team=besides)
    submissions = Submission.objects.filter(Q(team=team) | sent_before, phase=phase, is_late=is_late).annotate(
        first_status=Subquery(first.values("status")[:1]),
        first_failure_kind=Subquery(first.values("failure_kind")[:1]),
    )
    today = Q(submitted_at__gte=since)
    counts = submissions.order_by().aggregate(
        every=Count("pk"),
        free=Count("pk", filter=IS_FREE),
        every_today=Count("pk", filter=today),
        free_today=Count("pk", filter=today & IS_FREE),
        refused_today=Count("pk", filter=today & IS_REFUSED),
        unfinished=Count("pk", filter=Q(first_status__in=UNFINISHED)),
    )
    return quota.Used(
        today=counts["every_today"] - counts["free_today"],
        in_all=counts["every"] - counts["free"],
        rejected_today=counts["refused_today"],
        unfinished=counts["unfinished"],
    )


# -- scores -----------------------------------------------------------------------------------------------------------


def public_scores(submission: Submission, *, now: datetime) -> PublicScores | None:
    """The public scores of the current scoring; None until it is scored, or while its phase keeps them."""
    if submission.phase.are_scores_hidden(now):
        return None
    evaluation = current_evaluation(submission)
    if evaluation is None or evaluation.status != EvaluationStatus.SCORED:
        return None
    source = evaluation.shown_as or evaluation
    detail = source.public_detail or {}
    scenes = tuple(SceneScores(scene["name"], scene.get("metrics", {})) for scene in detail.get("scenes", []))
    repeated_from = source.submission_id if source.pk != evaluation.pk else None
    return PublicScores(detail.get("metrics", {}), scenes, intervals_in(detail), repeated_from)


def intervals_in(detail: Mapping[str, Any] | None) -> dict[str, Interval]:
    """The intervals of one split that were stored with its scores; scores from before there were any have none."""
    names = ("units", "count", "method")
    return {
        key: Interval(one["low"], one["high"], one["level"], **{name: one[name] for name in names if name in one})
        for key, one in ((detail or {}).get("intervals") or {}).items()
    }


def described_problems(problems: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """In the active language."""
    return [Problem(one["code"], str(one.get("where", "")), problem_text(one)) for one in problems]


# -- receipts ---------------------------------------------------------------------------------------------------------


def receipt(submission: Submission) -> dict[str, Any]:
    """What the team can show in a dispute: number, time, size, hash, signed with the site's key."""
    content = {
        "number": submission.pk,
        "competition": submission.team.competition.slug,
        "phase": submission.phase.key,
        "task": submission.task.key,
        "team": submission.team_name,
        "file_name": submission.file_name,
        "submitted_at": submission.submitted_at.isoformat(),
        "size_bytes": submission.blob.size_bytes,
        "sha256": submission.blob.sha256,
    }
    return {**content, "signature": _signature(content)}


def is_genuine(claimed: Mapping[str, Any]) -> bool:
    """Was this receipt signed here, and is it unchanged?"""
    content = {name: value for name, value in claimed.items() if name != "signature"}
    return constant_time_compare(str(claimed.get("signature", "")), _signature(content))


def _signature(content: Mapping[str, Any]) -> str:
    text = "\n".join(f"{name}={content[name]!r}" for name in sorted(content))
    return Signer(salt=RECEIPT_SALT).signature(text)
