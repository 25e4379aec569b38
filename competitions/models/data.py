"""Files: content-addressed and immutable."""

from django.db import models

from competitions.models.competitions import Competition


class Blob(models.Model):
    """A stored file, named by its SHA-256. It never changes; many records may point at it."""

    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size_bytes} bytes)"


class DataRelease(models.Model):
    """One version of a contest's data. The newest is offered first; older ones stay."""

    competition = models.ForeignKey(Competition, on_delete=models.CASCADE, related_name="data_releases")
    version = models.CharField(max_length=40)
    title = models.JSONField(default=dict)
    notes = models.JSONField(default=dict)
    licence = models.CharField(max_length=100)
    licence_url = models.URLField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "version"], name="data_release_version_once")]

    def __str__(self) -> str:
        return f"{self.competition_id} data {self.version}"


class DataFile(models.Model):
    release = models.ForeignKey(DataRelease, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    description = models.JSONField(default=dict)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["release", "name"], name="data_file_name_once")]

    def __str__(self) -> str:
        return self.name
