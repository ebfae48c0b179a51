"""A branch moved to a commit whose files stand in the work tree already."""

from __future__ import annotations

import time

from vault_tool.errors import Exit, VaultError
from vault_tool.git.index import PATIENCE, IndexLocked, put_entries
from vault_tool.git.repository import GitRefuses, Repository
from vault_tool.messages import N_


class HeadMoved(VaultError):
    """The branch is no longer where it was: somebody used git meanwhile."""

    message = N_(
        "Somebody used git here while the vault was being synced. Every note is whole, nothing is lost."
    )
    hint = N_("Run `vault sync` again.")
    exit_code = Exit.BUSY


def check_movable(repository: Repository, ref: str, old: str | None) -> None:
    """Refuse to begin where `advance` would fail. Raises `HeadMoved`, `IndexLocked`."""
    if repository.branch != ref or repository.head != old:
        raise HeadMoved
    lock = repository.git_folder / "index.lock"
    until = time.monotonic() + PATIENCE
    while lock.exists():
        if time.monotonic() > until:
            raise IndexLocked
        time.sleep(0.05)


def advance(repository: Repository, ref: str, old: str | None, new: str) -> None:
    """Take what differs between two commits into the index, then move the branch.

    What else a person staged stays staged. The index comes first: killed between the two, all that came is
    staged, and whoever commits then commits it; the other way round it would be taken back unseen.
    Raises `HeadMoved` where the branch is not at `old` any more, `IndexLocked`.
    """
    check_movable(repository, ref, old)
    if changes := repository.trees.changes(old, new):
        put_entries(repository, changes)
    status, _out, said = repository.run("update-ref", "-m", "vault sync", ref, new, old or "0" * len(new))
    if status != 0 and repository.head != old:
        raise HeadMoved
    if status != 0:
        raise GitRefuses(reason=said or str(status))
