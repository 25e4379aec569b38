"""The audit of winners for those who organise: candidates, what they handed in, runs of it, decisions, publishing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from competitions.awards import Standing
from competitions.models import HandIn, Rerun, WinnerAudit, WinnerEntry
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.pages.forms_winners import STAGE_NAMES
from competitions.problem_texts import ProblemText, problem_texts
from competitions.queries.winners import (
    audit_of,
    awards_of,
    ends_at,
    input_choices,
    is_ranking_final,
    outlooks,
    reruns_of,
    unjudged_divisions,
    unpublished_juries,
    verdict_of,
    verdict_of_rerun,
    visible_winner_entries,
)
from competitions.services import reruns
from competitions.services import winners as acts
from competitions.services.hand_ins import PART_NAMES
from competitions.services.reruns import RerunRefused
from competitions.services.winners import AuditRefused
from competitions.status import RerunVerdict, WinnerVerdict
from competitions.winner_rules import WinnerRules

STANDING_TEXTS = {
    Standing.CANDIDATE: gettext_lazy("candidate"),
    Standing.CONFIRMED: gettext_lazy("confirmed"),
    Standing.RESERVE: gettext_lazy("reserve"),
    Standing.REJECTED: gettext_lazy("rejected"),
    Standing.DECLINED: gettext_lazy("declined by the team"),
}
LOOKS = {
    RerunVerdict.IDENTICAL: "good",
    RerunVerdict.WITHIN: "good",
    RerunVerdict.UNFINISHED: "wait",
    RerunVerdict.OURS: "wait",
}
SPLITS = ("public", "private")
TOLERANCE_NAMES = {
    "absolute": gettext_lazy("largest difference of a value"),
    "relative": gettext_lazy("largest relative difference of a value"),
    "share": gettext_lazy("share of cells that may differ"),
    "iou": gettext_lazy("least overlap (IoU) of each class"),
    "score": gettext_lazy("largest difference of the score"),
}


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A metric on one split: of what was submitted, and of what the program writes now."""

    metric: str
    split: str
    submitted: float
    again: float | None

    @property
    def gap(self) -> float | None:
        return None if self.again is None else abs(self.again - self.submitted)


@dataclass(frozen=True, slots=True)
class RerunText:
    """A run again, with what it suggests."""

    rerun: Rerun
    verdict: RerunVerdict
    scores: list[ScoreLine]
    problems: list[ProblemText]

    @property
    def look(self) -> str:
        return LOOKS.get(self.verdict, "bad")

    @property
    def comparison(self) -> Mapping[str, Any]:
        return self.rerun.report.get("comparison") or {}

    @property
    def share(self) -> float:
        """Of all cells, those that differ."""
        return float(self.comparison.get("differing", 0)) / max(1, int(self.comparison.get("cells", 0)))


# -- all prizes -------------------------------------------------------------------------------------------------------


