"""States, legal moves, and the sentence a contestant reads for each. The whole truth about status lives here.

          claim                     record
queued ----------> running ------------------> scored
  ^                   | `------- reject ------> failed (with a kind)
  `---- requeue ------'                                        queued --> cancelled
"""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class EvaluationStatus(TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("scoring")
    SCORED = "scored", _("scored")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class FailureKind(TextChoices):
    INVALID = "invalid", _("invalid file")
    PROGRAM = "program", _("program failed")
    PLATFORM = "platform", _("platform fault")
    METRIC = "metric", _("scoring program failed")


class FileCheckStatus(TextChoices):
    """A check before submitting: waiting -> running -> one of the others. Nobody is shown these words."""

    WAITING = "waiting"
    RUNNING = "running"
    CHECKED = "checked"
    SLOW = "slow"
    BROKEN = "broken"


MOVES: dict[EvaluationStatus, frozenset[EvaluationStatus]] = {
    EvaluationStatus.QUEUED: frozenset({EvaluationStatus.RUNNING, EvaluationStatus.CANCELLED}),
    EvaluationStatus.RUNNING: frozenset({EvaluationStatus.QUEUED, EvaluationStatus.SCORED, EvaluationStatus.FAILED}),
    EvaluationStatus.SCORED: frozenset(),
    # An operator may put what is in REOPENED back into the queue; nothing else is reopened.
    EvaluationStatus.FAILED: frozenset({EvaluationStatus.QUEUED}),
    EvaluationStatus.CANCELLED: frozenset(),
}
UNFINISHED = frozenset({EvaluationStatus.QUEUED, EvaluationStatus.RUNNING})
# What a failure costs: a contestant's program that ran and failed counts; a file that was refused and a fault of ours
# do not. A file on which the contest's own scoring program fails counts as if it had been scored, which it will be:
# were it free, whoever finds a file that brings the program down could ask the truth about as many as they like.
COUNTS_AGAINST_QUOTA: dict[FailureKind, bool] = {
    FailureKind.INVALID: False,
    FailureKind.PROGRAM: True,
    FailureKind.PLATFORM: False,
    FailureKind.METRIC: True,
}
# Failures that no contestant caused; they can be put back into the queue once their cause is mended.
REOPENED = frozenset({FailureKind.PLATFORM, FailureKind.METRIC})


def can_move(old: str, new: str, *, failure_kind: str = "") -> bool:
    """Is old -> new legal? A failure is only ever reopened when no contestant caused it."""
    if new not in MOVES[EvaluationStatus(old)]:
        return False
    return old != EvaluationStatus.FAILED or failure_kind in REOPENED


def sentence(status: str, failure_kind: str = "") -> str | Promise:
    """What the contestant reads."""
    if status == EvaluationStatus.FAILED:
        return FAILURE_SENTENCES[FailureKind(failure_kind)]
    return SENTENCES[EvaluationStatus(status)]


SENTENCES: dict[EvaluationStatus, str | Promise] = {
    EvaluationStatus.QUEUED: _("Received. It waits for a free worker."),
    EvaluationStatus.RUNNING: _("A worker is scoring it now."),
    EvaluationStatus.SCORED: _("Scored."),
    EvaluationStatus.CANCELLED: _("Cancelled before scoring began."),
}
FAILURE_SENTENCES: dict[FailureKind, str | Promise] = {
    FailureKind.INVALID: _("The file does not fit the contract, so it was not scored. It costs no quota."),
    FailureKind.PROGRAM: _("The program did not finish properly. It counts against the quota."),
    FailureKind.PLATFORM: _("This was our fault, not yours. It costs no quota, and it is on the operators' list."),
    FailureKind.METRIC: _(
        "The contest's own scoring program failed on this file. The organisers can read why and will have it scored "
        "again. It counts against the quota like a scored one."
    ),
}


class CompetitionStatus(TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")


class PhaseState(TextChoices):
    """Computed from dates and now, never stored."""

    UPCOMING = "upcoming", _("not open yet")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed")


class BoardKind(TextChoices):
    PUBLIC = "public", _("public")
    PRIVATE = "private", _("private")
    FINAL = "final", _("final")


class SubmissionRule(TextChoices):
    BEST = "best", _("best")
    LAST = "last", _("last")


class FinalRule(TextChoices):
    BEST_PUBLIC = "best_public", _("best public score")
    LAST = "last", _("last submission")


class Role(TextChoices):
    OWNER = "owner", _("owner")
    ORGANISER = "organiser", _("organiser")
    REVIEWER = "reviewer", _("reviewer")
    JUROR = "juror", _("juror")
    SPONSOR = "sponsor", _("sponsor")
