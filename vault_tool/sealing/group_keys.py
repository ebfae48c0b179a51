"""The groups' private keys, as far as this person can open them, and what each of them opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.sealing import age
from vault_tool.sealing.keyring import GROUP_KEYS, OWNER, Keyring, group_key_path, is_name
from vault_tool.sealing.token import Token, key_set_id
from vault_tool.vault import files

_EPOCH = re.compile(r"[1-9][0-9]{0,8}")
_LARGEST = 256 * 1024


class KeySet(NamedTuple):
    """The group (and owner's group) that public keys seal for, and a key of this person's that opens it."""

    group: str
    identities: tuple[str, ...]
    owner_group: str | None = None


class GroupKeys:
    """The files in `.vault/groups`, opened with a person's own keys. Anybody may have put them there."""

    def __init__(self, root: Path, keyring: Keyring, identities: tuple[str, ...]) -> None:
        self._root = root
        self._keyring = keyring
        self._identities = identities
        self._opened: dict[str, Mapping[int, str]] = {}

    def of(self, group: str) -> Mapping[int, str]:
        """Return a group's keys by epoch, as far as this person can open them, the latest first.

        What lies there for an epoch that the keyring doesn't have yet is none of it, nor a latest key that
        isn't the one which seals.
        """
        if group not in self._opened:
            folder = self._root / GROUP_KEYS / group
            known = self._keyring.groups.get(group)
            epochs = (int(path.stem) for path in folder.glob("*.age") if _EPOCH.fullmatch(path.stem))
            found = {}
            for epoch in sorted(epochs, reverse=True):
                identity = self._read(group, epoch)
                is_foreign = known is not None and (
                    epoch > known.epoch
                    or (epoch == known.epoch and identity and age.public_key(identity) != known.public)
                )
                if identity and not is_foreign:
                    found[epoch] = identity
            self._opened[group] = found
        return self._opened[group]

    def _read(self, group: str, epoch: int) -> str | None:
        try:
            wrapped = files.read(self._root, group_key_path(group, epoch), _LARGEST).data
            identity = age.decrypt(wrapped, self._identities).decode().strip()
            age.public_key(identity)
        except (age.CannotOpen, age.BadIdentity, UnicodeDecodeError, VaultError):
            return None  # others' keys, a link, a file of somebody who wants to be in the way
        return identity

    @cached_property
    def own_public(self) -> frozenset[str]:
        """The public halves of all that this person can open."""
        return frozenset(age.public_key(each) for name in self.names for each in self.of(name).values())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The groups that have keys here, those that the keyring has no more among them."""
        folder = self._root / GROUP_KEYS
        if not folder.is_dir() or folder.is_symlink():
            return ()
        return tuple(sorted(path.name for path in folder.iterdir() if is_name(path.name) and path.is_dir()))

    @cached_property
    def sets(self) -> Mapping[str, KeySet]:
        """What each set of keys that seals, or once did, stands for, by its `kid`."""
        own: dict[str, dict[str, str]] = {}
        for name in sorted({*self.names, *self._keyring.groups}):
            own[name] = {age.public_key(each): each for each in self.of(name).values()}
            if group := self._keyring.groups.get(name):
                own[name].setdefault(group.public, "")
        owners = [
            (name, public, identity)
            for name, keys in own.items()
            if name.startswith(OWNER)
            for public, identity in keys.items()
        ]
        found: dict[str, KeySet] = {}
        for name, keys in own.items():
            for public, identity in keys.items() if not name.startswith(OWNER) else ():
                found[key_set_id((public,))] = KeySet(name, (identity,) if identity else ())
                for owner, other, others in owners:
                    both = tuple(filter(None, (identity, others)))
                    found[key_set_id((public, other))] = KeySet(name, both[:1], owner)
        return found

    def decrypt(self, token: Token) -> tuple[str | None, bytes]:
        """Return what a token holds, and its group where that can be told. Raises `age.CannotOpen`."""
        if known := self.sets.get(token.kid):
            return known.group, age.decrypt(token.age_file, known.identities)
        # Keys that nobody here knows as a set any more: which of them opens it tells the group.
        for name in sorted(self.names, key=lambda name: name.startswith(OWNER)):
            with suppress(age.CannotOpen):
                data = age.decrypt(token.age_file, self.of(name).values())
                return (None if name.startswith(OWNER) else name), data
        raise age.CannotOpen

    def can_open(self, public_keys: Iterable[str]) -> bool:
        """Tell whether this person could open what is sealed to these keys."""
        return not self.own_public.isdisjoint(public_keys)
