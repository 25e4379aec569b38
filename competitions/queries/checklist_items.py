"""An item of the checklist before a launch, and the small arithmetic of the list. Texts are translated when they are
read, so a list is made anew for each reader and kept nowhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from competitions.status import CheckState


@dataclass(frozen=True, slots=True)
class CheckItem:
    """`key` names it for ticks and programs, the task's key after a colon; `link` is the name of a page's route."""

    key: str
    title: str
    state: CheckState
    sentence: str
    todo: str = ""
    link: str = "pages:organiser"

    @property
    def task(self) -> str:
        """The key of the task that it is about; empty for an item of the whole contest."""
        return self.key.partition(":")[2]

    @property
    def is_red(self) -> bool:
        return self.state == CheckState.RED

    @property
    def is_yellow(self) -> bool:
        return self.state == CheckState.YELLOW


def joined(names: Sequence[object], *, most: int = 6) -> str:
    """'a, b, c': of many the first ones, and how many more."""
    shown = ", ".join(str(name) for name in names[:most])
    return f"{shown} (+{len(names) - most})" if len(names) > most else shown


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's, ties at their mean rank; None where it has no meaning: fewer than three pairs, or all alike.

    Source: Spearman (1904), The American Journal of Psychology 15, 72-101, doi:10.2307/1412159
    Example: (1, 2, 3) and (1, 3, 2) -> 0.5
    """
    if len(first) < 3:
        return None
    x, y = _ranks(first), _ranks(second)
    mean = (len(x) + 1) / 2
    spread = [sum((one - mean) ** 2 for one in ranks) for ranks in (x, y)]
    if not all(spread):
        return None
    shared = sum((one - mean) * (other - mean) for one, other in zip(x, y, strict=True))
    return shared / math.sqrt(spread[0] * spread[1])


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]
