"""Proving the audit log: which rows were changed, taken out, put elsewhere or cut off the end.

What the log itself cannot show is that somebody restored an older copy of a whole chain together with its head. For
that keep the figures of an earlier proof outside the database, and compare: a chain never gets shorter.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from competitions.chain import SITE, START, chain_of, digest
from competitions.database import append_only
from competitions.models import AuditEvent, AuditHead, Competition
from competitions.services.audit import is_signed


@dataclass(frozen=True, slots=True)
class ChainProof:
    """One chain as it was found: its rows, its last hash, and what is wrong with it."""

    chain: str
    count: int
    last_hash: str
    problems: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.problems


def prove(competition: Competition | None = None, *, known: Iterable[Mapping[str, Any]] = ()) -> list[ChainProof]:
    """Every chain, or that of one contest. `known` are figures of an earlier proof: chain, count, last_hash."""
    wanted = [chain_of(competition.pk)] if competition else _chains(known)
    earlier = {str(one["chain"]): one for one in known}
    return [_prove(chain, earlier.get(chain)) for chain in wanted]


def missing_triggers() -> list[str]:
    """Without these the database itself would let rows be changed."""
    return append_only.missing(connection)


def _chains(known: Iterable[Mapping[str, Any]]) -> list[str]:
    found = set(AuditEvent.objects.order_by().values_list("chain", flat=True).distinct())
    heads = set(AuditHead.objects.values_list("chain", flat=True))
    return sorted(found | heads | {str(one["chain"]) for one in known} | {SITE})


def _prove(chain: str, earlier: Mapping[str, Any] | None) -> ChainProof:
    rows = AuditEvent.objects.filter(chain=chain).order_by("number", "pk")
    walk = _Walk(set(rows.values_list("hash", flat=True)))
    problems = [problem for row in rows.iterator(chunk_size=2000) for problem in walk.step(row)]
    problems += _head_problems(chain, walk)
    if earlier is not None:
        problems += _earlier_problems(chain, earlier)
    return ChainProof(chain, walk.count, walk.last_hash, tuple(problems))


class _Walk:
    """Along a chain, row by row, in the order of their numbers."""

    def __init__(self, hashes: set[str]) -> None:
        self.hashes, self.count, self.number, self.last_hash, self.last_pk = hashes, 0, 0, START, 0

    def step(self, row: AuditEvent) -> Iterator[str]:
        if row.number > self.number + 1:
            yield _missing(self.number + 1, row.number - 1)
        if row.hash != digest(row.content, row.previous):
            yield f"row {row.number} (id {row.pk}) was changed: its content does not match its hash"
        if row.previous != self.last_hash:
            yield from self._why_it_does_not_follow(row)
        elif row.pk < self.last_pk:
            yield f"row {row.number} (id {row.pk}) was written before the row that it follows: reordered"
        self.count, self.number, self.last_hash, self.last_pk = self.count + 1, row.number, row.hash, row.pk

    def _why_it_does_not_follow(self, row: AuditEvent) -> Iterator[str]:
        if row.previous in self.hashes or row.previous == START:
            yield f"row {row.number} (id {row.pk}) stands in another place than it was written in: reordered"
        elif row.number == self.number + 1:
            yield f"row {row.number} (id {row.pk}) does not follow row {self.number}, which was changed or replaced"


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"


def _head_problems(chain: str, walk: _Walk) -> Iterator[str]:
    head = AuditHead.objects.filter(pk=chain).first()
    if head is None:
        if walk.count:
            yield f"the head is missing; {walk.count} rows are there"
        return
    if not is_signed(head):
        yield "the head (count and last hash) is not what this site signed: it was changed, or the site's key was"
    if head.count > walk.number:
        yield f"{_missing(walk.number + 1, head.count)}: cut off the end"
    elif head.count < walk.number:
        yield f"the head counts {head.count} rows; the last row is {walk.number}: added without the site"
    elif head.last_hash != walk.last_hash:
        yield f"the last row, {walk.number}, is not the one that the head was signed for: replaced"


def _earlier_problems(chain: str, earlier: Mapping[str, Any]) -> Iterator[str]:
    count = int(earlier["count"])
    if count == 0:
        return
    row = AuditEvent.objects.filter(chain=chain, number=count).first()
    if row is None:
        yield f"row {count} was there at the earlier proof and is not there now"
    elif row.hash != earlier["last_hash"]:
        yield f"row {count} is not the one that was there at the earlier proof: the chain was written anew"
