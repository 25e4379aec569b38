"""Roles in a contest: asked by mail, taken with the right account, changed and taken away with a reason."""

import logging
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from competitions.models import AuditEvent, Membership, OutboxItem, RoleInvitation, User
from competitions.models.people import token_digest
from competitions.permissions import can_organise, can_see_competition
from competitions.services import mails, outbox, registrations, role_invitations, roles
from competitions.services.registrations import Entry
from competitions.services.roles import RoleRefused
from competitions.services.teams import IsJuror
from competitions.status import Channel, CompetitionStatus, InvitationOutcome, OutboxStatus, Role
from tests import makers
from tests.competitions.at_once import at_once

pytestmark = pytest.mark.django_db
PREPARE = {Channel.MAIL: mails.prepare_mail}
LINK = re.compile(r"http://\S+/invitation/\?token=(\S+)")


@pytest.fixture
def owner(competition) -> User:
    return makers.make_member(competition, "owner", Role.OWNER)


@pytest.fixture
def invitation(competition, owner, now) -> RoleInvitation:
    return invite(competition, owner, now)


def invite(competition, actor, now, email="visitor@example.org", role=Role.JUROR, **fields):
    fields = {"language": "en", **fields}
    return role_invitations.invite(competition, email=email, role=role, actor=actor, now=now, **fields)


