"""Days as people say them: `周五`, `明天`, `next Friday`, `11-27`, `3天后`. The words are the schema's."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, timedelta
from typing import Literal

from vault_tool.named import NamedTuple
from vault_tool.notes.numerals import behind_half, leading_numeral
from vault_tool.notes.values import parse_date, parse_loose_date
from vault_tool.patterns import pattern
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
_MONTHS = {"last-month": -1, "this-month": 0, "next-month": 1}
_SPANS = {"day": 1, "week": 7}
_HALVES = {"month": ("day", 15), "year": ("month", 6)}

_MONTH_DAY = pattern(r"(\d{1,2})(?:[-/]|月)(\d{1,2})[日号]?\Z", re.ASCII)
_DAY_OF_MONTH = pattern(r"(\d{1,2})[日号]\Z", re.ASCII)
_COUNTED = pattern(r"(\d{1,4})\s*([^\d\s]\D*)\Z", re.ASCII)
_LIKE_A_DAY = pattern(
    r"\d{4}(?:[-/.]\d{1,2}[-/.]|年\d{1,2}月)\d{1,2}(?!\d)"
    r"|\d{1,2}(?:月\d{1,2}[日号]|[-/月]\d{1,2}(?![\d.%㐀-鿿]))"
    r"|\d{1,2}[日号]",
    re.ASCII,
)
# The longest is `beginning of next month`; no words of a vault's own need more.
_MOST_WORDS = 4
_MOST_CHARACTERS = 40
_STOPS = ",，:：、;；"
# What joins numbers doesn't end a day.
_JOINTS = "-/.%~+"


def read_day(text: str, today: date, schema: Schema, direction: Direction = "future") -> SaidDay | None:
    """Read the day a text begins with, and the rest; None when it begins with none.

    What leaves year or week open goes in `direction` from today: `周五` said of a next step is the coming
    Friday, never today; said of what happened, the last one, today included. The longest day is meant, and a
    comma or colon behind it is no part of the rest.
    """
    text = text.strip()
    for end in range(min(len(text), _MOST_CHARACTERS), 0, -1):
        phrase = " ".join(unicodedata.normalize("NFKC", text[:end]).casefold().split())
        if not _may_end(phrase, text[end - 1 : end + 1], schema):
            continue
        if day := _read_phrase(phrase, today, schema, direction):
            rest = text[end:].lstrip()
            return SaidDay(day, rest[1:].lstrip() if rest[:1] in tuple(_STOPS) else rest)
    return None


def looks_like_day(text: str) -> bool:
    """Tell whether a text begins with what has the form of a date, there or not: `2026-02-30`, `2月30日`."""
    return bool(_LIKE_A_DAY.match(unicodedata.normalize("NFKC", text).strip()))


def _may_end(phrase: str, seam: str, schema: Schema) -> bool:
    """Tell whether a day may end within `seam`: its last character and the one behind it, if any."""
    if phrase.count(" ") >= _MOST_WORDS or seam[0].isspace() or seam[0] in _STOPS:
        return False
    if len(seam) == 1 or seam[1].isspace():
        return True
    # Without a blank: `周五发报价`, `11-27：发报价`, `明天3点`, but not `11.5`, `2-3天` or `下周3`.
    after = unicodedata.normalize("NFKC", seam[1])[0]
    if after.isdecimal():
        return _is_han(phrase[-1]) and not schema.word("period", phrase)
    if _is_han(after):
        return len(phrase) > 1 and (not phrase[-1].isdecimal() or len(phrase) >= len("20261127"))
    return after not in _JOINTS and unicodedata.category(after).startswith("P")


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _read_phrase(phrase: str, today: date, schema: Schema, direction: Direction) -> date | None:
    if exact := parse_date(phrase) or parse_loose_date(phrase):
        return exact
    try:
        return (
            _relative(phrase, today, schema)
            or _edge(phrase, today, schema, direction)
            or _weekday(phrase, today, schema, direction)
            or _of_year(phrase, today, direction)
        )
    except (OverflowError, ValueError):
        return None


def _relative(phrase: str, today: date, schema: Schema) -> date | None:
    if word := schema.word("day", phrase):
        return today + timedelta(days=_DAYS[word.name]) if word.name in _DAYS else None
    return _counted(phrase, today, schema)


def _edge(phrase: str, today: date, schema: Schema, direction: Direction) -> date | None:
    """Read `月底`, `年底`, `下月初`, `下周` (its Monday), `下个月` (its first day), `下个月5号`."""
    if word := schema.word("day", phrase):
        return _edge_named(word.name, today, direction)
    if period := schema.word("period", phrase):
        if period.name == "next-week":
            return today + timedelta(days=7 - today.weekday())
        return _month(today, 1) if period.name == "next-month" else None
    if found := _DAY_OF_MONTH.search(phrase):
        period = schema.word("period", phrase[: found.start()])
        step = _MONTHS.get(period.name) if period else None
        return None if step is None else _month(today, step).replace(day=int(found[1]))
    return None


def _edge_named(name: str, today: date, direction: Direction) -> date | None:
    match name:
        case "month-start":
            return _month(today, 1 if direction == "future" and today.day > 1 else 0)
        case "month-end":
            return _month(today, 1) - timedelta(days=1)
        case "next-month-start":
            return _month(today, 1)
        case "next-month-end":
            return _month(today, 2) - timedelta(days=1)
        case "year-end":
            end = date(today.year, 12, 31)
            return end if direction == "future" or today == end else end.replace(year=today.year - 1)
    return None


def _month(today: date, step: int) -> date:
    """Return the first day of a month, counted from this one."""
    return _shifted(today.replace(day=1), "month", step)


def _counted(phrase: str, today: date, schema: Schema) -> date | None:
    """Read `+3d`, `-1w`, `3天后`, `两周后`, `半个月后`, `in 2 weeks`: a number, a span, and which way."""
    before, _, behind = phrase.partition(" ")
    if behind and (way := schema.word("way", before)) and way.name == "later":
        length = _length(behind, schema)
        return _shifted(today, *length) if length else None
    if phrase[:1] in ("+", "-"):
        length = _length(phrase[1:], schema) if phrase[1:2].isdecimal() else None
        return _shifted(today, length[0], -length[1] if phrase[0] == "-" else length[1]) if length else None
    for cut in range(len(phrase) - 1, 1, -1):
        if (way := schema.word("way", phrase[cut:])) and (length := _length(phrase[:cut], schema)):
            return _shifted(today, length[0], length[1] if way.name == "later" else -length[1])
    return None


def _length(phrase: str, schema: Schema) -> tuple[str, int] | None:
    """Read `3d`, `三天`, `two weeks`, `半个月`: a span's name and how many of it."""
    if (behind := behind_half(phrase, schema)) is not None:
        span = schema.word("span", behind)
        return _HALVES.get(span.name) if span else None
    if found := _COUNTED.match(phrase):
        count, unit = int(found[1]), found[2]
    elif numeral := leading_numeral(phrase, schema):
        count, unit = numeral
    else:
        return None
    span = schema.word("span", unit)
    return (span.name, count) if span else None


