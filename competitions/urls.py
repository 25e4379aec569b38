"""Every address of the site."""

from django.conf.urls.i18n import urlpatterns as language_urls
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("competitions.pages.urls")),
    path("api/v1/", include("competitions.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include(language_urls)),
    path("operator/", admin.site.urls),
]

handler400 = "competitions.pages.site.bad_request"
handler403 = "competitions.pages.site.forbidden"
handler404 = "competitions.pages.site.not_found"
handler500 = "competitions.pages.site.server_error"
