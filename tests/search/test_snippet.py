"""Snippets: the part of a text that says why it was found."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.folding import fold
from vault_tool.search.snippet import WIDTH, Finds, make_snippet


def finds(word: str) -> Finds:
    return lambda folded: (found.span() for found in re.finditer(re.escape(word), folded))


def test_the_find_is_marked_and_its_neighbours_shown():
    text = "第一句。" * 30 + "这里说企業版的价格。" + "后面。" * 60

    snippet = make_snippet(text, [finds("企业版")])

    assert snippet.text.startswith("…") and snippet.text.endswith("…")
    assert [span.of(snippet.text) for span in snippet.highlights] == ["企業版"]


def test_near_its_end_a_text_is_shown_as_far_back_as_there_is_room():
    text = "第一句。" * 30 + "这一句会很长，" * 3 + "最后说企业版。"

    short, long = (
        make_snippet("问了很多，也看了样机，最后说企业版。", [finds("企业版")]),
        make_snippet(text, [finds("企业版")]),
    )

    assert short.text == "问了很多，也看了样机，最后说企业版。"
    assert long.text.startswith("…第一句。") and long.text.endswith("最后说企业版。")


def test_the_stretch_with_most_different_finds_wins():
    text = "价格。" + "无关的话。" * 40 + "企业版的价格。" + "无关的话。" * 40

    snippet = make_snippet(text, [finds("企业版"), finds("价格")])

    assert [span.of(snippet.text) for span in snippet.highlights] == ["企业版", "价格"]


def test_without_a_find_it_is_the_beginning():
    assert make_snippet("\n企业\n版", [finds("x")]) == ("企业 版", ())


def test_a_character_that_folds_to_several_is_marked_whole():
    snippet = make_snippet("甲㈱乙", [finds("株")])

    assert [span.of(snippet.text) for span in snippet.highlights] == ["㈱"]


@given(
    st.text(alphabet="企業版aßﬁ…㈱ é\u0301\n，x", max_size=300),
    st.text(alphabet="企业版asfi株x.é", min_size=1, max_size=3),
)
def test_what_is_marked_folds_to_what_was_sought(text, wanted):
    snippet = make_snippet(text, [finds(wanted)])

    assert len(snippet.text) <= WIDTH + 2
    assert list(snippet.highlights) == sorted(snippet.highlights)
    for span in snippet.highlights:
        assert wanted in fold(span.of(snippet.text))
    if wanted in fold(text):
        assert snippet.highlights
