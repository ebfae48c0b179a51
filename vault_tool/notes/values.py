"""What a value means: dates, amounts, lists and the rest, typed by the schema and never by YAML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from collections.abc import Mapping as MappingType
from datetime import date
from decimal import Decimal
from functools import lru_cache

from vault_tool.named import NamedTuple
from vault_tool.notes.nodes import Alias, Mapping, Node, Scalar, Sequence
from vault_tool.notes.numerals import leading_numeral
from vault_tool.patterns import pattern
from vault_tool.schema import Field, FieldType, Schema


class Amount(NamedTuple):
    """A sum of money; `currency` is a canonical code, None where only the number was given."""

    value: Decimal
    currency: str | None


class Dated(NamedTuple):
    """A day and what it is for (`2026-11-27 发新报价`); `date` is None where no ISO date leads."""

    date: date | None
    text: str


Value = str | int | Decimal | date | Amount | Dated | tuple["Value", ...] | MappingType[str, "Value"]

_LOOSE = pattern(
    r"(?P<year>\d{4})(?:\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]?"
    r"|(?P<mark>[-/.])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})|(?P<mm>\d{2})(?P<dd>\d{2}))\Z",
    re.ASCII,
)


def parse_date(text: str) -> date | None:
    """Read an ISO date (`2026-11-20`); None for anything else and for a day that never was."""
    # The marks are looked at because Python reads other ISO forms as well: `20261120`, `2026-W47-5`.
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    return _known_day(text)


@lru_cache(maxsize=4096)
def _known_day(text: str) -> date | None:
    # The days of one note are those of the next one.
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_loose_date(text: str) -> date | None:
    """Read a full date as people write it: `2023年1月15日`, `2023/1/15`, `20230115`, in any width."""
    if day := parse_date(text):
        return day  # as nearly all are written
    found = _LOOSE.match(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    month = found["month"] or found["m"] or found["mm"]
    return _day(found["year"], month, found["day"] or found["d"] or found["dd"])


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


# --- amounts -----------------------------------------------------------------------------------------------

_AMOUNT = pattern(
    r"(?P<before>[^\d+\-.,]*?)\s*(?P<sign>[+-]?)(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<after>\D*)\Z",
    re.ASCII,
)


def parse_amount(text: str, schema: Schema) -> Amount | None:
    """Read `80000 CNY`, `80,000 元`, `¥80,000`, `8万`, `八十万`, `1.2亿` or `USD 1,000`; else None.

    Units and currencies are the schema's words. Nothing is rounded.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    found = _AMOUNT.match(text)
    if not found:
        return _said_amount(text, schema)
    if len(found["number"]) > 40:
        return None
    after = found["after"].strip()
    factor, rest = _unit(after, schema)
    currency: str | None = None
    for word in (found["before"].strip(), rest):
        if not word:
            continue
        known = schema.word("currency", word)
        if known is None or currency not in (None, known.name):
            return None
        currency = known.name
    value = Decimal(found["sign"] + found["number"].replace(",", "")) * factor
    return Amount(value, currency)


def _said_amount(text: str, schema: Schema) -> Amount | None:
    """Read an amount whose number is in words."""
    numeral = leading_numeral(text.casefold(), schema)
    if numeral is None:
        return None
    factor, rest = _unit(numeral.rest, schema)
    currency = schema.word("currency", rest) if rest else None
    if rest and currency is None:
        return None
    return Amount(Decimal(numeral.value * factor), currency.name if currency else None)


def _unit(after: str, schema: Schema) -> tuple[int, str]:
    """Split `万元` into 10,000 and `元`; the longest unit wins, a currency of that very spelling first."""
    folded = after.casefold()
    if not folded or schema.word("currency", folded):
        return 1, after
    for unit in sorted(schema.units, key=len, reverse=True):
        if folded.startswith(unit.casefold()):
            rest = after[len(unit) :].strip()
            if not rest or schema.word("currency", rest):
                return schema.units[unit], rest
    return 1, after


# --- fields ------------------------------------------------------------------------------------------------

# Asked of every value: to name them within their enumeration takes ten times as long.
_LIST, _LISTED = FieldType.LIST, (FieldType.LIST, FieldType.MAPS)
_LIST_BREAK = pattern(r"[,，、;；]")
_WIKILINK = pattern(r"\[\[([^\[\]|]+)(?:\|[^\[\]]*)?\]\]\Z")


def read_value(field: Field, node: Node, schema: Schema) -> Value | None:
    """Return a field's canonical value; None when it is empty.

    Reading is lenient: what doesn't fit the type is the text as typed, and the linter says so.
    """
    match node:
        case Scalar():
            return _read_scalar(field, node.text.strip(), schema)
        case Sequence():
            values = tuple(
                value for item in node.items if (value := _read_item(field, item, schema)) is not None
            )
            if not values:
                return None
            return values if is_listed(field) else ", ".join(map(plain, values))
        case Mapping():
            inner = read_mapping(field, node, schema)
            return (inner,) if field.type is FieldType.MAPS else inner
        case Alias():
            return None


