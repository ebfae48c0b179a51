"""The values of a filter that are days or numbers: `>=2026-10`, `2026-01..2026-03`, `<=7d`, `>8万`. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from vault_tool.notes.values import Amount, parse_amount
from vault_tool.patterns import pattern
from vault_tool.schema import Schema
from vault_tool.search.days import Days, read_days, read_length
from vault_tool.search.query_errors import Backward, BadDays, BadNumber, QueryError
from vault_tool.search.tree import Between, Within

_COMPARISON = pattern(r"(>=|<=|>|<|=|≥|≤)?\s*(.*)\Z", re.DOTALL)
_SAME = {"≥": ">=", "≤": "<=", None: "="}
# A length of time counts back from today where a field tells of what was, and ahead where of what will be.
_PAST = frozenset({"date", "last", "created", "reviewed"})
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_ONE_DAY = timedelta(days=1)


class NotReadable(Exception):
    """A value that is no range; `kind` says why."""

    def __init__(self, kind: type[QueryError]) -> None:
        self.kind = kind
        super().__init__(kind.__name__)


def read_within(name: str, text: str, today: date, schema: Schema, *, of_entry: bool = False) -> Within:
    """Read days. `last:>30d` is longer ago than that, `next:<=7d` no further ahead, overdue ones included."""
    try:
        days = _days(name, text, today, schema)
    except OverflowError:
        raise NotReadable(BadDays) from None
    if days.first and days.last and days.first > days.last:
        raise NotReadable(Backward)
    return Within(name, days, of_entry)


def _days(name: str, text: str, today: date, schema: Schema) -> Days:
    operator, value = _compared(text)
    if operator == "=" and ".." in value:
        low, _, high = value.partition("..")
        first, last = (_some_days(part, today, schema) if part else None for part in (low, high))
        if not first and not last:
            raise NotReadable(BadDays)
        return Days(first.first if first else None, last.last if last else None)
    # `11月` is November where nothing is compared, and eleven months elsewhere.
    is_day = operator == "=" and read_days(value, today, schema)
    if not is_day and (length := read_length(value, schema)) is not None:
        if name not in _PAST:
            return _compare(operator, today + timedelta(days=length), today + timedelta(days=length))
        day = today - timedelta(days=length)
        return _compare(_TURNED.get(operator, operator), day, day)
    days = _some_days(value, today, schema)
    assert days.first and days.last  # read_days leaves no end open
    return _compare(operator, days.first, days.last)


def _some_days(text: str, today: date, schema: Schema) -> Days:
    days = read_days(text, today, schema)
    if days is None:
        raise NotReadable(BadDays)
    return days


def _compare(operator: str, first: date, last: date) -> Days:
    match operator:
        case ">":
            return Days(last + _ONE_DAY, None)
        case ">=":
            return Days(first, None)
        case "<":
            return Days(None, first - _ONE_DAY)
        case "<=":
            return Days(None, last)
    return Days(first, last)


def read_between(name: str, text: str, schema: Schema, currency: str, *, of_entry: bool = False) -> Between:
    """Read a number or a range of them; one in a currency is about amounts in that currency alone.

    `currency` is that of the amounts which name none.
    """
    operator, value = _compared(text)
    low: Amount | None = None
    high: Amount | None = None
    if operator == "=" and ".." in value:
        before, _, after = value.partition("..")
        low, high = (_amount(part, schema) if part else None for part in (before, after))
        if not low and not high:
            raise NotReadable(BadNumber)
    else:
        amount = _amount(value, schema)
        low = amount if operator in (">", ">=", "=") else None
        high = amount if operator in ("<", "<=", "=") else None
    if low and high and low.value > high.value:
        raise NotReadable(Backward)
    said = {amount.currency for amount in (low, high) if amount and amount.currency}
    if len(said) > 1:
        raise NotReadable(BadNumber)
    currencies: tuple[str | None, ...] = tuple(said)
    if currency in said:
        currencies = (currency, None)
    return Between(
        name,
        _value(low),
        _value(high),
        low_included=operator != ">",
        high_included=operator != "<",
        of_entry=of_entry,
        currencies=currencies,
    )


def _value(amount: Amount | None) -> Decimal | None:
    return amount.value if amount else None


def _amount(text: str, schema: Schema) -> Amount:
    amount = parse_amount(text, schema)
    if amount is None:
        raise NotReadable(BadNumber)
    return amount


def _compared(text: str) -> tuple[str, str]:
    found = _COMPARISON.match(unicodedata.normalize("NFKC", text))
    assert found is not None  # the pattern matches any text
    return _SAME.get(found[1], found[1]), found[2].strip()
