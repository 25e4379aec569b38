"""Each predicate and the query that returns the same set, over every person and every record."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from competitions.models import (
    Acceptance,
    Announcement,
    AuditEvent,
    Board,
    Certificate,
    ChangeRequest,
    Competition,
    DataRelease,
    Division,
    DryRun,
    Entry,
    Execution,
    JuryChair,
    JuryDeclaration,
    JuryRelease,
    Membership,
    Notice,
    Post,
    Promotion,
    PromotionRule,
    Registration,
    ResultsArchive,
    RoleInvitation,
    Sheet,
    Sponsor,
    Standing,
    Submission,
    Team,
    TeamInvitation,
    TeamMember,
    Topic,
    User,
    WebhookEndpoint,
    WinnerAudit,
    WinnerDecision,
    WinnerEntry,
    Workspace,
)
from competitions.permissions import (
    Visitor,
    can_answer,
    can_certify,
    can_chair,
    can_choose,
    can_decide_change,
    can_download,
    can_enter,
    can_give_role,
    can_hand_in,
    can_host,
    can_judge,
    can_lead,
    can_organise,
    can_revoke,
    can_see_announcement,
    can_see_archive,
    can_see_audit_event,
    can_see_board,
    can_see_change,
    can_see_competition,
    can_see_dashboard,
    can_see_dry_run,
    can_see_endpoint,
    can_see_entry,
    can_see_jury,
    can_see_jury_result,
    can_see_log,
    can_see_post,
    can_see_registration,
    can_see_role,
    can_see_role_invitation,
    can_see_sponsor,
    can_see_submission,
    can_see_topic,
    can_see_winner_entry,
    can_see_workspace,
    can_submit,
    can_write_in_discussion,
    has_accepted_terms,
    is_contestant,
)
from competitions.queries.announcements import visible_announcements
from competitions.queries.archives import visible_archives
from competitions.queries.audit import visible_audit_events
from competitions.queries.certificates import certifiable_boards, revocable_certificates
from competitions.queries.changes import decidable_changes, visible_changes
from competitions.queries.competitions import listed_competitions, organised_competitions, visible_competitions
from competitions.queries.discussion import visible_posts, visible_topics
from competitions.queries.dry_runs import visible_dry_runs
from competitions.queries.final_choices import choosable_submissions
from competitions.queries.jury import (
    chaired_divisions,
    judged_sheets,
    juried_divisions,
    published_divisions,
    visible_entries,
)
from competitions.queries.leaderboards import visible_boards
from competitions.queries.participation import visible_registrations
from competitions.queries.promotions import enterable_phases
from competitions.queries.roles import visible_role_invitations, visible_roles
from competitions.queries.runs import readable_logs
from competitions.queries.sponsors import dashboard_competitions, visible_sponsors
from competitions.queries.submissions import visible_submissions
from competitions.queries.teams import led_teams, open_invitations, team_of
from competitions.queries.webhooks import visible_endpoints
from competitions.queries.winners import open_entries, visible_winner_entries
from competitions.queries.workspaces import hosts, visible_workspaces
from competitions.services import audit
from competitions.services.hosts import allow
from competitions.status import Audience, BoardKind, CompetitionStatus, ExecutionKind, RegistrationStatus, Role
from tests import makers
from tests.competitions import jury

pytestmark = pytest.mark.django_db
IN_A_CONTEST = (*Role, "contestant", "teammate", "rival")
ELSEWHERE = tuple(f"{name} elsewhere" for name in IN_A_CONTEST)
PEOPLE = (
    "anonymous",
    "visitor",
    "operator",
    "locked-out operator",
    "powerless superuser",
    *IN_A_CONTEST,
    *ELSEWHERE,
    "organising contestant",
)


@pytest.fixture
def people(now: datetime) -> dict[str, Visitor]:
    """Everybody around three contests: one in the middle, a draft of the same people, and one that is elsewhere."""
    found: dict[str, Visitor] = {"anonymous": AnonymousUser(), "visitor": makers.make_user("visitor")}
    found["operator"] = makers.make_user("operator", is_staff=True)
    found["locked-out operator"] = makers.make_user("locked", is_staff=True, is_active=False)
    found["powerless superuser"] = makers.make_user("super", is_superuser=True)
    for slug, suffix in (("here", ""), ("elsewhere", " elsewhere")):
        found |= _people_of(makers.make_competition(slug), suffix, now)
    found["organising contestant"] = makers.make_team(_here(), "both").members.get().user
    Membership.objects.create(competition=_here(), user=found["organising contestant"], role=Role.ORGANISER)
    _make_draft_of_the_same_people(now)
    return found


def _people_of(competition: Competition, suffix: str, now: datetime) -> dict[str, Visitor]:
    named = {
        f"{role}{suffix}": makers.make_member(competition, f"{role}{suffix}".replace(" ", "-"), role) for role in Role
    }
    team = makers.make_team(competition, f"contestant{suffix}".replace(" ", "-"))
    mate = makers.make_user(f"teammate{suffix}".replace(" ", "-"))
    TeamMember.objects.create(team=team, competition=competition, user=mate, joined_at=now)
    rivals = makers.make_team(competition, f"rival{suffix}".replace(" ", "-"))
    for one in (team, rivals):
        makers.make_scored(one)
        makers.make_submission(one)
        makers.make_rejected(one)
    mine, theirs = team.members.first().user, rivals.members.get().user
    return {**named, f"contestant{suffix}": mine, f"teammate{suffix}": mate, f"rival{suffix}": theirs}


def _here() -> Competition:
    return Competition.objects.get(slug="here")


def _make_draft_of_the_same_people(now: datetime) -> None:
    """A contest that was published, joined and taken back: its contestants are still in its teams."""
    draft = makers.make_competition("draft")
    for membership in Membership.objects.filter(competition__slug="here"):
        Membership.objects.create(competition=draft, user=membership.user, role=membership.role)
    for name in ("contestant", "rival"):
        member = User.objects.get(username=name)
        team = makers.make_team(draft, f"{name}-of-draft")
        team.members.update(user=member)
        makers.make_scored(team, user=member)
    Competition.objects.filter(pk=draft.pk).update(status=CompetitionStatus.DRAFT)


@pytest.fixture
def boards(people: dict[str, Visitor], now: datetime) -> list[Board]:
    """Boards of every kind in every contest, as they are before, at and after a release."""
    for public in list(Board.objects.filter(kind=BoardKind.PUBLIC)):
        for number, released_at in enumerate((None, now, now - timedelta(days=1), now + timedelta(days=1))):
            _with_boards(public, f"phase{number}", released_at)
    return list(Board.objects.select_related("phase__competition"))


def _with_boards(like: Board, key: str, released_at: datetime | None) -> None:
    phase = makers.make_phase(like.phase.competition, like.task, like.division, key=key)
    fields = {"division": like.division, "task": like.task, "metric": "rmse", "higher_is_better": False}
    Board.objects.create(phase=phase, kind=BoardKind.FINAL, **fields)
    phase.boards.exclude(kind=BoardKind.PUBLIC).update(released_at=released_at)


def equal(people: dict[str, Visitor], records: Iterable, can: Callable, query: Callable) -> dict[str, set]:
    """What each person may do by the predicate; the test fails where the query says otherwise."""
    records, found = list(records), {}
    for name, user in people.items():
        found[name] = {record.pk for record in records if can(user, record)}
        assert found[name] == set(query(user).values_list("pk", flat=True)), name
    return found


def test_the_list_of_people_is_complete(people):
    assert set(people) == set(PEOPLE)


# -- predicate and query are the same set -----------------------------------------------------------------------------


def test_contests_that_a_person_sees(people):
    found = equal(people, Competition.objects.all(), can_see_competition, visible_competitions)
    draft = Competition.objects.get(slug="draft").pk
    expected = {"operator", "organising contestant", *Role}
    assert {name for name, seen in found.items() if draft in seen} == expected
    assert all(len(seen) >= 2 for seen in found.values())


def test_contests_in_the_list_are_those_that_a_person_sees_each_once(people):
    for user in people.values():
        listed = list(listed_competitions(user).values_list("pk", flat=True))
        assert sorted(listed) == sorted(visible_competitions(user).values_list("pk", flat=True))


def test_teams_that_a_person_leads(people):
    found = equal(people, Team.objects.all(), can_lead, led_teams)
    leads = {name: len(teams) for name, teams in found.items() if teams}
    here_and_in_the_draft = {"contestant": 2, "rival": 2}
    assert leads == {
        **here_and_in_the_draft,
        "organising contestant": 1,
        "contestant elsewhere": 1,
        "rival elsewhere": 1,
    }


def test_phases_that_a_team_may_enter(people):
    """Open ones, and those that it was promoted into."""
    for competition in Competition.objects.all():
        source, division = competition.phases.get(), competition.divisions.get()
        later = makers.make_phase(competition, source.tasks.get(), division, key="later")
        place = {"source": source, "division": division, "task": source.tasks.get()}
        rule = PromotionRule.objects.create(phase=later, **place)
        for team in competition.teams.all():
            if not team.name.startswith("both"):
                is_promoted = team.name.startswith("contestant")
                Promotion.objects.create(rule=rule, team=team, is_promoted=is_promoted)
    for team in Team.objects.all():
        entered = {phase.pk for phase in team.competition.phases.all() if can_enter(team, phase)}
        assert entered == set(enterable_phases(team).values_list("pk", flat=True)), team
        assert len(entered) == (2 if team.name.startswith("contestant") else 1)


def test_boards_of_the_end_for_which_a_person_gets_a_certificate(people, boards, now):
    """Members of teams that had something scored, once the final board is released."""
    found = equal(
        people,
        Board.objects.select_related("phase__competition"),
        lambda user, board: can_certify(user, board, now=now),
        lambda user: certifiable_boards(user, now=now),
    )
    assert not any(found.values())  # nothing was scored in the phases whose final boards are released
    for board in Board.objects.filter(kind=BoardKind.FINAL, phase__competition__slug="here"):
        for submission in Submission.objects.filter(team__competition__slug="here"):
            Submission.objects.filter(pk=submission.pk).update(phase=board.phase)
        released = board.released_at is not None and board.released_at <= now
        found = equal(
            people,
            Board.objects.select_related("phase__competition"),
            lambda user, one: can_certify(user, one, now=now),
            lambda user: certifiable_boards(user, now=now),
        )
        able_now = {name for name, pks in found.items() if board.pk in pks}
        assert able_now == ({"contestant", "teammate", "rival"} if released else set())


def test_certificates_and_archives_are_kept_by_organisers_and_archives_read_by_all(people, boards, now):
    for competition in Competition.objects.all():
        ResultsArchive.objects.create(competition=competition, blob=makers.make_blob(), published_at=now)
        days = {"ended_on": now.date(), "issued_on": now.date(), "issued_at": now}
        place = {"competition": competition, "user": people["visitor"]}
        board = Board.objects.filter(phase__competition=competition)[0]
        Certificate.objects.create(code=competition.slug, board=board, name="V", team="t", contest={}, **place, **days)
    found = equal(people, Certificate.objects.select_related("competition"), can_revoke, revocable_certificates)
    assert {name for name, pks in found.items() if pks} == {
        "operator", "owner", "organiser", "organising contestant", "owner elsewhere", "organiser elsewhere",
    }  # fmt: skip
    found = equal(people, ResultsArchive.objects.select_related("competition"), can_see_archive, visible_archives)
    assert {len(pks) for pks in found.values()} == {2, 3}


def test_invitations_that_a_person_may_answer(people, now):
    Competition.objects.update(team_max_size=5)
    for number, team in enumerate(Team.objects.order_by("pk")):
        for name in ("visitor", "juror"):
            fields = {"closed_at": now} if number % 3 == 1 else {}
            expires_at = now + timedelta(days=-1 if number % 3 == 2 else 1)
            captain = team.members.get(is_captain=True).user
            asked = {"user": User.objects.get(username=name), "invited_by": captain, "created_at": now}
            TeamInvitation.objects.create(team=team, expires_at=expires_at, **asked, **fields)
    link = {"digest": "0" * 64, "invited_by": User.objects.get(username="contestant"), "created_at": now}
    TeamInvitation.objects.create(team=Team.objects.first(), expires_at=now + timedelta(days=1), **link)
    found = equal(
        people,
        TeamInvitation.objects.select_related("team__competition"),
        lambda user, one: can_answer(user, one, now=now),
        lambda user: open_invitations(user, now=now),
    )
    assert {name for name, open_ones in found.items() if open_ones} == {"visitor", "juror"}


@pytest.mark.parametrize("days", [-60, 0, 60], ids=["before", "during", "after"])
def test_submissions_that_a_person_may_choose_for_the_end(people, now, days):
    Competition.objects.update(final_select=2)
    makers.make_terms(Competition.objects.get(slug="elsewhere"), "2", created_at=now + timedelta(hours=1))  # unread
    kept_out = {"status": RegistrationStatus.WAITING, "asked_at": now, "user": people["contestant elsewhere"]}
    Registration.objects.create(competition=Competition.objects.get(slug="elsewhere"), **kept_out)
    at = now + timedelta(days=days)
    submissions = Submission.objects.select_related("phase__competition", "team")
    found = equal(
        people,
        submissions,
        lambda user, one: can_choose(user, one, now=at),
        lambda user: choosable_submissions(user, now=at),
    )
    may = {name: len(chosen) for name, chosen in found.items() if chosen}
    assert may == ({"contestant": 2, "rival": 2} if days == 0 else {})


def test_contests_that_a_person_organises(people):
    found = equal(people, Competition.objects.all(), can_organise, organised_competitions)
    organised = {name: len(contests) for name, contests in found.items() if contests}
    here = {"owner": 2, "organiser": 2, "organising contestant": 2}
    assert organised == {"operator": 3, **here, "owner elsewhere": 1, "organiser elsewhere": 1}


def test_submissions_that_a_person_sees(people):
    found = equal(
        people, Submission.objects.select_related("team__competition"), can_see_submission, visible_submissions
    )
    here = set(Submission.objects.filter(team__competition__slug="here").values_list("pk", flat=True))
    seen = {name: len(pks & here) for name, pks in found.items() if pks & here}
    organising = dict.fromkeys(("operator", "owner", "organiser", "organising contestant"), 6)
    assert seen == {**organising, "contestant": 3, "teammate": 3, "rival": 3}
    assert found["contestant"] & found["rival"] == set()


def test_logs_of_programs_that_a_person_reads(people):
    """Of a team's own runs those on public inputs, of a contest that one organises all."""
    for team in Team.objects.filter(name__in=["contestant team", "rival team", "contestant-elsewhere team"]):
        for shows_log in (True, False):
            _make_run(team.submissions.first(), shows_log=shows_log)
    runs = Execution.objects.select_related("submission__team__competition")
    found = equal(people, runs, can_see_log, readable_logs)
    here = {run.pk: run.shows_log for run in runs if run.submission.team.competition.slug == "here"}
    seen = {name: sorted(here[pk] for pk in pks if pk in here) for name, pks in found.items() if pks & set(here)}
    organising = {
        who: [False, False, True, True] for who in ("operator", "owner", "organiser", "organising contestant")
    }
    assert seen == {**organising, "contestant": [True], "teammate": [True], "rival": [True]}
    assert found["contestant"] & found["rival"] == set()


