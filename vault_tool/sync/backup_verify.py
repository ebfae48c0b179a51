"""A backup proved: really restored into a fresh folder, and compared with what it was made of.

`git bundle verify` passes damaged bundles: it is not asked. Each damage is an error of its own kind; what the
vault itself should not hold (values in plain) is told: no copy can be better than its source.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from random import Random

from vault_tool import __version__
from vault_tool.git.blobs import blob_name
from vault_tool.git.repository import GitRefuses, Repository
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import load_schema
from vault_tool.sealing.clean import note_globs
from vault_tool.sealing.gate import Found, Gate
from vault_tool.sealing.identities import AskPassphrase
from vault_tool.sealing.vault_keys import NotOpened, VaultKeys
from vault_tool.sync.backup_manifest import Counts, Manifest
from vault_tool.sync.backup_unpack import (
    BackupDamaged,
    NoVaultInside,
    OtherTree,
    check_bytes,
    check_parts,
    moment,
    own_environment,
    text,
    unpack,
    write_files,
)
from vault_tool.vault.files import MAX_NOTE_BYTES, Step, no_step
from vault_tool.vault.keyring import KEYRING
from vault_tool.vault.places import HOME_VARIABLE
from vault_tool.vault.settings import SETTINGS_NAME, load_settings
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs, printable

Progress = Callable[[int, int], None]

_LINK, _SUBMODULE = "120000", "160000"


class FileDiffers(BackupDamaged):
    """A restored file differs from what was saved."""

    message = N_("From {path}, {file} is not restored as it was saved.")


class CountsDiffer(BackupDamaged):
    """There are more or fewer notes than the manifest says."""

    message = N_(
        "{path} holds {now} customers with {entries} entries, and was saved with {then} customers and "
        "{then_entries} entries; or other counts differ."
    )


class PastBroken(BackupDamaged):
    """An old state can't be read."""

    message = N_("From {path}, {file} of {day} can't be read as it was saved.")


class InPlain(NamedTuple):
    """Something in a note that a backup had better not hold; never what it is."""

    path: PurePosixPath
    found: Found


class Past(NamedTuple):
    """An old state that was read again: when it was saved, how many files it has."""

    saved: datetime
    files: int


class Proof(NamedTuple):
    """What was proved of a backup.

    `has_keys` tells whether the vault seals anything at all; `opened` is None where no key was given, and
    `closed` are the values which that key didn't open.
    """

    branch: str
    commit: str
    tree: str
    vault: str
    saved: datetime
    counts: Counts
    has_keys: bool
    sealed: int
    opened: int | None
    closed: tuple[NotOpened, ...]
    in_plain: tuple[InPlain, ...]
    past: Past
    has_manifest: bool

    @property
    def is_good(self) -> bool:
        """Whether all that was looked at is as it should be."""
        return not self.closed and not self.in_plain


class Key(NamedTuple):
    """A key to open everything with, and who is asked for its passphrase."""

    path: Path
    ask: AskPassphrase


def check_counts(bundle: Path, manifest: Manifest, counts: Counts) -> None:
    """Compare what was counted with what the manifest says. Raises `CountsDiffer`.

    Another version may read a note otherwise, and isn't compared: that the bytes are the same is proved.
    """
    if manifest.tool == __version__ and counts != manifest.counts:
        raise CountsDiffer(
            path=bundle,
            now=counts.all_customers,
            entries=counts.entries,
            then=manifest.counts.all_customers,
            then_entries=manifest.counts.entries,
        )


def prove(
    bundle: Path,
    manifest: Manifest | None,
    work: Path,
    env: Mapping[str, str],
    random: Random,
    *,
    key: Key | None = None,
    step: Step = no_step,
    progress: Progress = lambda done, total: None,
) -> Proof:
    """Restore a bundle into `work / "vault"` and compare it with its manifest; without one, with itself.

    The folder `work` belongs to the caller, who removes it. Raises a `BackupDamaged`: what is quick comes
    first, and finds most. What was counted is left to `check_counts`. `step` is told of each stage, for tests
    of damages in between.
    """
    if manifest is not None:
        check_bytes(bundle, manifest)
    root = work / "vault"
    (work / "home").mkdir(mode=0o700)
    root.mkdir(mode=0o700)
    git_env = own_environment(env, root)
    step("begun")
    branch, commit = unpack(bundle, manifest, root, git_env)
    step("unpacked")
    with Repository(root, git_env) as repository:
        check_parts(bundle, repository)
        tree, saved = text(repository, "log", "-1", "--format=%T %ct", commit).split(" ")
        if manifest is not None and tree != manifest.tree:
            raise OtherTree(path=bundle)
        write_files(bundle, repository, root, commit, branch)
        step("written")
        listed = _listed(repository, commit)
        if not (root / SETTINGS_NAME).is_file():
            raise NoVaultInside(path=bundle)
        reader = _Reader(root, work / "home", env, key)
        for number, each in enumerate(listed, 1):
            data = _bytes_of(root, each)
            if data is None or blob_name(data, repository.hash) != each.name:
                raise FileDiffers(path=bundle, file=printable(each.path))
            reader.take(PurePosixPath(each.path), data, is_file=each.mode != _LINK)
            progress(number, len(listed))
        step("read")
        # Asked anew: what is open already would not show a damage.
        with Repository(root, git_env) as anew:
            past = _read_past(bundle, anew, random)
    return Proof(
        branch=branch,
        commit=commit,
        tree=tree,
        saved=moment(saved),
        past=past,
        has_manifest=manifest is not None,
        vault=reader.vault,
        counts=reader.counts,
        has_keys=reader.has_keys,
        sealed=reader.sealed,
        opened=reader.opened,
        closed=tuple(reader.closed),
        in_plain=tuple(reader.in_plain),
    )


