"""Spans and edits: what is planned changes, nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.text import (
    Edit,
    Lines,
    Span,
    apply_edits,
    decode,
    iterate_lines,
    line_break_of,
    line_end,
    next_line,
)


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text(max_size=60))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [Edit(Span(start, end), draw(st.text(max_size=5))) for start, end in pairs]


@given(texts_with_edits())
def test_edits_change_their_spans_and_nothing_else(case: tuple[str, list[Edit]]) -> None:
    text, edits = case

    after = apply_edits(text, edits)

    at, done = 0, 0
    for span, replacement in edits:
        kept = text[done : span.start]
        assert after[at : at + len(kept)] == kept
        assert after[at + len(kept) :].startswith(replacement)
        at += len(kept) + len(replacement)
        done = span.end
    assert after[at:] == text[done:]


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abcdef", [Edit(Span(0, 3), "x"), Edit(Span(2, 4), "y")])


@given(st.text(alphabet="ab\r\n😀", max_size=40))
def test_lines_cover_the_text_and_positions_agree_with_them(text: str) -> None:
    lines = list(iterate_lines(text))

    assert "".join(text[line.start : line.next] for line in lines) == text
    numbered = Lines(text)
    for number, line in enumerate(lines, 1):
        assert numbered.position(line.start) == (number, 1)
        assert numbered.span(number) == Span(line.start, line.end)


@given(st.text(st.sampled_from("a\n\r"), max_size=8), st.integers(0, 8))
def test_a_line_ends_where_the_lines_say(text: str, offset: int) -> None:
    for stop in (None, max(offset, len(text) - 1)):
        for line in iterate_lines(text, 0, stop):
            if line.start <= offset <= line.end:
                assert line_end(text, offset, stop) == line.end
                assert next_line(text, offset, stop) == line.next


@given(st.binary(max_size=200))
def test_decoding_never_raises_and_clean_text_is_the_very_bytes(data: bytes) -> None:
    decoded = decode(data)

    if decoded.problem is None:
        assert decoded.text.encode() == data


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("---\n客户: 蓝海\n".encode("gb18030"), "gb18030", "---\n客户: 蓝海\n"),
        ("---\n客户: 蓝海\n".encode("utf-16"), "utf-16", "---\n客户: 蓝海\n"),
        ("---\nname: x\n".encode("utf-16-le"), "utf-16", "---\nname: x\n"),
        ("\ufeff蓝海".encode(), "utf-8", "\ufeff蓝海"),
    ],
)
def test_files_of_old_editors_are_read(data: bytes, encoding: str, text: str) -> None:
    decoded = decode(data)

    assert (decoded.encoding, decoded.text) == (encoding, text)
    assert (decoded.problem is None) == (encoding == "utf-8")


@pytest.mark.parametrize(
    ("text", "used"), [("a\r\nb\n\r\n", "\r\n"), ("a\nb", "\n"), ("a\rb\r", "\r"), ("", "\n")]
)
def test_the_line_break_used_most_is_the_files_own(text: str, used: str) -> None:
    assert line_break_of(text) == used
