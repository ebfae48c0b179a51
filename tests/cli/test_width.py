from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

from vault_tool.cli import width as module
from vault_tool.cli.width import clip, pad, width, wrap

WORDS = st.text(st.sampled_from("ab 蓝海，。（）「」…é😀"), max_size=60)


def test_han_takes_two_columns():
    assert [width(text) for text in ("", "abc", "蓝海", "a蓝", "“报价”，", "￥", "é", "😀")] == [
        0, 3, 4, 3, 8, 2, 1, 2,
    ]  # fmt: skip


def test_what_is_known_without_the_tables_is_what_the_tables_say():
    wrong = [
        hex(code)
        for code in range(0x20, 0xFFFF)
        if module._columns_of(chr(code)) not in (0, wcwidth(chr(code)))
    ]

    assert wrong == []


def test_styles_take_no_columns():
    assert width("\x1b[1;33m蓝海\x1b[0m") == 4


def test_control_characters_break_nothing():
    assert width("a\x07蓝") == 3


@given(WORDS, st.integers(1, 40))
def test_a_clipped_text_fits_and_says_that_it_was_cut(text: str, columns: int):
    clipped = clip(text, columns)

    assert width(clipped) <= columns
    assert clipped == text or clipped.endswith("…")


@given(WORDS, st.integers(1, 40))
def test_padding_fills_to_the_width(text: str, columns: int):
    assert width(pad(clip(text, columns), columns)) == columns


@given(WORDS, st.integers(4, 40))
def test_wrapping_loses_and_adds_nothing_but_blanks(text: str, columns: int):
    lines = wrap(text, columns)

    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(st.sampled_from("蓝海报价，。）（「」"), max_size=60), st.integers(8, 40))
def test_no_line_begins_with_a_closing_mark_nor_ends_with_an_opening_one(text: str, columns: int):
    lines = wrap(text, columns)

    assert [line for line in lines[1:] if line[0] in "，。）」"] == []
    assert [line for line in lines[:-1] if line[-1] in "（「"] == []


@given(
    st.lists(st.sampled_from(["蓝海", "报价", "ab", "quote"]), max_size=20).map(" ".join), st.integers(5, 40)
)
def test_lines_fit_where_no_single_word_is_wider(text: str, columns: int):
    assert [line for line in wrap(text, columns) if width(line) > columns] == []


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 10, []),
        ("one two three", 8, ["one two", "three"]),
        ("价格定了，等总监确认。", 10, ["价格定了，", "等总监确", "认。"]),
        ("送样（两台）到", 6, ["送样", "（两", "台）到"]),
    ],
)
def test_both_scripts_break_where_readers_expect_it(text: str, columns: int, lines: list[str]):
    assert wrap(text, columns) == lines


def test_wcwidth_agrees_on_mixed_text():
    assert width("报价 quote é 😀") == wcswidth("报价 quote é 😀")
