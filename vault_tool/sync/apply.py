"""Put what a sync decided in place: each file whole at every instant, and finished after any crash.

Files first, then git's index, then the branch, then the journal goes: whenever it ends early, the next
command finds the journal and goes on from what stands on disk.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.git.advance import HeadMoved, advance, check_movable
from vault_tool.git.blobs import blob_name_like
from vault_tool.git.repository import Repository
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync.stale import LastWrites, Merge
from vault_tool.sync.standing import Standing, standing
from vault_tool.sync.sync_journal import Head, Journal, Plan, Step
from vault_tool.vault import files
from vault_tool.vault.globs import fold_name
from vault_tool.vault.writes import is_same_file

_ATTEMPTS = 20
_BATCH = 16
_WRITERS = 4
_STILL_SECONDS = 0.1
_FILE_MODES = ("100644", "100755")


class StillBeingEdited(VaultError):
    """A file changes faster than it can be joined."""

    message = N_("{path} changes all the time; what came for it waits. Nothing is lost.")
    hint = N_("Run `vault sync` again when whatever writes to it has ended.")
    exit_code = Exit.BUSY


class PartlyReceived(VaultError):
    """The system refused in the middle, after some files were in place."""

    message = N_(
        "{path} can't be brought up to date: {reason}. Of {total} files that came {done} are in place; the "
        "rest waits. Each file is whole, and nothing is lost."
    )
    hint = N_("See to that file and run `vault sync` again: it goes on where it stopped.")
    exit_code = Exit.UNREADABLE


class Applied(NamedTuple):
    """What became of the files; `joined` hold a person's edit of this moment too, `kept` should have gone."""

    written: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()
    joined: tuple[PurePosixPath, ...] = ()
    kept: tuple[PurePosixPath, ...] = ()


def apply(
    root: Path,
    steps: Sequence[Step],
    head: Head,
    repository: Repository,
    merge: Merge,
    clock: Callable[[], float],
    step: files.Step = files.no_step,
) -> Applied:
    """Bring files, index and branch to a commit whose objects are there. Needs the vault's lock.

    `root` is the top of the work tree. Nothing is touched where a file can't be replaced, the disk has
    no room for all of it, or somebody moved the branch (`HeadMoved`). What fails later stays in the journal
    for `recover`. Links and submodules that come are left to git.
    """
    check_movable(repository, head.ref, head.old)
    wanted = tuple(each for each in steps if each.mode in _FILE_MODES)
    work = _Work(root, Plan(head, wanted, {}), repository, merge, clock, step)
    work.check()
    work.journal.begin(head, wanted)
    step("journal")
    try:
        return work.carry_out()
    except BaseException as error:
        work.clean()
        if work.is_untouched or isinstance(error, HeadMoved):
            work.journal.end()
        raise


def recover(
    root: Path,
    repository: Repository,
    merge: Merge,
    clock: Callable[[], float],
    step: files.Step = files.no_step,
) -> Applied | None:
    """Finish a sync that was killed; None where there was none, or nothing of it is left to do.

    One that had not written anything yet is dropped, and so is one after which somebody used git: the files
    are whole, and the next sync compares them all. Raises `BrokenJournal`, once.
    """
    journal = Journal(repository.git_folder)
    journal.clean()
    plan = journal.read()
    if plan is None:
        return None
    work = _Work(root, plan, repository, merge, clock, step)
    work.clean(everybodys=True)
    head = plan.head
    has_moved = repository.branch != head.ref or repository.head != head.old
    # A commit that did not outlive a power cut is fetched, or made, again.
    is_lost = repository.commit(head.new) is None
    if has_moved or is_lost or not work.has_begun():
        work.journal.end()
        return None
    try:
        return work.carry_out()
    except BaseException as error:
        work.clean()
        if isinstance(error, HeadMoved):
            work.journal.end()
        raise


