"""Which share of the test data public scores use, as far as the organiser's description tells it."""

from collections.abc import Mapping
from typing import Any


def public_percent(truth: Mapping[str, Any]) -> int | None:
    """In percent; None when it is not known without opening the truth, 100 when nothing is held back."""
    split = truth.get("split") or {}
    by = split.get("by")
    if by == "none":
        return 100
    if by == "hash":
        return round(100 * float(split.get("public", 0.5)))
    if by == "scene":
        public, private = len(split.get("public", [])), len(split.get("private", []))
        return round(100 * public / (public + private)) if public + private else None
    return None
