"""The prizes of a contest, and once they are published who has won them."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from competitions.models import Award
from competitions.pages.contest import find_contest, render_contest
from competitions.queries.awards import AwardedPlace, awarded_places


@dataclass(frozen=True, slots=True)
class AwardText:
    """A prize; without `places` it is not told yet who has won it."""

    award: Award
    places: list[AwardedPlace] | None


@require_safe
def awards(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_contest(request, slug)
    found = awarded_places(contest.competition)
    prizes = contest.competition.awards.select_related("phase", "task", "division__jury_release")
    rows = [AwardText(award, found[award.key] if found is not None else None) for award in prizes]
    return render_contest(contest, "pages/awards.html", tab="awards", rows=rows, is_published=found is not None)
