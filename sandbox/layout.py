"""How a submitted program finds its inputs and leaves its answer: the same for the site and for trying it by hand.

The program's folder is shown read-only at /code and is where it starts. Links in it lead to what is around it:

* `data` -> /input, read-only;
* `submission` -> /output/submission, where it writes;
* with time steps `state` -> /state, what the step before left, and `new_state` -> /output/new_state.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.run import Mount

LINKS = {"data": "/input", "submission": "/output/submission"}
STEP_LINKS = {"state": "/state", "new_state": "/output/new_state"}
NAMES = frozenset({*LINKS, *STEP_LINKS})
INSIDE = Mount(Path(__file__).with_name("inside"), "/inside", "library")
PYTHON = "/venv/bin/python"


def add_links(code: Path, *, has_steps: bool = False) -> None:
    """Put the links into a program's folder, which is a copy of ours."""
    for name, target in {**LINKS, **(STEP_LINKS if has_steps else {})}.items():
        os.symlink(target, code / name)  # noqa: PTH211  # the target exists in the box only


def command(*words: str, has_steps: bool = False) -> tuple[str, ...]:
    """What a box is to run for `python WORDS`; a word that names a notebook is executed by what can. Needs INSIDE."""
    runner = ("/inside/run_notebook.py",) if is_notebook(*words) else ()
    return (PYTHON, "-I", "-S", "/inside/start.py", *(("--step",) if has_steps else ()), *runner, *words)


def is_notebook(*words: str) -> bool:
    """Whether the program is a notebook, which needs local sockets."""
    return bool(words) and words[0].endswith(".ipynb")


@contextmanager
def as_submitted(code: Path) -> Iterator[Path]:
    """A copy of a program's folder with the links; what is in their places, hidden or a cache is left out."""
    with tempfile.TemporaryDirectory(prefix="program-") as scratch:
        copy = Path(scratch) / "code"
        shutil.copytree(code, copy, symlinks=True, copy_function=_link_or_copy, ignore=_left_out(code))
        add_links(copy)
        yield copy


def _left_out(code: Path) -> Callable[[str, list[str]], list[str]]:
    def chosen(folder: str, names: list[str]) -> list[str]:
        in_the_way = NAMES if Path(folder) == code else frozenset()
        return [name for name in names if name.startswith(".") or name == "__pycache__" or name in in_the_way]

    return chosen


def _link_or_copy(source: str, target: str) -> None:
    """A model may be large, and is only read."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)
