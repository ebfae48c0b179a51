"""The vault's keys for a command: opened, or made silently at the first need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.me import me
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, ngettext
from vault_tool.schema.sealing import is_holding
from vault_tool.sealing import age
from vault_tool.sealing.access import Access
from vault_tool.sealing.found_keyring import Founding, found_keyring
from vault_tool.sealing.identities import (
    IN_REPOSITORY,
    ExposedIdentity,
    NoKeyInFile,
    in_repository,
    make_identity,
    own_public_keys,
    read_identities,
    write_private,
)
from vault_tool.sealing.trust import Verdict
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault import files
from vault_tool.vault.journal import Change, ChangedOnDisk
from vault_tool.vault.keyring import KEYRING, keyring_text
from vault_tool.vault.places import config_home, make_private
from vault_tool.vault.settings import Person
from vault_tool.vault.vault import Vault


class NobodyToSealFor(VaultError):
    """A keyring needs somebody who may read."""

    message = N_("Nothing tells who you are, and keys belong to somebody. Nothing was written.")
    hint = N_("`vault people add NAME`, then `vault whoami NAME`.")
    exit_code = Exit.USAGE


def keys_of(app: App, vault: Vault | None = None) -> VaultKeys:
    """Return the keys of the vault that this run is about; nothing is read yet."""
    vault = vault or app.vault
    return VaultKeys(vault.root, vault.settings, vault.places.state, app.env, lambda name: _ask(app, name))


def keys_to_seal(app: App) -> VaultKeys:
    """Return the keys of the vault, which has a keyring from now on: the first one is made here."""
    keys = keys_of(app)
    if keys.pin is None and keys.standing_text is None:
        person = me(app)
        if person is None:
            raise NobodyToSealFor
        found_keys(app, app.vault, person)
        keys = keys_of(app)
    if is_holding(app.vault.schema):
        app.out.warn(
            _(
                "schema/ seals less than you accepted, so it is sealed as before: `vault access review` "
                "shows what changed, `vault access accept` takes it."
            )
        )
    return keys


@contextmanager
def sealing_keys(app: App) -> Iterator[VaultKeys]:
    """Lend the keys of the vault to something that seals: what it sealed is remembered at the end."""
    keys = keys_to_seal(app)
    try:
        yield keys
    finally:
        keys.close()
        if keys.new_owners:
            count = ngettext("{count} customer", "{count} customers", len(keys.new_owners))
            app.out.hint(
                _("{customers}: the owner has changed, and reads what is sealed after `vault rekey`.").format(
                    customers=count.format(count=len(keys.new_owners))
                )
            )


def found_keys(app: App, vault: Vault, person: Person) -> None:
    """Make a key pair for this person if they have none, a keyring with them as its manager, a recovery key.

    The recovery key lies in this person's own folder until they take it away: it is told where. For a vault
    that has no keyring; where another vault stood at its path, that one is forgotten.
    """
    keys = keys_of(app, vault)
    with vault.writing("vault access"):
        if keys.standing_text is not None:
            return  # another process was here first
        if keys.verdict is Verdict.OTHER_VAULT:
            keys.forget()
        public = own_public_keys(app.env) or [make_identity(app.env, person.name)]
        recovery, path = _recovery_key(app, vault)
        founding = found_keyring(vault.schema, person.id, public, age.public_key(recovery))
        text = keyring_text(founding.keyring)
        vault.commit(_files(founding, text), "vault access", undoable=False)
    keys.accept(text)
    app.out.note(
        _(
            "This vault has keys now. Its recovery key opens everything: print {path}, keep it in a safe "
            "place, then delete it here."
        ).format(path=path)
    )


def recovery_file(app: App, vault: Vault) -> Path:
    """Name the file in which a new vault's recovery key lies until somebody takes it to a safe place."""
    return config_home(app.env) / "recovery" / f"{vault.settings.id}.txt"


def _recovery_key(app: App, vault: Vault) -> tuple[str, Path]:
    """Return a recovery key and its file: the one that is there for this vault's id, or a new one.

    One is there where a founding was cut short, or in another copy of the vault.
    """
    path = recovery_file(app, vault)
    make_private(path.parent)
    if in_repository(path):
        raise ExposedIdentity(path=path, reason=IN_REPOSITORY)
    if path.exists():
        identity = read_identities(path, lambda name: _ask(app, name))[0]
        if not identity.startswith("AGE-SECRET-KEY-1"):
            raise NoKeyInFile(path=path)
        return identity, path
    identity = age.new_identity()
    write_private(path, f"# recovery key of the vault {vault.settings.id}\n{identity}\n".encode())
    return identity, path


def _files(founding: Founding, text: str) -> list[Change]:
    made = [Change(path, None, data) for path, data in founding.files.items()]
    return [*made, Change(KEYRING, None, text.encode())]


def write_access(app: App, keys: VaultKeys, done: Access, command: str) -> None:
    """Write a changed keyring with its groups' keys, all or nothing, and trust it: it is our own.

    The keyring comes last: should all end before it, the old one still fits what lies there.
    """
    if done.keyring == keys.keyring._replace(epoch=done.keyring.epoch):
        app.out.note(_("Nothing to change: it says so already."))
        return  # nobody has to accept what is as it was
    text = keyring_text(done.keyring)
    standing = files.read(app.vault.root, KEYRING)
    if standing.data.decode("utf-8-sig") != keys.standing_text:
        raise ChangedOnDisk(path=KEYRING)
    changed = [Change(path, _digest(app, path), data) for path, data in done.files.items()]
    changed.append(Change(KEYRING, standing.digest, text.encode()))
    app.vault.commit(changed, command, undoable=False)
    keys.accept(text)


def _digest(app: App, path: PurePosixPath) -> str | None:
    try:
        return files.read(app.vault.root, path, limit=None).digest
    except files.FileMissing:
        return None


def _ask(app: App, name: str) -> str:
    return app.out.ask_secret(_("Passphrase of {name}:").format(name=name))
