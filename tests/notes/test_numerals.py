"""Numbers in words, of days and of amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.numerals import leading_numeral
from vault_tool.notes.values import parse_amount
from vault_tool.schema import load_schema

SCHEMA = load_schema()


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("三天", 3, "天"),
        ("十五", 15, ""),
        ("二十万", 20, "万"),
        ("一百二十万", 120, "万"),
        ("一百零五", 105, ""),
        ("三千五百元", 3500, "元"),
        ("two hundred thousand", 200, "thousand"),
        ("two weeks", 2, "weeks"),
    ],
)
def test_a_number_is_read_with_what_stands_behind_it(text: str, value: int, rest: str) -> None:
    assert leading_numeral(text, SCHEMA) == (value, rest)


@pytest.mark.parametrize("text", ["五一", "一百二", "千万", "天", "", "半个月"])
def test_half_a_number_is_none(text: str) -> None:
    assert leading_numeral(text, SCHEMA) is None


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("八万", 80_000, None),
        ("八十万", 800_000, None),
        ("一百二十万元", 1_200_000, "CNY"),
        ("两万美元", 20_000, "USD"),
        ("八千万", 80_000_000, None),
        ("two hundred thousand", 200_000, None),
        ("8万", 80_000, None),
    ],
)
def test_an_amount_may_be_said_in_words(text: str, value: int, currency: str | None) -> None:
    assert parse_amount(text, SCHEMA) == (Decimal(value), currency)


@pytest.mark.parametrize("text", ["多", "八万多", "一万五", "百万", "五一", "两年", ""])
def test_what_is_not_surely_an_amount_is_none(text: str) -> None:
    assert parse_amount(text, SCHEMA) is None


@given(st.text("零一二两十百千万半亿元 tenhudr8", max_size=12))
def test_any_words_are_a_number_or_not_but_never_fail(text: str) -> None:
    found = leading_numeral(text, SCHEMA)

    assert found is None or (text.endswith(found.rest) and 0 <= found.value < 10_000)
    parse_amount(text, SCHEMA)
