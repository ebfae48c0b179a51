"""The one door to SQLite: what stands where in a vault, kept in the user's cache.

The tables, which readers query through `Catalog.rows`:

- `files(path, size, mtime_ns, inode, digest, is_racy, problem, customer)`: every note on disk.
- `customers(key, id, path, name, type, stage, owner, importance, next, first_entry, last_entry, entries,
  is_archived, fields, seq)`: canonical words and ids of people; `fields` is JSON; days are ISO texts.
- `facts(customer, passage, name, text, folded, number, currency, day)`: every value of every field, one row
  each; `passage` is null for front matter, an entry's tags are facts of its own; fields within maps are named
  `contacts.name`.
- `names(customer, kind, text, folded, pinyin)`: kind is name, alias, contact or stem (of the file).
- `passages(key, customer, kind, line, day, time, channel, word, author, tags, title, bold, text, folded)`:
  kind is profile, entry or section; `word` is the entry's own kind (order, complaint); `text` is title, tags
  and body as a person reads them; `folded` is null where folding changes nothing.
- `links(customer, target, folded, line)`; `deletions(key, seq)`.
- `folders(path, seen)`: what each folder held when all its notes had been taken in (`glance.Kept`);
  `loose(path)`: notes that were written to `files`, or taken out, since then.

Every change gives its customer the next number (`seq`), deletions too; `generation` says which catalog these
numbers count in. It can always be made again from the notes: a damaged one, or one of another version, is.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.vault.places import PlaceUnusable, make_private

FILE_NAME = "catalog.db"
VERSION = 4
BUSY_SECONDS = 10.0
_PATIENCE_MS = 300

_OUR_DEFECTS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_CONSTRAINT_UNIQUE)

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, digest TEXT,
    is_racy INTEGER, problem TEXT, customer INTEGER
) WITHOUT ROWID;
CREATE TABLE customers (
    key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, path TEXT UNIQUE, name TEXT, type TEXT, stage TEXT,
    owner TEXT, importance TEXT, next TEXT, first_entry TEXT, last_entry TEXT, entries INTEGER,
    is_archived INTEGER, fields TEXT, seq INTEGER, stamp BLOB
);
CREATE INDEX customers_by_id ON customers (id);
CREATE UNIQUE INDEX customers_by_seq ON customers (seq);
CREATE TABLE names (customer INTEGER, kind TEXT, text TEXT, folded TEXT, pinyin TEXT);
CREATE INDEX names_of ON names (customer);
CREATE INDEX names_by_folded ON names (folded);
CREATE TABLE passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT, customer INTEGER, kind TEXT, line INTEGER, day TEXT, time TEXT,
    channel TEXT, word TEXT, author TEXT, tags TEXT, title TEXT, bold TEXT, text TEXT, folded TEXT
);
CREATE INDEX passages_of ON passages (customer);
CREATE TABLE facts (
    customer INTEGER, passage INTEGER, name TEXT, text TEXT, folded TEXT, number REAL, currency TEXT, day TEXT
);
CREATE INDEX facts_of ON facts (customer, name);
CREATE INDEX facts_of_tags ON facts (text) WHERE name = 'tags';
CREATE TABLE links (customer INTEGER, target TEXT, folded TEXT, line INTEGER);
CREATE INDEX links_of ON links (customer);
CREATE INDEX links_by_folded ON links (folded);
CREATE TABLE people (customer INTEGER, spelling TEXT, PRIMARY KEY (customer, spelling)) WITHOUT ROWID;
CREATE TABLE folders (path TEXT PRIMARY KEY, seen BLOB);
CREATE TABLE loose (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE deletions (key INTEGER PRIMARY KEY, seq INTEGER);
CREATE INDEX deletions_by_seq ON deletions (seq);
"""


class CatalogDamaged(VaultError):
    """The catalog's file is no longer what SQLite wrote."""

    message = N_("The catalog in {path} is damaged; it will be made again.")
    hint = N_("Run the command again; your notes are not affected.")
    exit_code = Exit.BUSY


class CatalogBusy(VaultError):
    """Another process has been writing to the catalog for longer than we wait."""

    message = N_("Another process is updating the catalog in {path}.")
    hint = N_("Run the command again in a moment.")
    exit_code = Exit.BUSY


class CatalogUnwritable(VaultError):
    """The disk does not take the catalog."""

    message = N_("The catalog in {path} can't be written: {reason}.")
    hint = N_("Make room on the disk, or set VAULT_NOTES_HOME to another folder.")
    exit_code = Exit.UNREADABLE


