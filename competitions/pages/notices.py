"""What the site has told a person, and the way to have no more mail of a kind."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from competitions.models import Notice
from competitions.pages.access import login_needed, person
from competitions.queries.announcements import PAGE_ROWS, notices_of, unread_count
from competitions.services import mails, notices
from competitions.services.message_texts import MessageText, message_text
from competitions.status import MailKind, MailMode


@dataclass(frozen=True, slots=True)
class NoticeRow:
    notice: Notice
    text: MessageText


def notices_in_layout(request: HttpRequest) -> dict[str, object]:
    """For the bell: how many are unread, asked only where a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread_notices": lambda: unread_count(user)}


@never_cache
@require_http_methods(["GET", "HEAD"])
@login_needed
def notice_list(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    found = notices_of(person(request), before=before)
    rows = [NoticeRow(one, message_text(one.kind, one.content, one.competition)) for one in found[:PAGE_ROWS]]
    context = {
        "rows": rows,
        "next": rows[-1].notice.pk if len(found) > PAGE_ROWS else None,
        "newest": rows[0].notice.pk if rows else None,
        "now": timezone.now(),
    }
    return render(request, "pages/notices.html", context)


@require_POST
@login_needed
def notices_read(request: HttpRequest) -> HttpResponseBase:
    text = request.POST.get("up_to", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        notices.mark_read(person(request), now=timezone.now(), up_to=int(text))
    return redirect("pages:notices")


@never_cache
@csrf_exempt  # the token in the address is the permission; a mail program has no cookie and no form of ours (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, for programs follow links; POST switches off, without logging in. Safe twice."""
    found = mails.unsubscribed(token)
    if found is None:
        raise Http404(_("This link is damaged; the switches are in your profile."))
    user, kind = found
    if request.method == "POST":
        mails.set_mode(user, kind, MailMode.OFF)
    context = {"kind": MailKind(kind).label, "is_done": request.method == "POST"}
    return render(request, "pages/unsubscribe.html", context)
