"""`vault rekey`: what is sealed to old keys is sealed to today's."""

from __future__ import annotations

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.keys import keys_of
from vault_tool.errors import Exit
from vault_tool.lint.run import targets
from vault_tool.messages import N_, _, ngettext
from vault_tool.sealing.reseal import plan_rekey
from vault_tool.sealing.vault_keys import NotOpened
from vault_tool.vault.journal import Change, ChangedOnDisk
from vault_tool.vault.walk import ARCHIVE_GLOB


@command(
    "rekey",
    help=N_(
        "Seal to today's keys what is sealed to older ones: after `vault access revoke`, or a new owner.\n\n"
        "It goes note by note, and may be interrupted and run again. What you can't open yourself stays as "
        "it is, and is told."
    ),
    examples=("vault rekey --dry-run", "vault rekey"),
)
@option("--dry-run", is_flag=True, help=N_("Count; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def rekey(app: App, dry_run: bool, as_json: bool) -> Exit:
    """Seal anew what is sealed to old keys."""
    vault, keys = app.vault, keys_of(app)
    paths = targets(vault.root, (*vault.settings.customers, ARCHIVE_GLOB), [], [])
    values = notes = 0
    refused: list[NotOpened] = []
    with app.out.progress(_("Sealing"), len(paths)) as advance:
        for number, path in enumerate(paths, 1):
            note, digest = vault.read(path)
            planned = plan_rekey(note, keys)
            refused += planned.refused
            if planned.values and not dry_run:
                try:
                    vault.commit([Change(path, digest, planned.text.encode())], "vault rekey", undoable=False)
                except ChangedOnDisk:
                    continue  # somebody is writing there: the next run takes it
            values += planned.values
            notes += planned.values > 0
            advance(number)
    if as_json:
        app.out.json({"values": values, "notes": notes, "not_opened": len(refused), "dry_run": dry_run})
    else:
        count = ngettext("{count} value sealed anew", "{count} values sealed anew", values).format(
            count=values
        )
        app.out.line(count)
        for error in refused[:20]:
            app.out.warn(
                _(error.message).format(**{**error.values, "reason": _(str(error.values["reason"]))})
            )
    return Exit.FINDINGS if refused else Exit.OK
