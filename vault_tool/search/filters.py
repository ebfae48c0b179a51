"""A query as a condition of SQL over the catalog: customers are `c`, their passages `p`.

Sealed fields stand in no catalog, so no condition on one ever holds.
"""

from __future__ import annotations

import re
from typing import NamedTuple, assert_never

from vault_tool.notes.folding import fold
from vault_tool.search.tree import And, Between, Equal, Filter, Not, Or, Present, Query, Term, Within


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


def customer_condition(query: Query) -> Condition:
    """Return when a customer matches: filters on entries must hold for one and the same entry."""
    match query:
        case And(nodes=nodes) if any(map(_is_of_entry, nodes)):
            entry = [node for node in nodes if _is_of_entry(node) or isinstance(node, Filter)]
            rest = [customer_condition(node) for node in nodes if node not in entry]
            return _joined(" AND ", [_some_entry(And(tuple(entry))), *rest])
        case And(nodes=nodes):
            return _joined(" AND ", [customer_condition(node) for node in nodes])
        case Or(nodes=nodes):
            return _joined(" OR ", [customer_condition(node) for node in nodes])
        case Not(node=node):
            return _negated(customer_condition(node))
        case Term():
            return _term_of_customer(query)
    return _some_entry(query) if _is_of_entry(query) else filter_condition(query)


def entry_condition(query: Query) -> Condition:
    """Return when a passage matches, its customer's fields included."""
    match query:
        case And(nodes=nodes):
            return _joined(" AND ", [entry_condition(node) for node in nodes])
        case Or(nodes=nodes):
            return _joined(" OR ", [entry_condition(node) for node in nodes])
        case Not(node=node):
            return _negated(entry_condition(node))
        case Term():
            return _text_condition("coalesce(p.folded, p.text)", query)
    return filter_condition(query, of_passage=True)


def _is_of_entry(query: Query) -> bool:
    match query:
        case And(nodes=nodes) | Or(nodes=nodes):
            return bool(nodes) and all(_is_of_entry(node) for node in nodes)
        case Equal() | Within() | Between() | Present():
            return query.of_entry
    return False


def _some_entry(query: Query) -> Condition:
    inner = entry_condition(query)
    return Condition(
        f"EXISTS (SELECT 1 FROM passages p WHERE p.customer = c.key AND {inner.sql})", inner.parameters
    )


def _joined(word: str, conditions: list[Condition]) -> Condition:
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
    fact = _test(
        query,
        "coalesce(f.folded, f.text)",
        {Within: "f.day", Between: "f.number"}.get(type(query), "coalesce(f.folded, f.text)"),
    )
    names = "(f.name = ? OR f.name LIKE ? || '.%')" if isinstance(query, Present) else "f.name = ?"
    given = (name, name) if isinstance(query, Present) else (name,)
    place = " AND (f.passage IS NULL OR f.passage = p.key)" if of_passage else ""
    return Condition(
        f"EXISTS (SELECT 1 FROM facts f WHERE f.customer = c.key{place} AND {names} AND {fact.sql})",
        (*given, *fact.parameters),
    )


def _tag_condition(tag: str, *, of_passage: bool) -> Condition:
    # A tag may have levels (`展会/2026`): naming the first ones is enough.
    levels = (tag, f"{_like(tag)}/%")
    customer = (
        "EXISTS (SELECT 1 FROM facts f WHERE f.customer = c.key AND f.name = 'tags'"
        " AND (coalesce(f.folded, f.text) = ? OR coalesce(f.folded, f.text) LIKE ? ESCAPE '\\'))"
    )
    entry = (
        "EXISTS (SELECT 1 FROM json_each(p.tags) t"
        " WHERE lower(t.value) = ? OR lower(t.value) LIKE ? ESCAPE '\\')"
    )
    if not of_passage:
        entry = f"EXISTS (SELECT 1 FROM passages p WHERE p.customer = c.key AND p.tags != '[]' AND {entry})"
    return Condition(f"({customer} OR {entry})", levels * 2)


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
            return _joined(" AND ", parts) if parts else Condition(f"{value} IS NOT NULL")
    assert_never(query)


# --- words -------------------------------------------------------------------------------------------------


def _term_of_customer(term: Term) -> Condition:
    inside, named, tagged = (
        _text_condition("coalesce(p.folded, p.text)", term),
        _text_condition("n.folded", term),
        _text_condition("coalesce(f.folded, f.text)", term),
    )
    return Condition(
        f"(EXISTS (SELECT 1 FROM passages p WHERE p.customer = c.key AND {inside.sql})"
        f" OR EXISTS (SELECT 1 FROM names n WHERE n.customer = c.key AND n.kind != 'contact' AND {named.sql})"
        f" OR EXISTS (SELECT 1 FROM facts f WHERE f.customer = c.key AND f.name = 'tags' AND {tagged.sql}))",
        (*inside.parameters, *named.parameters, *tagged.parameters),
    )


_EDGE = "[^0-9a-z]"


def _text_condition(column: str, term: Term) -> Condition:
    """Return when a folded text holds a term: Han anywhere, a Latin word or number as a whole word."""
    words = [fold(term.text)] if term.phrase else fold(term.text).split()
    parts = [_word_condition(column, word, prefix=term.prefix) for word in words if word]
    return _joined(" AND ", parts)


def _word_condition(column: str, word: str, *, prefix: bool) -> Condition:
    starts, ends = _is_latin(word[0]), _is_latin(word[-1]) and not prefix
    if not starts and not ends:
        return Condition(f"instr({column}, ?)", (word,))
    pattern = f"*{_EDGE if starts else ''}{_glob(word)}{_EDGE if ends else ''}*"
    # The first test is quick and rules out nearly everything.
    return Condition(f"(instr({column}, ?) AND ' ' || {column} || ' ' GLOB ?)", (word, pattern))


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _glob(word: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", word)
