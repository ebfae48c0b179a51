"""Sealed values sealed anew: to a group's new key, or for a customer's new id. The references stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span, apply_edits
from vault_tool.sealing import age
from vault_tool.sealing.places import Places
from vault_tool.sealing.token import Place, Token, Value, key_set_id, make_token, read_token, wrap
from vault_tool.sealing.unsealed import DEFAULT_GROUP
from vault_tool.sealing.vault_keys import NotOpened, VaultKeys


class Resealing(NamedTuple):
    """What sealing anew means for a note: its text after it, how many values, and what didn't open."""

    text: str
    values: int
    refused: tuple[NotOpened, ...]


def plan_rekey(note: Note, keys: VaultKeys) -> Resealing:
    """Plan to seal to today's keys what is sealed to others; what is as it should be stays byte for byte."""
    keyring, owner = keys.keyring, keys.owner_of(note)
    places = Places(note)
    edits: list[Edit] = []
    refused: list[NotOpened] = []
    for vid, token, span, offset in _standing(note):
        leaf = places.leaf_at(offset)
        group = leaf.group.group if leaf and leaf.group else keys.group_of(token) or DEFAULT_GROUP
        wanted = keyring.sealing_keys(group, owner)
        if key_set_id(wanted) == token.kid:
            continue
        try:
            value = keys.open(note, vid).value
        except NotOpened as error:
            refused.append(error)
            continue
        place = keys.place(note, places, offset)
        edits.append(Edit(span, str(_sealed(place, wanted, vid, value))))
    return Resealing(apply_edits(note.text, edits), len(edits), tuple(refused))


def plan_rebind(note: Note, keys: VaultKeys, before: Place) -> Resealing:
    """Plan to bind to the note's own id what was sealed for another vault or customer, given by `before`."""
    places = Places(note)
    edits: list[Edit] = []
    refused: list[NotOpened] = []
    for vid, token, span, offset in _standing(note):
        place = keys.place(note, places, offset)
        try:
            opened = keys.open(note, vid, before._replace(field=place.field))
        except NotOpened as error:
            refused.append(error)
            continue
        wanted = keys.keyring.sealing_keys(keys.group_of(token) or DEFAULT_GROUP, keys.owner_of(note))
        edits.append(Edit(span, str(_sealed(place, wanted, vid, opened.value))))
    return Resealing(apply_edits(note.text, edits), len(edits), tuple(refused))


def _sealed(place: Place, public_keys: tuple[str, ...], vid: str, value: Value) -> Token:
    kid = key_set_id(public_keys)
    return make_token(place, kid, vid, age.encrypt(wrap(place, kid, vid, value), public_keys))


def _standing(note: Note) -> Iterator[tuple[str, Token, Span, int]]:
    """Yield each token with its name and its span, and where its reference stands."""
    references = {reference.vid: reference.span.start for reference in reversed(note.sealed_references)}
    for each in note.sealed_block.tokens if note.sealed_block else ():
        if each.vid in references:
            start = note.text.index(each.token, each.span.start, each.span.end)
            span = Span(start, start + len(each.token))
            yield each.vid, read_token(each.token), span, references[each.vid]