def _make_run(submission: Submission, *, shows_log: bool) -> Execution:
    return Execution.objects.create(
        submission=submission,
        kind=ExecutionKind.TRIAL if shows_log else ExecutionKind.FULL,
        inputs_digest=makers.TEST_INPUTS,
        runtime=makers.make_runtime(),
        shows_log=shows_log,
        queued_at=submission.submitted_at,
    )


def test_the_log_of_a_contest_is_for_those_who_organise_it(people, now):
    for competition in [*Competition.objects.all(), None]:
        audit.note("done", now=now, actor=people["organiser"], competition=competition)
    found = equal(people, AuditEvent.objects.all(), can_see_audit_event, visible_audit_events)
    here = AuditEvent.objects.get(competition__slug="here").pk
    assert {name for name, pks in found.items() if here in pks} == {
        "operator", "owner", "organiser", "organising contestant",
    }  # fmt: skip
    of_site = AuditEvent.objects.get(competition=None).pk
    assert {name for name, pks in found.items() if of_site in pks} == {"operator"}


def test_dry_runs_are_for_those_who_organise(people, now):
    for competition in Competition.objects.all():
        DryRun.objects.create(competition=competition, asked_at=now)
    found = equal(people, DryRun.objects.all(), can_see_dry_run, visible_dry_runs)
    here = DryRun.objects.get(competition__slug="here").pk
    assert {name for name, pks in found.items() if here in pks} == {
        "operator", "owner", "organiser", "organising contestant",
    }  # fmt: skip


