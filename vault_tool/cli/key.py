"""`vault key`: one's own key."""

from __future__ import annotations

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, group, option
from vault_tool.errors import Exit
from vault_tool.messages import N_, _
from vault_tool.sealing.identities import identity_folder, make_identity, own_public_keys


@group(
    "key",
    help=N_(
        "Make or show your own key. It belongs to you on this machine and opens what is sealed for you, in "
        "every vault.\n\n"
        "An SSH key (ed25519 or rsa, without passphrase) that you put into the folder serves as well."
    ),
    examples=("vault key new", "vault key show"),
)
@click.pass_context
@pass_app
def key(app: App, ctx: click.Context) -> Exit | None:
    """Show the key, when no command is named."""
    return _show(app, as_json=False) if ctx.invoked_subcommand is None else None


@command("new", help=N_("Make your key pair, and print the public half, which others need to let you in."))
@option(
    "--passphrase", is_flag=True, help=N_("Wrap it in a passphrase, which is asked for whenever it opens.")
)
@pass_app
def new(app: App, passphrase: bool) -> Exit:
    """Make a key pair."""
    secret = app.out.ask_secret(_("A passphrase for it:")) if passphrase else ""
    public = make_identity(app.env, app.today.isoformat(), passphrase=secret)
    app.out.line(public)
    app.out.hint(
        _("It lies in {folder}. Keep a copy where only you can get it.").format(
            folder=identity_folder(app.env)
        )
    )
    return Exit.OK


@command("show", help=N_("Print the public half of your key. It is no secret."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def show(app: App, as_json: bool) -> Exit:
    """Print the public half."""
    return _show(app, as_json)


def _show(app: App, as_json: bool) -> Exit:
    found = own_public_keys(app.env)
    if as_json:
        app.out.json({"keys": found, "folder": str(identity_folder(app.env))})
    elif found:
        app.out.lines(found)
    else:
        app.out.note(_("You have no key yet."))
        app.out.hint(_("`vault key new` makes one."))
    return Exit.OK if found else Exit.FINDINGS


key.add_command(new)
key.add_command(show)
