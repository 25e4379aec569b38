"""The organisers' page of people, and the page of an invitation: link, account, answer."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from competitions.models import Membership, RoleInvitation, User
from competitions.services import role_invitations
from competitions.services.invitation_links import token_of
from competitions.status import CompetitionStatus, InvitationOutcome, Role
from tests import makers
from tests.competitions.pages.conftest import browser_of, text_of

pytestmark = pytest.mark.django_db
HERE = "/invitation/"


@pytest.fixture
def owners(competition) -> Client:
    return browser_of(makers.make_member(competition, "owner", Role.OWNER))


@pytest.fixture
def invitation(competition, organiser) -> RoleInvitation:
    fields = {"email": "new@example.org", "role": Role.JUROR, "language": "en", "note": "Please help."}
    return role_invitations.invite(competition, actor=organiser, now=timezone.now(), **fields)


@pytest.fixture
def link(invitation) -> str:
    return f"{HERE}?token={token_of(invitation.nonce, invitation.digest)}"


def test_an_owner_invites_somebody_and_sees_who_was_asked(owners, url):
    form = {"email": "new@example.org", "role": "organiser", "language": "ja", "note": ""}
    assert owners.post(f"{url}organiser/people/", form).status_code == 302
    page = text_of(owners.get(f"{url}organiser/people/"))
    invited = RoleInvitation.objects.get()
    assert (invited.email, invited.language) == ("new@example.org", "ja")
    assert "new@example.org" in page
    assert invited.nonce not in page
    assert invited.digest not in page


def test_an_organiser_is_not_offered_what_only_owners_give(organisers, competition, url):
    makers.make_member(competition, "owner", Role.OWNER)
    page = organisers.get(f"{url}organiser/people/")
    assert [value for value, _label in page.context["form"].fields["role"].choices] == ["reviewer", "juror", "sponsor"]
    form = {"email": "new@example.org", "role": "owner", "language": "en"}
    assert organisers.post(f"{url}organiser/people/", form).status_code == 400
    owner = Membership.objects.get(role=Role.OWNER)
    assert {row.membership.role: row.form is not None for row in page.context["rows"]} == {
        "owner": False,
        "organiser": False,
    }
    address = f"{url}organiser/people/{owner.pk}/"
    organisers.post(address, {"act": "remove", "reason": "a coup"})
    organisers.post(address, {"act": "change", "role": "juror", "reason": "a coup"})
    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_a_role_is_changed_and_taken_away_with_the_reason(owners, competition, url):
    juror = makers.make_member(competition, "juror", Role.JUROR)
    row = Membership.objects.get(user=juror)
    owners.post(f"{url}organiser/people/{row.pk}/", {"act": "change", "role": "reviewer", "reason": ""})
    row.refresh_from_db()
    assert row.role == Role.JUROR
    owners.post(f"{url}organiser/people/{row.pk}/", {"act": "change", "role": "reviewer", "reason": "asked"})
    row.refresh_from_db()
    assert row.role == Role.REVIEWER
    owners.post(f"{url}organiser/people/{row.pk}/", {"act": "remove", "reason": "moved away"})
    assert not Membership.objects.filter(user=juror).exists()


def test_the_owner_of_a_draft_who_gives_up_the_role_lands_on_a_page_that_exists(owners, competition, url):
    makers.make_member(competition, "second", Role.OWNER)
    competition.status = CompetitionStatus.DRAFT
    competition.save()
    own = Membership.objects.get(user__username="owner")
    answer = owners.post(f"{url}organiser/people/{own.pk}/", {"act": "remove", "reason": "tired"}, follow=True)
    assert (answer.status_code, answer.redirect_chain[-1][0]) == (200, "/")


def test_the_page_of_people_shows_accounts_that_may_be_one_person(organisers, competition, url):
    one, other = (makers.make_team(competition, name).members.get().user for name in ("one", "other"))
    User.objects.filter(pk=one.pk).update(email="a.b@example.org")
    User.objects.filter(pk=other.pk).update(email="ab+2@example.org")
    assert "ab@example.org" in text_of(organisers.get(f"{url}organiser/people/"))


# -- the link ---------------------------------------------------------------------------------------------------------


def test_the_link_leads_to_an_address_without_the_token(nobody, link, invitation, competition):
    answer = nobody.get(link)
    assert (answer.status_code, answer["Location"]) == (302, HERE)
    page = nobody.get(HERE)
    token = link.partition("=")[2]
    assert (answer["Referrer-Policy"], page["Referrer-Policy"]) == ("no-referrer", "same-origin")
    for one in (answer, page):
        assert "no-store" in one["Cache-Control"]
        assert token not in text_of(one)
    assert all(text in text_of(page) for text in ("Tide table", "juror", "Please help.", "new@example.org"))
    assert token not in str([session.get_decoded() for session in Session.objects.all()])


def test_a_link_that_is_wrong_or_used_says_so_and_not_what_it_was_for(nobody, link, invitation):
    role_invitations.decline(invitation, user=None, now=timezone.now())
    for address in (link, f"{HERE}?token=nonsense", HERE):
        answer = nobody.get(address)
        assert answer.status_code == 404
        assert "Tide table" not in text_of(answer)


def test_a_new_person_signs_up_with_the_invited_address_and_takes_the_role(nobody, link, competition, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    nobody.get(link)
    password = makers.PASSWORD
    form = {"email": "new@example.org", "username": "newcomer", "password1": password, "password2": password}
    answer = nobody.post(f"/accounts/signup/?next={HERE}", {**form, "next": HERE})
    assert (answer.status_code, answer["Location"]) == (302, HERE)  # the link has proved the address
    assert "Accept the role" in text_of(nobody.get(HERE))
    assert nobody.post(HERE, {"answer": "accept"})["Location"] == f"/competitions/{competition.slug}/"
    assert Membership.objects.get(user__username="newcomer").role == Role.JUROR
    assert nobody.get(HERE).status_code == 404


def test_an_account_of_another_address_is_told_so_and_cannot_accept(rivals, link, rival):
    rivals.get(link)
    page = text_of(rivals.get(HERE))
    assert "This invitation is for new@example.org" in page
    assert "Accept the role" not in page
    assert rivals.post(HERE, {"answer": "accept"}).status_code == 400
    assert not Membership.objects.filter(user=rival).exists()


def test_whoever_is_not_logged_in_logs_in_before_accepting(nobody, link):
    nobody.get(link)
    assert nobody.post(HERE, {"answer": "accept"})["Location"].startswith("/accounts/login/")


def test_whoever_holds_the_link_may_decline(nobody, link, invitation):
    nobody.get(link)
    nobody.post(HERE, {"answer": "decline"})
    invitation.refresh_from_db()
    assert invitation.outcome == InvitationOutcome.DECLINED


def test_a_contestant_sees_the_conflict_instead_of_a_button(competition, organiser, invitation, nobody, link):
    captain = makers.make_team(competition, "captain").members.get().user
    User.objects.filter(pk=captain.pk).update(email="new@example.org")
    captain.emailaddress_set.update(email="new@example.org")
    browser = browser_of(captain)
    browser.get(link)
    page = text_of(browser.get(HERE))
    assert "takes part in this contest" in page
    assert "Accept the role" not in page


def test_a_closed_invitation_is_taken_back_or_sent_again_by_organisers_only(organisers, rivals, invitation, url):
    address = f"{url}organiser/people/invitations/{invitation.pk}/"
    assert rivals.post(address, {"act": "revoke"}).status_code == 404
    organisers.post(address, {"act": "revoke"})
    invitation.refresh_from_db()
    assert invitation.outcome == InvitationOutcome.REVOKED
    assert "Send again" not in text_of(organisers.get(f"{url}organiser/people/"))
