"""Write a command's changes to the vault: all checked first, each file atomic, the whole undoable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault import files
from vault_tool.vault.globs import fold_name
from vault_tool.vault.lock import DEFAULT_TIMEOUT, write_lock
from vault_tool.vault.places import Places
from vault_tool.vault.records import Draft, Entry, Record, Records
from vault_tool.vault.writes import Write, apply_writes, case_twins, clean_own, is_same_file

Clock = Callable[[], float]


class ChangedOnDisk(VaultError):
    """A note was edited by someone else between our read and our write."""

    message = N_("{path} changed while we were working on it; nothing was written.")
    hint = N_("Run the command again.")
    exit_code = Exit.BUSY


class AlreadyThere(VaultError):
    """A file that was to be made exists."""

    message = N_("{path} is there already; nothing was written.")
    exit_code = Exit.BUSY


class NothingToUndo(VaultError):
    """No command is left whose writes could be taken back."""

    message = N_("There is nothing to undo.")


class CannotUndo(VaultError):
    """A command's old bytes were kept nowhere, on purpose."""

    message = N_("`{command}` can't be undone: what it took away was kept nowhere.")


class Change(NamedTuple):
    """What is to become of one file, and what it was when we read it.

    `before` is the digest of what was read, None for a file that must not be there yet; `after` is None for
    a file that is to go.
    """

    path: PurePosixPath
    before: str | None
    after: bytes | None


class Committed(NamedTuple):
    """What a commit did: the files it wrote or removed, and the number of its record (None: it has none)."""

    paths: tuple[PurePosixPath, ...]
    record: int | None


class Action(StrEnum):
    """What `undo` does about one file."""

    RESTORE = "restore"  # the old bytes again
    RECREATE = "recreate"  # a removed file again
    DELETE = "delete"  # a made file goes
    NOTHING = "nothing"  # it is as it was before the command
    LEAVE = "leave"  # somebody changed it since


@dataclass(frozen=True, slots=True)
class UndoStep:
    """What `undo` does about one file; `data` are the bytes it will have."""

    action: Action
    entry: Entry
    data: bytes | None = None

    @property
    def path(self) -> PurePosixPath:
        """The file."""
        return self.entry.path


@dataclass(frozen=True, slots=True)
class Undoing:
    """What taking back one command means, file by file."""

    record: Record
    steps: tuple[UndoStep, ...]

    @property
    def left(self) -> tuple[PurePosixPath, ...]:
        """Files that changed since and stay as they are."""
        return tuple(step.path for step in self.steps if step.action is Action.LEAVE)

    @property
    def changed(self) -> tuple[PurePosixPath, ...]:
        """Files that get back what they were."""
        idle = (Action.LEAVE, Action.NOTHING)
        return tuple(step.path for step in self.steps if step.action not in idle)


def commit(
    places: Places,
    root: Path,
    command: str,
    changes: Iterable[Change],
    *,
    timeout: float = DEFAULT_TIMEOUT,
    undoable: bool = True,
    recorded: bool = True,
    clock: Clock = time.time,
    step: files.Step = files.no_step,
) -> Committed:
    """Check every file, then replace each one atomically, under the vault's writer lock.

    Nothing is written if any file changed since it was read, or if the new bytes don't fit on the disk. A
    crash part-way leaves whole files, some old and some new, and `undo` takes back the new ones. An editor
    saving between check and replace can still lose; the lock keeps out only other `vault` processes.
    With `undoable=False` the old bytes are kept nowhere, nor those that earlier commands found in the same
    files, and `undo` refuses; with `recorded=False`, for what no person asked for, it takes back the command
    before.
    """
    wanted = tuple(changes)
    if len({change.path for change in wanted}) != len(wanted):
        raise ValueError("two changes of one file in one commit")
    with write_lock(places, command, timeout):
        records = Records(places.state)
        _clean_up(records, root)
        with records.draft(command, clock(), undoable, is_in_line=recorded) as draft:
            real = [change for change in wanted if _check(root, change, wanted, draft)]
            if not real:
                return Committed((), None)
            step("checked")
            # The record stands before anything in the vault is touched.
            record = draft.keep()
        try:
            with records.working_on(record):
                step("recorded")
                if not undoable:
                    # First: what is seen to be sealed must stand in plain nowhere.
                    records.forget((change.path for change in real), record.number)
                    step("forgotten")
                apply_writes(root, [Write(change.path, change.after) for change in real], step)
        except BaseException:
            # The record goes last: while it stands, the next writer knows where to look for what is left
            # behind, even if Ctrl-C comes once more here.
            clean_own(root, (change.path for change in real))
            if all(_plan_undo(root, record, entry).action is Action.NOTHING for entry in record.entries):
                _remove_folders(root, record)
                records.drop(record)
            raise
        if not recorded:
            records.drop(record)
        elif not undoable:
            records.forget_digests(record)
        records.prune(clock())
    return Committed(tuple(change.path for change in real), record.number if recorded else None)


