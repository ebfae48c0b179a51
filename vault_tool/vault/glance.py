"""See at a glance whether a folder is as it was: its names and what the system says of its notes, as bytes.

Nothing here looks at a file by itself: that is what makes it several times faster than comparing one by one.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable
from itertools import compress
from operator import attrgetter, methodcaller

from vault_tool.named import NamedTuple
from vault_tool.vault.walk import ENTERED, FOLDER, NOTE, SKIPPED, Listing

# The newest version of marshal whose bytes depend on the values alone.
_VERSION = 2
# Tables for `bytes.translate`, which turn kinds into selectors.
_NOTES = bytes(kind == NOTE for kind in range(256))
_ENTERED = bytes(kind == ENTERED for kind in range(256))
_FOLDERS = bytes(kind in (ENTERED, FOLDER) for kind in range(256))
_OTHERS = bytes(kind not in (SKIPPED, NOTE) for kind in range(256))

_name = attrgetter("name")
_seen = methodcaller("stat", follow_symlinks=False)
_is_folder = methodcaller("is_dir", follow_symlinks=False)
_state = attrgetter("st_size", "st_mtime_ns", "st_ino")

# A folder's own handle spares the system the way to each file.
_BY_HANDLE = os.scandir in os.supports_fd
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)

FileStat = tuple[int, int, int]
"""Size, mtime_ns and inode."""


class Kept(NamedTuple):
    """What a folder held: all its names, their kinds (`Listing.kinds`), and the stats of its notes.

    Of one that was not plain a glance can't tell whether it is as it was.
    """

    names: str
    kinds: bytes
    stats: bytes
    is_plain: bool

    def notes(self) -> dict[str, FileStat]:
        """Return the stats of the notes by name."""
        names = compress(self.names.split("/"), self.kinds.translate(_NOTES))
        return dict(zip(names, marshal.loads(self.stats), strict=True))

    def folders(self) -> list[str]:
        """Return the names of the folders that hold notes, or may."""
        if ENTERED not in self.kinds:
            return []
        return list(compress(self.names.split("/"), self.kinds.translate(_ENTERED)))


def packed(listing: Listing) -> bytes:
    """Return what is to be kept of a folder."""
    stats = marshal.dumps([tuple(note[1:]) for note in listing.notes], _VERSION)
    return repacked(Kept("/".join(listing.names), listing.kinds, stats, listing.is_plain))


def repacked(kept: Kept) -> bytes:
    """Return what was kept as it is kept."""
    return marshal.dumps(tuple(kept), _VERSION)


def unpacked(data: bytes) -> Kept:
    """Return what was kept of a folder."""
    return Kept._make(marshal.loads(data))


def is_as_kept(folder: str, kept: Kept) -> bool:
    """Tell whether a folder holds what it held: the same names in the same order, no note with another stat.

    A no may be wrong (a system that lists in another order, a file that went away meanwhile), a yes never is.
    """
    try:
        if not _BY_HANDLE:
            with os.scandir(folder) as entries:
                return _is_same(list(entries), kept)
        handle = os.open(folder, _FOLDER_FLAGS)
        try:
            with os.scandir(handle) as entries:
                return _is_same(list(entries), kept)
        finally:
            os.close(handle)
    except OSError:
        return False


def written_in(folder: str, kept: Kept) -> tuple[list[os.DirEntry[str]], bytes] | None:
    """Return the notes with other stats in a folder that else holds what it held, and all their stats.

    None where more than that has changed.
    """
    try:
        with os.scandir(folder) as listed:
            entries = list(listed)
        if not kept.is_plain or (notes := _same_names(entries, kept)) is None:
            return None
        notes = list(notes)
        stats = list(map(_state, map(_seen, notes)))
    except OSError:
        return None
    known = zip(notes, stats, marshal.loads(kept.stats), strict=True)
    return [note for note, now, before in known if now != before], marshal.dumps(stats, _VERSION)


def _is_same(entries: list[os.DirEntry[str]], kept: Kept) -> bool:
    notes = _same_names(entries, kept)
    return notes is not None and marshal.dumps(list(map(_state, map(_seen, notes))), _VERSION) == kept.stats


def _same_names(entries: list[os.DirEntry[str]], kept: Kept) -> Iterable[os.DirEntry[str]] | None:
    """Return the notes, where the names in a folder and what they are is as it was."""
    if "/".join(map(_name, entries)) != kept.names:
        return None
    if kept.kinds.count(NOTE) == len(entries):
        return entries
    # What becomes a folder may hold notes, and what was one may be a note.
    others = compress(entries, kept.kinds.translate(_OTHERS))
    if bytes(map(_is_folder, others)) != kept.kinds.translate(_FOLDERS, bytes((SKIPPED, NOTE))):
        return None
    return compress(entries, kept.kinds.translate(_NOTES))
