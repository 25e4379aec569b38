"""The process in which an organiser's program runs: load the file, call it, say each answer as one line of JSON.

This process is the program's from the first line of its file on: it may have replaced anything, `json` included. So
nothing here is a check that matters; the parent reads the lines anew in an interpreter that the program never touched.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TextIO

from scoring import program_kaggle
from scoring.program import ProgramSpec

VISIBLE: Final = "ParticipantVisibleError"
MODULE: Final = "metric"
ANSWER_FD: Final = 3
MAX_MESSAGE: Final = 2000
Pair = tuple[Any, Any]
Call = Callable[[], Pair]


def live(
    program: Path, spec: ProgramSpec, id_column: str, calls: Sequence[Call], *, log_fd: int, answer_fd: int
) -> None:
    """Everything the child does; the caller ends the process afterwards, whatever the program left running."""
    answer_fd = _settle(log_fd, answer_fd)
    if spec.convention == "kaggle":
        sys.modules.setdefault(program_kaggle.NAME, program_kaggle)
    try:
        module = _load(program)
    except BaseException as error:  # SystemExit and MemoryError, too: whatever the program raises is about it
        _say({"failed": _told(error, program)}, answer_fd)
        return
    for call in calls:
        try:
            answer = {"value": _plain(_call(module, spec, id_column, call()))}
        except BaseException as error:
            kind = "refused" if _speaks_to_contestants(error) else "failed"
            answer = {kind: _text(error) if kind == "refused" else _told(error, program)}
        _say(answer, answer_fd)
        if "value" not in answer:
            return


def _settle(log_fd: int, answer_fd: int) -> int:
    """Nothing to read, everything written goes to the log, no other file of the parent is open. The answers' new
    descriptor is returned."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(log_fd, number)
    if answer_fd != ANSWER_FD:
        os.dup2(answer_fd, ANSWER_FD)
    os.closerange(ANSWER_FD + 1, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (open as long as the process lives)
    sys.stdout, sys.stderr = _writer(1), _writer(2)
    sys.argv = [MODULE]
    sys.dont_write_bytecode = True
    warnings.resetwarnings()
    warnings.simplefilter("default")
    warnings.showwarning = _show_warning
    return ANSWER_FD


def _writer(number: int) -> TextIO:
    return open(number, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def _load(program: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE, program)
    if spec is None or spec.loader is None:
        raise ImportError(f"{program.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, "score", None)):
        raise AttributeError(f"the file has no function 'score'; it has {_names(module)}")
    return module


def _names(module: ModuleType) -> str:
    names = sorted(name for name in vars(module) if not name.startswith("_"))
    return ", ".join(names[:20]) or "nothing"


def _call(module: ModuleType, spec: ProgramSpec, id_column: str, pair: Pair) -> Any:
    truth, prediction = pair
    if spec.convention == "kaggle":
        return {spec.keys[0]: module.score(truth, prediction, id_column, **spec.own_params())}
    return module.score(truth, prediction, spec.own_params())


def _plain(returned: Any) -> Any:
    """Numbers of numpy as numbers; everything else is named by its type, for the parent to refuse."""
    if not isinstance(returned, dict):
        return {"type": type(returned).__name__}
    return {"columns": [[_key(key), *_number(value)] for key, value in list(returned.items())[:1000]]}


def _key(key: Any) -> str:
    return key[:200] if isinstance(key, str) else f"<{type(key).__name__}>"


def _number(value: Any) -> tuple[str, str]:
    """Kind and text. Text keeps what JSON numbers lose: NaN, infinities, every bit."""
    if type(value).__name__ in ("bool", "bool_"):
        return "bool", ""
    if isinstance(value, int | float):
        return "number", float(value).hex()
    if hasattr(value, "dtype") and getattr(value, "shape", None) == () and value.dtype.kind in "iuf":
        return "number", float(value).hex()
    return type(value).__name__[:60], ""


def _speaks_to_contestants(error: BaseException) -> bool:
    """By name: programs written for Kaggle define the class themselves."""
    return any(one.__name__ == VISIBLE for one in type(error).__mro__)


def _told(error: BaseException, program: Path) -> str:
    """One line for the organiser; the traceback, from the program's own first frame on, goes to the log."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename != str(program):
        own = own.tb_next
    try:
        traceback.print_exception(type(error), error, own or error.__traceback__, limit=50)
    except BaseException:
        sys.stderr.write("an exception whose own text cannot be shown\n")
    name, text = type(error).__name__[:100], _text(error)
    return f"{name}: {text}" if text else name


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_MESSAGE]
    except BaseException:
        return ""


def _say(answer: Any, answer_fd: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # the program may have closed or replaced it
            stream.flush()
    line = json.dumps(answer).encode() + b"\n"
    while line:
        line = line[os.write(answer_fd, line) :]
