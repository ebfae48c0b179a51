"""What has to be right before a sync begins, looked up in git's own files: no git is started for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import FOLDER, git_folder, named_folder, own_folder, top_above
from vault_tool.git.program import needed_program
from vault_tool.messages import N_
from vault_tool.patterns import pattern
from vault_tool.sync.cloud_folders import cloud_place

OLDEST_GIT = (2, 38)
LOCK_SECONDS = 600
NEEDED_BYTES = 32 * 1024 * 1024
_VERSION_NAME = "git-version"
_MEGABYTE = 1024 * 1024
# What git leaves in its folder while something is half done, what that is, and how it is given up.
_UNDER_WAY = (
    ("rebase-merge", "git rebase", "git rebase --abort"),
    ("rebase-apply", "git rebase", "git rebase --abort"),
    ("MERGE_HEAD", "git merge", "git merge --abort"),
    ("CHERRY_PICK_HEAD", "git cherry-pick", "git cherry-pick --abort"),
    ("REVERT_HEAD", "git revert", "git revert --abort"),
    ("BISECT_LOG", "git bisect", "git bisect reset"),
)
_SPARSE = pattern(r"^\s*sparseCheckout[ \t]*(?:=[ \t]*(\w+))?[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CHECKOUT = pattern(r"checkout: moving from (\S+) to \S+$")


class OldGit(VaultError):
    """git is there, and too old."""

    message = N_(
        "The git on this computer ({version}) is too old to sync; 2.38 or newer is needed. All else works."
    )
    hint = N_("Install a newer git (git-scm.com) and run `vault sync` again.")
    exit_code = Exit.UNREADABLE


class PartOfMore(VaultError):
    """The vault is a folder in somebody's repository."""

    message = N_("This vault is a part of {top}, which git keeps as a whole; it is not synced by itself.")
    hint = N_("Sync it together with the rest, as ever, or copy it to a folder of its own.")
    exit_code = Exit.USAGE


class NotInGit(VaultError):
    """No git keeps this vault yet."""

    message = N_("This vault has no history yet, so there is nothing to sync. Every note is as it is.")
    hint = N_("Begin one with `git init` in {root}.")
    exit_code = Exit.USAGE


class GitFolderGone(VaultError):
    """The vault says that its git folder lies elsewhere, and it doesn't."""

    message = N_(
        "The history of this vault should lie in {folder}, which is not there. Every note is as it is."
    )
    hint = N_(
        "Connect the disk on which it lies. If it lies on another computer: `vault join` here, elsewhere."
    )
    exit_code = Exit.UNREADABLE


class ForeignOperation(VaultError):
    """Somebody began something with git and did not finish it."""

    message = N_("A `{what}` was begun in this vault and is not finished. Nothing was sent or changed.")
    hint = N_("Finish it, or give it up with `{way}`; then run `vault sync` again.")
    exit_code = Exit.DECIDE


class NotAllHere(VaultError):
    """Git was told to leave some files out of the work tree."""

    message = N_(
        "Git was told to keep only a part of this vault in the folder, so a missing note would look like one "
        "that you removed. Nothing was sent or changed."
    )
    hint = N_("Bring the rest here with `git sparse-checkout disable`; then run `vault sync` again.")
    exit_code = Exit.DECIDE


class Detached(VaultError):
    """The work tree shows an earlier state."""

    message = N_(
        "Git was told to show an earlier state of this vault. Nothing was sent or changed, nothing is lost."
    )
    hint = N_("Go back to the newest state with `git switch {branch}`; then run `vault sync` again.")
    exit_code = Exit.DECIDE


class StaleLock(VaultError):
    """The lock of a git that died stands in the way."""

    message = N_(
        "A git that was interrupted {minutes} minutes ago left its lock behind. Every note is whole."
    )
    hint = N_("If no other program is using git here, delete {path} and run `vault sync` again.")
    exit_code = Exit.BUSY


class CloudFolder(VaultError):
    """The git folder lies in a folder that a cloud service copies."""

    message = N_(
        "This vault's history (.git) lies in {service} ({folder}), which sooner or later damages it. "
        "Nothing was sent or changed; the notes are safe there."
    )
    hint = N_(
        "Move the history out, the notes stay where they are: vault init --git-dir ~/vault-history/{name}"
    )
    exit_code = Exit.DECIDE


class DiskFull(VaultError):
    """There is hardly any room left."""

    message = N_(
        "The disk of {path} has only {free} MB left; {needed} MB are needed. Nothing was sent or changed."
    )
    hint = N_("Make room there and run `vault sync` again.")
    exit_code = Exit.UNREADABLE


