"""Compare a vault's files with what the catalog last saw in its folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from vault_tool.named import NamedTuple
from vault_tool.vault.glance import FileStat, Kept, packed, repacked, unpacked, written_in
from vault_tool.vault.scout import Scout
from vault_tool.vault.walk import Folder, Listing, Odd, Oddity, Seen, Walker, plain_note


class Compared(NamedTuple):
    """What is to be looked at one by one, all the rest being as the catalog has it."""

    doubtful: list[Seen]
    """Notes that are not, or not surely, as their folder had them."""
    gone: set[str]
    """Notes that are no longer there."""
    hidden: set[str]
    """Notes that can't be seen just now."""
    folders: dict[str, bytes]
    """What to keep of the folders that changed."""
    left: list[str]
    """Folders that are no longer looked into."""


class Comparison:
    """One walk; its glance at the folders begins at once."""

    def __init__(
        self,
        root: Path,
        globs: Sequence[str],
        folders: Mapping[str, bytes],
        loose: Iterable[str],
        oddities: list[Oddity],
    ) -> None:
        """Begin. `folders` and `loose` are what the catalog has of them; see `refresh`."""
        self._walker = Walker(root, globs, oddities)
        self._data = folders
        self._folders = {prefix: unpacked(data) for prefix, data in folders.items()}
        plain = ((prefix, kept) for prefix, kept in self._folders.items() if kept.is_plain)
        self._scout = Scout([(self._walker.place(prefix), kept) for prefix, kept in plain])
        self._loose: defaultdict[str, set[str]] = defaultdict(set)
        for path in loose:
            self._loose[path[: path.rfind("/") + 1]].add(path)
        self._oddities = oddities
        self._found = Compared([], set(), set(), {}, [])

    def run(self) -> Compared:
        """Go through the vault, folder by folder."""
        same = self._scout.same()
        left = dict.fromkeys([*self._folders, *self._loose])
        pending = [self._walker.start()]
        while pending:
            folder = pending.pop()
            left.pop(folder.prefix, None)
            kept = self._folders.get(folder.prefix)
            if kept is not None and self._walker.place(folder.prefix) in same:
                pending += self._take_same(folder, kept)
            elif kept is not None and (now := self._take_written(folder, kept)):
                pending += self._take_same(folder, now)
            else:
                pending += self._look(folder, kept)
        for prefix in left:
            self._leave(prefix)
        return self._found

    def _take_same(self, folder: Folder, kept: Kept) -> list[Folder]:
        if loose := self._loose.get(folder.prefix):
            notes = kept.notes()
            for path in loose:
                name = path[len(folder.prefix) :]
                if name in notes:
                    self._found.doubtful.append(Seen(path, *notes[name]))
                else:
                    self._found.gone.add(path)
        entered = (self._walker.enter(folder, name) for name in kept.folders())
        return [inner for inner in entered if inner is not None]

    def _take_written(self, folder: Folder, kept: Kept) -> Kept | None:
        """Take in what was written to, in a folder that else is as it was; None where more has changed.

        As it mostly is where somebody works: that takes half as long as to look at each name.
        """
        found = written_in(self._walker.place(folder.prefix), kept)
        if found is None:
            return None
        entries, stats = found
        notes = [plain_note(entry, folder.prefix + entry.name) for entry in entries]
        if not all(notes):
            return None
        now = kept._replace(stats=stats)
        loose = self._loose.get(folder.prefix, ())
        self._found.doubtful.extend(note for note in notes if note and note.path not in loose)
        self._found.folders[folder.prefix] = repacked(now)
        return now

    def _look(self, folder: Folder, kept: Kept | None) -> list[Folder]:
        listing = self._walker.look(folder)
        if listing is None:
            self._leave(folder.prefix)
            return []
        self._sort_out(folder.prefix, listing, kept.notes() if kept else {})
        if (data := packed(listing)) != self._data.get(folder.prefix):
            self._found.folders[folder.prefix] = data
        return listing.folders

    def _sort_out(self, prefix: str, listing: Listing, before: dict[str, FileStat]) -> None:
        loose = self._loose.get(prefix, ())
        start = len(prefix)
        for note in listing.notes:
            known = before.pop(note.path[start:], None)
            if known is None or known != note[1:] or note.path in loose:
                self._found.doubtful.append(note)
        there = {note.path for note in listing.notes} if loose else ()
        for path in {prefix + name for name in before}.union(path for path in loose if path not in there):
            (self._found.hidden if self._is_out_of_sight(path) else self._found.gone).add(path)

    def _leave(self, prefix: str) -> None:
        """Note that a folder is not there, or none of ours; one that can't be read stays as it was."""
        if self._is_out_of_sight(prefix + "."):
            return
        kept = self._folders.get(prefix)
        self._found.gone.update(self._loose.get(prefix, ()))
        if kept is not None:
            self._found.gone.update(prefix + name for name in kept.notes())
            self._found.left.append(prefix)

    def _is_out_of_sight(self, path: str) -> bool:
        """Tell whether a file is not seen only because it, or its folder, can't be read just now."""
        for oddity in self._oddities:
            if oddity.kind is Odd.UNREADABLE:
                hidden = str(oddity.path)
                if hidden in (".", path) or path.startswith(hidden + "/"):
                    return True
        return False
