"""Search a vault: follow the catalog, find, rank, and show why."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from datetime import date
from functools import reduce
from pathlib import PurePosixPath
from typing import Literal

from vault_tool.messages import N_, Language
from vault_tool.named import NamedTuple
from vault_tool.search.analyzer import person_sign
from vault_tool.search.documents import Head, heads_of
from vault_tool.search.engine import Engine, EngineDamaged, Order, Progress, Scored
from vault_tool.search.find import Finder, Words, simplified, words_in
from vault_tool.search.follow import note_measure, ready_engine, sweep
from vault_tool.search.found import Found, Listed
from vault_tool.search.query_errors import QueryError
from vault_tool.search.snippet import Finds, Snippet, make_snippet
from vault_tool.search.tree import And, Query, Term
from vault_tool.search.words import Word, make_word, people_named, signs_of
from vault_tool.vault.catalog_read import Customer, StoredPassage, customers_of, passages_with
from vault_tool.vault.vault import Vault

Sort = Literal["score", "date"]
By = Literal["entry", "customer"]

_RECENCY = 0.25  # how much more the entry of today counts than one of long ago
_HALVED_AFTER = 365.0  # days
# So many of the best by their words alone are looked at for how recent they are.
_WINDOW = 500
_SLOW = 500  # milliseconds; worth telling of in `vault doctor`
_MOST_NEAR = 5
# With so few hits, names by pinyin may be what was meant as well.
_FEW_HITS = 5


class NothingWanted(QueryError):
    """A query without any word or filter."""

    message = N_("There is nothing to search for in this query.")
    hint = N_("Say a word, a phrase in quotes, or a filter such as stage:proposal; `vault list` lists all.")


class Hit(NamedTuple):
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


class Answer(NamedTuple):
    """What a search found: the first hits of `total`.

    `nearest` are words that would find something, where nothing was found, and `put_away` counts what
    archived customers have then. `is_behind`: another process is
    writing to the index, and this is what it held before.
    """

    query: str
    hits: tuple[Hit, ...]
    total: int
    engine: str
    fresh: str
    is_behind: bool = False
    nearest: tuple[str, ...] = ()
    put_away: int = 0

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
    by: By = "entry",
    archived: bool | None = False,
    language: Language = "en",
    fresh: Literal["walk", "watcher"] = "walk",
    progress: Progress | None = None,
) -> Answer:
    """Answer a query (`text` as it was typed, `query` as it was read) from the catalog as it is now.

    `vault.fresh()` brings that up to date. `by` customer, each has its best hit only, and `limit` and `total`
    count customers. `archived` None also searches what was put away. Field names in
    snippets are in `language`. Progress is told of passages while an index is being made.
    """
    for attempt in ("first", "last"):
        engine, is_behind = ready_engine(vault, progress)
        began = time.monotonic()
        try:
            if fresh == "walk":  # else the watcher does
                sweep(vault, progress)
            search = _Search(vault, engine, query, archived)
            if search.wanted == And(()):
                raise NothingWanted(position=1, near=text[:20])
            total, ranked, near = search.run(sort, by, limit, today)
            hits = tuple(_hits(vault, ranked, search.shown, language))
            put_away = 0 if total or archived is not False else search.count_put_away()
        except EngineDamaged:
            # Also: another process has just replaced the files that we were reading.
            if attempt == "last":
                raise
        else:
            taken = (time.monotonic() - began) * 1000
            if taken > _SLOW:
                note_measure(vault.catalog, "query_ms", engine.name, taken)
            return Answer(text, hits, total, engine.name, fresh, is_behind, near, put_away)
        finally:
            engine.close()
    raise AssertionError("the last attempt returns or raises")


class _Search:
    """One search: what is wanted, and who finds it."""

    def __init__(self, vault: Vault, engine: Engine, query: Query, archived: bool | None) -> None:
        self._vault = vault
        self._engine = engine
        self._archived = archived
        self._words = _words(query, vault, engine)
        self.wanted = simplified(query, self._words)

    @property
    def shown(self) -> list[Word]:
        """The words that a snippet marks."""
        return [self._words[term] for term in words_in(self.wanted)]

    def run(
        self, sort: Sort, by: By, limit: int | None, today: date
    ) -> tuple[int, list[tuple[int, float]], tuple[str, ...]]:
        """Return how much was found, the best keys with their scores, and nearest words where nothing was."""
        tiers = [self._find(self.wanted)]
        if any(word.has_more for word in self.shown):
            tiers.append(self._find(self.wanted, wide=True).besides(tiers[0]))
        total, ranked = _best(tiers, sort, by, limit, today)
        if total <= _FEW_HITS:
            named = reduce(lambda found, tier: found.besides(tier), tiers, self._by_name())
            total, ranked = _best([*tiers, named], sort, by, limit, today)
        return total, ranked, () if total else self._near(today)

    def count_put_away(self) -> int:
        """Count what archived customers have of it."""
        self._archived = True
        return self._find(self.wanted).best(0, "score").total

    def _find(self, query: Query, words: Words | None = None, *, wide: bool = False) -> Found:
        vault, known = self._vault, self._words if words is None else words
        finder = Finder(vault.catalog, vault.schema, self._engine, known, wide=wide, archived=self._archived)
        return finder.find(query)

    def _near(self, today: date) -> tuple[str, ...]:
        from vault_tool.search.nearest import days_meant, nearest_words  # here: most searches find something

        terms = words_in(self.wanted)
        near = days_meant(terms, today, self._vault.schema, lambda query: self._find(query, {}))
        return (*near, *nearest_words(self._vault.catalog, self._engine, terms, self._look))[:_MOST_NEAR]

    def _look(self, term: Term) -> tuple[Word | None, Found]:
        word = make_word(term, {}, self._engine.words)
        return word, self._find(term, {term: word}) if word else Listed({})

    def _by_name(self) -> Found:
        """Find by pinyin or file name, the last resort: profiles, or what else is asked of such customers."""
        nodes = self.wanted.nodes if isinstance(self.wanted, And) else (self.wanted,)
        called = [
            node for node in nodes if isinstance(node, Term) and node.text.isascii() and node.text.isalpha()
        ]
        meant = {node: self._customers_called(node.text) for node in called}
        named = [node for node, customers in meant.items() if customers]
        if not named:
            return Listed({})
        customers = set.intersection(*(meant[node] for node in named))
        rest = tuple(node for node in nodes if node not in named)
        if rest:
            found = self._find(rest[0] if len(rest) == 1 else And(rest), wide=True).every()
            return Listed({key: hit for key, hit in found.items() if hit.customer in customers})
        marks = ", ".join("?" * len(customers))
        sql = f"SELECT key, customer FROM passages WHERE kind = 'profile' AND customer IN ({marks})"
        rows = self._vault.catalog.rows(sql, list(customers))
        return Listed({key: Scored(key, 0.0, None, customer) for key, customer in rows})

    def _customers_called(self, text: str) -> set[int]:
        from vault_tool.vault.resolve import resolve  # here: most words name no customer

        matches = resolve(self._vault.catalog, text)
        return {match.key for match in matches if self._archived in (None, match.is_archived)}


def _words(query: Query, vault: Vault, engine: Engine) -> Words:
    synonyms = vault.settings.search.synonyms
    made: dict[Term, Word] = {}
    for term in words_in(query, wanted=False):
        if word := make_word(term, synonyms, engine.words):
            people = tuple(map(person_sign, people_named(term, vault.settings)))
            made[term] = word._replace(signs=signs_of(term, vault.schema), people=people)
    return made


# --- ranking -----------------------------------------------------------------------------------------------


def _best(
    tiers: list[Found], sort: Sort, by: By, limit: int | None, today: date
) -> tuple[int, list[tuple[int, float]]]:
    """Count what was found, and return the best keys with their scores.

    Tier comes after tier, so that other forms of a word come after it.
    """
    order: Order = "day" if sort == "date" else "score"
    total = 0
    rated: list[tuple[tuple[float, ...], Scored]] = []
    for tier, found in enumerate(tiers):
        hits: Iterable[Scored]
        if limit is None or by == "customer":
            # Of whom the best are can only be told by looking at all of them.
            hits = found.every().values()
            total += len(hits)
        else:
            enough = sort == "score" and len(rated) >= limit
            count, hits = found.best(0 if enough else max(limit, _WINDOW), order)
            total += count
        for hit in hits:
            score = _with_recency(hit, today.toordinal())
            day = float(hit.day or 0)
            rank = (day, -tier, score) if sort == "date" else (-tier, score, day)
            rated.append(((*rank, -hit.passage), hit._replace(score=score)))
    ranked = [hit for _, hit in sorted(rated, reverse=True)]
    if by == "customer":
        first: dict[int, Scored] = {}
        for hit in ranked:
            first.setdefault(hit.customer, hit)
        total, ranked = len(first), list(first.values())
    return total, [(hit.passage, hit.score) for hit in ranked[:limit]]


def _with_recency(hit: Scored, today: int) -> float:
    if hit.day is None:
        return hit.score
    age = max(0, today - hit.day)
    return hit.score * (1.0 + _RECENCY * math.exp2(-age / _HALVED_AFTER))


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