class Catalog:
    """An open catalog; close it, or use it in a `with`."""

    def __init__(self, path: Path | None) -> None:
        """Open the catalog at `path`, made if need be; without one it lives in memory, for this run alone."""
        self.path = path
        self._connection = self._open()
        self._file = _identity(path)

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def is_in_memory(self) -> bool:
        """Tell whether this catalog ends with this run."""
        return self.path is None

    @property
    def generation(self) -> str:
        """Name this catalog: another name means that the numbers began anew."""
        return str(self.meta("generation"))

    @property
    def last_seq(self) -> int:
        """Return the number of the last change."""
        return int(str(self.meta("seq")))

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return its rows."""
        with self._explained():
            return self._connection.execute(sql, parameters).fetchall()

    def each(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Run a query and yield its rows as they come."""
        with self._explained():
            yield from self._connection.execute(sql, parameters)

    @property
    def others_commits(self) -> int:
        """Return a number that changes with every commit of another connection, and with none of ours."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def meta(self, key: str) -> object:
        """Return a value kept beside the tables, None when there is none."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0][0] if found else None

    def set_meta(self, key: str, value: object) -> None:
        """Keep a value beside the tables."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement that changes something; return the last row's key."""
        with self._explained():
            return self._execute(sql, parameters).lastrowid or 0

    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once per row."""
        if rows:
            with self._explained():
                self._connection.execute("SAVEPOINT many")
                try:
                    self._connection.executemany(sql, rows)
                except UnicodeEncodeError:
                    # The rows before the one that failed are written already.
                    self._connection.execute("ROLLBACK TO many")
                    self._connection.executemany(sql, [encodable(row) for row in rows])
                self._connection.execute("RELEASE many")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written inside appear at once, or not at all."""
        with self._explained():
            # IMMEDIATE: to wait for the other writer here, not to fail in the middle.
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise
        with self._explained():
            self._connection.execute("COMMIT")

    def start_anew(self) -> None:
        """Throw the catalog away and begin an empty one; in memory, where the disk takes none."""
        self._connection.close()
        if self.path is not None:
            _remove(self.path)
        self.reopen()

    @property
    def is_in_place(self) -> bool:
        """Tell whether the file is where it was: who finds it damaged puts another one there."""
        return self._file == _identity(self.path)

    def reopen(self) -> None:
        """Open the file that is there now; one in memory, where the disk takes none."""
        self._connection.close()
        try:
            if self.path is not None:
                make_private(self.path.parent)
            self._connection = self._open()
        except (CatalogBusy, CatalogUnwritable, PlaceUnusable):
            self.path = None
            self._connection = self._open()
        self._file = _identity(self.path)

    def become(self, other: Catalog) -> None:
        """Hold what another catalog holds, from one moment to the next for every process."""
        deadline = time.monotonic() + BUSY_SECONDS

        def give_up(status: int, left: int, total: int) -> None:
            # Python tries again as long as somebody else is writing.
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
                raise CatalogBusy(path=self.path)

        with self._explained():
            other._connection.backup(self._connection, progress=give_up)

    def empty_log(self) -> bool:
        """Have the file hold all, and the log not even what it held; False when somebody is in the way."""
        with self._explained():
            # Whoever reads an older state needs the log for a moment, and others wait for us meanwhile.
            self._connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            try:
                is_busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return not is_busy

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return _prepared(_connected(":memory:"))
        try:
            return _prepared(_connected(self.path))
        except sqlite3.DatabaseError as error:
            # Also when our tables are not there though the version says so.
            if not _is_damage(error) and "no such table" not in str(error):
                raise self._meaning(error) from error
        except TypeError:
            pass  # no generation: not one of ours
        _remove(self.path)
        try:
            return _prepared(_connected(self.path))
        except sqlite3.Error as error:
            raise self._meaning(error) from error

    def _execute(self, sql: str, parameters: Sequence[object]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, parameters)
        except UnicodeEncodeError:
            return self._connection.execute(sql, encodable(parameters))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) in _OUR_DEFECTS:
                raise  # no other wording makes it better
            raise self._meaning(error) from error

    def _meaning(self, error: sqlite3.Error) -> VaultError:
        if _is_busy(error):
            return CatalogBusy(path=self.path)
        if _is_damage(error):
            return CatalogDamaged(path=self.path)
        return CatalogUnwritable(path=self.path, reason=str(error))


def open_catalog(cache: Path) -> Catalog:
    """Open the catalog in a cache folder; where nothing can be written, one in memory for this run."""
    try:
        return Catalog(make_private(cache) / FILE_NAME)
    except (PlaceUnusable, CatalogUnwritable):
        return Catalog(None)


def _connected(path: Path | str) -> sqlite3.Connection:
    # isolation_level None: transactions begin where we say so.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.create_function("regexp", 2, _is_in, deterministic=True)
    return connection


def _is_in(pattern: str, text: str | None) -> bool:
    """Tell whether a pattern stands in a text: `text REGEXP pattern`."""
    return text is not None and re.search(pattern, text) is not None


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Set up a connection; make the tables when they are missing or of another version."""
    try:
        # What a note no longer says in plain is not to linger in free pages.
        connection.execute("PRAGMA secure_delete = ON")
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            _use_log(connection)
            _make_tables(connection)
        # A lost second of a cache is no loss; a damaged file would be made again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
    except BaseException:
        connection.close()
        raise
    return connection


def _use_log(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, in which nobody who reads waits for a writer."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # This one statement does not wait by itself for another process that does the same.
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make all tables anew, at once for every other process."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        connection.execute("COMMIT")  # another process was faster
        return
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall():
        connection.execute(f'DROP TABLE "{name}"')
    for statement in _TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("INSERT INTO meta VALUES ('generation', ?)", (os.urandom(8).hex(),))
    connection.execute("INSERT INTO meta VALUES ('seq', 0)")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def encodable(row: Sequence[object]) -> list[object]:
    """Return values that SQLite takes: half a surrogate pair, which an escape in YAML can make, is none."""
    return [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in row]


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from any other, None where there is none."""
    try:
        seen = path.stat() if path else None
    except OSError:
        return None
    return (seen.st_dev, seen.st_ino) if seen else None


def _remove(path: Path) -> None:
    """Remove a catalog's files, the log first: left behind, it would be played into the next catalog."""
    for suffix in ("-wal", "-shm", "-journal", ""):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
