"""`vault join`: a vault that others share, brought to this computer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.init import base, root_of
from vault_tool.cli.me import UnknownPerson, known_person, me
from vault_tool.cli.output import NothingChosen
from vault_tool.cli.people import document
from vault_tool.cli.pick import fresh
from vault_tool.cli.progress import shown
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.vault.settings import Person
from vault_tool.vault.whoami import UnknownMe

if TYPE_CHECKING:
    from vault_tool.git.repository import Repository
    from vault_tool.sync.join import LogIn


@command(
    "join",
    help=N_(
        "Bring a vault that others share to this computer: into DIR, else a folder named like the vault.\n\n"
        "Everything is set up: git seals what it is given, you say once who you are, search is ready. "
        "Interrupted, nothing is left behind."
    ),
    examples=(
        "vault join git@example.com:team/vault.git",
        "vault join https://example.com/team/vault.git customers --me 李娜",
    ),
)
@argument("address")
@argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@option("--me", "name", metavar="NAME", help=N_("Who you are in the team."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def join(app: App, address: str, directory: Path | None, name: str | None, as_json: bool) -> Exit:
    """Bring a vault here."""
    from vault_tool.search.follow import catch_up
    from vault_tool.sync.join import bring, folder_for
    from vault_tool.sync.remotes import checked_url

    url = checked_url(address, base(app))
    root = root_of(app, directory or Path(folder_for(url)))
    with _whole_or_not(app, root):
        with shown(app.out, _("Receiving")) as progress:
            joined = bring(url, root, app.env, app.now.timestamp(), _log_in(app, as_json), progress)
        app.given = root
        _set_up(app)
        person = _who(app, name)
    fresh(app)
    with shown(app.out, _("Building the index")) as progress:
        catch_up(app.vault, progress)
    customers = list(app.vault.customers(None))
    entries = sum(customer.entries for customer in customers)
    newest = app.local_time(joined.newest)
    sealed, lines = _sealed(app, person)
    if as_json:
        app.out.json(
            {
                "vault": {"root": str(root), "id": app.settings.id, "language": app.settings.language},
                "customers": len(customers),
                "entries": entries,
                "newest": f"{newest:%Y-%m-%dT%H:%M:%S}",
                "me": document(person) if person else None,
                "sealed": sealed,
            }
        )
        return Exit.OK
    app.out.line(_brought(len(customers), entries, newest))
    for line in lines:
        app.out.hint(line)
    if person is None:
        app.out.hint(_("`vault whoami NAME` says who you are; `vault people add NAME` adds you to the team."))
    return Exit.OK


def _brought(customers: int, entries: int, newest: datetime) -> str:
    counts = (
        ngettext("{count} customer", "{count} customers", customers).format(count=f"{customers:,}"),
        ngettext("{count} entry", "{count} entries", entries).format(count=f"{entries:,}"),
    )
    return _("Received {customers}, {entries}; the newest of {moment}.").format(
        customers=counts[0], entries=counts[1], moment=f"{newest:%m-%d %H:%M}"
    )


@contextmanager
def _whole_or_not(app: App, root: Path) -> Iterator[None]:
    """Make the vault's folder; if it doesn't become one, remove it and the local state that belongs to it."""
    from vault_tool.sync.join import new_folder

    with new_folder(root):
        try:
            yield
        except BaseException:
            app.close()
            if "vault" in vars(app):
                for folder in app.vault.places:
                    shutil.rmtree(folder, ignore_errors=True)
            raise


def _log_in(app: App, as_json: bool) -> LogIn:
    """Return what asks for a login, once, where there is somebody to ask."""
    from vault_tool.cli.remote import log_in
    from vault_tool.sync.remotes import FIRST

    def ask(repository: Repository, url: str) -> bool:
        if as_json or not app.out.is_interactive:
            return False
        log_in(app, repository, FIRST, url, "main")
        return True

    return ask


def _set_up(app: App) -> None:
    """Have git seal what it is given, before the first file can be given to it."""
    from vault_tool.git.folder import git_folder
    from vault_tool.git.setup import set_up
    from vault_tool.sealing.clean import sealed_spellings

    git = git_folder(app.root)
    assert git is not None, "it was made a moment ago"
    set_up(app.root, git, sealed_spellings(app.vault.schema), app.env)


def _who(app: App, name: str | None) -> Person | None:
    """Return who joins: as named, as git or the environment tell, or as asked; None for nobody known."""
    try:
        if name is None:
            return me(app)
        person = known_person(app, name)
    except (UnknownPerson, UnknownMe) as error:
        app.out.warn(render(error.message, error.values))
        return None
    except NothingChosen:
        return None
    app.vault.remember_me(person)
    return person


def _sealed(app: App, person: Person | None) -> tuple[str, list[str]]:
    """Tell whether this person opens what is sealed here (`open`, `closed`, `none` if nothing can be)."""
    from vault_tool.cli.keys import keys_of
    from vault_tool.sealing.identities import identity_folder, own_public_keys
    from vault_tool.sealing.vault_keys import NoKeyring

    try:
        keyring = keys_of(app).keyring
    except NoKeyring:
        return "none", []
    except VaultError as error:
        return "closed", [render(error.message, error.values), render(error.hint, error.values)]
    own = own_public_keys(app.env)
    if any(key in member.keys for member in keyring.people.values() for key in own):
        return "open", []
    name = person.id if person else _("NAME")
    if own:
        invite = _(
            "Sealed values stay closed for you until somebody lets you in: vault access invite {name} {key}"
        )
        return "closed", [
            invite.format(name=name, key=own[0]),
            _("Who has the recovery key puts its file into {folder} for as long as that takes.").format(
                folder=identity_folder(app.env)
            ),
        ]
    return "closed", [
        _(
            "Sealed values stay closed for you: `vault key new` makes your key; send what it prints to "
            "somebody who runs: vault access invite {name} KEY"
        ).format(name=name)
    ]
