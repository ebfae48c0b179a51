"""For tests of sealing: a keyring in memory, and a sealer that needs no machine's memo."""

from __future__ import annotations

from collections.abc import Container

from vault_tool.notes.note import Note
from vault_tool.sealing import age
from vault_tool.sealing.places import Places
from vault_tool.sealing.seal import Sealing, plan_sealing
from vault_tool.sealing.token import Place, Token, Value, key_set_id, make_token, read_token, unwrap, wrap
from vault_tool.sealing.vault_keys import new_vid

VAULT = "v7k2m9qx"
IDENTITY = age.new_identity()
PUBLIC = age.public_key(IDENTITY)
KID = key_set_id([PUBLIC])


def seal_value(place: Place, group: str, value: Value, taken: Container[str]) -> Token:
    """Seal to the one key of these tests."""
    vid = new_vid(taken)
    return make_token(place, KID, vid, age.encrypt(wrap(place, KID, vid, value), [PUBLIC]))


def sealed(note: Note) -> Sealing:
    """Plan to seal a note."""
    return plan_sealing(note, VAULT, seal_value)


def opened(note: Note, vids: Container[str] | None = None) -> dict[str, tuple[str, Value]]:
    """Open the values of a note, all or those named: field and what it says, by `vid`."""
    places = Places(note)
    tokens = {token.vid: token.token for token in note.sealed_block.tokens} if note.sealed_block else {}
    found = {}
    for reference in note.sealed_references:
        if vids is not None and reference.vid not in vids:
            continue
        token = read_token(tokens[reference.vid])
        field = places.field_at(reference.span.start)
        place = Place(VAULT, note.id or "", field)
        found[reference.vid] = (
            field,
            unwrap(age.decrypt(token.age_file, [IDENTITY]), place, token.kid, token.vid),
        )
    return found
