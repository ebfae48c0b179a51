"""`vault whoami`: who writes here."""

from __future__ import annotations

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import people
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.me import known_person
from vault_tool.cli.people import document
from vault_tool.errors import Exit
from vault_tool.messages import N_, _


@command(
    "whoami",
    help=N_(
        "Show who you are here: the owner that `owner:me` means, and the author of what you write.\n\n"
        "With NAME, say who you are; it is kept on this machine. Otherwise $VAULT_NOTES_USER tells, or the "
        "person whose e-mail is git's user.email."
    ),
    examples=("vault whoami", "vault whoami 李娜"),
)
@argument("name", required=False, shell_complete=people)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def whoami(app: App, name: str | None, as_json: bool) -> Exit:
    """Show or remember the person behind this run."""
    if name is not None:
        app.vault.remember_me(known_person(app, name))
    person = app.vault.whoami(app.env, app.git_email)
    if as_json:
        app.out.json({"person": document(person) if person else None})
    elif person:
        app.out.line(f"{person.name} ({person.id})")
    else:
        app.out.note(_("Nothing tells who you are."))
        app.out.hint(_("`vault whoami NAME` says it; `vault people` shows the team."))
    return Exit.OK if person else Exit.FINDINGS
