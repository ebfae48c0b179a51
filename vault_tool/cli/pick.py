"""Which customer is meant: by id, name, alias, part of a name, contact or pinyin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault_tool.cli.app import App
from vault_tool.cli.say import shell_word
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _

if TYPE_CHECKING:
    from vault_tool.vault.resolve import Match


class NoSuchCustomer(VaultError):
    """No customer goes by that name."""

    message = N_("No customer is called “{name}”.")
    hint = N_('`vault log {word} --new "..."` starts one; `vault list` shows all.')
    exit_code = Exit.USAGE


class NoSuchCustomerButNear(NoSuchCustomer):
    """No customer goes by that name, but some go by one like it."""

    hint = N_("Did you mean: {nearest}?")


def pick_customer(app: App, name: str) -> Match:
    """Return the customer that a person names; several matches are a choice on a terminal.

    Raises `NoSuchCustomer` with the nearest names, and exits 2 with the list where nobody can choose.
    """
    fresh(app)
    found = app.vault.resolve(name)
    if not found:
        nearest = app.vault.nearest(name)
        if nearest:
            raise NoSuchCustomerButNear(name=name, nearest=_(", ").join(nearest))
        raise NoSuchCustomer(name=name, word=shell_word(name))
    if len(found) == 1:
        return found[0]
    choices = [f"{customer.name}  {customer.path}" for customer in found]
    return found[app.out.choose(_("“{name}” may be:").format(name=name), choices)]


def fresh(app: App) -> None:
    """Take in what changed on disk, with a progress bar when that takes long."""
    from vault_tool.cli.progress import shown

    with shown(app.out, _("Reading notes")) as progress:
        app.vault.fresh(progress)
