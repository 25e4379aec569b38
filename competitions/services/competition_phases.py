"""Phases of a contest, and the boards of every phase, division and task."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.change_rules import Difference
from competitions.models import Board, Competition, Division, Phase, PromotionRule, Submission, Task
from competitions.services.competition_changes import Changes
from competitions.services.descriptions import (
    BoardDescription,
    CompetitionDescription,
    PhaseDescription,
    PromotionDescription,
    Where,
)
from competitions.services.scoring_versions import rebuild
from competitions.status import BoardKind

Place = tuple[int, int]  # ids of a division and a task
# The fields of a board that decide its order.
RANKED_BY = ("metric", "higher_is_better", "decimals", "tie_tolerance", "ladder_step", "combine", "gates")


@dataclass(frozen=True, slots=True)
class Phases:
    """What the steps below share."""

    competition: Competition
    description: CompetitionDescription
    tasks: Mapping[str, Task]
    divisions: Mapping[str, Division]
    final_rule_changed: bool
    changes: Changes

    def put(self) -> None:
        existing = {phase.key: phase for phase in self.competition.phases.all()}
        for position, described in enumerate(self.description.phases):
            phase = existing.pop(described.key, None) or Phase(competition=self.competition, key=described.key)
            self._put_phase(phase, described, position)
        self._link_stages()
        for left in existing.values():
            self._remove(left)

    def _link_stages(self) -> None:
        """Once all phases are there: a second stage points at the one before."""
        phases = {phase.key: phase for phase in self.competition.phases.all()}
        for described in self.description.phases:
            first = phases.get(described.frozen_from)
            self.changes.put(
                phases[described.key], f"phase {described.key}", frozen_from_id=first.pk if first else None
            )
        for position, described in enumerate(self.description.phases):
            self._put_promotion(phases, described, ("phases", position, "promotes"))

    def _put_promotion(self, phases: Mapping[str, Phase], described: PhaseDescription, where: Where) -> None:
        """A rule by which teams were promoted stays as it was."""
        wanted, phase = described.promotion, phases[described.key]
        rule = PromotionRule.objects.filter(phase=phase).first()
        fields = _promotion_fields(wanted, phases, self.tasks, self.divisions) if wanted else {}
        is_changed = rule is not None and (not fields or any(getattr(rule, key) != fields[key] for key in fields))
        if rule is not None and rule.confirmed_at is not None and is_changed:
            text = _("teams were promoted into phase '%(phase)s'; how can no longer change")
            self.changes.refuse(where, text % {"phase": phase.key})
        elif wanted:
            self.changes.put(rule or PromotionRule(phase=phase), f"promotion into {phase.key}", **fields)
        elif rule is not None:
            self.changes.remove(rule, f"promotion into {phase.key}")

    def _put_phase(self, phase: Phase, described: PhaseDescription, position: int) -> None:
        rule = self.description.submission_rule
        stale = {BoardKind.PUBLIC} if phase.pk and phase.submission_rule != rule else set()
        if self.final_rule_changed:
            stale.add(BoardKind.PRIVATE)
        fields = {**_fields(described), "submission_rule": rule, "position": position}
        self.changes.put(phase, f"phase {described.key}", **fields)
        self._link_tasks(phase, described, ("phases", position, "tasks"))
        self._link_divisions(phase, described)
        self._put_boards(phase, described, ("phases", position), stale)

    # -- which tasks and divisions take part --------------------------------------------------------------------------

    def _link_tasks(self, phase: Phase, described: PhaseDescription, where: Where) -> None:
        wanted = {self.tasks[key].pk for key in described.tasks}
        left = phase.tasks.exclude(pk__in=wanted)
        for task in left.filter(pk__in=Submission.objects.filter(phase=phase).values("task")):
            text = _("task '%(task)s' has submissions in this phase; it must stay")
            self.changes.refuse(where, text % {"task": task.key})
        if wanted != set(phase.tasks.values_list("pk", flat=True)):
            phase.tasks.set(wanted)
            self.changes.note(f"phase {phase.key}: tasks changed")
            self.changes.differences.append(Difference("phase", phase.key, "tasks", name=phase.name))

    def _link_divisions(self, phase: Phase, described: PhaseDescription) -> None:
        wanted = {self.divisions[key].pk for key in described.divisions}
        if wanted != set(phase.divisions.values_list("pk", flat=True)):
            phase.divisions.set(wanted)
            self.changes.note(f"phase {phase.key}: divisions changed")
            self.changes.differences.append(Difference("phase", phase.key, "divisions", name=phase.name))

    def _remove(self, phase: Phase) -> None:
        count = phase.submissions.count()
        if count:
            text = ngettext(
                "phase '%(phase)s' has %(count)s submission; it must stay",
                "phase '%(phase)s' has %(count)s submissions; it must stay",
                count,
            )
            self.changes.refuse(("phases",), text % {"phase": phase.key, "count": count})
        else:
            self.changes.remove(phase, f"phase {phase.key}")

    # -- boards -------------------------------------------------------------------------------------------------------

    def _put_boards(self, phase: Phase, described: PhaseDescription, where: Where, stale: set[BoardKind]) -> None:
        existing = {(board.division_id, board.task_id, board.kind): board for board in phase.boards.all()}
        places = list(self._places(described))
        for division, task in places:
            for kind in (BoardKind.PUBLIC, BoardKind.PRIVATE):
                board = existing.get((division.pk, task.pk, kind))
                board = board or Board(phase=phase, division=division, task=task, kind=kind)
                self._put_board(board, is_stale=kind in stale)
        kept = {(division.pk, task.pk) for division, task in places}
        for (division_id, task_id, _kind), board in existing.items():
            if (division_id, task_id) not in kept:
                self._remove_board(board, where)

    def _places(self, described: PhaseDescription) -> Iterator[tuple[Division, Task]]:
        for division in described.divisions:
            for task in described.tasks:
                yield self.divisions[division], self.tasks[task]

    def _put_board(self, board: Board, *, is_stale: bool) -> None:
        described = next(task for task in self.description.tasks if task.key == board.task.key).boards[
            board.division.key
        ]
        ranking = ranking_of(described, board.kind)
        is_stale |= any(getattr(board, name) != value for name, value in ranking.items())
        if is_stale and board.released_at is not None:
            text = _("the private board of task '%(task)s' is released; how it ranks can no longer change")
            self.changes.refuse(("leaderboards",), text % {"task": board.task.key})
            return
        name = f"{board.kind} board of {board.phase.key}/{board.division.key}/{board.task.key}"
        self.changes.put(board, name, title=dict(described.title), show_tied=described.options.show_tied, **ranking)
        if is_stale and not (self.changes.approval and self.changes.approval.is_plan):
            rebuild(board)

    def _remove_board(self, board: Board, where: Where) -> None:
        name = f"{board.kind} board of {board.phase.key}/{board.division.key}/{board.task.key}"
        if board.standings.exists():
            self.changes.refuse(where, _teams_text(board))
        else:
            self.changes.remove(board, name)


def _teams_text(board: Board) -> str:
    place = {"phase": board.phase.key, "division": board.division.key, "task": board.task.key}
    if board.kind == BoardKind.PUBLIC:
        text = _(
            "the public board of %(phase)s/%(division)s/%(task)s has teams on it; its division and task must stay in "
            "this phase"
        )
    else:
        text = _(
            "the private board of %(phase)s/%(division)s/%(task)s has teams on it; its division and task must stay in "
            "this phase"
        )
    return text % place


def ranking_of(described: BoardDescription, kind: str) -> dict[str, Any]:
    """What decides the order. Public scores are ranked by what is shown of them."""
    options = described.options
    is_by_rank = (options.combine or {}).get("kind") == "ranks"
    is_capped = kind == BoardKind.PUBLIC and options.public_decimals is not None and not is_by_rank
    return {
        "metric": described.metric,
        "higher_is_better": described.higher_is_better,
        "decimals": min(described.decimals, options.public_decimals or 0) if is_capped else described.decimals,
        "tie_tolerance": options.tie_tolerance,
        "ladder_step": options.ladder_step,
        "combine": dict(options.combine) if options.combine else None,
        "gates": [dict(gate) for gate in options.gates],
    }


def _promotion_fields(
    described: PromotionDescription,
    phases: Mapping[str, Phase],
    tasks: Mapping[str, Task],
    divisions: Mapping[str, Division],
) -> dict[str, Any]:
    return {
        "source_id": phases[described.source].pk,
        "division_id": divisions[described.division].pk,
        "task_id": tasks[described.task].pk,
        "first": described.first,
    }


def _fields(described: PhaseDescription) -> dict[str, Any]:
    return {
        "name": dict(described.name),
        "starts_at": described.starts_at,
        "ends_at": described.ends_at,
        "max_submissions_per_day": described.max_submissions_per_day,
        "max_submissions": described.max_submissions,
        "max_rejected_per_day": described.max_rejected_per_day,
        "max_file_bytes": described.max_file_bytes,
        "hides_scores": described.hides_scores,
        "max_concurrent": described.max_concurrent,
        "late_submissions": described.late_submissions,
    }
