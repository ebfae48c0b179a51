"""What it means, to the person who syncs, that git or the system refused something on this computer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import RemoteState, read_failure
from vault_tool.git.repository import GitRefuses
from vault_tool.messages import N_
from vault_tool.patterns import pattern
from vault_tool.vault.files import CannotWrite

_WRITING = pattern(
    r"Permission denied|Read-only file system|insufficient permission|Operation not permitted"
    r"|Unable to write new index file"
)


class NoRoom(VaultError):
    """The disk became full meanwhile."""

    message = N_("The disk is full. Your notes stand here as you saved them, and nothing is lost.")
    hint = N_("Make room on the disk of {root}, then run `vault sync` again.")
    exit_code = Exit.UNREADABLE


class DamagedHere(VaultError):
    """Objects of this repository are broken, or gone."""

    message = N_(
        "A part of this vault's history is damaged on this computer: {reason}. Your notes are plain files "
        "and stand here as you saved them."
    )
    hint = N_(
        "Run `vault sync` once more: what is missing may have come from the server by now. If it says this "
        "again, `vault join ADDRESS NEW-FOLDER` and copy the notes that you changed last into that folder."
    )
    exit_code = Exit.UNREADABLE


class OthersFolder(VaultError):
    """The folder is another account's, and git doesn't trust what lies there."""

    message = N_(
        "The folder of this vault belongs to another user of this computer, so it was not synced. Nothing "
        "was changed."
    )
    hint = N_(
        "Sync it as that user. If you trust the folder, say so once: git config --global --add "
        "safe.directory {root}"
    )
    exit_code = Exit.UNREADABLE


class CannotPlace(VaultError):
    """The system refuses the first of the files that came."""

    message = N_(
        "{path} can't be brought up to date: {reason}. Nothing of yours was changed, and what came waits."
    )
    hint = N_("See to that file or its folder, then run `vault sync` again.")
    exit_code = Exit.UNREADABLE


class HistoryReadOnly(VaultError):
    """What git keeps can't be written to."""

    message = N_(
        "This vault's history (.git) can't be written to: {reason}. Your notes stand here as you saved them."
    )
    hint = N_("Allow writing to {folder}, then run `vault sync` again.")
    exit_code = Exit.UNREADABLE


@contextmanager
def explaining(root: Path, git: Path) -> Iterator[None]:
    """Raise what says what a refusal means, in its place; `git` is where the history of the vault lies."""
    try:
        yield
    except (GitRefuses, CannotWrite, OSError) as error:
        told = explained(error, root, git)
        if told is error:
            raise
        raise told from error


def explained(error: Exception, root: Path, git: Path) -> Exception:
    """Return the error that says what a refusal means; the same one where that isn't known."""
    said = str(error.values.get("reason", error)) if isinstance(error, VaultError) else str(error)
    if "dubious ownership" in said:
        return OthersFolder(root=root)
    reached = read_failure(said)
    if reached.state is RemoteState.NO_SPACE:
        return NoRoom(root=root)
    if isinstance(error, CannotWrite):
        return CannotPlace(**error.values)
    if _WRITING.search(said):
        return HistoryReadOnly(folder=git, reason=_last(reached.reason))
    if reached.state is RemoteState.CORRUPT:
        return DamagedHere(reason=_last(reached.reason))
    return error


def _last(said: str) -> str:
    """Return the last thing that git said: what made it give up."""
    return re.split(r"(?:fatal|error): ", said)[-1].rstrip(". ")