@require_safe
@login_needed
def winners(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    record = audit_of(contest.competition)
    found = outlooks(contest.competition)
    return render_contest(
        contest,
        "pages/winners.html",
        tab="organiser",
        record=record,
        outlooks=[(one, [(row, STANDING_TEXTS[row.contender.standing]) for row in one.rows]) for one in found],
        rules=record.rules if record else None,
        tolerances=_tolerances(record.rules) if record else [],
        required=[PART_NAMES[part] for part in record.rules.required] if record else [],
        ends_at=ends_at(contest.competition),
        is_final=is_ranking_final(contest.competition, now=contest.now),
        unjudged=unjudged_divisions(contest.competition, now=contest.now),
        unpublished_juries=unpublished_juries(contest.competition),
        is_decided=bool(found) and all(one.is_decided for one in found),
    )


def _tolerances(rules: WinnerRules) -> list[tuple[Any, float]]:
    return [(text, rules.tolerance[name]) for name, text in TOLERANCE_NAMES.items() if name in rules.tolerance]


@require_POST
@login_needed
def winners_open(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest, record = _audited(request, slug)
    try:
        acts.open_audit(record, actor=person(request), now=contest.now)
        messages.success(request, _("The audit has begun: the candidates were asked to hand in."))
    except AuditRefused as error:
        messages.error(request, str(error))
    return redirect("pages:winners", slug)


@require_POST
@login_needed
def winners_publish(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest, record = _audited(request, slug)
    if not request.POST.get("sure"):
        messages.warning(request, _("Nothing was done: tick the box to confirm."))
        return redirect("pages:winners", slug)
    try:
        has_comments = bool(request.POST.get("comments"))
        acts.publish(record, actor=person(request), now=contest.now, has_comments=has_comments)
    except AuditRefused as error:
        messages.error(request, str(error))
        return redirect("pages:winners", slug)
    messages.success(request, _("The final leaderboards and the awards are published."))
    return redirect("pages:awards", slug)


def _audited(request: HttpRequest, slug: str) -> tuple[Contest, WinnerAudit]:
    contest = find_organised(request, slug)
    records = WinnerAudit.objects.select_related("competition")
    return contest, get_object_or_404(records, competition=contest.competition)


# -- one candidate ----------------------------------------------------------------------------------------------------


@require_safe
@login_needed
def winner(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    contest, entry = _entry(request, slug, number)
    versions = list(entry.hand_ins.prefetch_related("files__blob").select_related("user").order_by("-version"))
    chosen = set(entry.audit.rules.inputs)
    inputs = [(file, not chosen or file.name in chosen) for file in input_choices(entry)]
    runs = [_rerun_text(rerun) for rerun in reruns_of(entry)]
    return render_contest(
        contest,
        "pages/winner.html",
        tab="organiser",
        entry=entry,
        verdict=verdict_of(entry),
        awards=awards_of(entry),
        versions=versions,
        stages=_stages(versions[0]) if versions else [],
        inputs=inputs,
        runs=runs,
        newest_run=runs[0] if runs else None,
        tolerances=_tolerances(entry.audit.rules),
        decisions=entry.decisions.select_related("award", "user", "rerun"),
        is_open=entry.audit.published_at is None,
        answer_days=entry.audit.rules.answer_days,
    )


def _entry(request: HttpRequest, slug: str, number: int) -> tuple[Contest, WinnerEntry]:
    contest = find_organised(request, slug)
    entries = visible_winner_entries(request.user).filter(audit__competition=contest.competition)
    related = (
        "audit__competition",
        "team",
        "submission__task__current_version",
        "submission__phase",
        "jury_entry__division",
    )
    return contest, get_object_or_404(entries.select_related(*related), pk=number)


def _stages(newest: HandIn) -> list[tuple[Any, Mapping[str, Any]]]:
    stages = newest.texts.get("stages", {})
    return [(name, stages[stage]) for stage, name in STAGE_NAMES.items() if stage in stages]


def _rerun_text(rerun: Rerun) -> RerunText:
    scores = rerun.report.get("scores") or {}
    before, after = scores.get("submitted", {}), scores.get("again", {})
    lines = [
        ScoreLine(metric, split, before[metric][split], after.get(metric, {}).get(split))
        for metric in before
        for split in SPLITS
        if split in before[metric]
    ]
    problems = [*(rerun.report.get("problems") or []), *rerun.execution.problems]
    return RerunText(rerun, verdict_of_rerun(rerun), lines, problem_texts(problems))


@require_POST
@login_needed
def winner_run(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Run the version that the form names; a newer one may have come meanwhile."""
    contest, entry = _entry(request, slug, number)
    version = request.POST.get("version", "")
    known = version.isascii() and version.isdigit() and len(version) < 8
    found = get_object_or_404(entry.hand_ins, version=int(version) if known else 0)
    try:
        reruns.start(found, inputs=request.POST.getlist("inputs"), user=person(request), now=contest.now)
        messages.success(request, _("The program waits for a free worker."))
    except RerunRefused as error:
        messages.error(request, str(error))
    return redirect("pages:winner", slug, number)


@require_POST
@login_needed
def winner_decide(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest, entry = _entry(request, slug, number)
    verdict = request.POST.get("verdict", "")
    if verdict not in {WinnerVerdict.CONFIRMED, WinnerVerdict.REJECTED} or not request.POST.get("sure"):
        messages.warning(request, _("Nothing was done: choose, and tick the box to confirm."))
        return redirect("pages:winner", slug, number)
    try:
        acts.decide(
            entry,
            WinnerVerdict(verdict),
            actor=person(request),
            now=contest.now,
            reason=request.POST.get("reason", "")[:4000],
            rerun=reruns_of(entry).first(),
        )
        messages.success(request, _("Decided. The team was told."))
    except AuditRefused as error:
        messages.error(request, str(error))
    return redirect("pages:winner", slug, number)


@require_POST
@login_needed
def winner_extend(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest, entry = _entry(request, slug, number)
    days = request.POST.get("days", "")
    try:
        known = days.isascii() and days.isdigit() and len(days) < 4
        reason = request.POST.get("reason", "")[:2000]
        acts.extend(entry, days=int(days) if known else 0, actor=person(request), now=contest.now, reason=reason)
        messages.success(request, _("The team has more time, and was told."))
    except AuditRefused as error:
        messages.error(request, str(error))
    return redirect("pages:winner", slug, number)
