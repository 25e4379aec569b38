"""Teams: people, invitations, merging."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from competitions.api.access import competition_of, person, team_in
from competitions.api.competitions import SLUG
from competitions.api.errors import ApiError
from competitions.api.serializers.teams import (
    AnswerSerializer,
    InvitationSerializer,
    InviteSerializer,
    LinkAnswerSerializer,
    MergeAnswerSerializer,
    MergeSerializer,
    NewInvitationSerializer,
    OtherTeamSerializer,
    OutlookSerializer,
    PersonSerializer,
    RenameSerializer,
    TeamDetailSerializer,
)
from competitions.api.views import View, documented
from competitions.models import Competition, Team, TeamInvitation, TeamMerge, User
from competitions.queries.team_merges import MergeOutlook, open_merges, outlook
from competitions.queries.teams import forming_ends_at, invitation_by_link, members, open_invitations
from competitions.services import team_invitations, team_members, team_merges

NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH)
USERNAME = OpenApiParameter("username", str, OpenApiParameter.PATH, description="A member's user name.")
OTHER = OpenApiParameter("other", str, description="The other team's name.")
REFUSALS = (401, 403, 404, 409, 422)


def _read(kind: type[serializers.Serializer[object]], data: Any) -> dict[str, Any]:
    fields = kind(data=data)
    fields.is_valid(raise_exception=True)
    return dict(fields.validated_data)


class TeamView(View):
    @documented({200: TeamDetailSerializer}, 401, 403, 404, operation_id="team", parameters=[SLUG])
    def get(self, request: Request, slug: str) -> Response:
        """Your team in this contest: its people, and what it has asked and is asked."""
        return _team(request, team_in(request, competition_of(request, slug)))

    @documented(
        {200: TeamDetailSerializer}, *REFUSALS, request=RenameSerializer, operation_id="team_rename", parameters=[SLUG]
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Rename your team. Receipts keep the name that was signed."""
        team = team_in(request, competition_of(request, slug))
        name = _read(RenameSerializer, request.data)["name"]
        return _team(request, team_members.rename(team, user=person(request), name=name, now=timezone.now()))


class TeamLeave(View):
    @documented({204: None}, *REFUSALS, request=None, operation_id="team_leave", parameters=[SLUG])
    def post(self, request: Request, slug: str) -> Response:
        """Leave your team. What it has submitted, and its quota, stay with it."""
        competition = competition_of(request, slug)
        team_in(request, competition)
        team_members.leave(user=person(request), competition=competition, now=timezone.now())
        return Response(status=204)


class TeamMemberView(View):
    @documented({200: TeamDetailSerializer}, *REFUSALS, operation_id="team_remove", parameters=[SLUG, USERNAME])
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Remove a member; the captain only."""
        team = team_in(request, competition_of(request, slug))
        team_members.remove(team, member=_member(team, username), user=person(request), now=timezone.now())
        return _team(request, team)


class TeamCaptain(View):
    @documented(
        {200: TeamDetailSerializer}, *REFUSALS, request=PersonSerializer, operation_id="team_captain", parameters=[SLUG]
    )
    def put(self, request: Request, slug: str) -> Response:
        """Hand the captain's role to another member."""
        team = team_in(request, competition_of(request, slug))
        member = _member(team, _read(PersonSerializer, request.data)["user"])
        team_members.hand_over(team, member=member, user=person(request), now=timezone.now())
        return _team(request, team)


def _member(team: Team, name: str) -> User:
    found = team.members.select_related("user").filter(user__username=name).first()
    if found is None:
        raise ApiError(404, "not_found", _("“%(name)s” is not a member of this team.") % {"name": name[:150]})
    return found.user


# -- invitations ------------------------------------------------------------------------------------------------------


