"""One case or more for each metric and each kind of data that it is for: what test_every_metric.py runs over.

A module of this package holds the cases of a family as `CASES`. Everything is made from a fixed seed.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.scoring.makers import Published

SEED = 20260101
Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """A metric in a small contest with both sides scored, and predictions for it.

    task            publishes the truth in a folder
    perfect         the truth as a prediction; it scores the metric's best, unless `perfect_scores` says what and why
    guess           a prediction that is right in a part only
    reordered       the same guess with its rows, members or points in another order
    refused         what the gate must refuse, by name
    doubled         the same contest and guess with everything twice, where that must not change the score
    """

    metric: str
    kind: str
    task: Callable[[Path], Published]
    perfect: Make
    guess: Make
    reordered: Make | None = None
    refused: Mapping[str, Make] = field(default_factory=dict)
    doubled: Callable[[Path], tuple[Published, Path]] | None = None
    perfect_scores: float | None = None
    variant: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        return "-".join(word for word in (self.metric, self.kind, self.variant) if word)

    @property
    def column(self) -> str:
        return self.key or self.metric


def all_cases() -> list[Case]:
    modules = [importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return [case for module in modules for case in module.CASES]
