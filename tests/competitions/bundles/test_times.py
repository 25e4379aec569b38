"""Instants as organisers write them, also on the two nights a year when clocks are put forward or back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from competitions.bundles.times import BadTime, instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-04-01T00:00:00+09:00", datetime(2026, 3, 31, 15, tzinfo=UTC)),
        ("2026-04-01T00:00:00Z", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-01-01 12:00:30", datetime(2026, 1, 1, 11, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_offset_counts_and_without_one_the_contests_zone_does(written: str, meant: datetime) -> None:
    assert instant(written, BERLIN) == meant


def test_a_time_that_clocks_skip_is_refused_with_one_they_show() -> None:
    with pytest.raises(BadTime) as caught:
        instant("2026-03-29T02:30:00", BERLIN)

    assert str(caught.value) == (
        "the clocks in Europe/Berlin never show 2026-03-29T02:30:00, they are put forward then; "
        "write 2026-03-29T03:30:00+02:00, for example"
    )


def test_a_time_that_clocks_show_twice_is_refused_with_both_readings() -> None:
    with pytest.raises(BadTime) as caught:
        instant("2026-10-25T02:30:00", BERLIN)

    assert str(caught.value) == (
        "the clocks in Europe/Berlin show 2026-10-25T02:30:00 twice; "
        "say which: 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"
    )
