"""A second stage on the submit page: whose programs are run, when, and which of one's own."""

from dataclasses import dataclass

from competitions.models import Phase, Submission, Task, Team
from competitions.pages.contest import Contest
from competitions.queries.leaderboards import counts_at_the_end
from competitions.status import PhaseState, SubmissionKind


@dataclass(frozen=True, slots=True)
class Frozen:
    """The team's program for one task: `entered` once it is run in the second stage, before that `chosen`."""

    task: Task
    entered: Submission | None
    chosen: Submission | None


@dataclass(frozen=True, slots=True)
class SecondStage:
    first: Phase
    is_first_over: bool
    own: list[Frozen]


def second_stage(contest: Contest, phase: Phase) -> SecondStage | None:
    """None for a phase that takes uploads."""
    first = phase.frozen_from
    if first is None:
        return None
    pairs = list(zip(first.tasks.all(), phase.tasks.all(), strict=False))
    own = [_own(contest, contest.team, phase, first, *pair) for pair in pairs] if contest.team else []
    return SecondStage(first, first.state(contest.now) == PhaseState.CLOSED, own)


def _own(contest: Contest, team: Team, phase: Phase, first: Phase, before: Task, task: Task) -> Frozen:
    entered = team.submissions.filter(phase=phase, task=task).select_related("frozen_from").first()
    # Which one counts tells how one's own stand to each other; where scores are kept, that is kept, too.
    is_told = entered is None and not first.are_scores_hidden(contest.now)
    chosen = counts_at_the_end(team, first, before) if is_told else None
    return Frozen(task, entered, chosen if chosen and chosen.kind == SubmissionKind.CODE else None)
