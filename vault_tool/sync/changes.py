"""What changed between two versions of a note, in a reader's terms; nothing sealed is ever told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from enum import StrEnum

from vault_tool.named import NamedTuple
from vault_tool.notes.entries import Entry, Section
from vault_tool.notes.nodes import Mapping as MapNode
from vault_tool.notes.nodes import Scalar
from vault_tool.notes.nodes import Sequence as ListNode
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Edit, apply_edits
from vault_tool.notes.values import plain
from vault_tool.schema import TOOL_PREFIX
from vault_tool.vault.public import MASK, SealedKeys, masked

CONFLICTS = f"{TOOL_PREFIX}conflicts"
_CONFLICT_BLOCK = re.compile(r"^[ \t]*>[ \t]*\[!conflict\]", re.MULTILINE | re.IGNORECASE)
_HEADING_MARK = re.compile(r"^ {0,3}#{1,6}[ \t]*")
_ALIKE = 0.5


class What(StrEnum):
    """What happened to a part of a note, or to all of it."""

    BEGUN = "begun"
    REMOVED = "removed"
    MOVED = "moved"  # old and new are paths
    FIELD = "field"
    ENTRY_ADDED = "entry-added"
    ENTRY_EDITED = "entry-edited"
    ENTRY_REMOVED = "entry-removed"
    PROFILE = "profile"
    CONFLICT = "conflict"
    SETTLED = "settled"
    RESEALED = "resealed"  # the same values, for other keys
    LAYOUT = "layout"  # blanks, the order of fields, how a value is spelt


class Changed(NamedTuple):
    """One change: `name` is a field's canonical name, or an entry's heading.

    Values are as `plain` writes them; of a field that is sealed there are none, old or new.
    """

    what: What
    name: str = ""
    old: str | None = None
    new: str | None = None
    is_sealed: bool = False


class Piece(NamedTuple):
    """An entry or a plain section: its heading as it may be shown, and all of its text as it stands."""

    heading: str
    day: str
    text: str
    body: str


def note_changes(before: Note | None, after: Note | None, keys: SealedKeys) -> tuple[Changed, ...]:
    """Return what became of a note, the fields first, then the text in the order of the file."""
    if before is None or after is None:
        if before is after:
            return ()
        return (Changed(What.BEGUN if before is None else What.REMOVED),)
    found: list[Changed] = []
    if before.path != after.path:
        found.append(Changed(What.MOVED, "", str(before.path), str(after.path)))
    if before.text == after.text:
        return tuple(found)
    shown_before, shown_after = _shown(before, keys), _shown(after, keys)
    told = [
        *_field_changes(before, after, shown_before, shown_after),
        *_conflict_changes(before, after),
        *_text_changes(before, after, shown_before, shown_after),
    ]
    if not told:
        is_resealed = before.text[: before.content_end] == after.text[: after.content_end]
        told = [Changed(What.RESEALED if is_resealed else What.LAYOUT)]
    return (*found, *told)


def shown_note(note: Note, keys: SealedKeys) -> str:
    """Return a note's text as it may be shown: masked, and without the comment of sealed tokens."""
    shown = _shown(note, keys)
    text = shown.text[: shown.content_end].rstrip()
    return f"{text}\n" if text else ""


def lost_entries(now: Note, then: Note, keys: SealedKeys) -> list[str]:
    """Return the headings of today's entries that an older version of a note has not, in any wording."""
    changes = note_changes(now, parse_note(now.path, then.text, then.schema), keys)
    return [change.name for change in changes if change.what is What.ENTRY_REMOVED]