class _Work:
    """One plan being carried out."""

    def __init__(
        self,
        root: Path,
        plan: Plan,
        repository: Repository,
        merge: Merge,
        clock: Callable[[], float],
        step: files.Step,
    ) -> None:
        self.journal = Journal(repository.git_folder)
        self._root = root
        self._plan = plan
        self._repository = repository
        self._merge = merge
        self._clock = clock
        self._step = step
        self._coming = [each for each in plan.steps if each.after is not None]
        self._going = [each for each in plan.steps if each.after is None]
        # The same name to a file system that ignores case, or forms of writing.
        self._twins = {fold_name(str(each.path)): each for each in self._going}
        self._staged: dict[PurePosixPath, files.Staged] = {}
        self._written: list[PurePosixPath] = []
        self._removed: list[PurePosixPath] = []
        self._joined: list[PurePosixPath] = []
        self._kept: list[PurePosixPath] = []

    @property
    def is_untouched(self) -> bool:
        """Whether every file still is what it was."""
        return not (self._written or self._removed or self._joined)

    def check(self) -> None:
        """Refuse what can't be replaced, before anything is."""
        cleared = self._in_the_way()
        for each in self._plan.steps:
            is_gone = each.after is None and self._now(each) is None
            if not is_gone and not _stand_in_line(each.path, cleared):
                files.check_replaceable(self._root, each.path)

    def has_begun(self) -> bool:
        """Whether any file is no longer what it was, by our doing."""
        return not self._plan.steps or any(self._has_begun(each) for each in self._plan.steps)

    def carry_out(self) -> Applied:
        """Do what is left to do of the plan."""
        try:
            self._put_files()
        except VaultError as error:
            if self.is_untouched:
                raise
            raise self._partly(error) from error
        self._step("files")
        writes, now = LastWrites(self._repository.git_folder), self._clock()
        writes.add(self._plan.steps, now)
        writes.keep(now)
        self._step("remembered")
        advance(self._repository, *self._plan.head)
        self._step("branch")
        self.journal.end()
        return Applied(*map(tuple, (self._written, self._removed, self._joined, self._kept)))

    def clean(self, *, everybodys: bool = False) -> None:
        """Remove temporary files that lie beside the plan's files."""
        for folder in {each.path.parent for each in self._plan.steps}:
            with suppress(VaultError):
                inside = files.place(self._root, folder / files.TEMP_PREFIX)
                files.clean_leftovers(inside.parent, own=not everybodys)

    # --- all files

    def _put_files(self) -> None:
        cleared = self._in_the_way()
        twins = {self._twin(each) for each in self._coming}
        blocked = [each for each in self._coming if _stand_in_line(each.path, cleared)]
        # All of it first: a full disk shows before the first file changes.
        self._stage_all(each for each in self._coming if each not in blocked)
        self._remove_all(each for each in self._going if each.path in cleared)
        self._remove_empty_folders(cleared)
        self._stage_all(blocked)
        self._step("staged")
        # What comes before what goes; only where both are one file must the old name go first.
        self._remove_all(each for each in self._going if each in twins)
        for each in self._coming:
            self._put(each)
        self._remove_all(each for each in self._going if each not in twins and each.path not in cleared)
        for folder in {each.path.parent for each in self._plan.steps}:
            files.sync_folder(self._root / folder)
        self._remove_empty_folders({each.path for each in self._going})

    def _stage_all(self, steps: Iterable[Step]) -> None:
        waiting = [each for each in steps if self._standing(each, self._now(each)) is Standing.WAITING]
        if len(waiting) <= _BATCH:
            for each in waiting:
                self._staged[each.path] = self._stage(each, self._read(each.after))
            return
        from concurrent.futures import ThreadPoolExecutor

        # A disk that is asked by several at once writes for all of them in one go: 7 times as fast here.
        with ThreadPoolExecutor(_WRITERS) as pool:
            for start in range(0, len(waiting), _BATCH):
                some = waiting[start : start + _BATCH]
                contents = [self._read(each.after) for each in some]
                for each, staged in zip(some, pool.map(self._stage, some, contents), strict=True):
                    self._staged[each.path] = staged

    def _remove_all(self, steps: Iterable[Step]) -> None:
        for each in steps:
            self._remove(each)

    def _in_the_way(self) -> set[PurePosixPath]:
        """Return the files that go and lie where a folder comes, or in a folder where a file comes."""
        coming = {each.path for each in self._coming}
        folders = {folder for path in coming for folder in path.parents}
        return {
            each.path
            for each in self._going
            if each.path in folders or not coming.isdisjoint(each.path.parents)
        }

    def _remove_empty_folders(self, paths: Collection[PurePosixPath]) -> None:
        folders = {folder for path in paths for folder in path.parents[:-1]}
        for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
            # The folders that stand for the vault's parts stay, empty or not.
            if len(folder.parts) > 1:
                with suppress(OSError, VaultError):
                    files.place(self._root, folder).rmdir()

    def _partly(self, error: VaultError) -> PartlyReceived:
        done = len(self._written) + len(self._removed) + len(self._joined)
        reason = error.values.get("reason", _REASONS.get(type(error), str(error)))
        path = error.values.get("path", "")
        return PartlyReceived(path=path, reason=reason, done=done, total=len(self._plan.steps))

    # --- one file

    def _put(self, each: Step) -> None:
        for _attempt in range(_ATTEMPTS):
            now = self._now(each)
            how = self._standing(each, now)
            self._step(f"checked {each.path}")
            if how is Standing.DONE:
                self._set_mode(each)
                break
            if how is Standing.EDITED and now is not None:
                time.sleep(_STILL_SECONDS)  # it may be half of what an editor is writing
                if self._join(each, now):
                    self._joined.append(each.path)
                    break
            elif self._now(each) == now:
                staged = self._staged.pop(each.path, None)
                staged = staged or self._stage(each, self._read(each.after))
                files.put_in_place(staged)
                self._written.append(each.path)
                break
        else:
            raise StillBeingEdited(path=each.path)
        if unused := self._staged.pop(each.path, None):
            files.discard(unused)
        self._step(f"placed {each.path}")

    def _join(self, each: Step, mine: bytes) -> bool:
        """Write what holds a person's edit and what came; False when it was edited once more meanwhile."""
        if self._now(each) != mine:
            return False
        before = each.before or (twin.before if (twin := self._twin(each)) else None)
        base = None if before is None else self._read(before)
        wanted = self._merge(each.path, base, mine, self._read(each.after))
        for path, data in wanted.items():
            if path != each.path:
                files.replace(self._root, path, data)
                self._step(f"beside {path}")
        data = wanted[each.path]
        staged = self._stage(each, data)
        # Durable before the rename: else it would pass for one more edit, and be joined once more.
        self.journal.note_joined(each.path, blob_name_like(data, each.after or ""))
        self._plan.joined[each.path] = blob_name_like(data, each.after or "")
        self._step(f"joined {each.path}")
        if self._now(each) != mine:
            files.discard(staged)
            return False
        files.put_in_place(staged)
        return True

    def _remove(self, each: Step) -> None:
        now = self._now(each)
        how = self._standing(each, now)
        if how is Standing.EDITED:
            others = (other.path for other in self._coming if self._twin(other) is each)
            if not any(is_same_file(self._root / each.path, self._root / other) for other in others):
                self._kept.append(each.path)
        elif how is Standing.WAITING:
            self._step(f"removing {each.path}")
            if self._now(each) != now:
                self._kept.append(each.path)
                return
            files.delete(self._root, each.path)
            self._removed.append(each.path)
            self._step(f"removed {each.path}")

    def _stage(self, each: Step, data: bytes) -> files.Staged:
        staged = files.stage(self._root, each.path, data, step=self._step)
        try:
            _make_mode(staged.temporary, each.mode)
        except OSError as error:
            files.discard(staged)
            raise files.CannotWrite(path=each.path, reason=files.reason(error)) from error
        return staged

    def _set_mode(self, each: Step) -> None:
        with suppress(OSError):  # the next sync says that it differs; the bytes are right
            _make_mode(files.place(self._root, each.path), each.mode)

    # --- what stands there

    def _has_begun(self, each: Step) -> bool:
        try:
            now = self._now(each)
        except VaultError:
            return False
        how = self._standing(each, now)
        if how is Standing.WAITING and now is not None:
            return blob_name_like(now, each.after or each.before or "") != each.before  # torn
        return how is Standing.DONE

    def _standing(self, each: Step, now: bytes | None) -> Standing:
        twin = self._twin(each)
        known = (twin.before,) if twin and twin.before else ()
        return standing(each, now, lambda: self._read(each.after), known, self._plan.joined.get(each.path))

    def _now(self, each: Step) -> bytes | None:
        try:
            return files.read(self._root, each.path, limit=None).data
        except files.FileMissing:
            return None
        except files.NotAFile:
            if each.after is None:
                return None  # what stands there, or on the way there, is something else: the file is gone
            raise

    def _read(self, blob: str | None) -> bytes:
        return b"" if blob is None else self._repository.read(blob)

    def _twin(self, each: Step) -> Step | None:
        """Return the file that goes when one comes by another writing of its name (`acme`, `Acme`)."""
        return self._twins.get(fold_name(str(each.path))) if each.after is not None else None


_REASONS = {
    files.ReadOnlyFile: N_("it is marked read-only"),
    files.NotAFile: N_("something that is no plain file is in its place"),
    files.OutsideVault: N_("a link on the way leads out of the vault"),
    StillBeingEdited: N_("it changes all the time"),
}


def _stand_in_line(path: PurePosixPath, others: Collection[PurePosixPath]) -> bool:
    """Tell whether one of the others is a folder that the path lies in, or lies in the path."""
    return any(other in path.parents or path in other.parents for other in others)


def _make_mode(path: Path, mode: str) -> None:
    """Make a file a program, or none, as git has it; who may read it stays as it is."""
    if os.name != "posix":
        return
    now = stat.S_IMODE(path.lstat().st_mode)
    wanted = now & ~0o111 if mode == "100644" else now | (now & 0o444) >> 2
    if wanted != now:
        path.chmod(wanted)
