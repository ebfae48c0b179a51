"""New entries: the file's own order, its own words, and nothing else moves."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.notes.strategies import notes, tidy_notes
from vault_tool.notes.edit_entries import (
    CannotAddEntry,
    Draft,
    order_of,
    plan_insert_entry,
    plan_replace_entry,
)
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import apply_edits
from vault_tool.schema import load_schema

SCHEMA = load_schema()
DAY = date(2026, 11, 20)


def read(text: str) -> Note:
    return parse_note(PurePosixPath("customers/x.md"), text.encode(), SCHEMA)


def add(text: str, draft: Draft) -> str:
    return apply_edits(text, plan_insert_entry(read(text), draft, "newest-first", "zh"))


TEXTS = st.one_of(
    st.sampled_from(
        [
            "确认预算 **80万**",
            "## 标题\n```\n## x",
            "# a\n\n- b",
            "<!-- x",
            "```",
            "金额:: 8万",
            "-->",
            "a\r\nb",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
)


@given(st.one_of(notes(), tidy_notes()), TEXTS, st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_new_entry_adds_itself_and_changes_nothing_else(text: str, words: str, day: date) -> None:
    before = read(text)
    try:
        [edit] = plan_insert_entry(before, Draft(day, words, channel="电话"), "newest-first", "zh")
    except CannotAddEntry:
        return

    after = read(apply_edits(text, [edit]))

    assert edit.span.start == edit.span.end
    assert len(after.entries) == len(before.entries) + 1
    assert sum(entry.date == day and entry.channel == "call" for entry in after.entries) >= 1
    assert [node.lines for node in _fields(after)] == [node.lines for node in _fields(before)]


def _fields(note: Note) -> tuple[FieldNode, ...]:
    return note.front_matter.fields if note.front_matter else ()


@given(tidy_notes(), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_file_in_order_stays_in_its_order(text: str, day: date) -> None:
    before = read(text)
    dates = [entry.date for entry in before.entries if entry.date]
    order = order_of(before, "newest-first")
    in_order = sorted(dates, reverse=order == "newest-first")
    if dates != in_order:
        return

    after = read(add(text, Draft(day, "记录")))

    found = [entry.date for entry in after.entries if entry.date]
    assert found == sorted([*dates, day], reverse=order == "newest-first")


def test_the_heading_is_written_in_the_files_language() -> None:
    chinese = "---\n客户名称: 蓝海\n---\n"
    english = "---\nname: Acme\nstage: lead\n---\n"
    draft = Draft(
        DAY, "谈价。", time="10:20", channel="call", kind="报价", author="li.na", fields=(("amount", "8万"),)
    )

    assert add(chinese, draft).endswith("\n## 2026-11-20 10:20 电话 报价 @li.na\n\n谈价。\n\n金额:: 8万\n")
    assert add(english, draft).endswith("\n## 2026-11-20 10:20 call quote @li.na\n\n谈价。\n\namount:: 8万\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("概况\n", "概况\n\n## 2026-11-20\n\n新\n"),
        ("", "\n## 2026-11-20\n\n新\n"),
        ("概况", "概况\n\n## 2026-11-20\n\n新\n"),
        (
            "## 2026-11-10\n\n旧\n\n## 2026-11-01\n\n更旧\n",
            "\n## 2026-11-20\n\n新\n\n## 2026-11-10\n\n旧\n\n## 2026-11-01\n\n更旧\n",
        ),
        (
            "## 2026-11-01\n\n旧\n\n## 2026-11-10\n\n新些",
            "## 2026-11-01\n\n旧\n\n## 2026-11-10\n\n新些\n\n## 2026-11-20\n\n新\n",
        ),
        (
            "## 2026-11-01\n\n旧\n\n## 2026-11-02\n\n新些\n\n<!-- vault:sealed\n7q2m9xk4 x\n-->\n",
            "## 2026-11-01\n\n旧\n\n## 2026-11-02\n\n新些\n\n## 2026-11-20\n\n新\n\n<!-- vault:sealed\n7q2m9xk4 x\n-->\n",
        ),
        ("## 2026-11-20 09:00\n\n早\n", "\n## 2026-11-20\n\n新\n\n## 2026-11-20 09:00\n\n早\n"),
    ],
)
def test_an_entry_stands_where_the_order_wants_it(body: str, expected: str) -> None:
    front = "---\nname: x\n---\n"

    assert add(front + body, Draft(DAY, "新")) == front + expected


def test_an_entry_that_would_swallow_or_be_swallowed_is_refused() -> None:
    open_fence = "---\nname: x\n---\n\n## 2026-11-01\n\n```\n没有结束\n"

    with pytest.raises(CannotAddEntry):
        plan_insert_entry(read(open_fence), Draft(date(2026, 10, 1), "x"), "newest-first", "zh")


def test_headings_in_the_text_end_no_entry() -> None:
    after = read(add("---\nname: x\n---\n", Draft(DAY, "# 一\n\n## 2020-01-01\n\n```\n## 代码")))

    assert [entry.date for entry in after.entries] == [DAY]
    assert "### 2020-01-01" in after.text
    assert "## 代码\n```" in after.text


def test_replacing_an_entry_leaves_its_neighbours_alone() -> None:
    text = "---\nname: x\n---\n\n## 2026-11-10\n\n旧\n\n\n## 2026-11-01\n\n更旧\n"
    note = read(text)

    after = apply_edits(text, plan_replace_entry(note, note.entries[0], "## 2026-11-11 电话\n\n改了\n"))

    assert after == "---\nname: x\n---\n\n## 2026-11-11 电话\n\n改了\n\n\n## 2026-11-01\n\n更旧\n"
    with pytest.raises(CannotAddEntry):
        plan_replace_entry(note, note.entries[0], "没有标题")
