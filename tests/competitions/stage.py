"""A contest with everything in it, and a client for everybody: what tests need that ask every address of the site."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from competitions.models import (
    ApiToken,
    Board,
    Certificate,
    ChangeRequest,
    Competition,
    Execution,
    Page,
    Phase,
    PromotionRule,
    Registration,
    Submission,
    Task,
    Team,
    TeamInvitation,
    User,
    WinnerAudit,
    WinnerEntry,
    WorkerReport,
)
from competitions.models.people import token_digest
from competitions.services import (
    announcements,
    audit,
    discussion,
    evaluations,
    jury_assignments,
    mails,
    people,
    role_invitations,
    team_invitations,
    team_merges,
    webhooks,
    workspaces,
)
from competitions.services.evaluations import ScoringResult
from competitions.status import ExecutionKind, ExecutionStatus, FailureKind, RegistrationStatus, RevisionKind, Role
from competitions.store import Store
from tests import makers
from tests.competitions import jury
from tests.competitions.winner_stage import hand_in, make_audit, make_award

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
ROLES = ("anonymous", "visitor", "contestant", "rival", "juror", "sponsor", "organiser", "operator")
WITHOUT_PRIVILEGE = ROLES[:6]  # nobody of these may know a private score before release
TOKEN = "a-link-that-works-once"  # to the contestant's team
ROLE_TOKEN = "a-link-to-a-role"
# Patterns that take any text: addresses that nothing else answers.
LOOSE = {"api:unknown": "/api/v1/nonsense/", "operator/(?P<url>.*)$": "/operator/nonsense/"}


@dataclass
class Stage:
    """A published contest; `submission` is the contestant's scored one, `waiting` the contestant's in the queue.

    `run` is of the contestant's, on hidden inputs: only organisers may read its log and proof.
    """

    competition: Competition
    task: Task
    team: Team
    rivals: Team
    submission: Submission
    waiting: Submission
    run: Execution
    token: ApiToken
    users: Mapping[str, User]
    browsers: Mapping[str, Client]
    apis: Mapping[str, Client]
    links: Mapping[str, int]
    judged: Mapping[str, int] = field(default_factory=dict)  # the number in a route of the juried division
    talk: Mapping[str, int] = field(default_factory=dict)  # the record that a route of the talking is about
    known: dict[str, str] = field(default_factory=dict)

    def client(self, role: str, route: str) -> Client:
        """Pages are asked with a session, the API with a token."""
        return self.apis[role] if route.startswith("api:") else self.browsers[role]

    def address(self, route: str, pattern: str, **other: Any) -> str:
        """The route's address with this contest's own names filled in, or other ones."""
        if other:
            return self._address(route, pattern, **other)
        if route not in self.known:
            self.known[route] = self._address(route, pattern)
        return self.known[route]

    def _address(self, route: str, pattern: str, **other: Any) -> str:
        if route in LOOSE:
            return LOOSE[route]
        if "<path:object_id>" in route:  # the old form of an address of the operator's site; it has no name
            return f"/{route}".replace("<path:object_id>", "1")
        known = {**self._values(route), **other}
        return reverse(route, kwargs={name: known[name] for name in PARAMETER.findall(pattern)})

    def _values(self, route: str) -> dict[str, Any]:
        owner = User.objects.get(username="contestant")
        keys = {
            "pages:page": "prizes",
            "pages:promotion": "final",
            "pages:sponsor_logo": "harbour",
            "pages:dashboard_csv": "submissions",
            "pages:dashboard_png": "funnel",
            "account_confirm_email": EmailConfirmationHMAC(owner.emailaddress_set.get()).key,
            "account_reset_password_from_key": default_token_generator.make_token(owner),
        }
        return {
            "slug": self.competition.slug,
            "step": "basics",
            "key": keys.get(route, self.task.key),
            "task": self.task.key,
            "version": "1",
            "name": "prediction.csv" if route == "api:submit_file" else "train.csv",
            "number": self._number(route),
            "token": mails.unsubscribe_token(owner, "announcement") if route == "pages:unsubscribe" else TOKEN,
            "username": "mate",
            "code": "c0de" * 8,
            "uidb36": user_pk_to_url_str(owner),
            "id": owner.pk,
            "app_label": "competitions",
            "content_type_id": 1,
            "object_id": _object_id(route),
            "division": "ideas",
            "position": 1,
        }

    def _number(self, route: str) -> int:
        if route == "pages:workspace_restore":
            return 1
        if route in {"pages:team_remove", "pages:team_captain"}:
            return self.links["member"]
        if "invitation" in route and route not in self.talk:
            return self.links["invitation"]
        if route.endswith("team_merge"):
            return self.links["merge"]
        if route == "pages:hand_in_file":
            return self.links["file"]
        if route.startswith(("pages:winner", "pages:hand_in")):
            return self.links["entry"]
        if route == "pages:token_revoke":
            return self.token.pk
        if route.startswith("pages:execution_"):
            return self.run.pk
        if route in self.judged:
            return self.judged[route]
        if route in self.talk:
            return self.talk[route]
        return self.waiting.pk if route.endswith("submission_cancel") else self.submission.pk


@contextmanager
def taken_back(blocker: Any) -> Iterator[None]:
    """The database for what the tests of a whole file share; nothing of it stays. `blocker`: pytest-django's."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, method: str, address: str, **content: Any) -> HttpResponse:
    """One request, of which nothing stays: neither records, nor cookies, nor what throttles count."""
    cache.clear()
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = getattr(client, method.lower())(address, **content)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def make_result(place: int) -> ScoringResult:
    """Who leads on the public split is last on the private one."""
    return makers.make_result(place, 100 - place)


