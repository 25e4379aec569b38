"""Intake: an upload is stored first, then counted, recorded and queued in one transaction.

The time that counts is when the upload began: a slow line must not cost a deadline. An upload that began in time and
ended within GRACE after the deadline is in time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from competitions import quota
from competitions.models import Blob, Phase, Submission, Task, Team, TeamPhase, User
from competitions.permissions import can_submit
from competitions.programs import CodeRules
from competitions.queries.evaluations import current_evaluation
from competitions.queries.submissions import allowance_for, repeated
from competitions.queries.teams import team_of
from competitions.quota import GRACE, Allowance, Refusal
from competitions.services import audit, queueing
from competitions.services.moves import IllegalMove, LostClaim
from competitions.services.team_locks import lock_team_of_person
from competitions.status import EvaluationStatus, SubmissionKind
from competitions.store import Store, StoredFile

MAX_NAME_CHARACTERS = 200
MAX_NOTE_CHARACTERS = 200
MAX_KEY_CHARACTERS = 100


class QuotaExceeded(Exception):
    """Nothing is left for now; `allowance` says what, and when the day starts anew."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(_refusal_text(allowance))
        self.allowance = allowance


class PhaseClosed(Exception):
    """The phase is not open, not open yet, or the upload took too long after the deadline."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(_refusal_text(allowance))
        self.allowance = allowance


class NotPromoted(Exception):
    """The phase is for promoted teams, and this one is none of them, or nobody is yet."""


class NotTakingPart(Exception):
    """This person has not joined, or has not accepted the newest rules."""


class TaskNotInPhase(Exception):
    """The task is not part of the phase, or not published for scoring."""


class NoProgram(Exception):
    """The task takes programs, and this file's name says that it is something else."""


class FrozenPhase(Exception):
    """A second stage runs what was submitted in the first; nothing can be uploaded or taken back."""


class KeyReused(Exception):
    """The idempotency key belongs to a submission to another phase or task."""


class InvalidKey(Exception):
    """The idempotency key is too long to be kept; cutting it could make two keys one."""


class TooLateToCancel(Exception):
    """A worker has begun, or is done."""


@dataclass(frozen=True, slots=True)
class _Intake:
    """What is the same for all steps of one upload."""

    user: User
    team: Team
    phase: Phase
    task: Task
    file_name: str
    note: str
    idempotency_key: str
    began_at: datetime


def submit(  # noqa: PLR0913  (one upload has this many facts)
    *,
    user: User,
    phase: Phase,
    task: Task,
    chunks: Iterable[bytes],
    file_name: str,
    note: str = "",
    idempotency_key: str = "",
    now: datetime,
    clock: Callable[[], datetime] = timezone.now,
) -> Submission:
    """Take an upload in. `now` is when it began, `clock` tells when its last byte has come.

    Raises:
        NotTakingPart, NotPromoted, TaskNotInPhase, PhaseClosed, QuotaExceeded: before anything is read, or once it is
            stored.
        FileTooLarge: as soon as one byte too many has come; nothing is kept.
        InvalidKey: the key is too long.
        KeyReused: the key was used for another phase or task.
    """
    intake = _intake(user, phase, task, file_name, note, idempotency_key, now)
    earlier = _earlier(intake)
    if earlier is not None:
        return earlier
    _require_allowance(intake)
    stored = Store(settings.FILES_DIR).put(chunks, max_bytes=phase.max_file_bytes)
    _require_in_grace(intake, clock())
    try:
        return _record(intake, stored)
    except IntegrityError:
        earlier = _earlier(intake)  # the same key at the same moment in another phase
        if earlier is None:
            raise
        return earlier


def _intake(
    user: User, phase: Phase, task: Task, file_name: str, note: str, idempotency_key: str, now: datetime
) -> _Intake:
    competition = phase.competition
    team = team_of(user, competition)
    if team is None or not can_submit(user, competition):
        raise NotTakingPart(_("Join the contest and accept the newest version of its rules first."))
    if task.current_version_id is None or not phase.tasks.filter(pk=task.pk).exists():
        raise TaskNotInPhase(_("Task “%(task)s” takes no submissions in this phase.") % {"task": task.key})
    if phase.frozen_from_id is not None:
        raise FrozenPhase(_frozen_text())
    if len(idempotency_key) > MAX_KEY_CHARACTERS:
        raise InvalidKey(_("An idempotency key has %(max)s characters at most.") % {"max": MAX_KEY_CHARACTERS})
    name = clean_file_name(file_name)
    _require_program(task, name)
    return _Intake(user, team, phase, task, name, _shown(note)[:MAX_NOTE_CHARACTERS], idempotency_key, now)


def _require_program(task: Task, file_name: str) -> None:
    rules = CodeRules.of(task.code) if task.code else None
    if rules is not None and not rules.accepts_name(file_name):
        text = _("This task takes a program: a file that ends in %(endings)s. “%(name)s” does not.")
        raise NoProgram(text % {"endings": ", ".join(rules.endings), "name": file_name})


