"""Whole numbers in words: `三`, `十五`, `一百二十`, `two hundred`. The words are the schema's."""

from __future__ import annotations

from vault_tool.named import NamedTuple
from vault_tool.schema import Schema, Word

_DIGITS = {
    name: value
    for value, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
_PLACES = {"ten": 10, "hundred": 100, "thousand": 1000}


class Numeral(NamedTuple):
    """A number and what stands behind it."""

    value: int
    rest: str


def leading_numeral(text: str, schema: Schema) -> Numeral | None:
    """Read the number below 10,000 that a text begins with; None where it begins with none, or half of one.

    `五一` and `一百二` are none: digits without their places, and a place that speech leaves out.
    """
    total, digit, place, has_zero = 0, None, 10_000, False
    rest = text
    while found := _leading_word(rest, schema):
        word, length = found
        if (value := _DIGITS.get(word.name)) is not None:
            if digit:
                return None
            digit, has_zero = value, has_zero or value == 0
        elif (value := _PLACES.get(word.name, place)) < place:
            if digit is None and not (value == 10 and rest == text):
                return None
            total += (1 if digit is None else digit) * value
            digit, place, has_zero = None, value, False
        else:
            break
        rest = rest[length:].lstrip()
    if rest == text or (digit and place not in (10, 10_000) and not has_zero):
        return None
    return Numeral(total + (digit or 0), rest)


def behind_half(text: str, schema: Schema) -> str | None:
    """Return what stands behind a leading `half`; None where there is none."""
    found = _leading_word(text, schema)
    return text[found[1] :].lstrip() if found and found[0].name == "half" else None


def _leading_word(text: str, schema: Schema) -> tuple[Word, int] | None:
    """Return the longest word of a number that a text begins with, and how long it is there."""
    found: tuple[Word, int] | None = None
    for word in schema.vocabularies.get("number", ()):
        for said in word.spellings:
            if text.startswith(said.casefold()) and (found is None or len(said) > found[1]):
                found = word, len(said)
    return found
