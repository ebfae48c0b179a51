"""Which files of a base and two sides are one and the same: by path, customers by their id.

Only the ids of notes are read that were added, removed, or changed by both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from vault_tool.named import NamedTuple


class File(NamedTuple):
    """A file as git's trees have it: its mode, and the name of its blob."""

    mode: str
    blob: str

    @property
    def is_regular(self) -> bool:
        """Whether it is neither a link nor a repository of its own."""
        return self.mode.startswith("100")


class Placed(NamedTuple):
    """A file, and where it is."""

    path: PurePosixPath
    file: File


class Thing(NamedTuple):
    """One file through a merge: as the base and each side have it, None where one has it not."""

    base: Placed | None
    a: Placed | None
    b: Placed | None


Side = Mapping[PurePosixPath, File | None]
Base = Callable[[PurePosixPath], File | None]


IdOf = Callable[[PurePosixPath, File], str | None]
"""Tells the id of the customer whose note a file is, None of anything else."""


def pair(base: Base, a: Side, b: Side, id_of: IdOf) -> Iterator[Thing]:
    """Yield every file that either side changed, each once; symmetric in the sides, ordered by path."""
    touched = {path: base(path) for path in sorted({*a, *b}, key=str)}
    sides = _Changes(touched, a, id_of), _Changes(touched, b, id_of)
    for path in a.keys() & b.keys():
        for side in sides:
            side.look_for_replaced([path])
    for side, other in (sides, sides[::-1]):
        side.find_moves()
        if any(path in other.changes for path in side.departed - side.moves.keys()):
            # Its customer may have gone where another one was.
            side.look_for_replaced(list(side.changes))
            side.find_moves()
    for path, before in touched.items():
        if before is not None:
            yield Thing(Placed(path, before), *(side.now(path) for side in sides))
    yield from _added(sides[0].new(), sides[1].new(), id_of)


class _Changes:
    """What one side did."""

    def __init__(self, touched: Mapping[PurePosixPath, File | None], changes: Side, id_of: IdOf) -> None:
        self.changes = changes
        self._touched = touched
        self._id_of = id_of
        self.departed = {path for path, file in changes.items() if file is None and touched[path]}
        self._arrived = {path for path, file in changes.items() if file and touched[path] is None}
        self.moves: dict[PurePosixPath, PurePosixPath] = {}

    def look_for_replaced(self, paths: list[PurePosixPath]) -> None:
        """Find the paths at which another customer stands now: one is gone from there, and one has come."""
        for path in paths:
            before, after = self._touched[path], self.changes[path]
            if before is None or after is None:
                continue
            ids = self._id(path, before), self._id(path, after)
            if None not in ids and ids[0] != ids[1]:
                self.departed.add(path)
                self._arrived.add(path)

    def find_moves(self) -> None:
        """Find where customers went whose note is gone: first by the very bytes, then by the id."""
        self._match(lambda path, file: file.blob if path.suffix.lower() == ".md" else None)
        self._match(self._id)

    def _match(self, key: Callable[[PurePosixPath, File], str | None]) -> None:
        gone = sorted(self.departed - self.moves.keys(), key=str)
        come = sorted(self._arrived - set(self.moves.values()), key=str)
        if not gone or not come:
            return
        there: dict[str, list[PurePosixPath]] = {}
        for path in come:
            if (name := key(path, self._after(path))) is not None:
                there.setdefault(name, []).append(path)
        for path in gone:
            name = key(path, self._before(path))
            if name is not None and (found := there.get(name)):
                self.moves[path] = found.pop(0)

    def now(self, path: PurePosixPath) -> Placed | None:
        """Return where a file of the base is on this side."""
        if path in self.moves:
            return Placed(self.moves[path], self._after(self.moves[path]))
        if path in self.departed:
            return None
        file = self.changes.get(path, self._touched[path])
        return Placed(path, file) if file else None

    def new(self) -> dict[PurePosixPath, File]:
        """Return what this side has and the base had not."""
        return {path: self._after(path) for path in sorted(self._arrived - set(self.moves.values()), key=str)}

    def _before(self, path: PurePosixPath) -> File:
        file = self._touched[path]
        assert file is not None
        return file

    def _after(self, path: PurePosixPath) -> File:
        file = self.changes[path]
        assert file is not None
        return file

    def _id(self, path: PurePosixPath, file: File) -> str | None:
        return self._id_of(path, file) if file.is_regular else None


def _added(a: dict[PurePosixPath, File], b: dict[PurePosixPath, File], id_of: IdOf) -> Iterator[Thing]:
    """Pair what both added: customers by id, anything else by path."""

    def ids(side: dict[PurePosixPath, File]) -> dict[PurePosixPath, str | None]:
        return {path: id_of(path, file) if file.is_regular else None for path, file in side.items()}

    in_a, in_b = (ids(a), ids(b)) if a and b else ({}, {})
    left_a, left_b = dict(a), dict(b)
    at_one_path = [path for path, name in in_a.items() if name is not None and in_b.get(path) == name]
    for path in at_one_path:
        yield Thing(None, Placed(path, left_a.pop(path)), Placed(path, left_b.pop(path)))
    there: dict[str, list[PurePosixPath]] = {}
    for path in left_b:
        if (name := in_b.get(path)) is not None:
            there.setdefault(name, []).append(path)
    for path in list(left_a):
        name = in_a.get(path)
        if name is not None and (places := there.get(name)):
            other = places.pop(0)
            yield Thing(None, Placed(path, left_a.pop(path)), Placed(other, left_b.pop(other)))
    for path in sorted({*left_a, *left_b}, key=str):
        first, second = left_a.get(path), left_b.get(path)
        one = Placed(path, first) if first else None
        two = Placed(path, second) if second else None
        if one and two and None not in (in_a[path], in_b[path]):
            yield Thing(None, one, None)
            yield Thing(None, None, two)
        else:
            yield Thing(None, one, two)
