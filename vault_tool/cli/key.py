"""`vault key`: one's own key."""

from __future__ import annotations

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, group, option
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.sealing.identities import (
    OWN_NAME,
    IdentityThere,
    identity_folder,
    make_identity,
    own_public_keys,
)


class NoPassphrase(VaultError):
    """A passphrase is wanted, and nobody can be asked for it."""

    message = N_("A passphrase is typed on a terminal, and there is none. No key was made.")
    hint = N_("Run the command on a terminal, without a pipe.")
    exit_code = Exit.USAGE


class EmptyPassphrase(VaultError):
    """A passphrase that keeps nobody out."""

    message = N_("An empty passphrase protects nothing. No key was made.")
    hint = N_("Type one, or leave --passphrase away.")
    exit_code = Exit.USAGE


class PassphrasesDiffer(VaultError):
    """Two different passphrases were typed."""

    message = N_("The two passphrases differ. No key was made.")
    hint = N_("Try it again.")
    exit_code = Exit.USAGE


@group(
    "key",
    help=N_(
        "Make or show your own key. It belongs to you on this machine and opens what is sealed for you, in "
        "every vault.\n\n"
        "An SSH key (ed25519 or rsa, without passphrase) serves as well: copy both of its files into the "
        "folder that `vault key show` names. A copy, for links are not followed."
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
    folder = identity_folder(app.env)
    if (folder / OWN_NAME).exists():
        raise IdentityThere(path=folder / OWN_NAME)  # before anybody thinks of a passphrase
    public = make_identity(
        app.env, app.today.isoformat(), passphrase=_asked_passphrase(app) if passphrase else ""
    )
    app.out.line(public)
    app.out.hint(_("It lies in {folder}. Keep a copy where only you can get it.").format(folder=folder))
    return Exit.OK


def _asked_passphrase(app: App) -> str:
    if not app.out.is_interactive:
        raise NoPassphrase
    first = app.out.ask_secret(_("A passphrase for it:"))
    if not first:
        raise EmptyPassphrase
    if app.out.ask_secret(_("Once more:")) != first:
        raise PassphrasesDiffer
    return first


@command("show", help=N_("Print the public half of your key. It is no secret."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def show(app: App, as_json: bool) -> Exit:
    """Print the public half."""
    return _show(app, as_json)


def _show(app: App, as_json: bool) -> Exit:
    found = own_public_keys(app.env)
    folder = identity_folder(app.env)
    if as_json:
        app.out.json({"keys": found, "folder": str(folder)})
    elif found:
        app.out.lines(found)
        app.out.note(_("The half that opens lies in {folder}.").format(folder=folder))
    else:
        app.out.note(_("You have no key yet."))
        app.out.hint(_("`vault key new` makes one, in {folder}.").format(folder=folder))
    return Exit.OK if found else Exit.FINDINGS


key.add_command(new)
key.add_command(show)
