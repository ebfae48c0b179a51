"""`vault edit`: a customer in the person's own editor, checked when it was saved."""

from __future__ import annotations

from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import customers
from vault_tool.cli.editor import open_editor
from vault_tool.cli.help import argument, command
from vault_tool.cli.lint import checker_for
from vault_tool.cli.pick import pick_customer
from vault_tool.errors import Exit
from vault_tool.lint import report
from vault_tool.lint.run import lint_paths
from vault_tool.messages import N_, _
from vault_tool.vault import files


@command(
    "edit",
    help=N_(
        "Open a customer in your editor ($VISUAL, $EDITOR), and check what you saved.\n\n"
        "`vault undo` takes the editing back."
    ),
    examples=("vault edit lanhai", "EDITOR='code --wait' vault edit 蓝海"),
)
@argument("customer", shell_complete=customers)
@pass_app
def edit(app: App, customer: str) -> Exit:
    """Edit the file itself: an editor that doesn't wait loses nothing."""
    app.vault.check_writable()
    return edit_file(app, pick_customer(app, customer).path, f"vault edit {customer}")


def edit_file(app: App, path: PurePosixPath, command: str, line: int = 1) -> Exit:
    """Open a note in the person's editor at a line, make what was saved undoable, and check it."""
    vault = app.vault
    vault.check_writable()
    before = files.read(vault.root, path)
    try:
        open_editor(app, vault.root / path, line)
    finally:
        changed = vault.note_edit(path, before, command)
    if not changed:
        app.out.note(_("{path}: nothing was changed.").format(path=path))
        return Exit.OK
    matters = False
    for linted in lint_paths(vault.root, [path], checker_for(app)):
        for finding in linted.findings:
            app.out.line(report.text_line(finding, app.out.style))
            matters = matters or finding.matters
    app.out.note(_("{path}: saved · undo: vault undo").format(path=path))
    return Exit.FINDINGS if matters else Exit.OK
