"""What a dry run says of a task beside its metrics: sample, refusals, downloads, splits, sizes and times."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competitions.box_reasons import box_reason
from competitions.models import Probe, Task
from competitions.queries.checklist_items import CheckItem, joined
from competitions.queries.checklist_metrics import ProbesByKey
from competitions.status import CheckState, ProbeOutcome

LEAST_UNITS: Final = {"table": 20}
LEAST_SCENES: Final = 3
LEAST_TEAMS: Final = 50  # that upload all they may, on one slot
DAY_SECONDS: Final = 86_400
Facts = Mapping[str, Any]


def sample_item(task: Task, probes: ProbesByKey) -> CheckItem:
    title, key, link = _("Sample submission"), f"sample:{task.key}", "pages:submit"
    sample = probes.get("sample")
    if sample is None and task.sample_submission is None:
        text = _("There is no sample submission, so nobody can try the site with one.")
        return CheckItem(key, title, CheckState.YELLOW, text, _("Give the task a sample submission."), link)
    if sample is None or sample.outcome == ProbeOutcome.NOT_MADE:
        text = _("The sample was not run: %(why)s") % {"why": box_reason(sample.reason) if sample else ""}
        return CheckItem(key, title, CheckState.YELLOW, text, _("Run it yourself as the starting kit says."), link)
    if sample.outcome != ProbeOutcome.ACCEPTED:
        text = _("The contest's own sample submission is not accepted.")
        return CheckItem(key, title, CheckState.RED, text, _("Mend the sample, or the contract."), link)
    return CheckItem(key, title, CheckState.GREEN, _("The sample submission is accepted."), link=link)


def refusal_item(task: Task, probes: ProbesByKey) -> CheckItem:
    """Empty and malformed files must be the contestant's mistake, said clearly, and never ours."""
    title, key = _("Broken files are refused"), f"refusals:{task.key}"
    broken = [one for one in probes.values() if one.expected == "refused"]
    wrong = [one.key for one in broken if one.outcome == ProbeOutcome.ACCEPTED]
    ours = [one.key for one in probes.values() if one.outcome == ProbeOutcome.FAULT]
    silent = [one.key for one in broken if one.outcome == ProbeOutcome.REFUSED and not one.problems]
    if wrong or silent:
        text = _("Not refused, or without saying why: %(names)s.") % {"names": joined([*wrong, *silent])}
        return CheckItem(key, title, CheckState.RED, text, _("Make the contract of the submission stricter."))
    if ours:
        text = _("Contestants would read “our fault” for: %(names)s.") % {"names": joined(ours)}
        todo = _("Read the reason beside the probe; most often the scoring program cannot cope with that file.")
        return CheckItem(key, title, CheckState.RED, text, todo)
    unmade = [one.key for one in broken if one.outcome == ProbeOutcome.NOT_MADE]
    if len(unmade) == len(broken):
        return CheckItem(key, title, CheckState.YELLOW, _("No broken file could be tried."), "")
    text = _("Empty and malformed files are refused, each with a message that says what is wrong.")
    if unmade:
        text = f"{text} {_('Not tried: %(names)s.') % {'names': joined(unmade)}}"
    return CheckItem(key, title, CheckState.GREEN, text)


# -- leaks and splits -------------------------------------------------------------------------------------------------


def leak_item(task: Task, facts: Facts) -> CheckItem:
    title, key, link = _("No answers among the downloads"), f"leaks:{task.key}", "pages:data"
    found = [one for one in facts.get("leaks", []) if one["kind"] != "inputs"]
    if found:
        text = _("Downloads hold the truth: %(names)s.") % {"names": joined([_place(one) for one in found])}
        return CheckItem(key, title, CheckState.RED, text, _("Take these files out of the data release."), link)
    inputs = [_place(one) for one in facts.get("leaks", [])]
    unchecked = [f"{one['file']}: {one['reason']}" for one in facts.get("unchecked", [])]
    todo = _("Make sure by hand that nothing in there gives the answers away.")
    if inputs:
        text = _("Hidden inputs are among the downloads: %(names)s.") % {"names": joined(inputs)}
        return CheckItem(key, title, CheckState.YELLOW, text, todo, link)
    if unchecked:
        text = _("Nothing was found, but this was not looked into: %(names)s.") % {"names": joined(unchecked)}
        return CheckItem(key, title, CheckState.YELLOW, text, todo, link)
    text = _(
        "No download, and no member of a ZIP, is a file of the truth, and no table answers ids of the test set. "
        "The same content in another form (another compression, cropped, renamed columns) is not looked for."
    )
    return CheckItem(key, title, CheckState.GREEN, text, link=link)