def test_announcements_are_for_those_they_were_sent_to(people, now):
    for competition in Competition.objects.all():
        for audience in Audience:
            phase = competition.phases.get() if audience == Audience.PHASE else None
            for sent in (None, now):
                fields = {"audience": audience, "phase": phase, "sent_at": sent, "reached": 1 if sent else None}
                one = Announcement.objects.create(
                    competition=competition, title={}, text={}, html={}, created_at=now, **fields
                )
                if sent and audience == Audience.WITHOUT_SUBMISSION:
                    told = {"kind": "announcement", "key": f"k{one.pk}", "created_at": now}
                    Notice.objects.create(user=people["rival"], announcement=one, **told)
    records = Announcement.objects.select_related("competition")
    found = equal(people, records, can_see_announcement, visible_announcements)
    here = set(records.filter(competition__slug="here").values_list("pk", flat=True))
    seen = {name: len(pks & here) for name, pks in found.items()}
    assert (seen["anonymous"], seen["contestant"], seen["rival"], seen["juror"], seen["organiser"]) == (1, 1, 2, 1, 8)


def test_what_candidates_handed_in_is_for_their_team_and_the_organisers(people, now):
    """And only the team itself hands in, until its deadline and until it was decided."""
    for name in ("contestant team", "rival team", "contestant-elsewhere team"):
        submission = Team.objects.get(name=name).submissions.first()
        record, _ = WinnerAudit.objects.get_or_create(competition=submission.team.competition)
        WinnerEntry.objects.create(
            audit=record, team=submission.team, submission=submission, asked_at=now, due_at=now + timedelta(days=1)
        )
    entries = WinnerEntry.objects.select_related("team", "audit__competition")
    found = equal(people, entries, can_see_winner_entry, visible_winner_entries)
    here = set(entries.filter(audit__competition__slug="here").values_list("pk", flat=True))
    seen = {name: len(pks & here) for name, pks in found.items() if pks & here}
    organising = dict.fromkeys(("operator", "owner", "organiser", "organising contestant"), 2)
    assert seen == {**organising, "contestant": 1, "teammate": 1, "rival": 1}
    rejected = entries.get(team__name="rival team")
    WinnerDecision.objects.create(
        entry=rejected, verdict="rejected", reason="x", user=people["organiser"], decided_at=now
    )
    for days, may in ((0, {"contestant", "teammate"}), (2, set())):
        at = now + timedelta(days=days)
        writers = equal(
            people, entries, lambda user, one, at=at: can_hand_in(user, one, now=at),
            lambda user, at=at: open_entries(user, now=at),
        )  # fmt: skip
        assert {name for name, pks in writers.items() if pks & here} == may


