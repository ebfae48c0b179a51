"""Mending links: where a customer has a new name, what pointed to the old one points to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vault_tool.notes.nodes import Node, Scalar, Sequence
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.render_yaml import render_scalar
from vault_tool.notes.text import Edit, Span, apply_edits
from vault_tool.patterns import pattern
from vault_tool.schema import FieldType

NewTarget = Callable[[str], str | None]
"""Gives the new target of a link by its old one; None leaves it."""

_BRACKETS = pattern(r"\[\[([^\[\]\r\n|]+)")


def can_be_target(text: str) -> bool:
    """Tell whether a name may stand in a link: a backtick would begin code and hide links behind it."""
    return text.strip() == text != "" and not set(text) & set("[]|`\r\n")


def plan_relink(note: Note, new_target: NewTarget) -> list[Edit]:
    """Plan to change the targets of a note's links, in its text and in its fields; labels stay.

    A field is changed only where it reads as meant afterwards; a note that can't be written is left alone.
    """
    if not note.is_writable:
        return []
    edits = [edit for link in note.links if (edit := _mended(note.text, link.span, new_target))]
    for edit in _in_fields(note, new_target):
        after = parse_note(note.path, apply_edits(note.text, [edit]), note.schema)
        if after.is_writable and after.values().keys() == note.values().keys():
            edits.append(edit)
    return edits


def _mended(text: str, span: Span, new_target: NewTarget) -> Edit | None:
    """Return the edit of one `[[target|label]]`; None where the target stays."""
    found = _BRACKETS.match(text, span.start, span.end)
    if found is None:
        return None
    typed = found[1]
    target = typed.strip()
    wanted = new_target(target)
    if wanted is None or wanted == target:
        return None
    start = found.start(1) + len(typed) - len(typed.lstrip())
    return Edit(Span(start, start + len(target)), wanted)


def _in_fields(note: Note, new_target: NewTarget) -> Iterator[Edit]:
    for field in note.front_matter.fields if note.front_matter else ():
        if field.field is not None and field.field.type is FieldType.LINK:
            for scalar in _scalars(field.node):
                if edit := _in_scalar(note.text, scalar, new_target):
                    yield edit


def _in_scalar(text: str, scalar: Scalar, new_target: NewTarget) -> Edit | None:
    """Return the edit of a field's `[[target]]` or bare target, in the style it was written in."""
    if scalar.is_marked or scalar.style not in ("plain", "single", "double"):
        return None
    if scalar.text.lstrip().startswith("[[") and scalar.style == "plain":
        return _mended(text, Span(text.index("[[", scalar.span.start), scalar.span.end), new_target)
    found = _BRACKETS.search(scalar.text)
    target = (found[1] if found else scalar.text).strip()
    wanted = new_target(target)
    if wanted is None or wanted == target:
        return None
    return Edit(
        scalar.span, render_scalar(scalar.text.replace(target, wanted, 1), scalar.style, FieldType.LINK)
    )


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
