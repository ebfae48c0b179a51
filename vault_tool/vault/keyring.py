"""The keyring: who is in which role, which group may read what, and the public keys that seal. No secret.

`.vault/keyring.toml` belongs to the tool, which writes it whole. Two that were changed at once are joined by
`merge/keyring.py`; a group may need a new key after that, and nothing is sealed for it before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault.setting_reader import SettingsReader
from vault_tool.vault.toml import toml_key, toml_string

KEYRING = PurePosixPath(".vault/keyring.toml")
GROUP_KEYS = PurePosixPath(".vault/groups")
VERSION = 1
OWNER = "owner-"
ROLE = "role:"


class NewerKeyring(VaultError):
    """The keyring was written by a program that knows more."""

    message = N_("{path} is of a newer version than this program knows. Nothing is sealed or opened.")
    hint = N_("Update vault on this machine.")
    exit_code = Exit.UNREADABLE


class BadKeyring(VaultError):
    """The keyring says something that `vault access` never writes."""

    message = N_("{path} can't be used: {problem}: {name}. Nothing is sealed or opened.")
    hint = N_("git has it as it was: git log -p -- {path}")
    exit_code = Exit.UNREADABLE


BAD_NAME = N_("this can't be the name of a group or a person")
BAD_KEY = N_("this has no public key that can be sealed to")
_NAME = re.compile(r"\w[\w.+-]{0,99}")
_KEY = re.compile(r"age1[02-9ac-hj-np-z]{58}|ssh-(?:ed25519|rsa) [A-Za-z0-9+/=]{40,2000}")


class UnknownGroup(VaultError):
    """A field or a mark names a group that the keyring doesn't have."""

    message = N_("There is no group {group} to seal for.")
    hint = N_("The groups are: {known}")
    exit_code = Exit.USAGE


class GroupWaits(VaultError):
    """Two people changed at once who reads a group: the key that it has fits neither."""

    message = N_("The group {group} needs a new key first: who reads it was changed by two people at once.")
    exit_code = Exit.DECIDE


class Member(NamedTuple):
    """A colleague's roles and public keys."""

    roles: tuple[str, ...]
    keys: tuple[str, ...]


class KeyGroup(NamedTuple):
    """Who may read what is sealed for a group. `public` seals; each epoch has a key pair of its own.

    `renew`: nothing may be sealed to `public` any more, for others than its readers of today may open it.
    """

    epoch: int
    public: str
    read: tuple[str, ...] = ()
    owner_read: bool = False
    renew: bool = False


class Keyring(NamedTuple):
    """`.vault/keyring.toml`."""

    epoch: int
    people: Mapping[str, Member]
    recovery: Mapping[str, str]
    groups: Mapping[str, KeyGroup]

    @property
    def due(self) -> tuple[str, ...]:
        """The groups that need a new key before anything is sealed for them."""
        return tuple(name for name, group in self.groups.items() if group.renew)

    def readers(self, group: str) -> tuple[str, ...]:
        """Return the ids of those who may read a group, in the order of the keyring."""
        read = self.groups[group].read
        return tuple(
            name
            for name, member in self.people.items()
            if name in read or any(f"{ROLE}{role}" in read for role in member.roles)
        )

    def readers_of_groups(self) -> dict[str, tuple[str, ...]]:
        """Return who may read each group that fields are sealed for; `owner` among them where owners may."""
        return {
            name: (*self.readers(name), *(["owner"] if group.owner_read else []))
            for name, group in self.groups.items()
            if not name.startswith(OWNER)
        }

    def wrapping_keys(self, group: str) -> tuple[str, ...]:
        """Return the public keys that a group's own key is wrapped to: its readers', and for recovery."""
        keys = [key for name in self.readers(group) for key in self.people[name].keys]
        return tuple(dict.fromkeys([*keys, *self.recovery.values()]))

    def sealing_keys(self, group: str, owner: str | None) -> tuple[str, ...]:
        """Return the public keys to seal a value to. Raises `UnknownGroup`, `GroupWaits`."""
        keys = self.public_keys(group, owner)
        for name in (group, f"{OWNER}{owner}"):
            if name in self.groups and self.groups[name].renew and self.groups[name].public in keys:
                raise GroupWaits(group=name, readers=", ".join(self.readers(name)) or "-")
        return keys

    def public_keys(self, group: str, owner: str | None) -> tuple[str, ...]:
        """Return the public keys that a value of a group belongs to. Raises `UnknownGroup`."""
        # An owner's group is sealed to beside another one, never alone.
        known = None if group.startswith(OWNER) else self.groups.get(group)
        if known is None:
            names = (name for name in self.groups if not name.startswith(OWNER))
            raise UnknownGroup(group=group, known=", ".join(names))
        own = self.groups.get(OWNER + owner) if owner and known.owner_read else None
        return (known.public, own.public) if own else (known.public,)


