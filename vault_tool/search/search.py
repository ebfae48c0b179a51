"""Search a vault: follow the catalog, find, rank, and show why."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Literal

from vault_tool.messages import N_, Language
from vault_tool.notes.folding import fold, is_han
from vault_tool.schema import Schema
from vault_tool.search.engine import (
    Engine,
    EngineBusy,
    EngineDamaged,
    Progress,
    Ranked,
    open_engine,
)
from vault_tool.search.find import Finder, Found, Words, simplified, words_in
from vault_tool.search.follow import Head, follow, heads_of
from vault_tool.search.query_errors import QueryError
from vault_tool.search.snippet import Finds, Snippet, make_snippet
from vault_tool.search.tree import And, Equal, Or, Query, Term
from vault_tool.search.words import Word, make_word
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import Customer, StoredPassage, customers_of, passages_with
from vault_tool.vault.resolve import nearest, resolve
from vault_tool.vault.vault import Vault

Sort = Literal["score", "date"]

_RECENCY = 0.25  # how much more the entry of today counts than one of long ago
_HALVED_AFTER = 365.0  # days
_LEAST_PART = 2
_MOST_TRIES = 12
_MOST_NEAR = 5
_MOST_LOOKED_AT = 200


class NothingWanted(QueryError):
    """A query without any word or filter."""

    message = N_("There is nothing to search for in this query.")
    hint = N_("Say a word, a phrase in quotes, or a filter such as stage:proposal; `vault list` lists all.")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and the part of it that says why."""

    customer: Customer
    passage: StoredPassage
    score: float
    snippet: Snippet

    @property
    def path(self) -> PurePosixPath:
        """The customer's file."""
        return self.customer.path

    @property
    def author(self) -> str | None:
        """Who wrote an entry: its author, else the customer's owner."""
        if self.passage.kind != "entry":
            return None
        return self.passage.author or self.customer.owner

    def as_json(self) -> dict[str, object]:
        """Return the hit with canonical names; highlights are code points of the snippet."""
        customer, passage = self.customer, self.passage
        return {
            "customer": {
                "id": customer.id,
                "name": customer.name,
                "stage": customer.stage,
                "owner": customer.owner,
            },
            "path": str(customer.path),
            "line": passage.line,
            "date": passage.day,
            "time": passage.time,
            "channel": passage.channel,
            "author": self.author,
            "tags": list(passage.tags),
            "score": round(self.score, 4),
            "snippet": self.snippet.text,
            "highlights": [list(span) for span in self.snippet.highlights],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found: the first hits of `total`.

    `nearest` are words that would find something, where nothing was found. `is_behind`: another process is
    writing to the index, and this is what it held before.
    """

    query: str
    hits: tuple[Hit, ...]
    total: int
    engine: str
    fresh: str
    is_behind: bool = False
    nearest: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the answer as `vault search --json` prints it."""
        return {
            "query": self.query,
            "total": self.total,
            "engine": self.engine,
            "fresh": self.fresh,
            "behind": self.is_behind,
            "nearest": list(self.nearest),
            "hits": [hit.as_json() for hit in self.hits],
        }


def search(
    vault: Vault,
    text: str,
    query: Query,
    today: date,
    *,
    limit: int | None = 20,
    sort: Sort = "score",
    archived: bool | None = False,
    language: Language = "en",
    fresh: Literal["walk", "watcher"] = "walk",
    progress: Progress | None = None,
) -> Answer:
    """Answer a query (`text` as it was typed, `query` as it was read) from the catalog as it is now.

    `vault.fresh()` brings that up to date. `archived` None also searches what was put away. Field names in
    snippets are in `language`. Progress is told of passages while an index is being made.
    """
    catalog = vault.catalog
    engine, is_behind = _ready_engine(vault, progress)
    try:
        words = _words(query, vault, engine)
        wanted = simplified(query, words)
        if wanted == And(()):
            raise NothingWanted(position=1, near=text[:20])

        def find(node: Query, words: Words, *, wide: bool = False) -> Found:
            return Finder(catalog, vault.schema, engine, words, wide=wide, archived=archived).find(node)

        tiers = [find(wanted, words)]
        broader = _with_headings(wanted, vault.schema)
        if broader != wanted or any(words[term].has_more for term in words_in(wanted)):
            more = find(broader, words, wide=True)
            tiers.append({key: ranked for key, ranked in more.items() if key not in tiers[0]})
        if not any(tiers):
            tiers.append(_by_name(catalog, wanted, archived))
        total = sum(map(len, tiers))
        ranked = _best(tiers, sort, limit, today)
        near: tuple[str, ...] = ()
        if not total:

            def look(term: Term) -> tuple[Word | None, Found]:
                word = make_word(term, {}, engine.words_like)
                return word, find(term, {term: word}) if word else {}

            near = _nearest(catalog, engine, words_in(wanted), look)
        shown = [words[term] for term in words_in(wanted)]
        hits = _hits(vault, ranked, shown, language)
        return Answer(text, tuple(hits), total, engine.name, fresh, is_behind, near)
    finally:
        engine.close()


def _ready_engine(vault: Vault, progress: Progress | None) -> tuple[Engine, bool]:
    """Open an engine and have it follow; say whether it lags behind, because another process is writing.

    A damaged index is made again; where that fails, one in memory does for this run.
    """
    catalog = vault.catalog
    chosen = vault.settings.search.engine
    folder = None if catalog.is_in_memory else vault.places.cache / "search"
    engine = open_engine(chosen, folder)
    for attempt in ("as it is", "made again", "in memory"):
        try:
            if follow(engine, catalog, vault.schema, progress):
                return engine, False
            if engine.position() is not None:
                return engine, True
            raise EngineBusy
        except EngineDamaged as error:
            engine.clear()
            if attempt == "in memory":
                raise error.__cause__ or error from None
            if attempt == "made again":
                engine = open_engine(chosen, None)
    raise AssertionError("every attempt returns or raises")


def _words(query: Query, vault: Vault, engine: Engine) -> Words:
    synonyms = vault.settings.search.synonyms
    made = {term: make_word(term, synonyms, engine.words_like) for term in words_in(query, wanted=False)}
    return {term: word for term, word in made.items() if word is not None}


def _with_headings(query: Query, schema: Schema) -> Query:
    """Let a word that names a channel or kind (投诉, call) also mean the entries of that channel or kind.

    They come after those whose text has the word: a complaint's entry seldom says that it is one.
    """
    match query:
        case Term(phrase=False, prefix=False, fuzzy=False):
            named = (
                Equal(vocabulary, (word.name,), of_entry=True)
                for vocabulary in ("channel", "kind")
                if (word := schema.word(vocabulary, query.text))
            )
            nodes: tuple[Query, ...] = (query, *named)
            return Or(nodes) if len(nodes) > 1 else query
        case And(nodes=nodes):
            return And(tuple(_with_headings(node, schema) for node in nodes))
        case Or(nodes=nodes):
            return Or(tuple(_with_headings(node, schema) for node in nodes))
    return query


# --- ranking -----------------------------------------------------------------------------------------------


def _best(tiers: Iterable[Found], sort: Sort, limit: int | None, today: date) -> list[tuple[int, float]]:
    """Return the best keys with their scores: tier by tier, so that other forms of a word come after it."""
    now = today.toordinal()
    rated: list[tuple[tuple[float, ...], int, float]] = []
    for tier, found in enumerate(tiers):
        for key, ranked in found.items():
            score = _with_recency(ranked, now)
            day = float(ranked.day or 0)
            order = (day, -tier, score) if sort == "date" else (-tier, score, day)
            rated.append((order, -key, score))
    best = sorted(rated, reverse=True) if limit is None else heapq.nlargest(limit, rated)
    return [(-key, score) for _, key, score in best]


def _with_recency(ranked: Ranked, today: int) -> float:
    if ranked.day is None:
        return ranked.score
    age = max(0, today - ranked.day)
    return ranked.score * (1.0 + _RECENCY * math.exp2(-age / _HALVED_AFTER))


def _by_name(catalog: Catalog, query: Query, archived: bool | None) -> Found:
    """Find the profiles of customers called so, by pinyin or file name; the last resort for one word."""
    if not isinstance(query, Term) or not (query.text.isascii() and query.text.isalpha()):
        return {}
    keys = [match.key for match in resolve(catalog, query.text) if archived in (None, match.is_archived)]
    marks = ", ".join("?" * len(keys))
    rows = catalog.rows(f"SELECT key FROM passages WHERE kind = 'profile' AND customer IN ({marks})", keys)
    return {key: Ranked(0.0, None) for (key,) in rows}


# --- showing -----------------------------------------------------------------------------------------------


def _hits(
    vault: Vault, ranked: list[tuple[int, float]], words: list[Word], language: Language
) -> Iterable[Hit]:
    passages = passages_with(vault.catalog, [key for key, _ in ranked])
    customers = customers_of(vault.catalog, {passage.customer for passage in passages.values()})
    profiles = {passage.customer for passage in passages.values() if passage.kind == "profile"}
    heads = heads_of(vault.catalog, vault.schema, profiles) if words else {}
    for key, score in ranked:
        passage = passages.get(key)
        # What another process takes out meanwhile is no hit any more.
        if passage is not None and (customer := customers.get(passage.customer)):
            head = heads.get(customer.key) if passage.kind == "profile" else None
            yield Hit(customer, passage, score, _snippet(vault, passage, head, words, language))


def _snippet(
    vault: Vault, passage: StoredPassage, head: Head | None, words: list[Word], language: Language
) -> Snippet:
    """Show where the words stand: in the passage, else in a field of the customer, else its beginning."""
    finds = [_finds(word) for word in words]
    snippet = make_snippet(passage.text, finds)
    if snippet.highlights or head is None:
        return snippet
    for value in head.fields:
        inside = make_snippet(value.text, finds)
        if inside.highlights:
            label = _label(vault, value.name, language)
            moved = tuple(span.moved_by(len(label)) for span in inside.highlights)
            return Snippet(label + inside.text, moved)
    return snippet


def _finds(word: Word) -> Finds:
    return lambda folded: word.spans(folded, wide=True)


def _label(vault: Vault, name: str, language: Language) -> str:
    top, _, inner = name.partition(".")
    field = vault.schema.field(top)
    if field is not None and inner:
        field = field.inner(inner)
    return f"{field.label(language) if field else name}: "


# --- nothing found -----------------------------------------------------------------------------------------

Look = Callable[[Term], tuple[Word | None, Found]]


def _nearest(catalog: Catalog, engine: Engine, terms: Iterable[Term], look: Look) -> tuple[str, ...]:
    """Return words like those that found nothing, each of which would find something."""
    found: dict[str, None] = {}
    for term in terms:
        text = fold(term.text)
        if not look(Term(text))[1]:
            likely = _misspelt(catalog, text, look) or engine.words_like(text, _MOST_NEAR)
            found |= dict.fromkeys(likely + _parts(text, look))
            found |= dict.fromkeys([] if likely else nearest(catalog, term.text, _MOST_NEAR))
    return tuple(found)[:_MOST_NEAR]


def _misspelt(catalog: Catalog, text: str, look: Look) -> list[str]:
    """Return what stands in the notes and has one other Han character, the most frequent first."""
    word, found = look(Term(text, fuzzy=True))
    if word is None or not any(map(is_han, text)):
        return []
    counted: Counter[str] = Counter()
    for passage in passages_with(catalog, list(found)[:_MOST_LOOKED_AT]).values():
        counted.update(passage.folded[start:end] for start, end in word.spans(passage.folded, wide=False))
    return [alike for alike, _ in counted.most_common(2)]


def _parts(text: str, look: Look) -> list[str]:
    """Return the longest part of a Han text that finds something; the first of several."""
    tries = 0
    for length in range(len(text) - 1, _LEAST_PART - 1, -1):
        for start in range(len(text) - length + 1):
            part = text[start : start + length]
            if all(map(is_han, part)) and (tries := tries + 1) <= _MOST_TRIES and look(Term(part))[1]:
                return [part]
    return []
