"""Stretches of days in a query: `2026-10`, `2026Q1`, `上周`, `2026-01..2026-03`, `>=2026-10`, `>30d`."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta

from vault_tool.named import NamedTuple
from vault_tool.notes.values import parse_date, parse_loose_date
from vault_tool.patterns import pattern
from vault_tool.schema import Schema


class Days(NamedTuple):
    """From `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None


_MONTH = pattern(r"(\d{4})[-/.年](\d{1,2})月?\Z", re.ASCII)
_MONTH_OF_THIS_YEAR = pattern(r"(\d{1,2})月\Z", re.ASCII)
_QUARTER = pattern(r"(\d{4})[-年]?[Qq]([1-4])\Z", re.ASCII)
_YEAR = pattern(r"(\d{4})年?\Z", re.ASCII)
_COUNT = pattern(r"(\d{1,5})\s*(\D+)\Z", re.ASCII)
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}
_NAMED_DAYS = {
    "three-days-ago": -3,
    "day-before-yesterday": -2,
    "yesterday": -1,
    "today": 0,
    "tomorrow": 1,
    "day-after-tomorrow": 2,
    "in-three-days": 3,
}


def read_days(text: str, today: date, schema: Schema) -> Days | None:
    """Read one stretch of days; None for what is none."""
    try:
        return _read(unicodedata.normalize("NFKC", text).strip(), today, schema)
    except (ValueError, OverflowError):
        return None


def _read(text: str, today: date, schema: Schema) -> Days | None:
    if day := parse_date(text) or parse_loose_date(text):
        return Days(day, day)
    if found := _QUARTER.match(text):
        return months(int(found[1]), int(found[2]) * 3 - 2, 3)
    if (found := _MONTH.match(text)) and 1 <= int(found[2]) <= 12:
        return months(int(found[1]), int(found[2]), 1)
    if (found := _MONTH_OF_THIS_YEAR.match(text)) and 1 <= int(found[1]) <= 12:
        return months(today.year, int(found[1]), 1)
    if found := _YEAR.match(text):
        return months(int(found[1]), 1, 12)
    if word := schema.word("period", text):
        return _period(word.name, today)
    if (word := schema.word("day", text)) and word.name in _NAMED_DAYS:
        day = today + timedelta(days=_NAMED_DAYS[word.name])
        return Days(day, day)
    return None


def months(year: int, month: int, count: int) -> Days:
    """Return the days of `count` months; months before January or past December roll over."""
    first_month, last_month = year * 12 + month - 1, year * 12 + month + count - 2
    last = divmod(last_month, 12)
    first = divmod(first_month, 12)
    end = calendar.monthrange(last[0], last[1] + 1)[1]
    return Days(date(first[0], first[1] + 1, 1), date(last[0], last[1] + 1, end))


_STEPS = {"last": -1, "this": 0, "next": 1}


def _period(name: str, today: date) -> Days | None:
    which, _, unit = name.partition("-")
    step = _STEPS[which]
    match unit:
        case "week":
            monday = today + timedelta(days=7 * step - today.weekday())
            return Days(monday, monday + timedelta(days=6))
        case "month":
            return months(today.year, today.month + step, 1)
        case "quarter":
            return months(today.year, (today.month - 1) // 3 * 3 + 1 + 3 * step, 3)
    return months(today.year + step, 1, 12)


def read_length(text: str, schema: Schema) -> int | None:
    """Read a length of time (`30d`, `2 weeks`, `3个月`) as days; a month counts 30, a year 365."""
    found = _COUNT.match(unicodedata.normalize("NFKC", text).strip())
    word = schema.word("span", found[2]) if found else None
    return int(found[1]) * _LENGTHS[word.name] if found and word else None
