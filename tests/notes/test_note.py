"""Reading a note: lenient with people, exact with spans, never in the way."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.notes.strategies import notes
from vault_tool.notes import entries
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.values import Amount, Dated
from vault_tool.schema import load_schema

SCHEMA = load_schema()


def read(text: str | bytes) -> Note:
    return parse_note(PurePosixPath("customers/x.md"), text, SCHEMA)


SAMPLE = """---
编号: c3m8k2qa41
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
tags: [展会2026, 价格敏感]
下次跟进: 2026-11-27 发新报价
预计金额: 80万
联系人:
  - 姓名: 王总
    职务: 采购总监
    手机: sealed-7q2m9xk4
---

王总定价格，财务刘姐管付款。**只看到岸价**。

## 背景

老客户介绍。

## 2026-11-20 10:20 电话 报价

要**再让 2 个点**，月底定；底价 sealed-b41t0zq8。见 [[王五|王总]]，`[[不是]]`。

## 2026-10-08 订单 @zhang.wei #大单 首单

产品:: 企业版
- 金额：： 80,000 元

```
## 2020-01-01 代码里的
```

## 附录

别的。

<!-- vault:sealed
7q2m9xk4 sealed.v1.abc
b41t0zq8 sealed.v1.def
-->
"""


def test_the_sample_reads_as_the_format_says() -> None:
    note = read(SAMPLE)

    assert (note.id, note.name, note.type, note.stage, note.owner) == (
        "c3m8k2qa41",
        "杭州蓝海贸易有限公司",
        "enterprise",
        "proposal",
        "李娜",
    )
    assert note.aliases == ("蓝海",)
    assert note.value("tags") == ("展会2026", "价格敏感")
    assert note.value("next") == (Dated(date(2026, 11, 27), "发新报价"),)
    assert note.value("expected_amount") == Amount(Decimal(800000), None)
    assert note.value("contacts") == ({"name": "王总", "title": "采购总监", "mobile": "sealed-7q2m9xk4"},)
    assert "老客户介绍" in note.profile.body.of(note.text)
    first, second = note.entries
    assert (first.date, first.time, first.channel, first.kind) == (
        date(2026, 11, 20),
        "10:20",
        "call",
        "quote",
    )
    assert (second.kind, second.author, second.tags, second.title) == (
        "order",
        "zhang.wei",
        ("大单",),
        "首单",
    )
    assert [(field.name, field.value) for field in second.fields] == [
        ("product", "企业版"),
        ("amount", "80,000 元"),
    ]
    assert [section.title for section in note.sections] == ["附录"]
    assert [(link.target, link.label) for link in note.links] == [("王五", "王总")]
    assert [reference.vid for reference in note.sealed_references] == ["7q2m9xk4", "b41t0zq8"]
    assert note.sealed_block is not None
    assert [token.vid for token in note.sealed_block.tokens] == ["7q2m9xk4", "b41t0zq8"]
    assert note.entry_line(first) == 23


def test_a_contact_on_one_line_is_a_name_and_a_title() -> None:
    note = read("---\nname: x\n联系人:\n  - 刘姐 财务主管 兼出纳\n---\n")

    assert note.value("contacts") == ({"name": "刘姐", "title": "财务主管 兼出纳"},)


@given(notes())
def test_a_value_alone_is_the_one_among_all(text: str) -> None:
    values = read(text).values()

    for name in (*values, "id", "name", "tags", "nothing"):
        assert read(text).value(name) == values.get(name)


def test_of_duplicate_keys_the_first_with_a_value_counts() -> None:
    note = read("---\nstage:\n阶段: 成交\nstage: lead\n---\n")

    assert note.value("stage") == note.stage == "won"
    assert note.has_duplicates
    assert note.field("stage") is note.front_matter.fields[0]  # type: ignore[union-attr]


@given(
    st.one_of(
        st.binary(max_size=300),
        notes().map(str.encode),
        st.text(max_size=200).map(lambda t: t.encode("utf-8", "ignore")),
    )
)
def test_parsing_never_raises_and_every_span_lies_in_order(data: bytes) -> None:
    note = read(data)

    note.values(), note.links, note.sealed_references, note.inline_fields
    pieces = sorted([note.profile.span, *(x.span for x in note.entries), *(x.span for x in note.sections)])
    at = pieces[0].start
    for piece in pieces:
        assert piece.start == at
        at = piece.end
    assert at == note.content_end
    for node in note.front_matter.fields if note.front_matter else ():
        assert node.lines.start <= node.key.span.start <= node.key.span.end <= node.lines.end


@given(notes())
def test_a_key_stands_where_its_span_says(text: str) -> None:
    note = read(text)

    for node in note.front_matter.fields if note.front_matter else ():
        if node.key.style == "plain" and "\n" not in node.key.text and not node.key.is_marked:
            assert node.key.span.of(text) == node.key.text


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("0571", "0571"),
        ("02134", "02134"),
        ("NO", "NO"),
        ("12:30", "12:30"),
        ("1e3", "1e3"),
        ("+8613800000000", "+8613800000000"),
        ("007", "007"),
        ("~", "~"),
        ("2026-11-20", "2026-11-20"),
        ("'it''s'", "it's"),
        ('"a\\tb"', "a\tb"),
        ("@li.na", "@li.na"),
        ("[[王五]]", "[[王五]]"),
        ("[[王五]] 和 [[李四]]", "[[王五]] 和 [[李四]]"),
        ("报价: 企业版", "报价: 企业版"),
        ("`x`", "`x`"),
        ("*重点*", "*重点*"),
        ("100%", "100%"),
        ("%5", "%5"),
        ("送样 #A款", "送样"),
        ('"开头', '"开头'),
    ],
)
def test_a_value_stays_as_typed(typed: str, text: str) -> None:
    note = read(f"---\nname: x\nsource: {typed}\nregion: 浙江\n---\n")

    assert note.value("source") == text
    assert note.value("region") == "浙江"
    assert note.is_writable


def test_an_anchor_stays_one_beside_a_value_that_yaml_refuses() -> None:
    note = read("---\nowner: @li.na\nx: &a 1\n---\n")

    assert note.front_matter is not None
    assert (note.owner, note.value("x"), len(note.front_matter.anchors)) == ("li.na", "1", 1)


@pytest.mark.parametrize(
    "block",
    [
        "客户名称：蓝海\n阶段：成交\ntags: [a, b]\n",
        'name: 蓝海\nstage: won\nbad: "open" x "\ntags:\n  - a\n  - b\n',
        "name: 蓝海\nstage: won\nbad: [x\ntags: [a, b]\n",
        "name: 蓝海\n\tx: 1\nstage: won\ntags: [a, b]\n",
        "name: 蓝海\nstage: won\ntags: [a, b]\n...\nx: 1\n",
        "name: 蓝海\nstage: won\n说明文字\ntags: [a, b]\n",
    ],
)
def test_broken_yaml_is_read_line_by_line_and_not_written(block: str) -> None:
    note = read(f"---\n{block}---\n\n## 2026-11-20 电话\n\n谈价。\n")

    assert note.front_matter is not None
    assert note.front_matter.error is not None
    assert not note.is_writable
    assert (note.name, note.stage) == ("蓝海", "won")
    assert note.value("tags") == ("a", "b")
    assert [entry.channel for entry in note.entries] == ["call"]


def test_chinese_and_english_notes_mean_the_same() -> None:
    chinese = read(
        "---\n客户名称: 蓝海\n类型: 企业\n阶段: 询盘\n负责人: '@李娜'\n下次跟进: 2026-12-01 寄样\n---\n"
    )
    english = read(
        "---\nname: 蓝海\ntype: enterprise\nstage: lead\nowner: 李娜\nnext: 2026-12-01 寄样\n---\n"
    )

    assert chinese.values() == english.values()


_SAID = (
    "17:30",
    "9:05",
    "0９:30",
    "25:00",
    "@li.na",
    "＠王",
    "@",
    "#大单",
    "＃",
    "电话",
    "报价",
    "call",
    "首单",
)
_BLANKS = (" ", " ", " ", " ", "\t", "\u3000", "")


@given(
    st.lists(st.tuples(st.sampled_from(_BLANKS), st.sampled_from(_SAID)), max_size=4),
    st.sampled_from(_BLANKS),
)
@settings(max_examples=400)
def test_a_heading_read_by_what_is_known_of_it_says_what_it_does_read_anew(
    parts: list[tuple[str, str]], end: str
) -> None:
    typed = "".join(blank + word for blank, word in parts) + end
    assert entries._told(typed, SCHEMA) == entries._read_heading(typed, SCHEMA)


def test_the_block_ends_only_at_a_line_of_exactly_three_dashes() -> None:
    note = read("\ufeff---\r\nname: |\r\n  a\r\n  ---\r\n----: 1\r\n---  \r\n正文\r\n")

    assert note.front_matter is not None
    assert note.profile.body.of(note.text) == "正文\r\n"


def test_deep_and_wide_input_takes_time_in_proportion() -> None:
    hostile = [
        "---\nx: " + "[" * 50_000 + "\n---\n",
        "---\n" + "- " * 50_000 + "\n---\n",
        "---\n---\n" + "<!-- \n" * 50_000,
        "---\n---\n" + "```\n" * 50_001,
        "---\n---\n" + "[[" * 100_000,
        "---\n---\n" + "a:: " * 50_000,
        "---\n---\n## 2026-01-01 " + "#x @y " * 30_000,
        "---\n---\n" + "`" * 100_000 + "[[x]]",
        "---\n---\n\n## 2026-11-20" + " " * 100_000 + "x",
        "---\n---\n\n## 2026-11-20\n\nk::" + " " * 100_000 + "x",
        "---\nk: v" + " " * 100_000 + "x\nb: [\n---\n",
        "---\nk" + " " * 100_000 + "x\nb: [\n---\n",
        "---\n" + "k: @v\n" * 20_000 + "---\n",
        "---\n" + "k：v\n" * 20_000 + "---\n",
    ]
    started = time.process_time()

    for text in hostile:
        note = read(text)
        note.values(), note.links, note.inline_fields

    # A quadratic reader needs minutes here.
    assert time.process_time() - started < 30
