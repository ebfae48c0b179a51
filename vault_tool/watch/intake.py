"""Takes what may have changed into catalog and index: names are hints, the bytes decide."""

from __future__ import annotations

import re
import stat
import time
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Literal

from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.search.follow import ready_engine, sweep
from vault_tool.vault.catalog import CatalogBusy, CatalogUnwritable
from vault_tool.vault.catalog_read import changes_since, in_parts
from vault_tool.vault.files import MAX_NOTE_BYTES
from vault_tool.vault.refresh import Progress, Refresher
from vault_tool.vault.vault import Vault
from vault_tool.vault.walk import ARCHIVE_GLOB, is_online_only, matches_globs

# A file that was changed so shortly ago may not be all there yet.
FRESH_SECONDS = 0.05
# One that was changed so long ago is not in the middle of being saved.
OLD_SECONDS = 3.0
VERIFY_SECONDS = 7 * 86_400.0
VERIFIED_AT_ONCE = 100

_OPENS = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n")
_CLOSES = re.compile(rb"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)

Look = Literal["ready", "fresh", "half", "gone", "nothing", "odd", "away"]


class Stopped(Exception):
    """Somebody asked the watcher to end in the middle of long work; the next start goes on with it."""


class GaveWay(Exception):
    """Somebody saved in the middle of work that can wait."""


class Taken(NamedTuple):
    """What an intake changed.

    `again`: to be looked at again, for they may be in the middle of being saved. `is_whole` is False where
    only a walk can tell the rest; `trouble` is what kept it from being taken in.
    """

    changed: list[PurePosixPath]
    removed: int = 0
    again: Sequence[str] = ()
    is_whole: bool = True
    trouble: VaultError | None = None


class Intake:
    """Takes files of one vault in, and remembers up to which change it has told of.

    Raises `CatalogDamaged`; `Catalog.start_anew` has to come before anything else then.
    """

    def __init__(self, vault: Vault) -> None:
        self._unverified: list[str] = []
        self._vault = vault
        self._refresher = Refresher(vault.catalog, vault.root, vault.settings, vault.schema)
        self._globs = (*vault.settings.customers, ARCHIVE_GLOB)
        self._told = self._position()

    def take(self, paths: Iterable[str], final: Collection[str] = ()) -> Taken:
        """Take in these files as they are now.

        What is missing or looks half written stays as the catalog has it, and is to be
        looked at again; those in `final` have been, and are taken as they are.
        """
        return self._guarded(lambda: self._take(paths, final))

    def _take(self, paths: Iterable[str], final: Collection[str]) -> Taken:
        notes = [path for path in paths if _is_text(path) and matches_globs(PurePosixPath(path), self._globs)]
        before = self._digests(notes)
        is_new = any(path not in before for path in notes)
        ready, again, is_whole = [], [], True
        for path in notes:
            if path not in before and _has_two_spellings(path):
                is_whole = False  # the folder may spell it otherwise than who told of it
                continue
            look = _look(self._vault.root / path, is_known=path in before)
            # Of a file that is gone, the new name may be among the others: then both belong together.
            if path not in final and (look in ("half", "fresh") or (look == "gone" and not is_new)):
                again.append(path)
            if look in ("ready", "fresh") or (look in ("half", "gone") and path not in again):
                ready.append(path)
            is_whole &= look != "odd"
        self._refresher.take([PurePosixPath(path) for path in ready])
        after = self._digests(ready)
        changed = [path for path, digest in after.items() if before.get(path) != digest]
        return self._summed_up(changed)._replace(again=again, is_whole=is_whole)

    def reconcile(self, progress: Progress | None = None) -> Taken:
        """Walk, and take in all that differs."""

        def refresh() -> Taken:
            self._refresher.refresh(progress)
            return self._summed_up(())

        return self._guarded(refresh)

    def index(self, progress: Progress | None = None) -> bool:
        """Have the index follow the catalog; False when another process is writing to it."""
        engine, is_behind = ready_engine(self._vault, progress)
        engine.close()
        return not is_behind

    def sweep(self, progress: Progress | None = None) -> bool:
        """Take what is sealed now out of the files of catalog and index; False when it has to wait."""
        return sweep(self._vault, progress)

    def known(self) -> list[str]:
        """Return the paths of all files of the catalog."""
        with suppress(VaultError):
            return [path for (path,) in self._vault.catalog.rows("SELECT path FROM files")]
        return []

    def plan_verifying(self) -> None:
        """Once a week compare the bytes of all files: a stat can be put back."""
        if not self._unverified and time.time() - self._verified_at() > VERIFY_SECONDS:
            self._unverified = self.known()

    @property
    def is_verifying(self) -> bool:
        """Whether there is something left to compare."""
        return bool(self._unverified)

    def verify_some(self) -> Taken:
        """Compare the bytes of the next files, and take in those that differ."""
        some, self._unverified = self._unverified[:VERIFIED_AT_ONCE], self._unverified[VERIFIED_AT_ONCE:]
        taken = self.take(some, final=some)
        if not self._unverified:
            self._note_verified()
        return taken

    def _verified_at(self) -> float:
        """Return when all bytes were last compared; a catalog that is new has just been made from them."""
        with suppress(VaultError):
            if (last := self._vault.catalog.meta("verified")) is not None:
                return float(str(last))
        self._note_verified()
        return time.time()

    def _note_verified(self) -> None:
        with suppress(VaultError):
            self._vault.catalog.set_meta("verified", time.time())

    def _position(self) -> tuple[str, int]:
        return self._vault.catalog.generation, self._vault.catalog.last_seq

    def _digests(self, paths: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for some in in_parts(sorted(paths)):
            marks = ", ".join("?" * len(some))
            sql = f"SELECT path, digest FROM files WHERE path IN ({marks})"
            found.update(self._vault.catalog.rows(sql, some))
        return found

    def _summed_up(self, changed: Iterable[str]) -> Taken:
        """Return what changed in the catalog since the last time, whoever took it in."""
        catalog = self._vault.catalog
        paths = dict.fromkeys(changed)
        removed = 0
        (generation, seq), self._told = self._told, self._position()
        if generation == self._told[0] and seq < self._told[1]:
            changes = list(changes_since(catalog, seq))
            removed = sum(change.is_deleted for change in changes)
            for keys in in_parts([change.key for change in changes]):
                marks = ", ".join("?" * len(keys))
                rows = catalog.rows(f"SELECT path FROM customers WHERE key IN ({marks})", keys)
                paths.update((path, None) for (path,) in rows)
        return Taken([PurePosixPath(path) for path in sorted(paths)], removed)

    def _guarded(self, work: Callable[[], Taken]) -> Taken:
        """Do some work with the catalog; what keeps it from taking anything in is part of the result."""
        try:
            # A catalog of this process alone helps nobody, and it takes long to fill.
            if self._vault.catalog.is_in_memory:
                raise CatalogUnwritable(path=self._vault.places.cache, reason="")
            return work()
        except (CatalogBusy, CatalogUnwritable) as error:
            return Taken([], is_whole=False, trouble=error)


def _look(path: Path, *, is_known: bool) -> Look:
    """Say in which state a file is, reading it only when it was changed just now."""
    try:
        seen = path.lstat()
        if not stat.S_ISREG(seen.st_mode):
            return "odd"
        if is_online_only(seen):
            return "away"
        age = abs(time.time() - seen.st_mtime)
        if age > OLD_SECONDS or seen.st_size > MAX_NOTE_BYTES:
            return "ready"
        if is_half_written(path.read_bytes()):
            return "half"
    except (FileNotFoundError, NotADirectoryError):
        return "gone" if is_known else "nothing"
    except OSError:
        return "odd"
    return "fresh" if age < FRESH_SECONDS else "ready"


def is_half_written(data: bytes) -> bool:
    """Say whether a note looks as if its end were to come: empty, in its front matter, within a sign."""
    if not data:
        return True
    try:
        data.decode()
    except UnicodeDecodeError as error:
        # It would be taken for another encoding, and every name in it for another one.
        if error.reason == "unexpected end of data":
            return True
    opened = _OPENS.match(data)
    return opened is not None and not _CLOSES.search(data, opened.end())


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_two_spellings(path: str) -> bool:
    """Say whether Unicode has two ways to write a path, of which file systems keep or change either."""
    if path.isascii():
        return False
    return unicodedata.normalize("NFC", path) != unicodedata.normalize("NFD", path)


def setting_stamps(root: Path) -> list[tuple[str, int, int]]:
    """Return what the system says of the files that decide how notes are read."""
    found = []
    for path in (root / "vault.toml", *sorted((root / "schema").glob("*.y*ml"))):
        try:
            seen = path.stat()
        except OSError:
            continue
        found.append((path.name, seen.st_size, seen.st_mtime_ns))
    return found
