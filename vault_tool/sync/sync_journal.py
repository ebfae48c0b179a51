"""What a sync is about to do to the files of a vault: on disk for good before it does any of it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import FOLDER
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault import files

NAME = "sync-journal"
LAST_WRITE = "last-write"
_VERSION = 1


class BrokenJournal(VaultError):
    """The record of an interrupted sync says nothing that could be relied on."""

    message = N_(
        "The record of a sync that was interrupted can't be read; it was put aside as {path}. "
        "Every note is whole and as it was."
    )
    hint = N_("Run `vault sync` again: it compares all files anew.")
    exit_code = Exit.UNREADABLE


class Step(NamedTuple):
    """One file: the blob that is expected there and the one that is to come; None where there is no file.

    `mode` is git's: 100644 or 100755.
    """

    path: PurePosixPath
    before: str | None
    after: str | None
    mode: str = "100644"


class Head(NamedTuple):
    """A branch by its full name, the commit it is at (None: it has none yet), the one it will be at."""

    ref: str
    old: str | None
    new: str


class Plan(NamedTuple):
    """What a sync set out to do, and the blobs of the files in which it joined a person's edit so far."""

    head: Head
    steps: tuple[Step, ...]
    joined: dict[PurePosixPath, str]


class Journal:
    """The plan of a sync that is under way, in the git folder of this work tree."""

    def __init__(self, git: Path) -> None:
        self._folder = git / FOLDER
        self._file = self._folder / NAME

    def begin(self, head: Head, steps: tuple[Step, ...]) -> None:
        """Keep a plan, durably. Raises `CannotWrite`, and then there is none."""
        told = json.dumps(
            {
                "version": _VERSION,
                "head": head,
                "steps": [(str(each.path), each.before, each.after, each.mode) for each in steps],
            }
        ).encode()
        temporary = temporary_for(self._file)
        try:
            self._folder.mkdir(exist_ok=True)
            with temporary.open("wb") as file:
                file.write(b"%s\n%s\n" % (told, _digest(told)))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise files.CannotWrite(path=self._file, reason=files.reason(error)) from error
        files.sync_folder(self._folder)

    def note_joined(self, path: PurePosixPath, blob: str) -> None:
        """Add, durably, that a file is about to hold both a person's edit and what came."""
        try:
            with self._file.open("ab") as file:
                file.write(json.dumps([str(path), blob]).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise files.CannotWrite(path=self._file, reason=files.reason(error)) from error

    def read(self) -> Plan | None:
        """Return the plan that is not done yet, None where there is none.

        What can't be relied on is put aside, with `BrokenJournal`: the next call finds none.
        """
        try:
            said = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise files.CannotRead(path=self._file, reason=files.reason(error)) from error
        told, _end, rest = said.partition(b"\n")
        try:
            digest, *joined = rest.split(b"\n")
            if digest != _digest(told):
                raise ValueError
            return _plan(json.loads(told), joined)
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenJournal(path=self._put_aside()) from error

    def end(self) -> None:
        """Forget the plan: it is done, or there is nothing to do."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise files.CannotWrite(path=self._file, reason=files.reason(error)) from error
        files.sync_folder(self._folder)

    def clean(self) -> None:
        """Remove what a killed process was writing beside the journal. Needs the vault's lock."""
        # Only what is written under the lock: other records in this folder may be under way right now.
        for name in (NAME, LAST_WRITE):
            for leftover in self._folder.glob(f"{files.TEMP_PREFIX}*-{name}"):
                with suppress(OSError):
                    leftover.unlink()

    def _put_aside(self) -> Path:
        number = 1
        while (aside := self._file.with_name(f"{NAME}.broken-{number}")).exists():
            number += 1
        try:
            self._file.replace(aside)
        except OSError as error:
            raise files.CannotWrite(path=self._file, reason=files.reason(error)) from error
        return aside


def temporary_for(file: Path) -> Path:
    """Name the file beside a record in which it is written first; `clean` removes it after a crash."""
    return file.with_name(f"{files.TEMP_PREFIX}{os.getpid()}-{file.name}")


def _digest(told: bytes) -> bytes:
    return files.digest(told).encode()


def _plan(told: dict[str, object], joined: list[bytes]) -> Plan:
    if told["version"] != _VERSION:
        raise ValueError
    head, steps = told["head"], told["steps"]
    if not isinstance(head, list) or not isinstance(steps, list):
        raise ValueError
    known = {}
    for line in joined:
        # The last one may be torn: then the file it speaks of was not touched yet.
        with suppress(ValueError):
            path, blob = json.loads(line)
            known[PurePosixPath(path)] = blob
    return Plan(Head(*head), tuple(Step(PurePosixPath(path), *rest) for path, *rest in steps), known)
