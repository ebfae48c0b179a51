"""What stands in plain in a note and must be sealed: values of sealed fields, and `{{seal: ...}}` words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.named import NamedTuple
from vault_tool.notes.nodes import Scalar, comment_behind
from vault_tool.notes.note import Note
from vault_tool.notes.sealing_marks import SEALED_REFERENCE, sealing_spans
from vault_tool.notes.text import Span
from vault_tool.sealing.places import Leaf, Places
from vault_tool.sealing.token import Value

DEFAULT_GROUP = "contact"
"""Who reads words that are marked without naming a group."""
_MARK = re.compile(
    r"(?:\{\{|｛｛)\s*(?:seal(?![A-Za-z])|封存)(?:[ \t]+(?P<group>[a-z][a-z0-9_-]*))?\s*[:：]?\s*", re.I
)
_CLOSING = ("}}", "｝｝")
# What people put between two values in one line.
_PIECE = re.compile(r"[^\s,，、;；/|]+(?:[ \t]+[^\s,，、;；/|]+)*")


class Unsealed(NamedTuple):
    """One value that is to be sealed: what stands at `span`, put as `value`, for `group`."""

    path: str
    group: str
    span: Span
    value: Value


class Unclosed(NamedTuple):
    """A sealing mark that never ends: nobody knows how far it reaches."""

    span: Span


def unsealed(note: Note, places: Places) -> Iterator[Unsealed | Unclosed]:
    """Yield what is to be sealed, in the order of the file; what is sealed already isn't among it."""
    marks = [mark for mark in _marks(note, places) if not places.quoted_at(mark.span.start)]
    found: list[Unsealed | Unclosed] = list(marks)
    for leaf in places.leaves:
        if leaf.group is not None and leaf.span.start < note.content_end:
            found += (
                each
                for each in _of_leaf(note, leaf)
                if not any(
                    mark.span.start < each.span.end and each.span.start < mark.span.end for mark in marks
                )
            )
    for quoted in places.quoted:
        inner = unsealed(quoted.note, quoted.places)
        found += (each._replace(span=quoted.callout.outer(each.span)) for each in inner)
    end = 0
    for each in sorted(found, key=lambda each: (each.span.start, -each.span.end)):
        if each.span.start >= end:
            yield each
            end = each.span.end


def _marks(note: Note, places: Places) -> Iterator[Unsealed | Unclosed]:
    text = note.text[: note.content_end]
    for span in sealing_spans(text):
        typed = span.of(text)
        if not typed.endswith(_CLOSING):
            yield Unclosed(span)
            continue
        found = _MARK.match(typed)
        assert found is not None  # that is how the span was found
        leaf = places.leaf_at(span.start)
        group = found["group"]
        inner = typed[found.end() : -2].strip()
        if leaf and leaf.group and not group:
            group = leaf.group.group
        yield Unsealed(leaf.path if leaf else "text", group or DEFAULT_GROUP, span, Value(inner, "text"))


def _of_leaf(note: Note, leaf: Leaf) -> Iterator[Unsealed]:
    assert leaf.group is not None  # only sealed leaves are asked about
    path, group, text = leaf.path, leaf.group.group, note.text
    typed = leaf.span.of(text)
    if not typed.strip():
        return
    if SEALED_REFERENCE.search(typed):
        yield from _beside_references(leaf, typed)
    elif isinstance(leaf.node, Scalar) and not leaf.node.is_marked:
        span = Span(leaf.span.start, leaf.span.start + len(typed.rstrip()))
        value = Value(leaf.node.text, leaf.node.style)
        comment = span if leaf.node.style == "missing" else comment_behind(text, span)
        if comment:
            # `wechat: lin #139...`: what YAML takes for a comment may well be a part of the secret.
            span = Span(span.start, comment.end)
            value = Value(span.of(text), "yaml")
        if value.text.strip():
            yield Unsealed(path, group, span, value)
    elif leaf.node is None:
        yield Unsealed(path, group, leaf.span, Value(typed, "plain"))
    else:
        # A map, a list of lists, an anchor: all that stands behind the colon, as it is written.
        colon = re.compile(r"[\"']?[ \t]*:").match(text, leaf.key_end)
        start = colon.end() if colon else leaf.span.start
        end = leaf.span.start + len(typed.rstrip())
        yield Unsealed(path, group, Span(start, end), Value(text[start:end], "yaml"))


def _beside_references(leaf: Leaf, typed: str) -> Iterator[Unsealed]:
    """Yield what was typed beside values that are sealed already."""
    assert leaf.group is not None
    at = 0
    ends = [*((found.start(), found.end()) for found in SEALED_REFERENCE.finditer(typed)), (len(typed), 0)]
    for start, after in ends:
        for piece in _PIECE.finditer(typed, at, start):
            if any(sign.isalnum() for sign in piece[0]):
                bare = piece[0].strip("\"'[]{}")
                begin = leaf.span.start + piece.start() + piece[0].index(bare)
                span = Span(begin, begin + len(bare))
                yield Unsealed(leaf.path, leaf.group.group, span, Value(bare, "plain"))
        at = after
