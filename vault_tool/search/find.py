"""Which passages match a query: words by the engine and a look at the text, filters by the catalog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import cached_property, reduce

from vault_tool.named import NamedTuple
from vault_tool.schema import Schema
from vault_tool.search.analyzer import person_sign, sign_of
from vault_tool.search.documents import Head, heads_of
from vault_tool.search.engine import AllOf, AnyOf, Engine, Node, Scored, Want, Wanted
from vault_tool.search.filters import ALWAYS, Condition, entry_condition, is_of_customer
from vault_tool.search.found import Asked, Found, Hits, Listed, but
from vault_tool.search.tree import And, Equal, Not, Or, Query, Term, Within
from vault_tool.search.words import Word
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import in_parts

Words = Mapping[Term, Word]
# Of so few passages, each is looked up; of more, it is quicker to ask for all that a filter holds for.
_FEW = 2000


class Passage(NamedTuple):
    """What is looked at to tell whether a passage really matches."""

    customer: int
    is_profile: bool
    folded: str
    signs: tuple[str, ...]


def words_in(query: Query, *, wanted: bool = True) -> list[Term]:
    """Return the terms of a query, each once; by default without those that must not stand there."""
    match query:
        case Term():
            return [query]
        case And(nodes=nodes) | Or(nodes=nodes):
            return list(dict.fromkeys(term for node in nodes for term in words_in(node, wanted=wanted)))
        case Not(node=node):
            return [] if wanted else words_in(node, wanted=False)
    return []


def simplified(query: Query, words: Words) -> Query:
    """Return a query without the terms that hold no word: they are true of any text."""
    match query:
        case Term():
            return query if query in words else And(())
        case And(nodes=nodes):
            kept = tuple(node for node in (simplified(node, words) for node in nodes) if node != And(()))
            return kept[0] if len(kept) == 1 else And(kept)
        case Or(nodes=nodes):
            return Or(tuple(simplified(node, words) for node in nodes))
        case Not(node=node):
            inner = simplified(node, words)
            return And(()) if inner == And(()) else Not(inner)
    return query


class Finder:
    """Finds the passages that match; `wide` lets other forms of a word count, too.

    `archived` None means all customers, False those at work. A filter on entries counts as a word that stands
    in the entry: `蓝海 channel:电话` are the calls of 蓝海.
    """

    def __init__(
        self,
        catalog: Catalog,
        schema: Schema,
        engine: Engine,
        words: Words,
        *,
        wide: bool,
        archived: bool | None,
    ) -> None:
        self._catalog = catalog
        self._schema = schema
        self._engine = engine
        self._words = words
        self._wide = wide
        self._archived = archived

    def find(self, query: Query) -> Found:
        """Find the matching passages; without words to look for all score 0."""
        wanted = self._wanted(query)
        return Asked(self._engine, wanted) if wanted else Listed(self._find(query, anywhere=False))

    def _wanted(self, query: Query) -> Wanted | None:
        """Return what to ask an engine for, where its answer needs nothing more; None elsewhere."""
        nodes = query.nodes if isinstance(query, And) else (query,)
        barred = [node.node for node in nodes if isinstance(node, Not) and words_in(node, wanted=False)]
        filters = [node for node in nodes if not words_in(node, wanted=False)]
        words = [node for node in nodes if node not in filters and not isinstance(node, Not)]
        if not words or not all(map(self._is_sure, (*words, *barred))):
            return None
        asked, without = _without_none(map(self._node, words)), _without_none(map(self._node, barred))
        if asked is None or without is None:
            return None
        wanted = Wanted(
            asked[0] if len(asked) == 1 else AllOf(asked), without=without, archived=self._archived
        )
        return self._filtered(wanted, filters) if filters else wanted

    def _filtered(self, wanted: Wanted, filters: list[Query]) -> Wanted | None:
        """Add filters that an engine knows, or that are about customers; None when there are others."""
        of_customers: list[Query] = []
        signs: list[Node] = []
        for node in filters:
            if is_of_customer(node):
                of_customers.append(node)
            elif isinstance(node, Equal) and node.of_entry and node.name in ("channel", "kind"):
                signs.append(
                    AnyOf(tuple(Want((sign_of(node.name, value),), is_form=True) for value in node.values))
                )
            elif isinstance(node, Within) and node.of_entry and node.name == "date" and wanted.days is None:
                first, last = node.days.first or date.min, node.days.last or date.max
                wanted = wanted._replace(days=(first.toordinal(), last.toordinal()))
            else:
                return None
        # A filter on entries counts as a word that stands in the entry: the others may stand in its head.
        if signs or wanted.days:
            wanted = wanted._replace(node=AllOf((wanted.node, *signs)), anywhere=True)
        if of_customers:
            if self._engine.best(wanted, 0).total <= _FEW:
                return None
            condition = entry_condition(And(tuple(of_customers)))
            sql = f"SELECT c.key FROM customers c WHERE {condition.sql}"
            found = frozenset(key for (key,) in self._catalog.each(sql, condition.parameters))
            wanted = wanted._replace(customers=found)
        return wanted

    def _is_sure(self, query: Query) -> bool:
        return all(
            self._words[term].is_sure(wide=self._wide, keeps_order=self._engine.keeps_order)
            for term in words_in(query, wanted=False)
        )

    def _find(self, query: Query, *, anywhere: bool) -> Hits:
        """Find what a query holds for; unless `anywhere`, one of its words must stand in the passage."""
        if not words_in(query, wanted=False):
            return self._by_filters(entry_condition(query))
        asked = self._node(query)
        if asked is not None:
            return self._by_words(query, asked, anywhere=anywhere)
        if not anywhere and self._is_tangled(query):
            inside = self._inside(query)
            return {key: hit for key, hit in self._find(query, anywhere=True).items() if key in inside}
        match query:
            case And(nodes=nodes):
                return self._find_all(nodes, anywhere=anywhere)
            case Or(nodes=nodes):
                return reduce(_either, (self._find(node, anywhere=anywhere) for node in nodes))
            case Not(node=node):
                return but(self._everything, self._find(node, anywhere=True))
        raise AssertionError(query)

    def _is_tangled(self, query: Query) -> bool:
        """Tell whether words and filters are mixed below the first level, where no part stands for itself."""
        return isinstance(query, And) and any(
            words_in(node, wanted=False) and not isinstance(node, Not) and self._node(node) is None
            for node in query.nodes
        )

    def _inside(self, query: Query) -> Hits:
        """Find what has a word of a query in itself, a filter on entries included, or matches without any."""
        parts = [*words_in(query), *_entry_filters(query)]
        if (rest := _without_words(query)) is not None:
            parts.append(rest)
        return self._find(Or(tuple(parts)), anywhere=False) if parts else {}

    def _find_all(self, nodes: Iterable[Query], *, anywhere: bool) -> Hits:
        """Find what all of these hold for: words together, filters together, the rest one by one."""
        words: list[Query] = []
        filters: list[Query] = []
        others: list[Query] = []
        barred: list[Query] = []
        for node in nodes:
            if not words_in(node, wanted=False):
                filters.append(node)
            elif isinstance(node, Not):
                barred.append(node.node)
            elif self._node(node) is None:
                others.append(node)
            else:
                words.append(node)
        together = [words[0] if len(words) == 1 else And(tuple(words))] if words else []
        anywhere = anywhere or any(map(_entry_filters, filters))
        found = [self._find(node, anywhere=anywhere) for node in (*together, *others)]
        both = reduce(_both, found) if found else None
        if filters or both is None:
            condition = entry_condition(And(tuple(filters)))
            if both is None:
                both = self._by_filters(condition)
            elif len(both) <= _FEW:
                both = self._kept(both, condition)
            else:
                both = _both(both, self._by_filters(condition))
        return reduce(but, (self._find(node, anywhere=True) for node in barred), both)

    # --- filters

    def _by_filters(self, condition: Condition) -> Hits:
        put_away = "" if self._archived is None else f" AND c.is_archived = {int(self._archived)}"
        sql = (
            "SELECT p.key, julianday(p.day), p.customer"
            " FROM passages p JOIN customers c ON c.key = p.customer"
            f" WHERE {condition.sql}{put_away}"
        )
        return {
            key: Scored(key, 0.0, _ordinal(day), customer)
            for key, day, customer in self._catalog.each(sql, condition.parameters)
        }

    def _kept(self, hits: Hits, condition: Condition) -> Hits:
        """Keep the hits for which a condition holds."""
        kept: Hits = {}
        for some in in_parts(list(hits)):
            marks = ", ".join("?" * len(some))
            sql = (
                "SELECT p.key FROM passages p JOIN customers c ON c.key = p.customer"
                f" WHERE p.key IN ({marks}) AND {condition.sql}"
            )
            rows = self._catalog.each(sql, (*some, *condition.parameters))
            kept.update((key, hits[key]) for (key,) in rows)
        return kept

    @cached_property
    def _everything(self) -> Hits:
        return self._by_filters(ALWAYS)

    # --- words

    def _node(self, query: Query) -> Node | None:
        """Return what to ask the engine for: words and how they are joined, if that is all there is."""
        match query:
            case Term():
                return self._words[query].node(wide=self._wide)
            case And(nodes=nodes) | Or(nodes=nodes):
                inners = tuple(inner for node in nodes if (inner := self._node(node)) is not None)
                if len(inners) < len(nodes):
                    return None
                return AllOf(inners) if isinstance(query, And) else AnyOf(inners)
        return None

    def _by_words(self, query: Query, node: Node, *, anywhere: bool) -> Hits:
        found = self._engine.every(Wanted(node, anywhere, archived=self._archived))
        return found if self._is_sure(query) else self._looked_at(query, found, anywhere=anywhere)

    def _looked_at(self, query: Query, found: Hits, *, anywhere: bool) -> Hits:
        """Keep the passages whose text, names and tags really hold what is wanted."""
        passages = self._passages(found)
        kept: set[int] = set()
        doubtful: list[int] = []
        for key, passage in passages.items():
            if self._holds(query, self._stands_in(passage.folded, signs=passage.signs)):
                kept.add(key)
            else:
                doubtful.append(key)
        heads = heads_of(self._catalog, self._schema, {passages[key].customer for key in doubtful})
        for key in doubtful:
            if self._really_holds(query, passages[key], heads.get(passages[key].customer), anywhere=anywhere):
                kept.add(key)
        return {key: hit for key, hit in found.items() if key in kept}

    def _really_holds(self, query: Query, passage: Passage, head: Head | None, *, anywhere: bool) -> bool:
        signs = head.signs if head else ()
        own = [passage.folded]
        if passage.is_profile and head:
            own += [*signs, *(value.folded for value in head.fields)]
            passage = passage._replace(signs=(*passage.signs, *head.people))
        inside = self._stands_in(*own, signs=passage.signs)
        if not anywhere and not any(map(inside, words_in(query))):
            return False
        people = (*passage.signs, *head.people) if head else passage.signs
        return self._holds(query, self._stands_in(*own, *signs, signs=people))

    def _stands_in(self, *texts: str, signs: tuple[str, ...]) -> Callable[[Term], bool]:
        def stands(term: Term) -> bool:
            word = self._words[term]
            if self._wide and not set(signs).isdisjoint((*word.signs, *word.people)):
                return True
            return any(word.stands_in(text, wide=self._wide) for text in texts)

        return stands

    def _holds(self, query: Query, stands: Callable[[Term], bool]) -> bool:
        match query:
            case Term():
                return stands(query)
            case And(nodes=nodes):
                return all(self._holds(node, stands) for node in nodes)
            case Or(nodes=nodes):
                return any(self._holds(node, stands) for node in nodes)
        raise AssertionError(query)

    def _passages(self, keys: Collection[int]) -> dict[int, Passage]:
        found: dict[int, Passage] = {}
        for some in in_parts(sorted(keys)):
            marks = ", ".join("?" * len(some))
            sql = (
                "SELECT key, customer, kind, channel, word, author, coalesce(folded, text)"
                f" FROM passages WHERE key IN ({marks})"
            )
            for key, customer, kind, channel, word, author, folded in self._catalog.rows(sql, some):
                signs: tuple[str, ...] = (sign_of("channel", channel or ""), sign_of("kind", word or ""))
                signs += (person_sign(author),) if author else ()
                found[key] = Passage(customer, kind == "profile", folded, signs)
        return found


def _without_none(nodes: Iterable[Node | None]) -> tuple[Node, ...] | None:
    """Return the nodes, None when there is not one for each."""
    found = tuple(nodes)
    kept = tuple(node for node in found if node is not None)
    return kept if len(kept) == len(found) else None


def _entry_filters(query: Query) -> list[Query]:
    """Return the filters of a query that are about one entry."""
    match query:
        case And(nodes=nodes) | Or(nodes=nodes):
            return [inner for node in nodes for inner in _entry_filters(node)]
        case Term() | Not():
            return []
    return [query] if query.of_entry else []


def _without_words(query: Query) -> Query | None:
    """Return what is left of a query in a passage that holds none of its words; None when nothing can be."""
    match query:
        case Term():
            return None
        case And(nodes=nodes):
            left = [_without_words(node) for node in nodes]
            return None if None in left else And(tuple(node for node in left if node is not None))
        case Or(nodes=nodes):
            some = tuple(node for node in map(_without_words, nodes) if node is not None)
            return Or(some) if some else None
        case Not(node=node):
            inner = _without_words(node)
            return And(()) if inner is None else Not(inner)
    return query


def _both(first: Hits, second: Hits) -> Hits:
    return {
        key: hit._replace(score=hit.score + second[key].score) for key, hit in first.items() if key in second
    }


def _either(first: Hits, second: Hits) -> Hits:
    together = dict(first)
    for key, hit in second.items():
        known = together.get(key)
        together[key] = hit._replace(score=known.score + hit.score) if known else hit
    return together


def _ordinal(julian_day: float | None) -> int | None:
    # Noon-based days since 4714 BC, as SQLite counts; a date begins half a day before.
    return None if julian_day is None else int(julian_day - 1721424.5)
