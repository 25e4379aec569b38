"""Judging a run that is over: what it used, the worst that is true of it, and which files are kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from sandbox.cgroups import Group, Usage
from sandbox.files import BadOutput, check, collect
from sandbox.run import Limits, Outcome, RunRequest, SandboxError
from sandbox.watch import (
    Report,
    Stream,
    Verdict,
    Watch,
    Watched,
    cpu_verdict,
    inode_verdict,
    is_full,
    memory_verdict,
)


def final_usage(group: Group | None, watch: Watch, report: Report) -> Usage:
    """What the run used in all; the group is removed."""
    if group is None:
        return Usage(max(watch.cpu_seconds, report.cpu_seconds), max(watch.peak_mib, report.largest_mib), 0)
    used = group.usage()
    group.close()
    return Usage(used.cpu_seconds or report.cpu_seconds, max(used.peak_mib, watch.peak_mib), used.oom_kills)


def judge(
    request: RunRequest, box: Watched, watch: Watch, report: Report, usage: Usage, collect_to: Path | None
) -> tuple[Verdict, tuple[str, ...]]:
    """The worst that is true, and the files kept; only a run that is good to its end leaves files."""
    if report.error or report.status is None:
        raise SandboxError(f"the box was lost: {report.error or 'no exit status'}")
    verdict = watch.verdict or _end_verdict(request.limits, box, report, usage)
    if verdict:
        return verdict, ()
    return kept_output(box.scratch["/output"], request, collect_to)


def kept_output(folder: int, request: RunRequest, collect_to: Path | None) -> tuple[Verdict, tuple[str, ...]]:
    """Look through what a program that ended well left in the open `folder`, and keep it in `collect_to`."""
    try:
        if collect_to is None:
            check(folder, request.limits, request.outputs)
            return Verdict(Outcome.OK, "The program ended."), ()
        return Verdict(Outcome.OK, "The program ended."), collect(folder, collect_to, request.limits, request.outputs)
    except BadOutput as refused:
        return Verdict(refused.outcome, refused.reason), ()


def _end_verdict(limits: Limits, box: Watched, report: Report, usage: Usage) -> Verdict | None:
    code, number = exit_of(report)
    if number == signal.SIGXCPU or usage.cpu_seconds > limits.cpu_seconds:
        return cpu_verdict(limits)
    if usage.oom_kills or (box.group is None and usage.peak_mib > limits.memory_mib):
        return memory_verdict(limits)
    overflow = stream_verdict(box.streams.values()) or inode_verdict(limits, box)
    if overflow:
        return overflow
    verdict = exit_verdict(limits, code, number)
    if verdict and code and not number and is_full(box.scratch["/output"]):
        return Verdict(Outcome.OUTPUT, f"The program failed with /output full ({limits.output_mib} MiB).")
    return verdict


def stream_verdict(streams: Iterable[Stream]) -> Verdict | None:
    """Whether a stream of the program was longer than its limit."""
    for stream in streams:
        if stream.overflowed:
            return Verdict(Outcome.OUTPUT, f"The program wrote more than {stream.limit >> 10} KiB to {stream.name}.")
    return None


def exit_verdict(limits: Limits, code: int | None, number: int | None) -> Verdict | None:
    """What an exit status or a signal says; None when the program ended well."""
    if number == signal.SIGXCPU:
        return cpu_verdict(limits)
    if number == signal.SIGXFSZ:
        return Verdict(Outcome.OUTPUT, f"The program wrote a file larger than {limits.file_mib} MiB.")
    if number == signal.SIGSYS:
        return Verdict(Outcome.VIOLATION, "The program made a forbidden system call.")
    if number:
        return Verdict(Outcome.CRASHED, f"The program was ended by signal {number} ({_signal_name(number)}).")
    if code:
        return Verdict(Outcome.CRASHED, f"The program ended with exit status {code}.")
    return None


def shell_exit(code: int) -> tuple[int, int | None]:
    """Exit status and signal of a program whose end was told as a shell tells it: 128 + the number of a signal."""
    return (code, code - 128) if 128 < code <= 192 else (code, None)


def exit_of(report: Report) -> tuple[int | None, int | None]:
    """Exit status and signal of the program. bubblewrap reports a signal as 128 + its number."""
    if report.status is None:
        return None, None
    code = os.waitstatus_to_exitcode(report.status)
    if code < 0:
        return code, -code  # bubblewrap itself was killed, by us
    return shell_exit(code)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time signal"
