"""A bundle taken apart: what git made of a vault, in a new repository of its own, checked by git."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.git.repository import GitRefuses, Repository
from vault_tool.messages import N_
from vault_tool.sync.backup_manifest import Manifest
from vault_tool.vault import files

_PIECE = 1024 * 1024
_RESTORED = "refs/vault/restored"
# Whatever the vault's own attributes say: the very bytes are wanted.
_BYTE_BY_BYTE = "* -text -ident -filter -diff -merge -working-tree-encoding -export-subst\n"


class BackupDamaged(VaultError):
    """A backup is not what it was, or not what its manifest says."""

    hint = N_("Use another one: vault backup list. Where the vault is well: vault backup create")
    exit_code = Exit.UNREADABLE


class BytesDiffer(BackupDamaged):
    """The bundle's digest is another."""

    message = N_("{path} is damaged: it is not byte for byte what was saved.")


class CannotUnpack(BackupDamaged):
    """git can't get the bundle's contents out."""

    message = N_("{path} is damaged: it can't be unpacked ({reason}).")


class PartsBroken(BackupDamaged):
    """What was unpacked isn't whole."""

    message = N_("{path} is damaged: what was unpacked is not whole ({reason}).")


class OtherBranches(BackupDamaged):
    """The bundle names other states than the manifest."""

    message = N_("{path} doesn't hold the states that its manifest names.")


class OtherTree(BackupDamaged):
    """The state in the bundle has other files than the manifest says."""

    message = N_("{path} holds other files than were saved.")


class NoVaultInside(BackupDamaged):
    """The bundle holds something else."""

    message = N_("{path} holds no vault: there is no vault.toml in it.")
    hint = N_("Name a file that `vault backup create` made.")


def check_bytes(bundle: Path, manifest: Manifest) -> None:
    """Compare a bundle with its digest: it is quick, and finds nearly every damage. Raises `BytesDiffer`."""
    size, digest = digest_of(bundle)
    if (size, digest) != (manifest.size, manifest.sha256):
        raise BytesDiffer(path=bundle)


def digest_of(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file of any size. Raises `CannotUnpack` where it can't be read."""
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise CannotUnpack(path=path, reason=error.strerror or str(error)) from error
    return size, digest.hexdigest()


def own_environment(env: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return an environment in which git asks nobody and goes by no settings but the new repository's."""
    # Named one by one: a hook that runs us has told of its own repository to all that follows.
    return {
        **env,
        "GIT_DIR": str(root / ".git"),
        "GIT_WORK_TREE": str(root),
        "GIT_INDEX_FILE": str(root / ".git" / "index"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def heads_of(repository: Repository, bundle: Path) -> dict[str, str]:
    """Return what a bundle names: commits by reference. Raises `CannotUnpack`."""
    try:
        told = text(repository, "bundle", "list-heads", str(bundle))
    except GitRefuses as error:
        raise refused(CannotUnpack, bundle, error) from error
    pairs = (line.split(" ", 1) for line in told.splitlines())
    return {name: commit for commit, name in pairs}


def unpack(bundle: Path, manifest: Manifest | None, root: Path, env: Mapping[str, str]) -> tuple[str, str]:
    """Take everything out of a bundle into a new repository; return branch (empty: none) and commit."""
    with Repository.create(root, env, _hash_of(bundle)) as repository:
        heads = heads_of(repository, bundle)
        if manifest is not None and heads != {**manifest.refs}:
            raise OtherBranches(path=bundle)
        wanted = ["+refs/*:refs/*"] + ([f"+HEAD:{_RESTORED}"] if "HEAD" in heads else [])
        try:
            repository.ask(
                *("-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--no-tags", "--update-head-ok"),
                *("--no-write-fetch-head", "--no-auto-gc", str(bundle.absolute()), *wanted),
            )
            if "HEAD" in heads:
                repository.set_ref(_RESTORED, None)
        except GitRefuses as error:
            raise refused(CannotUnpack, bundle, error) from error
    commit = _commit(bundle, manifest, heads)
    return _branch(manifest, heads), commit


def _hash_of(bundle: Path) -> str:
    """Return how the objects in a bundle are named: gitformat-bundle(5), version 3 tells it."""
    with bundle.open("rb") as file:
        return "sha256" if b"@object-format=sha256\n" in file.read(4096).split(b"\n\n")[0] else "sha1"


def _commit(bundle: Path, manifest: Manifest | None, heads: Mapping[str, str]) -> str:
    if manifest is not None:
        is_told = not manifest.branch or heads.get(manifest.branch) == manifest.commit
        if manifest.commit != heads.get("HEAD") or not is_told:
            raise OtherBranches(path=bundle)
        return manifest.commit
    commit = heads.get("HEAD") or heads.get(_branch(None, heads))
    if commit is None:
        raise NoVaultInside(path=bundle)
    return commit


def _branch(manifest: Manifest | None, heads: Mapping[str, str]) -> str:
    """Return the branch to stand on; without a manifest the one that HEAD was, as far as that can be told."""
    if manifest is not None:
        return manifest.branch
    branches = [name for name in heads if name.startswith("refs/heads/")]
    usual = ("refs/heads/main", "refs/heads/master")
    branches.sort(key=lambda name: (heads[name] != heads.get("HEAD", heads[name]), name not in usual, name))
    return branches[0] if branches and heads[branches[0]] == heads.get("HEAD", heads[branches[0]]) else ""


def check_parts(bundle: Path, repository: Repository) -> None:
    """Have git look at every object there is, strictly. Raises `PartsBroken`."""
    try:
        repository.ask("fsck", "--full", "--strict", "--no-dangling", "--no-progress")
    except GitRefuses as error:
        raise refused(PartsBroken, bundle, error) from error


def write_files(bundle: Path, repository: Repository, root: Path, commit: str, branch: str) -> None:
    """Write the files of a commit as they are in git, and stand on its branch."""
    attributes = root / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text(_BYTE_BY_BYTE, "ascii")
    try:
        if branch:
            repository.ask("symbolic-ref", "HEAD", branch)
        else:
            repository.ask("update-ref", "--no-deref", "HEAD", commit)
        repository.ask("-c", f"core.hooksPath={os.devnull}", "read-tree", "--reset", "-u", commit)
    except GitRefuses as error:
        raise refused(CannotUnpack, bundle, error) from error
    finally:
        attributes.unlink()


def refused(kind: type[BackupDamaged], bundle: Path, error: GitRefuses) -> VaultError:
    """Return what it means that git refuses: a damage of this kind, unless this machine's disk is full."""
    reason = str(error.values["reason"])
    if re.search(r"No space left on device|[Dd]isk quota exceeded", reason):
        return files.CannotWrite(path=tempfile.gettempdir(), reason=reason)
    return kind(path=bundle, reason=reason)


def moment(seconds: str) -> datetime:
    """Return the moment that git tells in seconds."""
    return datetime.fromtimestamp(int(seconds), UTC)


def text(repository: Repository, *words: str) -> str:
    """Return what git answers, as a text without its last line's end. Raises `GitRefuses`."""
    return repository.ask(*words).decode("utf-8", "surrogateescape").strip("\n")
