"""A note with its sealed values in the clear, in memory; and sealed again after somebody changed it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.notes.render_yaml import render_scalar
from vault_tool.notes.sealing_marks import sealing_spans
from vault_tool.notes.text import Edit, Span, apply_edits
from vault_tool.schema import FieldType
from vault_tool.sealing.places import TEXT, Leaf, Places
from vault_tool.sealing.seal import Sealing, plan_sealing
from vault_tool.sealing.standing import references
from vault_tool.sealing.token import Place, Token, Value, read_token
from vault_tool.sealing.vault_keys import FOR_NOBODY_KNOWN, NotOpened, Opened, VaultKeys

_BREAK = re.compile(r"\r\n?|\n")
BRACES = N_("its own braces can't stand in a sealing mark; `vault show --reveal` shows it")


class Revealed(NamedTuple):
    """A note's text with values in the clear: what was opened, and what couldn't be."""

    text: str
    edits: tuple[Edit, ...]
    opened: tuple[Opened, ...]
    refused: tuple[NotOpened, ...]


def reveal(
    note: Note, keys: VaultKeys, fields: Container[str] | None = None, *, to_edit: bool = False
) -> Revealed:
    """Open a note's values: those of some fields (canonical names, `text`), or all it holds.

    `to_edit` leaves words of a text in their sealing marks, so that they are sealed again.
    """
    places = Places(note)
    edits: list[Edit] = []
    opened: list[Opened] = []
    refused: list[NotOpened] = []
    for reference in references(note):
        leaf = places.leaf_at(reference.span.start)
        if fields is not None and not _is_meant(leaf, fields):
            continue
        try:
            found = keys.open(note, reference.vid)
            text = _marked(note, found) if to_edit and found.value.style == "text" else None
            if to_edit and found.group is None:
                raise NotOpened(path=note.path, line=found.line, reason=FOR_NOBODY_KNOWN)
        except NotOpened as error:
            refused.append(error)
            continue
        opened.append(found)
        written = _written(found.value, leaf, reference.span) if text is None else text
        if places.quoted_at(reference.span.start):
            written = _BREAK.sub(r"\g<0>> ", written)
        edits.append(Edit(reference.span, written))
    return Revealed(apply_edits(note.text, edits), tuple(edits), tuple(opened), tuple(refused))


def seal_again(note: Note, before: Note, opened: Iterable[Opened], keys: VaultKeys) -> Sealing:
    """Plan to seal a note that was edited in the clear; a value that stayed keeps its token byte for byte."""
    block = before.sealed_block
    tokens = {each.vid: each.token for each in block.tokens} if block else {}
    known: dict[tuple[str, str], list[Opened]] = {}
    for each in opened:
        known.setdefault((each.field, _meant(each.value)), []).append(each)
    seal_new = keys.sealer(note)

    def seal(place: Place, group: str, value: Value, taken: Container[str]) -> Token:
        # Two contacts may have one number: each gets its own token again, in the order they stand in.
        for number, each in enumerate(same := known.get((place.field, _meant(value)), [])):
            # Who marked words for another group means it; a field's group is the schema's business.
            if each.group == group or value.style != "text":
                return read_token(tokens[same.pop(number).vid if len(same) > 1 else each.vid])
        return seal_new(place, group, value, taken)

    return plan_sealing(note, keys.vault_id, seal)


def without_leftovers(note: Note, before: Note) -> str:
    """Return a note's text without the tokens that `before` referred to, and that it refers to no more.

    Tokens that nobody referred to before stay: why they are there is for a person to say.
    """
    block = note.sealed_block
    standing = {reference.vid for reference in note.sealed_references}
    gone = {reference.vid for reference in before.sealed_references} - standing
    dropped = [token for token in block.tokens if token.vid in gone] if block else []
    if block is None or not dropped:
        return note.text
    if len(dropped) < len(block.tokens):
        return apply_edits(note.text, [Edit(token.span, "") for token in dropped])
    start = block.span.start
    # The blank line above the comment came with it.
    if note.text[:start].endswith(note.newline * 2):
        start -= len(note.newline)
    return apply_edits(note.text, [Edit(Span(start, block.span.end), "")])


def _meant(value: Value) -> str:
    # Blanks around a piece of YAML come and go with the line that it stands in.
    return value.text.strip(" \t") if value.style == "yaml" else value.text


def _is_meant(leaf: Leaf | None, fields: Container[str]) -> bool:
    return (leaf.path.removesuffix("[]").rpartition(".")[2] if leaf else TEXT) in fields


def _marked(note: Note, found: Opened) -> str:
    """Return words in their sealing mark again. Raises `NotOpened` where their own braces would end it."""
    text = found.value.text
    gap = " " if text.endswith(("}", "｝")) else ""
    marked = f"{{{{seal {found.group}: {text}{gap}}}}}"
    if sealing_spans(marked) != [Span(0, len(marked))]:
        raise NotOpened(path=note.path, line=found.line, reason=BRACES)
    return marked


def _written(value: Value, leaf: Leaf | None, span: Span) -> str:
    """Return a value as it is written in the place of its reference, so that it reads the same."""
    text, style = value
    is_in_head = leaf is not None and leaf.node is not None
    if style == "yaml":
        return text if "\n" in text or "\r" in text else text.lstrip(" \t")
    # Words within a scalar stand as they stood; only a whole one can be put in quotes.
    is_whole = leaf is not None and leaf.span == span
    if not is_in_head or (style == "plain" and "\n" not in text) or (style == "text" and not is_whole):
        return text
    return render_scalar(text, "single" if style == "single" else "double", FieldType.TEXT)
