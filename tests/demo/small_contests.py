"""The demo's contests of rasters with two training and two test scenes, at a quarter of their resolution."""

from collections.abc import Callable
from pathlib import Path

from competitions.demo.places import PLACES
from competitions.demo.programs import build_programs
from competitions.demo.rasters import build_coastline, build_sea_ice

SEED, SMALL = 7, 256
# With sea, ice, lakes and land among them.
FEW_PLACES = tuple(place for place in PLACES if place.name in {"train_00", "train_04", "test_00", "test_04"})
DESCRIBED = (
    ("[1024, 1024]", f"[{SMALL}, {SMALL}]"),
    ("[test_00, test_01, test_02, test_03]", "[test_00]"),
    ("[test_04, test_05, test_06, test_07]", "[test_04]"),
)


def describe_as_small(folder: Path) -> None:
    """The description of the folder's contest, which tells of all scenes at full size, becomes true."""
    described = folder / "competition.yaml"
    text = described.read_text()
    for full, small in DESCRIBED:
        assert text.count(full) == 1
        text = text.replace(full, small)
    described.write_text(text)


def _small(build: Callable[..., None]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        build(folder, SEED, places=FEW_PLACES, size=SMALL)
        describe_as_small(folder)

    return make


make_small_sea_ice, make_small_coastline, make_small_programs = map(
    _small, (build_sea_ice, build_coastline, build_programs)
)
