"""Backups of a vault: a git bundle of all that is saved, and its manifest beside it, in a folder outside.

A bundle needs nothing but git to be read. Its name sorts by time: `v7k2m9qx-20261123T091530Z-1f3a9c.bundle`
is the vault's id, the moment in UTC, and which copy of the vault made it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from random import Random

from vault_tool import __version__
from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import without_password
from vault_tool.git.folder import git_folder
from vault_tool.git.repository import Repository
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync.backup_manifest import ENDING, Counts, Manifest, manifest_bytes, read_manifest
from vault_tool.sync.backup_record import Event
from vault_tool.sync.backup_unpack import digest_of, heads_of, moment, text
from vault_tool.sync.backup_verify import Key, Progress, Proof, check_counts, prove
from vault_tool.sync.remotes import remotes_of
from vault_tool.sync.retention import superseded
from vault_tool.vault import files
from vault_tool.vault.files import TEMP_PREFIX, Step, no_step

BUNDLE = ".bundle"
_NAME = re.compile(r"(.+)-([0-9]{8}T[0-9]{6}Z)-\w+\.bundle")
_LEFT_SECONDS = 24 * 3600


class NoBackupFolder(VaultError):
    """Nothing says where backups go."""

    message = N_("Where do backups go? No folder was named, and vault.toml names none.")
    hint = N_(
        'vault backup create /media/stick/backup. Or for always, in vault.toml: [backup] dir = "~/backup"'
    )
    exit_code = Exit.USAGE


class FolderInside(VaultError):
    """Backups would lie in what they are backups of."""

    message = N_("{path} lies inside the vault. Nothing was written.")
    hint = N_("Name a folder outside of it, best on another disk.")
    exit_code = Exit.USAGE


class NoFolderThere(VaultError):
    """The folder for backups isn't there, and the one it would be made in neither."""

    message = N_("{path} is not there. Nothing was written.")
    hint = N_("Is the disk plugged in? A new folder is made where the one above it is there.")
    exit_code = Exit.UNREADABLE


class NoBackup(VaultError):
    """A folder holds no backup."""

    message = N_("There is no backup of this vault in {path}.")
    hint = N_("`vault backup create` makes one.")
    exit_code = Exit.UNREADABLE


class NotAtTop(VaultError):
    """The vault isn't saved in a git repository of its own."""

    message = N_(
        "{path} is not saved by git, or is a folder of something larger. There is nothing to back up."
    )
    hint = N_("`vault sync` saves a vault. One within something larger is backed up with that.")
    exit_code = Exit.UNREADABLE


class NothingSaved(VaultError):
    """The vault has never been saved."""

    message = N_("Nothing of this vault is saved yet, so there is nothing to back up.")
    hint = N_("`vault sync` saves it; then run this again.")
    exit_code = Exit.UNREADABLE


class PastMissing(VaultError):
    """The clone doesn't have its whole past."""

    message = N_("This copy was fetched without its whole past, so a backup of it would not stand by itself.")
    hint = N_("Fetch the rest: git fetch --unshallow. Or make the backup where the vault is whole.")
    exit_code = Exit.UNREADABLE


class Backup(NamedTuple):
    """A backup that lies in a folder; without a manifest nothing is known of it but its size."""

    bundle: Path
    manifest: Manifest | None

    @property
    def size(self) -> int:
        """The bundle's size in bytes; 0 where it is gone."""
        with suppress(OSError):
            return self.bundle.stat().st_size
        return 0


class Made(NamedTuple):
    """A new backup, what was proved of it, what is not in it, and which older ones went."""

    bundle: Path
    manifest: Manifest
    proof: Proof
    unsaved: tuple[str, ...]
    removed: tuple[Path, ...]


# --- where they lie


def backup_folder(root: Path, named: Path | None, setting: str, last: Event | None) -> Path:
    """Return the folder for backups: the one named, else that of the setting, else where the last one is.

    `named` is absolute, the setting counts from the vault. Raises `NoBackupFolder`, `FolderInside`.
    """
    if named is None and setting.strip():
        named = root / Path(setting).expanduser()
    if named is None and last is not None:
        named = Path(last.file).parent
    if named is None:
        raise NoBackupFolder
    folder = named.resolve()
    if folder.is_relative_to(root.resolve()):
        raise FolderInside(path=folder)
    return folder


