"""Days as people say them: `周五`, `明天`, `next Friday`, `11-27`, `3天后`. The words are the schema's."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta
from typing import Literal, NamedTuple

from vault_tool.notes.values import parse_date, parse_loose_date
from vault_tool.schema import Schema

Direction = Literal["past", "future"]


class SaidDay(NamedTuple):
    """A day and the words that followed it."""

    day: date
    rest: str


# Canonical words of the vocabulary `day`, as days from today.
_DAYS = {
    "three-days-ago": -3,
    "day-before-yesterday": -2,
    "yesterday": -1,
    "today": 0,
    "tomorrow": 1,
    "day-after-tomorrow": 2,
    "in-three-days": 3,
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKS = {"last-week": -1, "this-week": 0, "next-week": 1, "week-after-next": 2}
_SPANS = {"day": 1, "week": 7}

_MONTH_DAY = re.compile(r"(\d{1,2})(?:[-/]|月)(\d{1,2})[日号]?\Z", re.ASCII)
_DAY_OF_MONTH = re.compile(r"(\d{1,2})[日号]\Z", re.ASCII)
_COUNTED = re.compile(r"([+-]?)(\d{1,4})\s*([^\d\s]\D*)\Z", re.ASCII)
_MOST_WORDS = 3


def read_day(text: str, today: date, schema: Schema, direction: Direction = "future") -> SaidDay | None:
    """Read the day a text begins with, and the rest; None when it begins with none.

    What leaves year or week open goes in `direction` from today: `周五` said of a next step is the coming
    Friday, never today; said of what happened, the last one, today included.
    """
    words = text.strip().split(maxsplit=_MOST_WORDS)
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        phrase = unicodedata.normalize("NFKC", " ".join(words[:count])).casefold()
        if day := _read_phrase(phrase, today, schema, direction):
            rest = text.strip()
            for word in words[:count]:
                rest = rest[len(word) :].lstrip()
            return SaidDay(day, rest)
    return None


def _read_phrase(phrase: str, today: date, schema: Schema, direction: Direction) -> date | None:
    if exact := parse_date(phrase) or parse_loose_date(phrase):
        return exact
    try:
        return (
            _relative(phrase, today, schema)
            or _weekday(phrase, today, schema, direction)
            or _of_year(phrase, today, direction)
        )
    except (OverflowError, ValueError):
        return None


def _relative(phrase: str, today: date, schema: Schema) -> date | None:
    if word := schema.word("day", phrase):
        if word.name == "month-end":
            return today.replace(day=calendar.monthrange(today.year, today.month)[1])
        return today + timedelta(days=_DAYS[word.name]) if word.name in _DAYS else None
    return _counted(phrase, today, schema)


def _counted(phrase: str, today: date, schema: Schema) -> date | None:
    """Read `+3d`, `-1w`, `3天后`, `2 weeks ago`: a number, a span of time, and which way."""
    if not (found := _COUNTED.match(phrase)):
        before, _, rest = phrase.partition(" ")
        way = schema.word("way", before)
        counted = _COUNTED.match(rest) if way and way.name == "later" else None
        span = schema.word("span", counted[3]) if counted else None
        return _shifted(today, span.name, int(counted[2])) if counted and span else None
    sign, count, unit = found[1], int(found[2]), found[3]
    if span := schema.word("span", unit):
        return _shifted(today, span.name, -count if sign == "-" else count) if sign else None
    for cut in range(len(unit) - 1, 0, -1):
        span, way = schema.word("span", unit[:cut]), schema.word("way", unit[cut:])
        if span and way and not sign:
            return _shifted(today, span.name, count if way.name == "later" else -count)
    return None


def _shifted(today: date, span: str, count: int) -> date:
    if span in _SPANS:
        return today + timedelta(days=_SPANS[span] * count)
    months = today.year * 12 + today.month - 1 + count * (12 if span == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _weekday(phrase: str, today: date, schema: Schema, direction: Direction) -> date | None:
    """Read `周五`, `friday`, `下周五`, `next friday`: a weekday of a named week, or the nearest one."""
    if word := schema.word("weekday", phrase):
        ahead = (_WEEKDAYS.index(word.name) - today.weekday()) % 7
        return today + timedelta(days=(ahead or 7) if direction == "future" else (ahead - 7 if ahead else 0))
    for cut in range(len(phrase) - 1, 0, -1):
        week, word = schema.word("week", phrase[:cut]), schema.word("weekday", phrase[cut:])
        if week and word:
            monday = today - timedelta(days=today.weekday())
            return monday + timedelta(days=7 * _WEEKS[week.name] + _WEEKDAYS.index(word.name))
    return None


def _of_year(phrase: str, today: date, direction: Direction) -> date | None:
    """Read `11-27`, `11月27日`, `27号`: in this year or month, or the next one over that way."""
    if found := _MONTH_DAY.match(phrase):
        for year in (today.year, today.year + (1 if direction == "future" else -1)):
            day = date(year, int(found[1]), int(found[2]))
            if day == today or (day > today) == (direction == "future"):
                return day
    if found := _DAY_OF_MONTH.match(phrase):
        step = 1 if direction == "future" else -1
        for count in range(3):
            first = _shifted(today.replace(day=1), "month", step * count)
            if int(found[1]) > calendar.monthrange(first.year, first.month)[1]:
                continue
            day = first.replace(day=int(found[1]))
            if day == today or (day > today) == (direction == "future"):
                return day
    return None
