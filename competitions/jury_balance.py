"""Who judges what: every entry gets its jurors, every juror as much work as the others, nobody judges a friend.

Pure: the same seed gives the same plan, so that the audit log can prove it.
"""

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

Pair = tuple[int, int]  # entry, juror


@dataclass(frozen=True, slots=True)
class Plan:
    """`pairs` are new. `missing` says how many jurors an entry lacks, where conflicts leave too few."""

    pairs: tuple[Pair, ...]
    missing: Mapping[int, int]


def balance(
    entries: Iterable[int],
    jurors: Collection[int],
    *,
    jurors_per_entry: int,
    taken: Collection[Pair] = (),
    conflicts: Collection[Pair] = (),
    seed: str,
) -> Plan:
    """Add what is missing to what is assigned already. Entries with the fewest possible jurors choose first, and each
    takes the juror with the least work; the seed decides between equals. Afterwards work is moved from the busiest to
    the least busy jurors as long as that evens it out."""
    rng = random.Random(seed)  # noqa: S311  (to be repeated, not to be secret)
    kept, barred = set(taken), set(conflicts)
    load = {juror: sum(one == juror for _entry, one in kept) for juror in sorted(jurors)}
    order = sorted(entries)
    rng.shuffle(order)
    order.sort(key=lambda entry: len(_possible(entry, load, kept | barred)))
    new: set[Pair] = set()
    missing: dict[int, int] = {}
    for entry in order:
        lacking = jurors_per_entry - sum(one == entry for one, _juror in kept)
        for _place in range(max(0, lacking)):
            possible = _possible(entry, load, kept | new | barred)
            if not possible:
                missing[entry] = missing.get(entry, 0) + 1
                continue
            least = min(load[juror] for juror in possible)
            juror = rng.choice([juror for juror in possible if load[juror] == least])
            new.add((entry, juror))
            load[juror] += 1
    _even_out(new, load, kept | barred)
    return Plan(tuple(sorted(new)), missing)


def _possible(entry: int, load: Mapping[int, int], excluded: Collection[Pair]) -> list[int]:
    return [juror for juror in load if (entry, juror) not in excluded]


def _even_out(new: set[Pair], load: dict[int, int], excluded: Collection[Pair]) -> None:
    """Each move lowers the sum of squares of the loads, so this ends."""
    while (move := _move(new, load, excluded)) is not None:
        entry, busy, idle = move
        new.remove((entry, busy))
        new.add((entry, idle))
        load[busy] -= 1
        load[idle] += 1


def _move(new: set[Pair], load: Mapping[int, int], excluded: Collection[Pair]) -> tuple[int, int, int] | None:
    by_load = sorted(load, key=lambda juror: (load[juror], juror))
    for entry, busy in sorted(new, key=lambda pair: (-load[pair[1]], pair)):
        for idle in by_load:
            if load[busy] - load[idle] < 2:
                break
            if (entry, idle) not in new and (entry, idle) not in excluded:
                return entry, busy, idle
    return None
