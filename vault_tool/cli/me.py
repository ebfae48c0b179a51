"""Who writes: the person behind this run, and people by any of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_tool.cli.app import App
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

if TYPE_CHECKING:
    from vault_tool.vault.settings import Person


class UnknownPerson(VaultError):
    """Somebody who isn't in the team."""

    message = N_("{name} is not in the team.")
    hint = N_("`vault people` shows it; `vault people add {name}` adds somebody.")
    exit_code = Exit.USAGE


def known_person(app: App, name: str) -> Person:
    """Return a person by id, name or alias. Raises `UnknownPerson`."""
    person = app.vault.settings.person(name)
    if person is None:
        raise UnknownPerson(name=name)
    return person


def me(app: App) -> Person | None:
    """Return who writes here; asks once on a terminal when a team is there and nothing tells.

    None where nobody can be asked: what needs no author goes on without.
    """
    vault = app.vault
    if person := vault.whoami(app.env, app.git_email):
        return person
    people = vault.settings.people
    if not people or not app.out.is_interactive:
        return None
    chosen = people[app.out.choose(_("Who are you?"), [f"{person.name} ({person.id})" for person in people])]
    vault.remember_me(chosen)
    return chosen
