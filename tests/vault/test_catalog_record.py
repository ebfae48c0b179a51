from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.notes.strategies import notes
from vault_tool.notes.note import parse_note
from vault_tool.schema import load_schema
from vault_tool.vault.catalog_record import CatalogRecord, Fact, Name, RecordMaker, Reference

PATH = PurePosixPath("customers/蓝海.md")
PEOPLE = {"李娜": "li.na", "li.na": "li.na", "张伟": "zhang.wei"}
SECRET = "13812345678"

NOTE = """\
---
编号: c3m8k2qa41
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海, Blue Sea]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
重要程度: 重要客户
tags: [展会2026, 价格敏感]
下次跟进:
  - 2026-12-05 寄样
  - 2026-11-27 发新报价
预计金额: 80万
推荐人: "[[王五]]"
联系人:
  - 姓名: 王总
    职务: 采购总监
  - 姓名: 刘姐
    职务: 财务
自定义: 值
---

王总定价格。**只看到岸价**。见 [[张三|老张]]。

## 2026-11-20 10:20 电话 报价 #急 当面谈 @张伟

要**再让 2 个点**，
月底定。

## 背景

老客户介绍。

## 2026-10-08 订单

产品:: 企业版
金额:: 80,000 元
数量:: 2
"""


def record(text: str | bytes) -> CatalogRecord:
    maker = RecordMaker(load_schema(), PEOPLE.get)
    return maker.record_of(parse_note(PATH, text, load_schema()))


def test_the_front_matter_is_kept_in_canonical_words():
    head = record(NOTE).head

    assert (head.id, head.name, head.type, head.stage) == (
        "c3m8k2qa41",
        "杭州蓝海贸易有限公司",
        "enterprise",
        "proposal",
    )
    assert (head.owner, head.importance, head.next) == ("li.na", "key", "2026-11-27")
    assert head.fields["tags"] == ["展会2026", "价格敏感"]
    assert head.fields["owner"] == "li.na"
    assert head.fields["expected_amount"] == {"value": "800000", "currency": None}
    assert head.fields["next"] == [
        {"date": "2026-12-05", "text": "寄样"},
        {"date": "2026-11-27", "text": "发新报价"},
    ]
    assert head.fields["contacts"] == [
        {"name": "王总", "title": "采购总监"},
        {"name": "刘姐", "title": "财务"},
    ]
    assert head.fields["自定义"] == "值"


def test_every_value_is_a_fact_that_sql_can_compare():
    facts = record(NOTE).head.facts

    assert Fact("owner", "li.na") in facts
    assert Fact("tags", "价格敏感") in facts
    assert Fact("next", "寄样", day="2026-12-05") in facts
    assert Fact("expected_amount", "800,000", 800000.0) in facts
    assert Fact("contacts.title", "采购总监") in facts


def test_all_names_are_kept():
    assert record(NOTE).head.names == (
        Name("name", "杭州蓝海贸易有限公司"),
        Name("alias", "蓝海"),
        Name("alias", "Blue Sea"),
        Name("contact", "王总"),
        Name("contact", "刘姐"),
    )


def test_a_file_name_of_its_own_is_a_name_too():
    assert Name("stem", "蓝海") in record("---\nname: 别的\n---\n").head.names


def test_a_passage_reads_as_a_person_reads_it():
    profile, section, first, second = record(NOTE).passages

    assert (profile.kind, profile.line, profile.text) == ("profile", 23, "王总定价格。只看到岸价。见 老张。")
    assert profile.bold == "只看到岸价"
    assert (section.kind, section.line, section.text) == ("section", 30, "背景\n老客户介绍。")
    assert (first.kind, first.line, first.day, first.time) == ("entry", 25, "2026-11-20", "10:20")
    assert (first.channel, first.word, first.author) == ("call", "quote", "zhang.wei")
    assert (first.tags, first.title) == (("急",), "当面谈")
    assert Fact("tags", "急") in first.facts
    assert first.text == "当面谈\n急\n要再让 2 个点，\n月底定。"
    assert second.facts == (
        Fact("product", "企业版"),
        Fact("amount", "80,000 CNY", 80000.0, "CNY"),
        Fact("quantity", "2", 2.0),
    )


def test_a_note_without_a_profile_has_an_empty_one_to_be_shown_by():
    (profile,) = record("---\nname: x\n---\n").passages

    assert (profile.kind, profile.text) == ("profile", "")


def test_links_in_the_text_and_in_fields_are_kept():
    assert set(record(NOTE).references) == {Reference("张三", 23), Reference("王五", 14)}


def test_spellings_of_people_are_kept_to_be_read_again_when_the_team_changes():
    assert set(record(NOTE).people) == {"李娜", "张伟"}


def test_the_days_of_a_record_are_those_of_its_entries():
    assert record(NOTE).days == ("2026-10-08", "2026-11-20")


# --- what must never be kept


