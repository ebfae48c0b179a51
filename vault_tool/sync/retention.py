"""Which backups are kept: the last one of each of 7 days, 4 weeks and 12 months. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

DAILY, WEEKLY, MONTHLY = 7, 4, 12

T = TypeVar("T")


def superseded(backups: Iterable[T], made: Callable[[T], datetime], now: datetime) -> list[T]:
    """Return the backups that are not kept any more, the oldest first; the newest is never one of them.

    Counted are days, weeks and months that have a backup, not those of the calendar: a machine that was off
    all summer keeps as many. What was made after `now`, by a clock that was wrong, is kept and counts for
    nothing. The days are those of the times that `made` returns, in whatever zone they are.
    """
    newest_first = sorted((each for each in backups if made(each) <= now), key=made, reverse=True)
    kept: set[int] = set()
    for count, period in ((DAILY, _day), (WEEKLY, _week), (MONTHLY, _month)):
        seen: set[tuple[int, ...]] = set()
        for number, each in enumerate(newest_first):
            if (span := period(made(each))) not in seen and len(seen) < count:
                seen.add(span)
                kept.add(number)
    return [each for number, each in enumerate(newest_first) if number not in kept][::-1]


def _day(moment: datetime) -> tuple[int, ...]:
    return moment.year, moment.month, moment.day


def _week(moment: datetime) -> tuple[int, ...]:
    return tuple(moment.isocalendar()[:2])


def _month(moment: datetime) -> tuple[int, ...]:
    return moment.year, moment.month
