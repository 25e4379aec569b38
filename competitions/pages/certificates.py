"""Certificates of taking part: a form and a PDF for the person, a page that proves one, a list for organisers."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competitions.localised import LANGUAGES, text_in
from competitions.models import Board, Certificate
from competitions.pages.access import login_needed, person
from competitions.pages.contest import Contest, find_contest, find_organised, render_contest
from competitions.pdf import render_pdf
from competitions.queries import certificates as queries
from competitions.queries.certificates import certifiable_boards, own_certificates, revocable_certificates
from competitions.services.certificates import MAX_NAME_CHARACTERS, REPLACED, CannotCertify, issue, revoke

LISTED = 500


class CertificateForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name on the certificate"),
        max_length=MAX_NAME_CHARACTERS,
        help_text=gettext_lazy("As it shall be printed. Whoever has the certificate's code can read it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    board = forms.ChoiceField(label=gettext_lazy("For"))
    shows_rank = forms.BooleanField(label=gettext_lazy("Show the final rank of my team"), required=False)

    def __init__(self, *args: object, boards: list[Board], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["board"].choices = [(str(board.pk), _board_text(board)) for board in boards]  # type: ignore[attr-defined]


def _board_text(board: Board) -> str:
    parts = (board.division.title, board.phase.name, board.task.name)
    return " · ".join(text_in(part) for part in parts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def certificate(request: HttpRequest, slug: str) -> HttpResponseBase:
    """404 for whom there is nothing to certify."""
    contest = find_contest(request, slug)
    boards = list(certifiable_boards(request.user, now=contest.now).filter(phase__competition=contest.competition))
    if not boards:
        raise Http404(_("There is nothing to certify: your team needs a scored submission and released results."))
    initial = {"name": queries.remembered_name(request.user), "board": boards[0].pk, "shows_rank": True}
    form = CertificateForm(request.POST or None, boards=boards, initial=initial)
    if request.method == "POST" and form.is_valid():
        issued = _issue(contest, form, boards)
        if issued is not None:
            return redirect(f"{reverse('pages:certificate', args=[slug])}#certificate-{issued.pk}")
    own = own_certificates(request.user, contest.competition).exclude(reason=REPLACED)
    status = 400 if form.errors else 200
    return render_contest(
        contest, "pages/certificate.html", tab="results", status=status, form=form, own=own, languages=LANGUAGES
    )


def _issue(contest: Contest, form: CertificateForm, boards: list[Board]) -> Certificate | None:
    fields = form.cleaned_data
    board = next(board for board in boards if str(board.pk) == fields["board"])
    try:
        return issue(
            board,
            user=person(contest.request),
            name=fields["name"],
            shows_rank=fields["shows_rank"],
            now=contest.now,
        )
    except CannotCertify as error:
        form.add_error("name", str(error))
        return None


@require_safe
@login_needed
def certificate_pdf(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The person's own, in the language asked for. What was revoked is not printed any more."""
    contest = find_contest(request, slug)
    own = own_certificates(request.user, contest.competition).filter(revoked_at=None)
    found = get_object_or_404(own, pk=number)
    wanted = request.GET.get("language", "")
    language = wanted if wanted in LANGUAGES else (get_language() or LANGUAGES[0]).split("-")[0]
    address = settings.SITE_URL + reverse("pages:certificate_check", args=[found.code])
    content = render_pdf("pdf/certificate.html", {"certificate": found, "address": address}, language=language)
    headers = {
        "Content-Disposition": f'attachment; filename="{slug}-certificate-{language}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@never_cache
@require_safe
def certificate_check(request: HttpRequest, code: str) -> HttpResponse:
    """Is it genuine? For whoever holds the code; search engines are asked to leave it alone."""
    found = queries.certificate(code)
    if found is None:
        raise Http404(_("There is no certificate with this code."))
    context = {"certificate": found, "is_replaced": found.reason == REPLACED, "now": timezone.now()}
    response = render(request, "pages/certificate_check.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@login_needed
def certificate_list(request: HttpRequest, slug: str) -> HttpResponse:
    contest = find_organised(request, slug)
    found = revocable_certificates(request.user).filter(competition=contest.competition).exclude(reason=REPLACED)
    return render_contest(
        contest, "pages/certificate_list.html", tab="organiser", certificates=found[:LISTED], count=found.count()
    )


@require_POST
@login_needed
def certificate_revoke(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    contest = find_organised(request, slug)
    found = get_object_or_404(revocable_certificates(request.user), competition=contest.competition, pk=number)
    try:
        revoke(found, user=person(request), reason=request.POST.get("reason", ""), now=contest.now)
    except CannotCertify as error:
        messages.error(request, str(error))
    return redirect("pages:certificate_list", slug)
