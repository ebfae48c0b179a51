"""Who writes: the person behind this run, and people by any of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_tool.cli.app import App
from vault_tool.cli.say import shell_word
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

if TYPE_CHECKING:
    from vault_tool.vault.settings import Person


class UnknownPerson(VaultError):
    """Somebody who isn't in the team."""

    message = N_("{name} is not in the team.")
    hint = N_("`vault people` shows it; `vault people add {word}` adds somebody.")
    exit_code = Exit.USAGE


class NobodyIsMe(VaultError):
    """Somebody says `me`, and nothing tells who that is."""

    message = N_("“{name}” means you, but it is not known who you are.")
    hint = N_("`vault whoami NAME` says who you are.")
    exit_code = Exit.USAGE


def known_person(app: App, name: str) -> Person:
    """Return a person by id, name or alias; `me` is who writes. Raises `UnknownPerson` or `NobodyIsMe`."""
    if person := app.vault.settings.person(name):
        return person
    if not says_me(app, name):
        raise UnknownPerson(name=name, word=shell_word(name))
    if person := me(app):
        return person
    raise NobodyIsMe(name=name)


def says_me(app: App, name: str) -> bool:
    """Tell whether a name is the word for oneself: `me`, `我`."""
    word = app.vault.schema.word("filter", name)
    return word is not None and word.name == "me"


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
