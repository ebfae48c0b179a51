"""Lists of lines merged: what is agreed, what is disputed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.merge.lines import Agreed, Disputed, combined, merge_lines, with_disputes_as

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d"]), max_size=8)


@pytest.mark.parametrize(
    ("base", "a", "b", "merged"),
    [
        ("1 2 3", "1 x 3", "1 2 3", "1 x 3"),
        ("1 2 3 4 5", "1 x 3 4 5", "1 2 3 4 y", "1 x 3 4 y"),
        ("1 2 3 4", "1 x 3 4", "1 2 y 4", "1 x y 4"),  # neighbours
        ("1 2 3", "1 3", "1 2 3 4", "1 3 4"),
        ("1 2", "1 2 x", "1 y", "1 y x"),  # an addition below an edit
        ("1", "1 x y", "1 x", "1 x y"),  # one addition holds the other
        ("1", "2 x", "2", "2 x"),  # one edit, and something added to it
        ("1 2", "", "1 2", ""),
        ("1 2", "x y z", "x y 2", "x y z"),  # what came of a merge, and what went into it
        ("1 2", "x z y", "1 z", "x z y"),
        ("", "x y z", "x z", "x y z"),
    ],
)
def test_changes_that_do_not_overlap_are_both_made(base: str, a: str, b: str, merged: str):
    sides = [text.split() for text in (base, a, b)]
    assert merge_lines(*sides) == [Agreed(merged.split())] or not merged
    assert with_disputes_as(merge_lines(*sides), "a") == merged.split()
    assert with_disputes_as(merge_lines(sides[0], sides[2], sides[1]), "a") == merged.split()


@pytest.mark.parametrize(
    ("base", "a", "b"),
    [
        ("1 2 3", "1 x 3", "1 y 3"),
        ("1 2 3", "1 3", "1 y 3"),
        ("1 2", "1 x 2", "1 y 2"),
        ("", "x", "y"),
    ],
)
def test_two_changes_of_one_place_are_a_dispute(base: str, a: str, b: str):
    regions = merge_lines(base.split(), a.split(), b.split())
    disputes = [region for region in regions if isinstance(region, Disputed)]
    assert len(disputes) == 1
    assert with_disputes_as(regions, "a") == a.split()
    assert with_disputes_as(regions, "b") == b.split()


@given(LINES, LINES, LINES)
def test_a_merge_of_lines_has_no_sides(base: list[str], a: list[str], b: list[str]):
    one, other = merge_lines(base, a, b), merge_lines(base, b, a)
    assert with_disputes_as(one, "a") == with_disputes_as(other, "b")
    assert with_disputes_as(one, "b") == with_disputes_as(other, "a")


@given(LINES, LINES)
def test_a_side_that_changed_nothing_takes_the_other(base: list[str], a: list[str]):
    for regions in (merge_lines(base, a, base), merge_lines(base, a, a)):
        assert not any(isinstance(region, Disputed) for region in regions)
        assert with_disputes_as(regions, "a") == a


def test_a_text_of_many_equal_lines_takes_no_time_to_speak_of():
    base, a = ["x"] * 30_000, ["y", *["x"] * 30_000]
    assert with_disputes_as(merge_lines(base, a, [*base, "z"]), "a") == [*a, "z"]
    assert with_disputes_as(merge_lines([*base, "1", *base], [*a, "2", *a], base), "a")


def test_additions_stay_apart_as_paragraphs():
    assert combined(["", "one"], ["", "other"]) == ["", "one", "", "other"]
    assert combined(["a", "b"], ["b"]) == ["a", "b"]
