"""What sync carries, and which of it may differ on disk from the commit that was saved last.

What a folder held when it was saved is kept in git's folder and compared as a whole, as the catalog does:
where one note changed, one folder is looked at.
"""

from __future__ import annotations

import marshal
import os
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool.named import NamedTuple
from vault_tool.vault.compare import Comparison
from vault_tool.vault.glance import FileStat
from vault_tool.vault.globs import fold_name
from vault_tool.vault.settings import SETTINGS_NAME, Settings
from vault_tool.vault.walk import ARCHIVE_GLOB, Odd, Oddity, is_leftover, matches_globs

LARGEST = 10_000_000
"""Bytes of an attachment; what is larger is named, and stays on this computer."""
FILE_NAME = "saved"
# As for the catalog: within so long a file may change again and look the same.
_RACY_NS = 2_000_000_000
_MARK = b"vault-saved-1\n"
_TOP_FILES = (SETTINGS_NAME, ".gitignore", ".gitattributes")
_TOP_FOLDERS = ("schema", "templates", ".vault")
_ATTACHMENTS = "attachments"


class Record(NamedTuple):
    """What is known since the last save: but for the loose ones, files are as `commit` has them.

    `stamp` is the index's when it agreed with `commit`; `held` are the notes that were held back.
    """

    commit: str
    folders: dict[str, bytes]
    others: dict[str, FileStat]
    loose: frozenset[str]
    stamp: tuple[int, int, int] | None
    held: tuple[str, ...]


class Look(NamedTuple):
    """What a look at the files found: those that may differ from the commit, and what is to be kept of it.

    `is_whole` says that nothing was known before, so that files which a commit has may be gone unseen.
    """

    doubtful: set[str]
    gone: set[str]
    hidden: set[str]
    too_large: dict[str, int]
    folders: dict[str, bytes]
    others: dict[str, FileStat]
    racy: set[str]
    is_whole: bool


class Looking(NamedTuple):
    """A look at the files that has begun."""

    before: Record | None
    oddities: list[Oddity]
    comparison: Comparison


class Ahead(NamedTuple):
    """A look that began before anything else did, and the record it goes by, with that record's stamp."""

    stamp: tuple[int, int] | None
    record: Record | None
    looking: Looking


class Carried:
    """Which files of a vault go with it: notes, what lies beside them, settings, schema, templates, keys."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root = root
        self.note_globs = (*settings.customers, ARCHIVE_GLOB)
        bases = dict.fromkeys(filter(None, map(_base, self.note_globs)))
        self._globs = (*self.note_globs, *(f"{base}/**/*" for base in (*bases, _ATTACHMENTS)))

    def is_note(self, path: PurePosixPath | str) -> bool:
        """Tell whether a path is that of a customer's note."""
        return matches_globs(PurePosixPath(path), self.note_globs)

    def has(self, path: PurePosixPath | str) -> bool:
        """Tell whether sync carries a file of this path."""
        where = PurePosixPath(path)
        first = where.parts[0]
        if len(where.parts) == 1 and first in _TOP_FILES:
            return True
        if is_leftover(where.name):
            return False
        if first in _TOP_FOLDERS:
            return len(where.parts) > 1
        return matches_globs(where, self._globs) or _is_attachment(where)

    def begin(self, before: Record | None) -> Looking:
        """Begin to look for what may have changed since a record was made: everything, where there is none.

        Where possible that goes on while this process does something else.
        """
        oddities: list[Oddity] = []
        folders = dict(before.folders) if before else {}
        loose = self._in_walk(before) if before else []
        return Looking(before, oddities, Comparison(self._root, self._globs, folders, loose, oddities))

    def look(self, looking: Looking, clock_ns: int | None = None) -> Look:
        """Finish what was begun."""
        now = time.time_ns() if clock_ns is None else clock_ns
        before = looking.before
        folders, others = (dict(before.folders), before.others) if before else ({}, {})
        loose = before.loose if before else frozenset()
        found = looking.comparison.run()
        seen = dict(self._others())
        too_large: dict[str, int] = {}
        for odd in looking.oddities:
            if odd.kind is Odd.TOO_LARGE:
                with suppress(OSError):
                    stats = _stats((self._root / odd.path).lstat())
                    if self.is_note(odd.path):
                        too_large[str(odd.path)] = stats[0]
                    else:
                        seen[str(odd.path)] = stats
        too_large.update((path, stats[0]) for path, stats in seen.items() if stats[0] > LARGEST)
        for path in too_large:
            seen.pop(path, None)
        doubtful = {note.path for note in found.doubtful if not is_leftover(note.path.rpartition("/")[2])}
        doubtful.update(path for path, stats in seen.items() if others.get(path) != stats or path in loose)
        times = [(note.path, note.mtime_ns) for note in found.doubtful]
        times += ((path, stats[1]) for path, stats in seen.items())
        racy = {path for path, mtime_ns in times if abs(now - mtime_ns) < _RACY_NS}
        gone = found.gone | {path for path in others if path not in seen and path not in too_large}
        for prefix in found.left:
            folders.pop(prefix, None)
        folders.update(found.folders)
        return Look(doubtful, gone, found.hidden, too_large, folders, seen, racy, before is None)

    def _in_walk(self, before: Record) -> list[str]:
        others = before.others
        return [
            path
            for path in before.loose
            if path not in others and matches_globs(PurePosixPath(path), self._globs)
        ]

    def _others(self) -> Iterator[tuple[str, FileStat]]:
        """Yield what no glob of notes names: few files, each looked at."""
        for name in _TOP_FILES:
            with suppress(OSError):
                seen = (self._root / name).lstat()
                if stat.S_ISREG(seen.st_mode):
                    yield name, _stats(seen)
        pending = list(_TOP_FOLDERS)
        if not any(fold_name(_ATTACHMENTS) == fold_name(glob.split("/")[0]) for glob in self.note_globs):
            pending.append(_ATTACHMENTS)
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(self._root / folder) as entries:
                    for entry in entries:
                        path = f"{folder}/{entry.name}"
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(path)
                        elif entry.is_file(follow_symlinks=False) and self.has(path):
                            yield path, _stats(entry.stat(follow_symlinks=False))
            except OSError:
                continue


