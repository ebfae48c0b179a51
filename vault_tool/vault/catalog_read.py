"""Ask the catalog: customers, their passages, names, and what changed since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import fold
from vault_tool.vault.catalog import Catalog


class Customer(NamedTuple):
    """A customer as the catalog knows it: canonical words, ids of people, days as ISO texts."""

    key: int
    id: str | None
    path: PurePosixPath
    name: str
    type: str | None
    stage: str | None
    owner: str | None
    importance: str | None
    next: str | None
    first_entry: str | None
    last_entry: str | None
    entries: int
    is_archived: bool
    fields_json: str
    seq: int

    @property
    def fields(self) -> Mapping[str, Any]:
        """The front matter's values by canonical name; amounts, days and maps as JSON has them."""
        fields: dict[str, Any] = json.loads(self.fields_json)
        return fields

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the customer."""
        return _texts(self.fields.get("aliases"))

    @property
    def tags(self) -> tuple[str, ...]:
        """The customer's tags."""
        return _texts(self.fields.get("tags"))


class StoredPassage(NamedTuple):
    """A part of a note that search finds by itself; `text` is title, tags and body as a person reads them."""

    key: int
    customer: int
    kind: str
    line: int
    day: str | None
    time: str | None
    channel: str | None
    word: str | None
    author: str | None
    tags: tuple[str, ...]
    title: str
    bold: str
    text: str
    folded: str


class CustomerChange(NamedTuple):
    """A customer that changed, or is gone."""

    key: int
    seq: int
    is_deleted: bool


class StoredName(NamedTuple):
    """A name of a customer; `kind` is name, alias, contact or stem."""

    customer: int
    kind: str
    text: str
    folded: str
    pinyin: str


class Backlink(NamedTuple):
    """A place that links to a customer."""

    customer: int
    path: PurePosixPath
    line: int


_CUSTOMER = (
    "key, id, path, name, type, stage, owner, importance, next, first_entry, last_entry, entries,"
    " is_archived, fields, seq"
)
_PASSAGE = (
    "key, customer, kind, line, day, time, channel, word, author, tags, title, bold, text,"
    " coalesce(folded, text)"
)


def customers(catalog: Catalog, archived: bool | None = False) -> Iterator[Customer]:
    """Yield customers by path: those at work, those put away (True), or all (None)."""
    where = "" if archived is None else f" WHERE is_archived = {int(archived)}"
    for row in catalog.each(f"SELECT {_CUSTOMER} FROM customers{where} ORDER BY path"):
        yield _customer(row)


def customers_where(
    catalog: Catalog,
    condition: str,
    parameters: Sequence[object],
    archived: bool | None = False,
    *,
    order: str = "c.path",
    limit: int | None = None,
) -> Iterator[Customer]:
    """Yield the customers that a condition of SQL holds for; a customer is `c` in it and in the order.

    The parameters are those of the condition and then those of the order.
    """
    put_away = "" if archived is None else f" AND c.is_archived = {int(archived)}"
    most = "" if limit is None else f" LIMIT {limit}"
    sql = f"SELECT {_CUSTOMER} FROM customers c WHERE ({condition}){put_away} ORDER BY {order}{most}"
    for row in catalog.each(sql, parameters):
        yield _customer(row)


def customers_of(catalog: Catalog, keys: Iterable[int]) -> dict[int, Customer]:
    """Return the customers of these keys that are there."""
    found = {}
    for some in in_parts(sorted(set(keys))):
        marks = ", ".join("?" * len(some))
        for row in catalog.rows(f"SELECT {_CUSTOMER} FROM customers WHERE key IN ({marks})", some):
            found[int(row[0])] = _customer(row)
    return found


def customer_at(catalog: Catalog, path: PurePosixPath) -> Customer | None:
    """Return the customer whose file this is."""
    rows = catalog.rows(f"SELECT {_CUSTOMER} FROM customers WHERE path = ?", (str(path),))
    return _customer(rows[0]) if rows else None


