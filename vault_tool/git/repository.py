"""The one door to GitPython: what git knows of blobs, commits and settings.

Loading GitPython takes a tenth of a second: who asks often asks git's files instead (`folder`, `setup`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from subprocess import PIPE
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

if TYPE_CHECKING:
    from git import Git, Repo

_LINK, _SUBMODULE = "120000", "160000"
_NOTHING = frozenset("0")
_EMPTY_TREE = ("hash-object", "-t", "tree", os.devnull)


class NoGit(VaultError):
    """git is not installed."""

    message = N_("This needs git, which is not installed.")
    exit_code = Exit.UNREADABLE


class NoRepository(VaultError):
    """There is no git repository."""

    message = N_("{path} is not in a git repository.")
    exit_code = Exit.USAGE


class GitRefuses(VaultError):
    """git doesn't do what it was asked."""

    message = N_("git says: {reason}")
    exit_code = Exit.UNREADABLE


class Blob(NamedTuple):
    """A file as it came in with a commit (empty: with what is staged); its path is seen from the top."""

    commit: str
    path: PurePosixPath
    name: str


class Repository:
    """A git repository, asked through plumbing commands whose output is made for programs."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        if shutil.which("git", path=env.get("PATH")) is None:
            raise NoGit
        # GitPython would refuse to be imported where git is not on *its* path.
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        from git import InvalidGitRepositoryError, NoSuchPathError, Repo

        try:
            self._repo: Repo = Repo(folder, search_parent_directories=True, expand_vars=False)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise NoRepository(path=folder) from error
        self._repo.git.update_environment(**env)
        # GitPython takes `$` in a folder's name for a variable, and where that leads nowhere asks git in the
        # folder one happens to be in: another repository.
        self._repo.git.set_persistent_git_options(C=str(self.top))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_told: object) -> None:
        if blobs := vars(self).pop("_blobs", None):
            blobs.stdin.close()
            blobs.wait()
        self._repo.close()

    @property
    def is_bare(self) -> bool:
        """Whether it has no work tree: a server's."""
        return self._repo.bare

    @cached_property
    def top(self) -> Path:
        """The work tree's top; the repository itself where it is bare."""
        return Path(self._repo.working_tree_dir or self._repo.git_dir).resolve()

    # --- what is new

    def staged(self, merging: Iterable[str] = ()) -> list[Blob]:
        """Return the files that differ in the index from the last commit, and from those being merged."""
        parents = [self.commit("HEAD") or self._ask(*_EMPTY_TREE).strip(), *merging]
        if theirs := self.commit("MERGE_HEAD"):
            parents.append(theirs)
        found = [list(_raw(self._bytes("diff-index", *_RAW, "--cached", parent))) for parent in parents]
        # What came from the other side as it is, nobody here has made.
        others = [frozenset(each) for each in found[1:]]
        return [each for each in found[0] if all(each in other for other in others)]

    def added(self, *revisions: str) -> list[Blob]:
        """Return the files that the commits of a range brought in, the oldest first; each content once.

        Of a merge only what stands in none of its parents.
        """
        commits = self._ask("rev-list", "--reverse", "--topo-order", *revisions)
        if not commits:
            return []
        with tempfile.TemporaryFile() as asked:
            asked.write(f"{commits}\n".encode("ascii"))
            asked.seek(0)
            told = self._bytes("diff-tree", "--stdin", "-r", "-c", "--root", *_RAW, istream=asked)
        once: dict[tuple[PurePosixPath, str], Blob] = {}
        for blob in _raw(told):
            once.setdefault((blob.path, blob.name), blob)
        return list(once.values())

    # --- what stands there

    def commit(self, revision: str) -> str | None:
        """Return the name of a commit, None where there is none."""
        try:
            return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitRefuses:
            return None

    def read(self, name: str) -> bytes:
        """Return a blob's bytes."""
        # GitPython's own way of asking takes no name of a repository by SHA-256.
        stdin, stdout = self._blobs.stdin, self._blobs.stdout
        stdin.write(f"{name}\n".encode("ascii"))
        stdin.flush()
        said = stdout.readline().split()
        if len(said) != 3:
            raise GitRefuses(reason=b" ".join(said).decode("utf-8", "replace"))
        data: bytes = stdout.read(int(said[2]) + 1)[:-1]
        return data

    @cached_property
    def _blobs(self) -> Any:
        """A process that answers with blobs for as long as its stdin is open."""
        return self._git.cat_file("--batch", istream=PIPE, as_process=True)

    def files(self, commit: str, *paths: str) -> dict[PurePosixPath, str]:
        """Return the blobs of a commit at these paths, or in folders named with a `/`."""
        told = self._bytes("ls-tree", "-z", "--full-tree", commit, *paths).decode("utf-8", "surrogateescape")
        found = {}
        for line in filter(None, told.split("\0")):
            traits, _tab, path = line.partition("\t")
            mode, kind, name = traits.split(" ")
            if kind == "blob" and mode != _LINK:
                found[PurePosixPath(path)] = name
        return found

    # --- settings

    def setting(self, key: str) -> str | None:
        """Return a setting, from whichever file git takes it; a path with its `~` resolved."""
        try:
            return self._ask("config", "--type=path", "--get", key) or None
        except GitRefuses:
            return None

    def set(self, key: str, value: str) -> None:
        """Write a setting of this repository, in place of all that there are."""
        self._ask("config", "--local", "--replace-all", key, value)

    # --- asking

    @property
    def _git(self) -> Git:
        return self._repo.git

    def _ask(self, *words: str) -> str:
        return self._bytes(*words).decode("utf-8", "surrogateescape").strip("\n")

    def _bytes(self, command: str, *words: str, istream: object = None) -> bytes:
        from git import GitCommandError

        call = getattr(self._git, command.replace("-", "_"))
        try:
            told: bytes = call(*words, stdout_as_string=False, strip_newline_in_stdout=False, istream=istream)
        except GitCommandError as error:
            said = error.stderr if isinstance(error.stderr, str) else ""
            reason = " ".join(said.removeprefix("\n  stderr: ").strip("'").split())
            raise GitRefuses(reason=reason or str(error.status)) from error
        return told


_RAW = ("--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--diff-filter=d")


def _raw(told: bytes) -> Iterator[Blob]:
    """Read git's raw format: `:mode mode blob blob status`, a mode and a blob more for each parent more."""
    commit = ""
    parts = iter(told.decode("utf-8", "surrogateescape").split("\0"))
    for part in parts:
        if not part.startswith(":"):
            commit = part.strip() or commit
            continue
        parents = len(part) - len(part.lstrip(":"))
        words = part[parents:].split(" ")
        mode, name = words[parents], words[2 * parents + 1]
        path = PurePosixPath(next(parts))
        if mode not in (_LINK, _SUBMODULE) and not _NOTHING.issuperset(name):
            yield Blob(commit, path, name)
