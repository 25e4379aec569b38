"""The published result of a juried division: for everybody, with the formula and every term. Before, there is none."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from competitions.judging import JudgingRules
from competitions.jury_texts import formula, formula_terms
from competitions.models import JuryRelease, JuryResult
from competitions.pages.contest import Contest, find_contest, render_contest
from competitions.queries.jury import counted_versions, published_divisions


@dataclass(frozen=True, slots=True)
class ResultRow:
    result: JuryResult
    title: str
    is_own: bool


@require_safe
def jury_results(request: HttpRequest, slug: str, division: str) -> HttpResponse:
    contest = find_contest(request, slug)
    found = get_object_or_404(
        published_divisions(request.user).select_related("jury_release"), competition=contest.competition, key=division
    )
    release: JuryRelease = found.jury_release
    rules = JudgingRules.of(release.rules)
    rows = _rows(contest, release)
    return render_contest(
        contest,
        "pages/jury_results.html",
        tab="divisions",
        division=found,
        release=release,
        rules=rules,
        formula=formula(rules),
        terms=formula_terms(rules),
        rows=rows,
        comments=_own_comments(rows) if release.has_comments else [],
    )


def _rows(contest: Contest, release: JuryRelease) -> list[ResultRow]:
    results = list(release.results.select_related("entry__team"))
    versions = counted_versions([one.entry for one in results])
    team = contest.team.pk if contest.team else None
    return [ResultRow(one, versions[one.entry_id].title, one.entry.team_id == team) for one in results]


def _own_comments(rows: list[ResultRow]) -> list[str]:
    """What the jurors wrote to the team, without their names."""
    own = next((row.result.entry for row in rows if row.is_own), None)
    return [sheet.comment for sheet in own.sheets.order_by("digest") if sheet.comment.strip()] if own else []
