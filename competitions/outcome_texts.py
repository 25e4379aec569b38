"""What became of a run of a program: one sentence for each outcome of the sandbox, in the reader's language.

On hidden inputs this sentence is all that a contestant is told, so no value that the program chose is in it: the limits
are the contest's own.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from competitions.models import Execution
from competitions.programs import ProgramLimits
from competitions.status import UNFINISHED_EXECUTIONS, FailureKind
from sandbox import Outcome

SENTENCES: dict[Outcome, str | Promise] = {
    Outcome.OK: _("The program ended well."),
    Outcome.CRASHED: _("The program ended with an error of its own."),
    Outcome.TIME: _(
        "The program ran out of time: it may take %(wall_seconds)s s by the clock and %(cpu_seconds)s s of processor "
        "time."
    ),
    Outcome.MEMORY: _("The program needed more memory than the %(memory_mib)s MiB that it may use."),
    Outcome.OUTPUT: _(
        "The program wrote nothing to submission/, or more than it may: at most %(output_files)s files and "
        "%(output_mib)s MiB, and %(log_kib)s KiB of log."
    ),
    Outcome.VIOLATION: _(
        "The program did what no program may do here, such as reaching for the network, or left something other than "
        "plain files in submission/."
    ),
    Outcome.OURS: _("The run was ended from outside; the program is not to blame."),
}


def outcome_text(outcome: str, limits: ProgramLimits) -> str:
    """Empty while nothing is known."""
    if outcome not in list(Outcome):
        return ""
    shown = {name: f"{value:g}" for name, value in limits.as_dict().items()}
    return str(SENTENCES[Outcome(outcome)]) % shown


def outcome_of(run: Execution) -> str:
    """One sentence; of an archive that could not be used the list of problems tells, of a fault of ours nobody."""
    if run.failure_kind == FailureKind.INVALID:
        return str(_("The program could not be used; it did not run."))
    if run.status in UNFINISHED_EXECUTIONS or run.failure_kind == FailureKind.PLATFORM:
        return ""
    return outcome_text(run.outcome, ProgramLimits.of(run.limits))
