"""The probes by name. Costs no numerical library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Expected = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Variant:
    """`level` is how much noise is added to the truth: a share of its spread, or of the cells that are changed."""

    key: str
    expected: Expected
    level: float = 0.0


ACCEPTED: Final = (
    Variant("perfect", "accepted"),
    Variant("constant", "accepted"),
    Variant("random", "accepted"),
    Variant("permuted", "accepted"),
    Variant("noise_1", "accepted", 0.05),
    Variant("noise_2", "accepted", 0.2),
    Variant("noise_3", "accepted", 0.6),
)
REFUSED: Final = (
    Variant("empty", "refused"),
    Variant("torn", "refused"),
    Variant("missing", "refused"),
    Variant("not_a_number", "refused"),
    Variant("wrong_shape", "refused"),
)
VARIANTS: Final = (*ACCEPTED, *REFUSED)


class NotMade(Exception):
    """This probe cannot be made of this task; the message says why, for organisers."""
