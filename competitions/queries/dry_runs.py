"""Dry runs: the newest one, what it was made with, and whether that is still so."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from competitions.models import Competition, DataFile, DryRun, HiddenFile, ScoringVersion, Task
from competitions.permissions import Visitor
from competitions.queries.competitions import organised_competitions
from competitions.status import DryRunStatus


def visible_dry_runs(user: Visitor) -> QuerySet[DryRun]:
    """They tell private scores, so they are for those who organise."""
    return DryRun.objects.filter(competition__in=organised_competitions(user))


def latest_dry_run(competition: Competition) -> DryRun | None:
    return DryRun.objects.filter(competition=competition).order_by("-pk").first()


def waiting_dry_runs() -> QuerySet[DryRun]:
    return DryRun.objects.filter(status=DryRunStatus.WAITING).order_by("asked_at", "pk")


def stuck_dry_runs(now: datetime) -> QuerySet[DryRun]:
    """Running ones whose lease has run out: their worker is dead, frozen or cut off."""
    return DryRun.objects.filter(status=DryRunStatus.RUNNING, lease_expires_at__lt=now)


def scored_tasks(competition: Competition) -> list[Task]:
    """The tasks in their order, with what they are scored by."""
    tasks = competition.tasks.select_related("current_version__program_file", "sample_submission", "starting_kit")
    return list(tasks.order_by("position", "pk"))


def subject_digest(competition: Competition) -> str:
    """SHA-256 of all that a dry run tries: truth, metrics, contracts, programs, samples and what is downloaded."""
    files = DataFile.objects.filter(release__competition=competition).order_by("release__version", "name")
    said = {
        "tasks": [_said_of(task) for task in scored_tasks(competition)],
        "data": [list(row) for row in files.values_list("release__version", "name", "blob__sha256")],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _said_of(task: Task) -> dict[str, Any]:
    return {
        "key": task.key,
        "version": _said_of_version(task.current_version) if task.current_version else None,
        "sample": task.sample_submission.sha256 if task.sample_submission else "",
        "kit": task.starting_kit.sha256 if task.starting_kit else "",
        "code": task.code,
        "runtime": task.runtime_id,
        "trial": task.trial_inputs_digest,
    }


def _said_of_version(version: ScoringVersion) -> dict[str, Any]:
    # The limit of an upload's size belongs to the phases, and is held against the probes whenever the list is read.
    contract = {key: value for key, value in version.contract.items() if key != "max_file_bytes"}
    return {
        "contract": contract,
        "metrics": version.metrics,
        "truth": version.truth_digest,
        "program": version.program,
        "program_file": version.program_file.sha256 if version.program_file else "",
        "inputs": version.inputs_digest,
    }


def hidden_digests(version: ScoringVersion) -> list[str]:
    """Of the files that the organiser gave as truth."""
    found = HiddenFile.objects.filter(truth_digest=version.truth_digest).order_by("sha256")
    return list(found.values_list("sha256", flat=True))
