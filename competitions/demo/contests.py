"""The contests that ship with Tidemark: what each is called, how its folder is built, and who took part already."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from competitions.demo.entries import (
    DemoSubmission,
    coastline_submissions,
    diabetes_submissions,
    sea_ice_submissions,
)
from competitions.demo.programs import build_programs, program_submissions
from competitions.demo.rasters import build_coastline, build_sea_ice
from competitions.demo.tables import build_diabetes

__all__ = ["DemoContest", "DemoSubmission", "all_contests"]


@dataclass(frozen=True)
class DemoContest:
    """`build(directory, seed)` writes a folder for `import_competition`; `submissions(directory, seed)` reads it."""

    slug: str
    build: Callable[[Path, int], None]
    submissions: Callable[[Path, int], Iterable[DemoSubmission]]


def all_contests() -> tuple[DemoContest, ...]:
    return (
        DemoContest("sea-ice-hokkaido", build_sea_ice, sea_ice_submissions),
        DemoContest("coastline-hh", build_coastline, coastline_submissions),
        DemoContest("diabetes-progression", build_diabetes, diabetes_submissions),
        DemoContest("sea-ice-programs", build_programs, program_submissions),
    )
