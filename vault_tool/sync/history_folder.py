"""A vault's history, git's folder, kept elsewhere than beside the notes: out of a cloud folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import named_folder, own_folder, top_above
from vault_tool.git.repository import GitRefuses, Repository
from vault_tool.messages import N_
from vault_tool.sync.cloud_folders import cloud_place
from vault_tool.sync.preflight import GitFolderGone, PartOfMore, check_under_way


class BadHistoryPlace(VaultError):
    """A folder in which no history can lie."""

    message = N_("The history can't lie in {folder}: {why}. Nothing was changed.")
    hint = N_("Name a new folder outside of the vault: vault init --git-dir ~/vault-history/{name}")
    exit_code = Exit.USAGE


class CannotMoveHistory(VaultError):
    """Git did not move its folder."""

    message = N_(
        "The history can't be moved to {folder}: {reason}. It lies where it was; nothing was changed."
    )
    hint = N_("Name a folder on the same disk, one that you can write to.")
    exit_code = Exit.UNREADABLE


def check_history_place(root: Path, folder: Path, env: Mapping[str, str]) -> None:
    """Refuse a place where a history would be lost, damaged or mixed up. Both paths are absolute."""
    if folder.is_relative_to(root):
        raise BadHistoryPlace(folder=folder, why=N_("it lies inside the vault"), name=root.name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadHistoryPlace(folder=folder, why=N_("something is there already"), name=root.name)
    if cloud_place(folder / "HEAD", env):
        raise BadHistoryPlace(folder=folder, why=N_("that is a cloud folder"), name=root.name)
    git = own_folder(root)
    if git is not None:
        check_under_way(git)
    elif named := named_folder(root):
        raise GitFolderGone(folder=named)
    elif top := top_above(root):
        raise PartOfMore(top=top)


def place_history(root: Path, folder: Path, env: Mapping[str, str]) -> None:
    """Move a vault's history to a folder, or begin it there; the notes stay.

    A file `.git` beside them says where it lies. It is moved in one step, or not at all. Call
    `check_history_place` first.
    """
    before = own_folder(root)
    words = ("init", "--quiet", "--template=", f"--separate-git-dir={folder}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with Repository(root, env) if before else Repository.create(root, env) as repository:
            repository.ask(*words)
    except OSError as error:
        raise CannotMoveHistory(folder=folder, reason=error.strerror or str(error)) from error
    except GitRefuses as error:
        raise CannotMoveHistory(folder=folder, reason=error.values["reason"]) from error
    with Repository(root, env) as repository:
        hooks = repository.setting("core.hooksPath")
        if before and hooks and Path(hooks).is_relative_to(before):
            repository.set("core.hooksPath", str(folder / Path(hooks).relative_to(before)))
        if (folder / "worktrees").is_dir():
            repository.ask("worktree", "repair")
