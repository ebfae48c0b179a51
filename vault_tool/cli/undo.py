"""`vault undo`: take back what the last command wrote."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.help import command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.vault import files
from vault_tool.vault.journal import Action, Undoing
from vault_tool.vault.walk import printable

_SAYS = {
    Action.RESTORE: N_("{path}: as it was"),
    Action.RECREATE: N_("{path}: back again"),
    Action.DELETE: N_("{path}: removed"),
    Action.NOTHING: N_("{path}: already as it was"),
    Action.LEAVE: N_("{path}: changed since, left alone"),
}


@command(
    "undo",
    help=N_(
        "Take back what the last command wrote, file by file, where the file still is as it left it.\n\n"
        "Once more, and the command before it is taken back."
    ),
    examples=("vault undo --dry-run", "vault undo"),
)
@option("--dry-run", is_flag=True, help=N_("Show what would change, and change nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def undo(app: App, dry_run: bool, as_json: bool) -> Exit:
    """Undo the last command, or show what that would mean."""
    undoing = app.vault.peek_undo() if dry_run else app.vault.undo()
    if as_json:
        app.out.json({**_document(undoing), "dry_run": dry_run})
    else:
        if dry_run:
            _show_diffs(app, undoing)
        app.out.lines(_lines(undoing, dry_run))
    return Exit.BUSY if undoing.left else Exit.OK


def _lines(undoing: Undoing, dry_run: bool) -> Iterator[str]:
    yield (_("Would undo: {command}") if dry_run else _("Undone: {command}")).format(
        command=undoing.record.command
    )
    for step in undoing.steps:
        yield "  " + _(_SAYS[step.action]).format(path=printable(step.path))


def _show_diffs(app: App, undoing: Undoing) -> None:
    for step in undoing.steps:
        if step.path in undoing.changed:
            try:
                now = files.read(app.vault.root, step.path, limit=None).data
            except VaultError:
                now = b""
            show_diff(
                app, step.path, now.decode("utf-8", "replace"), (step.data or b"").decode("utf-8", "replace")
            )


def _document(undoing: Undoing) -> dict[str, object]:
    return {
        "command": undoing.record.command,
        "files": [{"path": printable(step.path), "action": str(step.action)} for step in undoing.steps],
    }
