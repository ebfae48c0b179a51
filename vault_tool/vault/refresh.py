"""Bring the catalog up to date: compare what a walk sees, read only what changed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vault_tool import __version__
from vault_tool.errors import VaultError
from vault_tool.notes.note import parse_note
from vault_tool.schema import Field, Schema
from vault_tool.vault import files
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_record import CatalogRecord, RecordMaker
from vault_tool.vault.catalog_write import CatalogWriter, FileState
from vault_tool.vault.settings import Settings, fold_spelling
from vault_tool.vault.walk import ARCHIVE_GLOB, Odd, Oddity, fold_name, matches_globs, scan

BATCH = 256
# A file that was changed this shortly before it was read may change again within one tick of the file
# system's clock, and keep its size: git calls it racily clean.
RACY_NS = 2_000_000_000

Progress = Callable[[int, int], None]
ClockNs = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a refresh found. `is_stale`: another process held the catalog, and this is its last state."""

    changed: int = 0
    removed: int = 0
    oddities: tuple[Oddity, ...] = ()
    is_stale: bool = False


class Refresher:
    """Keeps the catalog of one vault up to date."""

    def __init__(
        self, catalog: Catalog, root: Path, settings: Settings, schema: Schema, clock: ClockNs = time.time_ns
    ) -> None:
        self._catalog = catalog
        self._root = root
        self._settings = settings
        self._schema = schema
        self._clock = clock
        self._globs = (*settings.customers, ARCHIVE_GLOB)
        self._people = {fold_spelling(s): person.id for person in settings.people for s in person.spellings}
        self._maker = RecordMaker(schema, lambda spelling: self._people.get(fold_spelling(spelling)))

    def refresh(self, progress: Progress | None = None) -> Freshness:
        """Walk the vault and take in what is new or changed, and out what is gone.

        The stat of each file decides; a file is parsed only when its bytes differ from those taken in.
        Progress is told of files: (done, total).
        """
        self._forget_what_means_something_else()
        known = self._known()
        oddities: list[Oddity] = []
        seen: set[str] = set()
        suspects: list[str] = []
        for path, size, mtime_ns, inode in scan(self._root, self._globs, oddities):
            seen.add(path)
            if known.get(path) != (size, mtime_ns, _stored(inode), 0):
                suspects.append(path)
        gone = {path for path in known.keys() - seen if not _is_out_of_sight(path, oddities)}
        if not suspects and not gone:
            return Freshness(oddities=tuple(oddities))
        changed = 0
        for start in range(0, len(suspects), BATCH):
            changed += self._take_batch(suspects[start : start + BATCH], gone, oddities)
            if progress:
                progress(min(start + BATCH, len(suspects)), len(suspects))
        with self._catalog.transaction():
            writer = CatalogWriter(self._catalog)
            writer.take_out(gone)
            writer.finish()
        return Freshness(changed, len(gone), tuple(oddities))

    def take(self, paths: Iterable[PurePosixPath]) -> None:
        """Take in these files as they are now, without a walk; others are not looked at."""
        ours = [str(path) for path in paths if matches_globs(path, self._globs)]
        there = [path for path in ours if (self._root / path).is_file()]
        gone = set(ours) - set(there)
        if not ours:
            return
        self._forget_what_means_something_else()
        for start in range(0, len(there), BATCH):
            self._take_batch(there[start : start + BATCH], gone, [])
        with self._catalog.transaction():
            writer = CatalogWriter(self._catalog)
            writer.take_out(gone)
            writer.finish()

    def _known(self) -> dict[str, tuple[int, int, int, int]]:
        rows = self._catalog.each("SELECT path, size, mtime_ns, inode, is_racy FROM files")
        return {path: (size, mtime_ns, inode, racy) for path, size, mtime_ns, inode, racy in rows}

    def _take_batch(self, paths: Sequence[str], gone: set[str], oddities: list[Oddity]) -> int:
        """Read some files and take in those whose bytes are new; say how many those were."""
        # Parsing takes the time, and needs no lock: others may write to the catalog meanwhile.
        digests = self._digests(paths)
        read = [one for path in paths if (one := self._read(path, digests.get(path), gone, oddities))]
        with self._catalog.transaction():
            writer = CatalogWriter(self._catalog)
            for state, record in read:
                if record is None:
                    writer.touch(state)
                else:
                    writer.take_in(state, record, _is_archived(state.path), gone)
            writer.finish()
        return sum(record is not None for _, record in read)

    def _digests(self, paths: Sequence[str]) -> dict[str, str]:
        marks = ", ".join("?" * len(paths))
        return dict(self._catalog.rows(f"SELECT path, digest FROM files WHERE path IN ({marks})", paths))

    def _read(
        self, path: str, digest: str | None, gone: set[str], oddities: list[Oddity]
    ) -> tuple[FileState, CatalogRecord | None] | None:
        """Read one file; None when there is nothing to take in, no record when its bytes are known."""
        now = self._clock()
        where = PurePosixPath(path)
        try:
            content = files.read(self._root, where)
        except files.FileMissing:
            if digest is not None:
                gone.add(path)
            return None
        except VaultError as error:
            oddities.append(Oddity(where, Odd.UNREADABLE, str(error.values.get("reason", ""))))
            return None
        is_racy = abs(now - content.mtime_ns) < RACY_NS
        inode = _stored(content.inode)
        state = FileState(path, content.size, content.mtime_ns, inode, content.digest, is_racy)
        if content.digest == digest:
            return state, None
        return state, self._maker.record_of(parse_note(where, content.data, self._schema))

    def _forget_what_means_something_else(self) -> None:
        """Have the notes read again that would now be read differently: after a new schema, or a new team."""
        fingerprint = _fingerprint(self._schema)
        people = json.dumps(self._people, sort_keys=True)
        if (self._catalog.meta("fingerprint"), self._catalog.meta("people")) == (fingerprint, people):
            return
        with self._catalog.transaction():
            if self._catalog.meta("fingerprint") != fingerprint:
                self._catalog.run("UPDATE files SET digest = '', mtime_ns = -1")
            before: Mapping[str, str] = json.loads(str(self._catalog.meta("people") or "{}"))
            for (spelling,) in self._catalog.rows("SELECT DISTINCT spelling FROM people"):
                folded = fold_spelling(spelling)
                if before.get(folded) != self._people.get(folded):
                    self._catalog.run(
                        "UPDATE files SET digest = '', mtime_ns = -1"
                        " WHERE customer IN (SELECT customer FROM people WHERE spelling = ?)",
                        (spelling,),
                    )
            self._catalog.set_meta("fingerprint", fingerprint)
            self._catalog.set_meta("people", people)


