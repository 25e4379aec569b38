"""Who may do what. Each predicate has a query that returns the same set; one test holds the two equal.

A person who may not see a thing is told that there is no such thing: pages fetch through the queries.
"""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from competitions.change_rules import ChangeStatus
from competitions.models import (
    Acceptance,
    Announcement,
    AuditEvent,
    Board,
    Certificate,
    ChangeRequest,
    Competition,
    DataAcceptance,
    Division,
    DryRun,
    Entry,
    Execution,
    Host,
    JuryChair,
    JuryDeclaration,
    JuryRelease,
    Membership,
    Notice,
    Phase,
    Post,
    PromotionRule,
    Registration,
    ResultsArchive,
    RoleInvitation,
    Sheet,
    Sponsor,
    Submission,
    Team,
    TeamInvitation,
    TeamMember,
    Topic,
    User,
    WebhookEndpoint,
    WinnerEntry,
    Workspace,
)
from competitions.status import (
    CHOOSABLE,
    Audience,
    BoardKind,
    CompetitionStatus,
    EvaluationStatus,
    PhaseState,
    RegistrationStatus,
    Role,
)

Visitor = User | AnonymousUser
ORGANISING_ROLES = (Role.OWNER, Role.ORGANISER)
DECIDING_ROLES = (Role.OWNER, Role.ORGANISER, Role.REVIEWER)


def is_operator(user: Visitor) -> bool:
    return user.is_authenticated and user.is_active and user.is_staff


def has_role(user: Visitor, competition: Competition, roles: tuple[Role, ...]) -> bool:
    if not user.is_authenticated:
        return False
    return Membership.objects.filter(competition=competition, user=user, role__in=roles).exists()


def is_insider(user: Visitor, competition: Competition) -> bool:
    """Somebody who can see the truth or private scores, so that their team wins no prize."""
    return is_operator(user) or has_role(user, competition, DECIDING_ROLES)


def can_organise(user: Visitor, competition: Competition) -> bool:
    """See the private board, everybody's submissions and the organiser's overview."""
    return is_operator(user) or has_role(user, competition, ORGANISING_ROLES)


def can_see_change(user: Visitor, change: ChangeRequest) -> bool:
    """A proposal is for those who organise or review the contest."""
    return is_operator(user) or has_role(user, change.competition, DECIDING_ROLES)


def can_decide_change(user: Visitor, change: ChangeRequest) -> bool:
    """A second person of this contest: never the one who proposed it, and no operator who has no role in it."""
    is_second = user.is_authenticated and user.is_active and user.pk != change.proposed_by_id
    return is_second and change.status == ChangeStatus.PROPOSED and has_role(user, change.competition, DECIDING_ROLES)


def can_see_competition(user: Visitor, competition: Competition) -> bool:
    """Published contests are for everybody; a draft is for those who work on it."""
    if competition.status == CompetitionStatus.PUBLISHED:
        return True
    return is_operator(user) or has_role(user, competition, tuple(Role))


def is_contestant(user: Visitor, competition: Competition) -> bool:
    return user.is_authenticated and TeamMember.objects.filter(competition=competition, user=user).exists()


def can_lead(user: Visitor, team: Team) -> bool:
    """Invite, rename, remove members, hand the role over, merge."""
    return user.is_authenticated and team.members.filter(user=user, is_captain=True).exists()


def can_answer(user: Visitor, invitation: TeamInvitation, *, now: datetime) -> bool:
    """Accept or decline an invitation by name. A link is answered by whoever holds it."""
    is_open = invitation.closed_at is None and invitation.expires_at > now
    published = invitation.team.competition.status == CompetitionStatus.PUBLISHED
    return user.is_authenticated and is_open and published and invitation.user_id == user.pk


def has_accepted_terms(user: Visitor, competition: Competition) -> bool:
    """Has this person accepted the newest version of the rules? A contest without rules asks for nothing."""
    terms = competition.terms.last()
    if terms is None:
        return True
    return user.is_authenticated and Acceptance.objects.filter(user=user, terms=terms).exists()


def has_accepted_data_terms(user: Visitor, competition: Competition) -> bool:
    """The same for the terms of the data."""
    terms = competition.data_terms.last()
    if terms is None:
        return True
    return user.is_authenticated and DataAcceptance.objects.filter(user=user, terms=terms).exists()


def is_admitted(user: Visitor, competition: Competition) -> bool:
    """May a member of a team take part? Not who waits for approval, was refused, or has left the contest."""
    if not user.is_authenticated:
        return False
    asked = Registration.objects.filter(user=user, competition=competition)
    return not asked.exclude(status=RegistrationStatus.APPROVED).exists()


def _takes_part(user: Visitor, competition: Competition) -> bool:
    if not is_contestant(user, competition) or not is_admitted(user, competition):
        return False
    return has_accepted_terms(user, competition) and has_accepted_data_terms(user, competition)


