"""Walk a vault for its notes: fast, never led astray, and honest about what is odd."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path, PurePosixPath

from vault_tool.messages import N_, _
from vault_tool.named import NamedTuple
from vault_tool.vault.files import MAX_NOTE_BYTES
from vault_tool.vault.globs import Patterns, State, Test, fold_name

# Folders of the root that hold no customers, whatever a glob says.
RESERVED_FOLDERS = frozenset({"templates", "schema", "attachments"})
ARCHIVE_GLOB = "archive/**/*.md"
_TELLS_OF_CLOUDS = hasattr(os.stat_result, "st_file_attributes") or hasattr(os.stat_result, "st_flags")


class Odd(StrEnum):
    """What can be wrong with a place where a note should be."""

    SYMLINK = "symlink"
    FOLDER = "folder"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    SPECIAL = "special"
    BAD_NAME = "bad-name"


ODD_MESSAGES: dict[Odd, str] = {
    Odd.SYMLINK: N_("{path} is a symbolic link; it is not followed."),
    Odd.FOLDER: N_("{path} is a folder with the name of a note."),
    Odd.UNREADABLE: N_("{path} can't be read: {detail}."),
    Odd.TOO_LARGE: N_("{path} is too large for a note ({detail} bytes); it is not read."),
    Odd.SPECIAL: N_("{path} is no plain file; it is not read."),
    Odd.BAD_NAME: N_("{path} has a name that is not valid UTF-8; it is not read."),
}


class Oddity(NamedTuple):
    """Something that stands where a note should, and is not read."""

    path: PurePosixPath
    kind: Odd
    detail: str = ""

    def __str__(self) -> str:
        return ODD_MESSAGES[self.kind].format(path=printable(self.path), detail=self.detail)


class Found(NamedTuple):
    """A file that may be a note, as the system describes it."""

    path: PurePosixPath
    size: int
    mtime_ns: int
    inode: int


class Seen(NamedTuple):
    """A found file as the walk sees it: its path is text still, which is what makes walking cheap."""

    path: str
    size: int
    mtime_ns: int
    inode: int


def walk(root: Path, globs: Iterable[str], oddities: list[Oddity] | None = None) -> Iterator[Found]:
    """Yield every file that a glob names; what is odd goes to the list."""
    for path, size, mtime_ns, inode in scan(root, globs, [] if oddities is None else oddities):
        yield Found(PurePosixPath(path), size, mtime_ns, inode)


def scan(root: Path, globs: Iterable[str], oddities: list[Oddity]) -> Iterator[Seen]:
    """Yield every file that a glob names, in no order; what is odd goes to the list.

    Globs are relative: `**` is any number of folders, `*` any run of characters in one name, a leading `!`
    takes out again. Names compare after NFC and case folding; hidden ones and editors' leftovers are
    passed over. A path that can't be written as UTF-8 is an oddity.
    """
    walker = Walker(root, globs, oddities)
    pending = [walker.start()]
    while pending:
        if listing := walker.look(pending.pop()):
            yield from listing.notes
            pending += listing.folders


def matches_globs(path: PurePosixPath, globs: Iterable[str]) -> bool:
    """Say whether the walk would take a file of this path for a note."""
    patterns = Patterns(globs)
    state = patterns.start()
    names = [fold_name(part) for part in path.parts]
    if not names or any(name[0] in ".~" for name in names) or names[0] in RESERVED_FOLDERS:
        return False
    for name in names[:-1]:
        state = patterns.enter(state, name)
    return bool(state) and patterns.file_test(state)(names[-1])


def is_leftover(name: str) -> bool:
    """Say whether a file name is what an editor or a synchroniser leaves behind for a while."""
    return (
        name.startswith((".", "~"))
        or name.endswith("~")
        or (name.startswith("#") and name.endswith("#"))
        or name == "4913"
        or re.fullmatch(r"sed[A-Za-z0-9]{6}", name) is not None
        or re.search(r"\.sw[a-z]$", name) is not None
    )


def is_online_only(seen: os.stat_result) -> bool:
    """Say whether a file lies in a cloud folder and would have to be fetched before it can be read."""
    attributes = getattr(seen, "st_file_attributes", 0)  # Windows: offline, recall on open, recall on read
    flags = getattr(seen, "st_flags", 0)  # macOS: SF_DATALESS
    return bool(attributes & 0x441000 or flags & 0x40000000)


def printable(path: PurePosixPath | str) -> str:
    """Return a path that any terminal and any JSON can take, whatever bytes its name is made of."""
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace")


def _folded(name: str) -> str:
    return name.lower() if name.isascii() else fold_name(name)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


class Folder(NamedTuple):
    """A folder that may hold notes: its path with a slash behind it, and where the globs stand in it."""

    prefix: str
    state: State


class Listing(NamedTuple):
    """What one folder holds; `kinds` has a byte for each name."""

    names: list[str]
    kinds: bytes
    notes: list[Seen]
    folders: list[Folder]
    is_plain: bool
    """Whether nothing in it is odd, or went away while it was looked at."""


# Kinds: passed over for its name; a note; a folder that is looked into; another file; another folder.
SKIPPED, NOTE, ENTERED, FILE, FOLDER = range(5)


def plain_note(entry: os.DirEntry[str], path: str) -> Seen | None:
    """Return a note as the walk sees it, None where anything about the file is odd."""
    seen = entry.stat(follow_symlinks=False)
    is_odd = not stat.S_ISREG(seen.st_mode) or seen.st_size > MAX_NOTE_BYTES or not _is_utf8(path)
    if is_odd or (_TELLS_OF_CLOUDS and is_online_only(seen)):
        return None
    return Seen(path, seen.st_size, seen.st_mtime_ns, seen.st_ino)


class Walker:
    """Looks into the folders of a vault, one at a time."""

    def __init__(self, root: Path, globs: Iterable[str], oddities: list[Oddity]) -> None:
        self.root = os.fspath(root)
        self._patterns = Patterns(globs)
        self._oddities = oddities
        self._is_plain = True

    def start(self) -> Folder:
        """Return the root."""
        return Folder("", self._patterns.start())

    def enter(self, folder: Folder, name: str) -> Folder | None:
        """Return a folder within; None when no glob leads there."""
        state = self._patterns.enter(folder.state, _folded(name))
        return Folder(f"{folder.prefix}{name}/", state) if state else None

    def place(self, prefix: str) -> str:
        """Return where a folder lies on disk."""
        return f"{self.root}/{prefix}".rstrip("/") or "/"

    def look(self, folder: Folder) -> Listing | None:
        """List a folder; None when it can't be read. What is odd goes to the list of oddities."""
        prefix = folder.prefix
        matches = self._patterns.file_test(folder.state)
        self._is_plain = True
        listing = Listing([], b"", [], [], True)
        kinds = bytearray()
        entries = self._entries(folder)
        for entry in entries or ():
            name = entry.name
            kind = SKIPPED
            if name[0] not in ".~" and (prefix or name.lower() not in RESERVED_FOLDERS):
                try:
                    kind = self._kind(entry, folder, matches, listing)
                except FileNotFoundError:
                    self._is_plain = False  # went away meanwhile, which is nothing odd
                except OSError as error:
                    self._note(prefix + name, Odd.UNREADABLE, error.strerror or str(error))
            listing.names.append(name)
            kinds.append(kind)
        if entries is None:
            return None
        return listing._replace(kinds=bytes(kinds), is_plain=self._is_plain)

    def _kind(self, entry: os.DirEntry[str], folder: Folder, matches: Test, listing: Listing) -> int:
        name, path = entry.name, folder.prefix + entry.name
        folded = _folded(name)
        if entry.is_dir(follow_symlinks=False):
            # A pattern such as `*` means any file, and does not make every folder odd.
            if folded.endswith(".md") and matches(folded):
                self._note(path, Odd.FOLDER)
            if inner := self._patterns.enter(folder.state, folded):
                listing.folders.append(Folder(path + "/", inner))
                return ENTERED
            return FOLDER
        if matches(folded):
            if found := self._file(entry, path):
                listing.notes.append(found)
                return NOTE
        elif entry.is_symlink() and self._patterns.enter(folder.state, folded):
            self._is_plain = False  # what it leads to may change elsewhere
            if entry.is_dir():
                self._note(path, Odd.SYMLINK)
        return FILE

    def _entries(self, folder: Folder) -> list[os.DirEntry[str]] | None:
        try:
            with os.scandir(self.place(folder.prefix)) as entries:
                return list(entries)
        except OSError as error:
            if not folder.prefix or not isinstance(error, FileNotFoundError):
                path = folder.prefix.rstrip("/") or "."
                self._note(path, Odd.UNREADABLE, error.strerror or str(error))
            return None

    def _file(self, entry: os.DirEntry[str], path: str) -> Seen | None:
        if note := plain_note(entry, path):
            return note
        seen = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(seen.st_mode):
            self._note(path, Odd.SYMLINK)
        elif not stat.S_ISREG(seen.st_mode):
            self._note(path, Odd.SPECIAL)
        elif seen.st_size > MAX_NOTE_BYTES:
            self._note(path, Odd.TOO_LARGE, str(seen.st_size))
        elif not _is_utf8(path):
            self._note(path, Odd.BAD_NAME)
        else:
            # To read all of them would fetch a whole folder; what the catalog has of them still holds.
            self._note(path, Odd.UNREADABLE, _("it lies in the cloud only"))
        return None

    def _note(self, path: str, kind: Odd, detail: str = "") -> None:
        self._is_plain = False
        self._oddities.append(Oddity(PurePosixPath(path), kind, detail))
