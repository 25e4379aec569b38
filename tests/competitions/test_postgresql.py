"""The database lane, once more on PostgreSQL."""

import os

import pytest

from tests.postgresql_lane import lane


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_database_lane_passes_on_postgresql_too() -> None:
    if os.environ.get("DATABASE_URL"):
        pytest.skip("this run is on PostgreSQL already")
    status, output = lane.outcome()
    assert status == 0, output[-6000:]
    assert " passed" in output