def masked_before_sealing(before: str, after: str) -> str:
    """Return an older shown text with masks for what the newer one has sealed.

    A line that became one with sealed words has those masked. Where it can't be told which line that was,
    each line that gave way there is masked whole.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if MASK not in after:
        return before
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "replace":
            continue
        sealed = [line for line in new[new_start:new_end] if MASK in line]
        clear = []
        for at in range(start, end):
            alike = next((line for line in sealed if _masked_like(old[at], line)), None)
            if alike is not None:
                sealed.remove(alike)
                old[at] = alike
            elif MASK not in old[at]:
                clear.append(at)
        if len(sealed) > sum(MASK in line for line in old[start:end] if line not in new[new_start:new_end]):
            for at in clear:
                old[at] = MASK + old[at][len(old[at].rstrip("\r\n")) :] if old[at].strip() else old[at]
    return "".join(old)


def _masked_like(old: str, sealed: str) -> bool:
    """Tell whether a line may have become this line by the sealing of words in it."""
    parts = sealed.rstrip("\r\n").split(MASK)
    return re.fullmatch("(.*?)".join(map(re.escape, parts)), old.rstrip("\r\n")) is not None


def _shown(note: Note, keys: SealedKeys) -> Note:
    return masked(_without_conflicting(note, keys), keys, MASK)


def _without_conflicting(note: Note, keys: SealedKeys) -> Note:
    """Return a note whose open conflicts tell no value of a sealed field, though it may stand in plain."""
    node = note.front_matter.get(CONFLICTS) if note.front_matter else None
    if node is None or not isinstance(node.node, ListNode):
        return note
    edits = []
    for item in node.node.items:
        pairs = {key.text: value for key, value in item.pairs} if isinstance(item, MapNode) else {}
        name, other = pairs.get("field"), pairs.get("other")
        is_sealed = isinstance(name, Scalar) and keys.stand_in(f"{name.text}:")
        if other is not None and is_sealed and other.span.end > other.span.start:
            breaks = "".join(re.findall(r"[\r\n]", other.span.of(note.text)))
            edits.append(Edit(other.span, MASK + breaks))
    return parse_note(note.path, apply_edits(note.text, edits), note.schema) if edits else note


# --- fields ------------------------------------------------------------------------------------------------


def _field_changes(before: Note, after: Note, shown_before: Note, shown_after: Note) -> Iterator[Changed]:
    raw_before, raw_after = _raw_fields(before), _raw_fields(after)
    for name in dict.fromkeys((*raw_before, *raw_after)):
        old, new = raw_before.get(name), raw_after.get(name)
        if old == new or name.startswith(TOOL_PREFIX):
            continue
        old_shown, new_shown = _said(shown_before, name), _said(shown_after, name)
        if old_shown == new_shown and old is not None and new is not None:
            old_shown = _raw_fields(shown_before).get(name)
            new_shown = _raw_fields(shown_after).get(name)
        if old_shown == new_shown:
            if old_shown and MASK in old_shown:
                yield Changed(What.FIELD, name, is_sealed=True)
        elif {old_shown, new_shown} <= {None, MASK}:
            yield Changed(What.FIELD, name, old_shown, new_shown, is_sealed=True)
        elif old_shown and new_shown and MASK in new_shown and MASK not in old_shown:
            # Some of the old words were sealed since.
            yield Changed(What.FIELD, name, is_sealed=True)
        else:
            yield Changed(What.FIELD, name, old_shown, new_shown)


def _raw_fields(note: Note) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for node in note.front_matter.fields if note.front_matter else ():
        text = node.node.span.of(note.text).strip()
        if text:
            fields.setdefault(node.name, text)
    return fields


def _said(note: Note, name: str) -> str | None:
    value = note.value(name)
    return None if value is None else plain(value)


def _conflict_changes(before: Note, after: Note) -> Iterator[Changed]:
    was, now = open_fields(before), open_fields(after)
    yield from (Changed(What.CONFLICT, name) for name in now if name not in was)
    yield from (Changed(What.SETTLED, name) for name in was if name not in now)


def open_fields(note: Note) -> tuple[str, ...]:
    """Return the fields of a note with an open conflict, by canonical name; "" for one in the text."""
    node = note.front_matter.get(CONFLICTS) if note.front_matter else None
    items = node.node.items if node and isinstance(node.node, ListNode) else ()
    names: list[str] = []
    for item in items:
        for key, value in item.pairs if isinstance(item, MapNode) else ():
            if key.text == "field" and isinstance(value, Scalar):
                field = note.schema.field(value.text)
                names.append(field.name if field else value.text)
    if _CONFLICT_BLOCK.search(note.text[: note.content_end]):
        names.append("")
    return tuple(dict.fromkeys(names))


# --- text --------------------------------------------------------------------------------------------------


def _text_changes(before: Note, after: Note, shown_before: Note, shown_after: Note) -> Iterator[Changed]:
    if _profile(before) != _profile(after):
        yield Changed(What.PROFILE)
    old, new = _pieces(before, shown_before), _pieces(after, shown_after)
    pairs = _paired(old, new)
    for at, piece in enumerate(new):
        was = pairs.get(at)
        if was is None:
            yield Changed(What.ENTRY_ADDED, piece.heading)
        elif old[was].text != piece.text:
            is_sealed = MASK in piece.heading and MASK not in old[was].heading
            is_renamed = old[was].heading != piece.heading and not is_sealed
            yield Changed(What.ENTRY_EDITED, piece.heading, old[was].heading if is_renamed else None)
    kept = set(pairs.values())
    yield from (Changed(What.ENTRY_REMOVED, piece.heading) for at, piece in enumerate(old) if at not in kept)


def _profile(note: Note) -> str:
    return note.profile.body.of(note.text).strip()


def _pieces(note: Note, shown: Note) -> list[Piece]:
    pieces = []
    parts: list[Entry | Section] = [*note.entries, *note.sections]
    for part in sorted(parts, key=lambda part: part.span.start):
        line = shown.lines.span(note.lines.line(part.heading.start)).of(shown.text)
        heading = _HEADING_MARK.sub("", line).strip()
        text = part.span.of(note.text).strip()
        pieces.append(Piece(heading, heading.partition(" ")[0], text, part.body.of(note.text).strip()))
    return pieces


def _paired(old: Sequence[Piece], new: Sequence[Piece]) -> dict[int, int]:
    """Return which old piece each new one was: by its text, its heading, its body, then by likeness."""
    pairs: dict[int, int] = {}
    for key in ("text", "heading", "body"):
        free: dict[str, list[int]] = {}
        for at, piece in enumerate(old):
            if at not in pairs.values() and getattr(piece, key):
                free.setdefault(getattr(piece, key), []).append(at)
        for at, piece in enumerate(new):
            if at not in pairs and (same := free.get(getattr(piece, key))):
                pairs[at] = same.pop(0)
    taken = set(pairs.values())
    for at, piece in enumerate(new):
        if at in pairs:
            continue
        of_day = [was for was, each in enumerate(old) if was not in taken and each.day == piece.day]
        rated = [(SequenceMatcher(None, old[was].body, piece.body).ratio(), -was) for was in of_day]
        best, was = max(rated, default=(0.0, 0))
        if best >= _ALIKE:
            pairs[at] = -was
            taken.add(-was)
    return pairs
