"""Runs an organiser's program and believes nothing: the parent's side of program_child.py.

    parent (ours)   forks, reads answers and log through two pipes, holds the deadline, checks every answer
       child        loads the file and calls `score`, once a side and once for each group that is left out

Both are in the score box, which holds memory and processes; at home there is no box, and only the deadline is held.
The program is trusted with the truth, but it may be wrong in any way: loop, exit, flood its log, leave threads and
processes behind, answer twice or not at all, return NaN. Each ends as a ProgramFault with a reason for the organiser.
"""

from __future__ import annotations

import json
import math
import os
import selectors
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from scoring import program_child
from scoring.errors import InvalidPrediction, Problem, quoted
from scoring.program import Program, ProgramColumn, ProgramFault, ProgramSpec
from scoring.program_child import Call
from scoring.program_log import CappedLog

ANSWER_BYTES: Final = 256 * 1024
TICK_SECONDS: Final = 0.05
READ_BYTES: Final = 64 * 1024
MAX_VISIBLE: Final = 300
Values = dict[str, float]


@dataclass(slots=True)
class Answers:
    """Lines of the child, each the answer to one call, in their order."""

    wanted: int
    buffer: bytearray
    is_closed: bool = False

    @property
    def lines(self) -> list[bytes]:
        return bytes(self.buffer).split(b"\n")[:-1]

    @property
    def is_complete(self) -> bool:
        return self.is_closed or len(self.lines) >= self.wanted or len(self.buffer) > ANSWER_BYTES * self.wanted


def run_program(
    program: Program,
    calls: Sequence[Call],
    *,
    id_column: str = "",
    deadline: float | None = None,
    memory_mib: int | None = None,
    log: CappedLog | None = None,
    needed: int | None = None,
) -> list[Values]:
    """The values of each call, all in one process that is then ended.

    `deadline` is an instant of time.monotonic(); without it, the program's own limit from now. The first `needed` calls
    (all, when not given) must succeed; of the others, those up to the first that does not are returned.

    Raises:
        InvalidPrediction: the program speaks to the contestant (ParticipantVisibleError).
        ProgramFault: anything else that is not one finite number for each declared column.
    """
    log = CappedLog() if log is None else log
    deadline = time.monotonic() + program.spec.wall_seconds if deadline is None else deadline
    child = _Child.start(program, calls, id_column, memory_mib)
    try:
        is_late = child.listen(log, deadline)
    finally:
        status = child.end(log)
    values: list[Values] = []
    try:
        for line in _answers(child.answers, len(calls), status, is_late, program):
            values.append(_values(line, program.spec))
    except (ProgramFault, InvalidPrediction) as error:
        if len(values) < (len(calls) if needed is None else needed):
            raise ProgramFault(error.reason, log.text) if isinstance(error, ProgramFault) else error from None
        log.add(f"\n[call {len(values) + 1} of {len(calls)}: {error}]\n".encode())
    return values


