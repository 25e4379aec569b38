"""What is left today, in the contest's own days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from competitions.quota import Limits, Refusal, Used, allowance, day_bounds, merged_limit

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OPEN = {"starts_at": NOON - timedelta(days=1), "ends_at": NOON + timedelta(days=1)}


FIVE_A_DAY, NOTHING_USED = Limits(5, 0, 20), Used(0, 0, 0)


def ask(*, now=NOON, limits=FIVE_A_DAY, used=NOTHING_USED, **window):
    return allowance(now=now, zone=TOKYO, limits=limits, used=used, **{**OPEN, **window})


def test_the_day_ends_at_midnight_in_the_contests_zone() -> None:
    start, end = day_bounds(NOON, TOKYO)
    assert start == datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
    assert end == datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 8, 23), (11, 1, 25), (6, 1, 24)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(month: int, day: int, hours: int) -> None:
    start, end = day_bounds(datetime(2026, month, day, 12, tzinfo=NEW_YORK), NEW_YORK)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


def test_a_fresh_team_may_submit_and_sees_what_is_left() -> None:
    answer = ask(used=Used(today=2, in_all=7, rejected_today=1))
    assert answer.is_allowed
    assert answer.left_today == 3
    assert answer.resets_at == datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("limits", "used", "refusal"),
    [
        (Limits(5, 0, 20), Used(5, 5, 0), Refusal.DAY),
        (Limits(5, 0, 20), Used(4, 4, 0), None),
        (Limits(5, 10, 20), Used(0, 10, 0), Refusal.PHASE),
        (Limits(5, 10, 20), Used(5, 10, 0), Refusal.PHASE),
        (Limits(0, 0, 0), Used(1000, 1000, 1000), None),
        (Limits(5, 0, 20), Used(0, 0, 20), Refusal.REJECTED),
        (Limits(5, 0, 20), Used(0, 0, 19), None),
    ],
)
def test_a_limit_refuses_exactly_when_it_is_used_up(limits: Limits, used: Used, refusal: Refusal | None) -> None:
    assert ask(limits=limits, used=used).refusal == refusal


@pytest.mark.parametrize(
    ("offset", "refusal"),
    [
        (timedelta(days=-1, seconds=-1), Refusal.NOT_OPEN),
        (timedelta(days=-1), None),
        (timedelta(days=1), None),
        (timedelta(days=1, seconds=1), Refusal.CLOSED),
    ],
)
def test_the_first_and_the_last_second_are_in_time(offset: timedelta, refusal: Refusal | None) -> None:
    assert ask(now=NOON + offset).refusal == refusal


def test_a_phase_without_an_end_stays_open() -> None:
    assert ask(now=NOON + timedelta(days=9999), ends_at=None).is_allowed


def test_unlimited_says_so_rather_than_a_number() -> None:
    assert ask(limits=Limits(0, 0, 20)).left_today is None


def test_the_tighter_of_two_limits_is_what_is_left() -> None:
    assert ask(limits=Limits(5, 10, 20), used=Used(1, 9, 0)).left_today == 1


@pytest.mark.parametrize(
    ("limits", "days", "limit"),
    [
        (Limits(5, 0, 0), 0, 5),  # the first day counts in full
        (Limits(5, 0, 0), 2, 15),
        (Limits(5, 12, 0), 2, 12),
        (Limits(0, 12, 0), 2, 12),
        (Limits(0, 0, 0), 2, None),
    ],
)
def test_two_teams_that_become_one_may_have_what_one_could_have_had(limits, days, limit) -> None:
    window = {"starts_at": NOON - timedelta(days=days), "ends_at": None}
    assert merged_limit(limits, now=NOON, zone=TOKYO, **window) == limit


def test_days_of_a_merge_are_the_contests_own_and_end_with_the_phase() -> None:
    # 23:30 to 00:30 in Tokyo: two days. After the end no more days are added.
    start = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    window = {"zone": TOKYO, "starts_at": start, "ends_at": start + timedelta(hours=1)}
    assert merged_limit(FIVE_A_DAY, now=start, **window) == 5
    assert merged_limit(FIVE_A_DAY, now=start + timedelta(hours=1), **window) == 10
    assert merged_limit(FIVE_A_DAY, now=start + timedelta(days=30), **window) == 10
    assert merged_limit(FIVE_A_DAY, now=start - timedelta(hours=1), **window) == 0
