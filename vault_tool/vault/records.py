"""Undo records on disk: what each command found before it wrote, complete or not there at all.

A record is one file in local state: the old bytes of every file the command changed, one after the other,
then a JSON document that says where each begins, then that document's length. It is renamed into place
when it is on disk for good, so a killed writer leaves no half of one.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.vault import files
from vault_tool.vault.places import make_private

FOLDER_NAME = "journal"
WORKING_NAME = "working"
KEPT_RECORDS = 100
KEPT_SECONDS = 30 * 24 * 3600
KEPT_BYTES = 256 * 1024 * 1024

_TAIL = struct.Struct(">Q8s")
_MAGIC = b"undo-v1\n"
# In the place of one that was forgotten: as long, and no file's.
_NO_DIGEST = "0" * 64
_DIGEST = re.compile(rb"[0-9a-f]{64}")
_NAME = re.compile(r"(\d{8})\.(undo|undone)")


class CannotKeepRecord(VaultError):
    """The undo record can't be written, so nothing else is."""

    message = N_("The undo record can't be written to {path}: {reason}. Nothing was changed.")
    exit_code = Exit.UNREADABLE


@dataclass(frozen=True, slots=True)
class Entry:
    """What a command found and left of one file; a digest is None where there was, or is, no file."""

    path: PurePosixPath
    before: str | None
    after: str | None
    mode: int | None = None
    made_folders: tuple[PurePosixPath, ...] = ()
    start: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One command's writes."""

    number: int
    command: str
    when: float
    undoable: bool
    is_undone: bool
    entries: tuple[Entry, ...]
    file: Path

    def before(self, entry: Entry) -> bytes | None:
        """Return the bytes a file had before the command; None when there was none, or they were not kept.

        Bytes that are not what they were when they were kept count as not kept.
        """
        if entry.before is None or not self.undoable:
            return None
        try:
            with self.file.open("rb") as file:
                file.seek(entry.start)
                data = file.read(entry.size)
        except OSError:
            return None
        return data if files.digest(data) == entry.before else None


