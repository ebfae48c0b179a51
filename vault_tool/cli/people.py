"""`vault people`: the team, and adding to it."""

from __future__ import annotations

from pathlib import PurePosixPath

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.help import argument, command, group, option
from vault_tool.cli.words import known_name
from vault_tool.errors import Exit
from vault_tool.messages import N_, _
from vault_tool.vault import files
from vault_tool.vault.journal import Change
from vault_tool.vault.settings import SETTINGS_NAME, Person
from vault_tool.vault.settings_text import plan_add_person


@group(
    "people",
    help=N_("Show the team: owners and authors, as vault.toml has them."),
    examples=("vault people", "vault people add 李娜 --email li.na@example.com"),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
@click.pass_context
def people(ctx: click.Context, app: App, as_json: bool) -> Exit:
    """List the team, unless one of its own commands is called."""
    if ctx.invoked_subcommand is not None:
        return Exit.OK
    team = app.settings.people
    if as_json:
        app.out.json({"people": [document(person) for person in team]})
        return Exit.OK
    app.out.table(
        [(person.id, person.name, ", ".join(person.aliases), person.email or "") for person in team],
        (_("Id"), _("Name"), _("Also called"), _("E-mail")),
    )
    if not team:
        app.out.hint(_("`vault people add NAME` adds somebody."))
    return Exit.OK


@command(
    "add",
    help=N_("Add somebody to the team. The id is made from the name, unless you give one."),
    examples=("vault people add 李娜 --alias 娜姐 --email li.na@example.com",),
)
@argument("name")
@option("--id", "person_id", metavar="ID", help=N_("What notes say behind @; it never changes."))
@option("--alias", "aliases", multiple=True, metavar="NAME", help=N_("Another name; may be repeated."))
@option(
    "--email", metavar="ADDRESS", help=N_("As in git's user.email: this is how the tool knows the person.")
)
@option("--dry-run", is_flag=True, help=N_("Show what would change, and change nothing."))
@pass_app
def add(
    app: App, name: str, person_id: str | None, aliases: tuple[str, ...], email: str | None, dry_run: bool
) -> Exit:
    """Add a person at the end of vault.toml."""
    from vault_tool.vault.names import person_id as made_from

    name, aliases = known_name(name), tuple(known_name(alias) for alias in aliases)
    vault = app.vault
    taken = {person.id for person in vault.settings.people}
    person = Person(person_id or made_from(name, taken), name, aliases, email)
    path = PurePosixPath(SETTINGS_NAME)
    content = files.read(vault.root, path)
    before = content.data.decode("utf-8")
    after = plan_add_person(before, person, vault.root / path)
    if dry_run:
        show_diff(app, path, before, after)
        return Exit.OK
    vault.commit([Change(path, content.digest, after.encode())], "vault people add")
    app.out.line(_("Added {name} as {id}. `vault undo` takes it back.").format(name=name, id=person.id))
    return Exit.OK


people.add_command(add)


def document(person: Person) -> dict[str, object]:
    """Return a person for JSON."""
    return {
        "id": person.id,
        "name": person.name,
        "aliases": list(person.aliases),
        "email": person.email,
    }