def _is_archived(path: str) -> bool:
    return "/" in path and fold_name(path.split("/", 1)[0]) == "archive"


def _is_out_of_sight(path: str, oddities: Iterable[Oddity]) -> bool:
    """Tell whether a file is not seen only because its folder, or the file itself, can't be read just now."""
    for oddity in oddities:
        if oddity.kind is Odd.UNREADABLE:
            hidden = str(oddity.path)
            if hidden in (".", path) or path.startswith(hidden + "/"):
                return True
    return False


def _stored(inode: int) -> int:
    # SQLite's numbers have a sign.
    return inode & 0x7FFF_FFFF_FFFF_FFFF


def _fingerprint(schema: Schema) -> str:
    """Sum up what decides how a note is read: the program and the schema."""
    words = [
        (name, [word.spellings for word in words]) for name, words in sorted(schema.vocabularies.items())
    ]
    means = (
        __version__,
        [*_described(schema.fields)],
        [*_described(schema.inline_fields)],
        words,
        sorted(schema.units.items()),
    )
    return hashlib.sha256(repr(means).encode()).hexdigest()


def _described(fields: Iterable[Field]) -> Iterator[tuple[object, ...]]:
    for field in fields:
        sealed = (field.group, sorted(field.group_for.items()))
        kind = (field.type.value, field.vocabulary, field.many, field.format)
        yield (field.name, field.spellings, *kind, *sealed, [*_described(field.fields)])
