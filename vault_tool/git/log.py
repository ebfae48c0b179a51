"""What commits did to files, and what stands on disk that no commit has yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from vault_tool.git.repository import Repository
from vault_tool.git.trees import FILES
from vault_tool.named import NamedTuple

_MARK = "commit "
_FORMAT = f"--format={_MARK}%H%x00%P%x00%aN%x00%aE%x00%at"
_SETTINGS = ("-c", "log.follow=false", "-c", "log.showRoot=true")
_LOG = (
    *("log", "--full-history", "--date-order", "-c", "--raw", "-z", "--no-renames", "--no-abbrev"),
    *("--no-ext-diff", "--no-show-signature", "--no-color", "--encoding=UTF-8", _FORMAT),
)


class FileChange(NamedTuple):
    """A file in one commit: its blob in each parent, and after; None where there is no such file."""

    path: PurePosixPath
    before: tuple[str | None, ...]
    after: str | None


class Commit(NamedTuple):
    """A commit and the files it changed; `at` is when its author made it, in seconds since 1970."""

    name: str
    parents: tuple[str, ...]
    author: str
    email: str
    at: int
    files: tuple[FileChange, ...]


def commits(
    repository: Repository,
    paths: Iterable[PurePosixPath] = (),
    since: float | None = None,
    revisions: Sequence[str] = ("HEAD",),
) -> list[Commit]:
    """Return the commits that changed one of these files (none named: any), children before parents.

    `revisions` are what `git log` takes for a range. A merge counts with the files that are in it as in none
    of its parents. Paths are seen from the top.
    Of one file it is quick where a commit-graph tells the changed paths; else git looks at each commit.
    """
    if repository.commit("HEAD") is None:
        return []
    limit = () if since is None else (f"--since={int(since)}",)
    named = [f":(literal){path}" for path in paths]
    told = repository.ask(*_SETTINGS, *_LOG, *limit, *revisions, "--", *named)
    return list(_commits(told.decode("utf-8", "surrogateescape")))


def gone_with(repository: Repository, commit: Commit, parent: str) -> dict[PurePosixPath, str]:
    """Return the files that a commit took away from one of its parents, with the blobs they had."""
    asked = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--diff-filter=D")
    told = repository.ask(*asked, parent, commit.name).decode("utf-8", "surrogateescape")
    return {file.path: file.before[0] for file in _files(iter(told.split("\0"))) if file.before[0]}


def unsaved(repository: Repository, paths: Iterable[PurePosixPath] = ()) -> set[PurePosixPath]:
    """Return the files on disk that git finds other than in the last commit, new and vanished ones too."""
    named = [f":(literal){path}" for path in paths]
    asked = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=no")
    # It would write the index that a sync may be working on.
    told = repository.ask(*asked, "--", *named, env={"GIT_OPTIONAL_LOCKS": "0"})
    lines = told.decode("utf-8", "surrogateescape").split("\0")
    return {PurePosixPath(line[3:]) for line in lines if len(line) > 3}


def _commits(told: str) -> Iterator[Commit]:
    parts = iter(told.split("\0"))
    head: list[str] = []
    files: list[str] = []
    for part in parts:
        if part.startswith(_MARK):
            if head:
                yield _commit(head, files)
            head, files = [part.removeprefix(_MARK), *(next(parts) for _field in range(4))], []
        elif part.lstrip("\n").startswith(":"):
            files += (part.lstrip("\n"), next(parts))
    if head:
        yield _commit(head, files)


def _commit(head: list[str], files: list[str]) -> Commit:
    name, parents, author, email, at = head
    return Commit(name, tuple(parents.split()), author, email, int(at or 0), tuple(_files(iter(files))))


def _files(parts: Iterator[str]) -> Iterator[FileChange]:
    """Read git's raw format: `:mode mode blob blob status` and a path; a mode and a blob more per parent."""
    for part in parts:
        if not part.startswith(":"):
            continue
        parents = len(part) - len(part.lstrip(":"))
        words = part[parents:].split(" ")
        blobs = [
            blob if mode in FILES else None
            for mode, blob in zip(words[: parents + 1], words[parents + 1 : 2 * parents + 2], strict=True)
        ]
        yield FileChange(PurePosixPath(next(parts)), tuple(blobs[:-1]), blobs[-1])
