"""Terms made ready: what counts as standing in a text."""

from __future__ import annotations

import pytest

from vault_tool.notes.folding import fold
from vault_tool.search.tree import Term
from vault_tool.search.words import Word, make_word


def word(term: Term, **synonyms: tuple[str, ...]) -> Word:
    made = make_word(term, synonyms, lambda beginning: ["price"] if beginning == "p" else [])
    assert made is not None
    return made


def marked(term: Term, text: str, *, wide: bool = False) -> list[str]:
    folded = fold(text)
    return [folded[start:end] for start, end in word(term).spans(folded, wide=wide)]


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        (Term("企业版"), "用企业版。企业 版", ["企业版"]),
        (Term("price"), "Price, prices, 价price格", ["price", "price"]),
        (Term("q4上线"), "计划Q4上线", ["q4上线"]),
        (Term("80万"), "80万、80 万、80。万", ["80万", "80 万"]),
        (Term("80,000"), "80,000 元 80 000 80000", ["80,000", "80 000"]),
        (
            Term("企业版 方案", phrase=True),
            "企业版，方案 企业版方案 方案企业版",
            ["企业版,方案", "企业版方案"],
        ),
        (Term("of the", phrase=True), "of the ofthe of, the", ["of the", "of, the"]),
        (Term("预算", prefix=True), "预算表", ["预算"]),
        (Term("budg", prefix=True), "budget, lowbudget", ["budg"]),
        (Term("企也版", fuzzy=True), "企业版", ["企业版"]),
        (Term("priec", fuzzy=True), "the price", ["price"]),
    ],
)
def test_a_term_stands_where_a_reader_would_see_it(term, text, found):
    assert marked(term, text) == found


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        (Term("shipping"), "shipped, ship, shop", ["shipped", "ship"]),
        (Term("80000"), "80,000 or 180,000", ["80,000"]),
        (Term("13812345678"), "+86 138 1234 5678", ["138 1234 5678"]),
    ],
)
def test_a_wide_search_takes_other_forms_of_a_word(term, text, found):
    assert marked(term, text) == []
    assert marked(term, text, wide=True) == found


def test_synonyms_mean_each_other_in_both_directions():
    discount = word(Term("打折"), 折扣=("优惠", "打折"))

    assert discount.stands_in("有优惠", wide=True)
    assert discount.stands_in("有折扣", wide=True)
    assert not discount.stands_in("有优惠", wide=False)


@pytest.mark.parametrize("text", ["", "。", "--", "＋"])
def test_a_term_without_a_word_is_none(text):
    assert make_word(Term(text), {}, lambda beginning: []) is None
