"""Take notes into the catalog and out of it: each change gets the next number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vault_tool.notes.folding import fold
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_record import CatalogRecord, Fact, Head
from vault_tool.vault.names import pinyin_key


class FileState(NamedTuple):
    """A file as it was when it was read; one that was racy may change again without looking changed."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    digest: str
    is_racy: bool


class CatalogWriter:
    """Writes to a catalog, within one of its transactions."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seq = catalog.last_seq
        found = catalog.rows("SELECT seq FROM sqlite_sequence WHERE name = 'passages'")
        self._passages = int(found[0][0]) if found else 0

    def finish(self) -> None:
        """Keep the number of the last change."""
        self._catalog.set_meta("seq", self._seq)

    def touch(self, file: FileState) -> None:
        """Note that a file was looked at and holds what it held."""
        self._catalog.run(
            "UPDATE files SET size = ?, mtime_ns = ?, inode = ?, is_racy = ? WHERE path = ?",
            (file.size, file.mtime_ns, file.inode, file.is_racy, file.path),
        )

    def take_in(self, file: FileState, record: CatalogRecord, is_archived: bool, gone: set[str]) -> None:
        """Take in a note that is new or has changed.

        `gone` are the paths that are no longer there: a new note with the id of one of them is that customer,
        who moved.
        """
        key = self._key_of(file.path, record.head.id, gone)
        stamp = _stamp(record, file.path, is_archived)
        if key is None:
            key = self._catalog.run("INSERT INTO customers (path) VALUES (?)", (file.path,))
            known = None
        else:
            known = self._catalog.rows("SELECT stamp FROM customers WHERE key = ?", (key,))[0][0]
        if known != stamp:
            # Of a note whose front matter can't be read, what it last said still holds.
            keeps_head = not record.is_head_readable and known is not None
            pinyin = self._known_pinyin(key) if known is not None else {}
            if known is not None:
                self._forget(key, with_head=not keeps_head)
            self._write(key, file.path, record, is_archived, stamp)
            if not keeps_head:
                self._write_head(key, record.head, pinyin)
        self._catalog.run(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*file, record.problem, key),
        )

    def take_out(self, paths: Iterable[str]) -> None:
        """Take out the customers whose files are gone."""
        for path in paths:
            self._catalog.run("DELETE FROM files WHERE path = ?", (path,))
            for (key,) in self._catalog.rows("SELECT key FROM customers WHERE path = ?", (path,)):
                self._forget(key, with_head=True)
                self._catalog.run("DELETE FROM customers WHERE key = ?", (key,))
                self._catalog.run("INSERT INTO deletions VALUES (?, ?)", (key, self._next_seq()))

    def _key_of(self, path: str, id: str | None, gone: set[str]) -> int | None:
        found = self._catalog.rows("SELECT key FROM customers WHERE path = ?", (path,))
        if found:
            return int(found[0][0])
        for key, old_path in self._catalog.rows("SELECT key, path FROM customers WHERE id = ?", (id,)):
            if old_path in gone:
                gone.discard(old_path)
                self._catalog.run("DELETE FROM files WHERE path = ?", (old_path,))
                return int(key)
        return None

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _write(self, key: int, path: str, record: CatalogRecord, is_archived: bool, stamp: bytes) -> None:
        days = record.days
        self._catalog.run(
            "UPDATE customers SET path = ?, first_entry = ?, last_entry = ?, entries = ?, is_archived = ?,"
            " seq = ?, stamp = ? WHERE key = ?",
            (
                *(path, days[0] if days else None, days[-1] if days else None),
                sum(passage.kind == "entry" for passage in record.passages),
                *(is_archived, self._next_seq(), stamp, key),
            ),
        )
        self._write_passages(key, record)
        self._catalog.run_many(
            "INSERT INTO links VALUES (?, ?, ?, ?)",
            [(key, link.target, fold(link.target), link.line) for link in record.references],
        )
        self._catalog.run_many(
            "INSERT OR IGNORE INTO people VALUES (?, ?)", [(key, spelling) for spelling in record.people]
        )

    def _write_head(self, key: int, head: Head, pinyin: dict[str, str]) -> None:
        self._catalog.run(
            "UPDATE customers SET id = ?, name = ?, type = ?, stage = ?, owner = ?, importance = ?, next = ?,"
            " fields = ? WHERE key = ?",
            (
                *(head.id, head.name, head.type, head.stage, head.owner, head.importance, head.next),
                *(json.dumps(head.fields, ensure_ascii=False, separators=(",", ":")), key),
            ),
        )
        names = []
        for kind, text in head.names:
            known = pinyin.get(text)
            if known is None:
                known = pinyin_key(text) if kind != "stem" else ""
            names.append((key, kind, text, fold(text), known))
        self._catalog.run_many("INSERT INTO names VALUES (?, ?, ?, ?, ?)", names)
        self._write_facts(_fact_rows(key, None, head.facts))

    def _write_passages(self, key: int, record: CatalogRecord) -> None:
        rows, facts = [], []
        for passage in record.passages:
            self._passages += 1
            folded = fold(passage.text)
            rows.append(
                (
                    *(self._passages, key, passage.kind, passage.line, passage.day, passage.time),
                    *(passage.channel, passage.word, passage.author),
                    *(json.dumps(passage.tags, ensure_ascii=False), passage.title, passage.bold),
                    *(passage.text, folded if folded != passage.text else None),
                )
            )
            facts += _fact_rows(key, self._passages, passage.facts)
        marks = ", ".join("?" * 14)
        self._catalog.run_many(f"INSERT INTO passages VALUES ({marks})", rows)
        self._write_facts(facts)

    def _write_facts(self, facts: Sequence[Sequence[object]]) -> None:
        self._catalog.run_many("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", facts)

    def _known_pinyin(self, key: int) -> dict[str, str]:
        """Return the pinyin of the names a customer has: to save one is no reason to load pypinyin."""
        return dict(self._catalog.rows("SELECT text, pinyin FROM names WHERE customer = ?", (key,)))

    def _forget(self, key: int, with_head: bool) -> None:
        run = self._catalog.run
        run("DELETE FROM passages WHERE customer = ?", (key,))
        run("DELETE FROM links WHERE customer = ?", (key,))
        if with_head:
            run("DELETE FROM people WHERE customer = ?", (key,))
            run("DELETE FROM names WHERE customer = ?", (key,))
            run("DELETE FROM facts WHERE customer = ?", (key,))
        else:
            run("DELETE FROM facts WHERE customer = ? AND passage IS NOT NULL", (key,))


def _fact_rows(key: int, passage: int | None, facts: Iterable[Fact]) -> list[tuple[object, ...]]:
    return [
        (key, passage, fact.name, fact.text, fold(fact.text), fact.number, fact.currency, fact.day)
        for fact in facts
    ]


def _stamp(record: CatalogRecord, path: str, is_archived: bool) -> bytes:
    """Sum up all that the catalog keeps of a note: what leaves that alone is no change to its followers."""
    return hashlib.sha256(repr((path, is_archived, record)).encode("utf-8", "surrogatepass")).digest()[:16]