# --- looked at ---------------------------------------------------------------------------------------------


class _Listed(NamedTuple):
    mode: str
    name: str
    path: str


def _listed(repository: Repository, commit: str) -> list[_Listed]:
    told = repository.ask("ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape")
    found = []
    for line in filter(None, told.split("\0")):
        traits, _tab, path = line.partition("\t")
        mode, _kind, name = traits.split(" ")
        if mode != _SUBMODULE:
            found.append(_Listed(mode, name, path))
    return found


class _Reader:
    """Reads the files of a restored vault, one by one, and counts."""

    def __init__(self, root: Path, home: Path, env: Mapping[str, str], key: Key | None) -> None:
        settings, self._schema = load_settings(root), load_schema(root / "schema")
        self.vault = settings.id
        self._globs = note_globs(settings)
        self.has_keys = (root / KEYRING).is_file()
        self._gate = Gate(settings, self._schema) if self.has_keys else None
        self._keys: VaultKeys | None = None
        if key is not None and self.has_keys:
            # What is trusted, and where, is this machine's business: here is a copy that goes away again.
            self._keys = VaultKeys(root, settings, home, {**env, HOME_VARIABLE: str(home)}, key.ask)
            self._keys.use_only(key.path)
        self.counts = Counts()
        self.sealed = 0
        self.opened = 0 if self._keys else None
        self.closed: list[NotOpened] = []
        self.in_plain: list[InPlain] = []

    def take(self, path: PurePosixPath, data: bytes, *, is_file: bool) -> None:
        """Read one file."""
        is_customer = matches_globs(path, self._globs)
        self.counts = self.counts._replace(files=self.counts.files + 1)
        if not is_file or len(data) > MAX_NOTE_BYTES:
            unreadable = self.counts.unreadable + is_customer
            self.counts = self.counts._replace(unreadable=unreadable)
            return
        if self._gate is not None:
            self.in_plain += (InPlain(path, found) for found in self._gate.check(path, data))
        if is_customer:
            note = parse_note(path, data, self._schema)
            self._count(note)
            for vid in dict.fromkeys(reference.vid for reference in note.sealed_references):
                self._open(note, vid)

    def _count(self, note: Note) -> None:
        counts = self.counts
        is_archived = matches_globs(note.path, [ARCHIVE_GLOB])
        self.counts = counts._replace(
            customers=counts.customers + (not is_archived),
            archived=counts.archived + is_archived,
            entries=counts.entries + len(note.entries),
            unreadable=counts.unreadable + (not note.is_writable),
            newest=max([counts.newest, *(f"{entry.date}" for entry in note.entries if entry.date)]),
        )

    def _open(self, note: Note, vid: str) -> None:
        self.sealed += 1
        if self._keys is not None and self.opened is not None:
            try:
                self._keys.open(note, vid)
                self.opened += 1
            except NotOpened as error:
                self.closed.append(error)


def _bytes_of(root: Path, each: _Listed) -> bytes | None:
    """Return what was restored at a path, None where it is nothing of that kind."""
    place = os.path.join(root, each.path)  # noqa: PTH118 - names in any bytes
    try:
        mode = os.lstat(place).st_mode
        if each.mode == _LINK:
            return os.fsencode(os.readlink(place)) if stat.S_ISLNK(mode) else None  # noqa: PTH115
        if not stat.S_ISREG(mode):
            return None
        with open(place, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return None


def _read_past(bundle: Path, repository: Repository, random: Random) -> Past:
    """Read every file of a state that the dice choose, and compare it with its name."""
    day = "?"
    file = "?"
    try:
        commit, told = random.choice(text(repository, "log", "--all", "--format=%H %ct").splitlines()).split(
            " "
        )
        saved = moment(told)
        day = f"{saved:%Y-%m-%d}"
        listed = _listed(repository, commit)
        for each in listed:
            file = printable(each.path)
            if blob_name(repository.read(each.name), repository.hash) != each.name:
                raise PastBroken(path=bundle, file=file, day=day)
    except (GitRefuses, OSError, ValueError) as error:
        raise PastBroken(path=bundle, file=file, day=day) from error
    return Past(saved, len(listed))
