"""Bring an engine up to date with the catalog: what it is told of each passage, and of which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from vault_tool.notes.folding import fold
from vault_tool.schema import Field, FieldType, Schema
from vault_tool.search.analyzer import forms, tokens
from vault_tool.search.engine import Document, Engine, EngineLocked, Position, Progress
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import changes_since, in_parts

# How much a token weighs where it stands: name > alias > tag > bold > text.
NAME, ALIAS, TAG, BOLD, TEXT = 8.0, 6.0, 4.0, 2.0, 1.0
# Beyond this share of all customers, making everything anew is quicker than replacing.
_MANY = 0.5

# Their values are words, people, days and sums: filters find those.
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


class FieldText(NamedTuple):
    """A value of the front matter that a person reads as text; `name` is the field's (`contacts.name`)."""

    name: str
    text: str
    folded: str


@dataclass(frozen=True, slots=True)
class Head:
    """What a customer is found by beside the passages: names, aliases, tags (folded), and texts of fields."""

    names: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    fields: list[FieldText] = field(default_factory=list)

    @property
    def signs(self) -> tuple[str, ...]:
        """Names, aliases and tags: what also stands for every entry of the customer."""
        return (*self.names, *self.aliases, *self.tags)

    def weighed(self) -> Iterator[tuple[str, float]]:
        """Yield the signs and what a token weighs in each."""
        for texts, weight in ((self.names, NAME), (self.aliases, ALIAS), (self.tags, TAG)):
            for text in texts:
                yield text, weight


def heads_of(catalog: Catalog, schema: Schema, customers: Iterable[int] | None) -> Mapping[int, Head]:
    """Return the heads of these customers, or of all (None)."""
    heads: defaultdict[int, Head] = defaultdict(Head)
    names = "SELECT customer, kind, folded FROM names WHERE kind IN ('name', 'alias')"
    for customer, kind, folded in _rows_of(catalog, names, customers):
        head = heads[customer]
        (head.names if kind == "name" else head.aliases).append(folded)
    facts = (
        "SELECT customer, name, text, coalesce(folded, text) FROM facts WHERE passage IS NULL AND text != ''"
    )
    is_text = _TextFields(schema)
    for customer, name, text, folded in _rows_of(catalog, facts, customers):
        if name == "tags":
            heads[customer].tags.append(folded)
        elif is_text[name]:
            heads[customer].fields.append(FieldText(name, text, folded))
    return heads


def follow(engine: Engine, catalog: Catalog, schema: Schema, progress: Progress | None = None) -> bool:
    """Take into an engine what changed since it last followed; False when another process is at it.

    All is made anew for another catalog, and when most of it changed.
    """
    now = Position(catalog.generation, catalog.last_seq)
    last = engine.position()
    if last == now:
        return True
    customers: list[int] | None = None
    if last is not None and last.generation == now.generation and last.seq < now.seq:
        customers = [change.key for change in changes_since(catalog, last.seq)]
        if len(customers) > _MANY * catalog.rows("SELECT count(*) FROM customers")[0][0] + 10:
            customers = None
    try:
        total = _count(catalog, customers)
        with closing(documents(catalog, schema, customers)) as told:
            engine.write(now, customers, told, progress, total)
    except EngineLocked:
        return False
    return True


def documents(
    catalog: Catalog, schema: Schema, customers: Sequence[int] | None
) -> Generator[Document, None, None]:
    """Yield what an engine is told of the passages of these customers, or of all (None)."""
    heads = heads_of(catalog, schema, customers)
    sql = "SELECT key, customer, kind, day, tags, bold, coalesce(folded, text) FROM passages"
    for key, customer, kind, day, tags, bold, folded in _rows_of(catalog, sql, customers):
        head = heads.get(customer) or Head()
        own, other, stress = tokens(folded), forms(folded), _Weights()
        if bold:
            stress.add(tokens(fold(bold)), BOLD - TEXT)
        signs = _Weights()
        if kind == "profile":
            for value in head.fields:
                own.update(tokens(value.folded))
                other |= forms(value.folded)
            for sign, weight in head.weighed():
                own.update(tokens(sign))
                stress.add(tokens(sign), weight - TEXT)
        else:
            for sign, weight in head.weighed():
                signs.add(tokens(sign), weight)
        if tags != "[]":
            stress.add(tokens(fold(tags)), TAG - TEXT)
        number = date.fromisoformat(day).toordinal() if day else None
        yield Document(key, customer, number, own, stress, other, signs)


class _Weights(dict[str, float]):
    """Adds up what tokens weigh."""

    def add(self, counted: Counter[str], weight: float) -> None:
        for token, times in counted.items():
            self[token] = self.get(token, 0.0) + times * weight


class _TextFields(dict[str, bool]):
    """Tells of a fact's name whether its values are texts."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(name=False, aliases=False)
        self._schema = schema

    def __missing__(self, name: str) -> bool:
        top, _, inner = name.partition(".")
        found: Field | None = self._schema.field(top)
        if found is not None and inner:
            found = found.inner(inner)
        self[name] = found is None or found.type not in _NO_TEXT
        return self[name]


def _count(catalog: Catalog, customers: Sequence[int] | None) -> int:
    return sum(count for (count,) in _rows_of(catalog, "SELECT count(*) FROM passages", customers))


def _rows_of(catalog: Catalog, sql: str, customers: Iterable[int] | None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of these customers, or of all (None)."""
    if customers is None:
        yield from catalog.each(sql)
        return
    joint = " AND" if " WHERE " in sql else " WHERE"
    for some in in_parts(sorted(set(customers))):
        marks = ", ".join("?" * len(some))
        yield from catalog.each(f"{sql}{joint} customer IN ({marks})", some)
