"""Take notes into the catalog and out of it, many at a time: each change gets the next number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vault_tool.named import NamedTuple
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import in_parts
from vault_tool.vault.catalog_rows import NoteRows, Row
from vault_tool.vault.catalog_sealed import has_told
from vault_tool.vault.catalog_sweep import note_sealed
from vault_tool.vault.names import pinyin_key


class FileState(NamedTuple):
    """A file as it was when it was read; one that was racy may change again without looking changed."""

    path: str
    size: int
    mtime_ns: int
    inode: int
    digest: str
    is_racy: bool


class ReadNote(NamedTuple):
    """A note that was read; without rows its bytes are those that the catalog knows."""

    file: FileState
    rows: NoteRows | None
    is_archived: bool
    stamp: bytes = b""
    """Sums up all that the catalog keeps of the note."""
    hidden: tuple[str, ...] = ()
    """What stands in the note sealed only (`catalog_sealed.hidden_words`); it is compared, and never kept."""


class CatalogWriter:
    """Writes to a catalog, within one of its transactions.

    What it changes of a file it also notes as loose: see `refresh`.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seq = catalog.last_seq
        last = dict(catalog.rows("SELECT name, seq FROM sqlite_sequence"))
        self._customers = int(last.get("customers", 0))
        self._passages = int(last.get("passages", 0))

    def finish(self) -> None:
        """Keep the number of the last change."""
        self._catalog.set_meta("seq", self._seq)

    def take_in(self, notes: Sequence[ReadNote], gone: set[str]) -> None:
        """Take in notes that were read; those whose bytes are known are only noted as looked at.

        `gone` are the paths that are no longer there: a new note with the id of one of them is that customer,
        who moved.
        """
        self._loosen(note.file.path for note in notes)
        self._catalog.run_many(
            "UPDATE files SET size = ?, mtime_ns = ?, inode = ?, is_racy = ? WHERE path = ?",
            [(*note.file[1:4], note.file.is_racy, note.file.path) for note in notes if note.rows is None],
        )
        read = [note for note in notes if note.rows is not None]
        known = self._known(read, gone)
        batch = _Batch()
        for note in read:
            assert note.rows is not None
            key, before = known.get(note.file.path, (0, None))
            if not key:
                self._customers += 1
                key = self._customers
            if before != note.stamp:
                seq = self._next_seq()
                seals = before is not None and bool(note.hidden) and has_told(self._catalog, key, note.hidden)
                if seals:
                    note_sealed(self._catalog, seq)
                self._passages = batch.add(key, note, before is None, seals, seq, self._passages)
            batch.files.append((*note.file, note.rows.problem, key))
        batch.write(self._catalog)

    def take_out(self, paths: Iterable[str]) -> None:
        """Take out the customers whose files are gone."""
        paths = list(paths)
        self._loosen(paths)
        run_many = self._catalog.run_many
        for some in in_parts(paths):
            marks = ", ".join("?" * len(some))
            keys = self._catalog.rows(f"SELECT key FROM customers WHERE path IN ({marks})", some)
            run_many("DELETE FROM files WHERE path = ?", [(path,) for path in some])
            _forget(self._catalog, keys, with_heads=True)
            run_many("DELETE FROM customers WHERE key = ?", keys)
            run_many("INSERT INTO deletions VALUES (?, ?)", [(key, self._next_seq()) for (key,) in keys])

    def _known(self, notes: Sequence[ReadNote], gone: set[str]) -> dict[str, tuple[int, bytes | None]]:
        """Return key and stamp of the customers that these notes are of, by path."""
        found: dict[str, tuple[int, bytes | None]] = {}
        for some in in_parts([note.file.path for note in notes]):
            marks = ", ".join("?" * len(some))
            rows = self._catalog.rows(f"SELECT path, key, stamp FROM customers WHERE path IN ({marks})", some)
            found.update((path, (key, stamp)) for path, key, stamp in rows)
        for note in notes if gone else ():
            if note.file.path not in found and note.rows is not None and note.rows.id is not None:
                self._take_over(note.file.path, note.rows.id, gone, found)
        return found

    def _take_over(
        self, path: str, id: str, gone: set[str], found: dict[str, tuple[int, bytes | None]]
    ) -> None:
        """Give a new path to the customer of this id whose own is gone."""
        rows = self._catalog.rows("SELECT key, stamp, path FROM customers WHERE id = ?", (id,))
        for key, stamp, old_path in rows:
            if old_path in gone:
                gone.discard(old_path)
                self._loosen([old_path])
                self._catalog.run("DELETE FROM files WHERE path = ?", (old_path,))
                found[path] = (key, stamp)
                return

    def _loosen(self, paths: Iterable[str]) -> None:
        self._catalog.run_many("INSERT OR IGNORE INTO loose VALUES (?)", [(path,) for path in paths])

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq


