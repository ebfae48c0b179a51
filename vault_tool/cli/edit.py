"""`vault edit`: a customer in the person's own editor, checked when it was saved."""

from __future__ import annotations

from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import customers
from vault_tool.cli.editor import open_editor
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import pick_customer
from vault_tool.errors import Exit
from vault_tool.lint import report
from vault_tool.lint.linter import Linter
from vault_tool.messages import N_, _
from vault_tool.vault import files


@command(
    "edit",
    help=N_(
        "Open a customer in your editor ($VISUAL, $EDITOR), and check what you saved.\n\n"
        "`vault undo` takes the editing back. With --reveal, sealed values stand in the clear while you "
        "edit, in a file outside the vault, and are sealed again; that can't be undone."
    ),
    examples=("vault edit lanhai", "EDITOR='code --wait' vault edit 蓝海", "vault edit 蓝海 --reveal 手机"),
)
@argument("customer", shell_complete=customers)
@option(
    "--reveal",
    multiple=True,
    is_flag=False,
    flag_value="*",
    metavar="[FIELD]",
    help=N_("With a sealed field in the clear, or with all that you may read."),
)
@pass_app
def edit(app: App, customer: str, reveal: tuple[str, ...]) -> Exit:
    """Edit the file itself: an editor that doesn't wait loses nothing."""
    app.vault.check_writable()
    path = pick_customer(app, customer).path
    if not reveal:
        return edit_file(app, path, f"vault edit {customer}")
    from vault_tool.cli.reveal import edit_revealed

    if not edit_revealed(app, path, reveal):
        app.out.note(_("{path}: nothing was changed.").format(path=path))
        return Exit.OK
    return _checked(app, path, _("{path}: saved and sealed"))


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
    return _checked(app, path, _("{path}: saved · undo: vault undo"))


def _checked(app: App, path: PurePosixPath, saved: str) -> Exit:
    """Check what was saved, and say that it is."""
    vault = app.vault
    matters = False
    today = vault.settings.lint.as_of or app.today
    for linted in Linter(vault.root, vault.settings, vault.schema, vault.places, today).lint([path]):
        for finding in linted.findings:
            app.out.line(report.text_line(finding, app.out.style))
            matters = matters or finding.matters
    app.out.note(saved.format(path=path))
    return Exit.FINDINGS if matters else Exit.OK
