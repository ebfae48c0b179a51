"""Walk a vault for its notes: fast, never led astray, and honest about what is odd."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from fnmatch import translate
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vault_tool.messages import N_
from vault_tool.vault.files import MAX_NOTE_BYTES

# Folders of the root that hold no customers, whatever a glob says.
RESERVED_FOLDERS = frozenset({"templates", "schema", "attachments"})
ARCHIVE_GLOB = "archive/**/*.md"


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
    return _Walk(root, globs, oddities).seen()


def matches_globs(path: PurePosixPath, globs: Iterable[str]) -> bool:
    """Say whether the walk would take a file of this path for a note."""
    patterns = _Patterns(globs)
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


def fold_name(name: str) -> str:
    """Return a name as names are compared: NFC, case folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def printable(path: PurePosixPath | str) -> str:
    """Return a path that any terminal and any JSON can take, whatever bytes its name is made of."""
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace")


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


# Where the walk stands within each glob: (glob, next part) pairs. A state is made once per
# kind of folder, so that a file costs no more than one comparison of its name's end.
_State = frozenset[tuple[int, int]]
_Test = Callable[[str], bool]


class _Patterns:
    """Globs as a small machine that is fed one folder name at a time."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._parts: list[tuple[str, ...]] = []
        self._takes_out: list[bool] = []
        for glob in globs:
            self._takes_out.append(glob.startswith("!"))
            self._parts.append(tuple(fold_name(part) for part in glob.removeprefix("!").split("/")))
        self._names: dict[str, _Test] = {}
        self._entered: dict[tuple[_State, str], _State] = {}
        self._file_tests: dict[_State, _Test] = {}

    def start(self) -> _State:
        return self._closed((glob, 0) for glob in range(len(self._parts)))

    def enter(self, state: _State, name: str) -> _State:
        """Return the state within the folder of this name; an empty one leads nowhere."""
        key = (state, name)
        if (known := self._entered.get(key)) is not None:
            return known
        after = set()
        for glob, at in state:
            parts = self._parts[glob]
            if parts[at] == "**":
                after.add((glob, at))
            elif at + 1 < len(parts) and self._test(parts[at])(name):
                after.add((glob, at + 1))
        inner = self._closed(after)
        # A state that can only take out finds nothing.
        if all(self._takes_out[glob] for glob, _ in inner):
            inner = frozenset()
        if len(self._entered) < 4096:
            self._entered[key] = inner
        return inner

    def file_test(self, state: _State) -> _Test:
        """Return the test of a file's (folded) name in a folder of this state."""
        if (known := self._file_tests.get(state)) is None:
            known = self._file_tests[state] = self._make_file_test(state)
        return known

    def _make_file_test(self, state: _State) -> _Test:
        last = {(glob, at) for glob, at in state if at + 1 == len(self._parts[glob])}
        takes = [self._test(self._parts[glob][at]) for glob, at in last if not self._takes_out[glob]]
        drops = [self._test(self._parts[glob][at]) for glob, at in last if self._takes_out[glob]]
        if len(takes) == 1 and not drops:
            return takes[0]
        return lambda name: any(take(name) for take in takes) and not any(drop(name) for drop in drops)

    def _closed(self, pairs: Iterable[tuple[int, int]]) -> _State:
        """Add what is reached because `**` may stand for no folder at all."""
        closed = set(pairs)
        for glob, at in tuple(closed):
            parts = self._parts[glob]
            while parts[at] == "**" and at + 1 < len(parts):
                at += 1
                closed.add((glob, at))
        return frozenset(closed)

    def _test(self, part: str) -> _Test:
        if (known := self._names.get(part)) is None:
            known = self._names[part] = _name_test(part)
        return known


def _name_test(part: str) -> _Test:
    """Return the cheapest test for one part of a glob."""
    if part in ("*", "**"):
        return lambda name: True
    if not re.search(r"[*?\[]", part):
        return part.__eq__
    if part.startswith("*") and not re.search(r"[*?\[]", part[1:]):
        ending = part[1:]
        return lambda name: name.endswith(ending)
    return _Compiled(translate(part))


class _Compiled:
    """A pattern that is compiled when the first name asks."""

    def __init__(self, pattern: str) -> None:
        self._match = re.compile(pattern).match

    def __call__(self, name: str) -> bool:
        return self._match(name) is not None


class _Walk:
    """One walk: folders still to look into, and what was odd on the way."""

    def __init__(self, root: Path, globs: Iterable[str], oddities: list[Oddity]) -> None:
        self._patterns = _Patterns(globs)
        self._oddities = oddities
        self._pending: list[tuple[str, str, _State]] = [(os.fspath(root), "", self._patterns.start())]

    def seen(self) -> Iterator[Seen]:
        while self._pending:
            folder, prefix, state = self._pending.pop()
            matches = self._patterns.file_test(state)
            for entry in self._entries(folder, prefix):
                name = entry.name
                if name[0] in ".~" or (not prefix and name.lower() in RESERVED_FOLDERS):
                    continue
                folded = name.lower() if name.isascii() else fold_name(name)
                try:
                    if entry.is_dir(follow_symlinks=False):
                        self._enter(entry, prefix + name, state, folded)
                    elif matches(folded):
                        if found := self._file(entry, prefix + name):
                            yield found
                    elif entry.is_symlink() and self._patterns.enter(state, folded) and entry.is_dir():
                        self._note(prefix + name, Odd.SYMLINK)
                except FileNotFoundError:
                    continue  # went away meanwhile, which is nothing odd
                except OSError as error:
                    self._note(prefix + name, Odd.UNREADABLE, error.strerror or str(error))

    def _entries(self, folder: str, prefix: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            if not prefix or not isinstance(error, FileNotFoundError):
                self._note(prefix.rstrip("/") or ".", Odd.UNREADABLE, error.strerror or str(error))
            return []

    def _enter(self, entry: os.DirEntry[str], path: str, state: _State, folded: str) -> None:
        # A pattern such as `*` means any file, and does not make every folder odd.
        if folded.endswith(".md") and self._patterns.file_test(state)(folded):
            self._note(path, Odd.FOLDER)
        if inner := self._patterns.enter(state, folded):
            self._pending.append((entry.path, path + "/", inner))

    def _file(self, entry: os.DirEntry[str], path: str) -> Seen | None:
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
            return Seen(path, seen.st_size, seen.st_mtime_ns, seen.st_ino)
        return None

    def _note(self, path: str, kind: Odd, detail: str = "") -> None:
        self._oddities.append(Oddity(PurePosixPath(path), kind, detail))
