"""What a note told once and seals now: found when the note is taken in, for `catalog_sweep`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from vault_tool.notes.folding import fold
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.text import Edit, Span, apply_edits
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.public import Public, SealedKeys, masked_text

_MASK = " "
# Signs of scripts without blanks one by one, so that none is part of a longer word.
_TOKENS = re.compile(r"[^\W\d_\u2e80-\U0003ffff]+|\d+|(?=\w)[\u2e80-\U0003ffff]")
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5}))")
_TOLD = (
    "SELECT coalesce(folded, text) FROM passages WHERE customer = ?",
    "SELECT text FROM facts WHERE customer = ?",
    "SELECT folded FROM names WHERE customer = ?",
    "SELECT folded FROM links WHERE customer = ?",
)


def hidden_words(note: Note, keys: SealedKeys) -> tuple[str, ...]:
    """Return the words (and neighbours) that a note has in what it seals only, and the fields it seals.

    They are for `has_told`, and to be kept nowhere.
    """
    public = masked_text(_unmarked_head(note), keys, _MASK)
    if public == note.text:
        return ()
    hidden = set(_words(_unescaped(note.text))).difference(_words(_unescaped(public)))
    # What a value means may be kept in other words than it is written in.
    seen = Public(note, keys)
    hidden.update(f"{name}:" for name in note.values() if seen.is_sealed(note.schema.field(name), name))
    return tuple(hidden)


def has_told(catalog: Catalog, customer: int, words: Collection[str]) -> bool:
    """Tell whether the catalog has any of these words of a customer."""
    wanted = set(words)
    for (fields,) in catalog.rows("SELECT fields FROM customers WHERE key = ?", (customer,)):
        if any(f"{name}:" in wanted for name in json.loads(fields or "{}")):
            return True
    return any(
        not wanted.isdisjoint(_words(text)) for sql in _TOLD for (text,) in catalog.each(sql, (customer,))
    )


def _unmarked_head(note: Note) -> Note:
    """Return a note without the marked words of its front matter: unquoted, they are a map to YAML."""
    span = note.front_matter.span if note.front_matter else Span(0, 0)
    marked = [each for each in sealing_spans(span.of(note.text)) if each.end < span.end - span.start]
    edits = [Edit(each.moved_by(span.start), _MASK) for each in marked]
    return parse_note(note.path, apply_edits(note.text, edits), note.schema) if edits else note


def _words(text: str) -> Iterator[str]:
    """Yield each word, and each two in a row: a sentence of common words has pairs of its own."""
    tokens: Sequence[str] = _TOKENS.findall(fold(text))
    yield from tokens
    yield from map(" ".join, pairwise(tokens))


def _unescaped(text: str) -> str:
    """Return a text with the signs that YAML lets one write as numbers."""
    return _ESCAPED.sub(lambda code: chr(int(code[1] or code[2] or code[3], 16)), text)
