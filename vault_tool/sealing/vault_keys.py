"""What this person, on this machine, can do with a vault's keyring: seal with it, and open what is theirs."""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.sealing import age
from vault_tool.sealing.group_keys import GroupKeys
from vault_tool.sealing.identities import AskPassphrase, own_identities, read_identities
from vault_tool.sealing.memo import Memo
from vault_tool.sealing.places import Places
from vault_tool.sealing.seal import Sealer, Sealing, plan_sealing
from vault_tool.sealing.standing import Trouble, token_of
from vault_tool.sealing.token import (
    BadToken,
    Place,
    Token,
    Value,
    WrongPlace,
    base32,
    key_set_id,
    make_token,
    place_of,
    read_token,
    unwrap,
    wrap,
)
from vault_tool.sealing.trust import Pin, TrustUnreadable, Verdict, forget_pin, judge, read_pin, write_pin
from vault_tool.vault import files
from vault_tool.vault.accepted import accept_readers, accepted_file, forget_accepted
from vault_tool.vault.keyring import KEYRING, OWNER, Keyring, read_keyring
from vault_tool.vault.settings import Settings
from vault_tool.vault.toml import BadToml


class NoKeyring(VaultError):
    """Nothing can be sealed: the vault has no keyring yet."""

    message = N_("This vault has no keys yet, so nothing can be sealed.")
    hint = N_("`vault seal` makes them.")
    exit_code = Exit.UNREADABLE


class KeyringGone(VaultError):
    """A keyring was accepted here, and none stands in the vault now."""

    message = N_("The keyring that you accepted is gone from the vault. Nothing was sealed or opened.")
    hint = N_(
        "Put it back: git checkout HEAD -- .vault, or from a backup. Without it no new value is sealed."
    )
    exit_code = Exit.DECIDE


class KeyringWaits(VaultError):
    """The keyring has changed since it was accepted here."""

    message = N_("The keyring has changed since you accepted it: nothing is sealed until you look at it.")
    hint = N_("`vault access review` shows what changed, `vault access accept` takes it.")
    exit_code = Exit.DECIDE


class KeyringRolledBack(VaultError):
    """The keyring is older than one that was accepted, or another one of the same epoch."""

    message = N_(
        "The keyring is not the one you accepted, nor a later one: somebody put back an older state."
    )
    hint = N_("Ask who did that, and why. `vault access review` shows what changed; nothing was sealed.")
    exit_code = Exit.DECIDE


class OtherVault(VaultError):
    """Another vault stands at a path where one was trusted."""

    message = N_(
        "At {path} was the vault {before}; now it says that it is {now}. Nothing was sealed or opened."
    )
    hint = N_("If you put another vault there, `vault access accept` says so.")
    exit_code = Exit.DECIDE


class NotOpened(VaultError):
    """A sealed value doesn't open."""

    message = N_("{path}:{line}: this value can't be opened: {reason}.")
    exit_code = Exit.UNREADABLE


NO_TOKEN = N_("its sealed text is missing from the end of the file")
DAMAGED = N_("its sealed text is damaged, or was copied from elsewhere")
NOT_YOURS = N_("none of your keys opens it")
MOVED = N_("it was sealed for another place, and moved here")
FOR_NOBODY_KNOWN = N_("the keys here don't tell for which group it was sealed")
TWICE = N_("there are two sealed texts for it")
_REASONS = {Trouble.MISSING: NO_TOKEN, Trouble.TWICE: TWICE}
_LARGEST_KEYRING = 1024 * 1024


class Opened(NamedTuple):
    """One value that was opened, and where its reference stands."""

    vid: str
    field: str
    group: str | None
    line: int
    value: Value


