"""What a team may still submit today. Pure: counts and limits in, an answer out; the page and the server share it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# An upload that began before the deadline may end so much later.
GRACE = timedelta(minutes=10)


class Refusal(StrEnum):
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    FROZEN = "frozen"  # a second stage: it runs what was submitted before
    UNDECIDED = "promotion_undecided"  # who is promoted into the phase is not confirmed yet
    NOT_PROMOTED = "not_promoted"
    DAY = "day"
    PHASE = "phase"
    REJECTED = "rejected"
    CONCURRENT = "concurrent"


@dataclass(frozen=True, slots=True)
class Limits:
    """A phase's limits; 0 is unlimited."""

    per_day: int
    in_all: int
    rejected_per_day: int
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    """What a team has used. `today` and `in_all` leave out refused files, platform faults and cancelled ones."""

    today: int
    in_all: int
    rejected_today: int
    unfinished: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """The answer: may they submit now, why not, what is left, and when the day starts anew."""

    limits: Limits
    used: Used
    resets_at: datetime
    refusal: Refusal | None
    is_late: bool = False  # it would be scored and shown to its team, on no board

    @property
    def is_allowed(self) -> bool:
        return self.refusal is None

    @property
    def left_today(self) -> int | None:
        """Submissions left today; None is unlimited."""
        left = [
            limit - used
            for limit, used in ((self.limits.per_day, self.used.today), (self.limits.in_all, self.used.in_all))
            if limit
        ]
        return max(0, min(left)) if left else None


def day_bounds(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start and the end of the contest's day that `now` falls in (a day may last 23 or 25 hours)."""
    today = now.astimezone(zone).date()
    start = datetime.combine(today, time.min, tzinfo=zone)
    end = datetime.combine(today + timedelta(days=1), time.min, tzinfo=zone)
    return start, end


def allowance(  # noqa: PLR0913  # all that decides, and nothing that is looked up here
    *,
    now: datetime,
    zone: ZoneInfo,
    starts_at: datetime,
    ends_at: datetime | None,
    limits: Limits,
    used: Used,
    is_frozen: bool = False,
    promotion: Refusal | None = None,
    takes_late: bool = False,
) -> Allowance:
    """Decide whether one more submission is allowed at `now`. The deadline itself is still in time. After it `used`
    counts late submissions, where the phase takes such.

    promotion: why the team may not enter a phase for promoted teams, if it may not.
    """
    resets_at = day_bounds(now, zone)[1]
    late = takes_late and is_over(now, ends_at)
    frozen = Refusal.FROZEN if is_frozen else None
    window = None if late else _window_refusal(now, starts_at, ends_at)
    refusal = frozen or window or promotion or _count_refusal(limits, used)
    return Allowance(limits=limits, used=used, resets_at=resets_at, refusal=refusal, is_late=late and not is_frozen)


def is_over(now: datetime, ends_at: datetime | None) -> bool:
    return ends_at is not None and now > ends_at


def merged_limit(
    limits: Limits, *, now: datetime, zone: ZoneInfo, starts_at: datetime, ends_at: datetime | None
) -> int | None:
    """How many submissions one team would have had until now: a day's for each of the contest's days so far, today
    included, and no more than those of the whole phase. None: without limit.

    Two teams that become one may not have more between them, else whoever splits up has more tries than others.

    Example: 5 a day on the third day of a phase -> 15; with 12 in all -> 12
    """
    if now < starts_at:
        return 0
    last = now if ends_at is None else min(now, ends_at)
    days = (last.astimezone(zone).date() - starts_at.astimezone(zone).date()).days + 1
    known = [limit for limit in (limits.per_day * days, limits.in_all) if limit]
    return min(known) if known else None


def _window_refusal(now: datetime, starts_at: datetime, ends_at: datetime | None) -> Refusal | None:
    if now < starts_at:
        return Refusal.NOT_OPEN
    if is_over(now, ends_at):
        return Refusal.CLOSED
    return None


def _count_refusal(limits: Limits, used: Used) -> Refusal | None:
    if limits.in_all and used.in_all >= limits.in_all:
        return Refusal.PHASE
    if limits.per_day and used.today >= limits.per_day:
        return Refusal.DAY
    if limits.rejected_per_day and used.rejected_today >= limits.rejected_per_day:
        return Refusal.REJECTED
    if limits.at_once and used.unfinished >= limits.at_once:
        return Refusal.CONCURRENT
    return None
