"""Whether the sealed values of a note are whole and where they belong, told without a key.

`vault lint`, `vault verify`, the check before a commit and whoever opens a value ask here, and say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from vault_tool.notes.entries import SealedReference
from vault_tool.notes.note import Note
from vault_tool.sealing.token import BadToken, Place, Token, is_at, read_token


class Trouble(StrEnum):
    """Why a reference stands for no value."""

    MISSING = "missing"
    TWICE = "twice"  # two tokens that differ: a line that stands there twice is one
    DAMAGED = "damaged"
    OTHER = "other"  # the token is that of another value
    MISPLACED = "misplaced"  # made for another field, customer or vault; or damaged, for the sum covers both


def references(note: Note) -> Iterator[SealedReference]:
    """Yield a note's references; one in a code block or comment that has no token is an example."""
    known = {token.vid for token in note.sealed_block.tokens} if note.sealed_block else set()
    for reference in note.sealed_references:
        if reference.vid in known or not any(part.holds(reference.span.start) for part in note.hidden):
            yield reference


def token_of(note: Note, vid: str, place: Place | None) -> Token | Trouble:
    """Return the token of a value that stands at a place, or what is the matter; None is any place."""
    tokens = note.sealed_block.tokens if note.sealed_block else ()
    texts = {token.token for token in tokens if token.vid == vid}
    if len(texts) != 1:
        return Trouble.TWICE if texts else Trouble.MISSING
    try:
        token = read_token(texts.pop())
    except BadToken:
        return Trouble.DAMAGED
    if token.vid != vid:
        return Trouble.OTHER
    return token if place is None or is_at(token, place) else Trouble.MISPLACED
