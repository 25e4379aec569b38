"""What a task that takes programs asks of them, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from competitions.models import Runtime, Task
from competitions.pages.amounts import amount
from competitions.programs import CodeRules, ProgramLimits


@dataclass(frozen=True, slots=True)
class LimitRow:
    """`trial` is empty where there is no trial run."""

    title: str
    run: str
    trial: str


@dataclass(frozen=True, slots=True)
class RuntimeText:
    """The environment that programs run in; `is_built`: on a worker of this site."""

    name: str
    version: str = ""
    python: str = ""
    digest: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    is_built: bool = False


@dataclass(frozen=True, slots=True)
class CodeText:
    ways: list[str]
    accept: str
    formats: list[str]
    has_trial: bool
    has_steps: bool
    inputs_are_public: bool
    timing_runs: int
    limits: list[LimitRow]
    runtime: RuntimeText
    command: str


def code_text(task: Task) -> CodeText | None:
    """None where the task takes predictions."""
    if not task.code:
        return None
    rules = CodeRules.of(task.code)
    has_trial = bool(task.trial_inputs_digest)
    return CodeText(
        ways=[_way(kind, rules.accepts) for kind in rules.accepts],
        accept=",".join(rules.endings),
        formats=list(rules.endings),
        has_trial=has_trial,
        has_steps=rules.has_steps,
        inputs_are_public=rules.inputs_are_public,
        timing_runs=rules.timing_runs,
        limits=list(_limits(rules, has_trial=has_trial)),
        runtime=runtime_text(task.runtime, rules.runtime),
        command=_command(rules.limits),
    )


def _zip_text(accepts: tuple[str, ...]) -> str:
    if "notebook" in accepts:
        return _("A ZIP archive with main.py, or main.ipynb, at its top; modules, models and other files beside it.")
    return _("A ZIP archive with main.py at its top; modules, models and other files beside it.")


def _way(kind: str, accepts: tuple[str, ...]) -> str:
    texts = {
        "zip": _zip_text(accepts),
        "script": _("One Python script (.py), whatever its name."),
        "notebook": _("One Jupyter notebook (.ipynb); its cells run once, from the first to the last."),
    }
    return texts[kind]


def runtime_text(runtime: Runtime | None, wanted: str) -> RuntimeText:
    """`wanted` is the name that the task gives, for a runtime that no worker has announced yet."""
    if runtime is None:
        return RuntimeText(wanted)
    packages = tuple(sorted(((name, str(version)) for name, version in runtime.packages.items()), key=_by_name))
    return RuntimeText(runtime.name, runtime.version, runtime.python, runtime.digest, packages, is_built=True)


def _by_name(package: tuple[str, str]) -> str:
    return package[0].lower()


def _limits(rules: CodeRules, *, has_trial: bool) -> Iterator[LimitRow]:
    titles = {
        "wall_seconds": _("Time by the clock, all steps together") if rules.has_steps else _("Time by the clock"),
        "cpu_seconds": _("Processor time, all steps together") if rules.has_steps else _("Processor time"),
        "memory_mib": _("Memory of all its processes"),
        "cpus": _("Processors"),
        "processes": _("Processes and threads"),
        "tmp_mib": _("Scratch space in /tmp"),
        "output_mib": _("Size of what it writes"),
        "output_files": _("Files in submission/"),
        "log_kib": _("Log"),
        "program_mib": _("The program itself, unpacked"),
    }
    if rules.has_steps:
        titles["state_mib"] = _("Size of new_state/")
    run, trial = rules.limits.as_dict(), rules.trial_limits.as_dict()
    for name, title in titles.items():
        yield LimitRow(title, amount(name, run[name]), amount(name, trial[name]) if has_trial else "")


def _command(limits: ProgramLimits) -> str:
    """The same limits at home."""
    lines = (
        "python -m sandbox run",
        "--code . --input DATA --output OUT",
        f"--wall-seconds {limits.wall_seconds:g}",
        f"--cpu-seconds {limits.cpu_seconds:g}",
        f"--memory-mib {limits.memory_mib}",
        "-- python main.py",
    )
    return " \\\n  ".join(lines)


def can_send_sample(task: Task) -> bool:
    """Is there a sample that would be taken in? Where programs are sent, it may be a sample of their output."""
    if task.sample_submission_id is None:
        return False
    return not task.code or CodeRules.of(task.code).accepts_name(task.sample_submission_name)
