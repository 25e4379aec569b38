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
    ChangeRequest,
    Competition,
    Execution,
    Membership,
    Notice,
    Post,
    Submission,
    Team,
    TeamInvitation,
    TeamMember,
    Topic,
    User,
    WebhookEndpoint,
)
from competitions.status import CHOOSABLE, Audience, BoardKind, CompetitionStatus, PhaseState, Role

Visitor = User | AnonymousUser
ORGANISING_ROLES = (Role.OWNER, Role.ORGANISER)
DECIDING_ROLES = (Role.OWNER, Role.ORGANISER, Role.REVIEWER)


def is_operator(user: Visitor) -> bool:
    return user.is_authenticated and user.is_active and user.is_staff


def has_role(user: Visitor, competition: Competition, roles: tuple[Role, ...]) -> bool:
    if not user.is_authenticated:
        return False
    return Membership.objects.filter(competition=competition, user=user, role__in=roles).exists()


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


def can_download(user: Visitor, competition: Competition) -> bool:
    """Data are for contestants who accepted the rules, and for those who organise."""
    if can_organise(user, competition):
        return True
    visible = can_see_competition(user, competition)
    return visible and is_contestant(user, competition) and has_accepted_terms(user, competition)


def can_submit(user: Visitor, competition: Competition) -> bool:
    """May this person submit at all? Whether now is another question: quota.allowance answers it."""
    published = competition.status == CompetitionStatus.PUBLISHED
    return published and is_contestant(user, competition) and has_accepted_terms(user, competition)


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
