"""A query as a condition of SQL over the catalog: customers are `c`, their passages `p`.

Sealed fields stand in no catalog, so no condition on one ever holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import assert_never

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import HAN_CLASS, fold, is_han
from vault_tool.schema import Field, FieldType, Schema
from vault_tool.search.tree import (
    And,
    Between,
    Equal,
    Filter,
    Holding,
    Not,
    Or,
    Present,
    Query,
    Term,
    Within,
)
from vault_tool.vault.catalog import Catalog

WordsFrom = Callable[[str], list[str]]
"""Returns the words of the vault with some beginning, for `企也版~`."""


class Lookup(NamedTuple):
    """What the words of a query are looked up with.

    `holders` tells which customers hold a word, by key; None leaves it to SQL, which reads every text.
    `people` tells which people a word names, by id: it then also means their customers.
    """

    words_from: WordsFrom
    holders: Callable[[Term], Iterable[int] | None] = lambda _term: None
    people: Callable[[Term], tuple[str, ...]] = lambda _term: ()


class Condition(NamedTuple):
    """SQL that is true, false or null, and its parameters in order."""

    sql: str
    parameters: tuple[object, ...] = ()


ALWAYS = Condition("1")
# Columns of their own; every other field is looked up among the facts.
_CUSTOMER_COLUMNS = {
    "type": "c.type",
    "stage": "c.stage",
    "owner": "c.owner",
    "importance": "c.importance",
    "last": "c.last_entry",
    "id": "c.id",
}
_ENTRY_COLUMNS = {
    "date": "p.day",
    "channel": "p.channel",
    "kind": "p.word",
    "author": "CASE WHEN p.kind = 'entry' THEN coalesce(p.author, c.owner) END",
}


_COLUMNS = frozenset((*_CUSTOMER_COLUMNS.values(), *_ENTRY_COLUMNS.values()))


def customer_condition(query: Query, schema: Schema, lookup: Lookup) -> Condition:
    """Return when a customer matches: filters on entries must hold for one and the same entry.

    A word may stand anywhere in the note, as search takes it, without its other forms.
    """

    def condition(node: Query) -> Condition:
        match node:
            case And(nodes=nodes) if any(map(_is_of_entry, nodes)):
                entry = [one for one in nodes if _is_of_entry(one) or isinstance(one, Filter)]
                rest = [condition(one) for one in nodes if one not in entry]
                return _joined(" AND ", [_some_entry(And(tuple(entry))), *rest])
            case And(nodes=nodes):
                return _joined(" AND ", map(condition, nodes))
            case Or(nodes=nodes):
                return _joined(" OR ", map(condition, nodes))
            case Not(node=inner):
                return _negated(condition(inner))
            case Term():
                return _term_of_customer(node, schema, lookup)
        return _some_entry(node) if _is_of_entry(node) else filter_condition(node)

    return condition(query)


def entry_condition(query: Query) -> Condition:
    """Return when a passage matches filters, its customer's fields included."""
    match query:
        case And(nodes=nodes):
            return _joined(" AND ", map(entry_condition, nodes))
        case Or(nodes=nodes):
            return _joined(" OR ", map(entry_condition, nodes))
        case Not(node=node):
            return _negated(entry_condition(node))
        case Term():
            raise AssertionError("words are the engine's")
    return filter_condition(query, of_passage=True)


def is_of_customer(query: Query) -> bool:
    """Tell whether a condition asks for nothing but columns of customers: it then holds without any `p`."""
    match query:
        case And(nodes=nodes) | Or(nodes=nodes):
            return all(map(is_of_customer, nodes))
        case Not(node=node):
            return is_of_customer(node)
        case Term():
            return False
    return query.name in _CUSTOMER_COLUMNS or query.name == "customer"


def _is_of_entry(query: Query) -> bool:
    match query:
        case And(nodes=nodes) | Or(nodes=nodes):
            return bool(nodes) and all(_is_of_entry(node) for node in nodes)
        case Not() | Term():
            return False
    return query.of_entry


def _some_entry(query: Query) -> Condition:
    inner = entry_condition(query)
    return Condition(
        f"EXISTS (SELECT 1 FROM passages p WHERE p.customer = c.key AND {inner.sql})", inner.parameters
    )


