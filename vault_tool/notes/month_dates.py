"""Full dates whose month is a word: `Jan 4, 2023`, `4 January 2023`. The words are the schema's."""

from __future__ import annotations

from datetime import date

from vault_tool.patterns import pattern
from vault_tool.schema import Schema

_MONTH = "[A-Z][a-z]{2,8}"
_ORDINAL = "(?:st|nd|rd|th)?"
_MONTH_DAY = rf"(?:{_MONTH}\.? [0-9]{{1,2}}{_ORDINAL}|[0-9]{{1,2}}{_ORDINAL} {_MONTH}\.?)"
MONTH_DATE = rf"{_MONTH_DAY},? (?:19|20)[0-9]{{2}}(?![0-9])"
"""A pattern for what looks like one; `read_month_date` tells whether it is."""

MONTH_DATE_BEGINS = rf"{_MONTH}\.? [0-9]|[0-9]{{1,2}}{_ORDINAL} {_MONTH}"
"""A cheaper pattern for its first characters."""

_PART = pattern(r"[A-Za-z]{3,}|[0-9]+")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def read_month_date(text: str, schema: Schema) -> date | None:
    """Read a text that matches `MONTH_DATE`; None for a word that is no month and a day that never was."""
    first, second, year = _PART.findall(text)
    name, day = (second, first) if first.isdigit() else (first, second)
    word = schema.word("month", name)
    if word is None or word.name not in _MONTHS:
        return None
    try:
        return date(int(year), _MONTHS.index(word.name) + 1, int(day))
    except ValueError:
        return None
