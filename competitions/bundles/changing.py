"""Changes of a contest after its launch: from the organiser's folder to a proposal, its effect, and its application.

A proposal keeps the folder. Its effect is computed from what is live and from what was scored beside it; applying it is
one transaction in which the contest, its scoring versions, all its boards, the log and the notice change together.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from competitions.bundles.loading import load
from competitions.bundles.problems import InvalidCompetition
from competitions.change_rules import ChangeStatus
from competitions.models import ChangeRequest, Competition, Task, User
from competitions.services import (
    change_effects,
    change_files,
    change_notices,
    change_requests,
    competitions,
    fingerprints,
    scoring_versions,
)
from competitions.services.change_requests import CannotChange, Draft, StaleChange
from competitions.services.competition_files import NormaliseTruth, StoredFiles, store_files
from competitions.services.competition_tasks import rules_of_task
from competitions.services.descriptions import CannotImport, CompetitionDescription, Refusal
from competitions.services.program_proofs import TrySample
from competitions.services.scoring_versions import Rules
from competitions.status import BoardKind
from competitions.store import Store


class Step(Protocol):
    def __call__(self, change: ChangeRequest, *, now: datetime) -> bool: ...


log = logging.getLogger(__name__)


def draft_change(
    directory: Path,
    description: CompetitionDescription,
    *,
    actor: User,
    reason: Mapping[str, str],
    now: datetime,
    store: Store,
    normalise_truth: NormaliseTruth,
    try_sample: TrySample | None = None,
) -> ChangeRequest:
    """A draft of what a folder would change of its launched contest. `description` is the folder as it was loaded.

    Raises CannotImport for what an import would refuse as well, CannotChange where there is nothing to propose.
    """
    competition = Competition.objects.filter(slug=description.slug).first()
    if competition is None:
        text = _("there is no contest '%(slug)s'; import it first")
        raise CannotImport([Refusal(("slug",), text % {"slug": description.slug})])
    stored = store_files(description, store=store, normalise_truth=normalise_truth, try_sample=try_sample)
    files = change_files.keep_folder(directory, change_files.proposals())
    with transaction.atomic():
        Competition.objects.select_for_update().get(pk=competition.pk)
        _refuse_what_is_over(competition, description, now)
        differences = competitions.plan(description, stored, actor=actor, now=now)
        made_of = Draft(
            files=files,
            digest=change_files.digest_of(files),
            stored=change_files.as_json(stored),
            differences=differences,
            base=fingerprints.fingerprint(competition),
            rules=_changed_rules(competition, description, stored, now),
        )
        change = change_requests.draft(competition, made_of, actor=actor, reason=reason, now=now)
    refresh_effect(change, now=now)
    return change


def _refuse_what_is_over(competition: Competition, description: CompetitionDescription, now: datetime) -> None:
    """An end that has passed would make what was in time late; whoever sent it was promised otherwise."""
    ends = dict(competition.phases.values_list("key", "ends_at"))
    refusals = [
        Refusal(("phases", index, "end"), _("a deadline is moved to an instant that is still to come"))
        for index, phase in enumerate(description.phases)
        if phase.key in ends and phase.ends_at != ends[phase.key] and phase.ends_at and phase.ends_at <= now
    ]
    if refusals:
        raise CannotImport(refusals)


def _changed_rules(
    competition: Competition, description: CompetitionDescription, stored: StoredFiles, now: datetime
) -> dict[str, Rules]:
    """What new scoring versions freeze, of the tasks that are scored otherwise."""
    found = {}
    tasks = {task.key: task for task in competition.tasks.select_related("current_version")}
    for index, described in enumerate(description.tasks):
        task = tasks.get(described.key)
        if task is None:
            continue
        rules = rules_of_task(described, stored.tasks[described.key], now=now)
        if scoring_versions.changed_rules(task, rules):
            _refuse_released(task, index)
            found[task.key] = rules
    return found


def _refuse_released(task: Task, index: int) -> None:
    if task.boards.filter(kind=BoardKind.PRIVATE, released_at__isnull=False).exists():
        text = _("the final boards of task '%(task)s' are released; how it is scored can no longer change")
        raise CannotImport([Refusal(("tasks", index), text % {"task": task.key})])


@contextmanager
def described(change: ChangeRequest) -> Iterator[CompetitionDescription]:
    """The contest as the proposal describes it, its files in reach for the length of the block."""
    with change_files.kept_folder(change.files, change_files.proposals()) as folder:
        yield load(folder)


def refresh_effect(change: ChangeRequest, *, now: datetime) -> bool:
    """Compute what the change would do, once all that it needs is scored. False: it is not scored yet."""
    if change_requests.catch_up(change, now=now) or change_requests.unscored(change):
        return False
    with described(change) as description:
        effect = change_effects.effect_of(change, description, now=now)
    same = ChangeRequest.objects.filter(pk=change.pk, status__in=[ChangeStatus.DRAFT, ChangeStatus.PROPOSED])
    same.update(effect=effect, effect_at=now)
    change.refresh_from_db()
    return True


# -- applying ---------------------------------------------------------------------------------------------------------


def apply_change(change: ChangeRequest, *, now: datetime) -> bool:
    """Put an approved change into force, as soon as what was uploaded meanwhile is scored under it, too. False: not
    yet, or not possible, which the request then says. Safe to call again."""
    if change.status == ChangeStatus.APPROVED:
        change_requests.move(change, ChangeStatus.APPLYING, actor=change.decided_by, now=now)
    if change.status != ChangeStatus.APPLYING:
        return change.status == ChangeStatus.APPLIED
    try:
        # Why it failed is kept in the log, whose language is English.
        with translation.override("en"), described(change) as description:
            is_done = _apply(change, description, now=now)
    except (CannotImport, InvalidCompetition, StaleChange) as error:
        change.refresh_from_db()
        change_requests.move(change, ChangeStatus.FAILED, actor=None, now=now, decision=str(error))
        return False
    change.refresh_from_db()
    if is_done:
        change_requests.catch_up(change, now=now)  # an upload that was being committed while the boards switched
    return is_done


@transaction.atomic
def _apply(change: ChangeRequest, description: CompetitionDescription, *, now: datetime) -> bool:
    competition = Competition.objects.select_for_update().get(pk=change.competition_id)
    if ChangeRequest.objects.select_for_update(of=("self",)).get(pk=change.pk).status != ChangeStatus.APPLYING:
        raise CannotChange(_("another process is applying it"))
    change_requests.require_fresh(change)
    versions = {version.task.key: version for version in change_requests.versions_of(change)}
    tasks = list(Task.objects.select_for_update().filter(competition=competition, key__in=versions).order_by("pk"))
    late = change_requests.catch_up(change, now=now)
    if late or not all(scoring_versions.is_done(task, versions[task.key]) for task in tasks):
        return False
    before = change_effects.all_orders(competition)
    actor = change.decided_by or change.proposed_by
    stored = change_files.from_json(change.stored)
    effect = dict(change.effect or {})
    told = change_effects.downloaders(competition)
    competitions.apply_approved(description, stored, actor=actor, now=now, versions=versions)
    for task in tasks:
        scoring_versions.rebuild_boards(task)
    effect["boards"] = change_effects.board_effects(competition, before)
    change_requests.move(
        change, ChangeStatus.APPLIED, actor=None, now=now, applied_at=now, effect=effect, effect_at=now
    )
    announcement = change_notices.announce(change, actor=actor, had_data=told, now=now)
    ChangeRequest.objects.filter(pk=change.pk).update(announcement=announcement)
    return True


def work_off(*, now: datetime) -> int:
    """What the sweeper does for changes: effects of those that are scored by now, and approved ones into force.
    Returns how many went on; safe to run at any time, and twice."""
    done = 0
    for change in ChangeRequest.objects.filter(status=ChangeStatus.DRAFT, effect_at=None).order_by("pk"):
        done += _tried(refresh_effect, change, now)
    waiting = ChangeRequest.objects.filter(status__in=[ChangeStatus.APPROVED, ChangeStatus.APPLYING])
    for change in waiting.order_by("pk"):
        done += _tried(apply_change, change, now)
    return done


def _tried(step: Step, change: ChangeRequest, now: datetime) -> bool:
    """One that cannot go on holds up no other, nor the sweeper's other work."""
    try:
        return step(change, now=now)
    except Exception:
        log.exception("change %s could not go on", change.pk)
        return False