def set_up(result: Callable[[int], ScoringResult] = make_result) -> Stage:
    """Scored are the contestant, then the rival; `result` tells what a place on the public board has."""
    consents = [{"key": "sponsors", "label": makers.both("Sponsors may read my name.")}]
    competition = makers.make_competition(final_select=2, team_max_size=5, consents=consents)
    makers.make_data_terms(competition)
    users = {name: makers.make_user(name) for name in ("visitor",)}
    for role in (Role.JUROR, Role.SPONSOR, Role.ORGANISER):
        users[role.value] = makers.make_member(competition, role.value, role)
    users["operator"] = makers.make_user("operator", is_staff=True, is_superuser=True)
    team, rivals = makers.make_team(competition, "contestant"), makers.make_team(competition, "rival")
    users |= {"contestant": team.members.get().user, "rival": rivals.members.get().user}
    submission = makers.make_submission(team)
    evaluations.record(makers.claim_of(submission), result(1), now=timezone.now())
    of_rivals = makers.make_submission(rivals, content=b"id,y\na,2\n")
    evaluations.record(makers.claim_of(of_rivals), result(2), now=timezone.now())
    waiting = makers.make_submission(team, content=b"id,y\na,3\n")
    token, _text = people.create_token(user=users["contestant"], name="laptop", now=timezone.now())
    task = _complete(competition)
    _promote(competition)
    links = {**_form_teams(team, rivals, users["visitor"]), **_audit_winners(submission)}
    _leave_traces(makers.make_user("bystander"), competition)
    _open_workspace(competition, users["organiser"])
    talk = _talk(competition, users["organiser"], users["contestant"]) | _people(competition)
    talk |= dict.fromkeys(("pages:certificate_revoke", "pages:certificate_pdf"), _certify(submission).pk)
    judged = _judge(competition, team, rivals, users["juror"])
    browsers = {role: _browser(users.get(role)) for role in ROLES}
    apis = {role: _api(users.get(role)) for role in ROLES}
    run = _make_run(submission)
    proposed = _propose(competition)
    talk |= {"pages:change": proposed.pk, "pages:change_act": proposed.pk}
    people_of = (token, users, browsers, apis, links)
    return Stage(competition, task, team, rivals, submission, waiting, run, *people_of, judged, talk)


def _propose(competition: Competition) -> ChangeRequest:
    return ChangeRequest.objects.create(
        competition=competition,
        status="proposed",
        kinds=["truth"],
        digest="0" * 64,
        base="0" * 64,
        reason=makers.both("A sensor was read wrongly."),
        proposed_by=makers.make_member(competition, "proposer", Role.OWNER),
        created_at=timezone.now(),
    )


