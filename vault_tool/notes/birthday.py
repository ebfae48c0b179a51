"""Birthdays, solar and lunar, as people write them."""

from __future__ import annotations

import re
import unicodedata

from vault_tool.named import NamedTuple
from vault_tool.notes.values import parse_date
from vault_tool.patterns import pattern


class Birthday(NamedTuple):
    """A day of the year, solar or lunar; `year` is None where it isn't told."""

    year: int | None
    month: int
    day: int
    lunar: bool
    leap: bool = False


_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九十")}
_DIGITS |= {"正": 1, "冬": 11, "腊": 12, "零": 0}
_LUNAR = pattern(
    r"(?:农历|阴历|旧历|lunar)\s*(?:(?P<year>\d{4})年?[-\s]*)?(?P<leap>闰)?"
    r"(?:(?P<month>[正一二三四五六七八九十冬腊]{1,2}|\d{1,2})月(?P<day>[初十廿三卅一二两四五六七八九]{1,3}|\d{1,2})日?"
    r"|(?P<m>\d{1,2})-(?P<d>\d{1,2}))\Z",
    re.IGNORECASE,
)
_YEARLESS = pattern(r"(?:--)?(\d{1,2})(?:-|月)(\d{1,2})日?\Z", re.ASCII)


def parse_birthday(text: str) -> Birthday | None:
    """Read `1985-09-20`, `09-20`, `9月20日` or a lunar day (`农历八月十五`, `lunar 8-15`)."""
    folded = unicodedata.normalize("NFKC", text).strip()
    if day := parse_date(folded):
        return Birthday(day.year, day.month, day.day, lunar=False)
    if found := _YEARLESS.match(folded):
        # The year 2000 was a leap year: 29 February is somebody's birthday.
        known = parse_date(f"2000-{found[1]:0>2}-{found[2]:0>2}")
        return Birthday(None, known.month, known.day, lunar=False) if known else None
    if not (found := _LUNAR.match(folded)):
        return None
    month, day_number = _lunar_number(found["month"] or found["m"]), _lunar_number(found["day"] or found["d"])
    if month is None or day_number is None or not (1 <= month <= 12 and 1 <= day_number <= 30):
        return None
    year = int(found["year"]) if found["year"] else None
    return Birthday(year, month, day_number, lunar=True, leap=bool(found["leap"]))


def _lunar_number(word: str) -> int | None:
    """Read a lunar month or day: 八, 十五, 初一, 廿三, 三十."""
    if word.isdecimal():
        return int(word)
    word = word.removeprefix("初").replace("廿", "二十").replace("卅", "三十").replace("两", "二")
    if word in _DIGITS:
        return _DIGITS[word]
    tens, ten, ones = word.partition("十")
    if not ten or (tens and tens not in _DIGITS) or (ones and ones not in _DIGITS):
        return None
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
