"""Values that had been replaced and came back: read from git's history, without any key.

An old token opens where it stood, whoever puts it back: only its history tells that it is an old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vault_tool.named import NamedTuple
from vault_tool.notes.sealing_marks import BASE32

LOG = (
    *("log", "--reverse", "--topo-order", "--format=%x00%h", "-p", "-U0", "--no-color", "--no-ext-diff"),
    *("--no-show-signature", "--no-textconv", "--no-renames"),
    *("-G", r"^[0-9a-z]{8} sealed\.v1\.", "--", "*.md", "*.MD"),
)
"""What git is to be asked: every change to a line with a token, the first commit first."""
_LINE = re.compile(rf"([+-])([{BASE32}]{{8}}) sealed\.v1\.")


class Returned(NamedTuple):
    """A value's name, and the commit that brought it back last."""

    vid: str
    commit: str


def returned_values(log: Iterable[str]) -> Iterator[Returned]:
    """Yield the values that went with one commit and came with a later one, from the lines of `git log`."""
    there: set[str] = set()
    gone: set[str] = set()
    found: dict[str, str] = {}
    for commit, came, went in _commits(log):
        found.update(dict.fromkeys(came & gone - there, commit))
        there |= came
        gone = (gone | (went & there)) - came
        there -= went - came
    yield from (Returned(vid, commit) for vid, commit in found.items() if vid in there)


def _commits(log: Iterable[str]) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield each commit with the values it brings and takes; one that is moved or sealed anew is both."""
    commit, came, went = "", set[str](), set[str]()
    for line in log:
        if line.startswith("\0"):
            yield commit, came, went
            commit, came, went = line[1:].strip(), set(), set()
        elif found := _LINE.match(line):
            (came if found[1] == "+" else went).add(found[2])
    yield commit, came, went