class Records:
    """The undo records of one vault, numbered; writing needs the vault's lock."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER_NAME

    def numbers(self) -> list[int]:
        """Return the numbers of all records, oldest first."""
        return sorted(self._names())

    def newest_first(self) -> Iterator[Record]:
        """Yield the records, the last command first; a damaged one is passed over."""
        for _, name in sorted(self._names().items(), reverse=True):
            if (record := self._read(name)) is not None:
                yield record

    def read(self, number: int) -> Record | None:
        """Return one record, or None when it is gone or damaged."""
        name = self._names().get(number)
        return self._read(name) if name else None

    @contextmanager
    def draft(self, command: str, when: float, undoable: bool, *, is_in_line: bool = True) -> Iterator[Draft]:
        """Begin a record; it is forgotten unless it is kept. `undo` passes over what is not in line."""
        make_private(self.folder)
        name = f"{max(self._names(), default=0) + 1:08}.{'undo' if is_in_line else 'undone'}"
        unfinished = self.folder / f".new-{secrets.token_hex(6)}"
        try:
            with unfinished.open("xb") as file:
                draft = Draft(self, file, unfinished, name, command, when, undoable)
                try:
                    yield draft
                finally:
                    file.close()
                    if not draft.is_kept:
                        unfinished.unlink(missing_ok=True)
        except OSError as error:
            raise CannotKeepRecord(path=self.folder, reason=files.reason(error)) from error

    @contextmanager
    def working_on(self, record: Record) -> Iterator[None]:
        """Leave word of the record that is being written or taken back, until that is done."""
        word = self.folder / WORKING_NAME
        try:
            word.write_text(str(record.number), encoding="ascii")
        except OSError as error:
            raise CannotKeepRecord(path=self.folder, reason=files.reason(error)) from error
        yield
        # Not in a `finally`: after a failure the next writer should look for what was left behind.
        with suppress(OSError):
            word.unlink()

    def interrupted(self) -> Record | None:
        """Return the record that a killed or failed writer was working on."""
        try:
            return self.read(int((self.folder / WORKING_NAME).read_text(encoding="ascii")))
        except (OSError, ValueError):
            return None

    def mark_undone(self, record: Record) -> None:
        """Take a record out of the line of those that `undo` looks at."""
        record.file.replace(record.file.with_suffix(".undone"))
        files.sync_folder(self.folder)

    def drop(self, record: Record) -> None:
        """Forget a record of which nothing was written."""
        with suppress(OSError):
            record.file.unlink()

    def forget(self, paths: Iterable[PurePosixPath], before: int) -> None:
        """Destroy what the records older than this number kept of these files, wherever those lay then.

        It is overwritten in place: that takes no room on the disk, and may stop anywhere, for bytes that are
        not what they were count as not kept. A record that can't be read goes whole.
        """
        wanted = set(paths)
        for number, name in sorted(self._names().items(), reverse=True):
            if number >= before:
                continue
            record = self._read(name)
            try:
                if record is None:
                    (self.folder / name).unlink(missing_ok=True)
                else:
                    _destroy(record, _entries_of(record, wanted))
            except OSError as error:
                raise CannotKeepRecord(path=self.folder, reason=files.reason(error)) from error

    def forget_digests(self, record: Record) -> None:
        """Forget what the files of a finished record were; should that fail, the next `forget` does it."""
        with suppress(OSError):
            _destroy(record, list(record.entries))

    def prune(self, now: float) -> None:
        """Forget what is too old or too much; the last record always stays."""
        with suppress(OSError):
            for leftover in self.folder.glob(".new-*"):
                leftover.unlink(missing_ok=True)
        total = 0
        for place, (_, name) in enumerate(sorted(self._names().items(), reverse=True)):
            file = self.folder / name
            with suppress(OSError):
                seen = file.stat()
                total += seen.st_size
                is_old = now - seen.st_mtime > KEPT_SECONDS
                if place and (place >= KEPT_RECORDS or is_old or total > KEPT_BYTES):
                    file.unlink()

    def _names(self) -> dict[int, str]:
        try:
            found = [match for file in self.folder.iterdir() if (match := _NAME.fullmatch(file.name))]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CannotKeepRecord(path=self.folder, reason=files.reason(error)) from error
        return {int(match[1]): match[0] for match in found}

    def _read(self, name: str) -> Record | None:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                file.seek(-_TAIL.size, os.SEEK_END)
                length, magic = _TAIL.unpack(file.read(_TAIL.size))
                file.seek(-_TAIL.size - length, os.SEEK_END)
                told = json.loads(file.read(length)) if magic == _MAGIC else {}
            return Record(
                number=int(name[:8]),
                command=told["command"],
                when=told["when"],
                undoable=told["undoable"],
                is_undone=name.endswith(".undone"),
                entries=tuple(_entry(item) for item in told["entries"]),
                file=path,
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return None


class Draft:
    """A record that is being made; old bytes go to disk as they come."""

    def __init__(
        self,
        records: Records,
        file: IO[bytes],
        unfinished: Path,
        name: str,
        command: str,
        when: float,
        undoable: bool,
    ) -> None:
        self._records = records
        self._file = file
        self._unfinished = unfinished
        self._name = name
        self._told = {"command": command, "when": when, "undoable": undoable}
        self._undoable = undoable
        self._entries: list[Entry] = []
        self._length = 0
        self.is_kept = False

    def add(self, entry: Entry, before: bytes = b"") -> None:
        """Add a file and the bytes it has now."""
        kept = before if self._undoable else b""
        self._file.write(kept)
        where = (self._length, len(kept))
        self._entries.append(
            Entry(entry.path, entry.before, entry.after, entry.mode, entry.made_folders, *where)
        )
        self._length += len(kept)

    def keep(self) -> Record:
        """Make the record durable and part of the line."""
        told = json.dumps({**self._told, "entries": [_told(entry) for entry in self._entries]}).encode()
        final = self._records.folder / self._name
        self._file.write(told + _TAIL.pack(len(told), _MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._unfinished.replace(final)
        self.is_kept = True
        files.sync_folder(self._records.folder)
        record = self._records.read(int(self._name[:8]))
        if record is None:
            raise CannotKeepRecord(path=final, reason="what was written can't be read back")
        return record


def _entries_of(record: Record, wanted: set[PurePosixPath]) -> list[Entry]:
    """Return what a record says of these files; where they went by other names before, those join them."""
    if wanted.isdisjoint(entry.path for entry in record.entries):
        return []
    elsewhere = {entry.after for entry in record.entries if entry.path not in wanted}
    # What went when one of them came is the same note, unless it is seen to have gone elsewhere.
    wanted.update(
        entry.path for entry in record.entries if entry.after is None and entry.before not in elsewhere
    )
    return [entry for entry in record.entries if entry.path in wanted]


def _destroy(record: Record, entries: list[Entry]) -> None:
    """Overwrite what was kept of some files; then their digests, which let a short secret be guessed."""
    digests = {digest for entry in entries for digest in (entry.before, entry.after)} - {None, _NO_DIGEST}
    if not digests:
        return
    seen = record.file.stat()
    with record.file.open("r+b") as file:
        for entry in entries:
            file.seek(entry.start)
            file.write(bytes(entry.size))
        file.seek(-_TAIL.size, os.SEEK_END)
        length, _magic = _TAIL.unpack(file.read(_TAIL.size))
        file.seek(-_TAIL.size - length, os.SEEK_END)
        told = _DIGEST.sub(
            lambda found: _NO_DIGEST.encode() if found[0].decode() in digests else found[0], file.read(length)
        )
        file.seek(-_TAIL.size - length, os.SEEK_END)
        file.write(told)
        file.flush()
        os.fsync(file.fileno())
    # A record's age is its file's.
    os.utime(record.file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def _told(entry: Entry) -> dict[str, object]:
    return {
        "path": str(entry.path),
        "before": entry.before,
        "after": entry.after,
        "mode": entry.mode,
        "made_folders": [str(folder) for folder in entry.made_folders],
        "start": entry.start,
        "size": entry.size,
    }


def _entry(told: dict[str, Any]) -> Entry:
    return Entry(
        path=PurePosixPath(told["path"]),
        before=told["before"],
        after=told["after"],
        mode=told["mode"],
        made_folders=tuple(PurePosixPath(folder) for folder in told["made_folders"]),
        start=told["start"],
        size=told["size"],
    )
