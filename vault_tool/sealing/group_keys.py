"""The groups' private keys, as far as this person can open them, and what each of them opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.named import NamedTuple
from vault_tool.sealing import age
from vault_tool.sealing.token import Token, key_set_id
from vault_tool.vault import files
from vault_tool.vault.keyring import GROUP_KEYS, OWNER, Keyring, is_name

# Earlier ones lie under their epoch alone.
_NAME = re.compile(r"(?P<epoch>[1-9][0-9]{0,8})(?:-(?P<mark>[0-9a-z]{8}))?\.age")
_LARGEST = 256 * 1024


def group_key_path(group: str, epoch: int, public: str) -> PurePosixPath:
    """Return where the private key of a group's epoch lies, wrapped to those who may read it.

    Two people who make a new key at once give it the same epoch, and each a file of its own.
    """
    return GROUP_KEYS / group / f"{epoch}-{key_set_id((public,))}.age"


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
        self._opened: dict[str, Mapping[PurePosixPath, str]] = {}

    def of(self, group: str) -> Mapping[PurePosixPath, str]:
        """Return a group's keys by their files, as far as this person can open them, the latest first.

        What lies there for an epoch that the keyring doesn't have yet is none of it, nor a key that isn't the
        one of its name.
        """
        if group not in self._opened:
            folder = GROUP_KEYS / group
            names = (_NAME.fullmatch(path.name) for path in (self._root / folder).glob("*.age"))
            found = {}
            for name in sorted(filter(None, names), key=lambda name: (-int(name["epoch"]), name[0])):
                identity = self._read(folder / name[0])
                if identity and self._is_own(group, int(name["epoch"]), name["mark"], identity):
                    found[folder / name[0]] = identity
            self._opened[group] = found
        return self._opened[group]

    def _is_own(self, group: str, epoch: int, mark: str | None, identity: str) -> bool:
        known, public = self._keyring.groups.get(group), age.public_key(identity)
        if known and epoch > known.epoch:
            return False
        if mark:
            return mark == key_set_id((public,))
        return known is None or epoch < known.epoch or public == known.public

    def _read(self, path: PurePosixPath) -> str | None:
        try:
            wrapped = files.read(self._root, path, _LARGEST).data
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
