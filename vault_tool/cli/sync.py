"""`vault sync`: save what stands here, fetch what the others wrote, join the two, and send it."""

from __future__ import annotations

from vault_tool.cli import syncing
from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.errors import Exit
from vault_tool.messages import N_
from vault_tool.sync.outcome import document, headline


@command(
    "sync",
    help=N_(
        "Save what you wrote, bring what the others wrote, join the two, and share it.\n\n"
        "Nothing that anybody wrote is lost: entries of both sides stay, and where two of you gave one field "
        "two values, the note says both until somebody chooses (`vault conflicts`). What must be sealed is "
        "sealed first. A note with something private in plain stays on this computer; the rest goes."
    ),
    examples=("vault sync", "vault sync --dry-run"),
)
@option("--dry-run", is_flag=True, help=N_("Only tell what would be saved, sent and received."))
@option("--accept-deletions", is_flag=True, help=N_("Many notes were removed on purpose: don't ask."))
@option("--unattended", is_flag=True, hidden=True, help=N_("Leave alone what somebody is writing just now."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def sync(app: App, dry_run: bool, accept_deletions: bool, unattended: bool, as_json: bool) -> Exit:
    """Sync the vault."""
    outcome = syncing.sync(
        app, dry_run=dry_run, accept_deletions=accept_deletions, is_attended=not unattended
    )
    if as_json:
        app.out.json({**document(outcome), "message": headline(outcome)})
    else:
        syncing.tell(app, outcome)
    return outcome.exit_code
