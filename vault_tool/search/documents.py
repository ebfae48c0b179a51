"""What an engine is told of the passages of a catalog."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import fold
from vault_tool.schema import Field, FieldType, Schema
from vault_tool.search.analyzer import GAP, analyse, person_sign, sequence, sign_of
from vault_tool.search.engine import Document
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import in_parts

# How many times a token counts where it stands: name > alias > tag, bold > text. What is said of a customer
# stands in a field of its own, which weighs `engine.HEAD` times as much.
NAME, ALIAS, TAG, CONTACT = 3, 2, 1, 1
OWN_TAG, BOLD = 4, 2

_CONTACT_NAME = "contacts.name"
# So many customers are read at once: enough to be quick, few enough to hold in memory.
_AT_ONCE = 200
# Fewer are done before a new process has loaded what it needs.
_WORTH_IT = 1000
_WORK = "vault_tool.search.documents:make_documents"

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


class Head(NamedTuple):
    """What a customer is found by beside the passages: names, aliases, tags (folded), and texts of fields.

    `people` are the signs of those who look after it.
    """

    names: list[str]
    aliases: list[str]
    tags: list[str]
    fields: list[FieldText]
    people: list[str]

    @property
    def signs(self) -> tuple[str, ...]:
        """Names, aliases and tags: what also stands for every entry of the customer."""
        return (*self.names, *self.aliases, *self.tags)

    def tokens(self) -> list[str]:
        """Return the tokens of the signs, each sign's so many times."""
        found: list[str] = []
        for texts, times in ((self.names, NAME), (self.aliases, ALIAS), (self.tags, TAG)):
            for text in texts:
                found += _repeated(text, times)
        return found + self.people

    def tokens_of_profile(self) -> list[str]:
        """Return those of a profile, where the names of contacts are, too."""
        contacts = (value.folded for value in self.fields if value.name == _CONTACT_NAME)
        return [*self.tokens(), *(token for name in contacts for token in _repeated(name, CONTACT))]


def _stress(bold: str, tags: str) -> list[str]:
    """Return the tokens of a passage's bold pieces and tags, which count more than once."""
    found: list[str] = []
    if bold:
        for piece in fold(bold).split("\n"):
            found += [GAP, *_repeated(piece, BOLD - 1)]
    if tags != "[]":
        for tag in json.loads(tags):
            found += [GAP, *_repeated(fold(tag), OWN_TAG - 1)]
    return found


def _repeated(folded: str, times: int) -> list[str]:
    return [*sequence(folded), GAP] * times if folded else []


def _no_head() -> Head:
    return Head([], [], [], [], [])


def heads_of(catalog: Catalog, schema: Schema, customers: Iterable[int]) -> Mapping[int, Head]:
    """Return the heads of these customers."""
    heads: defaultdict[int, Head] = defaultdict(_no_head)
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
        elif name == "owner":
            heads[customer].people.append(person_sign(text))
        elif is_text[name]:
            heads[customer].fields.append(FieldText(name, text, folded))
    return heads


def documents(
    catalog: Catalog, schema: Schema, customers: Sequence[int] | None
) -> Generator[Document, None, None]:
    """Yield what an engine is told of the passages of these customers, or of all (None), by customer.

    Of all of many, other processes make it ready, as far as they do not fail.
    """
    if customers is None:
        customers = [key for (key,) in catalog.each("SELECT key FROM customers ORDER BY key")]
        for made in _made_by_workers(catalog, schema, customers):
            yield from made
            customers = customers[_AT_ONCE:]
    for some in in_parts(sorted(set(customers)), _AT_ONCE):
        yield from _documents_of(catalog, schema, some)


def _made_by_workers(catalog: Catalog, schema: Schema, customers: Sequence[int]) -> Iterator[list[Document]]:
    """Yield the documents of so many customers at once, in order, as far as workers make them."""
    if len(customers) < _WORTH_IT or catalog.path is None:
        return
    from vault_tool.schema.plain import plain_schema
    from vault_tool.vault.processes import Worker, processors

    # This process has its own work with what they tell it.
    count = processors() - 1
    parts = list(in_parts(customers, _AT_ONCE))
    workers: list[Worker] = []
    try:
        for number in range(count):
            task = (str(catalog.path), plain_schema(schema), parts[number::count])
            workers.append(Worker(_WORK, task))
        for number in range(len(parts) if workers else 0):
            if (answer := workers[number % count].answer()) is None:
                return
            yield [Document(*plain) for plain in answer]
    except OSError:
        return  # no process can be started: the caller does it all
    finally:
        for worker in workers:
            worker.end()


def make_documents(catalog: str, schema: Any, parts: Sequence[list[int]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the documents of each part as plain values: what a worker does."""
    from vault_tool.schema.plain import schema_of

    with Catalog(Path(catalog)) as opened:
        made_schema = schema_of(schema)
        for some in parts:
            yield [tuple(document) for document in _documents_of(opened, made_schema, some)]


def _documents_of(catalog: Catalog, schema: Schema, customers: list[int]) -> Iterator[Document]:
    heads = heads_of(catalog, schema, customers)
    marks = ", ".join("?" * len(customers))
    sql = (
        "SELECT p.key, p.customer, c.is_archived, p.kind, p.day, p.channel, p.word, p.author, p.tags, p.bold,"
        " coalesce(p.folded, p.text) FROM passages p JOIN customers c ON c.key = p.customer"
        f" WHERE p.customer IN ({marks}) ORDER BY p.customer"
    )
    last, head, signs, said = None, _no_head(), "", ""
    rows = catalog.each(sql, customers)
    for key, customer, is_archived, kind, day, channel, word, author, tags, bold, folded in rows:
        if customer != last:
            last, head = customer, heads.get(customer) or _no_head()
            signs, said = " ".join(head.tokens()), repr(head)
        own, forms = analyse(folded)
        if channel:
            forms.add(sign_of("channel", channel))
        if word:
            forms.add(sign_of("kind", word))
        if bold or tags != "[]":
            # A bold piece may end within a word: that is no word of the text.
            words = set(own)
            own += [token if token in words else GAP for token in _stress(bold, tags)]
        if author:
            own += [GAP, person_sign(author)]
        is_profile = kind == "profile"
        if is_profile:
            for value in head.fields:
                tokens, more = analyse(value.folded)
                own += [GAP, *tokens]
                forms |= more
            own += [GAP, *head.tokens()]
        number = date.fromisoformat(day).toordinal() if day else None
        told = f"{kind} {number} {is_archived} {channel} {word} {author} {tags} {bold}"
        stamp = _stamp(f"{told}\n{said}\n{folded}")
        signs_here = " ".join(head.tokens_of_profile()) if is_profile else signs
        texts = (" ".join(own), " ".join(forms), signs_here)
        yield Document(key, customer, number, bool(is_archived), *texts, stamp)


def _stamp(told: str) -> int:
    """Sum up what an engine is told of a passage, in a number that any engine can keep."""
    from hashlib import blake2b  # a search with nothing to follow needs none

    return int.from_bytes(blake2b(told.encode("utf-8", "replace"), digest_size=7).digest(), "big")


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


def _rows_of(catalog: Catalog, sql: str, customers: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of these customers."""
    joint = " AND" if " WHERE " in sql else " WHERE"
    for some in in_parts(sorted(set(customers))):
        marks = ", ".join("?" * len(some))
        yield from catalog.each(f"{sql}{joint} customer IN ({marks})", some)
