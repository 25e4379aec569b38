"""The checklist before a launch: from the newest dry run and the contest's records, computed whenever it is read."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from competitions.models import Competition, DryRun, Probe, Task
from competitions.queries.checklist_items import CheckItem
from competitions.queries.checklist_metrics import agreement_item, direction_item
from competitions.queries.checklist_probes import (
    leak_item,
    refusal_item,
    sample_item,
    size_item,
    split_item,
    time_item,
)
from competitions.queries.checklist_records import record_items
from competitions.queries.dry_runs import latest_dry_run, scored_tasks, subject_digest
from competitions.status import CheckState, DryRunStatus


@dataclass(frozen=True, slots=True)
class Checklist:
    dry_run: DryRun | None
    is_stale: bool
    items: tuple[CheckItem, ...]

    @property
    def red(self) -> tuple[CheckItem, ...]:
        return tuple(item for item in self.items if item.is_red)

    @property
    def yellow(self) -> tuple[CheckItem, ...]:
        return tuple(item for item in self.items if item.is_yellow)

    @property
    def is_launchable(self) -> bool:
        """Nothing is red; what is yellow needs a reason."""
        return not self.red


def checklist(competition: Competition, *, now: datetime) -> Checklist:
    dry_run = latest_dry_run(competition)
    is_stale = dry_run is not None and dry_run.status == DryRunStatus.DONE
    is_stale = is_stale and dry_run is not None and dry_run.digest != subject_digest(competition)
    items = [_dry_run_item(dry_run, is_stale=is_stale)]
    if dry_run is not None and dry_run.status == DryRunStatus.DONE and not is_stale:
        for task in scored_tasks(competition):
            items += _task_items(task, dry_run)
    return Checklist(dry_run, is_stale, (*items, *record_items(competition, now=now)))


def _dry_run_item(dry_run: DryRun | None, *, is_stale: bool) -> CheckItem:
    title, key, link = _("Dry run"), "dry_run", "pages:dry_run"
    todo = _("Start the dry run and wait for its end.")
    if dry_run is None:
        return CheckItem(key, title, CheckState.RED, _("The contest was not tried yet."), todo, link)
    if dry_run.is_unfinished:
        return CheckItem(key, title, CheckState.RED, _("The dry run is under way."), _("Wait for its end."), link)
    if dry_run.status == DryRunStatus.FAILED:
        text = _("The dry run broke off: %(why)s") % {"why": dry_run.detail}
        return CheckItem(key, title, CheckState.RED, text, todo, link)
    if is_stale:
        text = _("Truth, metric, contract or data were changed after the dry run; it says nothing of them.")
        return CheckItem(key, title, CheckState.RED, text, _("Start it again."), link)
    return CheckItem(key, title, CheckState.GREEN, _("The contest was tried as it is now."), link=link)


def _task_items(task: Task, dry_run: DryRun) -> list[CheckItem]:
    probes = {probe.key: probe for probe in probes_of(dry_run, task)}
    facts = dry_run.facts.get(task.key, {})
    return [
        direction_item(task, probes),
        agreement_item(task, probes),
        sample_item(task, probes),
        refusal_item(task, probes),
        leak_item(task, facts),
        split_item(task, facts),
        size_item(task, probes),
        time_item(task, probes),
    ]


def probes_of(dry_run: DryRun, task: Task) -> list[Probe]:
    return list(Probe.objects.filter(dry_run=dry_run, scoring_version__task=task).order_by("pk"))
