"""Days as people say them, in both languages and both directions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.dates import read_day
from vault_tool.schema import load_schema

SCHEMA = load_schema()
SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("said", "day", "rest"),
    [
        ("2026-12-01 发新报价", "2026-12-01", "发新报价"),
        ("周五 发新报价", "2026-11-27", "发新报价"),
        ("下周五", "2026-11-27", ""),
        ("本周五 x", "2026-11-20", "x"),
        ("星期日", "2026-11-29", ""),
        ("next Friday send quote", "2026-11-27", "send quote"),
        ("Friday send quote", "2026-11-27", "send quote"),
        ("明天", "2026-11-23", ""),
        ("tomorrow call back", "2026-11-23", "call back"),
        ("day after tomorrow call", "2026-11-24", "call"),
        ("大后天 寄样", "2026-11-25", "寄样"),
        ("+3d 回访", "2026-11-25", "回访"),
        ("3天后 回访", "2026-11-25", "回访"),
        ("两 天", None, None),
        ("2周后", "2026-12-06", ""),
        ("in 2 weeks visit", "2026-12-06", "visit"),
        ("+3个月", "2027-02-22", ""),
        ("11-27 发报价", "2026-11-27", "发报价"),
        ("3月15日 发报价", "2027-03-15", "发报价"),
        ("25号", "2026-11-25", ""),
        ("5号", "2026-12-05", ""),
        ("月底 对账", "2026-11-30", "对账"),
        ("2026年12月1日 对账", "2026-12-01", "对账"),
        ("发新报价", None, None),
        ("80万", None, None),
        ("+9999y x", None, None),
        ("2-30", None, None),
    ],
)
def test_a_next_step_lies_ahead(said: str, day: str | None, rest: str | None) -> None:
    read = read_day(said, SUNDAY, SCHEMA)

    assert (read.day.isoformat() if read else None, read.rest if read else None) == (day, rest)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("昨天", "2026-11-21"),
        ("yesterday", "2026-11-21"),
        ("周五", "2026-11-20"),
        ("周日", "2026-11-22"),
        ("11-25", "2025-11-25"),
        ("3 days ago", "2026-11-19"),
        ("-1w", "2026-11-15"),
        ("25号", "2026-10-25"),
        ("上周五", "2026-11-13"),
    ],
)
def test_what_happened_lies_behind(said: str, day: str) -> None:
    read = read_day(said, SUNDAY, SCHEMA, "past")

    assert read is not None
    assert read.day.isoformat() == day


@given(st.text(max_size=20), st.dates())
def test_any_text_is_read_or_not_but_never_fails(text: str, today: date) -> None:
    read = read_day(text, today, SCHEMA)

    assert read is None or text.strip().endswith(read.rest)
