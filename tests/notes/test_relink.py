"""Mending links: targets change, and nothing else does."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given

from tests.notes.strategies import WORDS, notes
from vault_tool.notes.note import parse_note
from vault_tool.notes.relink import can_be_target, plan_relink
from vault_tool.notes.text import apply_edits
from vault_tool.schema import load_schema

SCHEMA = load_schema()


def relinked(text: str, **new: str) -> str:
    note = parse_note(PurePosixPath("x.md"), text, SCHEMA)
    return apply_edits(text, plan_relink(note, new.get))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[[王五]]", "[[王五（北京）]]"),
        ("[[王五|老王]]", "[[王五（北京）|老王]]"),
        ("[[ 王五 | 老王 ]]", "[[ 王五（北京） | 老王 ]]"),
        ("![[王五]]", "![[王五（北京）]]"),
        ("[[王五]] 和 [[李四]] 和 [[王五]]", "[[王五（北京）]] 和 [[李四]] 和 [[王五（北京）]]"),
        ("[[王五二]]", "[[王五二]]"),
        ("王五", "王五"),
        ("`[[王五]]`", "`[[王五]]`"),
        ("```\n[[王五]]\n```", "```\n[[王五]]\n```"),
        ("<!-- [[王五]] -->", "<!-- [[王五]] -->"),
    ],
)
def test_the_target_of_a_link_changes_and_its_label_stays(before: str, after: str):
    assert relinked(before, 王五="王五（北京）") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("referred_by: [[王五]]", "referred_by: [[赵: 六]]"),
        ('referred_by: "[[王五]]"  # c', 'referred_by: "[[赵: 六]]"  # c'),
        ("推荐人: '[[王五|老王]]'", "推荐人: '[[赵: 六|老王]]'"),
        ("referred_by: 王五", 'referred_by: "赵: 六"'),
        ("referred_by: 李四", "referred_by: 李四"),
        ("name: 王五", "name: 王五"),
    ],
)
def test_a_link_field_changes_in_the_style_it_was_written_in(before: str, after: str):
    assert relinked(f"---\n{before}\n---\n", 王五="赵: 六") == f"---\n{after}\n---\n"


def test_line_ends_and_a_byte_order_mark_stay():
    text = "\ufeff---\r\nreferred_by: [[a]]\r\n---\r\n[[a]]\r\n"

    assert relinked(text, a="b") == text.replace("[[a]]", "[[b]]")


def test_a_note_whose_front_matter_is_broken_is_left_alone():
    text = "---\nx: [\n---\n[[a]]\n"

    assert relinked(text, a="b") == text


@given(notes(), WORDS.filter(can_be_target))
def test_the_mended_note_links_to_the_new_name_where_it_linked_to_the_old(text: str, new: str):
    before = parse_note(PurePosixPath("x.md"), text, SCHEMA)

    after = parse_note(PurePosixPath("x.md"), relinked(text, 王五=new), SCHEMA)

    wanted = [new if link.target == "王五" and before.is_writable else link.target for link in before.links]
    assert [link.target for link in after.links] == wanted
    assert after.text.replace(new, "王五") == text.replace(new, "王五")
    others = {"referred_by"} if before.is_writable else set()
    assert {k: v for k, v in after.values().items() if k not in others} == {
        k: v for k, v in before.values().items() if k not in others
    }
