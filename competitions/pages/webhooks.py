"""The organiser's page of webhooks: endpoints, and what became of the last deliveries."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from competitions.models import WebhookEndpoint
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.pages.forms_talking import WebhookForm
from competitions.queries.webhooks import deliveries, visible_endpoints
from competitions.services import webhooks
from competitions.services.webhooks import InvalidEndpoint


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def webhook_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A new endpoint's secret is in this one answer and nowhere else."""
    contest = find_organised(request, slug)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = {"url": form.cleaned_data["url"], "events": form.cleaned_data["events"]}
        try:
            added = webhooks.add(competition=contest.competition, actor=person(request), now=contest.now, **fields)
        except InvalidEndpoint as error:
            form.add_error("url", str(error))
        else:
            return _page(contest, WebhookForm(), secret=webhooks.secret_of(added.nonce))
    return _page(contest, form)


def _page(contest: Contest, form: WebhookForm, *, secret: str = "") -> HttpResponse:
    return render_contest(
        contest,
        "pages/webhooks.html",
        tab="organiser",
        status=400 if form.errors else 200,
        form=form,
        secret=secret,
        endpoints=visible_endpoints(contest.request.user).filter(competition=contest.competition),
        deliveries=deliveries(contest.request.user, contest.competition),
    )


@never_cache
@require_POST
@login_needed
def webhook_act(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """rotate, test, enable, disable or remove: as the button says."""
    contest = find_organised(request, slug)
    endpoint = get_object_or_404(visible_endpoints(request.user), competition=contest.competition, pk=number)
    act, actor, now = request.POST.get("act", ""), person(request), contest.now
    if act == "rotate":
        return _page(
            contest, WebhookForm(), secret=webhooks.secret_of(webhooks.rotate(endpoint, actor=actor, now=now).nonce)
        )
    if act == "test":
        webhooks.test(endpoint, now=now)
        messages.success(request, _("A test is on its way; reload to see its answer."))
    elif act in {"enable", "disable"}:
        why = _("switched off by an organiser") if act == "disable" else ""
        webhooks.set_enabled(endpoint, is_enabled=act == "enable", actor=actor, now=now, why=why)
    elif act == "remove":
        _remove(endpoint, contest)
    return redirect("pages:webhooks", slug)


def _remove(endpoint: WebhookEndpoint, contest: Contest) -> None:
    webhooks.remove(endpoint, actor=person(contest.request), now=contest.now)
    messages.success(contest.request, _("The endpoint is gone."))
