"""What the linter promises of any note: see the promises in its design, `lint --fix` above all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.lint.linting import SCHEMA, TODAY, check, checker, note_of
from tests.notes.strategies import notes
from vault_tool.cli.width import width
from vault_tool.lint import report
from vault_tool.lint.customers import Asking
from vault_tool.lint.day import Day, Horizon
from vault_tool.lint.mend import Mended, apply_fixes, choose, mend
from vault_tool.lint.rule import Context, Finding
from vault_tool.notes.edit_fields import shape
from vault_tool.notes.note import Note
from vault_tool.notes.text import apply_edits, iterate_lines

FLAWED_FRONT = st.sampled_from(
    [
        "重要程度：重要客户",
        "stage:won",
        "行业:外贸",
        "tags: [制造业，展会]",
        "needs: [便宜、快]",
        'tags: ["#展会", ＶＩＰ, vip]',
        "next: 2026年12月1日 送样 #A款",
        "下次跟进:\n  - 2026/12/1送样\n  - 2026-12-24 #B款",
        "reviewed: 2026.9.1",
        "birthday: '1985年9月20日'",
        "phone: 0571",
        "source: no",
        "ext:\n  erp: 0017",
        "owner: @li.na",
        "industry: a: b",
        "interests:\n  - 茶: 绿茶\n  - 12:30",
        "联系人:\n  - 姓名：王总\n  - {姓名：刘姐，职务：财务}",
        "类型: 企業客戶",
        "id:",
        "stge: x # vault: ignore[FM005] ours",
        "# vault: ignore[FM999, FM005]",
        "region: 'a' # vault: ignore[EN003]",
        "size: it's #1",
        "wechat: #x",
        'credit_code: "unclosed',
        "birthday: 2023-02-30",
        "expected_close: 20261224",
        "stage: proposal",
        "业务阶段: 合作中\n重要程度: VIP客户",
        "业務階段: 商務談判",
        "reviewed: 2025年1月1日",
        "review_every: 30",
        "created: 2024.3.1",
        "下次跟进: 2026/11/2 送样",
        "vault_conflicts: [stage]",
    ]
)
FLAWED_BODY = st.sampled_from(
    [
        "2023年1月15日 – 咨询产品A",
        "2023/1/15 咨询产品B",
        "2023-01-15",
        "２０２３年１月１５日：来访",
        "1月15日 – 半个日期",
        "Jan 4, 2023 – asked for a price",
        "23.4.1 送样",
        "2023年1月15日 – # 不是标题",
        "2023-01-15 – 17 培训",
        "## 2026年11月20日：电话",
        "## 2026/9/3",
        "## 20260806 邮件",
        "## 2027年1月1日 投诉",
        "##2026-07-14 微信",
        "# 2026-04-15 展会",
        "### 2026-04-15",
        "## 2026-05-12-13 拜访",
        "## 2026-01-15T10:20 电话",
        "<!-- vault: ignore[EN001, EN008] so ist es -->",
        "文字 <!-- vault: ignore[EN004] -->",
        "金额:: 很多",
        "阶段:: 成交",
        "状态:: 待处理",
        "一句话。\r一句话。",
        "a\tb",
        "总的来说，下周六看样，明天送样；最近很忙。In order to meet next Friday, call tomorrow.",
        "2023年1月15日 – 明天送样，" + "王总说价格还要再谈一谈" * 8,
        "##2026-09-14 微信 下周三看样",
        "> [!conflict] 阶段",
        "<<<<<<< HEAD\n甲\n=======\n乙\n>>>>>>> main",
        "我们与对方就价格交期付款方式售后服务和质保期限进行了沟通" * 10,
        "<!-- vault: ignore[CC001, CC005] 就这样 -->",
    ]
)


@st.composite
def flawed_notes(draw: st.DrawFn) -> str:
    """A note as other strategies make it, with flaws strewn in."""
    text = draw(notes())
    newline = "\r\n" if "\r\n" in text else "\n" if "\n" in text else "\r"
    lines = [text[line.start : line.end] for line in iterate_lines(text)]
    closing = next((index for index, line in enumerate(lines[1:], 1) if re.fullmatch(r"---[ \t]*", line)), 0)
    for flaw in draw(st.lists(FLAWED_FRONT, max_size=4)):
        lines.insert(draw(st.integers(1, max(1, closing))) if closing else 0, flaw)
        closing += closing > 0
    for flaw in draw(st.lists(FLAWED_BODY, max_size=5)):
        lines.insert(draw(st.integers(min(closing + 1, len(lines)), len(lines))), flaw)
    return newline.join(line.replace("\n", newline) for line in lines) + draw(st.sampled_from(["", newline]))


@given(st.one_of(st.binary(max_size=300), flawed_notes().map(str.encode)))
@example(b"\xff\xfe-\0-\0-\0")
@example("---\n编号: x\n---\n".encode("gb18030"))
@example(b"---\n? - a\n: b\n---\n\0")
def test_no_bytes_make_the_linter_fail(data: bytes):
    for finding in check(data, "all"):
        assert finding.start >= (1, 1) and finding.end >= finding.start
        assert report.text_line(finding) and len(report.excerpt(finding, width, 60)) in (0, 2)
        report.finding_document(finding)


@given(st.lists(flawed_notes() | notes(), min_size=2, max_size=5))
def test_notes_that_are_linted_together_have_what_each_has_alone(texts: list[str]):
    """What is found, for how long that holds, and which answers about others it rests on."""
    rules = checker("all")

    def context() -> Context:
        day = Day.of(TODAY, Horizon(TODAY))
        return replace(rules.context, today=day, customers=Asking(None))

    def rests_on(one: Context) -> tuple[int, object]:
        assert isinstance(one.today, Day) and isinstance(one.customers, Asking)
        return one.today._horizon.until, one.customers.asked

    apart, together = [context() for _ in texts], [context() for _ in texts]
    alone = [rules.check(note_of(text), one) for text, one in zip(texts, apart, strict=True)]

    assert rules.check_all(map(note_of, texts), together) == alone
    assert [*map(rests_on, together)] == [*map(rests_on, apart)]


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_mending_fail(data: bytes, unsafe: bool):
    note = note_of(data)
    check_all = checker("all").check

    mended = mend(note, check_all(note), check_all, unsafe=unsafe)

    mended.note.text.encode("utf-8", "surrogatepass")


@given(flawed_notes())
def test_mending_twice_changes_nothing_more(text: str):
    check_all = checker().check
    once = mend(note_of(text), check(text), check_all)

    twice = mend(once.note, check_all(once.note), check_all)

    assert twice.note.text == once.note.text


@given(flawed_notes())
def test_mending_brings_no_new_finding(text: str):
    note = note_of(text)
    assume(note.front_matter is None or note.front_matter.error is None)
    before = check(text)

    after = mend(note, before, checker().check)

    assert count(after.findings) <= count(before)


def count(findings: list[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings)


@given(flawed_notes())
def test_mending_leaves_every_other_line_as_it_was(text: str):
    chosen = choose(check(text), unsafe=False)
    edits = [edit for finding in chosen for edit in finding.fix.edits if finding.fix]  # type: ignore[union-attr]

    after = apply_edits(text, edits)

    breaks_change = any(finding.code == "FE003" for finding in chosen)
    kept = [
        text[line.start : line.end if breaks_change else line.next]
        for line in iterate_lines(text)
        if not any(edit.span.start < line.end and edit.span.end > line.start for edit in edits)
        and not any(line.start < edit.span.start <= line.end for edit in edits)
    ]
    found = [after[line.start : line.end if breaks_change else line.next] for line in iterate_lines(after)]
    assert is_subsequence(kept, found)


def is_subsequence(wanted: list[str], all_lines: list[str]) -> bool:
    rest = iter(all_lines)
    return all(any(line.startswith(want) or want.startswith(line) for line in rest) for want in wanted)


@given(flawed_notes())
def test_a_safe_fix_leaves_the_note_equal_but_for_what_it_names(text: str):
    note = note_of(text)
    assume(note.front_matter is None or note.front_matter.error is None)
    # An anchor is read raw as soon as another value has to be, and as an anchor when that is mended.
    assume(not re.search(r": [&*!]", text))
    assume(note.front_matter is not None or not text.startswith("\ufeff"))

    found = Mended(note, check(text), 0)
    for finding in found.findings:
        if finding.fix and finding.fix.is_safe:
            after = apply_fixes(found, [finding], checker().check).note
            assert after.front_matter is None or after.front_matter.error is None
            touched = named_fields(note, finding)
            assert fields(after, touched) == fields(note, touched)
            if finding.code.startswith(("FM", "CL")):
                assert body(after) == body(note)
            elif finding.code in ("FE002", "SU001"):
                assert [entry.heading.of(note.text) for entry in note.entries] == [
                    entry.heading.of(after.text) for entry in after.entries
                ]
            elif finding.code in ("EN001", "EN008"):
                # The words stay, all of them and in their order; only what said "here is a date" went.
                assert [word for word in words(note) if word in words(after)] == words(note)


def named_fields(note: Note, finding: Finding) -> set[str]:
    if finding.code == "FM010":
        return {"id"}
    assert finding.fix is not None
    becomes = SCHEMA.field(str(finding.values["nearest"])) if finding.code == "FM005" else None
    return {becomes.name if becomes else ""} | {
        top.name
        for top in (note.front_matter.fields if note.front_matter else ())
        for edit in finding.fix.edits
        if top.lines.start <= edit.span.start < top.lines.end and finding.code not in ("SU001", "FE003")
    }


def fields(note: Note, without: set[str]) -> list[object]:
    return [
        (top.name, re.sub(r"\s+", " ", repr(shape(top.node))))
        for top in (note.front_matter.fields if note.front_matter else ())
        if top.name not in without
    ]


def body(note: Note) -> str:
    return note.text[note.profile.span.start :]


def words(note: Note) -> list[str]:
    return re.findall(r"[^\W\dT年月日号]+", body(note).replace("日", "").replace("Jan", ""))


@given(flawed_notes(), st.data())
def test_what_is_suppressed_is_neither_reported_nor_mended(text: str, data: st.DataObject):
    note = note_of(text)
    assume(note.front_matter is None or note.front_matter.error is None)
    fixable = [
        finding
        for finding in check(text)
        if finding.code.startswith("EN") and finding.fix and not is_in_comment(note, finding)
    ]
    assume(fixable)
    one = data.draw(st.sampled_from(fixable))
    line = note.lines.span(one.start[0])
    comment = f"<!-- vault: ignore[{one.rule.name}] because -->{note.newline}"

    silent = note_of(text[: line.start] + comment + text[line.start :])
    findings = checker().check(silent)
    after = mend(silent, findings, checker().check)

    assert (one.code, one.start[0] + 1) not in {(each.code, each.start[0]) for each in findings}
    others = [each for each in findings if each.start[0] == one.start[0] + 1 and each.fix]
    if not others:
        assert line.of(text) in after.note.text


def is_in_comment(note: Note, finding: Finding) -> bool:
    """Tell whether a comment in the line above would be none: in code, in a comment, even in one left open."""
    line = note.lines.span(finding.start[0])
    before = note.text[: line.start]
    is_open = before.rfind("<!--") > before.rfind("-->")
    return is_open or before == "\ufeff" or any(span.start < line.start < span.end for span in note.hidden)


SECRET = "13812345678"
SECRET_LINES = st.sampled_from(
    [
        f"手机: {SECRET}",
        f"手机：{SECRET}",
        f"mobile:{SECRET}",
        f"wechat: @{SECRET}",
        f"bank_account: 0{SECRET}",
        f"bank_account: [{SECRET}, no]",
        f"contract_amount: about {SECRET}",
        f"联系人:\n  - 姓名: 王总\n    手机: +{SECRET}",
        f"联系人:\n  - {{姓名: 王总, 手机: {SECRET} #1}}",
        f"id_number: 1: {SECRET}",
        f"passport: #{SECRET}",
        f"credit_limit: *{SECRET}",
        f"手机 {SECRET}",
        f"手机: 1 #{SECRET}",
        f'手机: "{SECRET}',
    ]
)


@given(flawed_notes(), SECRET_LINES, st.integers(1, 6))
@example("---\nid: a\n重要程度：VIP\n重要程度：VIP\n----\n标题\n---", f"passport: #{SECRET}", 3)
def test_no_output_shows_a_sealed_value(text: str, line: str, at: int):
    lines = text.split("\n")
    lines.insert(at, line)
    lines.insert(min(at, 3), "类型: 个人客户")

    findings = check("\n".join(lines))

    assume(note_of("\n".join(lines)).front_matter is not None)
    block = note_of("\n".join(lines)).front_matter
    assert block is not None
    for shown in shown_texts([finding for finding in findings if block.span.holds(finding.span.start)]):
        assert SECRET not in shown


def shown_texts(findings: list[Finding]) -> Iterator[str]:
    for finding in findings:
        yield report.text_line(finding)
        yield report.concise_line(finding)
        yield str(report.finding_document(finding))
        yield from report.excerpt(finding, width, 200)


@pytest.mark.parametrize(
    "seal", ["{{seal: 底价 65 万}}", "{{封存: 底价 65 万}}", "{{seal finance: 底价 65 万}}"]
)
def test_words_that_wait_to_be_sealed_are_masked_in_excerpts(seal: str):
    head = "---\nid: a\nname: b\ntype: person\nstage: lead\nowner: c\n---\n"

    [finding] = check(f"{head}2023/1/15 {seal} x\n", "EN008")

    assert "65" not in "".join(report.excerpt(finding, width, 80))
