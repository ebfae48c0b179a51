"""Who works here: from the environment, from git, or as once told and kept in local state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.vault.places import Places, PlaceUnusable, make_private
from vault_tool.vault.settings import Person, Settings

USER_VARIABLE = "VAULT_NOTES_USER"
FILE_NAME = "me"


class UnknownMe(VaultError):
    """The environment names somebody who is not in the team."""

    message = N_("VAULT_NOTES_USER is `{name}`, which is nobody in this vault's team.")
    hint = N_("`vault people add {name}` adds a person to the team.")
    exit_code = Exit.USAGE


def whoami(
    settings: Settings, places: Places, env: Mapping[str, str], git_email: Callable[[], str | None]
) -> Person | None:
    """Return who works here; None when nobody has said so yet.

    What somebody once said here (`vault whoami NAME`) goes before git, which many people share on a machine;
    the environment goes before both. git is asked only when nothing else tells.
    """
    if name := env.get(USER_VARIABLE, "").strip():
        person = settings.person(name)
        if person is None:
            raise UnknownMe(name=name)
        return person
    with suppress(OSError, UnicodeDecodeError):
        if person := settings.person((places.state / FILE_NAME).read_text(encoding="utf-8")):
            return person
    email = (git_email() or "").strip().casefold()
    return next(
        (person for person in settings.people if (person.email or "").casefold() == email != ""), None
    )


def remember_me(places: Places, person: Person) -> None:
    """Keep in local state who works here."""
    path = make_private(places.state) / FILE_NAME
    try:
        path.write_text(person.id, encoding="utf-8")
    except OSError as error:
        raise PlaceUnusable(path=path, reason=error.strerror or str(error)) from error