def refused(code, act, *args, **kwargs):
    with pytest.raises(RoleRefused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code


def send(now) -> None:
    outbox.work_off(PREPARE, seconds=20, clock=lambda: now)


def token_in_mail() -> str:
    return LINK.search(mail.outbox[-1].body)[1]


# -- the mail ---------------------------------------------------------------------------------------------------------


def test_a_person_without_an_account_gets_one_mail_with_a_link(competition, owner, now):
    invited = invite(competition, owner, now, email="New.Juror@example.org", note="You know this coast.")
    assert invite(competition, owner, now, email="new.juror@example.org") == invited
    send(now)
    (sent,) = mail.outbox
    assert (sent.to, sent.reply_to) == (["New.Juror@example.org"], [competition.contact_email])
    assert all(text in sent.body for text in ("owner", "juror", "Tide table", "You know this coast."))
    assert invited.digest == token_digest(token_in_mail())


def test_the_mail_speaks_the_language_that_the_inviter_chose(competition, owner, now, compiled_catalogue):
    invite(competition, owner, now, language="ja")
    send(now)
    assert "審査員" in mail.outbox[0].subject
    assert "Tide table（日本語）" in mail.outbox[0].subject


def test_the_token_is_in_the_mail_and_nowhere_else(competition, owner, now, caplog):
    with caplog.at_level(logging.DEBUG):
        invite(competition, owner, now)
        send(now)
    token = token_in_mail()
    assert token not in caplog.text
    for model in (RoleInvitation, OutboxItem, AuditEvent):
        assert all(token not in str(row) for row in model.objects.values_list())


def test_a_mail_of_an_invitation_that_was_taken_back_is_not_sent(competition, owner, invitation, now):
    role_invitations.revoke(invitation, actor=owner, now=now)
    send(now)
    assert (mail.outbox, OutboxItem.objects.get().status) == ([], OutboxStatus.SKIPPED)


def test_sent_again_it_is_another_link_and_the_first_opens_nothing(competition, owner, invitation, now):
    send(now)
    first = token_in_mail()
    refused("sent_just_now", role_invitations.send_again, invitation, actor=owner, now=now)
    at = now + timedelta(days=1)
    again = role_invitations.send_again(invitation, actor=owner, now=at)
    send(at)
    assert (len(mail.outbox), again.expires_at) == (2, at + timedelta(days=14))
    assert again.digest == token_digest(token_in_mail()) != token_digest(first)
    assert not RoleInvitation.objects.filter(digest=token_digest(first)).exists()


def test_nobody_is_written_to_for_ever(owner, invitation, now):
    for days in range(1, 5):
        role_invitations.send_again(invitation, actor=owner, now=now + timedelta(days=days))
    refused("sent_too_often", role_invitations.send_again, invitation, actor=owner, now=now + timedelta(days=9))


# -- taking a role ----------------------------------------------------------------------------------------------------


def test_whoever_owns_the_address_takes_the_role_and_sees_the_draft(competition, owner, visitor, now):
    competition.status = CompetitionStatus.DRAFT
    competition.save()
    invitation = invite(competition, owner, now, email="Visitor@example.org")
    assert not can_see_competition(visitor, competition)
    taken = role_invitations.accept(invitation, user=visitor, now=now)
    assert role_invitations.accept(invitation, user=visitor, now=now) == taken
    assert (taken.role, taken.since, taken.given_by) == (Role.JUROR, now, owner)
    assert can_see_competition(visitor, competition)
    assert not can_organise(visitor, competition)
    event = AuditEvent.objects.get(verb="took a role")
    assert (event.before, event.after, event.actor) == ({"role": None}, {"role": "juror"}, visitor)


def test_an_account_of_another_address_cannot_take_it(invitation, rival, now):
    refused("other_address", role_invitations.accept, invitation, user=rival, now=now)


def test_an_address_that_was_only_claimed_opens_nothing(invitation, visitor, now, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.filter(user=visitor).update(verified=False)
    refused("other_address", role_invitations.accept, invitation, user=visitor, now=now)


@pytest.mark.parametrize("outcome", ["revoked", "declined", "expired", "inviter gone", "inviter no longer owner"])
def test_a_closed_invitation_gives_no_role(competition, invitation, owner, visitor, now, outcome):
    if outcome == "revoked":
        role_invitations.revoke(invitation, actor=owner, now=now)
    if outcome == "declined":
        role_invitations.decline(invitation, user=None, now=now)
    if outcome == "inviter gone":
        owner.delete()
        invitation = RoleInvitation.objects.get()
    if outcome == "inviter no longer owner":
        Membership.objects.filter(user=owner).delete()
    at = now + timedelta(days=15 if outcome == "expired" else 0)
    refused("invitation_closed", role_invitations.accept, invitation, user=visitor, now=at)
    assert not Membership.objects.filter(user=visitor).exists()


def test_an_expired_invitation_makes_room_for_a_new_one(competition, owner, invitation, now):
    later = now + timedelta(days=15)
    assert invite(competition, owner, later).pk != invitation.pk
    invitation.refresh_from_db()
    assert invitation.outcome == InvitationOutcome.EXPIRED


# -- who gives what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OWNER, Role.ORGANISER])
def test_organisers_make_no_owners_and_no_organisers(competition, owner, organiser, operator, now, role):
    refused("owners_only", invite, competition, organiser, now, role=role)
    invite(competition, owner, now, role=role)
    invite(competition, operator, now, role=role, email="other@example.org")
    own = Membership.objects.get(user=owner)
    refused("owners_only", roles.remove, own, actor=organiser, reason="a coup", now=now)
    refused("owners_only", roles.change, own, role=Role.SPONSOR, actor=organiser, reason="a coup", now=now)


def test_organisers_invite_those_who_judge_review_and_pay(competition, organiser, now):
    for role in (Role.REVIEWER, Role.JUROR, Role.SPONSOR):
        assert invite(competition, organiser, now, role=role).role == role


def test_the_last_owner_stays(competition, owner, now):
    own = Membership.objects.get(user=owner)
    refused("last_owner", roles.remove, own, actor=owner, reason="tired", now=now)
    refused("last_owner", roles.change, own, role=Role.ORGANISER, actor=owner, reason="tired", now=now)
    makers.make_member(competition, "second", Role.OWNER)
    roles.remove(own, actor=owner, reason="tired", now=now)
    assert list(competition.memberships.values_list("role", flat=True)) == ["owner"]


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_take_the_role_from_each_other_at_once(competition, now):
    first, second = (makers.make_member(competition, name, Role.OWNER) for name in ("first", "second"))
    rows = {user: Membership.objects.get(user=user) for user in (first, second)}
    pairs = [(first, rows[second]), (second, rows[first])]
    acts = [lambda pair=pair: roles.remove(pair[1], actor=pair[0], reason="rivalry", now=now) for pair in pairs]
    at_once(acts)
    assert competition.memberships.filter(role=Role.OWNER).count() == 1


def test_a_change_says_who_what_why_before_and_after(competition, owner, now):
    juror = makers.make_member(competition, "juror", Role.JUROR)
    row = Membership.objects.get(user=juror)
    refused("no_reason", roles.change, row, role=Role.REVIEWER, actor=owner, reason=" ", now=now)
    roles.change(row, role=Role.REVIEWER, actor=owner, reason="asked for it", now=now)
    roles.remove(row, actor=owner, reason="moved away", now=now)
    roles.remove(row, actor=owner, reason="moved away", now=now)
    told = [
        (event.verb, event.actor_name, event.reason, event.before, event.after)
        for event in AuditEvent.objects.filter(subject="person juror")
    ]
    assert told == [
        ("role changed", "owner", "asked for it", {"role": "juror"}, {"role": "reviewer"}),
        ("role taken away", "owner", "moved away", {"role": "reviewer"}, {"role": None}),
    ]
    assert not can_organise(juror, competition)


# -- nobody judges and competes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.JUROR, Role.REVIEWER, Role.ORGANISER, Role.OWNER])
def test_a_contestant_is_not_made_a_judge_of_their_own_contest(competition, owner, contestant, now, role):
    refused("takes_part", invite, competition, owner, now, email=contestant.email, role=role)


def test_who_joined_after_the_invitation_is_refused_when_they_accept(competition, owner, invitation, visitor, now):
    terms = competition.terms.last()
    registrations.join(user=visitor, competition=competition, team_name="V", terms=terms, entry=Entry(), now=now)
    refused("takes_part", role_invitations.accept, invitation, user=visitor, now=now)


def test_a_juror_does_not_become_a_contestant(competition, invitation, visitor, now):
    role_invitations.accept(invitation, user=visitor, now=now)
    terms = competition.terms.last()
    with pytest.raises(IsJuror):
        registrations.join(user=visitor, competition=competition, team_name="V", terms=terms, entry=Entry(), now=now)


def test_a_sponsor_may_take_part(competition, owner, contestant, now):
    assert invite(competition, owner, now, email=contestant.email, role=Role.SPONSOR)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "nobody"}, "invalid_email"),
        ({"role": "king"}, "unknown_role"),
        ({"language": "fr"}, "unknown_language"),
        ({"note": "x" * 501}, "note_too_long"),
    ],
)
def test_nonsense_is_refused(competition, owner, now, fields, code):
    refused(code, invite, competition, owner, now, **fields)
    assert not OutboxItem.objects.exists()
