"""Who may read what, changed: each plan is a new keyring and the files of the groups' keys that go with it.

Nothing here writes. Who joins gets the groups' keys wrapped to theirs, and no note changes. When somebody
leaves, every group they could read gets a new key: what is sealed from then on, they can't open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.sealing import age
from vault_tool.sealing.found_keyring import MANAGER, with_new_epoch
from vault_tool.vault.keyring import OWNER, ROLE, KeyGroup, Keyring, Member, is_name

_GROUP = re.compile(r"[a-z][a-z0-9_-]{0,49}")
Unlock = Callable[[str], Mapping[PurePosixPath, str]]
"""Returns the keys of a group by their files, as far as this person can open them."""


class CannotShare(VaultError):
    """Somebody would give what they can't open themselves."""

    message = N_(
        "You can't open the group {group} yourself, so you can't change who reads it. Nothing was written."
    )
    hint = N_("Ask somebody who can: {readers}")
    exit_code = Exit.USAGE


class LastReader(VaultError):
    """Nobody but the recovery key could read a group any more, or not who asks for it."""

    message = N_("After that nobody could read the group {group} any more. Nothing was written.")
    hint = N_("Give somebody else the role first: vault access grant PERSON {role}")
    exit_code = Exit.USAGE


class UnknownMember(VaultError):
    """Somebody who has no part in the keyring."""

    message = N_("{name} has no key here.")
    hint = N_("`vault access list` shows who has; `vault access invite {name} KEY` lets somebody in.")
    exit_code = Exit.USAGE


class NotHeld(VaultError):
    """What is to be taken back was never given."""

    message = N_("{name} doesn't have {what}. Nothing was written.")
    hint = N_("They have: {held}")
    exit_code = Exit.USAGE


class BadName(VaultError):
    """A name that would not be one of a folder."""

    message = N_("{name} can't be the name of a group or a person here. Nothing was written.")
    hint = N_("Letters, digits, `.`, `-` and `_`, not more than 90.")
    exit_code = Exit.USAGE


class BadGroupName(VaultError):
    """A name that no sealing mark could say."""

    message = N_("{name} can't be the name of a group. Nothing was written.")
    hint = N_("Small Latin letters, digits, `-` and `_`, a letter first, such as legal.")
    exit_code = Exit.USAGE


class Access(NamedTuple):
    """A changed keyring, and the files of the groups' keys to be written; None is one to be removed."""

    keyring: Keyring
    files: Mapping[PurePosixPath, bytes]
    new_epochs: tuple[str, ...] = ()


def invite(
    keyring: Keyring, person: str, keys: Iterable[str], roles: Iterable[str], unlock: Unlock
) -> Access:
    """Let somebody in, with these public keys and roles; who is there already gets them in addition."""
    if not (is_name(person) and is_name(OWNER + person)):
        raise BadName(name=person)
    old = keyring.people.get(person, Member((), ()))
    member = Member(_union(old.roles, roles), _union(old.keys, map(age.checked_public_key, keys)))
    after = _with_people(keyring, {**keyring.people, person: member})
    access = _rewrapped(keyring, after, unlock)
    return _with_owner_group(access, person)


def grant(keyring: Keyring, who: str, what: str, unlock: Unlock) -> Access:
    """Give a person a role; or a person, a role (`role:sales`) or each owner (`owner`) a group to read.

    A group that isn't there is made for a role; managers read it, too.
    """
    if who.startswith(ROLE) and what not in keyring.groups:
        return _with_new_group(keyring, what, _union([ROLE + MANAGER], [who]))
    if what in keyring.groups:
        group = keyring.groups[what]
        if who == "owner":
            changed = group._replace(owner_read=True)
        else:
            if not who.startswith(ROLE):
                _member(keyring, who)
            changed = group._replace(read=_union(group.read, [who]))
        after = keyring._replace(
            epoch=keyring.epoch + 1, groups=MappingProxyType({**keyring.groups, what: changed})
        )
        access = _rewrapped(keyring, after, unlock)
        for person in keyring.people if who == "owner" else ():
            access = _with_owner_group(access, person)
        return access
    member = _member(keyring, who)
    after = _with_people(
        keyring, {**keyring.people, who: member._replace(roles=_union(member.roles, [what]))}
    )
    return _rewrapped(keyring, after, unlock)


def _with_new_group(keyring: Keyring, name: str, read: tuple[str, ...]) -> Access:
    if not _GROUP.fullmatch(name) or name.startswith(OWNER):
        raise BadGroupName(name=name)
    made, path, data = with_new_epoch(keyring, name, KeyGroup(0, "", read))
    return Access(made, MappingProxyType({path: data}))