class VaultKeys:
    """A vault's keyring, the trust in it, and this person's own keys; each is read when it is needed."""

    def __init__(
        self, root: Path, settings: Settings, state: Path, env: Mapping[str, str], ask: AskPassphrase
    ) -> None:
        self.root = root
        self.vault_id = settings.id
        self._settings = settings
        self._state = state
        self._env = env
        self._ask = ask
        self._last: tuple[Note, Places] | None = None
        self.new_owners: dict[PurePosixPath, str | None] = {}
        """Customers in which something was sealed for a former owner, and who says to be the owner now."""

    # --- trust

    @cached_property
    def standing_text(self) -> str | None:
        """The keyring as it stands in the vault; None where there is none."""
        try:
            data = files.read(self.root, KEYRING, _LARGEST_KEYRING).data
            return data.decode("utf-8-sig")
        except files.FileMissing:
            return None
        except UnicodeDecodeError:
            raise BadToml(path=KEYRING, line=1, reason="not UTF-8") from None

    @cached_property
    def pin(self) -> Pin | None:
        """What was accepted here."""
        return read_pin(self.root, self._env)

    @property
    def verdict(self) -> Verdict:
        """How the keyring relates to the one that was accepted."""
        return judge(self.pin, self.vault_id, self.standing_text)

    @cached_property
    def keyring(self) -> Keyring:
        """The keyring, if it is trusted; the first one is. Raises what stands against it."""
        verdict = self.verdict
        if verdict is Verdict.OTHER_VAULT:
            assert self.pin is not None
            raise OtherVault(path=self.root, before=self.pin.vault, now=self.vault_id)
        if verdict is Verdict.GONE:
            raise KeyringGone
        if self.standing_text is None:
            raise NoKeyring
        if verdict is Verdict.CHANGED:
            raise KeyringWaits
        if verdict is Verdict.ROLLED_BACK:
            raise KeyringRolledBack
        keyring = read_keyring(self.standing_text, self.root / KEYRING)
        if verdict is Verdict.FIRST:
            self.accept(self.standing_text)
        else:
            self._accept_readers(keyring)  # an older program noted down none
        return keyring

    @property
    def reading_keyring(self) -> Keyring:
        """The keyring that tells what opens what: trusted or not, for it can't open more than one's own keys.

        Who was let in yesterday reads today, and looks at the keyring before they seal. Raises `OtherVault`,
        `NoKeyring`.
        """
        verdict = self.verdict
        if verdict is Verdict.CHANGED and self.standing_text is not None:
            return read_keyring(self.standing_text, self.root / KEYRING)
        if verdict in (Verdict.GONE, Verdict.ROLLED_BACK) and self.pin is not None:
            return read_keyring(self.pin.keyring)
        return self.keyring

    def accept(self, text: str) -> None:
        """Trust this keyring from now on."""
        keyring = read_keyring(text, self.root / KEYRING)
        pin = Pin(self.vault_id, keyring.epoch, text)
        write_pin(self.root, self._env, pin)
        self._accept_readers(keyring)
        self._forget_read()
        self.__dict__.update(pin=pin, standing_text=text)

    def forget(self) -> None:
        """Trust nothing here any more, for another vault has come to this path."""
        forget_pin(self.root, self._env)
        forget_accepted(self.root, self._env)
        self._forget_read()
        self.__dict__["pin"] = None

    def _accept_readers(self, keyring: Keyring) -> None:
        try:
            accept_readers(self.root, self._env, keyring.readers_of_groups())
        except OSError as error:
            path = accepted_file(self.root, self._env)
            raise TrustUnreadable(path=path, reason=error.strerror or str(error)) from None

    def _forget_read(self) -> None:
        for name in ("keyring", "group_keys", "_owners_by_key_set"):
            self.__dict__.pop(name, None)

    # --- sealing

    @cached_property
    def memo(self) -> Memo:
        """What was sealed here before."""
        return Memo(self._state)

    def plan_sealing(self, note: Note) -> Sealing:
        """Plan to seal what stands in plain in a note; see `seal.plan_sealing`. Needs no key that opens."""
        return plan_sealing(note, self.vault_id, self.sealer(note))

    def sealer(self, note: Note) -> Sealer:
        """Return what makes tokens for the values of a note."""

        owner = cache(lambda: self._owner_to_seal_for(note))  # once it is clear that something is sealed

        def seal(place: Place, group: str, value: Value, taken: Container[str]) -> Token:
            return self.seal(place, self.keyring.sealing_keys(group, owner()), value, taken)

        return seal

    def _owner_to_seal_for(self, note: Note) -> str | None:
        """Return the owner whom a note's values are sealed for: a new one reads after a rekey, which asks."""
        owner = self.owner_of(note)
        if not (owners := self._owners_by_key_set) or note.sealed_block is None:
            return owner
        standing = {reference.vid for reference in note.sealed_references}
        for each in note.sealed_block.tokens:
            if each.vid in standing:
                with suppress(BadToken):
                    before = owners.get(read_token(each.token).kid, owner)
                    if before != owner:
                        self.new_owners[note.path] = owner
                        return before
        return owner

    @cached_property
    def _owners_by_key_set(self) -> dict[str, str]:
        owners = [name.removeprefix(OWNER) for name in self.keyring.groups if name.startswith(OWNER)]
        groups = [name for name, group in self.keyring.groups.items() if group.owner_read]
        return {
            key_set_id(self.keyring.public_keys(group, owner)): owner for group in groups for owner in owners
        }

    def owner_of(self, note: Note) -> str | None:
        """Return the id of a customer's owner, where the team knows them."""
        person = self._settings.person(note.owner) if note.owner else None
        return person.id if person else None

    def place(self, note: Note, places: Places, offset: int) -> Place:
        """Return what a value is bound to that stands at this offset."""
        return Place(self.vault_id, note.id or "", places.field_at(offset))

    def seal(self, place: Place, keys: Iterable[str], value: Value, taken: Container[str]) -> Token:
        """Return a value's token: the one that was made here before, else a new one."""
        keys = tuple(keys)
        kid = key_set_id(keys)
        if known := self.memo.get(place, kid, value):
            return known
        vid = new_vid(taken)
        token = make_token(place, kid, vid, age.encrypt(wrap(place, kid, vid, value), keys))
        self.memo.put(place, kid, value, token)
        return token

    def close(self) -> None:
        """Let go of what was opened; what was sealed is remembered."""
        if "memo" in vars(self):
            self.memo.close()

    # --- opening

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """This person's own keys. Raises what `read_identities` does."""
        return tuple(own_identities(self._env, self._ask))

    def use_only(self, path: Path) -> None:
        """Open with the keys of this file from now on, and with no others."""
        self.__dict__.pop("group_keys", None)
        self.__dict__["identities"] = tuple(read_identities(path, self._ask))

    @cached_property
    def group_keys(self) -> GroupKeys:
        """The groups' keys, as far as this person can open them."""
        return GroupKeys(self.root, self.reading_keyring, self.identities)

    def group_of(self, token: Token) -> str | None:
        """Return the group that a token is sealed for, as far as its keys are known."""
        known = self.group_keys.sets.get(token.kid)
        return known.group if known else None

    def open(self, note: Note, vid: str, place: Place | None = None) -> Opened:
        """Open the value that a reference of a note stands for. Raises `NotOpened`.

        It was sealed for where it stands, or for the `place` given.
        """
        reference = next((each for each in note.sealed_references if each.vid == vid), None)
        offset = reference.span.start if reference else 0
        line = note.lines.line(offset)
        place = place or self.place(note, self._places_of(note), offset)
        token = _whole(note, vid, line, place)
        try:
            group, data = self.group_keys.decrypt(token)
        except age.CannotOpen:
            raise NotOpened(path=note.path, line=line, reason=NOT_YOURS) from None
        try:
            return Opened(vid, place.field, group, line, unwrap(data, place, token.kid, vid))
        except WrongPlace:
            raise NotOpened(path=note.path, line=line, reason=MOVED) from None

    def _places_of(self, note: Note) -> Places:
        """Return where a note's fields stand; asked for each value of one note after the other."""
        if self._last is None or self._last[0] is not note:
            self._last = (note, Places(note))
        return self._last[1]

    def open_elsewhere(self, note: Note, vid: str) -> tuple[Place, Opened]:
        """Open a value of a note wherever it was sealed for, and return that place. Raises `NotOpened`.

        For a person who decides whether it belongs where it stands now: nobody else may use it.
        """
        reference = next((each for each in note.sealed_references if each.vid == vid), None)
        line = note.lines.line(reference.span.start if reference else 0)
        token = _whole(note, vid, line, None)
        try:
            group, data = self.group_keys.decrypt(token)
        except age.CannotOpen:
            raise NotOpened(path=note.path, line=line, reason=NOT_YOURS) from None
        try:
            place = place_of(data)
            value = unwrap(data, place, token.kid, vid)
        except WrongPlace:
            raise NotOpened(path=note.path, line=line, reason=DAMAGED) from None
        return place, Opened(vid, place.field, group, line, value)


def _whole(note: Note, vid: str, line: int, place: Place | None) -> Token:
    found = token_of(note, vid, place)
    if isinstance(found, Trouble):
        raise NotOpened(path=note.path, line=line, reason=_REASONS.get(found, DAMAGED))
    return found


def new_vid(taken: Container[str]) -> str:
    """Return a value's name that is not taken in its note."""
    while (vid := base32(secrets.token_bytes(5))) in taken:
        pass
    return vid
