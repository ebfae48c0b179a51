"""Tokens: what a text is found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.notes.folding import fold, is_han
from vault_tool.search.analyzer import GAP, forms, joined_number, sequence, stem_of, units, wanted_tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("企业版", "企 业 版 企业 业版"),
        ("企 业", "企 业"),
        ("q4上线", "q4 上 线 上线"),
        ("price-list, price", "price list"),
        ("80,000元", "80 000 元"),
        ("々\U00020000", "々 \U00020000 々\U00020000"),
        ("snake_case", "snake case"),
        ("，。！ --", ""),
    ],
)
def test_words_stand_whole_and_han_characters_alone_and_in_pairs(text, found):
    assert {*sequence(fold(text)), GAP} == {*found.split(), GAP}


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("80,000元", {"80000"}),
        ("138 1234 5678", {"1381234", "13812345678", "12345678"}),
        ("0571-8888", {"05718888"}),
        ("80.5 v1-2", set()),
        ("prices shipping", {"pric", "ship"}),
        ("ship", set()),
    ],
)
def test_other_forms_are_stems_and_joined_numbers(text, also):
    assert forms(fold(text)) == also


@pytest.mark.parametrize(
    ("words", "stem"),
    [
        ("price prices priced pricing", "pric"),
        ("ship ships shipped shipping", "ship"),
        ("battery batteries", "battery"),
        ("call calls called calling", "call"),
        ("need needs needed", "need"),
        ("address", "address"),
        ("bus", "bus"),
        ("string", "string"),
        ("red", "red"),
    ],
)
def test_forms_of_an_english_word_have_one_stem(words, stem):
    assert {stem_of(word) for word in words.split()} == {stem}


def test_words_of_other_scripts_and_with_digits_have_no_stem():
    assert [stem_of(word) for word in ("q4s", "écoles", "企业", "straßes")] == [
        "q4s",
        "écoles",
        "企业",
        "straßes",
    ]


@given(
    st.text(alphabet="企业版々aé1９ ，_-\n", max_size=20),
    st.text(alphabet="企业版々aé1９ ，_-\n", max_size=20),
)
def test_a_text_that_holds_another_has_all_its_wanted_tokens(inner, outer):
    around = f"{outer} {inner} {outer}"

    assert set(wanted_tokens(units(fold(inner)))) <= set(sequence(fold(around)))


@given(st.text(max_size=60))
def test_no_token_mixes_han_with_anything_else(text):
    for token in sequence(fold(text)):
        assert all(map(is_han, token)) or not any(map(is_han, token))


def test_a_number_with_separators_is_one_number():
    assert joined_number("80,000") == "80000"
    assert joined_number("80.5") is None
    assert joined_number("80") is None