def backups_in(folder: Path, vault: str | None) -> Iterator[Backup]:
    """Yield the backups of a vault (None: of any) in a folder, the newest first.

    Last come those that nothing is known of: a manifest that is damaged counts as none. Raises `NoBackup`
    where there is no such folder.
    """
    bundles = [path for path in _entries(folder) if path.suffix == BUNDLE]
    found = [Backup(path, _manifest_or_none(path)) for path in bundles]
    known = [(each.manifest.made, each.bundle.name, each) for each in found if each.manifest]
    for _made, _name, each in sorted(known, reverse=True):
        if each.manifest and vault in (None, each.manifest.vault):
            yield each
    yield from sorted(each for each in found if each.manifest is None)


def chosen(place: Path, vault: str | None) -> Backup:
    """Return the backup that a path means: a bundle, a manifest, or the newest one of a folder.

    Raises `NoBackup`, `ManifestDamaged`, `ManifestNewer`.
    """
    if place.is_dir():
        place = _newest(place, vault)
    bundle = place.with_suffix(BUNDLE) if place.suffix == ENDING else place
    if not bundle.is_file():
        raise NoBackup(path=place)
    manifest = bundle.with_suffix(ENDING)
    return Backup(bundle, read_manifest(manifest) if manifest.exists() else None)


def _newest(folder: Path, vault: str | None) -> Path:
    # By name: a damaged manifest must not let an older backup pass for the newest.
    names = [(_NAME.fullmatch(path.name), path) for path in _entries(folder)]
    named = [(name[2], path) for name, path in names if name and vault in (None, name[1])]
    if named:
        return max(named)[1]
    for each in backups_in(folder, vault):
        return each.bundle  # somebody gave it another name
    raise NoBackup(path=folder)


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    except OSError as error:
        raise NoBackup(path=folder) from error


def _manifest_or_none(bundle: Path) -> Manifest | None:
    try:
        return read_manifest(bundle.with_suffix(ENDING))
    except VaultError:
        return None


# --- made


def create_backup(
    root: Path,
    vault: str,
    folder: Path,
    env: Mapping[str, str],
    made: datetime,
    clone: str,
    random: Random,
    *,
    keep_all: bool = False,
    step: Step = no_step,
    progress: Progress = lambda done, total: None,
) -> Made:
    """Make a backup of all that is saved, prove it by restoring it, and let go of what it supersedes.

    `made` is now, in UTC; days, weeks and months are those of this machine. Until it is proved, nothing has
    its name. Raises `NotAtTop`, `NothingSaved`, `PastMissing`, `NoFolderThere` and each `BackupDamaged`.
    """
    git = git_folder(root)
    if git is None:
        raise NotAtTop(path=root)
    _make_folder(folder, made.timestamp())
    with Repository(root, {**env, "GIT_OPTIONAL_LOCKS": "0"}) as repository, own_folder(folder) as beside:
        part = beside / f"part{BUNDLE}"
        draft = _bundle(repository, part, vault, made.replace(microsecond=0), clone, git)
        step("bundled")
        with own_folder(Path(tempfile.gettempdir())) as work:
            proof = prove(part, draft, work, env, random, progress=progress)
        manifest = draft._replace(counts=proof.counts)
        bundle, manifest = _named(folder, manifest)
        step("proved")
        with suppress(OSError):  # a stick knows no modes
            part.chmod(0o600)
        part.rename(bundle)
        files.sync_folder(folder)
        step("named")
        files.replace(folder, PurePosixPath(bundle.with_suffix(ENDING).name), manifest_bytes(manifest), 0o600)
        unsaved = _unsaved(repository)
    removed = () if keep_all else tuple(_let_go(folder, vault, clone, made))
    return Made(bundle, manifest, proof, unsaved, removed)


