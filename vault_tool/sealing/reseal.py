"""Sealed values sealed anew: to today's keys, or for where they stand now. The references stay."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span, apply_edits
from vault_tool.sealing import age
from vault_tool.sealing.places import Places
from vault_tool.sealing.token import (
    BadToken,
    Place,
    Token,
    Value,
    is_at,
    key_set_id,
    make_token,
    read_token,
    wrap,
)
from vault_tool.sealing.vault_keys import DAMAGED, FOR_NOBODY_KNOWN, NotOpened, VaultKeys
from vault_tool.vault.keyring import OWNER, GroupWaits

LOCKED_OUT = N_("sealed to today's keys, you could not open it any more")
WAITS = N_("its group needs a new key first")


class Resealing(NamedTuple):
    """What sealing anew means for a note: its text after it, how many values, and what stays as it is."""

    text: str
    values: int
    refused: tuple[NotOpened, ...]


class Stale(NamedTuple):
    """A value that isn't sealed to today's keys: who could read it, who will; None where that isn't known."""

    field: str
    group_before: str | None
    group_after: str | None
    owner_before: str | None
    owner_after: str | None

    @property
    def has_new_readers(self) -> bool:
        """Whether somebody comes in who couldn't read it: another group, another owner."""
        is_moved = self.group_after is not None and self.group_before != self.group_after
        return is_moved or self.owner_after not in (None, self.owner_before)


class Moved(NamedTuple):
    """A value that stands elsewhere than it was sealed for, and would be bound to where it stands."""

    vid: str
    line: int
    before: Place
    after: Place
    group_before: str | None
    group_after: str | None


class _Standing(NamedTuple):
    """A token that a reference stands for, and whom it should be sealed for; None for an unreadable one."""

    vid: str
    token: Token | None
    span: Span
    offset: int


def stale_values(note: Note, keys: VaultKeys) -> Iterator[Stale]:
    """Yield the values that aren't sealed to today's keys. No value is opened."""
    places, owner = Places(note), keys.owner_of(note)
    for each in _standing(note):
        if each.token is None:
            continue
        leaf, known = places.leaf_at(each.offset), keys.group_keys.sets.get(each.token.kid)
        group = leaf.group.group if leaf and leaf.group else known.group if known else None
        wanted = keys.keyring.public_keys(group, owner) if group else ()
        if key_set_id(wanted) != each.token.kid:
            was = known.owner_group.removeprefix(OWNER) if known and known.owner_group else None
            will = owner if len(wanted) > 1 else None
            yield Stale(places.field_at(each.offset), known.group if known else None, group, was, will)


def plan_rekey(note: Note, keys: VaultKeys) -> Resealing:
    """Plan to seal to today's keys what is sealed to others; what is as it should be stays byte for byte.

    What this person can't open, or couldn't afterwards, stays as well, and is told.
    """
    owner = keys.owner_of(note)
    places = Places(note)
    edits: list[Edit] = []
    refused: list[NotOpened] = []
    for each in _standing(note):
        line = note.lines.line(each.offset)
        if each.token is None:
            refused.append(NotOpened(path=note.path, line=line, reason=DAMAGED))
            continue
        leaf = places.leaf_at(each.offset)
        group = leaf.group.group if leaf and leaf.group else keys.group_of(each.token)
        if group and key_set_id(keys.keyring.public_keys(group, owner)) == each.token.kid:
            continue
        try:
            opened = keys.open(note, each.vid)
            wanted = _wanted(note, line, keys, group or opened.group, owner)
        except NotOpened as error:
            refused.append(error)
            continue
        place = keys.place(note, places, each.offset)
        edits.append(Edit(each.span, str(_sealed(place, wanted, each.vid, opened.value))))
    return Resealing(apply_edits(note.text, edits), len(edits), tuple(refused))


def moved_values(note: Note, keys: VaultKeys) -> tuple[list[Moved], list[NotOpened]]:
    """Return the values that stand elsewhere than they were sealed for, and those that can't be opened."""
    places = Places(note)
    moved: list[Moved] = []
    refused: list[NotOpened] = []
    for each in _standing(note):
        place = keys.place(note, places, each.offset)
        line = note.lines.line(each.offset)
        if each.token is None:
            refused.append(NotOpened(path=note.path, line=line, reason=DAMAGED))
        elif not is_at(each.token, place):
            try:
                before, opened = keys.open_elsewhere(note, each.vid)
                leaf = places.leaf_at(each.offset)
                group = leaf.group.group if leaf and leaf.group else opened.group
                if before != place:
                    moved.append(Moved(each.vid, line, before, place, opened.group, group))
                else:
                    refused.append(NotOpened(path=note.path, line=line, reason=DAMAGED))
            except NotOpened as error:
                refused.append(error)
    return moved, refused


def plan_rebind(note: Note, keys: VaultKeys, moved: list[Moved]) -> Resealing:
    """Plan to bind these values to where they stand now. Whoever plans that has asked a person."""
    places = Places(note)
    vids = {each.vid for each in moved}
    edits: list[Edit] = []
    refused: list[NotOpened] = []
    for each in _standing(note):
        if each.vid not in vids:
            continue
        line = note.lines.line(each.offset)
        leaf = places.leaf_at(each.offset)
        try:
            _before, opened = keys.open_elsewhere(note, each.vid)
            group = leaf.group.group if leaf and leaf.group else opened.group
            wanted = _wanted(note, line, keys, group, keys.owner_of(note))
        except NotOpened as error:
            refused.append(error)
            continue
        place = keys.place(note, places, each.offset)
        edits.append(Edit(each.span, str(_sealed(place, wanted, each.vid, opened.value))))
    return Resealing(apply_edits(note.text, edits), len(edits), tuple(refused))


def _wanted(note: Note, line: int, keys: VaultKeys, group: str | None, owner: str | None) -> tuple[str, ...]:
    """Return the keys to seal to. Nobody is let in for want of knowledge, and nobody locks themselves out."""
    if group is None or group not in keys.keyring.groups:
        raise NotOpened(path=note.path, line=line, reason=FOR_NOBODY_KNOWN)
    try:
        wanted = keys.keyring.sealing_keys(group, owner)
    except GroupWaits:
        raise NotOpened(path=note.path, line=line, reason=WAITS) from None
    if not keys.group_keys.can_open(wanted):
        raise NotOpened(path=note.path, line=line, reason=LOCKED_OUT)
    return wanted


def _sealed(place: Place, public_keys: tuple[str, ...], vid: str, value: Value) -> Token:
    kid = key_set_id(public_keys)
    return make_token(place, kid, vid, age.encrypt(wrap(place, kid, vid, value), public_keys))


def _standing(note: Note) -> Iterator[_Standing]:
    """Yield each token that is referred to, with the place of its first reference."""
    references = {reference.vid: reference.span.start for reference in reversed(note.sealed_references)}
    for each in note.sealed_block.tokens if note.sealed_block else ():
        if each.vid in references:
            offset = references[each.vid]
            try:
                token = read_token(each.token)
            except BadToken:
                yield _Standing(each.vid, None, each.span, offset)
                continue
            start = note.text.index(each.token, each.span.start, each.span.end)
            yield _Standing(each.vid, token, Span(start, start + len(each.token)), offset)
