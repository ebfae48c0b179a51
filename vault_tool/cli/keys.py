"""The vault's keys for a command: opened, or made silently at the first need."""

from __future__ import annotations

from pathlib import PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.me import me
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.sealing.found_keyring import Founding, found_keyring
from vault_tool.sealing.identities import identity_folder, make_identity, own_public_keys, write_private
from vault_tool.sealing.keyring import KEYRING, keyring_text
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.journal import Change
from vault_tool.vault.places import config_home, make_private


class NobodyToSealFor(VaultError):
    """A keyring needs somebody who may read."""

    message = N_("Nothing tells who you are, and keys belong to somebody. Nothing was written.")
    hint = N_("`vault people add NAME`, then `vault whoami NAME`.")
    exit_code = Exit.USAGE


def keys_of(app: App) -> VaultKeys:
    """Return the keys of the vault that this run is about; nothing is read yet."""
    vault = app.vault
    return VaultKeys(vault.root, vault.settings, vault.places.state, app.env, lambda name: _ask(app, name))


def keys_to_seal(app: App) -> VaultKeys:
    """Return the keys of the vault, which has a keyring from now on: the first one is made here."""
    keys = keys_of(app)
    if keys.standing_text is None and keys.pin is None:
        _found(app, keys)
    return keys


def _found(app: App, keys: VaultKeys) -> None:
    """Make a key pair for this person if they have none, a keyring with them as its manager, a recovery key.

    The recovery key lies in this person's own folder until they take it away: it is told where.
    """
    person = me(app)
    if person is None:
        raise NobodyToSealFor
    public = own_public_keys(app.env) or [make_identity(app.env, person.name)]
    founding = found_keyring(app.vault.schema, person.id, public)
    recovery = make_private(config_home(app.env) / "recovery") / f"{app.vault.settings.id}.txt"
    write_private(
        recovery, f"# recovery key of the vault {app.vault.settings.id}\n{founding.recovery}\n".encode()
    )
    text = keyring_text(founding.keyring)
    app.vault.commit(_files(founding, text), "vault seal", undoable=False)
    keys.accept(text)
    app.out.note(_("This vault has keys now; yours lie in {folder}.").format(folder=identity_folder(app.env)))
    app.out.hint(
        _(
            "The recovery key opens everything: print {path}, keep it in a safe place, then delete it here."
        ).format(path=recovery)
    )


def _files(founding: Founding, text: str) -> list[Change]:
    made = [Change(path, None, data) for path, data in founding.files.items()]
    return [*made, Change(PurePosixPath(KEYRING), None, text.encode())]


def _ask(app: App, name: str) -> str:
    return app.out.ask_secret(_("Passphrase of {name}:").format(name=name))
