"""Juried divisions: what teams hand in, who judges it, the sheets, and the result."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from competitions.judging import DocumentKind
from competitions.models.competitions import Division
from competitions.models.data import Blob
from competitions.models.teams import Team


class Entry(models.Model):
    """A team's entry in a juried division. `number` is drawn at random: it is all that a blind jury knows of it."""

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="entries")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["division", "team"], name="one_entry_per_team_and_division"),
            models.UniqueConstraint(fields=["division", "number"], name="entry_number_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"entry-{self.number:02d}"


class EntryVersion(models.Model):
    """What was handed in at once. It never changes; the last one in time counts."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    team_name = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    abstract = models.TextField(blank=True)
    video_url = models.URLField(max_length=500, blank=True)
    submitted_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)  # over the texts and the digests of the documents
    # A form that is sent again after a broken connection brings the same key and gets the same version.
    idempotency_key = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="entry_version_number_once"),
            models.UniqueConstraint(
                fields=["entry", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="entry_version_once_per_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} version {self.number}"


class EntryDocument(models.Model):
    version = models.ForeignKey(EntryVersion, on_delete=models.CASCADE, related_name="documents")
    position = models.PositiveSmallIntegerField()  # from 1 on
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="entry_document_position_once"),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="entry_document_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.file_name


class JuryChair(models.Model):
    """A juror who leads the jury of a division; organisers need no row."""

    division = models.ForeignKey(Division, on_delete=models.CASCADE, related_name="jury_chairs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["division", "user"], name="jury_chair_once")]

    def __str__(self) -> str:
        return f"{self.user_id} chairs {self.division_id}"


class JuryDeclaration(models.Model):
    """What a juror declared of an entry, before seeing more of it than the team's name."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="declarations")
    juror = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    has_conflict = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "juror"], name="jury_declared_once")]

    def __str__(self) -> str:
        return f"{self.juror_id} on {self.entry_id}: {'conflict' if self.has_conflict else 'none'}"


class Sheet(models.Model):
    """A juror's sheet of an entry: that it exists is the assignment.

    Saved by compare-and-set on `version`. Locked means signed: `digest` over what was signed is in the audit log.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="sheets")
    juror = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sheets")
    assigned_at = models.DateTimeField()
    marks = models.JSONField(default=dict)  # {criterion: mark}
    comment = models.TextField(blank=True)  # to the team, when it is released
    notes = models.TextField(blank=True)  # the juror's own; nobody else reads them
    version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    signed_name = models.CharField(max_length=150, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["entry__number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "juror"], name="sheet_once"),
            models.CheckConstraint(
                condition=Q(locked_at=None, digest="", signed_name="")
                | Q(locked_at__isnull=False) & ~Q(digest="") & ~Q(signed_name=""),
                name="sheet_locked_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"sheet of {self.juror_id} on {self.entry_id}"


class JuryRelease(models.Model):
    """That a division's result is published, and by which rule it was made."""

    division = models.OneToOneField(Division, on_delete=models.PROTECT, related_name="jury_release")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    has_comments = models.BooleanField(default=False)
    rules = models.JSONField()  # as they were then

    def __str__(self) -> str:
        return f"result of division {self.division_id}"


class JuryResult(models.Model):
    """An entry's place, with every term of its total, as published."""

    release = models.ForeignKey(JuryRelease, on_delete=models.CASCADE, related_name="results")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="result")
    rank = models.PositiveIntegerField()
    total = models.FloatField()
    score_part = models.FloatField()
    jury_part = models.FloatField()
    raw_score = models.FloatField(null=True, blank=True)
    sheet_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["release", "rank"], name="jury_rank_once")]

    def __str__(self) -> str:
        return f"{self.rank}: {self.entry_id}"
