"""Merges of notes as stories that a person can read: `base`, `ours`, `theirs`, and what is `expected`.

`make golden` writes `expected.md` anew (VAULT_GOLDEN=1); read the diff like code.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from vault_tool.merge.conflicts import open_conflicts, plan_resolution
from vault_tool.merge.note import Merged, merge_note
from vault_tool.notes.note import parse_note
from vault_tool.notes.text import apply_edits
from vault_tool.schema import load_schema

CASES = Path(__file__).parents[1] / "cases" / "merge"
SCHEMA = load_schema()
PATH = PurePosixPath("customers/蓝海.md")
STORIES = sorted(folder.name for folder in CASES.iterdir())

by_story = pytest.mark.parametrize("story", STORIES)


def versions(story: str) -> tuple[bytes, bytes, bytes]:
    base, ours, theirs = ((CASES / story / f"{name}.md").read_bytes() for name in ("base", "ours", "theirs"))
    return base, ours, theirs


def merge(base: bytes | None, a: bytes, b: bytes) -> Merged:
    return merge_note(PATH, base, a, b, SCHEMA)


@by_story
def test_a_story_ends_as_expected_whoever_tells_it(story: str):
    base, ours, theirs = versions(story)
    result = merge(base, ours, theirs)
    path = CASES / story / "expected.md"
    if os.environ.get("VAULT_GOLDEN"):
        path.write_bytes(result.data)
    assert result.data == path.read_bytes()
    assert merge(base, theirs, ours) == result
    assert result.parked is None


@by_story
def test_a_story_that_is_told_again_stays_as_it_ended(story: str):
    base, *sides = versions(story)
    result = merge(base, *sides).data
    for side in sides:
        assert merge(base, result, side).data == result


@by_story
def test_a_decision_in_a_story_ends_its_conflict_for_everybody(story: str):
    base, ours, theirs = versions(story)
    joined = merge(base, ours, theirs).data
    note = parse_note(PATH, joined, SCHEMA)
    for conflict in open_conflicts(note):
        decided = apply_edits(note.text, plan_resolution(note, conflict, "other")).encode()
        assert len(open_conflicts(parse_note(PATH, decided, SCHEMA))) == len(open_conflicts(note)) - 1
        meanwhile = joined.replace("王总定价格，".encode(), "王总定价格；".encode())
        ended = merge(joined, decided, meanwhile)
        assert len(ended.conflicts) == len(merge(base, ours, theirs).conflicts) - 1
        assert merge(joined, meanwhile, decided) == ended


def test_what_one_removed_and_the_other_edited_stays_and_is_reported():
    result = merge(*versions("edit-against-delete"))
    assert result.kept == ("## 2026-10-08 订单 @zhang.wei",)
    assert "数量:: 2".encode() in result.data


def test_a_field_with_two_values_is_told_by_its_canonical_name():
    assert merge(*versions("same-field")).conflicts == ("stage",)
    assert merge(*versions("sealed-value-on-both-sides")).conflicts == ("contacts[王总].mobile",)
    assert merge(*versions("both-edit-one-entry")).conflicts == ("",)
    assert merge(*versions("different-fields")).conflicts == ()


def test_two_who_added_one_customer_have_both_their_entries():
    base, ours, theirs = versions("same-day-entries")
    result = merge(None, ours, theirs)
    assert result == merge(None, theirs, ours)
    assert result.data == merge(base, ours, theirs).data


def test_a_note_that_is_not_utf8_loses_to_one_that_is_and_stays_beside_it():
    base, ours, theirs = versions("same-field")
    foreign = ours.decode().encode("gb18030")
    result = merge(base, foreign, theirs)
    assert (result.data, result.parked) == (theirs, foreign)
    assert merge(base, theirs, foreign) == result
    assert merge(base, foreign, base) == Merged(foreign)


def test_front_matter_that_one_side_left_open_is_parked():
    base, ours, theirs = versions("same-field")
    broken = ours.replace(b"\n---\n", b"\n", 1)
    assert merge(base, broken, theirs)[0:1] + merge(base, theirs, broken)[3:] == (theirs, broken)


def test_a_code_block_left_open_swallows_nobody_elses_entry():
    base, ours, theirs = versions("same-day-entries")
    opened = ours.replace("李娜：".encode(), "```\n李娜：".encode())
    result = merge(base, opened, theirs)
    titles = [entry.channel for entry in parse_note(PATH, result.data, SCHEMA).entries]
    assert titles == ["wechat", "visit"]
    assert "```\n李娜：样品".encode() in result.data


def test_lines_with_an_odd_break_keep_it():
    base, ours, theirs = versions("different-fields")
    mixed = (side.replace("付款。\n".encode(), "付款。\r\n".encode()) for side in (base, ours, theirs))
    result = merge(*mixed).data
    assert result.count(b"\r\n") == 1
    assert result.replace(b"\r\n", b"\n") == (CASES / "different-fields" / "expected.md").read_bytes()


def test_odd_breaks_of_two_who_began_one_customer_are_settled_once():
    """What was merged may use another break most than the note it came from: that is no change of any line."""
    top = "---\r\nid: c3m8k2qa41\r\n名称: 蓝海\r\n"
    ours = f"{top}needs: [样品]\r\n---\n".encode()
    theirs = f"{top}---\r\n\n## 2026-09-03 电话\n\n寄了三种样品。\n\n寄出后打过电话。\n".encode()
    result = merge(None, ours, theirs).data
    assert merge(None, result, ours).data == merge(None, result, theirs).data == result


def test_odd_breaks_are_settled_once_where_one_changed_all_and_the_other_some():
    top = "---\r\nid: c3m8k2qa41\r\n名称: 蓝海\r\n"
    base = f"{top}---\r\n\r\n样品寄出。\r\n".encode()
    ours = f"{top}consent:\r\n  date: 2026-01-01\n  method: 邮件\n---\n\n样品寄出。\n".encode()
    theirs = base.replace(b"\r\n", b"\n").rstrip(b"\n")
    result = merge(base, ours, theirs).data
    assert result == merge(base, theirs, ours).data
    assert result.count(b"\r\n") == 1
    assert b"consent:\r\n" in result
    assert merge(base, result, ours).data == merge(base, result, theirs).data == result


def test_a_byte_order_mark_and_a_last_line_without_break_are_merged_like_fields():
    base, ours, theirs = versions("different-fields")
    expected = (CASES / "different-fields" / "expected.md").read_bytes()
    assert merge(
        base, b"\xef\xbb\xbf" + ours, theirs.rstrip(b"\n")
    ).data == b"\xef\xbb\xbf" + expected.rstrip(b"\n")
    assert merge(b"\xef\xbb\xbf" + base, b"\xef\xbb\xbf" + ours, theirs).data == expected


def test_a_token_comes_back_with_the_reference_that_stayed():
    """One removes a sealed value, the other moves it into an entry: the reference stays, so does its token."""
    base = versions("sealed-anew-and-edited")[0]
    removed = base.replace("    手机: sealed-7q2m9xk4\n".encode(), b"").partition(b"\n<!-- vault:sealed")[0]
    moved = base.replace("月底定。".encode(), "月底定，sealed-7q2m9xk4。".encode())
    result = merge(base, removed, moved)
    assert result == merge(base, moved, removed)
    note = parse_note(PATH, result.data, SCHEMA)
    assert [token.vid for token in note.sealed_block.tokens] == ["7q2m9xk4"] if note.sealed_block else False


def test_a_reference_behind_an_escape_keeps_its_token():
    base = versions("same-field")[0]
    ours = base.replace("方案报价".encode(), "|-\n  一\n  sealed-7q2m9xk4".encode())
    theirs = base.replace("方案报价".encode(), "成交".encode()).replace(
        "    手机: sealed-7q2m9xk4\n".encode(), b""
    )
    note = parse_note(PATH, merge(base, ours, theirs).data, SCHEMA)
    assert {reference.vid for reference in note.sealed_references} == {"7q2m9xk4"}
    assert open_conflicts(note)[0].field == "stage"