def _place(leak: Mapping[str, Any]) -> str:
    place = f"{leak['file']} › {leak['member']}" if leak["member"] else str(leak["file"])
    rows = leak.get("rows")
    if not rows:
        return place
    told = ngettext("%(count)d row answered", "%(count)d rows answered", rows) % {"count": rows}
    return f"{place} ({told})"


def split_item(task: Task, facts: Facts) -> CheckItem:
    title, key = _("Public and private part"), f"splits:{task.key}"
    splits = facts.get("splits", {})
    public, private = splits.get("public", 0), splits.get("private", 0)
    kind = task.current_version.contract["kind"] if task.current_version else "table"
    counts = _("%(public)d public and %(private)d private scenes or rows.") % {"public": public, "private": private}
    todo = _("Change the split of the truth.")
    if not public:
        return CheckItem(key, title, CheckState.RED, f"{counts} {_('The public board would stay empty.')}", todo)
    if not private:
        told = _("There is no private part: the final board is the public one.")
        return CheckItem(key, title, CheckState.YELLOW, f"{counts} {told}", todo)
    if min(public, private) < LEAST_UNITS.get(kind, LEAST_SCENES):
        told = _("That is few: chance decides much of the ranking.")
        return CheckItem(key, title, CheckState.YELLOW, f"{counts} {told}", todo)
    return CheckItem(key, title, CheckState.GREEN, counts)


# -- sizes and times --------------------------------------------------------------------------------------------------


def size_item(task: Task, probes: ProbesByKey) -> CheckItem:
    title, key = _("Limit of file size"), f"size:{task.key}"
    sizes = [one.file_bytes for one in _good(probes) if one.file_bytes]
    limit = min((phase.max_file_bytes for phase in task.phases.filter(frozen_from=None)), default=None)
    if task.code or limit is None or not sizes:
        return CheckItem(key, title, CheckState.GREEN, _("Nothing to compare: contestants send programs, or nothing."))
    values = {"limit": limit / 1e6, "size": max(sizes) / 1e6}
    if max(sizes) > limit:
        text = _("A complete submission has %(size).2f MB, and uploads may have %(limit).2f MB.") % values
        return CheckItem(key, title, CheckState.RED, text, _("Raise the limit of the phase."))
    text = _("A complete submission has %(size).2f MB; uploads may have %(limit).2f MB.") % values
    return CheckItem(key, title, CheckState.GREEN, text)


def _good(probes: ProbesByKey) -> list[Probe]:
    return [one for one in probes.values() if one.outcome != ProbeOutcome.FAULT and one.expected == "accepted"]


def time_item(task: Task, probes: ProbesByKey) -> CheckItem:
    """How many teams one machine keeps up with when all of them upload what they may."""
    title, key = _("Time to score"), f"time:{task.key}"
    used = [one.wall_seconds for one in _good(probes) if one.wall_seconds and one.outcome == ProbeOutcome.ACCEPTED]
    if not used:
        return CheckItem(key, title, CheckState.YELLOW, _("Nothing was scored, so the time is not known."))
    quota = max((phase.max_submissions_per_day for phase in task.phases.filter(frozen_from=None)), default=0)
    seconds, slots = max(used), max(1, settings.WORKER_SLOTS)
    teams = int(DAY_SECONDS * slots / seconds / quota) if quota else None
    text = _("One scoring takes up to %(seconds).1f s.") % {"seconds": seconds}
    if teams is None:
        return CheckItem(key, title, CheckState.GREEN, text)
    told = _("%(slots)d at once keep up with %(teams)d teams that upload all they may.")
    text = f"{text} {told % {'slots': slots, 'teams': teams}}"
    if teams < LEAST_TEAMS:
        todo = _("Lower the quota, add workers, or make the truth smaller.")
        return CheckItem(key, title, CheckState.YELLOW, text, todo)
    return CheckItem(key, title, CheckState.GREEN, text)