def _shifted(today: date, span: str, count: int) -> date:
    if span in _SPANS:
        return today + timedelta(days=_SPANS[span] * count)
    months = today.year * 12 + today.month - 1 + count * (12 if span == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _weekday(phrase: str, today: date, schema: Schema, direction: Direction) -> date | None:
    """Read `周五`, `friday`, `下周五`, `next friday`: a weekday of a named week, or the nearest one."""
    if (word := schema.word("weekday", phrase)) and len(phrase) > 1:
        ahead = (_WEEKDAYS.index(word.name) - today.weekday()) % 7
        return today + timedelta(days=(ahead or 7) if direction == "future" else (ahead - 7 if ahead else 0))
    for cut in range(len(phrase) - 1, 0, -1):
        week, word = schema.word("week", phrase[:cut]), schema.word("weekday", phrase[cut:])
        if week and word and (cut < len(phrase) - 1 or _names_week(phrase[:cut], schema)):
            monday = today - timedelta(days=today.weekday())
            return monday + timedelta(days=7 * _WEEKS[week.name] + _WEEKDAYS.index(word.name))
    return None


def _names_week(phrase: str, schema: Schema) -> bool:
    """Tell `下周` from `下`: only the first makes a Monday of `一` (`下一步` is none)."""
    spans = (schema.word("span", phrase[cut:]) for cut in range(1, len(phrase)))
    return any(span and span.name == "week" for span in spans)


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