def _open_workspace(competition: Competition, author: User) -> None:
    """One revision, with a file."""
    workspace = workspaces.workspace_of(competition)
    stored = Store(settings.FILES_DIR).put_original([b"id,y\na,1\n"])
    fields = {"kind": RevisionKind.IMPORTED, "author": author, "now": timezone.now()}
    text = f"schema: tidemark/1\nslug: {competition.slug}\n"
    workspaces.save_revision(workspace, base=0, text=text, files={"train.csv": stored}, **fields)


def _browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def _api(user: User | None) -> Client:
    if user is None:
        return Client()
    _, text = people.create_token(user=user, name="stage", now=timezone.now())
    return Client(headers={"authorization": f"Bearer {text}"})


def _form_teams(team: Team, rivals: Team, visitor: User) -> Mapping[str, int]:
    """The contestant leads a team of two, asks the visitor, has a link for anybody, and wants to merge with rivals."""
    captain, now = team.members.get().user, timezone.now()
    mate = makers.make_mate(team, "mate")
    invitation = team_invitations.invite(team, name=visitor.username, user=captain, now=now)
    link, _ = team_invitations.by_link(team, email="friend@example.org", user=captain, now=now)
    TeamInvitation.objects.filter(pk=link.pk).update(digest=token_digest(TOKEN))
    merge = team_merges.propose(team, other=rivals, user=captain, now=now)
    return {"member": mate.pk, "invitation": invitation.pk, "merge": merge.pk}


def _audit_winners(submission: Submission) -> Mapping[str, int]:
    """The contestant is a candidate for a prize, and has handed in."""
    make_award(submission.team.competition)
    record = make_audit(submission.team.competition)
    now = timezone.now()
    WinnerAudit.objects.filter(pk=record.pk).update(opened_at=now)
    entry = WinnerEntry.objects.create(
        audit=record, team=submission.team, submission=submission, asked_at=now, due_at=now + timedelta(days=9)
    )
    return {"entry": entry.pk, "file": hand_in(entry).files.get(part="code").pk}


def _certify(submission: Submission) -> Certificate:
    """Somebody has a certificate that its code proves; the routes of one's own find nothing yet."""
    now = timezone.now()
    texts = {"name": "Somebody", "team": "some team", "contest": makers.both("Tide table")}
    days = {"ended_on": now.date(), "issued_on": now.date(), "issued_at": now}
    board = Board.objects.get(phase=submission.phase, kind="private")
    place = {"competition": submission.team.competition, "board": board, "user": makers.make_user("certified")}
    return Certificate.objects.create(code="c0de" * 8, **place, **texts, **days)


def _promote(competition: Competition) -> None:
    """A phase for the first teams of the one there is; it is over, so that nothing else changes."""
    source, division = competition.phases.get(), competition.divisions.get()
    ends_at = timezone.now() - timedelta(days=1)
    times = {"starts_at": ends_at - timedelta(days=1), "ends_at": ends_at, "position": 1}
    phase = Phase.objects.create(competition=competition, key="final", name=makers.both("Final"), **times)
    PromotionRule.objects.create(phase=phase, source=source, division=division, task=source.tasks.get(), first=1)


def _complete(competition: Competition) -> Task:
    """A page of the organiser's, data, sample and starting kit."""
    texts = {"text": makers.both("Prizes."), "html": makers.both("<p>Prizes.</p>")}
    Page.objects.create(competition=competition, key="prizes", title=makers.both("Prizes"), **texts)
    makers.make_sponsor(competition)
    makers.make_data_release(competition)
    task = competition.tasks.get()
    task.sample_submission, task.sample_submission_name = makers.make_blob(b"id,y\na,0\n"), "sample.csv"
    task.starting_kit = makers.make_blob(b"kit")
    task.save()
    return task


