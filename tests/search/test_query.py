"""The query language: one tree for both languages, and errors that point."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.schema import load_schema
from vault_tool.search.days import Days
from vault_tool.search.query import Reading, parse_query
from vault_tool.search.query_errors import QueryError
from vault_tool.search.tree import And, Between, Equal, Not, Or, Present, Query, Term, Within

SUNDAY = date(2026, 11, 22)
SAVED = {"沉默": "stage:active last:>60d", "环": "@环"}
READING = Reading(
    schema=load_schema(),
    today=SUNDAY,
    me=lambda: "li.na",
    person={"李娜": "li.na", "li.na": "li.na"}.get,
    saved=SAVED.get,
)


def read(text: str) -> Query:
    return parse_query(text, READING)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And(())),
        ("报价", Term("报价")),
        ("报价 预算", And((Term("报价"), Term("预算")))),
        ('"企业版 方案"', Term("企业版 方案", phrase=True)),
        ("“企业版 方案”", Term("企业版 方案", phrase=True)),
        ("报价 OR 折扣 优惠", Or((Term("报价"), And((Term("折扣"), Term("优惠")))))),
        ("-测试 报价", And((Not(Term("测试")), Term("报价")))),
        ("（报价 OR 折扣） -x", And((Or((Term("报价"), Term("折扣"))), Not(Term("x"))))),
        ("预算*", Term("预算", prefix=True)),
        ("企也版~", Term("企也版", fuzzy=True)),
        ("a-b", Term("a-b")),
        ("10:20", Term("10:20")),
        ("https://example.com", Term("https://example.com")),
        ("stage:proposal", Equal("stage", ("proposal",))),
        ("阶段：方案报价", Equal("stage", ("proposal",))),
        ("stage:won,lost", Or((Equal("stage", ("won",)), Equal("stage", ("lost",))))),
        ("-stage:won", Not(Equal("stage", ("won",)))),
        ("负责人:me", Equal("owner", ("li.na",))),
        ("owner:我", Equal("owner", ("li.na",))),
        ("author:李娜", Equal("author", ("li.na",), of_entry=True)),
        ("channel:电话", Equal("channel", ("call",), of_entry=True)),
        ("tag:VIP", Equal("tags", ("VIP",))),
        ('customer:"Nordlicht GmbH"', Equal("customer", ("Nordlicht GmbH",))),
        ("has:生日", Present("birthday")),
        ("无:下次跟进", Not(Present("next"))),
        ("date:2026-01..2026-03", Within("date", Days(date(2026, 1, 1), date(2026, 3, 31)), of_entry=True)),
        ("日期:>=2026-10", Within("date", Days(date(2026, 10, 1), None), of_entry=True)),
        ("date:<2026", Within("date", Days(None, date(2025, 12, 31)), of_entry=True)),
        ("date:2026Q1", Within("date", Days(date(2026, 1, 1), date(2026, 3, 31)), of_entry=True)),
        ("date:上周", Within("date", Days(date(2026, 11, 9), date(2026, 11, 15)), of_entry=True)),
        ("date:上个月", Within("date", Days(date(2026, 10, 1), date(2026, 10, 31)), of_entry=True)),
        ("date:昨天", Within("date", Days(date(2026, 11, 21), date(2026, 11, 21)), of_entry=True)),
        ("date:去年", Within("date", Days(date(2025, 1, 1), date(2025, 12, 31)), of_entry=True)),
        ("last:>30d", Within("last", Days(None, date(2026, 10, 22)))),
        ("next:<=7d", Within("next", Days(None, date(2026, 11, 29)))),
        ("下次跟进:本周", Within("next", Days(date(2026, 11, 16), date(2026, 11, 22)))),
        ("amount:>10000", Between("amount", Decimal(10000), None, low_included=False, of_entry=True)),
        ("预计金额:5万..10万", Between("expected_amount", Decimal(50000), Decimal(100000))),
        ("@沉默", And((Equal("stage", ("active",)), Within("last", Days(None, date(2026, 9, 22)))))),
    ],
)
def test_a_query_means_what_it_says(text: str, tree: Query) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("(报价", 1, "closed"),
        ("报价)", 3, "closes nothing"),
        ("报价 OR", 6, "should stand"),
        ("OR 报价", 1, "should stand"),
        ('报价 "企业', 4, "never closed"),
        ("报价 stge:won", 4, "stage"),
        ("foobar:won", 1, "foobar"),
        ("stage:x", 1, "won"),
        ("stage:", 7, "should stand"),
        ("date:某天", 1, "2026"),
        ("amount:多", 1, "10000"),
        ("owner:无名", 1, "team"),
        ("@没有", 1, "saved"),
        ("@环", 1, "groups"),
        ("(" * 60 + "x" + ")" * 60, 51, "groups"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_could_stand_there(
    text: str, position: int, said: str
) -> None:
    with pytest.raises(QueryError) as caught:
        read(text)

    assert caught.value.values["position"] == position
    assert said in caught.value.hint.format(**caught.value.values)


@given(st.text(alphabet='报价 OR-()"“”:：*~@a1<>=.,，（）stage日期d', max_size=30))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        read(text)
    except QueryError as error:
        assert 1 <= int(str(error.values["position"])) <= len(text) + 1
