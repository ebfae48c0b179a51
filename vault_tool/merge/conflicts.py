"""What waits for a decision in a note, and how a decision is spliced in."""

from __future__ import annotations

from typing import Literal

from vault_tool.merge.callout import Callout, find_callouts, split_callouts
from vault_tool.merge.conflict_rows import CONFLICTS, ConflictRow, Found, conflict_rows, find_value
from vault_tool.merge.rows import flow_text
from vault_tool.named import NamedTuple
from vault_tool.notes.entries import find_sealed_references
from vault_tool.notes.frontmatter import FieldNode
from vault_tool.notes.nodes import Scalar, Sequence
from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span, apply_edits, next_line

Take = Literal["shown", "other", "both"]


class OpenConflict(NamedTuple):
    """Two values of a field, or two versions of a text (`field` is empty).

    `field` is a canonical path such as `stage` or `contacts[王总].title`; `span` and `line` (from 1) tell
    where the value that isn't shown stands. Texts have LF alone.
    """

    field: str
    shown: str
    other: str
    span: Span
    line: int


def open_conflicts(note: Note) -> list[OpenConflict]:
    """Return what waits for a decision, in the order of the file."""
    found: list[OpenConflict] = []
    for row in _rows(note):
        value = _value(note, row)
        found.append(
            OpenConflict(
                row.path or "",
                _said(value.node) if value else "",
                _said(row.other),
                row.span,
                _line(note, row.span),
            )
        )
    for callout in _callouts(note):
        shown = _versions(note, callout).of(note.text)
        if callout.quoted.startswith("---\n"):
            shown = note.front_matter.span.of(note.text) if note.front_matter else ""
        shown = split_callouts(_with_feeds(shown)).text.strip("\n")
        found.append(OpenConflict("", shown, callout.quoted, callout.span, _line(note, callout.span)))
    return found


def plan_resolution(note: Note, conflict: OpenConflict, take: Take) -> list[Edit]:
    """Plan to settle a conflict that `open_conflicts` found in this very note.

    `both` keeps the two versions of a text one after the other, without the marks; of a field's two values
    it keeps the one shown. Tokens that nothing refers to any more go. What can't be spliced in plans nothing.
    """
    row = next((row for row in _rows(note) if row.span == conflict.span), None)
    callout = next((each for each in _callouts(note) if each.span == conflict.span), None)
    if row is not None:
        edits = _of_field(note, row, take)
    elif callout is not None:
        edits = _of_text(note, callout, take)
    else:
        return []
    return [*edits, *_orphans(note, edits)] if edits else []


# --- fields ------------------------------------------------------------------------------------------------


def _top(note: Note) -> FieldNode | None:
    return note.front_matter.get(CONFLICTS) if note.front_matter else None


def _rows(note: Note) -> list[ConflictRow]:
    top = _top(note)
    return conflict_rows(top.node, top.field) if top else []


def _value(note: Note, row: ConflictRow) -> Found | None:
    if row.path is None or note.front_matter is None:
        return None
    return find_value(note.front_matter, row.path)


def _said(node: object) -> str:
    return node.text if isinstance(node, Scalar) else flow_text(node)  # type: ignore[arg-type]


def _of_field(note: Note, row: ConflictRow, take: Take) -> list[Edit]:
    gone = _without_row(note, row)
    if take != "other":
        return [gone]
    value = _value(note, row)
    if row.path is None or note.front_matter is None:
        return []
    if value is None:
        # Somebody took the field away: it comes back above the list of conflicts.
        top = _top(note)
        if top is None or not _is_plain_key(row.path):
            return []
        text = f"{row.path}: {flow_text(row.other, in_flow=False)}{note.newline}"
        return [Edit(Span(top.lines.start, top.lines.start), text), gone]
    return [_put(note, value, row), gone]


def _is_plain_key(path: str) -> bool:
    return path.isidentifier()


def _put(note: Note, value: Found, row: ConflictRow) -> Edit:
    """Return the edit that puts the other value in place of the one shown."""
    node, text = value.node, note.text
    start, end = node.span
    gap = ""
    in_flow = _is_in_flow(note, start)
    typed = flow_text(row.other, in_flow)
    if value.key is not None:
        between = text[value.key.span.end : start]
        if isinstance(node, Scalar) and node.style == "missing":
            start, end, gap = value.key.span.end + 1, max(end, value.key.span.end + 1), " "
        elif not getattr(node, "flow", True):
            start, gap = value.key.span.end + between.index(":") + 1, " "
    end = start + len(text[start:end].rstrip())
    return Edit(Span(start, end), gap + typed)


