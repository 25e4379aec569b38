"""Language, time zone and tokens."""

import pytest
from django.core import mail
from django.utils import timezone

from competitions.models import ApiToken
from competitions.queries.people import usable_token
from competitions.services import people
from tests.competitions.pages.conftest import text_of

pytestmark = pytest.mark.django_db


def test_a_new_token_is_shown_once_and_works(contestants, contestant):
    answer = contestants.post("/me/tokens/", {"name": "laptop"})
    text = answer.context["new_token"]
    assert text in text_of(answer)
    assert usable_token(text, now=timezone.now()).user == contestant
    assert text not in text_of(contestants.get("/me/"))
    assert "no-store" in answer["Cache-Control"]


def test_a_token_needs_a_name(contestants):
    assert contestants.post("/me/tokens/", {"name": " "}).status_code == 400
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_gone_from_the_list(contestants, contestant):
    token, text = people.create_token(user=contestant, name="laptop", now=timezone.now())
    contestants.post(f"/me/tokens/{token.pk}/revoke/")
    assert usable_token(text, now=timezone.now()) is None
    assert token.shown not in text_of(contestants.get("/me/"))


def test_nobody_revokes_another_persons_token(rivals, contestant):
    token, text = people.create_token(user=contestant, name="laptop", now=timezone.now())
    assert rivals.post(f"/me/tokens/{token.pk}/revoke/").status_code == 404
    assert usable_token(text, now=timezone.now()) is not None


def test_the_profile_keeps_language_and_time_zone(contestants, contestant):
    answer = contestants.post("/me/", {"language": "ja", "time_zone": "Europe/Paris"})
    assert answer.cookies["django_language"].value == "ja"
    contestant.refresh_from_db()
    assert (contestant.language, contestant.time_zone) == ("ja", "Europe/Paris")
    assert 'data-zone="Europe/Paris"' in text_of(contestants.get("/me/"))


def test_an_unknown_zone_is_refused(contestants, contestant):
    assert contestants.post("/me/", {"language": "en", "time_zone": "Mars/Olympus"}).status_code == 400
    contestant.refresh_from_db()
    assert contestant.time_zone == ""


@pytest.mark.parametrize("address", ["/me/", "/me/tokens/", "/me/tokens/1/revoke/"])
def test_a_profile_needs_logging_in(nobody, address):
    answer = nobody.get(address) if address == "/me/" else nobody.post(address)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize(
    "address",
    ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/"],
)
def test_the_account_pages_have_the_sites_look_and_labels(contestants, address):
    text = text_of(contestants.get(address, follow=True))
    assert "tidemark.css" in text
    assert "topbar" in text


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_every_field_at_the_door_has_a_label(nobody, address):
    answer = nobody.get(address)
    text = text_of(answer)
    for field in answer.context["form"].visible_fields():
        assert f'for="{field.id_for_label}"' in text


def test_the_mail_to_somebody_new_speaks_of_this_site(nobody, settings):
    settings.ALLOWED_HOSTS = ["tides.example.org"]
    secret = "a-long-enough-secret-4711"
    person = {"username": "newcomer", "email": "newcomer@example.org", "password1": secret, "password2": secret}
    answer = nobody.post("/accounts/signup/", person, headers={"host": "tides.example.org"})
    assert answer.status_code == 302
    (sent,) = mail.outbox
    assert sent.subject.startswith("[Tidemark] ")
    assert "tides.example.org" in sent.body
    assert "example.com" not in sent.subject + sent.body
