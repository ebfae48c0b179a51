"""git's index made to agree with what is about to be committed: `git status` then shows nobody's change."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.git.repository import GitRefuses
from vault_tool.git.trees import Entry
from vault_tool.messages import N_

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.git.repository import Repository

PATIENCE = 5.0
"""Seconds for which another program may hold git's lock before we give up."""
_POLL = 0.05
Stamp = tuple[int, int, int]


class IndexLocked(VaultError):
    """Another program holds the lock of git's index."""

    message = N_("Another program is using git in this vault now. Every note is whole, nothing is lost.")
    hint = N_("Close it, or wait for it to end, and run `vault sync` again.")
    exit_code = Exit.BUSY


def stamp(repository: Repository) -> Stamp | None:
    """Return what changes whenever the index does, None where there is none."""
    try:
        seen = (repository.git_folder / "index").stat()
    except FileNotFoundError:
        return None
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def put_entries(
    repository: Repository,
    entries: Mapping[PurePosixPath, Entry | None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Have the index hold these entries, and leave all others alone. Raises `IndexLocked`."""
    lines = []
    nothing = "0" * (40 if repository.hash == "sha1" else 64)
    # What goes before what comes: a folder may stand where a file stood.
    for path, entry in sorted(entries.items(), key=lambda item: item[1] is not None):
        told = f"{entry.mode} {entry.name}" if entry else f"0 {nothing}"
        lines.append(f"{told}\t{path}\0".encode("utf-8", "surrogateescape"))
    until = clock() + PATIENCE
    while True:
        status, _out, said = repository.run("update-index", "-z", "--index-info", stdin=b"".join(lines))
        if status == 0:
            return
        if "index.lock" not in said or "File exists" not in said:
            raise GitRefuses(reason=said or str(status))
        if clock() > until:
            raise IndexLocked
        sleep(_POLL)


def differing(repository: Repository, commit: str | None) -> set[PurePosixPath]:
    """Return the paths at which the index has something else than a commit."""
    if commit is None:
        told = repository.ask("ls-files", "-z", "--cached")
    else:
        told = repository.ask("diff-index", "--cached", "--name-only", "--no-renames", "-z", commit)
    return {PurePosixPath(path) for path in told.decode("utf-8", "surrogateescape").split("\0") if path}
