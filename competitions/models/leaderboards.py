"""Rankings: one row for each board and team, kept up to date by the transaction that records a score."""

from django.db import models
from django.db.models import Q

from competitions.models.competitions import Division, Phase, Task
from competitions.models.submissions import Submission
from competitions.models.teams import Team
from competitions.status import BoardKind


class Board(models.Model):
    """A ranking of a phase, division and task. `released_at` opens a private or final board to everybody."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="boards")
    division = models.ForeignKey(Division, on_delete=models.CASCADE, related_name="boards")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="boards")
    kind = models.CharField(max_length=8, choices=BoardKind.choices)
    title = models.JSONField(default=dict)
    metric = models.CharField(max_length=60)
    higher_is_better = models.BooleanField()
    decimals = models.PositiveSmallIntegerField(default=4)
    tie_tolerance = models.FloatField(null=True, blank=True)  # the grid that scores are compared on; none: decimals
    ladder_step = models.FloatField(null=True, blank=True)  # by how much a public score must beat the team's best
    combine = models.JSONField(null=True, blank=True)  # {"kind": "ranks" | "weighted", "of": {metric: weight}}
    gates = models.JSONField(default=list, blank=True)  # [{"metric": ..., "at_least" | "at_most": ...}]
    show_tied = models.BooleanField(default=True)
    tied = models.JSONField(null=True, blank=True)  # {"of": what it was computed from, "teams": [...]}
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["phase", "division", "task", "kind"], name="board_once"),
            models.CheckConstraint(condition=Q(kind__in=BoardKind.values), name="board_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} board {self.pk}"


class Standing(models.Model):
    """A team's row. Ranked by (group, sort_key, submitted_at, submission): smaller is better, the earlier wins a tie.

    Whoever fails a gate is in group 1, behind everybody in group 0.
    """

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="standings")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="standings")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="+")
    value = models.FloatField()
    group = models.PositiveSmallIntegerField(default=0)
    sort_key = models.FloatField()
    submitted_at = models.DateTimeField()
    entries = models.PositiveIntegerField(default=1)
    values = models.JSONField(default=dict)  # all metrics of the same submission and split, to show beside
    intervals = models.JSONField(default=dict)  # of the same: {metric: {"low": ..., "high": ..., "level": ...}}

    class Meta:
        ordering = ["group", "sort_key", "submitted_at", "submission_id"]
        indexes = [
            models.Index(fields=["board", "group", "sort_key", "submitted_at", "submission"], name="standing_rank"),
        ]
        constraints = [models.UniqueConstraint(fields=["board", "team"], name="standing_once")]

    def __str__(self) -> str:
        return f"team {self.team_id} on board {self.board_id}"
