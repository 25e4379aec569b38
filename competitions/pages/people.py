"""A person's own page: profile, consents, API tokens, mail, and the ways to the account's security."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from competitions.models import User
from competitions.pages.access import login_needed, person
from competitions.pages.forms import TokenForm
from competitions.pages.forms_participation import OwnProfileForm
from competitions.pages.forms_talking import MailForm
from competitions.pages.participation import consent_rows
from competitions.queries.people import tokens_of
from competitions.services import mails, people
from competitions.services.people import InvalidTokenName, TooManyTokens

COOKIE_SECONDS = 365 * 86_400


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_needed
def me(request: HttpRequest) -> HttpResponseBase:
    user = person(request)
    form = OwnProfileForm(request.POST or None, initial=_profile(user))
    if request.method == "POST" and form.is_valid():
        return _save(request, form)
    return _page(request, profile_form=form, status=400 if form.errors else 200)


def _profile(user: User) -> dict[str, str]:
    return {name: getattr(user, name) for name in people.PROFILE}


def _save(request: HttpRequest, form: OwnProfileForm) -> HttpResponseBase:
    language = form.cleaned_data["language"]
    people.save_profile(user=person(request), **form.cleaned_data)
    response = redirect("pages:me")
    if language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=COOKIE_SECONDS, samesite="Lax")
        translation.activate(language)
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    messages.success(request, _("Saved."))
    return response


def _page(
    request: HttpRequest,
    *,
    profile_form: OwnProfileForm | None = None,
    token_form: TokenForm | None = None,
    mail_form: MailForm | None = None,
    new_token: str = "",
    status: int = 200,
) -> HttpResponse:
    user = person(request)
    profile = profile_form or OwnProfileForm(initial=_profile(user))
    context = {
        "profile_form": profile,
        "token_form": token_form or TokenForm(),
        "mail_form": mail_form or MailForm(initial=mails.modes_of(user)),
        "consents": consent_rows(user),
        "tokens": tokens_of(user),
        "new_token": new_token,
        "now": timezone.now(),
    }
    return render(request, "pages/me.html", context, status=status)


@never_cache
@require_POST
@login_needed
def mail(request: HttpRequest) -> HttpResponseBase:
    """The grid of switches, saved as a whole."""
    form = MailForm(request.POST)
    if not form.is_valid():
        return _page(request, mail_form=form, status=400)
    mails.set_modes(person(request), form.chosen)
    messages.success(request, _("Saved."))
    return redirect(f"{reverse('pages:me')}#mail")


@never_cache
@require_POST
@login_needed
def token_create(request: HttpRequest) -> HttpResponse:
    """The token's text is in this one answer and nowhere else."""
    form = TokenForm(request.POST)
    text = ""
    if form.is_valid():
        try:
            text = people.create_token(user=person(request), name=form.cleaned_data["name"], now=timezone.now())[1]
        except (InvalidTokenName, TooManyTokens) as error:
            form.add_error("name", str(error))
    if form.errors:
        return _page(request, token_form=form, status=400)
    return _page(request, new_token=text)


@require_POST
@login_needed
def token_revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    token = get_object_or_404(tokens_of(person(request)), pk=number)
    people.revoke_token(token, now=timezone.now())
    messages.success(request, _("The token “%(name)s” is revoked; it stopped working at once.") % {"name": token.name})
    return redirect("pages:me")