def read_keyring(text: str, path: Path = Path(KEYRING)) -> Keyring:
    """Read a keyring. Raises a `VaultError` that names the line."""
    reader = SettingsReader(text.removeprefix("\ufeff"), path, VERSION)
    if reader.is_newer:
        raise NewerKeyring(path=path)
    top = reader.top
    top.whole("version", VERSION, least=1)
    keyring = Keyring(
        epoch=top.whole("epoch", 1, least=1),
        people=MappingProxyType(
            {
                name: Member(table.texts("roles"), table.texts("keys"))
                for name, table in top.table("people").free_tables().items()
            }
        ),
        recovery=MappingProxyType(
            {name: table.text("key", "") for name, table in top.table("recovery").free_tables().items()}
        ),
        groups=MappingProxyType(
            {
                name: KeyGroup(
                    table.whole("epoch", 1, least=1),
                    table.text("public", ""),
                    table.texts("read"),
                    table.flag("owner_read", False),
                    table.flag("renew", False),
                )
                for name, table in top.table("groups").free_tables().items()
            }
        ),
    )
    reader.finish()
    _check(keyring, path)
    return keyring


def is_name(name: str) -> bool:
    """Tell whether a person or a group may be called so: names of groups are names of folders."""
    return _NAME.fullmatch(name) is not None


def _check(keyring: Keyring, path: Path) -> None:
    for name in (*keyring.people, *keyring.groups, *keyring.recovery):
        if not is_name(name):
            raise BadKeyring(path=path, problem=BAD_NAME, name=repr(name)[:120])
    keys = [(name, key) for name, member in keyring.people.items() for key in member.keys]
    keys += keyring.recovery.items()
    keys += ((name, group.public) for name, group in keyring.groups.items())
    for name, key in keys:
        if not _KEY.fullmatch(key):
            raise BadKeyring(path=path, problem=BAD_KEY, name=name)


def keyring_text(keyring: Keyring) -> str:
    """Return the file's text; the same keyring gives the same bytes."""
    return "\n".join(_lines(keyring)) + "\n"


def _lines(keyring: Keyring) -> Iterator[str]:
    yield "# Who may read what is sealed. Written by `vault access`; never edited by hand."
    yield f"version = {VERSION}"
    yield f"epoch = {keyring.epoch}"
    for name, member in sorted(keyring.people.items()):
        yield from ("", f"[people.{toml_key(name)}]", f"roles = {_texts(member.roles)}")
        yield f"keys = {_texts(member.keys)}"
    for name, key in sorted(keyring.recovery.items()):
        yield from ("", f"[recovery.{toml_key(name)}]", f"key = {toml_string(key)}")
    for name, group in sorted(keyring.groups.items()):
        yield from ("", f"[groups.{toml_key(name)}]", f"epoch = {group.epoch}")
        yield f"public = {toml_string(group.public)}"
        yield f"read = {_texts(group.read)}"
        if group.owner_read:
            yield "owner_read = true"
        if group.renew:
            yield "renew = true"


def _texts(items: Iterable[str]) -> str:
    return "[" + ", ".join(map(toml_string, items)) + "]"