@pytest.mark.parametrize(
    "text",
    [
        f"---\ntype: person\nmobile: {SECRET}\n---\n",
        f"---\ntype: person\nphone: {SECRET}\n---\n",
        f"---\ntype: 个人\n地址: {SECRET}\n---\n",
        f"---\ntype: no such type\nphone: {SECRET}\n---\n",
        f"---\nphone: {SECRET}\n---\n",
        f"---\ntype: enterprise\ncontacts:\n  - name: 王总\n    手机: {SECRET}\n---\n",
        f"---\ntype: enterprise\ncontacts: [{{name: 王总, wechat: {SECRET}}}]\n---\n",
        f"---\ntype: enterprise\nbank_account: {SECRET}\n---\n",
        f"---\ntype: enterprise\next: {{erp: '1', 手机: {SECRET}}}\n---\n",
        f"---\ntype: enterprise\nunknown: {{deep: [{{mobile: {SECRET}}}]}}\n---\n",
        f"---\nbroken: [\ncontacts:\n  - 姓名: 王总\n    手机: {SECRET}\n---\n",
        f"---\ntype: enterprise\n手机：{SECRET}\n---\n",
        f"---\nname: x\ncontacts:\n  - 手机: {SECRET}\n\nno closing line\n",
        f"---\r\nname: x\r\n手机： {SECRET}\r\n\r\nno closing line\r\n",
        f"---\nbroken: [\ncontacts: [{{name: 王总, mobile: {SECRET}\n---\n",
        f"---\nbroken: [\n备注: 'x, 手机：{SECRET}\n---\n",
        f"---\ntype: enterprise\ncontacts: '王总, mobile: {SECRET}'\n---\n",
        f"---\ntype: enterprise\ncontacts:\n  - 王总 手机：{SECRET}\n---\n",
        f"---\nname: x\ncontacts: [{{name: 王总, 'mobile': {SECRET}}}]\n\nno closing line\n",
        f"---\nname: x\n手机:\n  {SECRET}\n\nno closing line\n",
        f"---\nname: x\nmobile: >\n  {SECRET}\n\nno closing line\n",
        f"---\nname: '{{{{seal: {SECRET}}}}}'\n---\n",
        f"---\nnext: 2026-11-20 {{{{封存: {SECRET}}}}}\n---\n",
        f"---\naliases: ['{{{{seal: {SECRET}}}}}', b]\n---\n",
        f"---\nreferred_by: '[[{{{{seal: {SECRET}}}}}]]'\n---\n",
        f"profile {{{{seal finance: {SECRET}}}}} more",
        f"profile {{{{seal: {SECRET} without an end",
        f"## 2026-11-20 电话 {{{{seal: {SECRET}}}}}\n",
        f"## 2026-11-20 #{{{{seal:{SECRET}}}}}\n",
        f"## 2026-11-20 @{{{{seal:{SECRET}}}}}\n",
        f"## 2026-11-20\n金额:: {{{{seal: {SECRET}}}}}\n",
        f"## 2026-11-20\n手机:: {SECRET}\n",
        f"## {{{{seal: {SECRET}}}}}\ntext\n",
        f"see [[{{{{seal: {SECRET}}}}}]]\n",
        f"{{{{seal: see [[{SECRET}]]}}}}\n",
        f"{{{{seal:\n## 2026-11-20 {SECRET}\n\n金额:: {SECRET}\n}}}}\n",
        f"{{{{seal:\r\n## {SECRET}\r\n{SECRET}",
        f"## 2026-11-20\n{{{{seal: a\n金额:: {SECRET}\n## 2026-11-21\nseen\n",
        f"---\nvault_conflicts:\n  - field: mobile\n    other: {SECRET}\n---\n",
    ],
)
def test_a_sealed_value_is_never_kept(text: str):
    assert SECRET not in repr(record(text))


def test_words_that_only_look_like_a_sealed_field_are_kept_in_a_text():
    text = f"---\ntype: enterprise\nneeds: ['手机: {SECRET}']\n---\n电话: {SECRET}\n"

    kept = record(text)

    assert kept.head.fields["needs"] == [f"手机: {SECRET}"]
    assert SECRET in kept.passages[0].text


def test_what_stands_around_sealed_words_is_kept_at_its_line():
    text = f"前 {{{{封存:\n{SECRET}\n}}}} 后\n\n## 2026-11-20 电话\n完 {{{{seal: {SECRET}}}}} 了\n"

    profile, entry = record(text).passages

    assert profile.text.split() == ["前", "后"]
    assert entry.text.split() == ["完", "了"]
    assert entry.line == 5


def test_a_mark_without_an_end_hides_no_other_entry():
    text = f"## 2026-11-20\n{{{{seal: {SECRET}\n\n## 2026-11-21\n看得见\n"

    assert [passage.text for passage in record(text).passages] == ["", "", "看得见"]


def test_the_phone_of_a_company_is_no_secret():
    assert record(f"---\ntype: enterprise\nphone: {SECRET}\n---\n").head.fields["phone"] == SECRET


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (NOTE, None),
        ("---\na: [\n---\n", "front-matter"),
        ("---\nname: x\n\nno end\n", "front-matter"),
        ("plain text", None),
        ("---\nname: 李娜\n---\n".encode("gb18030"), "encoding"),
        (b"a\0b", "encoding"),
    ],
)
def test_what_keeps_a_note_from_being_written_is_named(text: str | bytes, problem: str | None):
    assert record(text).problem == problem


@given(notes() | st.binary(max_size=400) | st.text(max_size=400))
def test_any_note_has_a_record(text: str | bytes):
    kept = record(text)

    assert kept.passages[0].kind == "profile"
