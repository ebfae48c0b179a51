"""Globs over a vault's paths, fed one folder name at a time: walking costs one test of each file's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from fnmatch import translate


def fold_name(name: str) -> str:
    """Return a name as names are compared: NFC, case folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


# Where the walk stands within each glob: (glob, next part) pairs. A state is made once per
# kind of folder, so that a file costs no more than one comparison of its name's end.
State = frozenset[tuple[int, int]]
Test = Callable[[str], bool]


class Patterns:
    """Globs as a small machine that is fed one folder name at a time."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._parts: list[tuple[str, ...]] = []
        self._takes_out: list[bool] = []
        for glob in globs:
            self._takes_out.append(glob.startswith("!"))
            self._parts.append(tuple(fold_name(part) for part in glob.removeprefix("!").split("/")))
        self._names: dict[str, Test] = {}
        self._entered: dict[tuple[State, str], State] = {}
        self._file_tests: dict[State, Test] = {}

    def start(self) -> State:
        return self._closed((glob, 0) for glob in range(len(self._parts)))

    def enter(self, state: State, name: str) -> State:
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

    def file_test(self, state: State) -> Test:
        """Return the test of a file's (folded) name in a folder of this state."""
        if (known := self._file_tests.get(state)) is None:
            known = self._file_tests[state] = self._make_file_test(state)
        return known

    def _make_file_test(self, state: State) -> Test:
        last = {(glob, at) for glob, at in state if at + 1 == len(self._parts[glob])}
        takes = [self._test(self._parts[glob][at]) for glob, at in last if not self._takes_out[glob]]
        drops = [self._test(self._parts[glob][at]) for glob, at in last if self._takes_out[glob]]
        if len(takes) == 1 and not drops:
            return takes[0]
        return lambda name: any(take(name) for take in takes) and not any(drop(name) for drop in drops)

    def _closed(self, pairs: Iterable[tuple[int, int]]) -> State:
        """Add what is reached because `**` may stand for no folder at all."""
        closed = set(pairs)
        for glob, at in tuple(closed):
            parts = self._parts[glob]
            while parts[at] == "**" and at + 1 < len(parts):
                at += 1
                closed.add((glob, at))
        return frozenset(closed)

    def _test(self, part: str) -> Test:
        if (known := self._names.get(part)) is None:
            known = self._names[part] = _name_test(part)
        return known


def _name_test(part: str) -> Test:
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
