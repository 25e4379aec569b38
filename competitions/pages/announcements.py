"""Announcements: those that were sent, and the organiser's desk where they are written."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.localised import LANGUAGES
from competitions.models import Announcement
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, find_organised, render_contest
from competitions.pages.forms_talking import AnnouncementForm
from competitions.queries.announcements import audience, drafts, visible_announcements
from competitions.services import announcements
from competitions.services.announcements import AlreadySent, AudienceChanged, InvalidAnnouncement


@require_safe
def announcement(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    contest = find_contest(request, slug)
    found = get_object_or_404(
        visible_announcements(request.user), competition=contest.competition, pk=number, sent_at__isnull=False
    )
    return render_contest(contest, "pages/announcement.html", tab="overview", announcement=found)


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def announcement_desk(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Drafts, what was sent, and a form for a new one."""
    contest = find_organised(request, slug)
    form = AnnouncementForm(request.POST or None, phases=contest.phases)
    if request.method == "POST" and form.is_valid():
        saved = _save(contest, form, None)
        if saved is not None:
            return redirect("pages:announcement_draft", slug, saved.pk)
    sent = visible_announcements(request.user).filter(competition=contest.competition, sent_at__isnull=False)
    return render_contest(
        contest,
        "pages/announcement_desk.html",
        tab="organiser",
        status=400 if form.errors else 200,
        form=form,
        drafts=drafts(request.user, contest.competition),
        sent=sent,
    )


def _save(contest: Contest, form: AnnouncementForm, draft: Announcement | None) -> Announcement | None:
    fields = form.cleaned_data
    try:
        return announcements.save_draft(
            competition=contest.competition,
            author=person(contest.request),
            title={language: fields[f"title_{language}"] for language in LANGUAGES},
            text={language: fields[f"text_{language}"] for language in LANGUAGES},
            audience_kind=fields["audience"],
            phase=next((phase for phase in contest.phases if phase.key == fields["phase"]), None),
            now=contest.now,
            draft=draft,
        )
    except (InvalidAnnouncement, AlreadySent) as error:
        form.add_error(None, str(error))
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def announcement_draft(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """A draft as it will look, how many people it will reach, and its form."""
    contest = find_organised(request, slug)
    draft = _draft(contest, number)
    form = AnnouncementForm(request.POST or None, phases=contest.phases, initial=_initial(draft))
    if request.method == "POST" and form.is_valid() and _save(contest, form, draft) is not None:
        messages.success(request, _("Saved."))
        return redirect("pages:announcement_draft", slug, number)
    reach = audience(contest.competition, draft.audience, draft.phase).count()
    return render_contest(
        contest,
        "pages/announcement_draft.html",
        tab="organiser",
        status=400 if form.errors else 200,
        form=form,
        draft=draft,
        reach=reach,
    )


def _draft(contest: Contest, number: int) -> Announcement:
    return get_object_or_404(drafts(contest.request.user, contest.competition).select_related("phase"), pk=number)


def _initial(draft: Announcement) -> dict[str, str]:
    texts = {
        f"{name}_{language}": getattr(draft, name).get(language, "")
        for name in ("title", "text")
        for language in LANGUAGES
    }
    return {**texts, "audience": draft.audience, "phase": draft.phase.key if draft.phase else ""}


@require_POST
@login_needed
def announcement_send(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest = find_organised(request, slug)
    draft = get_object_or_404(visible_announcements(request.user), competition=contest.competition, pk=number)
    reach = request.POST.get("reach", "")
    try:
        expected = int(reach) if reach.isascii() and reach.isdigit() and len(reach) < 10 else -1
        sent = announcements.send(draft, actor=person(request), expected=expected, now=contest.now)
    except (AudienceChanged, InvalidAnnouncement) as error:
        messages.error(request, str(error))
        return redirect("pages:announcement_draft", slug, number)
    messages.success(request, _("Sent to %(count)s people.") % {"count": sent.reached})
    return redirect("pages:announcement", slug, number)


@require_POST
@login_needed
def announcement_discard(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest = find_organised(request, slug)
    announcements.discard(_draft(contest, number))
    messages.success(request, _("The draft is gone."))
    return redirect("pages:announcement_desk", slug)
