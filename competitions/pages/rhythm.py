"""How often a watching page asks: soon at first, slower the longer it takes."""

from datetime import timedelta

STEPS = ((timedelta(seconds=30), 2), (timedelta(minutes=2), 4), (timedelta(minutes=10), 10))
SLOWEST_SECONDS = 30


def poll_seconds(age: timedelta) -> int:
    return next((seconds for limit, seconds in STEPS if age < limit), SLOWEST_SECONDS)
