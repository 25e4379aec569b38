"""The database lane once more on PostgreSQL, beside the other tests: it takes minutes, and waits for nobody.

tests/conftest.py starts it when tests are about to run, tests/competitions/test_postgresql.py asks for its outcome
as the last of all.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import servers

REPOSITORY = Path(__file__).resolve().parent.parent
LANE = ("-m", "not sandbox and not journey and not fault and not slow", "-q", "-p", "no:cacheprovider")
MANY_TESTS = 50  # with fewer, somebody is looking for something, and the lane runs when its turn comes


class PostgresqlLane:
    """A run of pytest in a process of its own, on a PostgreSQL of its own."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._output = Path()

    def start(self) -> None:
        """Do nothing when it runs already."""
        if self._process is not None:
            return
        url = self._held.enter_context(servers.postgresql())
        folder = self._held.enter_context(tempfile.TemporaryDirectory(prefix="tidemark-lane-"))
        self._output = Path(folder) / "output.txt"
        output = self._held.enter_context(self._output.open("wb"))
        self._process = subprocess.Popen(
            ["nice", "-n", "5", sys.executable, "-m", "pytest", "tests/competitions", *LANE],
            cwd=REPOSITORY,
            env={**os.environ, "DATABASE_URL": url},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        self._held.callback(self._end)

    def outcome(self) -> tuple[int, str]:
        """Exit status and output, once it has ended."""
        self.start()
        assert self._process is not None
        return self._process.wait(), self._output.read_text(errors="replace")

    def stop(self) -> None:
        self._held.close()
        self._process = None

    def _end(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


lane = PostgresqlLane()
