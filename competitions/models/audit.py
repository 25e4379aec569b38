"""The trace of acts that decide a contest: append-only, each row chained to the one before by its hash.

Rows are written by services.audit.note alone. The model refuses to change or remove one, and so do triggers in the
database (competitions.database.append_only), which a migration that rebuilds the table must put back.
"""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from competitions.chain import FIELDS, START


class AppendOnly(Exception):
    """A row of the log is neither changed nor removed, by anybody."""


def _refuse(*_args: Any, **_fields: Any) -> NoReturn:
    raise AppendOnly("the audit log is append-only: write another row that says what was wrong with this one")


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    update = bulk_update = delete = update_or_create = _refuse
    bulk_create = _refuse  # it would not chain


class AuditEvent(models.Model):
    """Who did what to what, when and why, and how it was before and after.

    The person and the contest are numbers without a constraint: the row stays as it was when they are gone.
    """

    chain = models.CharField(max_length=40)
    number = models.PositiveBigIntegerField()  # in its chain, from 1 on
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False
    )
    actor_name = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=60)
    competition = models.ForeignKey(
        "Competition",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="audit_events",
    )
    subject = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, default=START)
    hash = models.CharField(max_length=64)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            # Two rows after the same one would be a fork.
            models.UniqueConstraint(fields=["chain", "number"], name="audit_number_once"),
            models.UniqueConstraint(fields=["chain", "previous"], name="audit_chain_never_forks"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    def save(self, *args: Any, **fields: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **fields)

    delete = _refuse

    @property
    def content(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in FIELDS}


class AuditHead(models.Model):
    """The end of a chain, signed with the site's key, so that rows cut off the end are missed.

    It is also the row that a writer locks: two at once cannot both continue from the same hash.
    """

    chain = models.CharField(max_length=40, primary_key=True)
    count = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default=START)
    signature = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.chain}: {self.count}"
