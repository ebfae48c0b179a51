"""What a value must look like for its type and format, wherever it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from vault_tool.messages import N_
from vault_tool.notes.birthday import parse_birthday
from vault_tool.notes.checksums import CREDIT_CODE_SIGNS, has_credit_check
from vault_tool.notes.values import parse_amount, parse_date, parse_loose_date
from vault_tool.patterns import pattern
from vault_tool.schema import Field, FieldType, Schema

# A full date at a text's start, as people write it; ISO dates are among them.
LOOSE_DATE = pattern(
    r"[0-9０-９]{4}(?:[ 　]?年[ 　]?[0-9０-９]{1,2}[ 　]?月[ 　]?[0-9０-９]{1,2}(?:[ 　]?[日号])?"
    r"|([-/.－／．])[0-9０-９]{1,2}\1[0-9０-９]{1,2})(?![0-9０-９])"
)
COMPACT_DATE = pattern(r"(?:19|20)\d{6}(?!\d)", re.ASCII)

NEEDS_DATE = N_("`{key}` needs a date such as 2026-11-27")
NEEDS_LEADING_DATE = N_("`{key}` needs a date in front, such as 2026-11-27")
NEEDS_BIRTHDAY = N_("`{key}` needs a day such as 1985-09-20, 09-20 or 农历八月十五")
NEEDS_DAYS = N_("`{key}` needs a number of days such as 90")
NEEDS_AMOUNT = N_("`{key}` needs an amount such as 80,000 CNY or 8万")
NEEDS_NUMBER = N_("`{key}` needs a number")
NEEDS_WORD = N_("`{key}` doesn't know this word")
NEEDS_EMAIL = N_("`{key}` is no e-mail address")
NEEDS_URL = N_("`{key}` is no web address")
NEEDS_PHONE = N_("`{key}` is no telephone number")
NEEDS_CREDIT_CODE = N_("`{key}` is mistyped: its check digit doesn't fit")

_EMAIL = pattern(r"[^\s@<>,;]+@[^\s@<>,;.]+(?:\.[^\s@<>,;.]+)+\Z")
_URL = pattern(r"(?:https?://)?[^\s/.@:]+(?:\.[^\s/.@:]+)+(?::\d+)?(?:[/?#]\S*)?\Z", re.IGNORECASE)
_PHONE = pattern(r"[0-9+()（） .\-－/、,，;#*]+(?:(?:ext|x|转|分机)[. :]*\d+)?\Z", re.IGNORECASE)


def leading_date(text: str) -> str | None:
    """Return the full date that a text begins with, as typed; None for no date or half of one."""
    found = LOOSE_DATE.match(text) or COMPACT_DATE.match(text)
    return found[0] if found else None


FormCheck = Callable[[Field, str, Schema], str | None]


def form_of(field: Field) -> FormCheck | None:
    """Return the check of a field's values, as `problem_of`; None where any text will do, as for most."""
    if field.type is FieldType.TEXT and field.format not in _FORMATS:
        return None
    return _TYPES.get(field.type)


def problem_of(field: Field, text: str, schema: Schema) -> str | None:
    """Return a message id that says what is wrong with a value of this field; None when nothing is.

    A full date in another form than ISO is right here: a rule of its own mends it.
    """
    check = form_of(field)
    return check(field, text, schema) if check else None


def _is_date(text: str) -> bool:
    return parse_date(text) is not None or parse_loose_date(text) is not None


def _date(field: Field, text: str, schema: Schema) -> str | None:
    return None if _is_date(text) else NEEDS_DATE


def _dated(field: Field, text: str, schema: Schema) -> str | None:
    date_text = leading_date(text)
    return None if date_text and _is_date(date_text) else NEEDS_LEADING_DATE


def _birthday(field: Field, text: str, schema: Schema) -> str | None:
    return None if parse_birthday(text) or _is_date(text) else NEEDS_BIRTHDAY


def _days(field: Field, text: str, schema: Schema) -> str | None:
    return None if re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII) else NEEDS_DAYS


def _amount(field: Field, text: str, schema: Schema) -> str | None:
    return None if parse_amount(text, schema) else NEEDS_AMOUNT


def _number(field: Field, text: str, schema: Schema) -> str | None:
    return None if re.fullmatch(r"[+-]?\d{1,30}(?:\.\d{1,30})?", text, re.ASCII) else NEEDS_NUMBER


def _word(field: Field, text: str, schema: Schema) -> str | None:
    return None if schema.word(field.vocabulary or "", text) else NEEDS_WORD


def _text(field: Field, text: str, schema: Schema) -> str | None:
    check = _FORMATS.get(field.format or "")
    return check(text if text.isascii() else unicodedata.normalize("NFKC", text)) if check else None


_TYPES: dict[FieldType, FormCheck] = {
    FieldType.TEXT: _text,
    FieldType.WORD: _word,
    FieldType.DATE: _date,
    FieldType.DATED: _dated,
    FieldType.BIRTHDAY: _birthday,
    FieldType.DAYS: _days,
    FieldType.AMOUNT: _amount,
    FieldType.NUMBER: _number,
}


def _email(text: str) -> str | None:
    return None if _EMAIL.match(text) else NEEDS_EMAIL


def _url(text: str) -> str | None:
    return None if _URL.match(text) else NEEDS_URL


def _phone(text: str) -> str | None:
    return None if _PHONE.match(text) and sum(map(str.isdecimal, text)) >= 3 else NEEDS_PHONE


def _credit_code(text: str) -> str | None:
    """Check the last digit of a Chinese credit code (GB 32100-2015); other countries' numbers pass."""
    code = text.replace(" ", "").upper()
    if len(code) != 18 or code.strip(CREDIT_CODE_SIGNS):
        return None
    return None if has_credit_check(code) else NEEDS_CREDIT_CODE


_FORMATS: dict[str, Callable[[str], str | None]] = {
    "email": _email,
    "url": _url,
    "phone": _phone,
    "mobile": _phone,
    "credit_code": _credit_code,
}
