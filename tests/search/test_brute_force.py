"""The promise of search, against a scan of every text: what a person could find by reading is found."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.search.vaults import ENGINES, close_all, exactly_found, make_vault
from vault_tool.notes.folding import fold, is_han
from vault_tool.search.engine import open_engine
from vault_tool.search.follow import follow
from vault_tool.search.tree import And, Not, Or, Query, Term
from vault_tool.vault.catalog_read import passages_of
from vault_tool.vault.vault import Vault


class Text(NamedTuple):
    """A passage as a reader knows it: its own text, and what is said of its customer."""

    place: tuple[str, int]
    own: str
    signs: tuple[str, ...]
    is_profile: bool


def all_texts(vault: Vault) -> list[Text]:
    """Every passage of a vault, folded here and now."""
    texts = []
    for customer in vault.customers():
        signs = tuple(map(fold, (customer.name, *customer.aliases, *customer.tags)))
        for passage in passages_of(vault.catalog, customer.key):
            place = (customer.path.stem, passage.line)
            texts.append(Text(place, fold(passage.text), signs, passage.kind == "profile"))
    return texts


def words_of(folded: str) -> set[str]:
    """The whole words of a text that aren't Han, told apart character by character."""
    grouped = itertools.groupby(folded, key=lambda c: c.isalnum() and not is_han(c))
    return {"".join(group) for is_word, group in grouped if is_word}


def stands(wanted: str, folded: str) -> bool:
    """A run of Han characters stands anywhere, a word only whole."""
    wanted = fold(wanted)
    return wanted in folded if is_han(wanted[0]) else wanted in words_of(folded)


def scan(texts: list[Text], query: Query) -> set[tuple[str, int]]:
    """Find by reading everything."""
    found = set()
    for text in texts:
        own = (text.own, *text.signs) if text.is_profile else (text.own,)

        def inside(term: Term, own: tuple[str, ...] = own) -> bool:
            return any(stands(term.text, part) for part in own)

        def anywhere(term: Term, signs: tuple[str, ...] = text.signs, own: tuple[str, ...] = own) -> bool:
            return any(stands(term.text, part) for part in (*own, *signs))

        if holds(query, anywhere) and any(inside(term) for term in wanted_terms(query)):
            found.add(text.place)
    return found


def holds(query: Query, term_holds: Callable[[Term], bool]) -> bool:
    match query:
        case Term():
            return term_holds(query)
        case And(nodes=nodes):
            return all(holds(node, term_holds) for node in nodes)
        case Or(nodes=nodes):
            return any(holds(node, term_holds) for node in nodes)
        case Not(node=node):
            return not holds(node, term_holds)
    raise AssertionError(query)


def wanted_terms(query: Query) -> list[Term]:
    match query:
        case Term():
            return [query]
        case And(nodes=nodes) | Or(nodes=nodes):
            return [term for node in nodes for term in wanted_terms(node)]
    return []


# --- notes with few different words, so that they meet ------------------------------------------------------

PIECES = [
    "企业版",
    "企业",
    "版本",
    "方案",
    "業務",
    "价",
    "々",
    "\U00020000",
    "price",
    "Q4",
    "80",
    "000",
    "ＡＢ",
    "Łódź",
    "lo\u0301dz",
]
MARKS = [" ", "，", "\n", "\n\n", "**", "\n- ", "\n> ", ",", "`", "[[", "]]", "-", "_", "　", "\u200b", "、"]
texts = st.lists(st.sampled_from(PIECES + PIECES + MARKS), min_size=1, max_size=12).map("".join)
names = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
notes = st.lists(
    st.tuples(names, st.lists(names, max_size=2), texts, st.lists(texts, max_size=4)), min_size=1, max_size=5
)
terms = (
    st.lists(
        st.sampled_from(["企", "业", "版", "本", "方", "案", "務", "价", "々"]), min_size=1, max_size=5
    ).map("".join)
    | st.sampled_from(
        ["price", "PRICE", "q4", "q", "80", "000", "ab", "pric", "ａｂ", "łodz", "lód", "\U00020000"]
    )
).map(Term)
queries = (
    terms
    | st.lists(terms, min_size=2, max_size=3).map(lambda some: And(tuple(some)))
    | st.lists(terms, min_size=2, max_size=3).map(lambda some: Or(tuple(some)))
    | st.tuples(terms, terms).map(lambda two: And((two[0], Not(two[1]))))
    | st.tuples(terms, terms, terms).map(lambda some: And((Or(some[:2]), some[2])))
    | st.tuples(terms, terms, terms).map(lambda some: And((Or((some[0], Not(some[1]))), some[2])))
)


def as_note(name: str, tags: list[str], profile: str, entries: list[str]) -> str:
    head = f"---\nid: {abs(hash(name))}\nname: '{name}'\ntype: enterprise\nstage: lead\nowner: li.na\ntags: {tags}\n---\n\n"
    days = (f"\n\n## 2026-01-{day:02} 电话 标题\n\n{text}\n" for day, text in enumerate(entries, start=1))
    return head + profile + "".join(days)


# An example is a whole vault and its index: shrinking one would take many minutes.
@settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(notes, st.lists(queries, min_size=1, max_size=60))
def test_search_finds_exactly_what_a_scan_of_every_text_finds(made, asked):
    with tempfile.TemporaryDirectory() as folder:
        vault = make_vault(Path(folder), {f"n{at}": as_note(*note) for at, note in enumerate(made)})
        engines = [open_engine(name, None) for name in ENGINES]
        assert all(follow(engine, vault.catalog, vault.schema) for engine in engines)
        everything = all_texts(vault)

        wrong = [
            (engine.name, query)
            for query in asked
            for engine in engines
            if exactly_found(vault, engine, query) != scan(everything, query)
        ]

        close_all()
        assert wrong == []
