"""The query language: one tree for both languages, and errors that point."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.schema import load_schema
from vault_tool.search.days import Days
from vault_tool.search.query import MAX_PARTS, Reading, parse_query
from vault_tool.search.query_errors import QueryError
from vault_tool.search.tree import And, Between, Equal, Holding, Not, Or, Present, Query, Term, Within

SUNDAY = date(2026, 11, 22)
SAVED = {
    "沉默": "stage:active last:>60d",
    "我的沉默": "@沉默 owner:me",
    "环": "报价 @半环",
    "半环": "@环",
    "坏": "报价 stge:won",
    "短": "报价 OR",
    "空": "",
    "双": "@双1 @双1",
    **{f"双{n}": f"@双{n + 1} @双{n + 1}" for n in range(1, 30)},
    "双30": "报价",
}
READING = Reading(
    schema=load_schema(),
    today=SUNDAY,
    me=lambda: "li.na",
    person={"李娜": "li.na", "li.na": "li.na"}.get,
    saved=SAVED.get,
    known_queries=("沉默", "silent"),
)


def read(text: str) -> Query:
    return parse_query(text, READING)


def days(first: str | None, last: str | None) -> Days:
    return Days(*(date.fromisoformat(day) if day else None for day in (first, last)))


SILENT = And((Equal("stage", ("active",)), Within("last", days(None, "2026-09-22"))))


# What design/search.md lists, in both languages and as a Chinese keyboard types it.
@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And(())),
        ("  ", And(())),
        ("报价", Term("报价")),
        ("报价 预算", And((Term("报价"), Term("预算")))),
        ("报价　预算", And((Term("报价"), Term("预算")))),
        # phrases
        ('"企业版 方案"', Term("企业版 方案", phrase=True)),
        ("“企业版 方案”", Term("企业版 方案", phrase=True)),
        ("「企业版 方案」", Term("企业版 方案", phrase=True)),
        # or, groups, not
        ("报价 OR 折扣", Or((Term("报价"), Term("折扣")))),
        ("报价 ＯＲ 折扣", Or((Term("报价"), Term("折扣")))),
        ("报价 OR 折扣 优惠", Or((Term("报价"), And((Term("折扣"), Term("优惠")))))),
        ("or", Term("or")),
        ("-测试 报价", And((Not(Term("测试")), Term("报价")))),
        ("－测试", Not(Term("测试"))),
        ('-"price list"', Not(Term("price list", phrase=True))),
        ("-(a OR b)", Not(Or((Term("a"), Term("b"))))),
        ("(报价 OR 折扣) -x", And((Or((Term("报价"), Term("折扣"))), Not(Term("x"))))),
        ("（报价 OR 折扣） -x", And((Or((Term("报价"), Term("折扣"))), Not(Term("x"))))),
        # looser words
        ("预算*", Term("预算", prefix=True)),
        ("预算＊", Term("预算", prefix=True)),
        ("企也版~", Term("企也版", fuzzy=True)),
        ("企也版～", Term("企也版", fuzzy=True)),
        # what is no filter
        ("a-b", Term("a-b")),
        ("10:20", Term("10:20")),
        ("１０：２０", Term("１０：２０")),
        ("https://example.com", Term("https://example.com")),
        ("a@example.com", Term("a@example.com")),
        # words of a vocabulary
        ("stage:proposal", Equal("stage", ("proposal",))),
        ("阶段:方案报价", Equal("stage", ("proposal",))),
        ("阶段：方案报价", Equal("stage", ("proposal",))),
        ("Stage:“方案报价”", Equal("stage", ("proposal",))),
        ("stage:won,lost", Or((Equal("stage", ("won",)), Equal("stage", ("lost",))))),
        ("阶段：成交，输单", Or((Equal("stage", ("won",)), Equal("stage", ("lost",))))),
        ("-stage:won", Not(Equal("stage", ("won",)))),
        ("type:enterprise", Equal("type", ("enterprise",))),
        ("类型:企业客户", Equal("type", ("enterprise",))),
        ("importance:VIP", Equal("importance", ("vip",))),
        ("status:待处理", Equal("status", ("open",), of_entry=True)),
        # people
        ("owner:me", Equal("owner", ("li.na",))),
        ("负责人:李娜", Equal("owner", ("li.na",))),
        ("owner:我", Equal("owner", ("li.na",))),
        ("author:li.na", Equal("author", ("li.na",), of_entry=True)),
        ("记录人:李娜", Equal("author", ("li.na",), of_entry=True)),
        # parts of a heading
        ("channel:电话", Equal("channel", ("call",), of_entry=True)),
        ("沟通方式:call", Equal("channel", ("call",), of_entry=True)),
        ("kind:quote", Equal("kind", ("quote",), of_entry=True)),
        ("事项:报价", Equal("kind", ("quote",), of_entry=True)),
        # tags, names, ids
        ("tag:VIP", Equal("tags", ("VIP",))),
        ("标签:展会2026", Equal("tags", ("展会2026",))),
        ("customer:蓝海", Equal("customer", ("蓝海",))),
        ('客户:"Smith, Jones Ltd"', Equal("customer", ("Smith, Jones Ltd",))),
        ("id:c3m8k2qa41", Equal("id", ("c3m8k2qa41",))),
        # any other field holds the words
        ("行业:零售", Holding("industry", Term("零售"))),
        ("industry:retail", Holding("industry", Term("retail"))),
        ('region:"New York"', Holding("region", Term("New York", phrase=True))),
        ("phone:0571*", Holding("phone", Term("0571", prefix=True))),
        ("联系人:王总", Holding("contacts", Term("王总"))),
        ("contacts.title:采购", Holding("contacts.title", Term("采购"))),
        ("联系人.职务:采购", Holding("contacts.title", Term("采购"))),
        ("ext.ERP:A-17", Holding("ext.ERP", Term("A-17"))),
        ("产品:企业版", Holding("product", Term("企业版"), of_entry=True)),
        # is there anything
        ("has:birthday", Present("birthday")),
        ("有:生日", Present("birthday")),
        ("no:next", Not(Present("next"))),
        ("无：下次跟进", Not(Present("next"))),
        ("has:phone,email", Or((Present("phone"), Present("email")))),
        ("has:channel", Present("channel", of_entry=True)),
        # saved queries
        ("@沉默", SILENT),
        ("＠沉默", SILENT),
        ("-@沉默", Not(SILENT)),
        ("@我的沉默", And((SILENT, Equal("owner", ("li.na",))))),
        ("报价 @空", And((Term("报价"), And(())))),
    ],
)
def test_a_query_means_what_it_says(text: str, tree: Query) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("date:2026-11-20", "2026-11-20", "2026-11-20"),
        ("date:2026年1月15日", "2026-01-15", "2026-01-15"),
        ("date:2026-10", "2026-10-01", "2026-10-31"),
        ("日期：２０２６－１０", "2026-10-01", "2026-10-31"),
        ("date:2026Q1", "2026-01-01", "2026-03-31"),
        ("date:2026q4", "2026-10-01", "2026-12-31"),
        ("date:2026", "2026-01-01", "2026-12-31"),
        ("date:2026-01..2026-03", "2026-01-01", "2026-03-31"),
        ("date:2026-10..", "2026-10-01", None),
        ("date:..2026-03", None, "2026-03-31"),
        ("date:>=2026-10", "2026-10-01", None),
        ("date:＞＝2026-10", "2026-10-01", None),
        ("date:≥2026-10", "2026-10-01", None),
        ("date:>2026-10", "2026-11-01", None),
        ("date:<2026", None, "2025-12-31"),
        ("date:<=2025Q4", None, "2025-12-31"),
        ("date:今天", "2026-11-22", "2026-11-22"),
        ("date:yesterday", "2026-11-21", "2026-11-21"),
        ("date:上周", "2026-11-09", "2026-11-15"),
        ('date:"last week"', "2026-11-09", "2026-11-15"),
        ("date:last-week", "2026-11-09", "2026-11-15"),
        ("date:上个月", "2026-10-01", "2026-10-31"),
        ("date:去年", "2025-01-01", "2025-12-31"),
        ("date:>=上个月", "2026-10-01", None),
        ("date:上个月..今天", "2026-10-01", "2026-11-22"),
        # A length of time goes back from today for what was, ahead for what will be.
        ("last:>30d", None, "2026-10-22"),
        ("last:>=30d", None, "2026-10-23"),
        ("最近联系:<2周", "2026-11-09", None),
        ("last:>3个月", None, "2026-08-23"),
        ("date:<=7d", "2026-11-15", None),
        ("reviewed:>180d", None, "2026-05-25"),
        ("建档日期:<30天", "2026-10-24", None),
        ("next:<=7d", None, "2026-11-29"),
        ("next:<0d", None, "2026-11-21"),
        ("下次跟进:本周", "2026-11-16", "2026-11-22"),
        ("预计成交日:<=1个月", None, "2026-12-22"),
    ],
)
def test_days_are_said_in_many_ways(text: str, first: str | None, last: str | None) -> None:
    query = read(text)

    assert isinstance(query, Within)
    assert query.days == days(first, last)


def between(
    low: int | None,
    high: int | None,
    low_included: bool = True,
    high_included: bool = True,
    currencies: tuple[str | None, ...] = (),
) -> Between:
    first, last = (None if number is None else Decimal(number) for number in (low, high))
    return Between("amount", first, last, low_included, high_included, of_entry=True, currencies=currencies)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("amount:>10000", between(10_000, None, low_included=False)),
        ("金额：＞１００００", between(10_000, None, low_included=False)),
        ("amount:>80,000", between(80_000, None, low_included=False)),
        ("amount:1,000..5,000", between(1_000, 5_000)),
        ("amount:1000,2000", Or((between(1_000, 1_000), between(2_000, 2_000)))),
        ("amount:>=8万", between(80_000, None)),
        ("amount:<1.2亿", between(None, 120_000_000, high_included=False)),
        ("amount:80000", between(80_000, 80_000)),
        ("amount:5万..10万", between(50_000, 100_000)),
        ("amount:5万..", between(50_000, None)),
        # In the vault's own currency, amounts that name none are meant, too; in another they are not.
        ("amount:>1万元", between(10_000, None, low_included=False, currencies=("CNY", None))),
        ("amount:>1000USD", between(1_000, None, low_included=False, currencies=("USD",))),
        ('amount:">USD 1,000"', between(1_000, None, low_included=False, currencies=("USD",))),
    ],
)
def test_numbers_are_said_in_many_ways(text: str, query: Query) -> None:
    assert read(text) == query


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("(报价", 1, "never closed"),
        ("报价)", 3, "closes nothing"),
        ("报价 OR", 6, "should stand"),
        ("报价 OR  ", 6, "should stand"),
        ("OR 报价", 1, "should stand"),
        ("()", 2, "should stand"),
        ("报价 -)", 5, "should stand"),
        ('报价 "企业', 4, "never closed"),
        ('customer:"蓝海', 10, "never closed"),
        ("报价 stge:won", 4, "stage"),
        ("foobar:won", 1, "no field “foobar”"),
        ("contacts.foo:x", 1, "contacts.foo"),
        ("stage:x", 7, "won 成交"),
        ("阶段:x", 4, "“阶段” may be: lead 潜在客户"),
        ("stage:won,x", 11, "won 成交"),
        ("stage:", 7, "won 成交"),
        ("channel:x", 9, "call 电话"),
        ("date:某天", 6, "2026-11-20"),
        ("date:2026-13", 6, "2026-11-20"),
        ("date:..", 6, "2026-11-20"),
        ("last:30", 6, "<=7d"),
        ("date:2026-03..2026-01", 6, "ends before it begins"),
        ("amount:多", 8, "10000"),
        ("amount:", 8, "10000"),
        ("amount:1000USD..2000EUR", 8, "10000"),
        ("quantity:>3USD", 10, "10000"),
        ("amount:5万..1万", 8, "lower end first"),
        ("owner:无名", 7, "Nobody of the team"),
        ("行业:", 4, "behind the colon"),
        ("has:", 5, "should stand"),
        ("has:建档日其", 5, "建档日期"),
        ("mobile:138", 1, "sealed"),
        ("has:手机", 5, "sealed"),
        ("contacts.mobile:138", 1, "sealed"),
        ("@没有", 1, "no saved query “@没有”; known are: @沉默, @silent"),
        ("(" * 60 + "x" + ")" * 60, 51, "groups"),
        ("-" * 5_000 + "x", 51, "groups"),
        ("报价 " * 1_000, 3 * MAX_PARTS + 1, "at most"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_could_stand_there(
    text: str, position: int, said: str
) -> None:
    with pytest.raises(QueryError) as caught:
        read(text)

    assert caught.value.values["position"] == position
    assert said in caught.value.hint.format(**caught.value.values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("报价 @坏", "The saved query “@坏” of vault.toml can't be read at character 4 (“stge:won”)."),
        ("@短", "The saved query “@短” of vault.toml ends too early, at character 6."),
        ("stge:won", "The query can't be read at character 1 (“stge:won”)."),
        ("报价 OR", "The query ends too early, at character 6."),
    ],
)
def test_an_error_says_in_which_query_it_is(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        read(text)

    assert str(caught.value) == message


def test_a_saved_query_that_leads_back_to_itself_is_told_with_its_way() -> None:
    with pytest.raises(QueryError) as caught:
        read("@环")

    assert caught.value.values["way"] == "@环 → @半环 → @环"


def test_saved_queries_that_double_at_each_step_come_to_an_end() -> None:
    with pytest.raises(QueryError) as caught:
        read("@双")

    assert "at most" in caught.value.hint


@given(st.text(alphabet='报价 OR-()"“”:：*~@a1<>=.,，（）stage日期dlast无amount双环', max_size=40))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        read(text)
    except QueryError as error:
        assert 1 <= int(str(error.values["position"])) <= len(text) + 1 or error.values["saved"]


def test_and_joins_words_as_a_blank_does():
    assert read("报价 AND 预算") == read("报价 预算")
    assert read("报价 and") == And((Term("报价"), Term("and")))


def test_a_month_alone_is_that_of_this_year_and_behind_a_comparison_a_length():
    assert read("日期:2月") == read("日期:2026-02")
    assert read("日期:>2月") == read("日期:>2个月")