def is_listed(field: Field) -> bool:
    """Tell whether a field's value is a tuple, even of one."""
    return field.many or field.type in _LISTED


def read_mapping(field: Field, node: Mapping, schema: Schema) -> dict[str, Value]:
    """Read a map with the canonical names of its inner fields; unknown keys stay as typed."""
    values: dict[str, Value] = {}
    for key, value in node.pairs:
        inner = field.inner(key.text)
        read = read_value(inner, value, schema) if inner else raw_value(value)
        if read is not None:
            values.setdefault(inner.name if inner else key.text, read)
    return values


def _read_item(field: Field, item: Node, schema: Schema) -> Value | None:
    match item:
        case Scalar():
            return _read_one(field, item.text.strip(), schema)
        case Mapping() if field.type in (FieldType.MAPS, FieldType.MAP):
            return read_mapping(field, item, schema) or None
        case _:
            return raw_value(item)


def _read_scalar(field: Field, text: str, schema: Schema) -> Value | None:
    if not text:
        return None
    if field.type is _LIST:
        return split_list(text) or None
    one = _read_one(field, text, schema)
    return (one,) if one is not None and is_listed(field) else one


def split_list(text: str) -> tuple[str, ...]:
    """Return the items of a list that was typed as one text, parted by commas or semicolons of any width."""
    return tuple(part for piece in _LIST_BREAK.split(text) if (part := piece.strip()))


def _read_one(field: Field, text: str, schema: Schema) -> Value | None:
    if not text:
        return None
    read = _READERS.get(field.type)
    return read(field, text, schema) if read else text


def _word(field: Field, text: str, schema: Schema) -> str:
    word = schema.word(field.vocabulary or "", text)
    return word.name if word else text


def _amount(field: Field, text: str, schema: Schema) -> Amount | str:
    return parse_amount(text, schema) or text


def _person(field: Field, text: str, schema: Schema) -> str | None:
    return text.lstrip("@＠").strip() or None


def _link(field: Field, text: str, schema: Schema) -> str:
    found = _WIKILINK.match(text)
    return found[1].strip() if found else text


def _days(field: Field, text: str, schema: Schema) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else text


def _date(field: Field, text: str, schema: Schema) -> date | str:
    return parse_date(text) or text


def _dated(field: Field, text: str, schema: Schema) -> Dated:
    return read_dated(text)


def read_dated(text: str) -> Dated:
    """Split `2026-11-27 发新报价` into its day and its words."""
    first, _, rest = text.strip().partition(" ")
    day = parse_date(first)
    return Dated(day, rest.strip()) if day else Dated(None, text.strip())


def _number(field: Field, text: str, schema: Schema) -> Decimal | str:
    if re.fullmatch(r"[+-]?\d{1,30}(\.\d{1,30})?", text, re.ASCII):
        return Decimal(text)
    return text


def _contact_line(field: Field, text: str, schema: Schema) -> Value:
    """`王总 采购总监` is a name and a title: the first two inner fields of the schema that people fill in."""
    told = (inner for inner in field.fields if inner.format != "id")
    return {inner.name: word for inner, word in zip(told, text.split(maxsplit=1), strict=False)}


_READERS: dict[FieldType, Callable[[Field, str, Schema], Value | None]] = {
    FieldType.WORD: _word,
    FieldType.AMOUNT: _amount,
    FieldType.MAPS: _contact_line,
    FieldType.PERSON: _person,
    FieldType.LINK: _link,
    FieldType.DATE: _date,
    FieldType.DATED: _dated,
    FieldType.DAYS: _days,
    FieldType.NUMBER: _number,
}


def raw_value(node: Node) -> Value | None:
    """Return a value that the schema doesn't know, as texts."""
    match node:
        case Scalar(text=text):
            return text or None
        case Sequence(items=items):
            return tuple(value for item in items if (value := raw_value(item)) is not None) or None
        case Mapping(pairs=pairs):
            return {key.text: value for key, node in pairs if (value := raw_value(node)) is not None} or None
        case Alias():
            return None


def plain(value: Value) -> str:
    """Return a value as a person reads it, without any language."""
    match value:
        case Amount(value=number, currency=currency):
            return f"{number:,f} {currency}" if currency else f"{number:,f}"
        case Dated(date=day, text=text):
            return " ".join(part for part in (day.isoformat() if day else "", text) if part)
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(plain(item) for item in value if item is not None)
        case str() | int() | Decimal():
            return str(value)
    return " ".join(plain(item) for item in value.values())
