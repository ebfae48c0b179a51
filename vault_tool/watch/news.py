"""What a watcher has to tell: what it took in, and what went wrong meanwhile, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.lint.run import Linted
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync.outcome import Outcome


class Watching(NamedTuple):
    """The watch began. `backend` tells of changes; `polls` is after how many seconds all is compared where
    that can't be relied on.
    """

    root: Path
    backend: str | None
    polls: float | None
    customers: int


class Took(NamedTuple):
    """Something changed, and is in catalog and index; `linted` is None where it was too much to lint."""

    changed: Sequence[PurePosixPath]
    removed: int
    linted: Sequence[Linted] | None


class Sealed(NamedTuple):
    """What stood in plain for a while has been sealed: so many values, in these notes."""

    paths: Sequence[PurePosixPath]
    values: int


class Shared(NamedTuple):
    """A sync that the watcher began has brought something, or left something to be settled."""

    outcome: Outcome


Tell = Callable[[Watching | Took | Sealed | Shared | VaultError], None]


class Troubles:
    """What is wrong now, by where; each is told once for as long as it lasts."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._now: dict[str, VaultError] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def report(self, where: str, error: VaultError | None) -> None:
        """Tell of a trouble unless it is known; None says that it is over."""
        before = self._now.pop(where, None)
        if error is not None:
            self._now[where] = error
            if type(before) is not type(error):
                self._tell(error)


class CannotListen(VaultError):
    """The system tells of no changes: they have to be looked for."""

    message = N_("The system does not tell of changes here ({reason}): all files are compared now and then.")
    exit_code = Exit.UNREADABLE


class TooManyFolders(CannotListen):
    """Linux watches so many folders for each user and no more."""

    hint = N_("`sudo sysctl fs.inotify.max_user_watches=524288` allows more folders.")


class TooManyListeners(CannotListen):
    """Linux lets a user have so many listeners and no more."""

    hint = N_("`sudo sysctl fs.inotify.max_user_instances=1024` allows more programs to listen.")


class EventsLost(VaultError):
    """More changed at once than the system could tell of."""

    message = N_("More changed at once than the system can tell; all files are compared.")


class EventsStopped(VaultError):
    """Something that listens has failed, or missed a change."""

    message = N_("Not every change was told of; listening starts anew, and all files are compared.")


class CatalogMadeAnew(VaultError):
    """Somebody, or the disk, has changed or removed the catalog's file."""

    message = N_("The catalog was damaged or removed; it is made anew. Your notes are not affected.")


class IndexUnwritable(VaultError):
    """The index takes nothing."""

    message = N_("The search index can't be written ({reason}); it is tried again every half minute.")
    hint = N_("Make room on the disk, or set VAULT_NOTES_HOME to another folder.")
    exit_code = Exit.UNREADABLE


class LintFailed(VaultError):
    """A rule has a defect."""

    message = N_("The check of a note failed ({kind}): a defect in the program, not in your notes.")
    hint = N_("`vault --debug lint` says where.")
    exit_code = Exit.BUG


class SealingFailed(VaultError):
    """Sealing has a defect."""

    message = N_("{path} could not be sealed ({kind}): a defect in the program, not in your note.")
    hint = N_("Nothing was written. `vault --debug seal` says where.")
    exit_code = Exit.BUG


class Unshared(VaultError):
    """Something can't be shared, told in the words of a sync.

    It `is_pressing` unless waiting alone may help.
    """

    exit_code = Exit.DECIDE

    def __init__(self, message: str, hint: str, *, is_pressing: bool = True, **values: object) -> None:
        # A sync has a class for each of these.
        self.message, self.hint = message, hint
        self.is_pressing = is_pressing
        super().__init__(**values)


class VaultGone(VaultError):
    """The folder that is watched is no longer there."""

    message = N_("The vault's folder is gone: {path}")
    hint = N_("Run `vault watch` where the vault is now.")
    exit_code = Exit.UNREADABLE


class VaultRenamed(VaultError):
    """The vault got another id, and with it other places for catalog and index."""

    message = N_("The vault's id has changed; the watcher has to start anew.")
    hint = N_("Run `vault watch` again.")
    exit_code = Exit.BUSY