def test_topics_and_posts_that_a_person_reads(people, now):
    for competition in Competition.objects.all():
        for is_hidden in (False, True):
            topic = Topic.objects.create(
                competition=competition, title="t", created_at=now, last_post_at=now, is_hidden=is_hidden
            )
            for fields in ({}, {"deleted_at": now}, {"hidden_at": now}):
                Post.objects.create(topic=topic, text="x", html="x", created_at=now, **fields)
    for has_forum in (True, False):
        Competition.objects.filter(slug__in=["here", "draft"]).update(has_forum=has_forum)
        topics = equal(people, Topic.objects.select_related("competition"), can_see_topic, visible_topics)
        posts = equal(people, Post.objects.select_related("topic__competition"), can_see_post, visible_posts)
        here = set(Topic.objects.filter(competition__slug="here").values_list("pk", flat=True))
        assert len(topics["anonymous"] & here) == int(has_forum)
        assert len(topics["organiser"] & here) == 2
        assert len(posts["organiser"]) == 13  # all here and in the draft, and one elsewhere that everybody reads
        assert able(people, can_write_in_discussion, _here()) == (
            {"operator", "owner", "organiser", "organising contestant", "contestant", "rival"} if has_forum else set()
        )


def test_the_numbers_of_a_contest_are_for_its_sponsors_and_those_who_organise_it(people):
    found = equal(people, Competition.objects.all(), can_see_dashboard, dashboard_competitions)
    assert {name for name, pks in found.items() if _here().pk in pks} == {
        "operator", "owner", "organiser", "organising contestant", "sponsor",
    }  # fmt: skip
    assert found["sponsor elsewhere"] == {Competition.objects.get(slug="elsewhere").pk}


