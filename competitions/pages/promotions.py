"""Who goes on into a phase for promoted teams: everybody reads it, organisers confirm it once."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from competitions.models import PromotionRule
from competitions.pages.access import person, require_login
from competitions.pages.contest import Contest, find_contest, find_organised, render_contest
from competitions.queries.promotions import promotions, proposal, rule_of
from competitions.services.promotions import CannotPromote, confirm

MAX_REASON_CHARACTERS = 500


@require_http_methods(["GET", "HEAD", "POST"])
def promotion(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    if request.method == "POST":
        return _confirm(request, slug, key)
    contest = find_contest(request, slug)
    return _page(contest, _rule(contest, key))


def _rule(contest: Contest, key: str) -> PromotionRule:
    phase = next((phase for phase in contest.phases if phase.key == key), None)
    rule = rule_of(phase) if phase else None
    if rule is None:
        raise Http404(_("Everybody may enter this phase."))
    return rule


def _page(contest: Contest, rule: PromotionRule, *, status: int = 200, error: str = "") -> HttpResponse:
    """Before it is confirmed, organisers see what the rule gives; others see the rule alone."""
    is_decided = rule.confirmed_at is not None
    return render_contest(
        contest,
        "pages/promotion.html",
        tab="overview",
        status=status,
        error=error,
        rule=rule,
        decided=promotions(rule) if is_decided else None,
        proposal=proposal(rule, now=contest.now) if contest.can_organise and not is_decided else None,
        is_own_promoted=contest.team is not None
        and is_decided
        and rule.promotions.filter(team=contest.team, is_promoted=True).exists(),
    )


def _confirm(request: HttpRequest, slug: str, key: str) -> HttpResponseBase:
    if not request.user.is_authenticated:
        return require_login(request)
    contest = find_organised(request, slug)
    rule = _rule(contest, key)
    teams = {int(number) for number in request.POST.getlist("team") if number.isascii() and number.isdigit()}
    reason = request.POST.get("reason", "").strip()[:MAX_REASON_CHARACTERS]
    try:
        count = confirm(rule, user=person(request), teams=teams, now=contest.now, reason=reason)
    except CannotPromote as error:
        return _page(contest, rule, status=409, error=str(error))
    text = ngettext("%(count)s team is promoted.", "%(count)s teams are promoted.", count)
    messages.success(request, text % {"count": count})
    return redirect("pages:promotion", slug, key)
