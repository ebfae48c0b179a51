"""A vault's first keyring: a group per word that the schema seals for, one manager, one recovery key."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from types import MappingProxyType

from vault_tool.named import NamedTuple
from vault_tool.schema import Schema
from vault_tool.sealing import age
from vault_tool.sealing.group_keys import group_key_path
from vault_tool.vault.keyring import KeyGroup, Keyring, Member

FIRST_RECOVERY = "recovery-1"
MANAGER = "manager"
_READ = ("role:manager",)
# Who calls customers needs their numbers; money and papers are for managers, until they say otherwise.
_READ_BY_ALL = ("role:sales", "role:support", "role:manager")
_EVERYDAY_GROUPS = frozenset({"contact"})


class Founding(NamedTuple):
    """A keyring, and the files of its groups' keys."""

    keyring: Keyring
    files: dict[PurePosixPath, bytes]


def found_keyring(schema: Schema, person: str, public_keys: Iterable[str], recovery: str) -> Founding:
    """Make a vault's first keyring: this person is its manager and reads every group, as `recovery` does."""
    keyring = Keyring(
        epoch=1,
        people=MappingProxyType({person: Member((MANAGER,), tuple(public_keys))}),
        recovery=MappingProxyType({FIRST_RECOVERY: recovery}),
        groups=MappingProxyType({}),
    )
    files = {}
    for name in sealed_groups(schema):
        keyring, path, data = with_new_epoch(
            keyring, name, KeyGroup(0, "", _READ_BY_ALL if name in _EVERYDAY_GROUPS else _READ)
        )
        files[path] = data
    return Founding(keyring._replace(epoch=1), files)


def with_new_epoch(keyring: Keyring, name: str, group: KeyGroup) -> tuple[Keyring, PurePosixPath, bytes]:
    """Give a group a new key pair; return the keyring and the file of the new key, wrapped to its readers."""
    identity = age.new_identity()
    made = group._replace(epoch=group.epoch + 1, public=age.public_key(identity), renew=False)
    after = keyring._replace(epoch=keyring.epoch + 1, groups=MappingProxyType({**keyring.groups, name: made}))
    wrapped = age.encrypt(f"{identity}\n".encode(), after.wrapping_keys(name))
    return after, group_key_path(name, made.epoch, made.public), wrapped


def sealed_groups(schema: Schema) -> list[str]:
    """Return the groups that a schema seals for, in the order of its fields."""
    found = (group for field in schema.sealed_fields() for group in (field.group, *field.group_for.values()))
    return list(dict.fromkeys(filter(None, found)))
