"""Git's trees, read as they are stored: what stands at a path, and in what two of them differ.

Only folders in which something differs are read, whatever else there is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern

_FOLDER = "40000"
_PLAIN, _PLAIN_TYPED = "100644", b"100644"  # the mode of nearly every file
# By the size of an object's name: SHA-1's and SHA-256's. All at once takes a third of the time of one by one.
_ENTRIES = {size: pattern(rb"([0-7]+) ([^\0]*)\0(.{%d})" % size, re.DOTALL) for size in (20, 32)}
# Few names are: only these are looked at closely.
_SUSPECT = re.compile(r"\.{0,2}$|.*/|\W*g\W*i\W*t", re.IGNORECASE | re.DOTALL)
FILES = frozenset(("100644", "100755"))
"""The modes of plain files; links and submodules have others."""


class BadName(VaultError):
    """A tree holds a name that stands for something else than a file of its folder: `..`, `.git`, `a/b`."""

    message = N_(
        "Somebody sent a file whose name leads out of the vault: `{name}`. It was not taken in. What you "
        "wrote is saved on this computer, and nothing is lost."
    )
    hint = N_("Ask whoever sent last to take that file out again; it may have been put there to do harm.")
    exit_code = Exit.UNREADABLE


class Entry(NamedTuple):
    """What stands at a path of a commit: git's mode, and the name of the object."""

    mode: str
    name: str


class Trees:
    """Reads trees by the function that returns the bytes of one, named by itself or by a commit."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self._known: dict[str, dict[str, Entry]] = {}

    def entry(self, commit: str | None, path: PurePosixPath) -> Entry | None:
        """Return what a commit has at a path (None: the path isn't there, or there is no commit)."""
        if commit is None:
            return None
        entries = self._entries(commit)
        for part in path.parts[:-1]:
            inner = entries.get(part)
            if inner is None or inner.mode != _FOLDER:
                return None
            entries = self._entries(inner.name)
        found = entries.get(path.name)
        return found if found and found.mode != _FOLDER else None

    def files(self, commit: str | None, folder: str = "") -> Iterator[tuple[PurePosixPath, Entry]]:
        """Yield all that a commit has beneath a folder, the top if none is named."""
        if commit is None:
            return
        entries = self._entries(commit)
        for part in PurePosixPath(folder).parts:
            inner = entries.get(part)
            if inner is None or inner.mode != _FOLDER:
                return
            entries = self._entries(inner.name)
        prefix = f"{folder.rstrip('/')}/" if folder else ""
        yield from self._beneath(entries, prefix)

    def changes(self, before: str | None, after: str | None) -> dict[PurePosixPath, Entry | None]:
        """Return what the second commit has where the two differ; None for what it doesn't have."""
        found: dict[PurePosixPath, Entry | None] = {}
        if before != after:
            self._compare(
                self._entries(before) if before else {}, self._entries(after) if after else {}, "", found
            )
        return found

    def _compare(
        self,
        before: dict[str, Entry],
        after: dict[str, Entry],
        prefix: str,
        found: dict[PurePosixPath, Entry | None],
    ) -> None:
        for name in before.keys() | after.keys():
            one, other = before.get(name), after.get(name)
            if one == other:
                continue
            inner_before, inner_after = self._inner(one), self._inner(other)
            if inner_before or inner_after:
                self._compare(inner_before, inner_after, f"{prefix}{name}/", found)
            path = PurePosixPath(prefix + name)
            if other is not None and other.mode != _FOLDER:
                found[path] = other
            elif one is not None and one.mode != _FOLDER:
                found[path] = None

    def _beneath(self, entries: dict[str, Entry], prefix: str) -> Iterator[tuple[PurePosixPath, Entry]]:
        for name, entry in entries.items():
            if entry.mode == _FOLDER:
                yield from self._beneath(self._entries(entry.name), f"{prefix}{name}/")
            else:
                yield PurePosixPath(prefix + name), entry

    def _inner(self, entry: Entry | None) -> dict[str, Entry]:
        return self._entries(entry.name) if entry and entry.mode == _FOLDER else {}

    def _entries(self, name: str) -> dict[str, Entry]:
        """Return the entries of a tree, or of a commit's."""
        known = self._known.get(name)
        if known is None:
            data = self._read(name)
            known = self._known[name] = _parsed(data, len(name) // 2)
        return known


def _parsed(data: bytes, size: int) -> dict[str, Entry]:
    """Read a tree: mode, name and the raw name of the object, one after the other."""
    found = _ENTRIES[size].findall(data)
    entries: dict[str, Entry] = {}
    length = 0
    for mode, typed, raw in found:
        length += len(mode) + len(typed) + size + 2
        name = typed.decode("utf-8", "surrogateescape")
        if _SUSPECT.match(name) and _is_bad(name):
            raise BadName(name=name.encode("utf-8", "backslashreplace").decode())
        entries[name] = Entry(_PLAIN if mode == _PLAIN_TYPED else _mode(mode.decode("ascii")), raw.hex())
    if length != len(data):
        raise ValueError("no tree of git's")
    return entries


def _mode(told: str) -> str:
    """Return a mode as git takes it: of a plain file it only knows whether it is a program."""
    if not told.startswith("100"):
        return told
    return "100755" if int(told, 8) & 0o100 else "100644"


def _is_bad(name: str) -> bool:
    """Tell whether a name stands for a place outside its folder, or on some system for git's own folder."""
    # Windows drops what follows the dots and blanks; macOS what can't be seen.
    plain = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    plain = re.split(r"[\\:]", plain)[0].rstrip(". ").casefold()
    return name in ("", ".", "..") or "/" in name or plain in (".git", "git~1")
