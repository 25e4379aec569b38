"""Small versions of the demo's contests: few scenes of few pixels, built once a session."""

from pathlib import Path

import pytest

from competitions.demo.places import PLACES
from competitions.demo.rasters import build_coastline, build_sea_ice
from competitions.demo.scenes import simulate

SEED = 7
SMALL = 256


@pytest.fixture(scope="session")
def few_places():
    """Two training and two test scenes, with sea, ice, lakes and land among them."""
    wanted = ("train_00", "train_04", "test_00", "test_04")
    return tuple(place for place in PLACES if place.name in wanted)


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