def can_see_registration(user: Visitor, registration: Registration) -> bool:
    """One's own, and those of a contest that one organises: answers may be personal data."""
    own = user.is_authenticated and registration.user_id == user.pk
    return own or can_organise(user, registration.competition)


def can_see_role(user: Visitor, membership: Membership) -> bool:
    """Who has which role, since when and from whom is the organisers' business."""
    return can_organise(user, membership.competition)


def can_see_role_invitation(user: Visitor, invitation: RoleInvitation) -> bool:
    return can_organise(user, invitation.competition)


def can_give_role(user: Visitor, competition: Competition, role: str) -> bool:
    """Give it, change it or take it away. Owners alone decide who owns and organises."""
    if role in ORGANISING_ROLES:
        return is_operator(user) or has_role(user, competition, (Role.OWNER,))
    return can_organise(user, competition)


def can_download(user: Visitor, competition: Competition) -> bool:
    """Data are for contestants who are admitted and accepted rules and data terms, and for those who organise."""
    if can_organise(user, competition):
        return True
    return can_see_competition(user, competition) and _takes_part(user, competition)


def can_submit(user: Visitor, competition: Competition) -> bool:
    """May this person submit at all? Whether now is another question: quota.allowance answers it."""
    published = competition.status == CompetitionStatus.PUBLISHED
    return published and _takes_part(user, competition)


def can_enter(team: Team, phase: Phase) -> bool:
    """Is a team let into a phase: one that is open to all, or one that it was promoted into?"""
    rule = PromotionRule.objects.filter(phase=phase).first()
    return rule is None or rule.promotions.filter(team=team, is_promoted=True).exists()


def can_see_archive(user: Visitor, archive: ResultsArchive) -> bool:
    """What was published is for everybody who sees the contest."""
    return can_see_competition(user, archive.competition)


def can_certify(user: Visitor, board: Board, *, now: datetime) -> bool:
    """Have a certificate of taking part: members of teams that had something scored, once the results are out."""
    competition = board.phase.competition
    if board.kind != BoardKind.FINAL or not is_released(board, now=now) or not user.is_authenticated:
        return False
    scored = Submission.objects.filter(
        team__members__user=user,
        phase=board.phase_id,
        task=board.task_id,
        evaluations__status=EvaluationStatus.SCORED,
    )
    return can_see_competition(user, competition) and scored.exists()


def can_revoke(user: Visitor, certificate: Certificate) -> bool:
    """A certificate that somebody should not have."""
    return can_organise(user, certificate.competition)


def can_see_submission(user: Visitor, submission: Submission) -> bool:
    """The team's members and the contest's organisers; no rival, whatever the score."""
    if not user.is_authenticated:
        return False
    member = submission.team.members.filter(user=user).exists()
    return member or can_organise(user, submission.team.competition)


def can_see_log(user: Visitor, execution: Execution) -> bool:
    """What a program wrote is for its team where its inputs are public, or a program could write hidden ones into it;
    organisers read every log."""
    if can_organise(user, execution.submission.team.competition):
        return True
    return execution.shows_log and can_see_submission(user, execution.submission)


def can_choose(user: Visitor, submission: Submission, *, now: datetime) -> bool:
    """Say, or no longer say, that a submission counts at the end: its team, until the phase's deadline. What is still
    to be scored may be chosen, too; nobody loses a choice because a worker is slow."""
    phase = submission.phase
    if not phase.competition.final_select or phase.frozen_from_id is not None or phase.state(now) != PhaseState.OPEN:
        return False
    if not submission.evaluations.filter(status__in=CHOOSABLE).exists():
        return False
    is_own = user.is_authenticated and submission.team.members.filter(user=user).exists()
    return is_own and can_submit(user, phase.competition)


def can_see_board(user: Visitor, board: Board, *, now: datetime) -> bool:
    """Public boards go with the contest; private and final ones open when they are released."""
    competition = board.phase.competition
    if can_organise(user, competition):
        return True
    if not can_see_competition(user, competition):
        return False
    if board.kind == BoardKind.PUBLIC:
        return not board.phase.are_scores_hidden(now)
    return is_released(board, now=now)


def is_released(board: Board, *, now: datetime) -> bool:
    return board.released_at is not None and board.released_at <= now


def can_see_audit_event(user: Visitor, event: AuditEvent) -> bool:
    """A contest's log is for those who organise it, the site's for operators."""
    if is_operator(user):
        return True
    if not user.is_authenticated or event.competition_id is None:
        return False
    roles = Membership.objects.filter(user=user, competition=event.competition_id, role__in=ORGANISING_ROLES)
    return roles.exists()


