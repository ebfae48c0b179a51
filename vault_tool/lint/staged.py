"""What git is about to commit: the notes as they stand in its index, not in the folder.

git is asked here and not through `git.repository`: this runs before each commit, and loading GitPython makes
asking half as slow again.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault.files import MAX_NOTE_BYTES
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs

_LINK, _FOLDER = "120000", "160000"


class NoRepository(VaultError):
    """The vault is not kept in git."""

    message = N_("{root} is not in a git repository: nothing is staged.")
    hint = N_("`vault lint` checks the files as they are.")
    exit_code = Exit.USAGE


class NoGit(VaultError):
    """git is not installed."""

    message = N_("--staged needs git, which is not installed.")
    hint = N_("`vault lint` checks the files as they are.")
    exit_code = Exit.UNREADABLE


class GitRefuses(VaultError):
    """git does not tell what is staged."""

    message = N_("git does not say what is staged: {reason}")
    exit_code = Exit.UNREADABLE


class StagedNote(NamedTuple):
    """One changed note as it would be committed."""

    path: PurePosixPath
    data: bytes


class _Entry(NamedTuple):
    path: PurePosixPath
    blob: str


def repository_of(root: Path) -> Path | None:
    """Return the folder of the git repository that a vault lies in, without asking git."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


def folder_in_repository(root: Path) -> PurePosixPath:
    """Return where a vault lies in its repository; without one, `.`."""
    repository = repository_of(root)
    return PurePosixPath(root.relative_to(repository or root).as_posix())


def staged_notes(root: Path, globs: Sequence[str], env: Mapping[str, str]) -> Iterator[StagedNote]:
    """Yield the notes that differ in git's index from the last commit, in the order of their paths.

    Passed over is what was removed, lies in no folder of notes, or is no note: a link, a file too large for
    one, a name that is no UTF-8. One note is in memory at a time.
    """
    everything = (*globs, ARCHIVE_GLOB)
    wanted = [entry for entry in _changed(root, env) if matches_globs(entry.path, everything)]
    return _contents(root, sorted(wanted), env)


def _changed(root: Path, env: Mapping[str, str]) -> Iterator[_Entry]:
    if repository_of(root) is None:
        raise NoRepository(root=root)
    # Lower case leaves out: what is deleted, and what a merge has left undecided (git will not commit that).
    options = (
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--relative",
        "--no-ext-diff",
        "--diff-filter=du",
    )
    parts = _git(root, env, "diff", "--cached", *options).split(b"\0")
    for traits, path in zip(parts[::2], parts[1::2], strict=False):
        _old_mode, mode, _old_blob, blob, _status = traits.decode("ascii").split(" ")
        where = PurePosixPath(os.fsdecode(path))
        if mode not in (_LINK, _FOLDER) and _is_utf8(where):
            yield _Entry(where, blob)


def _contents(root: Path, entries: Sequence[_Entry], env: Mapping[str, str]) -> Iterator[StagedNote]:
    if not entries:
        return
    with _process(root, env, "cat-file", "--batch") as git:
        for entry in entries:
            size = _asked(git, entry.blob)
            if size > MAX_NOTE_BYTES:
                _skip(git, size)
            else:
                yield StagedNote(entry.path, _taken(git, size))


def _asked(git: subprocess.Popen[bytes], blob: str) -> int:
    """Ask for a blob and return its size; its bytes and a line break are to be read next."""
    assert git.stdin and git.stdout  # both are pipes
    git.stdin.write(f"{blob}\n".encode())
    git.stdin.flush()
    said = git.stdout.readline().split()
    if len(said) != 3:
        raise GitRefuses(reason=b" ".join(said).decode("utf-8", "replace"))
    return int(said[2])


def _taken(git: subprocess.Popen[bytes], size: int) -> bytes:
    assert git.stdout
    return git.stdout.read(size + 1)[:size]


def _skip(git: subprocess.Popen[bytes], size: int) -> None:
    assert git.stdout
    left = size + 1
    while left and (part := git.stdout.read(min(left, 1 << 20))):
        left -= len(part)


def _is_utf8(path: PurePosixPath) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _process(root: Path, env: Mapping[str, str], *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run git beside us, with pipes; it ends when we are done with it."""
    try:
        process = subprocess.Popen(
            ["git", *words],
            cwd=root,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise GitRefuses(reason=error.strerror or str(error)) from error
    with process:
        try:
            yield process
        finally:
            if process.stdin:
                process.stdin.close()  # it ends by that; what it still says is in nobody's way


def _git(root: Path, env: Mapping[str, str], *words: str) -> bytes:
    try:
        # A path of the vault never stands among the words.
        answer = subprocess.run(["git", *words], cwd=root, env=dict(env), capture_output=True, check=False)
    except FileNotFoundError as error:
        raise NoGit from error
    except OSError as error:
        raise GitRefuses(reason=error.strerror or str(error)) from error
    if answer.returncode:
        raise GitRefuses(reason=" ".join(answer.stderr.decode("utf-8", "replace").split()))
    return answer.stdout
