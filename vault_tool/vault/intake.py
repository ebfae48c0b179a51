"""Read notes for the catalog: a few right here, many by as many processes as the machine has processors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.notes.note import parse_note
from vault_tool.schema import Schema
from vault_tool.vault import files
from vault_tool.vault.catalog_record import RecordMaker
from vault_tool.vault.catalog_rows import rows_of
from vault_tool.vault.catalog_sealed import hidden_words
from vault_tool.vault.catalog_write import FileState, ReadNote
from vault_tool.vault.globs import fold_name
from vault_tool.vault.settings import fold_spelling

ClockNs = Callable[[], int]


class ToRead(NamedTuple):
    """A file to read, the digest that the catalog has of it, and whether it may know the customer."""

    path: str
    digest: str | None
    may_be_told: bool = False


class Unread(NamedTuple):
    """A file that could not be read, and why; without a reason it is not there."""

    path: str
    reason: str | None


class NoteReader:
    """Reads the notes of one vault."""

    def __init__(
        self, root: Path, schema: Schema, people: Mapping[str, str], clock: ClockNs = time.time_ns
    ) -> None:
        """`people` are the ids of the team by folded spelling."""
        self._root = root
        self._schema = schema
        self._clock = clock
        self._maker = RecordMaker(schema, lambda spelling: people.get(fold_spelling(spelling)))

    def read(self, wanted: ToRead) -> ReadNote | Unread:
        """Read one note; its rows are made only when its bytes are not those that are known."""
        now = self._clock()
        path = PurePosixPath(wanted.path)
        try:
            content = files.read(self._root, path)
        except files.FileMissing:
            return Unread(wanted.path, None)
        except VaultError as error:
            return Unread(wanted.path, str(error.values.get("reason", "")))
        is_racy = abs(now - content.mtime_ns) < files.RACY_NS
        state = FileState(
            wanted.path, content.size, content.mtime_ns, stored(content.inode), content.digest, is_racy
        )
        put_away = is_archived(wanted.path)
        if state.digest == wanted.digest:
            return ReadNote(state, None, put_away)
        note = parse_note(path, content.data, self._schema)
        rows = rows_of(self._maker.record_of(note))
        hidden = hidden_words(note, self._maker.sealed_keys) if wanted.may_be_told else ()
        return ReadNote(state, rows, put_away, rows.stamp(wanted.path, put_away), hidden)


def read_all(
    root: Path,
    schema: Schema,
    people: Mapping[str, str],
    wanted: Sequence[ToRead],
    batch: int,
    clock: ClockNs = time.time_ns,
) -> Iterator[list[ReadNote | Unread]]:
    """Read notes, and yield them in batches, in order."""
    done = 0
    if clock is time.time_ns:
        from vault_tool.vault.workers import read_by_workers

        for read in read_by_workers(root, schema, people, wanted, batch):
            yield read
            done += len(read)
    if done < len(wanted):
        reader = NoteReader(root, schema, people, clock)
        for start in range(done, len(wanted), batch):
            yield [reader.read(one) for one in wanted[start : start + batch]]


def stored(inode: int) -> int:
    """Return an inode as the catalog keeps it: SQLite's numbers have a sign.

    A listing on Windows has none, so that none is kept there.
    """
    return 0 if os.name == "nt" else inode & 0x7FFF_FFFF_FFFF_FFFF


def is_archived(path: str) -> bool:
    """Tell whether a note is put away."""
    return "/" in path and fold_name(path.split("/", 1)[0]) == "archive"