def clean_file_name(name: str) -> str:
    """The last part of what a client called its file, without what cannot be shown. Only a label: files lie under
    their digests."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = _shown(last)
    return shown[-MAX_NAME_CHARACTERS:] if shown.strip(".") else "upload"


def _shown(text: str) -> str:
    """Without control and direction characters; PostgreSQL stores no NUL at all."""
    return "".join(character for character in text if character.isprintable()).strip()


def _earlier(intake: _Intake) -> Submission | None:
    earlier = repeated(intake.team, intake.idempotency_key)
    if earlier is None:
        return None
    if (earlier.phase_id, earlier.task_id) != (intake.phase.pk, intake.task.pk):
        raise KeyReused(_("This key belongs to submission #%(number)s; use a new one.") % {"number": earlier.pk})
    return earlier


def _require_allowance(intake: _Intake) -> None:
    allowance = allowance_for(intake.team, intake.phase, now=intake.began_at)
    if allowance.refusal in {Refusal.NOT_OPEN, Refusal.CLOSED}:
        raise PhaseClosed(allowance)
    if allowance.refusal in {Refusal.UNDECIDED, Refusal.NOT_PROMOTED}:
        raise NotPromoted(_refusal_text(allowance))
    if allowance.refusal is not None:
        raise QuotaExceeded(allowance)


def _require_in_grace(intake: _Intake, ended_at: datetime) -> None:
    deadline = intake.phase.ends_at
    is_late = quota.is_over(intake.began_at, deadline)
    if deadline is not None and not is_late and ended_at > deadline + GRACE:
        raise PhaseClosed(allowance_for(intake.team, intake.phase, now=ended_at))


@transaction.atomic
def _record(intake: _Intake, stored: StoredFile) -> Submission:
    """Count and insert while the team's row of this phase is locked: the last place is given once. The team itself is
    locked first: while the file came its person may have left it, or it may have become part of another one."""
    team = lock_team_of_person(intake.user, intake.phase.competition)
    if team is None:
        raise NotTakingPart(_("Join the contest and accept the newest version of its rules first."))
    intake = replace(intake, team=team)
    TeamPhase.objects.get_or_create(team=intake.team, phase=intake.phase)
    TeamPhase.objects.select_for_update().get(team=intake.team, phase=intake.phase)
    earlier = _earlier(intake)
    if earlier is not None:
        return earlier
    _require_allowance(intake)
    blob, _is_new = Blob.objects.get_or_create(
        sha256=stored.sha256, defaults={"size_bytes": stored.size_bytes, "created_at": intake.began_at}
    )
    submission = Submission.objects.create(
        team=intake.team,
        team_name=intake.team.name,
        user=intake.user,
        phase=intake.phase,
        task=intake.task,
        blob=blob,
        file_name=intake.file_name,
        note=intake.note,
        submitted_at=intake.began_at,
        is_late=quota.is_over(intake.began_at, intake.phase.ends_at),
        idempotency_key=intake.idempotency_key,
        kind=SubmissionKind.CODE if intake.task.code else SubmissionKind.PREDICTION,
    )
    queueing.enter(submission, now=intake.began_at)
    return submission


@transaction.atomic
def cancel(submission: Submission, *, user: User, now: datetime) -> Submission:
    """Take a waiting submission out of the queue, which costs no quota, or stop a running program. Safe twice."""
    if submission.frozen_from_id is not None:
        raise TooLateToCancel(_("This submission was entered by the rules of the contest and cannot be taken back."))
    evaluation = current_evaluation(submission)
    if evaluation is None:
        raise TooLateToCancel(_too_late())
    if evaluation.status == EvaluationStatus.CANCELLED:
        return submission
    try:
        queueing.cancel(submission, evaluation, now=now)
    except (IllegalMove, LostClaim):
        raise TooLateToCancel(_too_late()) from None
    audit.note(
        "cancelled",
        now=now,
        actor=user,
        competition=submission.phase.competition,
        subject=f"submission {submission.pk}",
    )
    return submission


def _too_late() -> str:
    return _("It is too late to cancel: a worker has begun to score it, or it is done.")


def _frozen_text() -> str:
    return _("Nothing is uploaded in this phase: it runs the programs of the phase before, as they were.")


def _refusal_text(allowance: Allowance) -> str:
    texts = {
        Refusal.FROZEN: _frozen_text(),
        Refusal.NOT_OPEN: _("This phase is not open yet."),
        Refusal.CLOSED: _("This phase is closed. Uploads that began before the deadline have 10 more minutes to end."),
        Refusal.UNDECIDED: _(
            "Only promoted teams submit in this phase, and the organisers have not confirmed them yet."
        ),
        Refusal.NOT_PROMOTED: _("Only promoted teams submit in this phase, and your team is not one of them."),
        Refusal.CONCURRENT: _("%(at_once)s submissions wait or are being scored; send the next when one is done."),
        Refusal.DAY: _("Today's %(day)s submissions are used up."),
        Refusal.PHASE: _("The %(phase)s submissions of this phase are used up."),
        Refusal.REJECTED: _("%(rejected)s files were refused today; go on tomorrow. Check a file before you send it."),
    }
    refusal = allowance.refusal or Refusal.CLOSED
    limits = allowance.limits
    return texts[refusal] % {
        "day": limits.per_day,
        "phase": limits.in_all,
        "rejected": limits.rejected_per_day,
        "at_once": limits.at_once,
    }
