"""A scoring worker's turn at a run again: compare what the program wrote with what was submitted, and score it.

The score is that of the live scoring version, for organisers alone: it is written into the report of the run, and no
evaluation and no board knows of it.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from competitions.models import Blob, Rerun, ScoringVersion
from competitions.programs import scored_in_boxes
from competitions.queries.executions import done
from competitions.queries.winners import submission_of, submitted_scores
from competitions.services import boxes, comparison_boxes, reruns
from competitions.services.comparison_boxes import ComparisonJob
from competitions.services.heartbeats import heartbeat
from competitions.services.moves import Claim
from competitions.store import Store
from sandbox import Runner, SandboxError

log = logging.getLogger(__name__)
PAUSE_AFTER_FAULT_SECONDS = 1.0
SCENES_KEPT = 200  # those that differ most
PROBLEMS_KEPT = 50


def work_off(*, worker: str, runner: Runner, store: Store) -> int:
    """Compare whatever waits. Returns how many."""
    worked = 0
    while (claim := reruns.claim_next(worker=worker, now=timezone.now())) is not None:
        work(claim, runner=runner, store=store)
        worked += 1
    return worked


def work(claim: Claim, *, runner: Runner, store: Store) -> None:
    """Compare one claimed run, and record what was found, or give it back as a fault of ours."""
    try:
        rerun = Rerun.objects.select_related("execution__prediction", "hand_in__entry__submission").get(pk=claim.pk)
        seconds = settings.LEASE_SECONDS / 3
        with heartbeat(lambda: reruns.extend_lease(claim, now=timezone.now()), every_seconds=seconds) as lost:
            report = compared(rerun, runner=runner, store=store, cancel=lost)
        if not reruns.record(claim, report, now=timezone.now()):
            log.warning("run again %s is no longer claimed in attempt %s", claim.pk, claim.attempt)
    except boxes.ProgramFailed:
        # Why it failed may hold values of the truth: no log of ours does.
        _give_back(claim, "the contest's own scoring program failed")
    except Exception as error:
        log.exception("run again %s could not be compared", claim.pk)
        _give_back(claim, f"{type(error).__name__}: {error}")


def _give_back(claim: Claim, detail: str) -> None:
    reruns.give_back(claim, now=timezone.now(), detail=detail)
    time.sleep(PAUSE_AFTER_FAULT_SECONDS)


def compared(rerun: Rerun, *, runner: Runner, store: Store, cancel: threading.Event | None = None) -> dict[str, Any]:
    """The report: {"has_same_bytes", "comparison", "problems", "scores"}, as far as it comes."""
    version = submission_of(rerun.hand_in.entry).task.current_version
    written = rerun.execution.prediction
    if version is None or written is None:
        raise SandboxError("there is no live scoring version, or the run has left nothing")
    submitted, name = _submitted(rerun, version)
    before = submitted_scores(rerun.hand_in.entry)
    digests = {"submitted_sha256": submitted.sha256, "written_sha256": written.sha256}
    if submitted.sha256 == written.sha256:
        return {**digests, "has_same_bytes": True, "scores": {"submitted": before, "again": before}}
    rules = rerun.hand_in.entry.audit.rules
    found = comparison_boxes.compare(
        ComparisonJob(
            submitted=store.blob_path(submitted.sha256),
            written=store.blob_path(written.sha256),
            contract=version.contract,
            tolerance=rules.cell_tolerance,
            names=(name, rerun.execution.prediction_name),
        ),
        runner=runner,
        cancel=cancel,
    )
    report: dict[str, Any] = {**digests, "has_same_bytes": False}
    if found.document is None:
        return {**report, "problems": [dict(one) for one in found.problems[:PROBLEMS_KEPT]]}
    verdict = boxes.score_prediction(_job(rerun, version, written, store), runner=runner, cancel=cancel)
    if verdict.result is None:
        return {**report, "problems": [dict(one) for one in verdict.problems[:PROBLEMS_KEPT]]}
    again = _known(verdict.result["metrics"])
    return {**report, "comparison": _shortened(found.document), "scores": {"submitted": before, "again": again}}


def _submitted(rerun: Rerun, version: ScoringVersion) -> tuple[Blob, str]:
    """The file whose cells count: of a program, what it wrote when it was scored."""
    submission = submission_of(rerun.hand_in.entry)
    run = done(submission, version.inputs_digest) if submission.kind == "code" else None
    if run is not None and run.prediction is not None:
        return run.prediction, run.prediction_name
    return submission.blob, submission.file_name


def _job(rerun: Rerun, version: ScoringVersion, written: Blob, store: Store) -> boxes.ScoringJob:
    program = version.program_file
    return boxes.ScoringJob(
        prediction=store.blob_path(written.sha256),
        prediction_digest=written.sha256,
        file_name=rerun.execution.prediction_name,
        contract=version.contract,
        metrics=scored_in_boxes(version.metrics),
        truth=store.truth_path(version.truth_digest),
        program=boxes.ScoringProgram(store.blob_path(program.sha256), version.program) if program else None,
    )


def _known(metrics: Mapping[str, Mapping[str, float | None]]) -> dict[str, dict[str, float]]:
    return {
        key: {split: value for split in ("public", "private") if (value := sides.get(split)) is not None}
        for key, sides in metrics.items()
    }


def _shortened(document: Mapping[str, Any]) -> dict[str, Any]:
    """Of many scenes those that differ most, in the order of the contract; `scene_count` says how many there were."""
    scenes = document["scenes"]
    worst = sorted(range(len(scenes)), key=lambda at: _by_difference(scenes[at]))[:SCENES_KEPT]
    return {**document, "scenes": [scenes[at] for at in sorted(worst)], "scene_count": len(scenes)}


def _by_difference(scene: Mapping[str, Any]) -> tuple[float, float]:
    return -scene["differing"] / max(1, scene["cells"]), -(scene["largest_absolute"] or 0.0)
