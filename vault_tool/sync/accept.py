"""A server's past that was changed, accepted after somebody looked at it.

What was saved here and never sent is put on top of what the server has now, as one commit; the old past is in
no commit that is sent again. It stays on this computer, under `refs/vault/keep`. Keys that were renewed stay
renewed: what was sealed since could else be opened by nobody.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import FOLDER
from vault_tool.git.repository import Repository
from vault_tool.git.transport import SEEN
from vault_tool.git.writing import OWN_EMAIL, OWN_NAME, Signature, write_commit
from vault_tool.merge.erased import ERASED, read_tombstones
from vault_tool.merge.file import epoch_of
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sync import remotes
from vault_tool.sync.carried import forget_record
from vault_tool.vault.keyring import GROUP_KEYS, KEYRING
from vault_tool.vault.vault import Vault


class NothingToAccept(VaultError):
    """The server's past is as it was."""

    message = N_("The past of this vault on {remote} is as it was: there is nothing to accept.")
    hint = N_("`vault sync` sends and receives.")
    exit_code = Exit.USAGE


class Rewritten(NamedTuple):
    """What a server had (`old`) and has now (`new`, None: nothing), and what that means, file by file.

    `mine` was saved here and never sent; `erased` counts the customers that were erased for good meanwhile.
    """

    old: str
    new: str | None
    gone: tuple[PurePosixPath, ...] = ()
    changed: tuple[PurePosixPath, ...] = ()
    come: tuple[PurePosixPath, ...] = ()
    mine: tuple[PurePosixPath, ...] = ()
    erased: int = 0


def look_at(repository: Repository, remote: str, branch: str) -> Rewritten:
    """Compare what a server has now with what it had. Raises `NothingToAccept` where it never had any."""
    old = repository.commit(f"refs/remotes/{remote}/{branch}")
    new = repository.commit(f"{SEEN}/{remote}")
    if old is None:
        raise NothingToAccept(remote=remote)
    trees, head = repository.trees, repository.head
    base = repository.common_ancestor(head, old) if head else None
    mine = _ordered(trees.changes(base, head)) if head else ()
    if new is None:
        return Rewritten(old, None, mine=mine)
    before = {path for path, _entry in trees.files(old)}
    changes = trees.changes(old, new)
    tombstones = [
        read_tombstones(repository.read(entry.name)) if (entry := trees.entry(commit, ERASED)) else {}
        for commit in (old, new)
    ]
    return Rewritten(
        old,
        new,
        gone=_ordered(path for path, entry in changes.items() if entry is None),
        changed=_ordered(path for path, entry in changes.items() if entry and path in before),
        come=_ordered(path for path, entry in changes.items() if entry and path not in before),
        mine=mine,
        erased=len(tombstones[1].keys() - tombstones[0].keys()),
    )


def _ordered(paths: Iterable[PurePosixPath]) -> tuple[PurePosixPath, ...]:
    """Return paths with what people write first, and what the tool keeps last."""
    return tuple(sorted(paths, key=lambda path: (path.parts[0].startswith("."), path)))


def accept(
    vault: Vault, repository: Repository, git: Path, remote: str, branch: str, told: Rewritten, day: str
) -> str:
    """Make this clone follow what a server has now; return the reference that keeps what was here.

    Everything is to be saved before (`synchronise` does so), and is to be sent after.
    """
    from vault_tool.sync.apply import apply
    from vault_tool.sync.join_sides import Mender, Sides, steps_between
    from vault_tool.sync.sync_journal import Head

    head = repository.head
    base = repository.common_ancestor(head, told.old) if head else None
    places = [f"{remotes.KEEP}/{remote}/{day}-{commit[:8]}" for commit in (head or told.old, told.old)]
    with vault.writing("vault remote accept"):
        repository.set_ref(places[0], head or told.old)
        if base != told.old:
            repository.set_ref(places[1], told.old)
        if told.new is not None and head is not None:
            sides = Sides(vault, repository)
            target = told.new
            if told.mine:
                target = sides.replay(base or told.old, head, told.new).commit
            target = _with_our_keys(repository, head, target)
            steps = steps_between(repository, head, target)
            coming = Head(repository.branch or f"refs/heads/{branch}", head, target)
            apply(vault.root, steps, coming, repository, Mender(sides, head), time.time)
        repository.set_ref(f"refs/remotes/{remote}/{branch}", told.new)
        repository.set_ref(f"{SEEN}/{remote}", None)
        remotes.follow(git, remote, told.new)
        forget_record(git / FOLDER)
    return places[0]


def _with_our_keys(repository: Repository, head: str, target: str) -> str:
    """Return a commit with the keys that are here, on top of one that has older ones."""
    trees = repository.trees

    def epoch(commit: str) -> int:
        entry = trees.entry(commit, KEYRING)
        return epoch_of(repository.read(entry.name)) if entry else -1

    if epoch(target) >= epoch(head):
        return target
    ours = [(KEYRING, trees.entry(head, KEYRING)), *trees.files(head, str(GROUP_KEYS))]
    changes = {path: entry for path, entry in ours if entry != trees.entry(target, path)}
    author = Signature(OWN_NAME, OWN_EMAIL, repository.time_of(target))
    return write_commit(repository, (target,), changes, author, "Keep the keys\n")