def _is_attachment(path: PurePosixPath) -> bool:
    return path.parts[0] == _ATTACHMENTS and not any(part.startswith(".") for part in path.parts)


def _base(glob: str) -> str:
    """Return the folder in which all that a glob names must lie; none where that is the root."""
    parts = glob.removeprefix("!").split("/")[:-1]
    fixed: list[str] = []
    for part in parts:
        if any(sign in part for sign in "*?["):
            break
        fixed.append(part)
    return "/".join(fixed) if not glob.startswith("!") else ""


def _stats(seen: os.stat_result) -> FileStat:
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def look_ahead(root: Path, settings: Settings, own: Path) -> Ahead:
    """Begin to look for what changed; `own` is our folder in git's.

    Where possible that goes on while this process does something else, so long as it has one thread yet.
    """
    stamp = record_stamp(own)
    record = read_record(own)
    return Ahead(stamp, record, Carried(root, settings).begin(record))


# --- the record


def read_record(folder: Path) -> Record | None:
    """Return what was kept in git's folder; None where there is none, or it is damaged."""
    try:
        data = (folder / FILE_NAME).read_bytes()
    except OSError:
        return None
    start = len(_MARK) + 4
    body = memoryview(data)[start:]
    # The sum goes first: marshal takes bytes on trust.
    if data[: len(_MARK)] != _MARK or data[len(_MARK) : start] != zlib.crc32(body).to_bytes(4, "big"):
        return None
    with suppress(ValueError, TypeError, EOFError):
        commit, folders, others, loose, stamp, held = marshal.loads(body)
        return Record(commit, folders, others, frozenset(loose), stamp, tuple(held))
    return None


def keep_record(folder: Path, record: Record) -> None:
    """Keep a record; where that can't be, the next sync compares all files. Needs the vault's lock."""
    body = marshal.dumps((*record[:3], sorted(record.loose), *record[4:]))
    # Always the same name: what a killed sync left is written over.
    temporary = folder / f".{FILE_NAME}.new"
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        try:
            temporary.write_bytes(_MARK + zlib.crc32(body).to_bytes(4, "big") + body)
            temporary.replace(folder / FILE_NAME)
        finally:
            temporary.unlink(missing_ok=True)


def record_stamp(folder: Path) -> tuple[int, int] | None:
    """Return what changes whenever a record is kept, None where there is none."""
    try:
        seen = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_ino


def forget_record(folder: Path) -> None:
    """Have the next sync compare all files."""
    with suppress(OSError):
        (folder / FILE_NAME).unlink(missing_ok=True)
