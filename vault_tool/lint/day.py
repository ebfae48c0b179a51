"""A day that notes how long the answers it gives stay the same.

What rules find depends on the day they go by, but most of it changes on few days only: a follow-up is
overdue from one day on. Each comparison tells the next day on which it may come out differently. Whatever
else is asked of the day, such as its year or its text, holds today only.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

FOREVER = date.max.toordinal()
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
# What Python asks of any object, whatever it is.
_NEUTRAL = frozenset(
    {
        *("__new__", "__init__", "__class__", "__getattribute__", "__setattr__", "__delattr__", "__doc__"),
        *("__init_subclass__", "__subclasshook__", "__dir__", "__sizeof__", "__getstate__", "__getnewargs__"),
        *("__dict__", "__module__", "__weakref__"),
    }
)


class Horizon:
    """The last day on which all answers given so far stay the same, as an ordinal."""

    def __init__(self, day: date) -> None:
        self.day = day.toordinal()
        self.until = FOREVER

    def pin(self) -> None:
        """Note an answer that holds today only."""
        self.until = self.day

    def meets(self, days: int) -> None:
        """Note a comparison with what will be equal in so many days: it may come out differently then.

        What is equal today differs tomorrow; what lies behind is never met again.
        """
        if days >= 0:
            self.until = min(self.until, self.day + max(0, days - 1))


class Day(date):
    """The day of the run, or one that is always as far from it."""

    _horizon: Horizon
    _plain: date

    @classmethod
    def of(cls, day: date, horizon: Horizon) -> Day:
        """Return a day that tells its horizon what it is asked."""
        made = cls(day.year, day.month, day.day)
        made._horizon, made._plain = horizon, day
        return made

    def __sub__(self, other: Any) -> Any:
        """Return a day as far from today, or the distance to a fixed day."""
        mine = self._plain
        if isinstance(other, timedelta):
            return Day.of(mine - other, self._horizon)
        if isinstance(other, Day):
            return mine - other._plain
        return _Distance.of(mine - other, self._horizon, 1) if isinstance(other, date) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        """Return the distance from a fixed day."""
        if not isinstance(other, date):
            return NotImplemented
        return _Distance.of(other - self._plain, self._horizon, -1)

    def __add__(self, other: Any) -> Any:
        """Return a day as far from today."""
        if not isinstance(other, timedelta):
            return NotImplemented
        return Day.of(self._plain + other, self._horizon)

    __radd__ = __add__


class _Distance(timedelta):
    """How far today is from a fixed day: by one more, or one less, each day."""

    _horizon: Horizon
    _step: int

    @classmethod
    def of(cls, distance: timedelta, horizon: Horizon, step: int) -> _Distance:
        made = cls(days=distance.days)
        made._horizon, made._step = horizon, step
        return made

    @property
    def days(self) -> int:
        """The distance as a number."""
        return _Count.of(_days(self), self._horizon, self._step)


class _Count(int):
    """A number of days that is by one more, or one less, each day."""

    _horizon: Horizon
    _step: int

    @classmethod
    def of(cls, count: int, horizon: Horizon, step: int) -> _Count:
        made = cls(count)
        made._horizon, made._step = horizon, step
        return made


_days: Callable[[timedelta], int] = timedelta.days.__get__


def _compare_days(how: Callable[[Any, Any], Any]) -> Callable[[Day, Any], Any]:
    def compare(self: Day, other: Any) -> Any:
        if not isinstance(other, date):
            return NotImplemented
        mine = self._plain
        if isinstance(other, Day):
            return how(mine, other._plain)  # both go on alike
        self._horizon.meets((other - mine).days)
        return how(mine, other)

    return compare


def _compare_distances(how: Callable[[Any, Any], Any]) -> Callable[[_Distance, Any], Any]:
    def compare(self: _Distance, other: Any) -> Any:
        if not isinstance(other, timedelta):
            return NotImplemented
        mine = timedelta(_days(self))
        ahead = (other - mine) * self._step
        # A limit of some hours more lies before the next whole day.
        self._horizon.meets(_days(ahead))
        return how(mine, timedelta(_days(other), other.seconds, other.microseconds))

    return compare


def _compare_counts(how: Callable[[Any, Any], Any]) -> Callable[[_Count, Any], Any]:
    def compare(self: _Count, other: Any) -> Any:
        mine = int.__int__(self)
        if type(other) is int:
            self._horizon.meets((other - mine) * self._step)
        else:
            self._horizon.pin()
        return how(mine, other)

    return compare


def _finish(
    kind: type,
    plain: type,
    to_plain: Callable[[Any], Any],
    compare: Callable[[Callable[[Any, Any], Any]], Any],
) -> None:
    """Give a class its comparisons, and have all else that its values can be asked note that it is asked."""

    def asking(ask: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: Any, *args: Any, **named: Any) -> Any:
            self._horizon.pin()
            return ask(to_plain(self), *args, **named)

        return method

    for name in _COMPARISONS:
        setattr(kind, f"__{name}__", compare(getattr(operator, name)))
    for name in dir(plain):
        value = getattr(plain, name)
        if name in _NEUTRAL or name in vars(kind) or getattr(value, "__self__", None) is plain:
            continue
        if callable(value):
            setattr(kind, name, asking(value))
        elif hasattr(value, "__get__"):
            setattr(kind, name, property(asking(value.__get__)))


_finish(Day, date, operator.attrgetter("_plain"), _compare_days)
_finish(_Distance, timedelta, lambda distance: timedelta(_days(distance)), _compare_distances)
_finish(_Count, int, int.__int__, _compare_counts)