class TeamInvitations(View):
    @documented(
        {201: NewInvitationSerializer},
        *REFUSALS,
        request=InviteSerializer,
        operation_id="team_invite",
        parameters=[SLUG],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Invite a person of this site, or get a link that works once; the captain only."""
        team, user = team_in(request, competition_of(request, slug)), person(request)
        fields, now, token = _read(InviteSerializer, request.data), timezone.now(), None
        if "user" in fields:
            invitation = team_invitations.invite(team, name=fields["user"], user=user, now=now)
        else:
            email, by_mail = fields["email"], fields["by_mail"]
            invitation, token = team_invitations.by_link(team, email=email, user=user, now=now, by_mail=by_mail)
        return Response(NewInvitationSerializer({**_invitation(invitation), "token": token}).data, status=201)


class TeamInvitationView(View):
    @documented({204: None}, *REFUSALS, operation_id="team_invitation_revoke", parameters=[SLUG, NUMBER])
    def delete(self, request: Request, slug: str, number: int) -> Response:
        """Take an invitation of your team back; the captain only."""
        team = team_in(request, competition_of(request, slug))
        invitation = team.invitations.filter(pk=number).first()
        if invitation is None:
            raise _no_invitation()
        team_invitations.revoke(invitation, user=person(request), now=timezone.now())
        return Response(status=204)


class Invitations(View):
    @documented({200: InvitationSerializer(many=True)}, 401, operation_id="invitations")
    def get(self, request: Request) -> Response:
        """The teams, of all contests, that ask you to join."""
        found = open_invitations(person(request), now=timezone.now())
        return Response(InvitationSerializer([_invitation(one) for one in found], many=True).data)


class InvitationAnswer(View):
    @documented(
        {200: TeamDetailSerializer, 204: None},
        *REFUSALS,
        request=AnswerSerializer,
        operation_id="invitation_answer",
        parameters=[NUMBER],
    )
    def post(self, request: Request, number: int) -> Response:
        """Accept, with the newest version of the rules where you have not accepted it yet; or decline."""
        invitation = open_invitations(person(request), now=timezone.now()).filter(pk=number).first()
        if invitation is None:
            raise _no_invitation()
        return _answer(request, invitation, _read(AnswerSerializer, request.data), by_link=False)


class LinkAnswer(View):
    @documented(
        {200: TeamDetailSerializer, 204: None},
        *REFUSALS,
        request=LinkAnswerSerializer,
        operation_id="invitation_link_answer",
        parameters=[SLUG],
    )
    def post(self, request: Request, slug: str) -> Response:
        """The same for a link: its last part is the token."""
        competition = competition_of(request, slug)
        person(request)
        fields = _read(LinkAnswerSerializer, request.data)
        invitation = invitation_by_link(fields["token"], competition, now=timezone.now())
        if invitation is None:
            raise _no_invitation()
        return _answer(request, invitation, fields, by_link=True)


def _answer(request: Request, invitation: TeamInvitation, fields: dict[str, Any], *, by_link: bool) -> Response:
    user, now = person(request), timezone.now()
    if fields["answer"] == "decline":
        team_invitations.decline(invitation, user=user, now=now)
        return Response(status=204)
    terms = invitation.team.competition.terms.filter(version=fields["accept_terms"]).first()
    team = team_invitations.accept(invitation, user=user, terms=terms, now=now, by_link=by_link)
    return _team(request, team)


def _no_invitation() -> ApiError:
    text = _("This invitation has expired, was used or was taken back. Ask for a new one.")
    return ApiError(404, "not_found", text)


# -- merging ----------------------------------------------------------------------------------------------------------


class TeamMerges(View):
    @documented({200: OutlookSerializer}, *REFUSALS, operation_id="team_merge_outlook", parameters=[SLUG, OTHER])
    def get(self, request: Request, slug: str) -> Response:
        """What would become of your team and another one if they merged, and what stands in the way."""
        competition = competition_of(request, slug)
        team = team_in(request, competition)
        other = _other(competition, team, request.query_params.get("other", ""))
        return Response(OutlookSerializer(_outlook(outlook(team, other, now=timezone.now()))).data)

    @documented(
        {201: MergeSerializer}, *REFUSALS, request=OtherTeamSerializer, operation_id="team_merge", parameters=[SLUG]
    )
    def post(self, request: Request, slug: str) -> Response:
        """Propose that another team becomes part of yours; captains only."""
        competition = competition_of(request, slug)
        team = team_in(request, competition)
        other = _other(competition, team, _read(OtherTeamSerializer, request.data)["other"])
        merge = team_merges.propose(team, other=other, user=person(request), now=timezone.now())
        return Response(MergeSerializer(_merge(merge)).data, status=201)


class TeamMergeAnswer(View):
    @documented(
        {200: TeamDetailSerializer},
        *REFUSALS,
        request=MergeAnswerSerializer,
        operation_id="team_merge_answer",
        parameters=[NUMBER],
    )
    def post(self, request: Request, number: int) -> Response:
        """Accept or decline a proposal to your team, or withdraw your own; captains only."""
        user, now = person(request), timezone.now()
        merge = open_merges(user).filter(pk=number).first()
        if merge is None:
            raise ApiError(404, "not_found", _("This proposal is no longer open."))
        acts = {"accept": team_merges.accept, "decline": team_merges.decline, "withdraw": team_merges.withdraw}
        acts[_read(MergeAnswerSerializer, request.data)["decision"]](merge, user=user, now=now)
        return _team(request, team_in(request, merge.team.competition))


def _other(competition: Competition, team: Team, name: str) -> Team:
    found = competition.teams.filter(name__iexact=name.strip()).exclude(pk=team.pk).first()
    if found is None:
        raise ApiError(404, "not_found", _("There is no other team called “%(name)s”.") % {"name": name[:60]})
    return found


# -- shapes -----------------------------------------------------------------------------------------------------------


def _team(request: Request, team: Team) -> Response:
    competition = team.competition
    content = {
        "name": team.name,
        "members": [
            {"user": one.user.get_username(), "is_captain": one.is_captain, "joined_at": one.joined_at}
            for one in members(team)
        ],
        "max_size": competition.team_max_size,
        "forming_ends_at": forming_ends_at(competition),
        "invitations": [_invitation(one) for one in team.invitations.open(timezone.now()).select_related("user")],
        "merges": [_merge(one) for one in open_merges(request.user).filter(team__competition=competition)],
    }
    return Response(TeamDetailSerializer(content).data)


def _invitation(invitation: TeamInvitation) -> dict[str, Any]:
    return {
        "number": invitation.pk,
        "competition": invitation.team.competition.slug,
        "team": invitation.team.name,
        "user": invitation.user.get_username() if invitation.user else None,
        "email": invitation.email,
        "invited_by": invitation.invited_by.get_username(),
        "expires_at": invitation.expires_at,
    }


def _merge(merge: TeamMerge) -> dict[str, Any]:
    return {
        "number": merge.pk,
        "team": merge.team.name,
        "other": merge.other.name,
        "proposed_by": merge.proposed_by.get_username(),
        "proposed_at": merge.proposed_at,
    }


def _outlook(ahead: MergeOutlook) -> dict[str, Any]:
    uses = [
        {
            "phase": use.phase.key,
            "team_used": use.team_used,
            "other_used": use.other_used,
            "used": use.used,
            "limit": use.limit,
        }
        for use in ahead.uses
    ]
    return {
        "team": ahead.team.name,
        "other": ahead.other.name,
        "size": ahead.size,
        "max_size": ahead.max_size,
        "submissions": ahead.submissions,
        "uses": uses,
        "clears_choices": bool(ahead.cleared),
        "hindrances": [one.value for one in ahead.hindrances],
    }