def _joined(word: str, parts: Iterable[Condition]) -> Condition:
    conditions = list(parts)
    if not conditions:
        return ALWAYS
    sql = word.join(condition.sql for condition in conditions)
    return Condition(f"({sql})", tuple(value for part in conditions for value in part.parameters))


def _negated(condition: Condition) -> Condition:
    return Condition(f"NOT coalesce({condition.sql}, 0)", condition.parameters)


# --- filters -----------------------------------------------------------------------------------------------


def filter_condition(query: Filter, *, of_passage: bool = False) -> Condition:
    """Return when one filter holds: of the customer, or of one of its passages.

    A passage has its customer's fields and its own, but not those of its neighbours.
    """
    name = query.name
    if isinstance(query, Equal) and name == "customer":
        wanted = fold(query.values[0])
        return Condition(
            "EXISTS (SELECT 1 FROM names n WHERE n.customer = c.key AND n.kind != 'contact'"
            " AND instr(n.folded, ?))",
            (wanted,),
        )
    if isinstance(query, Equal) and name == "tags":
        return _tag_condition(fold(query.values[0].lstrip("#＃")), of_passage=of_passage)
    column = _CUSTOMER_COLUMNS.get(name) or _ENTRY_COLUMNS.get(name)
    if column:
        return _test(query, column, column)
    if isinstance(query, Holding):
        return _fact_with(query, of_passage=of_passage)
    fact = _test(
        query,
        "coalesce(f.folded, f.text)",
        {Within: "f.day", Between: "f.number"}.get(type(query), "coalesce(f.folded, f.text)"),
    )
    names = "(f.name = ? OR f.name LIKE ? || '.%')" if isinstance(query, Present) else "f.name = ?"
    given = (name, name) if isinstance(query, Present) else (name,)
    return _some_fact(names, given, fact, of_passage=of_passage)


def _some_fact(names: str, given: tuple[object, ...], fact: Condition, *, of_passage: bool) -> Condition:
    place = " AND (f.passage IS NULL OR f.passage = p.key)" if of_passage else ""
    return Condition(
        f"EXISTS (SELECT 1 FROM facts f WHERE f.customer = c.key{place} AND {names} AND {fact.sql})",
        (*given, *fact.parameters),
    )


def _fact_with(query: Holding, *, of_passage: bool) -> Condition:
    # Of what stands in a map, the keys that no schema knows are as they were typed.
    names = "(f.name = ? COLLATE NOCASE OR f.name LIKE ? || '.%')"
    fact = _text_condition("coalesce(f.folded, f.text)", query.term, lambda _beginning: [])
    return _some_fact(names, (query.name, query.name), fact, of_passage=of_passage)


def _tag_condition(tag: str, *, of_passage: bool) -> Condition:
    # A tag may have levels (`展会/2026`): naming the first ones is enough.
    text = "coalesce(f.folded, f.text)"
    fact = Condition(f"({text} = ? OR {text} LIKE ? ESCAPE '\\')", (tag, f"{_like(tag)}/%"))
    return _some_fact("f.name = 'tags'", (), fact, of_passage=of_passage)


