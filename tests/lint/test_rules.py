"""The catalogue of rules: complete, explained, and named once."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.lint.linting import SCHEMA, check, checker, codes, note_of
from vault_tool.lint.mend import mend
from vault_tool.lint.report import render_message
from vault_tool.lint.rule import Rule
from vault_tool.lint.rules import ALL_RULES, find_rule, manual_messages
from vault_tool.vault.settings import LintSettings

each_rule = pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)


@each_rule
def test_every_rule_explains_itself(rule: Rule):
    lines = rule.manual.splitlines()

    assert lines[0] == rule.summary and lines[0].endswith(".") and lines[1] == ""
    starts = [line.split(":")[0] for line in lines[2:] if re.match(r"[A-Z][a-z]+: ", line)]
    assert starts == ["Why", "Bad", "Good", "Fix"]
    assert rule.manual in manual_messages()


@each_rule
def test_the_manual_says_which_kind_of_fix_there_is(rule: Rule):
    fix = rule.manual.partition("\nFix: ")[2]

    assert fix.startswith(rule.fix or "none")


@each_rule
def test_names_are_guessable_and_codes_are_a_group_and_a_number(rule: Rule):
    assert re.fullmatch(r"[A-Z]{2}\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert set(rule.limits) <= set(LintSettings().limits)


def test_codes_and_names_are_nobody_elses():
    spellings = [spelling for rule in ALL_RULES for spelling in (rule.code.casefold(), rule.name)]

    assert len(spellings) == len(set(spellings))


def test_groups_stand_together_and_codes_in_order():
    for before, after in pairwise(ALL_RULES):
        assert before.code[:2] != after.code[:2] or before.code < after.code


@pytest.mark.parametrize("spelling", ["FM005", "fm005", "unknown-field", " Unknown-Field "])
def test_a_rule_is_found_by_code_and_by_name(spelling: str):
    rule = find_rule(spelling)

    assert rule is not None and rule.code == "FM005"
    assert find_rule("FM") is None and find_rule("") is None


def test_no_rule_names_a_word_of_the_schema_that_is_not_there():
    """Rules know a few fields and words by their canonical names; a schema can't be without them."""
    for field in ("id", "name", "type", "stage", "owner", "tags", "lost_reason"):
        assert SCHEMA.field(field)
    for vocabulary, word in (("kind", "complaint"), ("kind", "service"), ("status", "open")):
        found = SCHEMA.word(vocabulary, word)
        assert found and found.name == word


def test_a_tag_with_its_sign_in_a_list_is_quoted_and_all_else_can_then_be_mended():
    text = "---\nid: c1\nname: x\n标签: [#vip，展会, #新]\nnext: 2026/12/1\n---\n"
    check_all = checker().check

    assert "FM013" in codes(check(text)) and "FM002" not in codes(check(text))
    mended = mend(note_of(text), check(text), check_all).note.text
    assert "标签: [vip, 展会, 新]" in mended.replace('"', "") and "next: 2026-12-01" in mended


def test_a_note_that_stays_unreadable_offers_no_fix_for_the_rest():
    text = "---\nname: x\nodd: {a\n下次跟进: 2026/12/1\n---\n2023年1月15日 – 来访\n"
    findings = check(text)

    assert "FM002" in codes(findings)
    assert [finding.code for finding in findings if finding.fix] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("stage: unsigned", "the stages are lead, contact, qualified, proposal, negotiation, won, active"),
        ("阶段: 未签约", "the stages are 潜在客户、初步接触、需求确认、方案报价、商务谈判、成交、合作中"),
        ("类型: 客户", "the types are 企业客户、个人客户、合作伙伴"),
        ("重要程度: 不重要", "it knows VIP客户、重要客户、普通客户"),
    ],
)
def test_where_no_word_is_near_the_message_says_which_there_are(line: str, said: str):
    """A wrong guess is worse than none: `未签约` is no misspelt `已签约`, and no fix may make it one."""
    [finding] = check(f"---\n{line}\n---\n", "CL001,CL002,FM007")

    assert said in render_message(finding)
    assert finding.fix is None


@pytest.mark.parametrize("key", ["性别", "更新时间", "成立时间", "邮编"])
def test_a_field_of_ones_own_is_not_taken_for_another(key: str):
    [finding] = check(f"---\n{key}: 1\n---\n", "FM005")

    assert "nearest" not in finding.values
    assert finding.fix is None


def test_of_two_keys_that_mean_one_field_only_one_becomes_it():
    text = "---\n業務階段: 成交\n业務階段: 流失\nstaeg: won\ncontacts:\n  - 職務: a\n    职務: b\n---\n"
    note = note_of(text)
    mended = mend(note, checker("FM005").check(note), checker("FM005").check, unsafe=True)

    assert mended.note.text == text.replace("業務階段: 成", "业务阶段: 成").replace("職務: a", "职务: a")


def test_a_key_in_traditional_characters_becomes_that_field():
    note = note_of("---\n業務階段: 談判\n負責人: 李娜\n聯絡人:\n  - 姓名: 王總\n    職務: 採購\n---\n")
    mended = mend(note, checker("FM005").check(note), checker("FM005").check)

    assert (
        mended.note.text
        == "---\n业务阶段: 商务谈判\n负责人: 李娜\n联系人:\n  - 姓名: 王總\n    职务: 採購\n---\n"
    )


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ('+++\ntitle = "Acme"\n+++\n', "TOML (`+++`)"),
        ('{\n  "title": "Acme"\n}\n', "JSON (`{`)"),
        ("{{seal: x}}\n", None),
        ("++++\n", None),
    ],
)
def test_front_matter_of_another_kind_is_named(text: str, format: str | None):
    [finding] = check(text, "FM001")

    assert finding.values.get("format") == format