def _make_run(submission: Submission) -> Execution:
    """On hidden inputs, with a log that its team must not see."""
    now = timezone.now()
    return Execution.objects.create(
        submission=submission,
        kind=ExecutionKind.FULL,
        inputs_digest=makers.TEST_INPUTS,
        runtime=makers.make_runtime(),
        status=ExecutionStatus.FAILED,
        failure_kind=FailureKind.PROGRAM,
        outcome="crashed",
        reason="The program ended with exit status 3.",
        log="what the program wrote",
        queued_at=now,
        started_at=now,
        finished_at=now,
    )


def _talk(competition: Competition, organiser: User, contestant: User) -> dict[str, int]:
    """An announcement that was sent, a draft, a webhook, and the contestant's topic."""
    now = timezone.now()
    texts = {"title": makers.both("News"), "text": makers.both("Something."), "audience_kind": "contestants"}
    sent, draft = (
        announcements.save_draft(competition=competition, author=organiser, phase=None, now=now, **texts)
        for _ in range(2)
    )
    announcements.send(sent, actor=organiser, expected=3, now=now)
    endpoint = webhooks.add(
        competition=competition, actor=organiser, url="https://example.org/", events=["team.joined"], now=now
    )
    topic = discussion.open_topic(user=contestant, competition=competition, title="Hello", text="Ahoy.", now=now)
    post = topic.posts.get()
    desk = dict.fromkeys(("announcement_draft", "announcement_send", "announcement_discard"), draft.pk)
    topics, posts = dict.fromkeys(("topic", "topic_act"), topic.pk), dict.fromkeys(("post_edit", "post_act"), post.pk)
    found = {"announcement": sent.pk, **desk, "webhook": endpoint.pk, **topics, **posts}
    return {f"pages:{route}": number for route, number in found.items()}


def _people(competition: Competition) -> dict[str, int]:
    """Owners; a juror that an owner changes, somebody who is asked to be one, and somebody who waits."""
    now, owner = timezone.now(), makers.make_member(competition, "owner", Role.OWNER)
    juror = competition.memberships.get(role=Role.JUROR)
    asked = role_invitations.invite(
        competition, email="asked@example.org", role=Role.JUROR, language="en", actor=owner, now=now
    )
    type(asked).objects.filter(pk=asked.pk).update(digest=token_digest(ROLE_TOKEN))
    waiting = Registration.objects.create(
        competition=competition, user=makers.make_user("waiting"), status=RegistrationStatus.WAITING, asked_at=now
    )
    found = {"people_role": juror.pk, "people_invitation": asked.pk, "registration": waiting.pk}
    return {f"{place}:{route}": number for route, number in found.items() for place in ("pages", "api")}


def _judge(competition: Competition, team: Team, rivals: Team, juror: User) -> dict[str, int]:
    """A blind division whose juror has the contestant's entry to judge, and one that still takes entries."""
    division = jury.make_division(competition, jurors_per_entry=1)
    entry = jury.hand_in(team, division, jury.HTML).entry
    version = entry.versions.get()
    jury.hand_in(rivals, division)
    jury.close(division)
    jury.declare(division, [juror])
    jury_assignments.assign(entry, juror=juror, actor=juror, now=timezone.now())
    jury.make_division(competition, "posters")
    of_entry = dict.fromkeys(("pages:entry_receipt", "pages:entry_document"), version.pk)
    sheet = ("pages:jury_sheet", "pages:jury_conflict", "pages:jury_document", "pages:jury_document_view", "api:sheet")
    return {**of_entry, **dict.fromkeys(sheet, entry.number)}


def _leave_traces(user: User, competition: Competition) -> None:
    """Records of every kind that the operator's site shows."""
    now = timezone.now()
    Group.objects.create(name="helpers")
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key="k" * 32, user_agent="test")
    audit.note("made", now=now, actor=user, competition=competition)
    WorkerReport.objects.create(worker="test", seen_at=now, backend="fake", is_fit=True)


def _object_id(route: str) -> str:
    """A record that the operator's page of this route can show."""
    named = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    model = named.get(route.removeprefix("admin:").rsplit("_", 1)[0])
    return str(model._default_manager.order_by("pk").values_list("pk", flat=True)[0]) if model else "1"