def test_sponsors_are_seen_by_whoever_sees_the_contest(people):
    for competition in Competition.objects.all():
        makers.make_sponsor(competition)
    found = equal(people, Sponsor.objects.select_related("competition"), can_see_sponsor, visible_sponsors)
    assert len(found["anonymous"]) == 2
    assert len(found["sponsor"]) == 3


def test_where_events_are_sent_is_the_organisers_business(people, now):
    for competition in Competition.objects.all():
        WebhookEndpoint.objects.create(competition=competition, url="https://example.org", nonce="n", created_at=now)
    records = WebhookEndpoint.objects.select_related("competition")
    found = equal(people, records, can_see_endpoint, visible_endpoints)
    assert len(found["operator"]) == 3
    assert found["contestant"] == found["juror"] == set()


def test_who_works_on_a_contest_and_who_is_asked_to_is_the_organisers_business(people, now):
    for number, competition in enumerate(Competition.objects.all()):
        link = {"nonce": str(number), "digest": str(number) * 64, "expires_at": now + timedelta(days=1)}
        asked = {"email": "a@example.org", "language": "en", "created_at": now, "sent_at": now}
        RoleInvitation.objects.create(competition=competition, role=Role.JUROR, **asked, **link)
    roles = equal(people, Membership.objects.select_related("competition"), can_see_role, visible_roles)
    asked = RoleInvitation.objects.select_related("competition")
    invitations = equal(people, asked, can_see_role_invitation, visible_role_invitations)
    here = RoleInvitation.objects.get(competition__slug="here").pk
    organising = {"operator", "owner", "organiser", "organising contestant"}
    assert {name for name, seen in invitations.items() if here in seen} == organising
    assert {name for name, seen in roles.items() if seen} == {*organising, "owner elsewhere", "organiser elsewhere"}


