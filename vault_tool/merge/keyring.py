"""Two keyrings that were changed at once, joined: who is out on either side is out.

No key is made here, for that takes somebody who opens a group. Where the sides' keys don't fit the readers
that come out, the group is marked to be renewed, and nothing is sealed for it before that.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from vault_tool.errors import VaultError
from vault_tool.merge.choice import settle
from vault_tool.named import NamedTuple
from vault_tool.vault.keyring import OWNER, KeyGroup, Keyring, Member, keyring_text, read_keyring

_NONE = Keyring(0, MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))
_NOBODY = Member((), ())
_NO_GROUP = KeyGroup(0, "")


class JoinedKeyring(NamedTuple):
    """What becomes of two keyrings; `is_one_sided` where one side alone says who reads."""

    data: bytes
    is_one_sided: bool = False


def join_keyrings(base: bytes | None, a: bytes, b: bytes) -> JoinedKeyring | None:
    """Join two keyrings, symmetric in them; None where one can't be read.

    What either side took away is gone, what either gave is given. Where that leaves a group without a reader,
    as when two remove each other, the side of the higher epoch says who reads.
    """
    try:
        was = _read(base) if base is not None else _NONE
        one, two = _read(a), _read(b)
    except (VaultError, UnicodeDecodeError):
        return None
    if one == two:  # line ends apart
        return JoinedKeyring(max(a, b))
    if was in (one, two):
        return JoinedKeyring(b if one == was else a)
    joined = _joined(was, one, two)
    winner = max(one, two, key=lambda side: (side.epoch, keyring_text(side)))
    is_one_sided = any(
        name in side.groups and side.readers(name) and not joined.readers(name)
        for side in (one, two)
        for name in joined.groups
    )
    if is_one_sided:
        joined = winner
    groups = {name: _with_key(name, joined, was, one, two) for name in joined.groups}
    epoch = max(one.epoch, two.epoch) + 1
    joined = joined._replace(epoch=epoch, groups=MappingProxyType(groups))
    return JoinedKeyring(keyring_text(joined).encode(), is_one_sided)


def _read(data: bytes) -> Keyring:
    return read_keyring(data.decode("utf-8-sig"))


def _kept(base: Iterable[str], a: Iterable[str], b: Iterable[str]) -> list[str]:
    """Return what both sides kept, and what either added, in an order that both sides find."""
    was, one, two = list(base), set(a), set(b)
    return [*(each for each in was if each in one & two), *sorted((one | two).difference(was))]


def _joined(was: Keyring, one: Keyring, two: Keyring) -> Keyring:
    """Join who is there and who reads what; which keys the groups have is left open."""
    people: dict[str, Member] = {}
    for name in _kept(was.people, one.people, two.people):
        members = [side.people.get(name, _NOBODY) for side in (was, one, two)]
        roles, keys = _kept(*(each.roles for each in members)), _kept(*(each.keys for each in members))
        if keys:  # nobody without a key is a reader
            people[name] = Member(tuple(roles), tuple(keys))
    gone = {*one.people, *two.people}.difference(people)
    recovery: dict[str, str] = {}
    for name in _kept(was.recovery, one.recovery, two.recovery):
        before, mine, yours = (side.recovery.get(name, "") for side in (was, one, two))
        recovery[name] = settle(before, mine or yours, yours or mine, max)
        # Of two vaults that were begun as one, each founder has printed a key.
        others = {mine, yours} - {before, recovery[name], ""}
        recovery.update({f"{name}-{key[-6:]}": key for key in others})
    groups: dict[str, KeyGroup] = {}
    for name in _kept(was.groups, one.groups, two.groups):
        before_, mine_, yours_ = (side.groups.get(name, _NO_GROUP) for side in (was, one, two))
        if name not in {OWNER + each for each in gone}:
            read = (each for each in _kept(before_.read, mine_.read, yours_.read) if each not in gone)
            owner_read = settle(before_.owner_read, mine_.owner_read, yours_.owner_read, max)
            groups[name] = KeyGroup(0, "", tuple(read), owner_read)
    return Keyring(0, MappingProxyType(people), MappingProxyType(recovery), MappingProxyType(groups))


def _with_key(name: str, joined: Keyring, was: Keyring, one: Keyring, two: Keyring) -> KeyGroup:
    """Return a group with the latest key there is; it is to be renewed unless it fits the group's readers."""
    sides = [side for side in (one, two) if name in side.groups]
    latest = max((side.groups[name] for side in sides), key=lambda each: (each.epoch, each.public))
    changed = [side for side in sides if name not in was.groups or _key(side, name) != _key(was, name)]
    readers = set(joined.wrapping_keys(name))
    fits = all(set(side.wrapping_keys(name)) == readers for side in changed or sides)
    was_due = any(side.groups[name].renew and side.groups[name].public == latest.public for side in sides)
    return joined.groups[name]._replace(epoch=latest.epoch, public=latest.public, renew=was_due or not fits)


def _key(keyring: Keyring, name: str) -> tuple[str, set[str]]:
    """Return a group's key, and whom it is wrapped to."""
    return keyring.groups[name].public, set(keyring.wrapping_keys(name))
