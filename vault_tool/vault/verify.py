"""Compare the catalog with the files, byte true: every row is made again and held against what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from vault_tool.named import NamedTuple
from vault_tool.schema import Schema
from vault_tool.vault.catalog import Catalog, encodable
from vault_tool.vault.catalog_read import in_parts
from vault_tool.vault.catalog_rows import NoteRows, Row
from vault_tool.vault.catalog_write import ReadNote
from vault_tool.vault.glance import unpacked
from vault_tool.vault.intake import ToRead, Unread, read_all
from vault_tool.vault.names import pinyin_key
from vault_tool.vault.refresh import BATCH, Progress, globs_of, people_of
from vault_tool.vault.settings import Settings
from vault_tool.vault.walk import Oddity, scan


class Difference(NamedTuple):
    """Where the catalog is not what the files say.

    `what` is the table that differs; `missing` for a note that the catalog lacks, `gone` for one that it has
    and the vault has not, `changed` for a file that holds other bytes than those that were taken in. Without
    a path it is no single note: `orphans` are rows of a table that belong to no customer, `damage` is what
    SQLite itself finds.
    """

    path: str
    what: str
    detail: str = ""


def differences(
    catalog: Catalog, root: Path, settings: Settings, schema: Schema, progress: Progress | None = None
) -> Iterator[Difference]:
    """Yield what is not as it would be in a catalog made anew; nothing is changed.

    The catalog should have been brought up to date just before. Reads all notes, by several processes where
    there are many, and keeps few of them in memory. Progress is told of files: (done, total).
    """
    yield from _damage(catalog)
    oddities: list[Oddity] = []
    found = sorted(seen.path for seen in scan(root, globs_of(settings), oddities))
    known = {path for (path,) in catalog.each("SELECT path FROM files")}
    hidden = {str(oddity.path) for oddity in oddities}
    for path in sorted(known.difference(found)):
        if not any(path == place or path.startswith(f"{place}/") or place == "." for place in hidden):
            yield Difference(path, "gone")
    done = 0
    for batch in read_all(root, schema, people_of(settings), [ToRead(path, None) for path in found], BATCH):
        notes = [note for note in batch if not isinstance(note, Unread)]
        yield from _Stored(catalog, [note.file.path for note in notes]).compare(notes)
        done += len(batch)
        if progress:
            progress(done, len(found))
    yield from _doubtful_folders(catalog)


class _Stored:
    """What the catalog has of some notes, without the keys of its rows."""

    def __init__(self, catalog: Catalog, paths: Sequence[str]) -> None:
        self._catalog = catalog
        self.files = {
            path: row
            for path, *row in self._rows(
                "SELECT path, size, digest, problem, customer FROM files WHERE path", paths
            )
        }
        sql = (
            "SELECT key, path, id, name, type, stage, owner, importance, next, fields, first_entry,"
            " last_entry, entries, is_archived, stamp FROM customers WHERE path"
        )
        self.customers = {row[1]: row for row in self._rows(sql, paths)}
        keys = [row[0] for row in self.customers.values()]
        self.passages = self._by_customer(
            "SELECT customer, key, kind, line, day, time, channel, word, author, tags, title, bold, text,"
            " folded FROM passages WHERE customer",
            keys,
        )
        self.facts = self._by_customer(
            "SELECT customer, passage, name, text, folded, number, currency, day FROM facts WHERE customer",
            keys,
        )
        self.names = self._by_customer(
            "SELECT customer, kind, text, folded, pinyin FROM names WHERE customer", keys
        )
        self.links = self._by_customer(
            "SELECT customer, target, folded, line FROM links WHERE customer", keys
        )
        self.people = self._by_customer("SELECT customer, spelling FROM people WHERE customer", keys)

    def compare(self, notes: Iterable[ReadNote]) -> Iterator[Difference]:
        for note in notes:
            path = note.file.path
            file, customer = self.files.get(path), self.customers.get(path)
            if file is None:
                yield Difference(path, "missing")
            elif file[1] != note.file.digest:
                yield Difference(path, "changed")
            elif customer is None:
                yield Difference(path, "customers")
            else:
                assert note.rows is not None
                for table, is_same in self._tables(note, note.rows, file, customer):
                    if not is_same:
                        yield Difference(path, table)

    def _tables(
        self, note: ReadNote, rows: NoteRows, file: Sequence[Any], customer: Row
    ) -> Iterator[tuple[str, bool]]:
        """Yield each table and whether it holds what it should of a note."""
        key = customer[0]
        yield "files", (file[0], *file[2:]) == (note.file.size, rows.problem, key)
        body = (rows.first_entry, rows.last_entry, rows.entries, note.is_archived, note.stamp)
        # Of a note whose front matter can't be read, what it last said still holds.
        has_head = rows.is_head_readable
        head = _same([customer[2:10]], [rows.head]) if has_head else True
        yield "customers", head and customer[10:] == body
        passages = sorted(self.passages[key])
        yield "passages", [row[1:] for row in passages] == [tuple(encodable(row)) for row in rows.passages]
        places = {row[0]: place for place, row in enumerate(passages)}
        facts = [
            (places.get(row[0], row[0]), *row[1:])
            for row in self.facts[key]
            if has_head or row[0] is not None
        ]
        heads = [(None, *row) for row in rows.facts] if has_head else []
        yield "facts", _same(facts, [*heads, *rows.passage_facts])
        yield "links", _same(self.links[key], rows.links)
        people = {(spelling,) for spelling in rows.people}
        yield "people", people == set(self.people[key]) if has_head else people <= set(self.people[key])
        if has_head:
            yield "names", _same(self.names[key], [_with_pinyin(row) for row in rows.names])

    def _by_customer(self, sql: str, keys: Sequence[int]) -> defaultdict[int, list[Row]]:
        found: defaultdict[int, list[Row]] = defaultdict(list)
        for customer, *row in self._rows(sql, keys):
            found[customer].append(tuple(row))
        return found

    def _rows(self, sql: str, values: Sequence[object]) -> Iterator[Row]:
        for some in in_parts(values):
            yield from self._catalog.rows(f"{sql} IN ({', '.join('?' * len(some))})", some)


def _same(stored: Iterable[Row], made: Iterable[Row]) -> bool:
    """Tell whether two tables hold the same rows, in whatever order."""
    return sorted(stored, key=repr) == sorted((tuple(encodable(row)) for row in made), key=repr)


def _with_pinyin(name: Row) -> Row:
    return name if len(name) == 4 else (*name, pinyin_key(name[1]) if name[0] != "stem" else "")


def _damage(catalog: Catalog) -> Iterator[Difference]:
    """Find what is wrong whatever the files say."""
    for (said,) in catalog.rows("PRAGMA quick_check(5)"):
        if said != "ok":
            yield Difference("", "damage", str(said))
    for table in ("passages", "facts", "names", "links", "people", "files"):
        sql = f"SELECT count(*) FROM {table} WHERE customer NOT IN (SELECT key FROM customers)"
        if count := catalog.rows(sql)[0][0]:
            yield Difference("", "orphans", f"{table}: {count}")
    lost = "SELECT path FROM customers WHERE path NOT IN (SELECT path FROM files)"
    yield from (Difference(path, "files") for (path,) in catalog.rows(lost))


def _doubtful_folders(catalog: Catalog) -> Iterator[Difference]:
    """Find notes of which a folder says something else than their files' rows: a change could go unseen."""
    loose = {path for (path,) in catalog.rows("SELECT path FROM loose")}
    rows = {
        path: state for path, *state in catalog.each("SELECT path, size, mtime_ns, inode, is_racy FROM files")
    }
    kept = set()
    for prefix, seen in catalog.each("SELECT path, seen FROM folders"):
        for name, stat in unpacked(seen).notes().items():
            path = prefix + name
            kept.add(path)
            if path not in loose and rows.get(path) != [*stat, 0]:
                yield Difference(path, "folders")
    for path in rows.keys() - kept - loose:
        yield Difference(path, "folders")