def revoke(keyring: Keyring, who: str, what: str | None, unlock: Unlock) -> Access:
    """Take back a role, a group, a public key, or with None everything.

    A group that loses a reader gets a new key. Raises `NotHeld`, `LastReader`, `CannotShare`.
    """
    if what is None:
        _member(keyring, who)
        people = {name: each for name, each in keyring.people.items() if name != who}
        after = _with_people(keyring, people)
        groups = MappingProxyType(_without_reader(after.groups, who))
        return _rewrapped(keyring, after._replace(groups=groups), unlock)
    if what in keyring.groups:
        return _rewrapped(keyring, _without_group(keyring, who, what), unlock)
    member = _member(keyring, who)
    if what in member.roles:
        left = member._replace(roles=tuple(role for role in member.roles if role != what))
    elif what in member.keys and len(member.keys) > 1:
        left = member._replace(keys=tuple(key for key in member.keys if key != what))
    elif what in member.keys:
        return revoke(keyring, who, None, unlock)  # nobody without a key is a reader
    else:
        raise NotHeld(name=who, what=what, held=", ".join([*member.roles, *member.keys]) or "-")
    return _rewrapped(keyring, _with_people(keyring, {**keyring.people, who: left}), unlock)


def renew(keyring: Keyring, unlock: Unlock) -> Access:
    """Give a new key to each group that needs one and that this person can open; the others need it still."""
    return _rewrapped(keyring, keyring, unlock)


def _without_group(keyring: Keyring, who: str, name: str) -> Keyring:
    group = keyring.groups[name]
    changed = group._replace(
        read=tuple(reader for reader in group.read if reader != who),
        owner_read=group.owner_read and who != "owner",
    )
    if changed == group:
        member = keyring.people.get(who)
        by_role = [role for role in member.roles if ROLE + role in group.read] if member else []
        raise NotHeld(name=who, what=name, held=", ".join(by_role) or "-")
    groups = MappingProxyType({**keyring.groups, name: changed})
    return keyring._replace(epoch=keyring.epoch + 1, groups=groups)


def _rewrapped(before: Keyring, after: Keyring, unlock: Unlock) -> Access:
    """Wrap the keys of every group whose readers changed; who lost one gets no key of the next epoch.

    A group that needs a new key gets it with that.
    """
    files: dict[PurePosixPath, bytes] = {}
    fresh: list[str] = []
    keyring = after
    for name in after.groups:
        old, new = before.wrapping_keys(name), after.wrapping_keys(name)
        is_renewed, is_owners = after.groups[name].renew, name.startswith(OWNER)
        if set(old) == set(new) and not (is_renewed and (is_owners or _has_latest(before, name, unlock))):
            continue
        if not is_owners and not any(after.people[reader].keys for reader in after.readers(name)):
            raise LastReader(group=name, role=MANAGER)
        knows_latest = _has_latest(before, name, unlock)
        if not knows_latest and not is_owners:
            raise CannotShare(group=name, readers=", ".join(before.readers(name)) or "-")
        for path, identity in unlock(name).items():
            files[path] = age.encrypt(f"{identity}\n".encode(), new)
        # An owner's own group need not be opened by who changes it: a new key does as well.
        if is_renewed or not set(old) <= set(new) or not knows_latest:
            keyring, path, data = with_new_epoch(keyring, name, keyring.groups[name])
            files[path] = data
            fresh.append(name)
    return Access(keyring._replace(epoch=before.epoch + 1), MappingProxyType(files), tuple(fresh))


def _has_latest(keyring: Keyring, group: str, unlock: Unlock) -> bool:
    return keyring.groups[group].public in map(age.public_key, unlock(group).values())


def _with_owner_group(access: Access, person: str) -> Access:
    """Give an owner a group of their own, where some group is read by owners."""
    keyring, name = access.keyring, OWNER + person
    if name in keyring.groups or not any(group.owner_read for group in keyring.groups.values()):
        return access
    made, path, data = with_new_epoch(keyring, name, KeyGroup(0, "", (person,)))
    return access._replace(
        keyring=made._replace(epoch=keyring.epoch), files=MappingProxyType({**access.files, path: data})
    )


def _without_reader(groups: Mapping[str, KeyGroup], who: str) -> dict[str, KeyGroup]:
    return {
        name: group._replace(read=tuple(reader for reader in group.read if reader != who))
        for name, group in groups.items()
        if name != OWNER + who
    }


def _with_people(keyring: Keyring, people: Mapping[str, Member]) -> Keyring:
    return keyring._replace(epoch=keyring.epoch + 1, people=MappingProxyType(dict(people)))


def _member(keyring: Keyring, name: str) -> Member:
    if name not in keyring.people:
        raise UnknownMember(name=name)
    return keyring.people[name]


def _union(old: Iterable[str], new: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*old, *new]))
