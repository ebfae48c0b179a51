"""Days as people say them, in both languages and both directions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.dates import looks_like_day, read_day
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
        ("周五发报价", "2026-11-27", "发报价"),
        ("周五：发报价", "2026-11-27", "发报价"),
        ("周五（上午）拜访", "2026-11-27", "（上午）拜访"),
        ("11-27，发报价", "2026-11-27", "发报价"),
        ("11-27, 发报价", "2026-11-27", "发报价"),
        ("2026-11-27发报价", "2026-11-27", "发报价"),
        ("下周三下午3点 拜访", "2026-11-25", "下午3点 拜访"),
        ("明天3点 拜访", "2026-11-23", "3点 拜访"),
        ("25号发报价", "2026-11-25", "发报价"),
        ("三天后", "2026-11-25", ""),
        ("三天后回访", "2026-11-25", "回访"),
        ("两周后", "2026-12-06", ""),
        ("十天后", "2026-12-02", ""),
        ("十五天后", "2026-12-07", ""),
        ("两个月后 对账", "2027-01-22", "对账"),
        ("半个月后", "2026-12-07", ""),
        ("半年后", "2027-05-22", ""),
        ("in two weeks", "2026-12-06", ""),
        ("two weeks later call", "2026-12-06", "call"),
        ("下周", "2026-11-23", ""),
        ("下周发报价", "2026-11-23", "发报价"),
        ("下周末 爬山", "2026-11-28", "爬山"),
        ("下下周一", "2026-11-30", ""),
        ("next week call", "2026-11-23", "call"),
        ("下个月", "2026-12-01", ""),
        ("下月 对账", "2026-12-01", "对账"),
        ("next month", "2026-12-01", ""),
        ("下个月5号发货", "2026-12-05", "发货"),
        ("下月底对账", "2026-12-31", "对账"),
        ("月初", "2026-12-01", ""),
        ("年底 续约", "2026-12-31", "续约"),
        ("end of year", "2026-12-31", ""),
        ("end of next month pay", "2026-12-31", "pay"),
        ("11.5", None, None),
        ("11.5 万", None, None),
        ("3件", None, None),
        ("2-3天内回复", None, None),
        ("下周3", None, None),
        ("下一步发报价", None, None),
        ("一起吃饭", None, None),
        ("天津出差", None, None),
        ("五一后拜访", None, None),
        ("2026-02-30", None, None),
        ("2月30日发报价", None, None),
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
        ("two days ago", "2026-11-20"),
        ("三天前", "2026-11-19"),
        ("上个月5号", "2026-10-05"),
        ("年底", "2025-12-31"),
        ("月初", "2026-11-01"),
    ],
)
def test_what_happened_lies_behind(said: str, day: str) -> None:
    read = read_day(said, SUNDAY, SCHEMA, "past")

    assert read is not None
    assert read.day.isoformat() == day


_SAID = "下上周一三五日天后前半个月年底号今明+-/.:：，,0123456789 d"


@given(st.text(max_size=20) | st.text(_SAID, max_size=12), st.dates())
def test_any_text_is_read_or_not_but_never_fails(text: str, today: date) -> None:
    read = read_day(text, today, SCHEMA)

    assert read is None or text.strip().endswith(read.rest)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026/2/30 x", "2026年2月30日", "2-30 发报价", "2月30日", "32号"]
)
def test_a_day_that_never_was_still_looks_like_one(text: str) -> None:
    assert read_day(text, SUNDAY, SCHEMA) is None
    assert looks_like_day(text)


@pytest.mark.parametrize("text", ["发报价", "11.5", "80万", "3件", "2-3天内回复", "周五", ""])
def test_what_has_no_form_of_a_date_does_not_look_like_one(text: str) -> None:
    assert not looks_like_day(text)
