"""The other door into a vault: brought from a server into a folder of one's own, whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.git import transport
from vault_tool.git.answer import Reached, RemoteState, without_password
from vault_tool.git.repository import Repository
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync.remotes import FIRST, note
from vault_tool.sync.unreached import NothingThere, unreached

_USUAL = ("main", "master")
_SETTINGS = {
    f"remote.{FIRST}.fetch": f"refs/heads/*:refs/remotes/{FIRST}/*",
    # A file here is what it is there, byte for byte, whatever this machine's settings say.
    "core.autocrlf": "false",
    "core.quotepath": "off",
}


class FolderNotEmpty(VaultError):
    """The folder for a vault holds something already."""

    message = N_("{path} is not empty. Nothing was brought.")
    hint = N_("Name a new folder: vault join ADDRESS FOLDER")
    exit_code = Exit.USAGE


class NoFolder(VaultError):
    """The folder for a vault can't be made."""

    message = N_("{path} can't be made: {reason}.")
    hint = N_("Name another folder: vault join ADDRESS FOLDER")
    exit_code = Exit.UNREADABLE


class NoVaultThere(VaultError):
    """A repository that holds something else than a vault."""

    message = N_("{url} holds no vault: it has no vault.toml. Nothing was left here.")
    hint = N_("Check the address. `vault init --adopt` makes a vault of a folder of notes.")
    exit_code = Exit.UNREADABLE


class Joined(NamedTuple):
    """What was brought: its commit, and when that was made, in seconds since 1970."""

    commit: str
    newest: float


LogIn = Callable[[Repository, str], bool]
"""Asks for a login on a terminal, and tells whether there was one."""


def folder_for(url: str) -> str:
    """Return the name of the folder that a vault of this address gets: the address's last part."""
    last = url.rstrip("/\\").replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    return last.removesuffix(".git") or "vault"


@contextmanager
def new_folder(root: Path) -> Iterator[None]:
    """Make an empty folder for a vault; where the work in it doesn't end well, nothing of it stays.

    Folders above it that were missing go as well; one that was there and empty stays, and empty.
    """
    was_there = root.is_dir()
    try:
        if was_there and any(root.iterdir()):
            raise FolderNotEmpty(path=root)
        missing = [root, *root.parents]
        made = [folder for folder in missing if not folder.exists()]
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoFolder(path=root, reason=error.strerror or str(error)) from error
    try:
        yield
    except BaseException:
        for inside in list(root.iterdir()):
            _remove(inside)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def bring(
    url: str,
    root: Path,
    env: Mapping[str, str],
    at: float,
    log_in: LogIn,
    progress: transport.Progress | None = None,
) -> Joined:
    """Bring what a server holds into an empty folder, as a vault shared through it.

    No hook runs, and no program that the repository names. Raises `unreached`'s errors, `NoVaultThere`.
    """
    shown = without_password(url)
    with Repository.create(root, env) as repository:
        repository.set(f"remote.{FIRST}.url", url)
        for key, value in _SETTINGS.items():
            repository.set(key, value)
        there = transport.heads(repository, FIRST)
        asks = isinstance(there, Reached) and there.state in (RemoteState.AUTH, RemoteState.HOST_KEY)
        if asks and log_in(repository, url):
            there = transport.heads(repository, FIRST)
        if isinstance(there, Reached):
            raise unreached(shown, there)
        branch = _branch(there)
        if branch is None:
            raise NothingThere(remote=shown)
        reached = transport.fetch(repository, FIRST, branch, progress)
        if not reached.is_ok:
            raise unreached(shown, reached)
        tip = repository.commit(f"refs/remotes/{FIRST}/{branch}") or ""
        if transport.vault_id_at(repository, tip) is None:
            raise NoVaultThere(url=shown)
        repository.set(f"branch.{branch}.remote", FIRST)
        repository.set(f"branch.{branch}.merge", f"refs/heads/{branch}")
        repository.ask("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        repository.set_ref(f"refs/heads/{branch}", tip)
        repository.ask("read-tree", "--reset", "-u", tip)
        note(repository.common_folder, FIRST, reached, at, shared=tip)
        newest = repository.ask("log", "-1", "--format=%ct", tip)
        return Joined(tip, float(newest.strip() or at))


def _branch(there: transport.Heads) -> str | None:
    """Return what the server takes for the main one; else a usual name, else the first."""
    names = sorted(there.branches)
    return next((name for name in (there.main, *_USUAL, *names) if name in there.branches), None)


def _remove(path: Path) -> None:
    """Remove a file or a folder, read-only objects of git included."""

    def make_writable(_function: object, name: str, _error: object) -> None:
        with suppress(OSError):
            Path(name).chmod(stat.S_IWRITE)
            os.unlink(name)  # noqa: PTH108 - as shutil names it

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=make_writable)
    else:
        with suppress(OSError):
            path.unlink()
