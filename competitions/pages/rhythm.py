"""How often a watching page asks: soon at first, slower the longer it takes; a live log is always fresh."""

from datetime import timedelta

STEPS = ((timedelta(seconds=30), 2), (timedelta(minutes=2), 4), (timedelta(minutes=10), 10))
SLOWEST_SECONDS = 30
LIVE_SECONDS = 2


def poll_seconds(age: timedelta, *, is_live: bool = False) -> int:
    if is_live:
        return LIVE_SECONDS
    return next((seconds for limit, seconds in STEPS if age < limit), SLOWEST_SECONDS)
