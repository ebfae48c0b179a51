"""The reader by the line answers what libyaml answers, or nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.generate import corpus, customer
from tests.notes.strategies import FRONT_LINES, WORDS, notes
from vault_tool.notes.frontmatter import cut
from vault_tool.notes.nodes import BlockError
from vault_tool.notes.simple_yaml import read_simple
from vault_tool.notes.yaml_tree import read_events

ROOT = Path(__file__).parents[2]
OFFSET = 7

SIMPLE = [
    "name: 王五\n",
    "a: 1  \n\nb:\nd:   # nothing\n# a comment\nc: x # another\n",
    "phone: '0571'\nsize: \"a: b # c\"   # d\n",
    "tags: [展会2026, 'a, b', \"c\" ]\naliases: []\n",
    "website: https://example.com/#top\nsize: 3:1\n",
    "tags:\n- a\n- 'b'\n-  [c, d]\nnext:\n  - 2026-11-27 发新报价\n\n  # later\n  - x\n",
    "contacts:\n  - name: 王总\n    title:\n  -   name: 刘姐\n      title: 财务\n  - 李四 采购\next:\n    erp: K-1\n",
    "zip code: x\nmy-key: y\n_k: z\n",
    "a:\n- b:\n- c: d\n  e: f\n",
]
NOT_SIMPLE = [
    "",
    "# nothing but a comment\n",
    "a: 1",
    " a: 1\n",
    "a: 1\n b: 2\n",
    "a: 1\n  and more\n",
    "a:\n  and more\n",
    "a:\n  b: 1\n   c: 2\n",
    "a:\n  b:\n    c: 1\n",
    "a:\n  b:\n  - c\n",
    "a:\n  - b\n - c\n",
    "a:\n  - b\n  c: 1\n",
    "a:\n  -\n",
    "a:\n  - - b\n",
    "a: - b\n",
    "a: b: c\n",
    "a: b:\n",
    "a: [b, c\n",
    "a: [b,]\n",
    "a: [b: c]\n",
    "a: [[王五]]\n",
    "a: {b: c}\n",
    "a: 'it''s'\n",
    'a: "\\t"\n',
    "a: 'b' c\n",
    "a: 'b'#c\n",
    "a: @li.na\n",
    "a: *b\n",
    "a: &b c\n",
    "a: !!str c\n",
    "a: |\n  b\n",
    "a: >-\n  b\n",
    "? a\n: b\n",
    "a:\tb\n",
    "a: b\r\n",
    "a: b\u2028c\n",
    "a: \ufeffb\n",
    "a: \x07\n",
    "a：b\n",
    "a:b\n",
    "--- a\n",
    "... \n",
    "%TAG ! x\n",
    f"{'k' * 1100}: v\n",
]


def by_events(source: str) -> object:
    try:
        return read_events(source, OFFSET)
    except BlockError as error:
        return str(error)


def agrees(source: str) -> bool:
    """Tell whether the reader answers; where it does, it has to be what libyaml says, type for type."""
    simple = read_simple(source, OFFSET)
    # What its lines begin with is known now, and such lines are read in another way.
    assert repr(read_simple(source, OFFSET)) == repr(simple)
    if simple is None:
        return False
    # By their representation: a scalar and a list of the same parts are equal as tuples.
    assert repr(simple._replace(lines=())) == repr(by_events(source))
    return True


@pytest.mark.parametrize("source", SIMPLE)
def test_what_people_write_is_read(source: str) -> None:
    assert agrees(source)


@pytest.mark.parametrize("source", NOT_SIMPLE)
def test_what_is_not_simple_is_left_to_libyaml(source: str) -> None:
    assert read_simple(source, OFFSET) is None


@pytest.mark.parametrize("odd", [" ", "a ", "- ", "[ ", "[a, ", "'", "a: ", "a:[", "- a: "])
@pytest.mark.parametrize("start", ["", "a: ", "a: [", "- "])
def test_what_fits_nowhere_is_given_up_at_once(start: str, odd: str) -> None:
    started = time.process_time()

    read_simple(f"{start}{odd * 30_000}@: x\n", OFFSET)

    # A quadratic pattern needs minutes here.
    assert time.process_time() - started < 5


def test_no_note_of_the_benchmark_needs_libyaml() -> None:
    made = corpus(1)
    for number in range(60):
        text = customer(made, number)
        found = cut(text)
        assert found is not None
        assert agrees(found[1].of(text))


def test_nearly_every_note_of_the_example_and_of_the_cases_agrees() -> None:
    blocks = []
    for folder in ("example_vault", "tests/cases"):
        for path in sorted((ROOT / folder).rglob("*.md")):
            text = path.read_bytes().decode("utf-8", "replace")
            if found := cut(text):
                blocks.append(found[1].of(text))
    assert sum(map(agrees, blocks)) > len(blocks) / 2


SIGNS = st.sampled_from(":#-' \n\"[],?!|>{}\\\t\r\x85\u2028\ufeff%@~\xa0\u3000：")
SLIPS = st.sampled_from(
    ["  ", "    ", " #", "''", "&a", "*a", "---", "...", "key: ", " # c", "- ", "\n- x\n"]
)
LINES = st.sampled_from(
    ["\n  k: v\n", "\n  - y\n", "\n    - z\n", "\n#c\n", "\n  - k: v\n    l: w\n", "\n\n"]
)


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """Front matter as people write it, with some slips of the hand."""
    lines = draw(st.lists(st.one_of(FRONT_LINES, st.sampled_from(SIMPLE), WORDS), max_size=5))
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 2))
        text = text[:at] + draw(st.one_of(SIGNS, SLIPS, LINES, st.just(""))) + text[at + gone :]
    return text


@given(blocks())
def test_it_says_what_libyaml_says_or_nothing(source: str) -> None:
    agrees(source)


@given(notes())
def test_so_it_is_for_whole_notes(text: str) -> None:
    if found := cut(text):
        agrees(found[1].of(text))