def can_see_dry_run(user: Visitor, dry_run: DryRun) -> bool:
    """Probes tell private scores, so start, list and launch are for those who organise."""
    return can_organise(user, dry_run.competition)


def can_see_announcement(user: Visitor, announcement: Announcement) -> bool:
    """What is for all contestants is for everybody who sees the contest; anything else for those it was sent to."""
    if can_organise(user, announcement.competition):
        return True
    if announcement.sent_at is None or not can_see_competition(user, announcement.competition):
        return False
    if announcement.audience == Audience.CONTESTANTS:
        return True
    return user.is_authenticated and Notice.objects.filter(user=user, announcement=announcement).exists()


def can_see_endpoint(user: Visitor, endpoint: WebhookEndpoint) -> bool:
    """Where events are sent is the organisers' business."""
    return can_organise(user, endpoint.competition)


def can_see_topic(user: Visitor, topic: Topic) -> bool:
    """Whoever sees the contest reads its discussion, where it has one; what was hidden is for those who organise."""
    competition = topic.competition
    if can_organise(user, competition):
        return True
    return competition.has_forum and not topic.is_hidden and can_see_competition(user, competition)


def can_see_post(user: Visitor, post: Post) -> bool:
    """Posts that were deleted or hidden stay for those who organise."""
    if can_organise(user, post.topic.competition):
        return True
    return not post.is_taken_away and can_see_topic(user, post.topic)


def can_write_in_discussion(user: Visitor, competition: Competition) -> bool:
    """Contestants who accepted the rules, and those who organise."""
    if not competition.has_forum:
        return False
    return can_organise(user, competition) or can_submit(user, competition)


# -- juried divisions -------------------------------------------------------------------------------------------------


def is_juror(user: Visitor, competition: Competition) -> bool:
    return has_role(user, competition, (Role.JUROR,))


def can_see_jury(user: Visitor, division: Division) -> bool:
    """The jury's desk of a division: for the contest's jurors and those who organise."""
    if division.judging is None:
        return False
    return can_organise(user, division.competition) or is_juror(user, division.competition)


def can_chair(user: Visitor, division: Division) -> bool:
    """Assign, remind, reopen: those who organise, and the jurors whom they named for it."""
    if division.judging is None:
        return False
    if can_organise(user, division.competition):
        return True
    is_named = user.is_authenticated and JuryChair.objects.filter(division=division, user=user).exists()
    return is_named and is_juror(user, division.competition)


def can_see_entry(user: Visitor, entry: Entry) -> bool:
    """With the team's name: the team itself and those who organise. Jurors come through their sheets."""
    if not user.is_authenticated:
        return False
    own = entry.team.members.filter(user=user).exists()
    return own or can_organise(user, entry.division.competition)


def can_judge(user: Visitor, sheet: Sheet) -> bool:
    """Open the entry and its sheet: the juror it was given to, once that juror declared that there is no conflict."""
    if sheet.juror_id != user.pk or not is_juror(user, sheet.entry.division.competition):
        return False
    return JuryDeclaration.objects.filter(entry=sheet.entry_id, juror=sheet.juror_id, has_conflict=False).exists()


def can_see_jury_result(user: Visitor, division: Division) -> bool:
    """Once it is published, whoever sees the contest."""
    if not can_see_competition(user, division.competition):
        return False
    return JuryRelease.objects.filter(division=division).exists()


def can_see_winner_entry(user: Visitor, entry: WinnerEntry) -> bool:
    """What a candidate was asked for and handed in: its team's members, and those who organise."""
    if not user.is_authenticated:
        return False
    return entry.team.members.filter(user=user).exists() or can_organise(user, entry.audit.competition)


def can_hand_in(user: Visitor, entry: WinnerEntry, *, now: datetime) -> bool:
    """The team itself, until its deadline and until it was decided; where a jury alone decides there is nothing to."""
    if not user.is_authenticated or now > entry.due_at or entry.audit.published_at is not None:
        return False
    if entry.submission_id is None:
        return False
    is_decided = entry.decisions.filter(award=None).exists()
    return not is_decided and entry.team.members.filter(user=user).exists()


def can_see_sponsor(user: Visitor, sponsor: Sponsor) -> bool:
    """Whoever sees the contest sees who supports it."""
    return can_see_competition(user, sponsor.competition)


def can_see_dashboard(user: Visitor, competition: Competition) -> bool:
    """Numbers about the contest, no person: for its sponsors and those who organise it."""
    return can_organise(user, competition) or has_role(user, competition, (Role.SPONSOR,))


def can_host(user: Visitor) -> bool:
    """Open a contest of one's own: whom an operator allowed to, and operators."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_staff or Host.objects.filter(user=user).exists()


def can_see_workspace(user: Visitor, workspace: Workspace) -> bool:
    """What a contest is made of, hidden truth included, is for those who organise it."""
    return can_organise(user, workspace.competition)