def preflight(root: Path, env: Mapping[str, str], now: float) -> Path:
    """Return this work tree's own git folder where a sync may begin; else raise what stands in its way.

    Nothing is written to a repository that the vault is only a part of.
    """
    needed_program(env)
    git = own_folder(root)
    if git is None:
        raise _no_folder(root)
    check_cloud(root, git, env)
    check_version(git, env)
    check_under_way(git)
    check_whole(root, git)
    check_lock(git, root, now)
    check_room((root, git))
    return git


def check_cloud(root: Path, git: Path, env: Mapping[str, str]) -> None:
    """Refuse a git folder inside a cloud folder."""
    if place := cloud_place(git.resolve(), env):
        raise CloudFolder(service=place.service, folder=place.folder, name=root.name)


def check_version(git: Path, env: Mapping[str, str]) -> None:
    """Refuse a git that is too old. Asked once for each program, and kept."""
    asked = needed_program(env)
    seen = Path(asked).stat()
    stamp = f"{asked} {seen.st_size} {seen.st_mtime_ns}"
    kept = git / FOLDER / _VERSION_NAME
    with suppress(OSError, UnicodeDecodeError):
        if kept.read_text("utf-8") == stamp:
            return
    told = subprocess.run([asked, "version"], env=dict(env), capture_output=True, timeout=60)
    numbers = re.search(rb"(\d+)\.(\d+)(\.\d+)*", told.stdout)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_GIT:
        raise OldGit(version=numbers[0].decode() if numbers else "?")
    with suppress(OSError):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(stamp, "utf-8")


def check_under_way(git: Path) -> None:
    """Refuse what somebody began with git: a merge, a rebase ...; and a work tree on no branch."""
    for name, what, way in _UNDER_WAY:
        if (git / name).exists():
            raise ForeignOperation(what=what, way=way)
    with suppress(OSError, UnicodeDecodeError):
        if not (git / "HEAD").read_text("utf-8").startswith("ref:"):
            raise Detached(branch=_left_branch(git))


def check_whole(root: Path, git: Path) -> None:
    """Refuse a work tree that leaves out some of the files."""
    for settings in (git / "config.worktree", (git_folder(root) or git) / "config"):
        with suppress(OSError):
            text = settings.read_bytes().decode("utf-8", "replace")
            if "sparsecheckout" in text.lower() and (found := _SPARSE.search(text)):
                if (found[1] or "true").lower() in ("true", "yes", "on", "1"):
                    raise NotAllHere
                return


def check_lock(git: Path, root: Path, now: float) -> None:
    """Refuse the lock of a git that is dead. One that is fresh, or in use, is waited for where it matters."""
    lock = git / "index.lock"
    try:
        age = now - lock.stat().st_mtime
    except OSError:
        return
    if age > LOCK_SECONDS and not _is_git_at_work(root):
        raise StaleLock(path=lock, minutes=int(age // 60))


def check_room(folders: Iterable[Path], needed: int = NEEDED_BYTES) -> None:
    """Refuse to begin where a disk has less room than this."""
    for folder in folders:
        with suppress(OSError):
            free = _free(folder)
            if free < needed:
                raise DiskFull(path=folder, free=free // _MEGABYTE, needed=-(-needed // _MEGABYTE))


def _free(folder: Path) -> int:
    """Return the bytes that there is room for."""
    # `shutil` is asked only where nothing else tells: it takes long to load.
    if sys.platform == "win32":
        from shutil import disk_usage

        return disk_usage(folder).free
    seen = os.statvfs(folder)
    return seen.f_bavail * seen.f_frsize


def _no_folder(root: Path) -> VaultError:
    if folder := named_folder(root):
        return GitFolderGone(folder=folder)
    top = top_above(root)
    return NotInGit(root=root) if top is None else PartOfMore(top=top)


def _left_branch(git: Path) -> str:
    """Return the branch that the work tree was on last, as git's log of it says."""
    with suppress(OSError):
        for line in reversed((git / "logs/HEAD").read_text("utf-8", "replace").splitlines()):
            if (found := _CHECKOUT.search(line)) and not re.fullmatch(r"[0-9a-f]{40,64}", found[1]):
                return found[1]
    return "main"


def _is_git_at_work(root: Path) -> bool:
    """Tell whether a git runs in this work tree; where the system doesn't tell, its lock's age must do."""
    if not sys.platform.startswith("linux"):
        return False
    top = root.resolve()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            where = (process / "cwd").readlink()
            if where.is_relative_to(top) and (process / "comm").read_text().startswith("git"):
                return True
    return False
