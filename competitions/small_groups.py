"""Counts of people by group that tell nothing of fewer than k of them, on one day or from one day to the next. Pure.

A table is published at most once a day. It has a row for each group that is large enough, one row for all the rest
("other, or not yet counted in their group"), and the total. Three rules hold for every row and for the total:

1. A value is 0 or at least k. A smaller group is in the rest. Were the rest smaller than k, the smallest group shown
   goes into it, too, and the next: so a single small group cannot be had by subtraction from the total either.
2. A value differs from what the same row said in *any* earlier table by 0 or by at least k. A row that would move by
   less stays as it was, and its newcomers are in the rest until there are k of them: whoever compares two days, and
   knows who joined between them, cannot tell where one of them is from.
3. When nothing can be said under 1 and 2, yesterday's table stays as it is.

What is shown of a group can therefore be behind the truth. What this does not hide: that *all* of k or
more people are in one group when every newcomer of a day is (no count of groups can hide that), and what people
publish about themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

SMALLEST_GROUP: Final = 5
NOT_STATED: Final = ""


@dataclass(frozen=True, slots=True)
class GroupTable:
    """`groups` are those shown, each with its count; `rest` is everybody else."""

    groups: Mapping[str, int] = field(default_factory=dict)
    rest: int = 0

    @property
    def total(self) -> int:
        return sum(self.groups.values()) + self.rest

    def values(self, names: Iterable[str]) -> list[int]:
        """The rows of these groups (0: not shown), the rest, and the total."""
        return [*(self.groups.get(name, 0) for name in names), self.rest, self.total]


def next_table(counts: Mapping[str, int], earlier: Iterable[GroupTable], *, k: int = SMALLEST_GROUP) -> GroupTable:
    """The table to publish now; `counts` are the true numbers, `earlier` all tables so far, the newest last."""
    before = list(earlier)
    newest = before[-1] if before else GroupTable()
    known = [GroupTable(), *before]  # before the first table there was nobody
    total = sum(counts.values())
    if not _fits(total, [table.total for table in known], k):
        return newest
    names = sorted({*counts, *newest.groups}, key=lambda name: (counts.get(name, 0), name))
    shown = {name: _shown(name, counts.get(name, 0), newest, known, k) for name in names}
    for name in (None, *names):  # give up the news of one group after the other, the smallest first
        if name is not None:
            shown[name] = newest.groups.get(name, 0)
        rest = total - sum(shown.values())
        if _fits(rest, [table.rest for table in known], k):
            return GroupTable({name: count for name, count in shown.items() if count}, rest)
    return newest


def is_safe(table: GroupTable, earlier: Iterable[GroupTable], *, k: int = SMALLEST_GROUP) -> bool:
    """Rules 1 and 2 for a table after all earlier ones."""
    known = [GroupTable(), *earlier]
    names = sorted({name for one in (table, *known) for name in one.groups})
    rows = zip(table.values(names), *(one.values(names) for one in known), strict=True)
    return all(_fits(value, list(others), k) for value, *others in rows)


def _shown(name: str, count: int, newest: GroupTable, known: list[GroupTable], k: int) -> int:
    """The count, or nothing where it became too small by k or more, or what was shown last."""
    last, before = newest.groups.get(name, 0), [table.groups.get(name, 0) for table in known]
    if _fits(count, before, k):
        return count
    return 0 if count < k <= last - count else last


def _fits(value: int, others: Iterable[int], k: int) -> bool:
    """Not negative, and 0 or at least k away from each of the others (0 among them: rule 1 is rule 2 of nobody)."""
    return value >= 0 and all(value == other or abs(value - other) >= k for other in others)
