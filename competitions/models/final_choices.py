"""What teams choose for the end, and the record of it once nothing can be chosen any more."""

from django.conf import settings
from django.db import models

from competitions.models.competitions import Phase, Task
from competitions.models.submissions import Submission
from competitions.models.teams import Team


class FinalChoice(models.Model):
    """A submission that its team wants to count at the end of its phase and task. May be taken back until then."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="final_choice")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["submission_id"]

    def __str__(self) -> str:
        return f"{self.submission_id} counts at the end"


class FinalRecord(models.Model):
    """What counted for a team when its choice was locked. Written once, never changed.

    `chosen` lists [{"submission": number, "by": user name, "at": instant}]; empty where the default was taken.
    `counted` are the numbers of the submissions that counted: the chosen ones that were scored, or the default.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="final_records")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="final_records")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    chosen = models.JSONField(default=list)
    counted = models.JSONField(default=list)
    is_default = models.BooleanField()
    locked_at = models.DateTimeField()  # the deadline
    recorded_at = models.DateTimeField()  # when all of the phase was scored

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["team", "phase", "task"], name="final_record_once")]

    def __str__(self) -> str:
        return f"team {self.team_id}, phase {self.phase_id}, task {self.task_id}: {self.counted}"
