"""Small versions of the demo's contests: few scenes of few pixels, built once a session."""

from pathlib import Path

import pytest

from competitions.demo.places import PLACES, Place
from competitions.demo.rasters import build_coastline, build_sea_ice
from competitions.demo.scenes import simulate
from tests.demo.small_contests import FEW_PLACES, SEED, SMALL


@pytest.fixture(scope="session")
def few_places() -> tuple[Place, ...]:
    return FEW_PLACES


@pytest.fixture(scope="session")
def small_scenes():
    """All scenes at a quarter of their resolution, by name."""
    return {place.name: simulate(place, seed=SEED, size=SMALL) for place in PLACES}


@pytest.fixture(scope="session")
def sea_ice_folder(tmp_path_factory, few_places) -> Path:
    folder = tmp_path_factory.mktemp("sea-ice")
    build_sea_ice(folder, SEED, places=few_places, size=SMALL)
    return folder


@pytest.fixture(scope="session")
def coastline_folder(tmp_path_factory, few_places) -> Path:
    folder = tmp_path_factory.mktemp("coastline")
    build_coastline(folder, SEED, places=few_places, size=SMALL)
    return folder