def test_what_people_answered_is_for_themselves_and_for_organisers(people, now):
    for competition in Competition.objects.all():
        for user in User.objects.filter(username__in=["visitor", "contestant"]):
            fields = {"status": RegistrationStatus.APPROVED, "asked_at": now}
            Registration.objects.create(competition=competition, user=user, **fields)
    records = Registration.objects.select_related("competition")
    found = equal(people, records, can_see_registration, visible_registrations)
    here = Registration.objects.get(competition__slug="here", user__username="contestant").pk
    assert {name for name, seen in found.items() if here in seen} == {
        "operator", "owner", "organiser", "organising contestant", "contestant",
    }  # fmt: skip


@pytest.mark.parametrize("role", Role)
def test_owners_alone_decide_who_owns_and_organises(people, role):
    able = {name for name, user in people.items() if can_give_role(user, _here(), role)}
    organising = {"operator", "owner", "organiser", "organising contestant"}
    assert able == ({"operator", "owner"} if role in {Role.OWNER, Role.ORGANISER} else organising)


def test_what_a_contest_is_made_of_is_for_those_who_organise_it(people):
    for competition in Competition.objects.all():
        Workspace.objects.create(competition=competition)
    found = equal(people, Workspace.objects.select_related("competition"), can_see_workspace, visible_workspaces)
    here = Workspace.objects.get(competition__slug="here").pk
    assert {name for name, pks in found.items() if here in pks} == {
        "operator", "owner", "organiser", "organising contestant",
    }  # fmt: skip


def test_people_who_may_open_contests(people, now):
    for name in ("visitor", "locked-out operator"):
        allow(people[name], actor=people["operator"], now=now)
    able_people = {name for name, user in people.items() if can_host(user)}
    assert able_people == {"visitor", "operator"}
    assert set(hosts()) == {people[name] for name in able_people}


def test_changes_that_a_person_sees_and_decides_on(people, now):
    for competition in Competition.objects.all():
        for proposer in ("owner", "operator"):
            for status in ("draft", "proposed"):
                ChangeRequest.objects.create(
                    competition=competition,
                    status=status,
                    digest="",
                    base="",
                    reason={},
                    proposed_by=people[proposer],
                    created_at=now,
                )
    records = ChangeRequest.objects.select_related("competition")
    here = set(records.filter(competition__slug="here").values_list("pk", flat=True))
    seen = equal(people, records, can_see_change, visible_changes)
    working = {"owner", "organiser", "reviewer", "organising contestant"}
    assert {name for name, pks in seen.items() if pks & here} == {"operator", *working}
    decided = equal(people, records, can_decide_change, decidable_changes)
    counts = {name: len(pks & here) for name, pks in decided.items() if pks & here}
    assert counts == {"owner": 1, "organiser": 2, "reviewer": 2, "organising contestant": 2}


@pytest.mark.parametrize("kind", BoardKind)
def test_boards_that_a_person_sees(people, boards, now, kind):
    """Before their release, in the very moment, and after."""
    for name, user in people.items():
        for competition in Competition.objects.all():
            own = [board for board in boards if board.phase.competition_id == competition.pk and board.kind == kind]
            allowed = {board.pk for board in own if can_see_board(user, board, now=now)}
            visible = visible_boards(user, competition, now=now).filter(kind=kind)
            assert allowed == set(visible.values_list("pk", flat=True)), (name, competition.slug)


