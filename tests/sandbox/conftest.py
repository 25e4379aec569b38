"""Fixtures: a real runner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.bubblewrap import BubblewrapRunner


@pytest.fixture(scope="module")
def runner() -> Iterator[BubblewrapRunner]:
    made = BubblewrapRunner()
    yield made
    made.close()
