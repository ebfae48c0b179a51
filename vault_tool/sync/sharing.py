"""How a vault is shared: which server had everything when, what waits to be sent, what is held back.

Read from git's folder; git itself is asked what a server's last known state lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from vault_tool.git.folder import FOLDER, git_folder, top_above
from vault_tool.git.unsent import unsaved, unsent
from vault_tool.named import NamedTuple
from vault_tool.sync.backup_record import read_record as read_backups
from vault_tool.sync.carried import Carried, read_record
from vault_tool.sync.gate import Held, held_back
from vault_tool.sync.remotes import Known, Remote, branch_of, known_of, remotes_of
from vault_tool.vault.settings import Settings

PATIENCE_SECONDS = 2 * 86_400.0
"""What waits for a server that long is worth a warning: who shares every day would have noticed."""


class Server(NamedTuple):
    """A server, what is known of it, and how many files wait to go there (None: all that there is)."""

    remote: Remote
    known: Known
    waiting: int | None


class Sharing(NamedTuple):
    """How a vault is shared.

    `proved` is when a backup was last restored whole, in seconds since 1970; `larger` is the repository that
    the vault is a part of, where it is.
    """

    servers: tuple[Server, ...] = ()
    held: tuple[Held, ...] = ()
    proved: float | None = None
    larger: Path | None = None


def sharing_of(root: Path, settings: Settings, env: Mapping[str, str]) -> Sharing:
    """Look how a vault is shared."""
    git = git_folder(root)
    if git is None:
        return Sharing(larger=top_above(root))
    held = tuple(held_back(git))
    proved = max(
        (datetime.fromisoformat(at).timestamp() for at in read_backups(git).proved.values()), default=None
    )
    there = remotes_of(git)
    if not there:
        return Sharing((), held, proved)
    known, branch = known_of(git), branch_of(git)
    carried = Carried(root, settings)

    def suspects(commit: str) -> set[str] | None:
        record = read_record(git / FOLDER)
        if record is None or record.commit != commit:
            return None
        look = carried.look(carried.begin(record))
        return look.doubtful | look.gone

    waits_here = unsaved(root, env, suspects)
    servers = []
    for remote in there:
        saved = unsent(root, env, remote.name, branch)
        waiting = None
        if saved is not None and waits_here is not None:
            staying = {each.path for each in held}
            waiting = sum(map(carried.has, (saved | waits_here) - staying))
        servers.append(Server(remote, known.get(remote.name, Known()), waiting))
    return Sharing(tuple(servers), held, proved)


def is_overdue(server: Server, now: float) -> bool:
    """Tell whether something waits for a server that has not had everything for too long."""
    last = server.known.shared_at or server.known.since
    return server.waiting != 0 and last is not None and now - last > PATIENCE_SECONDS
