"""Executes a notebook top to bottom, in a box: `python /inside/run_notebook.py main.ipynb`. Run by path, not imported.

The notebook's kernel is a process of its own (notebook_kernel.py); both talk through sockets in /tmp, so the box must
have local sockets. What cells print appears on stdout and stderr as it happens; what they show appears as text. The
notebook with its outputs is not kept. Besides what the cells use this takes 60 MiB of memory, 60 open files, 17
processes and threads, and one to two seconds.

Exit status: 0 all cells were executed, 1 a cell failed (the last line of stderr says which and how), 2 the file is no
Python notebook.
"""

from __future__ import annotations

import atexit
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

KERNEL = Path(__file__).with_name("notebook_kernel.py")
FAILED, NO_NOTEBOOK = 1, 2
START_SECONDS = 3600  # the limits of the box end a start that hangs


class OurKernel(KernelSpecManager):  # type: ignore[misc]
    """Whatever kernel a notebook names, there is one: this runtime's Python."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """-P: the folder of our own programs is not on the path of the contestant's."""
        argv = [sys.executable, "-P", str(KERNEL), "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python", language="python", name=kernel_name)


class Execution(NotebookClient):  # type: ignore[misc]
    """Passes on what cells print when they print it. `cell_number` counts as `In [1]` does."""

    cell_number = 0

    def count_cell(self, **_: Any) -> None:
        """Called before each cell with code."""
        self.cell_number += 1

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Called with every message of the kernel about a cell."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "stream":
            _say(content["text"], sys.stdout if content["name"] == "stdout" else sys.stderr)
        elif kind in {"execute_result", "display_data"}:
            _say(content["data"].get("text/plain", "") + "\n", sys.stdout)
        return super().process_message(msg, cell, cell_index)


def main(words: list[str]) -> int:
    """The exit status; see the module."""
    if len(words) != 1:
        return _refuse("run_notebook.py takes one argument, the notebook's name")
    try:
        notebook = read(Path(words[0]))
    except (OSError, ValueError, RecursionError) as error:
        return _refuse(f"{words[0]} is no Python notebook: {_first_line(error)}")
    return execute(notebook)


def read(path: Path) -> NotebookNode:
    """The notebook in a file.

    Raises:
        ValueError: it is not JSON, not a notebook, or not one for Python.
    """
    document = json.loads(path.read_bytes())
    if not isinstance(document, dict) or not isinstance(document.get("nbformat"), int):
        raise ValueError("it has no field nbformat; save it with Jupyter as .ipynb")
    try:
        notebook = nbformat.reads(json.dumps(document), as_version=4)
        nbformat.validate(notebook, relax_add_props=True)
    except Exception as error:  # whatever its reader makes of a contestant's file
        raise ValueError(f"its cells are not as Jupyter writes them ({_first_line(error)})") from error
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise ValueError(f"its language is {language}; there is Python only")
    return notebook


def execute(notebook: NotebookNode) -> int:
    """Run all cells in order, in the folder we are in."""
    sockets = f"{tempfile.mkdtemp()}/kernel"  # they are numbered: kernel-1 to kernel-5
    manager = AsyncKernelManager(transport="ipc", ip=sockets, kernel_spec_manager=OurKernel())
    execution = Execution(notebook, km=manager, timeout=None, startup_timeout=START_SECONDS, kernel_name="python3")
    execution.on_cell_execute = execution.count_cell
    try:
        execution.execute()
    except CellExecutionError as error:
        return _fail(f"{_traceback(notebook)}cell {execution.cell_number}: {error.ename}: {error.evalue}")
    except DeadKernelError:
        return _fail(f"cell {execution.cell_number}: the notebook's Python ended in this cell")
    except RuntimeError as error:
        atexit.unregister(execution._cleanup_kernel)  # there is none; its complaint would be the log's last words
        return _fail(f"the notebook's Python did not start: {_first_line(error)}")
    return 0


def _traceback(notebook: NotebookNode) -> str:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    errors = [output for output in outputs if output.output_type == "error"]
    lines = "\n".join(errors[-1].traceback).splitlines() if errors else []
    return "".join(f"{line}\n" for line in lines if line.strip())


def _fail(reason: str) -> int:
    _say(f"{reason}\n", sys.stderr)
    return FAILED


def _say(text: str, stream: Any) -> None:
    stream.write(text)
    stream.flush()


def _refuse(reason: str) -> int:
    _say(f"{reason}\n", sys.stderr)
    return NO_NOTEBOOK


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