def _is_in_flow(note: Note, offset: int) -> bool:
    """Tell whether a value stands within brackets or braces."""
    if note.front_matter is None:
        return False
    pending = [top.node for top in note.front_matter.fields]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar) or not node.span.start <= offset < max(
            node.span.end, node.span.start + 1
        ):
            continue
        if getattr(node, "flow", False) and node.span.start < offset:
            return True
        pending += (
            node.items if isinstance(node, Sequence) else [value for _, value in getattr(node, "pairs", ())]
        )
    return False


def _without_row(note: Note, row: ConflictRow) -> Edit:
    """Return the edit that takes a row away, and the whole list with the last one."""
    top = _top(note)
    assert top is not None  # the row is from there
    rows = _rows(note)
    node = top.node
    if len(rows) == 1 or not isinstance(node, Sequence):
        return Edit(top.lines, "")
    at = next(place for place, each in enumerate(rows) if each.span == row.span)
    if node.flow:
        if at + 1 < len(rows):
            return Edit(Span(row.span.start, rows[at + 1].span.start), "")
        return Edit(Span(rows[at - 1].span.end, row.span.end), "")
    start = max(note.text.rfind("\n", 0, row.span.start), note.text.rfind("\r", 0, row.span.start)) + 1
    ends_line = note.text[row.span.end - 1] in "\r\n"
    return Edit(Span(start, row.span.end if ends_line else next_line(note.text, row.span.end)), "")


# --- texts -------------------------------------------------------------------------------------------------


def _callouts(note: Note) -> list[Callout]:
    return find_callouts(note.text, note.profile.span.start, note.content_end, note.hidden)


def _versions(note: Note, callout: Callout) -> Span:
    """Return the entry or section that a block stands under: from its heading to the next one."""
    from vault_tool.notes.blocks import scan_blocks

    start, end = note.profile.span.start, note.content_end
    for heading in scan_blocks(note.text, start).headings:
        if heading.span.start > callout.span.start:
            end = min(end, heading.span.start)
            break
        start = heading.span.start
    return Span(start, end)


def _of_text(note: Note, callout: Callout, take: Take) -> list[Edit]:
    span, text = callout.span, note.text
    other = callout.quoted.replace("\n", note.newline)
    whole = _versions(note, callout)
    above = text[whole.start : span.start]
    said = above.rstrip("\r\n")
    is_last = not text[span.end : whole.end].strip("\r\n")
    if take == "both":
        end = note.newline if text[span.end - 1 : span.end] in ("\n", "\r") else ""
        return [Edit(span, other + end)]
    # With the block go the blank lines above it; those below part what is left from what follows.
    cut_from = (
        whole.start + len(said) + (len(above) > len(said)) * _break_length(text, whole.start + len(said))
    )
    gone = Edit(Span(cut_from if is_last and said.strip() else span.start, span.end), "")
    if take == "shown":
        return [gone]
    if callout.quoted.startswith("---\n"):
        if note.front_matter is None:
            start = 1 if text.startswith("\ufeff") else 0
            return [Edit(Span(start, start), other + note.newline), gone]
        head = note.front_matter.span
        return [Edit(Span(head.start, head.start + len(head.of(text).rstrip("\r\n"))), other), gone]
    first = _first_callout(note, whole)
    shown = text[whole.start : first].strip("\r\n")
    start = whole.start + text[whole.start : first].index(shown)
    return [Edit(Span(start, start + len(shown)), other), gone]


def _first_callout(note: Note, whole: Span) -> int:
    return min(each.span.start for each in _callouts(note) if whole.start <= each.span.start < whole.end)


def _break_length(text: str, offset: int) -> int:
    return 2 if text.startswith("\r\n", offset) else 1


def _with_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line(note: Note, span: Span) -> int:
    return note.lines.line(span.start)


def _orphans(note: Note, edits: list[Edit]) -> list[Edit]:
    """Return the edits that take away tokens to which only what goes referred."""
    block = note.sealed_block
    if block is None:
        return []
    after = apply_edits(note.text, edits)
    end = len(after) - (len(note.text) - note.content_end)
    left = {reference.vid for reference in find_sealed_references(after, end)}
    gone = {reference.vid for reference in note.sealed_references} - left
    if gone and all(token.vid in gone for token in block.tokens):
        return [Edit(block.span, "")]
    return [Edit(token.span, "") for token in block.tokens if token.vid in gone]
