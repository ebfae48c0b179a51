"""Bring the catalog up to date: compare what a walk sees, read only what changed.

What a folder held when all its notes had been taken in is kept beside the catalog's tables, and compared as a
whole: a refresh that finds all as it was looks at no file by itself. Two things hold after every transaction:

- every file of the catalog is known to its folder (`folders`), or is noted as loose;
- what a folder says of a note that is not loose, the catalog's row of that file says, and that row can be
  trusted: it was not racy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool import __version__
from vault_tool.named import NamedTuple
from vault_tool.schema.model import Schema
from vault_tool.vault.catalog import Catalog, CatalogBusy, CatalogUnwritable
from vault_tool.vault.catalog_sweep import sweep_catalog
from vault_tool.vault.compare import Compared, Comparison
from vault_tool.vault.settings import Settings, fold_spelling
from vault_tool.vault.walk import ARCHIVE_GLOB, Odd, Oddity, Seen, matches_globs

# Reading and writing notes is imported where a note has changed: else a query needs neither.
if TYPE_CHECKING:
    from vault_tool.vault.catalog_write import FileState
    from vault_tool.vault.intake import ToRead

BATCH = 128
_MANY = 2000  # of so many files all rows are read at once

Progress = Callable[[int, int], None]
ClockNs = Callable[[], int]


class Freshness(NamedTuple):
    """What a refresh found. `is_stale`: another process held the catalog, and this is its last state."""

    changed: int = 0
    removed: int = 0
    oddities: tuple[Oddity, ...] = ()
    is_stale: bool = False


class _Ahead(NamedTuple):
    """A refresh that has begun."""

    commits: tuple[str, int]
    loose: set[str]
    oddities: list[Oddity]
    comparison: Comparison


class Refresher:
    """Keeps the catalog of one vault up to date."""

    def __init__(
        self, catalog: Catalog, root: Path, settings: Settings, schema: Schema, clock: ClockNs = time.time_ns
    ) -> None:
        self._catalog = catalog
        self._root = root
        self._schema = schema
        self._clock = clock
        self._globs = globs_of(settings)
        self._ahead: _Ahead | None = None
        self._people = people_of(settings)

    def refresh(self, progress: Progress | None = None) -> Freshness:
        """Walk the vault and take in what is new or changed, and out what is gone.

        The stat of each file decides; a file is parsed only when its bytes differ from those taken in.
        Progress is told of files: (done, total).
        """
        self.look_ahead()
        ahead, self._ahead = self._ahead, None
        assert ahead is not None
        commits, loose, oddities, comparison = ahead
        found = comparison.run()
        suspects, settled = self._suspects(found.doubtful, has_gone=bool(found.gone))
        gone = set(self._known(found.gone))
        changed = 0
        if suspects or gone:
            seen = {note.path: note for note in found.doubtful}
            loose.update(seen, gone)
            states, changed = self._take(suspects, gone, oddities, progress)
            settled += [state.path for state in states if _is_settled(state, seen[state.path])]
        self._keep(found, settled, loose, commits)
        sweep_catalog(self._catalog)
        return Freshness(changed, len(gone), tuple(oddities))

    def look_ahead(self) -> None:
        """Begin what `refresh` does, so far as that can be done while this process does something else."""
        self._forget_what_means_something_else()
        commits = self._commits()
        if self._ahead is not None and self._ahead.commits == commits:
            return
        folders = dict(self._catalog.rows("SELECT path, seen FROM folders"))
        loose = {path for (path,) in self._catalog.rows("SELECT path FROM loose")}
        oddities: list[Oddity] = []
        comparison = Comparison(self._root, self._globs, folders, loose, oddities)
        self._ahead = _Ahead(commits, loose, oddities, comparison)

    def take(self, paths: Iterable[PurePosixPath]) -> None:
        """Take in these files as they are now, without a walk; others are not looked at."""
        ours = list(dict.fromkeys(str(path) for path in paths if matches_globs(path, self._globs)))
        if not ours:
            return
        from vault_tool.vault.intake import ToRead

        self._forget_what_means_something_else()
        there = [path for path in ours if (self._root / path).is_file()]
        digests = {path: str(row[4]) for path, row in self._rows(there).items()}
        gone = set(ours).difference(there)
        wanted = [ToRead(path, digests.get(path), bool(gone) or path in digests) for path in there]
        self._take(wanted, gone, [], None)
        sweep_catalog(self._catalog)

    def _suspects(self, doubtful: Sequence[Seen], *, has_gone: bool) -> tuple[list[ToRead], list[str]]:
        """Return the files that have to be read, and the paths of those that are as the catalog has them.

        Where a file has gone, a new one may be of the same customer.
        """
        if not doubtful:
            return [], []
        from vault_tool.vault.intake import ToRead, stored

        rows = self._rows([note.path for note in doubtful])
        suspects, settled = [], []
        for note in doubtful:
            row = rows.get(note.path)
            if row and row[:4] == (note.size, note.mtime_ns, stored(note.inode), 0):
                settled.append(note.path)
            else:
                suspects.append(ToRead(note.path, row[4] if row else None, has_gone or row is not None))
        return suspects, settled

    def _rows(self, paths: Sequence[str]) -> dict[str, tuple[int, int, int, int, str]]:
        """Return size, mtime, inode, raciness and digest of the files that the catalog has."""
        sql = "SELECT path, size, mtime_ns, inode, is_racy, digest FROM files"
        if len(paths) > _MANY:
            return {path: (*row,) for path, *row in self._catalog.each(sql)}
        from vault_tool.vault.catalog_read import in_parts

        found = {}
        for some in in_parts(paths):
            marks = ", ".join("?" * len(some))
            for path, *row in self._catalog.rows(f"{sql} WHERE path IN ({marks})", some):
                found[path] = (*row,)
        return found

    def _known(self, paths: Iterable[str]) -> list[str]:
        """Return those of the paths that the catalog has."""
        return list(self._rows(list(paths))) if paths else []

    def _take(
        self,
        wanted: Sequence[ToRead],
        gone: set[str],
        oddities: list[Oddity],
        progress: Progress | None,
    ) -> tuple[list[FileState], int]:
        """Read files and take them in, and out those that are gone.

        Return how the files that were read now stand in the catalog, and how many of them had new bytes.
        """
        from vault_tool.vault.catalog_write import CatalogWriter
        from vault_tool.vault.intake import Unread, read_all

        states: list[FileState] = []
        changed = done = 0
        # Parsing takes the time, and needs no lock: others may write to the catalog meanwhile.
        for batch in read_all(self._root, self._schema, self._people, wanted, BATCH, self._clock):
            read = []
            for note, asked in zip(batch, wanted[done : done + len(batch)], strict=True):
                if not isinstance(note, Unread):
                    read.append(note)
                elif note.reason is not None:
                    oddities.append(Oddity(PurePosixPath(note.path), Odd.UNREADABLE, note.reason))
                elif asked.digest is not None:
                    gone.add(note.path)
            with self._catalog.transaction():
                writer = CatalogWriter(self._catalog)
                writer.take_in(read, gone)
                writer.finish()
            states += [note.file for note in read]
            changed += sum(note.rows is not None for note in read)
            done += len(batch)
            if progress:
                progress(done, len(wanted))
        if gone:
            with self._catalog.transaction():
                writer = CatalogWriter(self._catalog)
                writer.take_out(gone)
                writer.finish()
        return states, changed

    def _keep(
        self, found: Compared, settled: Iterable[str], loose: set[str], commits: tuple[str, int]
    ) -> None:
        """Keep what the folders hold, and note as loose those of their notes of which they can't tell."""
        sure = found.gone.union(settled)
        tight = sure & loose
        unsure = found.hidden.union(note.path for note in found.doubtful) - sure - loose
        if not (found.folders or found.left or tight or unsure):
            return
        # When this can't be written, the next refresh looks closely once more.
        with suppress(CatalogBusy, CatalogUnwritable), self._catalog.transaction():
            # Whatever another process has taken in meanwhile, we have not seen.
            if self._commits() != commits:
                return
            run_many = self._catalog.run_many
            run_many("DELETE FROM folders WHERE path = ?", [(path,) for path in found.left])
            run_many("INSERT OR REPLACE INTO folders VALUES (?, ?)", [*found.folders.items()])
            run_many("DELETE FROM loose WHERE path = ?", [(path,) for path in tight])
            run_many("INSERT OR IGNORE INTO loose VALUES (?)", [(path,) for path in unsure])

    def _commits(self) -> tuple[str, int]:
        """Return what changes whenever somebody else changes the catalog."""
        return self._catalog.generation, self._catalog.others_commits

    def _forget_what_means_something_else(self) -> None:
        """Have the notes read again that would now be read differently: after a new schema, or a new team."""
        import json

        now = {
            "fingerprint": f"{__version__} {self._schema.meaning}",
            "people": json.dumps(self._people, sort_keys=True),
            "globs": json.dumps(self._globs),
        }
        before = {name: self._catalog.meta(name) for name in now}
        if now == before:
            return
        with self._catalog.transaction():
            run = self._catalog.run
            run("INSERT OR IGNORE INTO loose SELECT path FROM files")
            run("DELETE FROM folders")
            if now["fingerprint"] != before["fingerprint"]:
                run("UPDATE files SET digest = '', mtime_ns = -1")
            self._forget_people(json.loads(str(before["people"] or "{}")))
            for name, value in now.items():
                self._catalog.set_meta(name, value)

    def _forget_people(self, before: Mapping[str, str]) -> None:
        """Have the notes read again in which somebody is named who joined the team, or left it."""
        for (spelling,) in self._catalog.rows("SELECT DISTINCT spelling FROM people"):
            folded = fold_spelling(spelling)
            if before.get(folded) != self._people.get(folded):
                self._catalog.run(
                    "UPDATE files SET digest = '', mtime_ns = -1"
                    " WHERE customer IN (SELECT customer FROM people WHERE spelling = ?)",
                    (spelling,),
                )


def globs_of(settings: Settings) -> tuple[str, ...]:
    """Return the globs of all notes of a vault."""
    return (*settings.customers, ARCHIVE_GLOB)


def people_of(settings: Settings) -> dict[str, str]:
    """Return the ids of a team by every (folded) spelling."""
    return {fold_spelling(said): person.id for person in settings.people for said in person.spellings}


def _is_settled(state: FileState, seen: Seen) -> bool:
    """Tell whether a file was read as the walk saw it, and could not change again unseen."""
    from vault_tool.vault.intake import stored

    return not state.is_racy and state[1:4] == (seen.size, seen.mtime_ns, stored(seen.inode))
