"""The files that a contest is made from, as organisers write them: a save is a revision, and none is ever changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.models.competitions import Competition
from competitions.status import UNFINISHED_APPLIES, ApplyStatus, RevisionKind


class Host(models.Model):
    """A person whom an operator allowed to open contests."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="host")
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    allowed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} may open contests"


class Workspace(models.Model):
    """A contest's bundle. `head` is the number of its newest revision, and what two organisers who save at once compete
    for: a save names the head that it began from, and is refused when that is no longer the head."""

    competition = models.OneToOneField(Competition, on_delete=models.CASCADE, related_name="workspace")
    head = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"workspace of {self.competition_id} at {self.head}"


class FileTree(models.Model):
    """Names and contents of a bundle's files apart from competition.yaml: {path: [SHA-256, bytes]} of originals in the
    store. Revisions that changed no file share one."""

    digest = models.CharField(max_length=64, unique=True)
    files = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.digest[:12]} ({len(self.files)} files)"


class Revision(models.Model):
    """One saved state of a contest's bundle; it may be incomplete. `text` is its competition.yaml."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    tree = models.ForeignKey(FileTree, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=RevisionKind.choices)
    message = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="revision_number_once"),
            models.CheckConstraint(condition=Q(kind__in=RevisionKind.values), name="revision_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number} of workspace {self.workspace_id}"


class RevisionApply(models.Model):
    """A revision on its way to become the contest: a worker examines truth and sample in boxes and imports it.

    Web processes run no boxes; this row is how the two meet. One at a time for each workspace.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="applies")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="applies")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ApplyStatus.choices, default=ApplyStatus.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    reason = models.JSONField(default=dict, blank=True)  # of a launched contest: why it shall change
    change = models.ForeignKey("ChangeRequest", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    problems = models.JSONField(default=list, blank=True)  # [file, line, where, message]
    changes = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ApplyStatus.values), name="revision_apply_status_is_known"),
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(status__in=UNFINISHED_APPLIES), name="one_apply_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.revision_id}: {self.status}"