def _make_folder(folder: Path, now: float) -> None:
    """Make the folder itself, and none above it: a disk that isn't plugged in must be noticed."""
    if not folder.is_dir():
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise NoFolderThere(path=folder) from error
    for left in folder.glob(f"{TEMP_PREFIX}*"):
        # Of somebody who was killed; another who is at work has a younger one.
        with suppress(OSError):
            newest = max(path.stat().st_mtime for path in (left, *left.iterdir()))
            if now - newest > _LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def own_folder(folder: Path) -> Iterator[Path]:
    """Lend a folder within, which only its owner sees, and which is gone afterwards, however that comes.

    What the disk refuses meanwhile is a `CannotWrite`.
    """
    try:
        made = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX, dir=folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise files.CannotWrite(path=folder, reason=files.reason(error)) from error


def _bundle(
    repository: Repository, part: Path, vault: str, made: datetime, clone: str, git: Path
) -> Manifest:
    """Write all branches and tags into a bundle, durably; return its manifest, with nothing counted yet."""
    if repository.head is None:
        raise NothingSaved
    if text(repository, "rev-parse", "--is-shallow-repository") != "false":
        raise PastMissing
    repository.ask("bundle", "create", "--quiet", str(part), "--branches", "--tags", "HEAD")
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    heads = heads_of(repository, part)
    # What the bundle has, not what stands here by now.
    commit = heads["HEAD"]
    tree, saved = text(repository, "log", "-1", "--format=%T %ct", commit).split(" ")
    branch = repository.branch or ""
    size, sha256 = digest_of(part)
    return Manifest(
        vault=vault,
        clone=clone,
        made=made,
        tool=__version__,
        size=size,
        sha256=sha256,
        branch=branch if heads.get(branch) == commit else "",
        commit=commit,
        tree=tree,
        saved=moment(saved),
        counts=Counts(),
        refs=heads,
        remotes={remote.name: without_password(remote.url) for remote in remotes_of(git)},
    )


def _named(folder: Path, manifest: Manifest) -> tuple[Path, Manifest]:
    """Return a name that nothing has yet: of two backups in one second, one is of the next."""
    while (bundle := folder / _name(manifest)).exists() or bundle.with_suffix(ENDING).exists():
        manifest = manifest._replace(made=manifest.made + timedelta(seconds=1))
    return bundle, manifest


def _name(manifest: Manifest) -> str:
    return f"{manifest.vault}-{manifest.made:%Y%m%dT%H%M%SZ}-{manifest.clone[:6]}{BUNDLE}"


def _unsaved(repository: Repository) -> tuple[str, ...]:
    """Return the files that differ from what is saved, and are in no backup."""
    # By their bytes: git's filter would call a value changed that came in plain, and stands so in the backup.
    bare = ("-c", "filter.vault.clean=", "-c", "filter.vault.process=", "-c", "filter.vault.required=false")
    told = repository.ask(*bare, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
    lines = told.decode("utf-8", "surrogateescape").split("\0")
    return tuple(line[3:] for line in lines if line)


def _let_go(folder: Path, vault: str, clone: str, now: datetime) -> Iterable[Path]:
    """Remove this copy's own backups that are superseded; what another made, or nobody knows, stays."""
    own = [
        each
        for each in backups_in(folder, vault)
        if each.manifest and each.manifest.clone == clone and each.bundle.name == _name(each.manifest)
    ]
    # To the second, as names are; one that was made in the same second bears the next.
    now = now.replace(microsecond=0) + timedelta(minutes=1)
    for each in superseded(own, lambda one: _local(one.manifest), now):
        # The bundle first: a manifest without one is no backup, a bundle without one still is.
        each.bundle.unlink(missing_ok=True)
        each.bundle.with_suffix(ENDING).unlink(missing_ok=True)
        yield each.bundle


def _local(manifest: Manifest | None) -> datetime:
    assert manifest is not None
    return manifest.made.astimezone()


# --- proved


def verify_backup(
    backup: Backup,
    env: Mapping[str, str],
    random: Random,
    *,
    key: Key | None = None,
    progress: Progress = lambda done, total: None,
) -> Proof:
    """Restore a backup into a folder that goes away again; return what that proved, or raise why not."""
    with own_folder(Path(tempfile.gettempdir())) as work:
        proof = prove(backup.bundle, backup.manifest, work, env, random, key=key, progress=progress)
    if backup.manifest is not None:
        check_counts(backup.bundle, backup.manifest, proof.counts)
    return proof
