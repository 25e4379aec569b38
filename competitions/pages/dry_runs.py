"""The organiser's page of the dry run: start it, watch it, read the checklist, launch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from competitions.models import Probe, Task
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_organised, render_contest
from competitions.pages.rhythm import poll_seconds
from competitions.problem_texts import problem_texts
from competitions.queries.checklist_items import CheckItem
from competitions.queries.checklists import Checklist, checklist, probes_of
from competitions.queries.dry_runs import scored_tasks
from competitions.services import dry_runs, launching
from competitions.services.launching import AlreadyLaunched, NotReady

SHOWN_PROBLEMS = 2
REASON = "reason-"
PROBE_NAMES = {
    "perfect": gettext_lazy("the truth itself"),
    "sample": gettext_lazy("the sample submission"),
    "constant": gettext_lazy("the same answer everywhere"),
    "random": gettext_lazy("random answers"),
    "permuted": gettext_lazy("the truth, shuffled"),
    "noise_1": gettext_lazy("the truth with little noise"),
    "noise_2": gettext_lazy("the truth with more noise"),
    "noise_3": gettext_lazy("the truth with much noise"),
    "empty": gettext_lazy("an empty file"),
    "torn": gettext_lazy("a file that broke off"),
    "missing": gettext_lazy("an id or scene left out"),
    "not_a_number": gettext_lazy("a value that is none"),
    "wrong_shape": gettext_lazy("a wrong header or shape"),
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    item: CheckItem
    address: str


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """`message` is what a contestant would read; `reason` is for organisers."""

    probe: Probe
    name: str
    scores: tuple[tuple[str, float | None, float | None], ...]
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskProbes:
    task: Task
    rows: tuple[ProbeRow, ...]


@require_safe
@never_cache
@login_needed
def dry_run(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    return render_contest(contest, "pages/dry_run.html", tab="organiser", **_context(contest))


@require_safe
@never_cache
@login_needed
def dry_run_state(request: HttpRequest, slug: str) -> HttpResponse:
    """The part that changes, for a page that watches."""
    contest = find_organised(request, slug)
    context = {"contest": contest, "competition": contest.competition, "now": contest.now, **_context(contest)}
    return render(request, "pages/_dry_run.html", context)


@require_POST
@login_needed
def dry_run_start(request: HttpRequest, slug: str) -> HttpResponseBase:
    contest = find_organised(request, slug)
    dry_runs.ask(contest.competition, actor=person(request), now=contest.now)
    return redirect("pages:dry_run", slug)


@require_POST
@login_needed
def launch(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The slug is typed as a confirmation; each yellow item brings its reason."""
    contest = find_organised(request, slug)
    if request.POST.get("confirm", "").strip() != contest.competition.slug:
        messages.error(request, _("Type the short name of the contest to confirm the launch."))
        return redirect("pages:dry_run", slug)
    reasons = {name.removeprefix(REASON): str(text) for name, text in request.POST.items() if name.startswith(REASON)}
    return _launched(contest, reasons)


def _launched(contest: Contest, reasons: Mapping[str, str]) -> HttpResponseBase:
    request, slug = contest.request, contest.competition.slug
    try:
        launching.launch(contest.competition, actor=person(request), now=contest.now, reasons=reasons)
    except NotReady as error:
        names = ", ".join(dict.fromkeys(item.title for item in error.items))
        messages.error(request, _("Not launched. In the way: %(names)s.") % {"names": names})
        context = _context(contest) | {"reasons": reasons}
        return render_contest(contest, "pages/dry_run.html", tab="organiser", status=409, **context)
    except AlreadyLaunched:
        messages.info(request, _("The contest was launched already."))
        return redirect("pages:dry_run", slug)
    messages.success(request, _("The contest is launched: everybody sees it now."))
    return redirect("pages:competition", slug)


# -- what is shown ----------------------------------------------------------------------------------------------------


def _context(contest: Contest) -> dict[str, Any]:
    found = checklist(contest.competition, now=contest.now)
    run = found.dry_run
    return {
        "run": run,
        "checklist": found,
        "items": [ItemRow(item, _address(item, contest.competition.slug)) for item in found.items],
        "tasks": _tasks(contest, found),
        "made": run.probes.count() if run else 0,
        "poll_seconds": poll_seconds(contest.now - run.asked_at, is_live=True) if run and run.is_unfinished else 0,
        "reasons": {},
    }


def _address(item: CheckItem, slug: str) -> str:
    return reverse(item.link, args=[slug])


def _tasks(contest: Contest, found: Checklist) -> list[TaskProbes]:
    if found.dry_run is None:
        return []
    tasks = scored_tasks(contest.competition)
    return [TaskProbes(task, tuple(map(_row, probes_of(found.dry_run, task)))) for task in tasks]


def _row(probe: Probe) -> ProbeRow:
    keys = dict.fromkeys([*probe.public, *probe.private])
    scores = tuple((key, probe.public.get(key), probe.private.get(key)) for key in keys)
    told = tuple(one.text for one in problem_texts(probe.problems[:SHOWN_PROBLEMS]))
    return ProbeRow(probe, str(PROBE_NAMES.get(probe.key, probe.key)), scores, told)
