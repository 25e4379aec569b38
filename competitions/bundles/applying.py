"""A worker makes the contest what a revision says: laid out, checked, its truth examined in a box, imported."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from competitions.bundles import changing
from competitions.bundles.loading import Bundle, read_bundle
from competitions.bundles.originals import FILE_NAME
from competitions.bundles.problems import InvalidCompetition, Problem
from competitions.bundles.revisions import laid_out
from competitions.models import Revision, RevisionApply
from competitions.services import boxes, program_runs, revision_applies, scoring_runs
from competitions.services.change_requests import CannotChange
from competitions.services.competition_files import NormaliseTruth
from competitions.services.competitions import import_with_report
from competitions.services.descriptions import CannotImport, CompetitionDescription
from competitions.services.heartbeats import heartbeat
from competitions.services.program_proofs import TrySample
from competitions.services.revision_applies import ApplyClaim
from competitions.services.scoring_versions import go_live_due
from competitions.services.workspaces import files_of, needs_change_control
from competitions.status import ApplyStatus
from competitions.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Examiners:
    """What examines a truth and a sample, each in a box of its own."""

    normalise_truth: NormaliseTruth
    try_sample: TrySample | None


def in_boxes() -> Examiners:
    return Examiners(boxes.normalise_truth, lambda job: boxes.score_prediction(job, runner=boxes.make_runner()))


def work_off(*, worker: str) -> int:
    """Apply what waits, where this worker's boxes hold. Returns how many revisions."""
    if (
        revision_applies.nothing_waits(now=timezone.now())
        or not scoring_runs.fitness(worker=worker, now=timezone.now()).is_fit
    ):
        return 0
    return apply_waiting(examiners=in_boxes(), store=Store(settings.FILES_DIR))


def apply_waiting(*, examiners: Examiners, store: Store, clock: Callable[[], datetime] = timezone.now) -> int:
    worked = 0
    while (claim := revision_applies.claim_next(now=clock())) is not None:
        _apply(claim, examiners, store, clock)
        worked += 1
    return worked


def _apply(claim: ApplyClaim, examiners: Examiners, store: Store, clock: Callable[[], datetime]) -> None:
    extend, every = (lambda: revision_applies.extend(claim, now=clock())), settings.LEASE_SECONDS / 3
    try:
        with heartbeat(extend, every_seconds=every), translation.override(_language_of(claim)):
            changes = _import(claim, examiners, store, clock)
    except InvalidCompetition as error:
        told = [(one.file, one.line, one.where, one.message) for one in error.problems]
        revision_applies.finish(claim, ApplyStatus.REFUSED, now=clock(), problems=told)
    except Exception:
        # Nothing is wrong with the organiser's files as far as anybody knows; an operator finds the trace.
        log.exception("a revision could not be examined")
        revision_applies.finish(claim, ApplyStatus.FAILED, now=clock())
    else:
        revision_applies.finish(claim, ApplyStatus.DONE, now=clock(), changes=changes)


def _language_of(claim: ApplyClaim) -> str:
    """What is wrong is kept as text, in the language of whoever asked, as mails are."""
    return RevisionApply.objects.get(pk=claim.pk).asked_by.language or settings.LANGUAGE_CODE


def _import(claim: ApplyClaim, examiners: Examiners, store: Store, clock: Callable[[], datetime]) -> tuple[str, ...]:
    """What was changed. Raises InvalidCompetition with every reason against it."""
    asked = RevisionApply.objects.select_related("revision__workspace__competition", "revision__tree", "asked_by").get(
        pk=claim.pk
    )
    revision = asked.revision
    program_runs.announce(program_runs.offered_runtimes())
    with laid_out(revision.text, files_of(revision), store) as folder:
        bundle = read_bundle(folder)
        description = _for_this_contest(bundle, revision, is_proposed=bool(asked.reason))
        try:
            if asked.reason:
                return _propose(asked, folder, description, examiners, store, clock())
            imported = import_with_report(
                description,
                actor=asked.asked_by,
                now=clock(),
                store=store,
                normalise_truth=examiners.normalise_truth,
                try_sample=examiners.try_sample,
            )
        except CannotChange as error:
            raise InvalidCompetition([Problem(FILE_NAME, 0, "", str(error))]) from None
        except CannotImport as error:
            raise InvalidCompetition(bundle.problems_of(error.refusals)) from None
    go_live_due(now=clock())
    return imported.changes


def _propose(
    asked: RevisionApply,
    folder: Path,
    description: CompetitionDescription,
    examiners: Examiners,
    store: Store,
    now: datetime,
) -> tuple[str, ...]:
    """Draft the change that a second person will decide on. A worker that died before it said so drafts it again: the
    first draft stays a draft, which its proposer withdraws."""
    change = changing.draft_change(
        folder,
        description,
        actor=asked.asked_by,
        reason=asked.reason,
        now=now,
        store=store,
        normalise_truth=examiners.normalise_truth,
        try_sample=examiners.try_sample,
    )
    RevisionApply.objects.filter(pk=asked.pk).update(change=change)
    return ()


def _for_this_contest(bundle: Bundle, revision: Revision, *, is_proposed: bool) -> CompetitionDescription:
    """The description, where it is of this contest, and the contest was not published meanwhile without a reason."""
    description, competition = bundle.description, revision.workspace.competition
    if description.slug != competition.slug:
        text = _("this is the workspace of '%(slug)s'; a contest keeps its name: write %(slug)s")
        raise InvalidCompetition([bundle.document.problem(("slug",), text % {"slug": competition.slug})])
    if needs_change_control(competition) and not is_proposed:
        message = _("the contest was published meanwhile; its changes need a reason and a second person")
        raise InvalidCompetition([Problem(FILE_NAME, 0, "", message)])
    return description
