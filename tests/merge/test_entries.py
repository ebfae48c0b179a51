"""Bodies merged: entries aligned, placed by date, kept where somebody still writes in them."""

from __future__ import annotations

import pytest

from vault_tool.merge.entries import MergedBody, cut_body, merge_pieces
from vault_tool.notes.blocks import scan_blocks


def merge(base: str, a: str, b: str) -> MergedBody:
    cut = [cut_body(text, 0, len(text), scan_blocks(text, 0).headings) for text in (base, a, b)]
    result = merge_pieces(cut[0], cut[1], cut[2], [])
    assert merge_pieces(cut[0], cut[2], cut[1], []) == result
    return result


def body(*entries: str) -> str:
    """`20 text` is an entry of that day."""
    return "\n\n".join(f"## 2026-11-{entry[:2]} call\n\n{entry[3:]}" for entry in entries) + "\n"


@pytest.mark.parametrize(
    ("base", "a", "b", "merged"),
    [
        (["20 x", "10 y"], ["22 a", "20 x", "10 y"], ["21 b", "20 x", "10 y"], ["22 a", "21 b", "20 x", "10 y"]),
        (["10 x", "20 y"], ["10 x", "20 y", "21 a"], ["10 x", "20 y", "22 b"], ["10 x", "20 y", "21 a", "22 b"]),
        (["10 x"], ["11 b", "10 x"], ["11 a", "10 x"], ["11 a", "11 b", "10 x"]),
        (["10 x"], ["11 a", "11 a", "10 x"], ["11 a", "10 x"], ["11 a", "11 a", "10 x"]),
        (["20 x", "10 y"], ["20 x"], ["21 a", "20 x", "10 y"], ["21 a", "20 x"]),
        (["20 x", "10 y"], ["10 y", "20 x"], ["20 x", "10 y", "09 a"], ["10 y", "09 a", "20 x"]),
        ([], ["10 a"], ["11 b"], ["11 b", "10 a"]),
        (["20 it rains", "10 y"], ["20 it rains!", "10 y"], ["10 y", "20 it rains"], ["10 y", "20 it rains!"]),
    ],
)  # fmt: skip
def test_entries_go_where_the_files_order_wants_them(
    base: list[str], a: list[str], b: list[str], merged: list[str]
):
    assert merge(body(*base), body(*a), body(*b)).text + "\n" == body(*merged)


def test_an_edit_beats_a_removal_and_is_told():
    result = merge(body("20 a long text", "10 y"), body("10 y"), body("20 a long text!", "10 y"))
    assert result.kept == ("## 2026-11-20 call",)
    assert result.text + "\n" == body("20 a long text!", "10 y")


def test_an_edit_of_the_heading_is_an_edit():
    base = body("20 Wants a new offer by the end of the month.", "10 y")
    moved, told = base.replace("-20 call", "-19 visit"), base.replace("month.", "month. Or later.")
    assert merge(base, moved, told).text == told.replace("-20 call", "-19 visit").rstrip("\n")


def test_another_entry_with_the_same_words_is_no_successor_of_one_that_was_removed():
    base = body("20 Wants the offer in euros 1.", "10 y")
    removed = body("21 Wants the offer in euros 2.", "10 y")
    told = body("20 Ann is ill.\nWants the offer in euros 1.", "10 y")
    result = merge(base, removed, told)
    assert result.text + "\n" == body(
        "21 Wants the offer in euros 2.", "20 Ann is ill.\nWants the offer in euros 1.", "10 y"
    )
    assert result.kept == ("## 2026-11-20 call",)


def test_what_came_over_before_and_was_added_to_is_one_entry():
    """Somebody took a colleague's entry over by other means than a merge, and went on writing in it."""
    picked = body("21 a\n金额:: 8", "10 y")
    grown = body("21 a\nlater\n金额:: 8\n\nmore", "10 y")
    assert merge(body("10 y"), picked, grown).text + "\n" == grown
    assert merge(body("10 y"), body("21 a", "21 b", "10 y"), body("21 a\nc", "10 y")).text + "\n" == body(
        "21 a\nc", "21 b", "10 y"
    )
    # A heading alone says that there was one more.
    assert merge("", "## 2026-11-21 call\n", body("21 a")).text.count("## ") == 2


def test_a_merged_entry_is_found_again_where_little_of_it_is_left():
    """Its own heading tells it, not another entry's words; of two with one heading, lines tell more than words."""
    base = body("20 Wants the offer in euros 1.", "10 y")
    a = body("20 Delivered late.", "10 y")
    b = body("21 Wants the offer in euros 2.", "20 Ann is ill.\nWants the offer in euros 1.", "10 y")
    merged = merge(base, a, b).text + "\n"
    assert merged == body("21 Wants the offer in euros 2.", "20 Ann is ill.\nDelivered late.", "10 y")

    twice = body("20 Sent samples.", "20 Asked for a second visit 1.\nWants two points 1.")
    one = body("20 Asked for a second visit 2.", "20 Billing 1.\nWants two points 1.")
    other = body("20 Sent samples.", "20 Sent more 2.\nAsked for a second visit 1.\nWants two points 1.")
    joined = merge(twice, one, other).text + "\n"
    assert joined.count("## ") == 2

    for before, result, sides in ((base, merged, (a, b)), (twice, joined, (one, other))):
        for side in sides:
            assert merge(before, result, side).text + "\n" == result


def test_two_values_of_one_inline_field_are_no_addition():
    base = body("20 text", "10 y")
    result = merge(base, base.replace("text", "text\namount:: 8"), base.replace("text", "text\namount:: 9"))
    assert "amount:: 9\n\n> [!conflict]\n> ## 2026-11-20 call\n>\n> text\n> amount:: 8\n" in result.text


def test_where_each_heading_begins_is_told():
    result = merge(body("20 x"), body("21 a", "20 x"), body("20 x", "19 b"))
    assert [result.text[at : at + 13] for at in result.starts] == [
        "## 2026-11-21",
        "## 2026-11-20",
        "## 2026-11-19",
    ]
