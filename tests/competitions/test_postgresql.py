"""The database lane, once more on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# Minutes of pages for every role, which ask nothing of the database that the others do not; what pages say is the same
# on any database, and every one of them is asked for by test_every_route.
CRAWLS = (
    "tests/competitions/test_nothing_private_leaks.py",
    "tests/competitions/test_hidden_runs.py",
    "tests/competitions/test_nothing_private_is_logged.py",
    "tests/competitions/pages",
)


def _plain_environment() -> dict[str, str]:
    """Without what makes the inner run believe that it is one process of the outer one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_database_lane_passes_on_postgresql_too() -> None:
    if os.environ.get("DATABASE_URL"):
        pytest.skip("this run is on PostgreSQL already")
    lane = ("-m", "not sandbox and not journey and not fault and not slow", "-q", "-p", "no:cacheprovider", "-n", "0")
    lane += ("-p", "tests.database_only", *(f"--ignore={path}" for path in CRAWLS))
    with servers.postgresql() as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "tests/competitions", *lane],
            cwd=REPOSITORY,
            env={**_plain_environment(), "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