# The columns of `customers` that come from the file and its body, and from its front matter.
_BODY = ("path", "first_entry", "last_entry", "entries", "is_archived", "seq", "stamp")
_HEAD = ("id", "name", "type", "stage", "owner", "importance", "next", "fields")


class _Batch:
    """Rows of many notes on their way into the tables."""

    def __init__(self) -> None:
        self.files: list[Row] = []
        self._new: list[Row] = []
        self._bodies: list[Row] = []
        self._heads: list[Row] = []
        self._old: list[tuple[int]] = []
        self._headless: list[tuple[int]] = []
        self._names: list[Row] = []
        self._facts: list[Row] = []
        self._passages: list[Row] = []
        self._links: list[Row] = []
        self._people: list[Row] = []

    def add(self, key: int, note: ReadNote, is_new: bool, seals: bool, seq: int, last_passage: int) -> int:
        """Add a note that has changed; return the key of its last passage. `seals`: what had been told."""
        rows = note.rows
        assert rows is not None
        # Of a note whose front matter can't be read, what it last said still holds; unless it is sealed now.
        keeps_head = not rows.is_head_readable and not is_new and not seals
        entries = (rows.first_entry, rows.last_entry, rows.entries)
        body = (note.file.path, *entries, note.is_archived, seq, note.stamp)
        if is_new:
            self._new.append((key, *body, *rows.head))
        elif keeps_head:
            self._headless.append((key,))
            self._bodies.append((*body, key))
        else:
            self._old.append((key,))
            self._bodies.append((*body, key))
            self._heads.append((*rows.head, key))
        if not keeps_head:
            self._names += [(key, *name) for name in rows.names]
            self._facts += [(key, None, *fact) for fact in rows.facts]
        first = last_passage + 1
        self._passages += [(number, key, *passage) for number, passage in enumerate(rows.passages, first)]
        self._facts += [(key, first + place, *fact) for place, *fact in rows.passage_facts]
        self._links += [(key, *link) for link in rows.links]
        self._people += [(key, spelling) for spelling in rows.people]
        return last_passage + len(rows.passages)

    def write(self, catalog: Catalog) -> None:
        """Write all rows, the old ones of the same customers out of the way."""
        pinyin = _known_pinyin(catalog, self._old)
        _forget(catalog, self._old, with_heads=True)
        _forget(catalog, self._headless, with_heads=False)
        run_many = catalog.run_many
        run_many(
            f"INSERT INTO customers (key, {', '.join((*_BODY, *_HEAD))}) VALUES ({_marks(16)})", self._new
        )
        run_many(f"UPDATE customers SET {' = ?, '.join(_BODY)} = ? WHERE key = ?", self._bodies)
        run_many(f"UPDATE customers SET {' = ?, '.join(_HEAD)} = ? WHERE key = ?", self._heads)
        run_many(f"INSERT INTO passages VALUES ({_marks(14)})", self._passages)
        run_many(f"INSERT INTO facts VALUES ({_marks(8)})", self._facts)
        run_many(f"INSERT INTO links VALUES ({_marks(4)})", self._links)
        run_many(f"INSERT OR IGNORE INTO people VALUES ({_marks(2)})", self._people)
        run_many(
            f"INSERT INTO names VALUES ({_marks(5)})",
            [_with_pinyin(name, pinyin) for name in self._names],
        )
        run_many(f"INSERT OR REPLACE INTO files VALUES ({_marks(8)})", self.files)


def _known_pinyin(catalog: Catalog, keys: Sequence[tuple[int]]) -> dict[tuple[int, str], str]:
    """Return the pinyin of the names that customers have: to save one is no reason to load pypinyin."""
    found: dict[tuple[int, str], str] = {}
    for some in in_parts([key for (key,) in keys]):
        marks = _marks(len(some))
        rows = catalog.rows(f"SELECT customer, text, pinyin FROM names WHERE customer IN ({marks})", some)
        found.update(((customer, text), pinyin) for customer, text, pinyin in rows)
    return found


def _with_pinyin(name: Row, known: dict[tuple[int, str], str]) -> Row:
    key, kind, text = name[:3]
    if len(name) == 5:
        return name  # whoever read the note has made it already
    pinyin = known.get((key, text))
    if pinyin is None:
        pinyin = pinyin_key(text) if kind != "stem" else ""
    return (*name, pinyin)


def _forget(catalog: Catalog, keys: Sequence[Row], *, with_heads: bool) -> None:
    run_many = catalog.run_many
    run_many("DELETE FROM passages WHERE customer = ?", keys)
    run_many("DELETE FROM links WHERE customer = ?", keys)
    if with_heads:
        run_many("DELETE FROM people WHERE customer = ?", keys)
        run_many("DELETE FROM names WHERE customer = ?", keys)
        run_many("DELETE FROM facts WHERE customer = ?", keys)
    else:
        run_many("DELETE FROM facts WHERE customer = ? AND passage IS NOT NULL", keys)


def _marks(count: int) -> str:
    return ", ".join("?" * count)
