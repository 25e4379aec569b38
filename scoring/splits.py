"""Which scenes or rows are public and which private. Decided once, when a truth is normalised.

By hash: sha256 of `seed`, a NUL and the id in UTF-8; its first 8 bytes as a big-endian number divided by 2**64 are a
number in [0, 1), and the id is public when that is below the share. So an id keeps its side when others are added, on
any machine and in any version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from scoring.errors import Problems, quoted
from scoring.truth_spec import SplitSpec


class Side(IntEnum):
    PUBLIC = 0
    PRIVATE = 1
    IGNORED = 2


SCORED: Final = (Side.PUBLIC, Side.PRIVATE)
_WORDS: Final = {"public": Side.PUBLIC, "private": Side.PRIVATE, "ignored": Side.IGNORED, "ignore": Side.IGNORED}


def side_of_word(word: str) -> Side | None:
    """'Public', ' private', 'IGNORED' as people write them."""
    return _WORDS.get(word.strip().casefold())


def side_by_hash(name: str, *, seed: str, share: float) -> Side:
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return Side.PUBLIC if int.from_bytes(digest[:8], "big") < share * 2**64 else Side.PRIVATE


def assign(names: Sequence[str], spec: SplitSpec, words: Mapping[str, str], problems: Problems) -> list[Side]:
    """The side of each name. `words` holds what a list or a column says of a name.

    Names that a list does not mention, or mentions but do not exist, are the organiser's mistakes and are noted.
    """
    if spec.by == "none":
        return [Side.PUBLIC] * len(names)
    if spec.by == "hash":
        return [side_by_hash(name, seed=spec.seed, share=spec.share) for name in names]
    listed = {**dict.fromkeys(spec.public, "public"), **dict.fromkeys(spec.private, "private"), **words}
    known = set(names)
    for name in listed:
        if name not in known:
            problems.add("split_unknown", "split", name=quoted(name))
    return [_listed_side(name, listed, problems) for name in names]


def _listed_side(name: str, listed: Mapping[str, str], problems: Problems) -> Side:
    if name not in listed:
        problems.add("split_unassigned", "split", name=quoted(name))
        return Side.IGNORED
    side = side_of_word(listed[name])
    if side is None:
        problems.add("split_value", "split", value=quoted(listed[name], 40), name=quoted(name))
        return Side.IGNORED
    return side