def note_edit(
    places: Places,
    root: Path,
    command: str,
    path: PurePosixPath,
    before: files.Content,
    *,
    timeout: float = DEFAULT_TIMEOUT,
    clock: Clock = time.time,
) -> bool:
    """Keep what a file was before somebody's editor saved it, so that `undo` can take that back too.

    False, and nothing is kept, when the file is what it was.
    """
    with write_lock(places, command, timeout):
        records = Records(places.state)
        now = files.read(root, path)
        if now.digest == before.digest:
            return False
        with records.draft(command, clock(), undoable=True) as draft:
            draft.add(Entry(path, before.digest, now.digest, before.mode), before.data)
            draft.keep()
        records.prune(clock())
    return True


def history(places: Places) -> Iterator[Record]:
    """Yield what commands wrote, the last one first; those already undone are among them."""
    return Records(places.state).newest_first()


def peek(places: Places, root: Path) -> Undoing:
    """Say what `undo` would do now; nothing is written."""
    record = next((record for record in history(places) if not record.is_undone), None)
    if record is None:
        raise NothingToUndo
    if not record.undoable:
        raise CannotUndo(command=record.command)
    return Undoing(record, tuple(_plan_undo(root, record, entry) for entry in record.entries))


def undo(
    places: Places, root: Path, *, timeout: float = DEFAULT_TIMEOUT, step: files.Step = files.no_step
) -> Undoing:
    """Take back the last command's writes, file by file, where the file still is as the command left it.

    A file that changed since is left, and told of. The next `undo` takes back the command before. After a
    crash in the middle, `undo` again does the rest.
    """
    with write_lock(places, "vault undo", timeout):
        records = Records(places.state)
        _clean_up(records, root)
        undoing = peek(places, root)
        with records.working_on(undoing.record):
            _take_back(root, undoing, step)
            records.mark_undone(undoing.record)
    return undoing


def _clean_up(records: Records, root: Path) -> None:
    """Remove what a killed writer left beside its files; we hold the lock, so nobody is using it."""
    record = records.interrupted()
    if record and not record.undoable:
        records.forget_digests(record)
    for folder in {entry.path.parent for entry in record.entries} if record else ():
        files.clean_leftovers(root / folder)


def _check(root: Path, change: Change, changes: Sequence[Change], draft: Draft) -> bool:
    """Say whether a change changes anything; refuse it when the file is not what was read."""
    try:
        now = files.read(root, change.path, limit=None)
    except files.FileMissing:
        now = None
    after = None if change.after is None else files.digest(change.after)
    if change.before is None:
        if now is not None and not _goes_by_another_case(root, change, changes):
            raise AlreadyThere(path=change.path)
        if after is None:
            return False
        draft.add(Entry(change.path, None, after, None, _missing_folders(root, change.path)))
        return True
    if now is None or now.digest != change.before:
        raise ChangedOnDisk(path=change.path)
    if now.digest == after:
        return False
    draft.add(Entry(change.path, now.digest, after, now.mode), now.data)
    return True


def _goes_by_another_case(root: Path, change: Change, changes: Sequence[Change]) -> bool:
    """Tell whether a file is in the way only since it is the one that goes (`acme.md` becomes `Acme.md`)."""
    writes = [Write(each.path, each.after) for each in changes if each is change or each.after is None]
    return bool(case_twins(root, writes))


def _plan_undo(root: Path, record: Record, entry: Entry) -> UndoStep:
    """Decide about one file by what it is now: as the command left it, as it was before, or neither."""
    try:
        now: str | None = files.read(root, entry.path, limit=None).digest
    except files.FileMissing:
        now = None
    except VaultError:
        return UndoStep(Action.LEAVE, entry)
    if entry.after is None and _is_other_case(root, entry, record):
        now = None
    if now == entry.before:
        return UndoStep(Action.NOTHING, entry)
    if now != entry.after:
        return UndoStep(Action.LEAVE, entry)
    if entry.before is None:
        return UndoStep(Action.DELETE, entry)
    data = record.before(entry)
    if data is None:
        return UndoStep(Action.LEAVE, entry)
    return UndoStep(Action.RECREATE if now is None else Action.RESTORE, entry, data)


def _take_back(root: Path, undoing: Undoing, step: files.Step) -> None:
    writes = [
        Write(each.path, each.data, each.entry.mode) for each in undoing.steps if each.path in undoing.changed
    ]
    apply_writes(root, writes, step)
    _remove_folders(root, undoing.record)


def _is_other_case(root: Path, entry: Entry, record: Record) -> bool:
    """Tell whether a removed file seems to be there only since the one that came differs in case alone."""
    folded = fold_name(str(entry.path))
    return any(
        other.after is not None
        and other.path != entry.path
        and fold_name(str(other.path)) == folded
        and is_same_file(root / entry.path, root / other.path)
        for other in record.entries
    )


def _missing_folders(root: Path, path: PurePosixPath) -> tuple[PurePosixPath, ...]:
    """Return the folders that have to be made for a file, outermost first."""
    return tuple(folder for folder in reversed(path.parents[:-1]) if not (root / folder).exists())


def _remove_folders(root: Path, record: Record) -> None:
    """Remove the folders that a command made, as far as they are empty again."""
    made = {folder for entry in record.entries for folder in entry.made_folders}
    for folder in sorted(made, key=lambda folder: len(folder.parts), reverse=True):
        with suppress(OSError):
            (root / folder).rmdir()
