"""What a candidate handed in is run again, and compared with what the team submitted.

The run is an execution of its own kind: it waits and is claimed as every program's run, and no quota, evaluation or
board knows of it. What it wrote is then compared by a worker that scores, which alone has the truth:

waiting --program ended--> queued --claim--> running --> done            a comparison that a dead worker holds is given
   `---program failed----> done      ^---- lease ran out ----'           back by the sweeper, as an evaluation is
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from competitions.models import Execution, HandIn, Rerun, Runtime, User
from competitions.programs import CodeRules
from competitions.queries.winners import input_choices, submission_of
from competitions.services import audit, evaluations, executions, moves
from competitions.services.moves import Claim
from competitions.services.rerun_jobs import inputs_digest
from competitions.status import ExecutionKind, ExecutionStatus, RerunStatus
from competitions.winner_rules import DEFAULT_RUNTIME

log = logging.getLogger(__name__)


class RerunRefused(Exception):
    """It cannot be run again so, or not now; the message says why."""


# -- beginning --------------------------------------------------------------------------------------------------------


@transaction.atomic
def start(hand_in: HandIn, *, inputs: Sequence[str], user: User, now: datetime) -> Rerun:
    """Queue a run. `inputs` are names of files of the newest data release; a task of programs has its own."""
    entry, submission = hand_in.entry, submission_of(hand_in.entry)
    task = submission.task
    files, digest = _inputs(hand_in, inputs)
    rules = entry.audit.rules
    limits = rules.program_limits if rules.limits or not task.code else CodeRules.of(task.code).limits
    if Rerun.objects.filter(hand_in=hand_in, finished_at=None).exists():
        raise RerunRefused(_("This version is being run already; wait until it has ended."))
    execution = Execution.objects.create(
        submission=submission,
        kind=ExecutionKind.WINNER,
        inputs_digest=digest,
        runtime=_runtime(hand_in),
        limits=limits.as_dict(),
        status=ExecutionStatus.QUEUED,
        queued_at=now,
    )
    moves.note(execution, "", now=now)
    try:
        with transaction.atomic():
            rerun = Rerun.objects.create(
                hand_in=hand_in, execution=execution, input_files=files, user=user, asked_at=now
            )
    except IntegrityError:
        raise RerunRefused(_("This version is being run already; wait until it has ended.")) from None
    detail = {"team": entry.team_id, "version": hand_in.version, "execution": execution.pk, "inputs": digest}
    contest = entry.audit.competition
    subject = f"entry {entry.pk}"
    audit.note("ran a hand-in again", now=now, actor=user, competition=contest, subject=subject, detail=detail)
    executions.wake_workers()
    return rerun


def _inputs(hand_in: HandIn, names: Sequence[str]) -> tuple[list[list[str]], str]:
    task = submission_of(hand_in.entry).task
    if task.code:
        version = task.current_version
        if version is None or not version.inputs_digest:
            raise RerunRefused(_("The task has no inputs for programs."))
        return [], version.inputs_digest
    known = {file.name: file.blob.sha256 for file in input_choices(hand_in.entry)}
    strangers = [name for name in names if name not in known]
    if strangers or not names:
        raise RerunRefused(_("Choose at least one file of the newest data release as input."))
    return [[name, known[name]] for name in sorted(set(names))], inputs_digest({name: known[name] for name in names})


def _runtime(hand_in: HandIn) -> Runtime:
    """The newest that a worker has announced."""
    task, rules = submission_of(hand_in.entry).task, hand_in.entry.audit.rules
    if not rules.runtime and task.runtime is not None:
        return task.runtime
    name = rules.runtime or DEFAULT_RUNTIME
    found = Runtime.objects.filter(name=name).order_by("announced_at", "pk").last()
    if found is None:
        raise RerunRefused(_("No worker has the runtime “%(name)s”; an operator can build it.") % {"name": name})
    return found


# -- the comparison, as a worker sees it ------------------------------------------------------------------------------


def claim_next(*, worker: str, now: datetime) -> Claim | None:
    for rerun in Rerun.objects.filter(status=RerunStatus.QUEUED).order_by("pk"):
        fields = {"attempt": rerun.attempt + 1, "worker": worker, "lease_expires_at": now + moves.lease()}
        same = Rerun.objects.filter(pk=rerun.pk, status=RerunStatus.QUEUED, attempt=rerun.attempt)
        if same.update(status=RerunStatus.RUNNING, **fields) == 1:
            return Claim(rerun.pk, rerun.attempt + 1, worker)
    return None


def extend_lease(claim: Claim, *, now: datetime) -> bool:
    return _claimed(claim).update(lease_expires_at=now + moves.lease()) == 1


def record(claim: Claim, report: dict[str, Any], *, now: datetime) -> bool:
    """Write down what was found; False when the claim was lost."""
    fields = {"report": report, "finished_at": now, "lease_expires_at": None}
    return _claimed(claim).update(status=RerunStatus.DONE, **fields) == 1


def give_back(claim: Claim, *, now: datetime, detail: str) -> bool:
    """A fault of ours: to be compared again, or, if it keeps happening, told to organisers as ours."""
    return _requeue(claim, now=now, detail=detail)


def _requeue(claim: Claim, *, now: datetime, detail: str) -> bool:
    fields: dict[str, Any] = {"lease_expires_at": None, "detail": detail[:500]}
    if claim.attempt < settings.MAX_ATTEMPTS:
        return _claimed(claim).update(status=RerunStatus.QUEUED, **fields) == 1
    log.error("the comparison of run again %s failed %s times: %s", claim.pk, claim.attempt, detail)
    return _claimed(claim).update(status=RerunStatus.FAILED, finished_at=now, **fields) == 1


def _claimed(claim: Claim) -> QuerySet[Rerun]:
    return Rerun.objects.filter(pk=claim.pk, attempt=claim.attempt, worker=claim.worker, status=RerunStatus.RUNNING)


def requeue_stuck(*, now: datetime) -> int:
    """Give back what dead workers hold, and wake the living. Returns how many."""
    stuck = Rerun.objects.filter(status=RerunStatus.RUNNING, lease_expires_at__lt=now)
    claims = [Claim(one.pk, one.attempt, one.worker) for one in stuck]
    requeued = sum(_requeue(one, now=now, detail=f"the lease of {one.worker} ran out") for one in claims)
    if Rerun.objects.filter(status=RerunStatus.QUEUED).exists():
        evaluations.wake_workers()
    return requeued
