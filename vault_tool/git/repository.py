"""The one door to GitPython: what git knows of blobs, commits and settings.

Only GitPython's runner of commands is loaded: the rest of it takes longer to load than a commit to make, and
its own objects are slower than git's plumbing. Who asks often asks git's files instead (`folder`, `setup`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from subprocess import PIPE, Popen
from threading import Lock
from types import ModuleType

from vault_tool.errors import Exit, VaultError
from vault_tool.git.program import needed_program
from vault_tool.git.trees import Trees
from vault_tool.messages import N_
from vault_tool.named import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from git import Git

_LINK, _SUBMODULE = "120000", "160000"
_NOTHING = frozenset("0")
_PACKAGES = ("git", "gitdb")
_loading = Lock()
# GitPython takes as long to load as all of these take together.
_OF_EVERY_SYNC = {"cat-file", "config", "fast-import", "update-index", "update-ref"}
_EMPTY_TREE = ("hash-object", "-t", "tree", os.devnull)


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
        self._program = needed_program(env)
        found = _found(folder)
        if found is None:
            raise NoRepository(path=folder)
        self.top, self.git_folder = found
        """The work tree's top and its own git folder; both the repository where it is bare."""
        self._env = {**os.environ, **env, **self._own_places(env)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_told: object) -> None:
        if blobs := vars(self).pop("_blobs", None):
            blobs.communicate()

    @property
    def is_bare(self) -> bool:
        """Whether it has no work tree: a server's."""
        return self.top == self.git_folder

    @cached_property
    def common_folder(self) -> Path:
        """Where all work trees of the repository have their references, objects and settings."""
        try:
            told = (self.git_folder / "commondir").read_text("utf-8").strip()
        except OSError:
            return self.git_folder
        return (self.git_folder / told).resolve()

    def _own_places(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return this repository's places for all that the environment has from another one."""
        told = {**os.environ, **env}
        if "GIT_DIR" not in told or (self.top / told["GIT_DIR"]).resolve() == self.git_folder.resolve():
            return {}  # or from a hook of this one, which knows better
        own = {
            "GIT_DIR": self.git_folder,
            "GIT_WORK_TREE": self.top,
            "GIT_COMMON_DIR": self.common_folder,
            "GIT_INDEX_FILE": self.git_folder / "index",
            "GIT_OBJECT_DIRECTORY": self.common_folder / "objects",
        }
        return {name: str(place) for name, place in own.items() if name in told}

    # --- what is new

    def staged(self, merging: Iterable[str] = ()) -> list[Blob]:
        """Return the files that differ in the index from the last commit, and from those being merged."""
        parents = [self.commit("HEAD") or self._ask(*_EMPTY_TREE).strip(), *merging]
        if theirs := self.commit("MERGE_HEAD"):
            parents.append(theirs)
        found = [list(_raw(self.ask("diff-index", *_RAW, "--cached", parent))) for parent in parents]
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
        asked = f"{commits}\n".encode("ascii")
        told = self.ask("diff-tree", "--stdin", "-r", "-c", "--root", *_RAW, stdin=asked)
        once: dict[tuple[PurePosixPath, str], Blob] = {}
        for blob in _raw(told):
            once.setdefault((blob.path, blob.name), blob)
        return list(once.values())

    # --- what stands there

    def commit(self, revision: str) -> str | None:
        """Return the name of a commit, None where there is none."""
        asked = self._object("info", f"{revision}^{{commit}}")
        return asked[0] if asked else None

    @property
    def head(self) -> str | None:
        """The commit that the work tree stands on, None where there is none yet.

        Raises `GitRefuses` where it is named, and not there: who took that for none would begin anew.
        """
        head = self.commit("HEAD")
        if head is None and self.run("rev-parse", "--quiet", "--verify", "HEAD")[0] == 0:
            raise GitRefuses(reason="bad object HEAD")
        return head

    def time_of(self, commit: str) -> int:
        """Return when a commit was made, in seconds since 1970."""
        asked = self._object("contents", commit)
        if asked is None:
            raise GitRefuses(reason=f"bad object {commit}")
        for line in asked[2].split(b"\n"):
            if line.startswith(b"committer "):
                return int(line.split()[-2])
        return 0

    def merge_bases(self, one: str, other: str) -> list[str]:
        """Return the best commits that both grew from, in the order of their names; none where none is."""
        status, told, said = self.run("merge-base", "--all", one, other)
        if status not in (0, 1):
            raise GitRefuses(reason=said or str(status))
        return sorted(told.decode("ascii").split())

    @property
    def branch(self) -> str | None:
        """The branch that the work tree is on, as `refs/heads/main`; None where it is on none."""
        try:
            told = (self.git_folder / "HEAD").read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise GitRefuses(reason=str(error)) from error
        return told.removeprefix("ref:").strip() if told.startswith("ref:") else None

    @cached_property
    def hash(self) -> str:
        """How this repository names its objects: `sha1` or `sha256`."""
        if head := self.head:
            return "sha1" if len(head) == 40 else "sha256"
        return self._ask("rev-parse", "--show-object-format")

    def read(self, name: str) -> bytes:
        """Return a blob's bytes."""
        asked = self._object("contents", name)
        if asked is None:
            raise GitRefuses(reason=f"bad object {name}")
        return asked[2]

    @cached_property
    def trees(self) -> Trees:
        """The trees of this repository's commits."""
        return Trees(self._tree)

    def _tree(self, name: str) -> bytes:
        asked = self._object("contents", f"{name}^{{tree}}")
        if asked is None:
            raise GitRefuses(reason=f"bad object {name}")
        return asked[2]

    def begin_to_answer(self) -> None:
        """Have git ready for the first question about an object by the time when it is asked."""
        _started = self._blobs

    def _object(self, question: str, name: str) -> tuple[str, str, bytes] | None:
        """Return name, kind and (asked for its `contents`) bytes of an object, None where there is none."""
        if "\0" in name or "\n" in name:
            return None
        # GitPython's own way of asking takes no name of a repository by SHA-256.
        stdin, stdout = self._blobs.stdin, self._blobs.stdout
        with suppress(BrokenPipeError):
            stdin.write(f"{question} {name}\n".encode("utf-8", "surrogateescape"))
            stdin.flush()
        said = stdout.readline().split()
        if not said:
            raise GitRefuses(reason=self._last_words())
        if len(said) != 3 or not said[2].isdigit():
            return None
        oid, kind, size = said[0].decode("ascii"), said[1].decode("ascii"), int(said[2])
        return oid, kind, stdout.read(size + 1)[:-1] if question == "contents" else b""

    @cached_property
    def _blobs(self) -> Any:
        """A process that answers with objects for as long as its stdin is open."""
        return self._started(("cat-file", "--batch-command"), None)

    def _last_words(self) -> str:
        """Return, on one line, why the process that answers with objects has ended; the next is a new one."""
        blobs = vars(self).pop("_blobs")
        said = blobs.communicate()[1].decode("utf-8", "replace")
        return " ".join(said.split()) or "cat-file"

    def files(self, commit: str, *paths: str) -> dict[PurePosixPath, str]:
        """Return the blobs of a commit at these paths, or in folders named with a `/`."""
        told = self.ask("ls-tree", "-z", "--full-tree", commit, *paths).decode("utf-8", "surrogateescape")
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

    @cached_property
    def ssh_command(self) -> str | None:
        """What git runs to log in by ssh, where the settings say."""
        return self.setting("core.sshCommand")

    def set(self, key: str, value: str) -> None:
        """Write a setting of this repository, in place of all that there are."""
        self._ask("config", "--local", "--replace-all", key, value)

    # --- servers

    @classmethod
    def create(cls, folder: Path, env: Mapping[str, str], hash: str = "sha1") -> Self:
        """Make a repository at a folder; the machine's template, which may hold hooks, has no part in it."""
        from subprocess import run

        command = [needed_program(env), "-C", str(folder), "init", "--quiet", "--template=", "-b", "main"]
        command.append(f"--object-format={hash}")
        done = run(command, env=dict(env), capture_output=True, check=False)
        if done.returncode != 0:
            raise GitRefuses(reason=" ".join(done.stderr.decode("utf-8", "replace").split()))
        return cls(folder, env)

    @property
    def environment(self) -> dict[str, str]:
        """The environment that git is asked in."""
        return dict(self._env)

    def common_ancestor(self, one: str, other: str) -> str | None:
        """Return a commit that both grew from, None where they have nothing in common."""
        if one == other:
            return one
        try:
            return self._ask("merge-base", one, other) or None
        except GitRefuses:
            return None

    def set_ref(self, ref: str, commit: str | None) -> None:
        """Let a reference name a commit; None deletes it, and its commits stay while another names them."""
        self._ask("update-ref", *(("-d", ref) if commit is None else (ref, commit)))

    # --- asking

    def run(
        self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Run a git command on these bytes; return its status, stdout, and stderr as one line.

        `env` adds to the environment of this repository.
        """
        process = self._started(words, env)
        # GitPython ends a process when nobody holds what it returned: not its inner part alone.
        out, err = process.communicate(stdin)
        return process.returncode, out, " ".join(err.decode("utf-8", "replace").split())

    def ask(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run a git command on these bytes; return its stdout. Raises `GitRefuses`."""
        status, out, err = self.run(*words, stdin=stdin, env=env)
        if status != 0:
            raise GitRefuses(reason=err or str(status))
        return out

    def start(self, *words: str) -> Any:
        """Start a git command that is told on stdin what to do; return the process, with all three pipes."""
        return self._started(words, None)

    def _started(self, words: tuple[str, ...], env: Mapping[str, str] | None) -> Any:
        command = [self._program, "-C", str(self.top), *words]
        if words[0] in _OF_EVERY_SYNC:
            told = {**self._env, **(env or {})}
            return Popen(command, env=told, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        return self._git.execute(command, istream=PIPE, as_process=True, env=dict(env or {}))

    @cached_property
    def _git(self) -> Git:
        git = _runner(self._program)(str(self.top))
        git.update_environment(**self._env)
        return git

    def _ask(self, *words: str) -> str:
        return self.ask(*words).decode("utf-8", "surrogateescape").strip("\n")


def _found(folder: Path) -> tuple[Path, Path] | None:
    """Return the top and the git folder of the repository that a folder lies in."""
    # Not what git says of where one happens to be: a hook's environment may name another repository.
    for place in (folder.resolve(), *folder.resolve().parents):
        told = place / ".git"
        if (told / "HEAD").is_file():
            return place, told
        if told.is_file():
            with suppress(OSError, UnicodeDecodeError):
                word, _colon, where = told.read_text("utf-8").partition(":")
                named = (place / where.strip()).resolve()
                if word == "gitdir" and (named / "HEAD").is_file():
                    return place, named
        if (place / "HEAD").is_file() and (place / "objects").is_dir() and (place / "refs").is_dir():
            return place, place
    return None


def _runner(program: str) -> type[Git]:
    """Return GitPython's runner of commands, without the rest of the package.

    Whoever imports `git` after this gets all of it, as ever.
    """
    # A server may be asked by a second thread at the same moment.
    with _loading:
        bare = [] if "git.cmd" in sys.modules else [name for name in _PACKAGES if name not in sys.modules]
        for name in bare:
            from importlib.util import find_spec

            package = ModuleType(name)
            package.__path__ = list(getattr(find_spec(name), "submodule_search_locations", None) or ())
            sys.modules[name] = package
        try:
            from git.cmd import Git
        finally:
            for name in bare:
                del sys.modules[name]
    # GitPython would look for git on *its* path, and ask it for its version.
    Git.GIT_PYTHON_GIT_EXECUTABLE = program
    return Git


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
