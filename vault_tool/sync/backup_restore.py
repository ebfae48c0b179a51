"""A whole vault again, in a new folder: out of a backup, proved, and ready to be worked with."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from random import Random

from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import without_password
from vault_tool.git.repository import Repository
from vault_tool.git.setup import set_up
from vault_tool.merge.erased import ERASED, merge_tombstones, read_tombstones, tombstone
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import parse_note
from vault_tool.schema import load_schema
from vault_tool.sealing.clean import note_globs, sealed_spellings
from vault_tool.sync.backup import Backup, own_folder
from vault_tool.sync.backup_manifest import Manifest
from vault_tool.sync.backup_verify import Progress, Proof, check_counts, prove
from vault_tool.sync.remotes import BadAddress, PasswordInAddress, Remote, checked_url
from vault_tool.vault import files
from vault_tool.vault.files import Step, no_step
from vault_tool.vault.settings import load_settings
from vault_tool.vault.start import check_place
from vault_tool.vault.walk import walk

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")


class NotEmpty(VaultError):
    """The folder to restore into holds something."""

    message = N_("{path} is not empty; nothing was written.")
    hint = N_("Name a folder that isn't there yet: vault backup restore FILE new-folder")
    exit_code = Exit.USAGE


class NoFolderAbove(VaultError):
    """The folder in which a new one is to be made isn't there."""

    message = N_("{path} is not there; nothing was written.")
    hint = N_("Make that folder first, or name another one.")
    exit_code = Exit.USAGE


class Restored(NamedTuple):
    """What was restored: the proof, which customers were erased again, which servers it is told of."""

    proof: Proof
    erased: tuple[PurePosixPath, ...]
    remotes: tuple[Remote, ...]


def restore_backup(
    backup: Backup,
    target: Path,
    env: Mapping[str, str],
    random: Random,
    tombstones: Iterable[bytes] = (),
    *,
    step: Step = no_step,
    progress: Progress = lambda done, total: None,
) -> Restored:
    """Restore a backup into a new folder, whole or not at all; the servers are named, and sent nothing.

    `tombstones` are lists of erased customers from elsewhere: who stands in one of them, or in the backup's
    own, is not brought back. Raises `NotEmpty` and each `BackupDamaged`.
    """
    _check_target(target)
    with own_folder(target.parent) as work:
        proof = prove(backup.bundle, backup.manifest, work, env, random, progress=progress)
        if backup.manifest is not None:
            check_counts(backup.bundle, backup.manifest, proof.counts)
        root = work / "vault"
        erased = _erase_again(root, tombstones)
        root.chmod(0o777 & ~_umask())
        step("restored")
        if target.exists():
            target.rmdir()
        try:
            root.rename(target)
            step("moved")
            remotes = _prepare(target, backup.manifest, env)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    return Restored(proof, erased, remotes)


def _check_target(target: Path) -> None:
    with suppress(OSError):
        if target.is_dir() and any(target.iterdir()):
            raise NotEmpty(path=target)
    check_place(target)
    if not target.parent.is_dir():
        raise NoFolderAbove(path=target.parent)


def _umask() -> int:
    """Return what the user takes away from new files' modes, which can't be asked without setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _erase_again(root: Path, tombstones: Iterable[bytes]) -> tuple[PurePosixPath, ...]:
    """Remove the notes of customers who were erased, and keep the list of them."""
    own = _read(root, ERASED)
    lists = [own, *tombstones]
    known = {name for data in lists for name in read_tombstones(data)}
    if not known:
        return ()
    settings, schema = load_settings(root), load_schema(root / "schema")
    gone = []
    for found in walk(root, note_globs(settings)):
        note = parse_note(found.path, files.read(root, found.path).data, schema)
        if note.id and tombstone(settings.id, note.id) in known:
            files.delete(root, found.path)
            gone.append(found.path)
    merged = merge_tombstones(*lists)
    if read_tombstones(merged) != read_tombstones(own):
        files.replace(root, ERASED, merged)
    return tuple(sorted(gone))


def _read(root: Path, path: PurePosixPath) -> bytes:
    try:
        return files.read(root, path).data
    except files.FileMissing:
        return b""


def _prepare(root: Path, manifest: Manifest | None, env: Mapping[str, str]) -> tuple[Remote, ...]:
    """Set up git as every vault has it, and name the servers that the vault had."""
    remotes = tuple(_remotes(manifest, root)) if manifest else ()
    with Repository(root, env) as repository:
        for remote in remotes:
            repository.set(f"remote.{remote.name}.url", remote.url)
            repository.set(f"remote.{remote.name}.fetch", f"refs/heads/*:refs/remotes/{remote.name}/*")
        git = repository.common_folder
    set_up(root, git, sealed_spellings(load_schema(root / "schema")), env)
    return remotes


def _remotes(manifest: Manifest, root: Path) -> Iterable[Remote]:
    """Yield the servers that git may be told of: the manifest lay where others may write."""
    for name, url in manifest.remotes.items():
        with suppress(BadAddress, PasswordInAddress):
            if isinstance(url, str) and _NAME.fullmatch(name):
                yield Remote(name, checked_url(without_password(url), root))
