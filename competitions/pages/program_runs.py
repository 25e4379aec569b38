"""The runs of a submitted program, as the page of its submission shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from competitions.box_reasons import box_reason
from competitions.models import Execution
from competitions.outcome_texts import outcome_of
from competitions.pages.amounts import amount
from competitions.permissions import Visitor, can_see_log
from competitions.queries.runs import Use, last_box, progress_of, use_of
from competitions.status import ExecutionStatus

LOG_CHARACTERS = 40_000  # of the end of a log; the whole of it is a download
NAMES = {
    "wall_seconds": lambda: _("Time by the clock"),
    "cpu_seconds": lambda: _("Processor time"),
    "peak_memory_mib": lambda: _("Peak memory"),
}


@dataclass(frozen=True, slots=True)
class UseRow:
    title: str
    text: str
    share: float  # of the limit, at most 1


@dataclass(frozen=True, slots=True)
class Progress:
    text: str
    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class LogText:
    """The end of what a program wrote; `is_cut`: there is more of it."""

    text: str
    is_cut: bool
    is_live: bool


@dataclass(frozen=True, slots=True)
class RunText:
    """One run. `details` and `log` are for those who may know what happened inside."""

    run: Execution
    title: str
    label: str
    outcome: str
    details: str
    progress: Progress | None
    use: list[UseRow]
    is_rounded: bool
    log: LogText | None
    is_hidden: bool

    @property
    def runtime(self) -> str:
        return f"{self.run.runtime.name} {self.run.runtime.version}"


def run_texts(user: Visitor, runs: Iterable[Execution]) -> list[RunText]:
    return [_run_text(run, may_see=can_see_log(user, run)) for run in runs]


def _run_text(run: Execution, *, may_see: bool) -> RunText:
    use = use_of(run, is_exact=may_see)
    return RunText(
        run=run,
        title=str(run.get_kind_display()),
        label=str(run.get_status_display()),
        outcome=outcome_of(run),
        details=_details(run) if may_see else "",
        progress=_progress(run),
        use=[_use_row(one) for one in use],
        is_rounded=any(one.is_rounded for one in use),
        log=_log(run) if may_see else None,
        is_hidden=not may_see,
    )


def _details(run: Execution) -> str:
    """The sandbox's own words, and how a program ended that did not end well."""
    box = last_box(run) if run.status == ExecutionStatus.FAILED else None
    ends = []
    if box is not None and box.exit_code is not None:
        ends.append(_("exit code %(number)s") % {"number": box.exit_code})
    if box is not None and box.signal is not None:
        ends.append(_("signal %(number)s") % {"number": box.signal})
    return " · ".join([box_reason(run.reason), *ends] if run.reason else ends)


def _progress(run: Execution) -> Progress | None:
    found = progress_of(run) if run.status == ExecutionStatus.RUNNING else None
    if found is None:
        return None
    step, steps = found
    return Progress(_("step %(step)s of %(steps)s") % {"step": step, "steps": steps}, step, steps)


def _use_row(use: Use) -> UseRow:
    text = _("%(used)s of %(limit)s") % {"used": amount(use.name, use.used), "limit": amount(use.name, use.limit)}
    return UseRow(NAMES[use.name](), text, min(1.0, use.used / use.limit))


def _log(run: Execution) -> LogText:
    text = run.log
    return LogText(text[-LOG_CHARACTERS:], len(text) > LOG_CHARACTERS, run.status == ExecutionStatus.RUNNING)