def test_the_private_board_is_for_organisers_until_its_release(people, boards, now):
    private = [board for board in boards if board.kind != BoardKind.PUBLIC and board.phase.competition.slug == "here"]
    closed = [board for board in private if board.released_at is None or board.released_at > now]
    opened = [board for board in private if board not in closed]
    assert len(closed) == 5 and len(opened) == 4  # noqa: PT018
    for board in closed:
        able = {name for name, user in people.items() if can_see_board(user, board, now=now)}
        assert able == {"operator", "owner", "organiser", "organising contestant"}
    assert all(can_see_board(user, board, now=now) for user in people.values() for board in opened)


def test_a_released_board_of_a_draft_is_as_hidden_as_the_draft(people, boards, now):
    of_draft = [board for board in boards if board.phase.competition.slug == "draft"]
    for name, user in people.items():
        seen = [board for board in of_draft if can_see_board(user, board, now=now)]
        assert bool(seen) == can_see_competition(user, of_draft[0].phase.competition), name


def test_a_board_opens_at_its_moment_not_before(people, boards, now):
    board = next(board for board in boards if board.released_at == now and board.phase.competition.slug == "here")
    moments = {step: now + timedelta(microseconds=step) for step in (-1, 0, 1)}
    anonymous = people["anonymous"]
    assert [can_see_board(anonymous, board, now=at) for at in moments.values()] == [False, True, True]
    seen = [visible_boards(anonymous, _here(), now=at).filter(pk=board.pk).exists() for at in moments.values()]
    assert seen == [False, True, True]


def test_teams_are_found_for_their_members_only(people):
    for name, user in people.items():
        for competition in Competition.objects.all():
            assert (team_of(user, competition) is not None) == is_contestant(user, competition), name


# -- what one may do --------------------------------------------------------------------------------------------------


def able(people: dict[str, Visitor], can: Callable, competition: Competition) -> set[str]:
    return {name for name, user in people.items() if can(user, competition)}


def test_who_downloads(people):
    makers.make_data_release(_here())
    # The teammate has not accepted the rules.
    assert able(people, can_download, _here()) == {
        "operator", "owner", "organiser", "organising contestant", "contestant", "rival",
    }  # fmt: skip
    assert DataRelease.objects.count() == 1


def test_who_submits(people):
    """Organisers submit as contestants only, and an operator not at all."""
    assert able(people, can_submit, _here()) == {"organising contestant", "contestant", "rival"}


def test_a_draft_gives_its_contestants_nothing(people):
    draft = Competition.objects.get(slug="draft")
    assert able(people, can_submit, draft) == set()
    assert able(people, can_download, draft) == {"operator", "owner", "organiser", "organising contestant"}


def test_new_rules_close_the_data_until_they_are_accepted(people, now):
    terms = makers.make_terms(_here(), "2", created_at=now + timedelta(seconds=1))
    assert able(people, can_submit, _here()) == set()
    assert able(people, can_download, _here()) == {"operator", "owner", "organiser", "organising contestant"}
    Acceptance.objects.create(user=people["contestant"], terms=terms, accepted_at=now)
    assert able(people, can_submit, _here()) == {"contestant"}


@pytest.mark.parametrize("status", RegistrationStatus)
def test_only_who_is_admitted_takes_part(people, now, status):
    fields = {"competition": _here(), "status": status, "asked_at": now}
    Registration.objects.create(user=people["contestant"], **fields)
    Registration.objects.create(user=people["organising contestant"], **fields)
    admitted = {"contestant", "organising contestant"} if status == RegistrationStatus.APPROVED else set()
    assert able(people, can_submit, _here()) == {"rival", *admitted}
    organising = {"operator", "owner", "organiser", "organising contestant"}
    assert able(people, can_download, _here()) == {"rival", *organising, *admitted}


def test_new_data_terms_close_the_data_until_they_are_accepted(people):
    makers.make_data_terms(_here())
    assert able(people, can_submit, _here()) == set()
    makers.accept_data_terms(people["rival"], _here())
    assert able(people, can_submit, _here()) == {"rival"}
    assert able(people, can_download, _here()) == {
        "operator", "owner", "organiser", "organising contestant", "rival",
    }  # fmt: skip


def test_a_contest_without_rules_asks_for_no_acceptance(people):
    free = makers.make_competition("free")
    free.terms.all().delete()
    assert all(has_accepted_terms(user, free) for user in people.values())