# -- the process ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Child:
    pid: int
    log_fd: int
    answer_fd: int
    answers: Answers
    status: int | None = None

    @classmethod
    def start(cls, program: Program, calls: Sequence[Call], id_column: str, memory_mib: int | None) -> _Child:
        log_read, log_write = os.pipe()
        answer_read, answer_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                _limit_memory(memory_mib)
                os.close(log_read)
                os.close(answer_read)
                program_child.live(
                    program.file, program.spec, id_column, calls, log_fd=log_write, answer_fd=answer_write
                )
            finally:
                os._exit(0)  # past every handler, thread and buffer that the program has left
        os.close(log_write)
        os.close(answer_write)
        os.set_blocking(log_read, False)
        os.set_blocking(answer_read, False)
        return cls(pid, log_read, answer_read, Answers(len(calls), bytearray()))

    def listen(self, log: CappedLog, deadline: float) -> bool:
        """Until all has been answered, the process is over, or it is too late (True)."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.log_fd, selectors.EVENT_READ)
            selector.register(self.answer_fd, selectors.EVENT_READ)
            while not self.answers.is_complete and not self._is_over():
                if time.monotonic() >= deadline:
                    return True
                for key, _ in selector.select(TICK_SECONDS):
                    if not self._take(key.fd, log):
                        selector.unregister(key.fd)
        self._take(self.answer_fd, log)
        return False

    def _take(self, fd: int, log: CappedLog) -> bool:
        """Read what is there; False at the end of the pipe."""
        with suppress(BlockingIOError):
            data = os.read(fd, READ_BYTES)
            if fd == self.log_fd:
                log.add(data)
            else:
                self.answers.buffer += data
                self.answers.is_closed = not data
            return bool(data)
        return True

    def _is_over(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def end(self, log: CappedLog) -> int:
        """Kill what is left of it, read the rest of the log, and return how it ended."""
        finished_itself = self._is_over()
        if not finished_itself and self.answers.is_closed:
            finished_itself = self._wait_a_moment()
        for kill in (os.killpg, os.kill) if not finished_itself else (os.killpg,):
            with suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)
        if self.status is None:
            _, self.status = os.waitpid(self.pid, 0)
        self._drain(log)
        os.close(self.log_fd)
        os.close(self.answer_fd)
        return os.waitstatus_to_exitcode(self.status)

    def _wait_a_moment(self) -> bool:
        """It has closed its answers and is about to end: its own exit status tells more than our signal."""
        until = time.monotonic() + 1
        while not self._is_over() and time.monotonic() < until:
            time.sleep(TICK_SECONDS / 10)
        return self.status is not None

    def _drain(self, log: CappedLog) -> None:
        for _ in range(64):  # a pipe holds no more; a writer that escaped cannot keep us here
            with suppress(BlockingIOError):
                data = os.read(self.log_fd, READ_BYTES)
                log.add(data)
                if data:
                    continue
            return


def _limit_memory(memory_mib: int | None) -> None:
    """A clean MemoryError before the box ends everything."""
    if memory_mib is None:
        return
    import resource  # not on every contestant's machine, and only boxes limit

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mib << 20, memory_mib << 20))


# -- what it said -----------------------------------------------------------------------------------------------------


def _answers(answers: Answers, wanted: int, status: int, is_late: bool, program: Program) -> Iterator[bytes]:
    """The lines one after the other; ends with a fault unless there are exactly as many as wanted."""
    lines = answers.lines
    if len(lines) > wanted or len(answers.buffer) > ANSWER_BYTES * wanted:
        raise ProgramFault("the program wrote into the channel of its own answers")
    yield from lines
    if len(lines) == wanted:
        return
    if is_late:
        raise ProgramFault(f"the program took more than {program.spec.wall_seconds} seconds")
    ended = f"was ended by signal {-status}" if status < 0 else f"ended the process (exit status {status})"
    raise ProgramFault(f"the program {ended} before it returned a score")


def _values(line: bytes, spec: ProgramSpec) -> Values:
    answer = _parsed(line)
    if isinstance(answer.get("refused"), str):
        raise InvalidPrediction([Problem("program_refused", "", {"message": shown(answer["refused"])})])
    if isinstance(answer.get("failed"), str):
        raise ProgramFault(f"the program failed: {shown(answer['failed'])[1:-1]}")
    value = answer.get("value")
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        raise ProgramFault(f"'score' returned {quoted(value['type'])}; it must return a dict of numbers")
    columns = value.get("columns") if isinstance(value, dict) else None
    if not isinstance(columns, list):
        raise ProgramFault("the program wrote into the channel of its own answers")
    return _checked(columns, spec)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else {}


def _checked(columns: list[Any], spec: ProgramSpec) -> Values:
    rows = [row for row in columns if isinstance(row, list) and len(row) == 3 and all(isinstance(x, str) for x in row)]
    names = [row[0] for row in rows]
    if len(rows) != len(columns) or sorted(names) != sorted(spec.keys):
        found = ", ".join(quoted(name) for name in names[:12]) or "no column"
        raise ProgramFault(f"'score' returned {found}; the columns are {', '.join(spec.keys)}")
    named = {name: (kind, text) for name, kind, text in rows}
    return {column.key: _number(column, *named[column.key]) for column in spec.columns}


def _number(column: ProgramColumn, kind: str, text: str) -> float:
    """One finite number inside the declared range."""
    key = column.key
    if kind != "number":
        raise ProgramFault(f"'score' returned {quoted(kind)} for column '{key}'; it must be a number")
    try:
        value = float.fromhex(text)
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ProgramFault(f"'score' returned {value} for column '{key}'; it must be a finite number")
    if not column.minimum <= value <= column.maximum:
        stated = f"{column.minimum:g} to {column.maximum:g}"
        raise ProgramFault(f"'score' returned {value:g} for column '{key}'; its range is {stated}")
    return value + 0.0  # -0.0 would be shown


def shown(message: str) -> str:
    """Text of a program, made safe to show: in quotes, one line, cut, no control or direction characters."""
    return quoted(" ".join(message.split()), MAX_VISIBLE)
