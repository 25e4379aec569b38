"""Who is asking, and where to send those who must log in first."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh

from competitions.models import User

View = Callable[..., HttpResponseBase]


def person(request: HttpRequest) -> User:
    """The person who is logged in; only for views that made sure of it."""
    if isinstance(request.user, AnonymousUser):
        raise TypeError("nobody is logged in; guard the view with login_needed")
    return request.user


def require_login(request: HttpRequest) -> HttpResponseBase:
    """To the log-in page and back again. A poll of a page whose session ended reloads the whole page instead."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRefresh()
    return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else request.path)


def login_needed(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return require_login(request)
        return view(request, *args, **kwargs)

    return guarded
