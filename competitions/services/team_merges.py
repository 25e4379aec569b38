"""Two teams become one: proposed by the captain of one, accepted by the captain of the other.

The proposing team stays, with its name and captain; the other one's people and submissions become its own, and the
other one is gone. Its name is kept in the audit, and on the receipts of what it submitted, as they were signed.

All happens in one transaction, boards included. What is under way is not lost: an upload or a score of the other team
waits for the team's row (services.team_locks) and then goes on with the merged team; an evaluation, a claim or a run of
a program belongs to its submission and never knew of the team.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from competitions.models import Board, FinalChoice, Standing, Submission, Team, TeamMerge, TeamPhase, User
from competitions.queries.team_merges import Hindrance, MergeOutlook, outlook
from competitions.services import jury_entries, leaderboards
from competitions.services.team_locks import lock_tasks, lock_teams
from competitions.services.team_members import note
from competitions.services.team_news import tell_merged, tell_proposed
from competitions.services.team_refusals import TeamRefused, require_captain, require_forming
from competitions.status import BoardKind, MergeStatus


@transaction.atomic
def propose(team: Team, *, other: Team, user: User, now: datetime) -> TeamMerge:
    """Ask another team of the contest to become part of this one. Safe twice. What would be refused later is refused
    now, with the numbers."""
    team, other = _locked(team, other)
    require_captain(team, user)
    require_forming(team.competition, now)
    if team.pk == other.pk:
        raise TeamRefused("same_team", _("This is your own team."))
    _require_possible(outlook(team, other, now=now))
    merge, is_new = TeamMerge.objects.get_or_create(
        team=team, other=other, status=MergeStatus.OPEN, defaults={"proposed_by": user, "proposed_at": now}
    )
    if is_new:
        note(team, "merge proposed", user, now, other=other.pk, other_name=other.name)
        tell_proposed(merge, by=user, now=now)
    return merge


@transaction.atomic
def withdraw(merge: TeamMerge, *, user: User, now: datetime) -> None:
    """The proposing captain takes it back. Safe twice."""
    _close(merge, merge.team, MergeStatus.WITHDRAWN, user, now)


@transaction.atomic
def decline(merge: TeamMerge, *, user: User, now: datetime) -> None:
    """The other captain says no. Safe twice."""
    _close(merge, merge.other, MergeStatus.DECLINED, user, now)


def _close(merge: TeamMerge, by: Team, status: MergeStatus, user: User, now: datetime) -> None:
    _locked(merge.team, merge.other)
    require_captain(by, user)
    if TeamMerge.objects.filter(pk=merge.pk, status=MergeStatus.OPEN).update(status=status):
        note(merge.team, f"merge {status}", user, now, other=merge.other_id, other_name=merge.other.name)


@transaction.atomic
def accept(merge: TeamMerge, *, user: User, now: datetime) -> Team:
    """Make one team of the two. Returns it. Safe twice: once they are one, the second time finds them so."""
    competition = merge.team.competition
    lock_tasks(competition)
    teams = lock_teams([merge.team_id, merge.other_id], competition)
    team, other = teams.get(merge.team_id), teams.get(merge.other_id)
    if team is not None and other is None and team.members.filter(user=user).exists():
        return team
    is_open = TeamMerge.objects.filter(pk=merge.pk, status=MergeStatus.OPEN).exists()
    if team is None or other is None or not is_open:
        raise TeamRefused("merge_closed", _("This proposal is no longer open."))
    require_captain(other, user)
    require_forming(competition, now)
    ahead = outlook(team, other, now=now)
    _require_possible(ahead)
    _merge(team, other, ahead, user, now)
    tell_merged(merge, team, by=user, now=now)
    return team


def _locked(team: Team, other: Team) -> tuple[Team, Team]:
    teams = lock_teams([team.pk, other.pk], team.competition)
    if team.pk not in teams or other.pk not in teams:
        raise TeamRefused("team_gone", _("This team is no longer there; it became part of another one, or was left."))
    return teams[team.pk], teams[other.pk]


def _require_possible(ahead: MergeOutlook) -> None:
    if ahead.hindrances:
        raise TeamRefused(ahead.hindrances[0].value, hindrance_text(ahead, ahead.hindrances[0]))


def hindrance_text(ahead: MergeOutlook, hindrance: Hindrance) -> str:
    """Why these two cannot become one, with the numbers."""
    worst = next((use for use in ahead.uses if not use.is_within), None)
    numbers = {
        "limit": ahead.max_size,
        "size": ahead.size,
        "phase": worst.phase.key if worst else "",
        "used": worst.used if worst else 0,
        "could": (worst.limit or 0) if worst else 0,
        "mine": worst.team_used if worst else 0,
        "theirs": worst.other_used if worst else 0,
    }
    texts = {
        Hindrance.DEADLINE: _("The deadline for forming teams has passed; teams stay as they are."),
        Hindrance.SIZE: _("A team has %(limit)s members at most; this one would have %(size)s."),
        Hindrance.QUOTA: _(
            "Together you have %(used)s submissions in phase “%(phase)s” (%(mine)s + %(theirs)s). One team could have "
            "had %(could)s until now, so you cannot merge yet."
        ),
        Hindrance.SECOND_STAGE: _("One of the teams is in the second stage already; teams stay as they are."),
        Hindrance.JUDGED: _("A jury has begun with an entry of one of the teams; teams stay as they are."),
        Hindrance.PROMOTED: _(
            "One of the teams is promoted into a phase and the other is not; teams stay as they are."
        ),
        Hindrance.LOCKED: _("What counts of one of the teams is locked already; teams stay as they are."),
    }
    return texts[hindrance] % numbers


# -- one of two -------------------------------------------------------------------------------------------------------


def _merge(team: Team, other: Team, ahead: MergeOutlook, user: User, now: datetime) -> None:
    list(TeamPhase.objects.select_for_update().filter(team__in=[team, other]).order_by("phase_id", "team_id"))
    moved = list(other.submissions.order_by("pk").values_list("pk", flat=True))
    people = list(other.members.order_by("pk").values_list("user__username", flat=True))
    for phase, task in ahead.cleared:
        FinalChoice.objects.filter(
            submission__team__in=[team, other], submission__phase=phase, submission__task=task
        ).delete()
    _move_submissions(team, other)
    jury_entries.move(team, other)
    other.members.update(team=team, is_captain=False)
    Standing.objects.filter(team=other).delete()
    vanished, name = other.pk, other.name
    other.delete()
    _rank_anew(team)
    note(team, "merged", user, now, vanished=vanished, vanished_name=name, submissions=moved, members=people)


def _move_submissions(team: Team, other: Team) -> None:
    """Two teams may have used one key; it stays that of the team whose clients know it."""
    taken = team.submissions.exclude(idempotency_key="").values_list("idempotency_key", flat=True)
    other.submissions.filter(idempotency_key__in=list(taken)).update(idempotency_key="")
    Submission.objects.filter(team=other).update(team=team)


def _rank_anew(team: Team) -> None:
    boards = Board.objects.filter(
        phase__competition=team.competition_id, kind__in=[BoardKind.PUBLIC, BoardKind.PRIVATE], released_at=None
    )
    for board in boards.select_related("phase__competition", "task__current_version").order_by("pk"):
        leaderboards.refresh(board, team)
