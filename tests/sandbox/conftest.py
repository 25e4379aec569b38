"""Fixtures: a real runner, and the runtime that set-up builds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import runtimes
from sandbox.bubblewrap import BubblewrapRunner
from sandbox.runtimes import BuiltRuntime
from tests.sandbox.makers import ROOT


@pytest.fixture(scope="module")
def runner() -> Iterator[BubblewrapRunner]:
    made = BubblewrapRunner()
    yield made
    made.close()


@pytest.fixture(scope="session")
def python_geo() -> BuiltRuntime:
    root = Path(os.environ.get("TIDEMARK_RUNTIMES") or ROOT / ".venv/runtimes")
    found = runtimes.newest(root, "python-geo")
    if found is None:
        pytest.skip(f"the runtime python-geo is not in {root}: deploy/tidemark setup builds it")
    return found
