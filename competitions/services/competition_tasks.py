"""Tasks of a contest, each with its published scoring version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.change_rules import Difference
from competitions.models import Competition, HiddenFile, Runtime, Task
from competitions.services import scoring_versions
from competitions.services.competition_changes import Changes, blob_of
from competitions.services.competition_files import StoredTask
from competitions.services.descriptions import TaskDescription
from competitions.services.scoring_versions import Rules, WaitingVersion
from competitions.store import StoredFile


@dataclass(frozen=True, slots=True)
class PutTasks:
    tasks: Mapping[str, Task]
    waiting: tuple[WaitingVersion, ...]


def put_tasks(
    competition: Competition,
    described: tuple[TaskDescription, ...],
    stored: Mapping[str, StoredTask],
    changes: Changes,
    *,
    rescore: bool,
) -> PutTasks:
    existing = {task.key: task for task in competition.tasks.all()}
    tasks: dict[str, Task] = {}
    waiting: list[WaitingVersion] = []
    for position, description in enumerate(described):
        task = existing.get(description.key) or Task(competition=competition, key=description.key)
        _put_task(task, description, stored[description.key], changes, position)
        told = _put_version(task, description, stored[description.key], changes, rescore=rescore)
        tasks[task.key] = task
        waiting += [told] if told else []
    return PutTasks(tasks, tuple(waiting))


def _put_task(task: Task, described: TaskDescription, stored: StoredTask, changes: Changes, position: int) -> None:
    sample = described.sample_submission
    changes.put(
        task,
        f"task {described.key}",
        name=dict(described.name),
        submission=dict(described.submission),
        truth=dict(described.truth),
        metrics=[dict(metric) for metric in described.metrics],
        public_decimals=described.public_decimals,
        position=position,
        sample_submission_id=_blob_id(stored.sample_submission, changes.now),
        sample_submission_name=sample.name if sample else "",
        starting_kit_id=_blob_id(stored.starting_kit, changes.now),
        code=dict(described.code.rules) if described.code else None,
        runtime_id=_runtime_id(described, changes),
        trial_inputs_digest=stored.trial_inputs_digest,
    )


def _runtime_id(described: TaskDescription, changes: Changes) -> int | None:
    """The newest runtime of that name that a worker has announced."""
    if described.code is None:
        return None
    name = str(described.code.rules["runtime"])
    found = Runtime.objects.filter(name=name).last()
    if found is None:
        known = ", ".join(sorted(set(Runtime.objects.values_list("name", flat=True)))) or _("none")
        text = _(
            "no worker has a runtime '%(name)s' (there is: %(known)s); build it with: deploy/tidemark runtime %(name)s"
        )
        changes.refuse((*described.where, "code", "runtime"), text % {"name": name, "known": known})
        return None
    return found.pk


def _blob_id(stored: StoredFile | None, now: datetime) -> int | None:
    return blob_of(stored, now=now).pk if stored else None


def _put_version(
    task: Task, described: TaskDescription, stored: StoredTask, changes: Changes, *, rescore: bool
) -> WaitingVersion | None:
    rules = rules_of_task(described, stored, now=changes.now)
    changed = scoring_versions.changed_rules(task, rules)
    changes.differences += [Difference("task", task.key, field, name=task.name) for field in changed]
    if changes.approval is not None and task.current_version is not None:
        _put_approved(task, changes)
        return None
    latest = task.scoring_versions.last()
    version = scoring_versions.publish(task, rules, now=changes.now)
    _note_hidden_files(stored)
    if latest is None or version.number > latest.number:
        changes.note(f"task {task.key}: scoring version {version.number} published")
    waiting = scoring_versions.waiting(task, version)
    if waiting is None or not rescore:
        return waiting
    queued = scoring_versions.rescore(task, version, now=changes.now)
    if queued:
        changes.note(f"task {task.key}: {queued} submissions queued under scoring version {version.number}")
    return scoring_versions.waiting(task, version)


def _note_hidden_files(stored: StoredTask) -> None:
    """So that a dry run finds them among what contestants download."""
    rows = [HiddenFile(truth_digest=stored.truth_digest, sha256=sha256) for sha256 in stored.hidden]
    HiddenFile.objects.bulk_create(rows, ignore_conflicts=True)


def _put_approved(task: Task, changes: Changes) -> None:
    """The version that was scored beside the live one becomes the live one; boards follow in the same transaction."""
    version = changes.approval.versions.get(task.key) if changes.approval else None
    if version is None:
        return
    scoring_versions.make_live(task, version)
    changes.note(f"task {task.key}: scoring version {version.number} is live")


def rules_of_task(described: TaskDescription, stored: StoredTask, *, now: datetime) -> Rules:
    """What a scoring version of this task freezes."""
    return Rules(
        dict(stored.contract),
        [dict(metric) for metric in described.scoring_metrics],
        stored.truth_digest,
        dict(described.program.spec) if described.program else {},
        blob_of(stored.program, now=now) if stored.program else None,
        stored.inputs_digest,
    )


def remove_left_tasks(competition: Competition, kept: Mapping[str, Task], changes: Changes) -> None:
    for task in competition.tasks.exclude(key__in=kept):
        count = task.submissions.count()
        if count:
            text = ngettext(
                "task '%(task)s' has %(count)s submission; it must stay",
                "task '%(task)s' has %(count)s submissions; it must stay",
                count,
            )
            changes.refuse(("tasks",), text % {"task": task.key, "count": count})
            continue
        task.current_version = None  # the version is protected by this pointer, and goes with its task
        task.save(update_fields=["current_version"])
        changes.remove(task, f"task {task.key}")