def _like(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def _test(query: Filter, text: str, value: str) -> Condition:
    match query:
        case Equal(values=values):
            marks = ", ".join("?" * len(values))
            wanted = values if text in _COLUMNS else tuple(fold(item) for item in values)
            return Condition(f"{text} IN ({marks})", wanted)
        case Present():
            return Condition(f"{text} IS NOT NULL")
        case Within(days=days):
            low = days.first.isoformat() if days.first else ""
            high = days.last.isoformat() if days.last else "9999-12-31"
            return Condition(f"{value} BETWEEN ? AND ?", (low, high))
        case Between(low=low_number, high=high_number):
            parts: list[Condition] = []
            if low_number is not None:
                sign = ">=" if query.low_included else ">"
                parts.append(Condition(f"{value} {sign} ?", (float(low_number),)))
            if high_number is not None:
                sign = "<=" if query.high_included else "<"
                parts.append(Condition(f"{value} {sign} ?", (float(high_number),)))
            if query.currencies:
                parts.append(_in_currency(query.currencies))
            return _joined(" AND ", parts)
        case Holding():
            raise AssertionError("a fact of its own")
    assert_never(query)


def _in_currency(currencies: tuple[str | None, ...]) -> Condition:
    unsaid = " OR f.currency IS NULL" if None in currencies else ""
    return Condition(f"(f.currency = ?{unsaid})", (currencies[0],))


# --- words -------------------------------------------------------------------------------------------------


def words_of_notes(catalog: Catalog, beginning: str) -> list[str]:
    """Return the words of all notes that have some beginning: a look at every text."""
    of_word = f"[^\\W_{HAN_CLASS}]"
    pattern = re.compile(f"(?<!{of_word}){re.escape(beginning)}{of_word}*")
    texts = catalog.each(
        "SELECT coalesce(folded, text) FROM passages UNION ALL SELECT folded FROM names"
        " UNION ALL SELECT coalesce(folded, text) FROM facts WHERE passage IS NULL AND text IS NOT NULL"
    )
    return sorted(set(chain.from_iterable(pattern.findall(text) for (text,) in texts)))


def _term_of_customer(term: Term, schema: Schema, lookup: Lookup) -> Condition:
    holders = lookup.holders(term)
    if holders is None:
        held = _by_reading(term, schema, lookup.words_from)
    else:
        # The index knows nothing of the names of files.
        stem = _text_condition("n.folded", term, lookup.words_from)
        held = Condition(
            "(c.key IN (SELECT value FROM json_each(?))"
            f" OR c.key IN (SELECT n.customer FROM names n WHERE n.kind = 'stem' AND {stem.sql}))",
            (json.dumps([*holders]), *stem.parameters),
        )
    people = lookup.people(term)
    marks = ", ".join("?" * len(people))
    return _joined(" OR ", [held, Condition(f"c.owner IN ({marks})", people)]) if people else held


def _by_reading(term: Term, schema: Schema, words_from: WordsFrom) -> Condition:
    inside, named, said = (
        _text_condition(column, term, words_from)
        for column in ("coalesce(p.folded, p.text)", "n.folded", "coalesce(f.folded, f.text)")
    )
    others = _fields_without_text(schema)
    marks = ", ".join("?" * len(others))
    return Condition(
        f"(EXISTS (SELECT 1 FROM passages p WHERE p.customer = c.key AND {inside.sql})"
        f" OR EXISTS (SELECT 1 FROM names n WHERE n.customer = c.key AND n.kind != 'contact' AND {named.sql})"
        " OR EXISTS (SELECT 1 FROM facts f WHERE f.customer = c.key AND f.passage IS NULL"
        f" AND f.name NOT IN ({marks}) AND {said.sql}))",
        (*inside.parameters, *named.parameters, *others, *said.parameters),
    )


_NO_TEXT = frozenset(
    {
        FieldType.WORD,
        FieldType.PERSON,
        FieldType.DATE,
        FieldType.DAYS,
        FieldType.AMOUNT,
        FieldType.NUMBER,
    }
)


def _fields_without_text(schema: Schema) -> tuple[str, ...]:
    def names(fields: Iterable[Field], before: str = "") -> Iterator[str]:
        for field in fields:
            if field.type in _NO_TEXT:
                yield before + field.name
            yield from names(field.fields, f"{before}{field.name}.")

    return tuple(names(schema.fields))


def _text_condition(column: str, term: Term, words_from: WordsFrom) -> Condition:
    """Return when a folded text holds a term, by the pattern that search looks for."""
    from vault_tool.search.analyzer import units
    from vault_tool.search.words import make_word

    word = make_word(term, {}, words_from)
    if word is None:
        return ALWAYS
    first, *others = word.wordings
    cut = units(fold(term.text))
    parts = [unit.text for unit in cut]
    is_one_run = all(is_han(unit.text[0]) for unit in cut) and all(unit.is_joined for unit in cut[1:])
    if is_one_run and not others:
        return Condition(f"instr({column}, ?)", ("".join(parts),))
    # These tests are quick and rule out nearly everything.
    quick = [_holds_each(column, parts), *(_holds_each(column, other.want.tokens) for other in others)]
    pattern = "|".join(wording.pattern.pattern for wording in (first, *others))
    return _joined(" AND ", [_joined(" OR ", quick), Condition(f"{column} REGEXP ?", (pattern,))])


def _holds_each(column: str, texts: Iterable[str]) -> Condition:
    return _joined(" AND ", [Condition(f"instr({column}, ?)", (text,)) for text in dict.fromkeys(texts)])
