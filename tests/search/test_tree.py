"""The parts of a query, as values."""

from __future__ import annotations

import pytest

from vault_tool.search.tree import And, Equal, Holding, Not, Or, Present, Query, Term

WORD = Term("报价")


def test_what_holds_the_same_is_the_same():
    assert Term("报价", prefix=True) == Term(text="报价", phrase=False, prefix=True)
    assert And((WORD, Not(WORD))) == And((Term("报价"), Not(Term("报价"))))
    assert len({WORD, Term("报价"), Term("报价", fuzzy=True)}) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (And((WORD,)), Or((WORD,))),
        (And(()), Or(())),
        (Present("next"), Present("next", of_entry=True)),
        (Equal("stage", ("won",)), Equal("stage", ("won", "lost"))),
        (Holding("name", WORD), Holding("name", Term("报价", fuzzy=True))),
        (WORD, "报价"),
    ],
)
def test_what_means_something_else_is_not_the_same(one: Query, other: object):
    assert one != other


def test_a_part_shows_what_it_holds():
    assert repr(Not(WORD)) == "Not(Term('报价', False, False, False))"