def passages_of(catalog: Catalog, customer: int) -> list[StoredPassage]:
    """Return the passages of a customer as they stand in the file, the profile first."""
    rows = catalog.rows(f"SELECT {_PASSAGE} FROM passages WHERE customer = ? ORDER BY line, key", (customer,))
    return [_passage(row) for row in rows]


def passages_with(catalog: Catalog, keys: Iterable[int]) -> dict[int, StoredPassage]:
    """Return the passages of these keys that are there."""
    found = {}
    for some in in_parts(sorted(set(keys))):
        marks = ", ".join("?" * len(some))
        for row in catalog.rows(f"SELECT {_PASSAGE} FROM passages WHERE key IN ({marks})", some):
            found[int(row[0])] = _passage(row)
    return found


def changes_since(catalog: Catalog, seq: int) -> Iterator[CustomerChange]:
    """Yield every customer that changed after a number, in the order of the changes; deletions too."""
    yield from (
        CustomerChange(key, number, bool(is_deleted))
        for key, number, is_deleted in catalog.each(
            "SELECT key, seq, 0 FROM customers WHERE seq > ? UNION ALL"
            " SELECT key, seq, 1 FROM deletions WHERE seq > ? ORDER BY 2",
            (seq, seq),
        )
    )


def names_of(catalog: Catalog, customer: int) -> list[StoredName]:
    """Return all names of a customer."""
    rows = catalog.rows(
        "SELECT customer, kind, text, folded, pinyin FROM names WHERE customer = ?", (customer,)
    )
    return [StoredName(*row) for row in rows]


def linked_as(catalog: Catalog, target: str) -> list[PurePosixPath]:
    """Return the customers that a link or any exact spelling means: id, path, file stem, name or alias."""
    folded = fold(target.strip())
    rows = catalog.rows(
        "SELECT path FROM customers WHERE id = ? OR path IN (?, ? || '.md') UNION"
        " SELECT path FROM names JOIN customers ON customers.key = names.customer"
        " WHERE names.folded = ? AND names.kind IN ('name', 'alias', 'stem') ORDER BY path",
        (target.strip(), target.strip(), target.strip(), folded),
    )
    return [PurePosixPath(path) for (path,) in rows]


def backlinks(catalog: Catalog, customer: Customer) -> list[Backlink]:
    """Return the places that link to a customer, by any of its names."""
    spellings = {name.folded for name in names_of(catalog, customer.key) if name.kind != "contact"}
    spellings |= {
        fold(text) for text in (customer.id, str(customer.path), str(customer.path.with_suffix(""))) if text
    }
    found = []
    for some in in_parts(sorted(spellings)):
        marks = ", ".join("?" * len(some))
        found += catalog.rows(
            "SELECT links.customer, path, line FROM links JOIN customers ON customers.key = links.customer"
            f" WHERE links.folded IN ({marks}) AND links.customer != ?",
            [*some, customer.key],
        )
    return sorted(Backlink(key, PurePosixPath(path), line) for key, path, line in set(found))


def problems(catalog: Catalog) -> list[tuple[PurePosixPath, str]]:
    """Return the notes that can be read only in part, and why: `encoding` or `front-matter`."""
    rows = catalog.rows("SELECT path, problem FROM files WHERE problem IS NOT NULL ORDER BY path")
    return [(PurePosixPath(path), problem) for path, problem in rows]


def _customer(row: Sequence[Any]) -> Customer:
    key, id, path, *words, is_archived, fields, seq = row
    values = [key, id, PurePosixPath(path), *words, bool(is_archived), fields or "{}", seq]
    return Customer(*values)


def _passage(row: Sequence[Any]) -> StoredPassage:
    values = [*row[:9], tuple(json.loads(row[9])), *row[10:]]
    return StoredPassage(*values)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def in_parts(items: Sequence[Any], size: int = 500) -> Iterator[list[Any]]:
    """Yield the items in lists that are short enough for one statement."""
    # SQLite before 3.32 takes no more than 999 parameters.
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
