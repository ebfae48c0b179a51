"""An editor that saves an old buffer takes back what a sync wrote meanwhile: seen, and joined again, once.

The record of what syncs wrote is small and forgets: it serves editors that are open, not the past.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from enum import Enum
from pathlib import Path, PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.git.blobs import blob_name_like
from vault_tool.git.folder import FOLDER
from vault_tool.sync.sync_journal import LAST_WRITE, Step, temporary_for
from vault_tool.vault import files

KEPT_SECONDS = 7 * 24 * 3600
KEPT_FILES = 2_000
KEPT_VERSIONS = 8
# How much of two lines is the same where one was made of the other: mending a word leaves more.
_ALIKE = 0.75
# So many signs that two ends of a line share are no chance: one was made of the other.
_SHARED = 4

Read = Callable[[str], bytes]
Merge = Callable[[PurePosixPath, bytes | None, bytes, bytes], Mapping[PurePosixPath, bytes]]
"""(path, base, mine, theirs) -> what is to stand where: the path itself, and what has to lie beside it."""


class Verdict(Enum):
    """What a saved file says about what was written to it before."""

    STALE = "stale"  # made of the version before: whoever saved it never saw what was written
    SEEN = "seen"  # made of what was written


def judge(before: bytes, wrote: bytes, now: bytes) -> Verdict:
    """Tell whether somebody's editor made `now` of `before` and never saw `wrote`.

    Each place that was written to is looked at: it is back to what it was, it still has something of what
    was written, or it was changed once more. Stale is a file in which some are back, and none has anything
    of it left. A person who takes out by hand all that was written looks the same, and so does one who puts
    other words in place of those that came behind a line.
    Line ends, blank lines and spaces at the end of a line say nothing; headings alone are no proof, for
    two people write the same day over their entries.
    """
    old, new, lines = (_lines(data) for data in (before, wrote, now))
    there, had = Counter(lines), Counter(old)
    own = [line for line in (there - had) if not _is_weak(line)]
    is_back = False
    for gone, come in _changes(old, new):
        if any(there[line] > had[line] for line in come):
            return Verdict.SEEN
        if gone:
            back = [there[line] >= had[line] or _both_went_on(line, come, own) for line in gone]
            if not come and not any(back):
                return Verdict.SEEN
            is_back |= all(back)
        else:
            is_back |= not all(any(_is_made_of(line, each) for line in own) for each in come)
    return Verdict.STALE if is_back else Verdict.SEEN


class LastWrites:
    """What syncs wrote last, by file: the blobs that followed one another, the last one at the end.

    A record that can't be read is an empty one: what it is for happens rarely, and must stop nothing.
    """

    def __init__(self, git: Path) -> None:
        self._file = git / FOLDER / LAST_WRITE
        self._known: dict[str, tuple[float, list[str]]] = {}
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = json.loads(self._file.read_bytes())["files"]
            self._known = {str(path): (float(at), [*map(str, blobs)]) for path, (at, blobs) in told.items()}

    def versions(self, path: PurePosixPath) -> list[str]:
        """Return the blobs of a file that syncs replaced, the oldest first, and the one they wrote."""
        return self._known.get(str(path), (0.0, []))[1]

    def add(self, steps: Iterable[Step], now: float) -> None:
        """Take in what a sync wrote. A file that came, or went, leaves no old buffer to speak of."""
        for path, before, after, _mode in steps:
            if before is None or after is None or before == after:
                continue
            known = self.versions(path)
            if known[-1:] == [before]:
                self._known[str(path)] = now, [*known, after][-KEPT_VERSIONS:]
            elif known[-1:] != [after]:
                self._known[str(path)] = now, [before, after]

    def forget(self, path: PurePosixPath) -> None:
        """Forget what was written to a file: it was seen, or has been given back once."""
        self._known.pop(str(path), None)

    def keep(self, now: float) -> None:
        """Write the record, without what is too old or too much."""
        young = [(path, told) for path, told in self._known.items() if abs(now - told[0]) < KEPT_SECONDS]
        young.sort(key=lambda item: item[1][0], reverse=True)
        told = json.dumps({"version": 1, "files": dict(young[:KEPT_FILES])}).encode()
        temporary = temporary_for(self._file)
        with suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            with temporary.open("wb") as file:
                file.write(told)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._file)


def give_back(
    root: Path,
    git: Path,
    changed: Iterable[PurePosixPath],
    read: Read,
    merge: Merge,
    are_two: Callable[[PurePosixPath, bytes, bytes], bool],
    now: float,
) -> list[PurePosixPath]:
    """Join again, in these files, what the last sync wrote and an old buffer took back; return which.

    Once: who takes it out again means it. `read` returns git's blobs; `are_two` tells whether another
    customer's note was put where one was.
    """
    writes = LastWrites(git)
    returned = []
    looked_at = [path for path in changed if writes.versions(path)]
    for path in looked_at:
        with suppress(files.FileMissing):
            content = files.read(root, path, limit=None)
            blobs = writes.versions(path)
            if blob_name_like(content.data, blobs[-1]) == blobs[-1]:
                continue
            base = _base_of(content.data, blobs, read)
            if base is not None and not are_two(path, content.data, base):
                joined = merge(path, base, content.data, read(blobs[-1]))
                if not _write(root, joined, path, content.digest):
                    continue  # saved once more this very moment: the next sync looks at it
                returned.append(path)
        writes.forget(path)
    if looked_at:
        writes.keep(now)
    return returned


def _base_of(now: bytes, blobs: Sequence[str], read: Read) -> bytes | None:
    """Return the version that an editor still had, None where it had the last one."""
    try:
        wrote = read(blobs[-1])
        # The oldest first: it has the least of what was written, and nothing may be left of that.
        versions = map(read, blobs[:-1])
        return next((old for old in versions if judge(old, wrote, now) is Verdict.STALE), None)
    except VaultError:
        return None  # git has cleaned it away


def _write(root: Path, joined: Mapping[PurePosixPath, bytes], path: PurePosixPath, digest: str) -> bool:
    for beside, data in joined.items():
        if beside != path:
            files.replace(root, beside, data)
    staged = files.stage(root, path, joined[path])
    if files.read(root, path, limit=None).digest != digest:
        files.discard(staged)
        return False
    files.put_in_place(staged)
    files.sync_folder(staged.target.parent)
    return True


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterable[tuple[list[str], list[str]]]:
    """Yield what was taken out and what was put in, place by place, as far as it proves anything."""
    was, will_be = Counter(old), Counter(new)
    shrunk, grown = was - will_be, will_be - was  # what only moved is in neither
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    ends = [(0, 0), *((block.a + block.size, block.b + block.size) for block in blocks)]
    for (a, b), block in zip(ends, blocks, strict=False):
        gone = [line for line in old[a : block.a] if line in shrunk and not _is_weak(line)]
        come = [line for line in new[b : block.b] if line in grown and not _is_weak(line)]
        if gone or come:
            yield gone, come


def _both_went_on(line: str, come: Sequence[str], own: Sequence[str]) -> bool:
    """Tell whether behind a line as it was stands something in both, and nothing that they share."""
    if _is_field(line):
        return False  # its value was replaced
    came, mine = ([each[len(line) :] for each in lines if each.startswith(line)] for lines in (come, own))
    shared = (
        SequenceMatcher(None, one, other, autojunk=False).find_longest_match().size
        for one in came
        for other in mine
    )
    return bool(came and mine) and max(shared) < _SHARED


def _is_field(line: str) -> bool:
    key, colon, _value = line.partition(":")
    return bool(colon) and key.strip(" -").isidentifier()


def _is_made_of(line: str, other: str) -> bool:
    """Tell whether one line looks like another that somebody has changed: `stage: won`, `stage: lost`."""
    if _is_field(other) and line.startswith(f"{other.partition(':')[0]}:"):
        return True
    return SequenceMatcher(None, line, other, autojunk=False).ratio() >= _ALIKE


def _is_weak(line: str) -> bool:
    return line.startswith("#") or not any(map(str.isalnum, line))


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return [line for line in map(str.rstrip, text.splitlines()) if line]
