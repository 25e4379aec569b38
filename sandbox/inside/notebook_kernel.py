"""The kernel that executes a notebook's cells in a box: Jupyter's own, without a shell, a debugger or a history file.

Started by run_notebook.py; run by path, never imported.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets.config import Config

NO_SHELL = (
    "there is no shell in the box, so `{}` was not run; the packages of the runtime are listed on the contest's page"
)
# Cell and line magics that would start a shell or an installer; IPython would fail at them without saying why.
SHELL_MAGICS = ("pip", "conda", "mamba", "micromamba", "uv", "system", "sx", "sc", "bash", "sh", "script")


class NoShell(Exception):
    """Shown without the frames that lead to it, which are ours."""

    def __init__(self, command: str) -> None:
        super().__init__(NO_SHELL.format(command))

    def _render_traceback_(self) -> list[str]:
        return []


class Shell(ZMQInteractiveShell):  # type: ignore[misc]
    """Says so when a cell asks for a shell (`!pip install`), where the system's would fail without a word."""

    def init_magics(self) -> None:
        """Take the place of the magics that need a shell."""
        super().init_magics()
        for name in SHELL_MAGICS:
            self.register_magic_function(_refusal(f"%{name}"), "line_cell", name)

    def system(self, cmd: str) -> NoReturn:
        """`!command`."""
        raise NoShell(cmd)

    system_raw = system_piped = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> NoReturn:
        """`files = !command`."""
        raise NoShell(cmd)


class Output(IOPubThread):  # type: ignore[misc]
    """Without a pipe for forked children: Jupyter's listens on the network, and where there is none, ZeroMQ ends the
    process."""

    def _setup_pipe_in(self) -> None:
        self._pipe_flag = False


def _print_directly() -> None:
    """In a forked child, what carries output to the notebook is missing; the log of the box is at hand."""
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def _refusal(name: str) -> Any:
    def refuse(line: str, cell: str | None = None) -> NoReturn:
        first = (cell or "").strip().partition("\n")[0]
        raise NoShell(f"{name} {line or first}".strip())

    return refuse


def main() -> None:
    """Serve until the notebook's end."""
    config = Config()
    config.HistoryManager.enabled = False  # SQLite needs file locks, which a box has not
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    config.InteractiveShell.banner1 = ""
    config.IPKernelApp.log_level = "CRITICAL"  # its own warnings, such as that the notebook has ended, help nobody
    config.IPKernelApp.capture_fd_output = False  # what compiled code and children print is in the box's log as it is
    kernelapp.IOPubThread = Output
    os.register_at_fork(after_in_child=_print_directly)
    application = kernelapp.IPKernelApp.instance(config=config)
    application.kernel_class.shell_class = Shell
    application.initialize()
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # modules beside the notebook
    application.start()


if __name__ == "__main__":
    main()
