"""What `vault status` says of sharing: silence must never look like success."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.cli.app import App
from vault_tool.cli.remote import known_document, moment_of, said_ago, said_shared, said_state
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.sync.sharing import Server, Sharing, is_overdue
from vault_tool.sync.unreached import unreached
from vault_tool.vault.keyring import KEYRING
from vault_tool.vault.walk import printable

_OVERDUE = N_("Something waits to be sent to {name}, which had everything for the last time {ago}.")
_NEVER = N_("Nothing was ever sent to {name}, which was added {ago}.")


def sharing_rows(app: App, sharing: Sharing) -> Iterator[tuple[str, str]]:
    """Yield how each server stands, and what stays here."""
    if sharing.larger is not None:
        yield _("Shared"), _("no; it is a folder of {top}").format(top=sharing.larger)
    elif not sharing.servers:
        yield _("Shared"), _("no; it is on this computer only")
    for server in sharing.servers:
        yield _("Shared"), _server(app, server)
    if not sharing.larger:
        proved = sharing.proved
        yield (
            _("Backup"),
            _("proved {moment} ({ago})").format(
                moment=f"{app.local_time(proved):%Y-%m-%d %H:%M}", ago=said_ago(proved, app.now)
            )
            if proved
            else _("none that was proved"),
        )
    if count := len(sharing.held):
        yield _("Stays here"), ngettext("{count} note", "{count} notes", count).format(count=count)


def sharing_troubles(app: App, sharing: Sharing) -> Iterator[str]:
    """Yield what somebody has to see to."""
    now = app.now.timestamp()
    for server in sharing.servers:
        known = server.known
        if is_overdue(server, now):
            yield _(_OVERDUE if known.shared_at else _NEVER).format(
                name=server.remote.name, ago=said_ago(known.shared_at or known.since or now, app.now)
            )
        if known.state not in (None, RemoteState.OK, RemoteState.EMPTY):
            error = unreached(server.remote.name, Reached(known.state, known.reason))
            yield render(error.message, error.values)
    if sharing.larger is not None and (app.root / KEYRING).exists():
        yield _(
            "Nothing makes git seal here, for the vault is a folder of another repository: "
            "run `vault seal` before each `git add`."
        )


def sharing_document(app: App, sharing: Sharing) -> dict[str, object]:
    """Return how a vault is shared for JSON; `waiting` null: nothing is known of what the server has."""
    now = app.now.timestamp()
    return {
        "servers": [
            {
                "name": server.remote.name,
                "url": server.remote.shown,
                "waiting": server.waiting,
                "overdue": is_overdue(server, now),
                **known_document(app, server.known),
            }
            for server in sharing.servers
        ],
        "held_back": [
            {"path": printable(held.path), "why": str(held.why), "line": held.line} for held in sharing.held
        ],
        "backup_proved": moment_of(app, sharing.proved),
        "part_of": str(sharing.larger) if sharing.larger else None,
    }


def _server(app: App, server: Server) -> str:
    known = server.known
    parts = [f"{server.remote.name}: {said_shared(app, known)}"]
    if known.shared_at is None:
        parts = [_("{name}: nothing was sent there yet").format(name=server.remote.name)]
    elif server.waiting:
        parts.append(
            ngettext("{count} change waits", "{count} changes wait", server.waiting).format(
                count=server.waiting
            )
        )
    if known.state not in (None, RemoteState.OK, RemoteState.EMPTY):
        parts.append(said_state(known))
    return _(", ").join(parts)
