"""Markers that a git without our driver committed: what should stand in their files instead.

Pure. Both sides are in the joining commit's parents, so that what should have been can still be worked out,
and so can what somebody wrote on top of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

from vault_tool.merge.file import merge_content, place_for_other
from vault_tool.merge.note import Merged
from vault_tool.merge.rules import Rules
from vault_tool.named import NamedTuple

# All three, in this order: a line of equals signs alone underlines a heading.
_MARKERS = re.compile(
    rb"^<{7,}(?: [^\n]*)?\r?$.*?^={7,}\r?$.*?^>{7,}(?: [^\n]*)?\r?$", re.MULTILINE | re.DOTALL
)


class Versions(NamedTuple):
    """A file in a joining commit with two parents, in these, and in what they grew from."""

    joined: bytes
    base: bytes | None
    a: bytes | None
    b: bytes | None


class Edited(NamedTuple):
    """A file that a commit with one parent left with markers, and before."""

    after: bytes
    before: bytes | None


class Healed(NamedTuple):
    """What should stand in which file, and the files that are left to a person."""

    files: dict[PurePosixPath, bytes]
    left: tuple[PurePosixPath, ...]


def holds_markers(data: bytes) -> bool:
    """Tell whether git's conflict markers stand in a file."""
    return b"<<<<<<<" in data and _MARKERS.search(data) is not None


def heal(
    commits: Iterable[Mapping[PurePosixPath, Versions | Edited]],
    now: Callable[[PurePosixPath], bytes | None],
    rules: Rules,
) -> Healed:
    """Work out what marked files should hold, as they stand `now`.

    `commits` come the oldest first, each with the files it left with markers: what was joined or written upon
    markers is worked out from what should have been. A file that goes elsewhere is known by its bytes.
    """
    right: dict[bytes, Merged] = {}
    marked: dict[PurePosixPath, None] = {}
    for commit in commits:
        for path, versions in commit.items():
            marked[path] = None
            merged = _merged(path, versions, right, rules)
            if merged is not None and not holds_markers(merged.data):
                right[versions[0]] = merged
    files: dict[PurePosixPath, bytes] = {}
    left = []
    for path in marked:
        data = now(path)
        if data is not None and (merged := right.get(data)):
            files[path] = merged.data
            if merged.parked is not None:
                files[place_for_other(path, merged.parked)] = merged.parked
        elif data is not None and holds_markers(data):
            left.append(path)
    return Healed(files, tuple(left))


def _merged(
    path: PurePosixPath, versions: Versions | Edited, right: Mapping[bytes, Merged], rules: Rules
) -> Merged | None:
    """Return what should have stood in a file; None where nobody can know which words are whose."""

    def should_be(data: bytes | None) -> bytes | None:
        return right[data].data if data is not None and data in right else data

    if isinstance(versions, Edited):
        before = versions.before
        if before is None or before not in right:
            return None
        # The markers went, and what somebody wrote beside them stays.
        merged = merge_content(path, before, right[before].data, versions.after, rules)
        return merged if merged.parked or not right[before].parked else None
    base, a, b = map(should_be, versions[1:])
    if a is None or b is None or holds_markers(a) or holds_markers(b):
        return None
    return merge_content(path, base, a, b, rules)