def test_roles_elsewhere_give_nothing_here(people):
    for name in ELSEWHERE:
        user = people[name]
        assert not can_organise(user, _here())
        assert not can_submit(user, _here())
        assert not visible_submissions(user).filter(team__competition=_here()).exists()


def test_a_role_that_was_taken_away_is_gone_at_once(people, now):
    Membership.objects.filter(user=people["organiser"]).delete()
    assert not can_organise(people["organiser"], _here())
    assert not visible_boards(people["organiser"], _here(), now=now).filter(kind=BoardKind.PRIVATE).exists()
    assert Standing.objects.filter(board__kind=BoardKind.PRIVATE).exists()


# -- juried divisions -------------------------------------------------------------------------------------------------


@pytest.fixture
def juries(people, now) -> list[Division]:
    """In each contest a juried division with an entry of the contestant; jurors with and without a declaration."""
    found = []
    for competition in Competition.objects.order_by("pk"):
        division = jury.make_division(competition, now=now)
        team = competition.teams.order_by("pk")[0]
        fields = {"number": 7, "created_at": now, "division": division}
        entry = Entry.objects.create(team=team, **fields)
        for seat in Membership.objects.filter(competition=competition, role__in=[Role.JUROR, Role.ORGANISER]):
            Sheet.objects.create(entry=entry, juror=seat.user, assigned_at=now)
            declared = {"has_conflict": False, "declared_at": now}
            JuryDeclaration.objects.create(entry=entry, juror=seat.user, **declared)
        Division.objects.get(competition=competition, key="general")  # without a jury: nobody sees one there
        found.append(division)
    return found


def test_who_sits_in_a_jury(people, juries):
    found = equal(people, Division.objects.select_related("competition"), can_see_jury, juried_divisions)
    here = Division.objects.get(competition__slug="here", key="ideas").pk
    assert {name for name, seen in found.items() if here in seen} == {
        "operator", "owner", "organiser", "organising contestant", "juror",
    }  # fmt: skip
    assert found["juror elsewhere"] == {Division.objects.get(competition__slug="elsewhere", key="ideas").pk}


def test_who_chairs_a_jury(people, juries):
    for division in juries:
        for name in ("juror", "visitor"):
            JuryChair.objects.create(division=division, user=people[name])  # only where they are jurors, too
    found = equal(people, Division.objects.select_related("competition"), can_chair, chaired_divisions)
    chaired = {name: len(seen) for name, seen in found.items() if seen}
    here = {"owner": 2, "organiser": 2, "organising contestant": 2, "juror": 2}
    assert chaired == {"operator": 3, **here, "owner elsewhere": 1, "organiser elsewhere": 1}


def test_entries_with_names_are_for_the_team_and_those_who_organise(people, juries):
    found = equal(people, Entry.objects.select_related("division__competition", "team"), can_see_entry, visible_entries)
    here = Entry.objects.get(division__competition__slug="here").pk
    assert {name for name, seen in found.items() if here in seen} == {
        "operator", "owner", "organiser", "organising contestant", "contestant", "teammate",
    }  # fmt: skip
    assert found["juror"] == found["rival"] == set()


def test_sheets_are_for_the_juror_who_declared_that_there_is_no_conflict(people, juries):
    sheets = Sheet.objects.select_related("entry__division__competition")
    found = equal(people, sheets, can_judge, judged_sheets)
    judging = {name: len(seen) for name, seen in found.items() if seen}
    assert judging == {"juror": 2, "juror elsewhere": 1}  # an organiser with a sheet and without the role is no juror
    JuryDeclaration.objects.filter(juror=people["juror"]).update(has_conflict=True)
    assert equal(people, sheets, can_judge, judged_sheets)["juror"] == set()
    JuryDeclaration.objects.all().delete()
    assert set().union(*equal(people, sheets, can_judge, judged_sheets).values()) == set()


def test_a_result_is_for_everybody_once_it_is_published(people, juries, now):
    divisions = Division.objects.select_related("competition")
    assert set().union(*equal(people, divisions, can_see_jury_result, published_divisions).values()) == set()
    for division in juries:
        published = {"published_at": now, "published_by": people["organiser"], "rules": division.judging}
        JuryRelease.objects.create(division=division, **published)
    found = equal(people, divisions, can_see_jury_result, published_divisions)
    assert (len(found["anonymous"]), len(found["visitor"])) == (2, 2)  # not of the draft
    assert len(found["juror"]) == 3
