"""YAML as a tree with spans: the one door to PyYAML and python-frontmatter.

YAML gives the structure, never the types. Where it refuses a value that people write all the same
(`owner: @li.na`), that value is set aside and read raw.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler

from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.nodes import Alias, BlockError, Mapping, Node, Scalar, Sequence, Tree
from vault_tool.notes.simple_yaml import without_comment
from vault_tool.notes.text import Edit, Span, apply_edits, iterate_lines
from vault_tool.patterns import pattern

TWO_DOCUMENTS = N_("`...` or `---` ends the front matter too early")
TOO_DEEP = N_("values are nested too deeply")
_MAX_DEPTH = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SpanHandler(BaseHandler):
    """python-frontmatter's handler for our notes: keeps every value's span and never guesses a type.

    Only `load` is used. The package's own `split` and `parse` rewrite line breaks, strip the text and miss a
    block behind a byte order mark; its writer sorts keys and drops comments.
    """

    FM_BOUNDARY = re.compile(r"^---[ \t]*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = "---"

    def __init__(self, offset: int = 0) -> None:
        """Read blocks that stand `offset` characters into their note."""
        super().__init__()
        self._offset = offset

    def load(self, fm: str) -> Tree:  # type: ignore[override]  # a tree with spans is the point
        """Return the block's tree. Raises `BlockError` where YAML refuses it."""
        try:
            return read_events(fm, self._offset)
        except BlockError as error:
            refused = error
        for wants_quotes in (_is_refused, _is_refused_or_marked, _is_refused_or_unclosed):
            masked, asides = _set_aside(fm, wants_quotes)
            if asides:
                with suppress(BlockError):
                    return read_events(masked, self._offset, asides)
        raise refused

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """Refuse: a note is changed by splicing, never written anew."""
        raise TypeError("front matter is spliced, never exported")


# --- YAML events to a tree ---------------------------------------------------------------------------------

_STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}


class Aside(NamedTuple):
    """A value hidden from YAML behind as many stand-in characters, and what was typed."""

    span: Span
    typed: str


_STAND_IN = "\ue000"
NextEvent = Callable[[], Any]


class _Builder:
    """Turns one document's events into a tree."""

    def __init__(self, source: str, asides: tuple[Aside, ...], offset: int, next_event: NextEvent) -> None:
        self.source = source
        self.offset = offset
        self.next_event = next_event
        self.anchors: list[Span] = []
        self.raw_values = [aside.span.moved_by(offset) for aside in asides]
        self._asides = list(asides)

    def build(self, event: Any, depth: int = 0) -> Node:
        start, end = event.start_mark.index + self.offset, event.end_mark.index + self.offset
        kind = type(event)
        if kind is yaml.AliasEvent:
            self.anchors.append(Span(start, end))
            return Alias(Span(start, end))
        is_marked = event.anchor is not None or event.tag is not None
        if event.anchor is not None:
            self.anchors.append(Span(start, end))
        if kind is yaml.ScalarEvent:
            return self._scalar(event, start, end, is_marked)
        if depth >= _MAX_DEPTH:
            raise BlockError(start, TOO_DEEP)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(event, Span(start, end), depth, is_marked)
        return self._mapping(event, Span(start, end), depth, is_marked)

    def _scalar(self, event: Any, start: int, end: int, is_marked: bool) -> Scalar:
        style = "missing" if start == end else _STYLES.get(event.style, "plain")
        text = event.value
        if self._asides and _STAND_IN in text:
            text = self._restore(text)
        if style == "plain" and text == "" and is_marked:
            style = "missing"
        return Scalar(text, Span(start, end), style, is_marked)

    def _restore(self, text: str) -> str:
        while self._asides:
            stand_in = _STAND_IN * len(self._asides[0].typed)
            if stand_in not in text:
                break
            text = text.replace(stand_in, self._asides.pop(0).typed, 1)
        return text

    def _sequence(self, event: Any, mark: Span, depth: int, is_marked: bool) -> Node:
        items: list[Node] = []
        start, end = mark
        while type(child := self.next_event()) is not yaml.SequenceEndEvent:
            item = self.build(child, depth + 1)
            items.append(item)
            end = item.span.end
        if event.flow_style:
            end = self._end_of(child)
        span = Span(start, end)
        if event.flow_style and not is_marked and (link := self._as_link(span)):
            return link
        return Sequence(tuple(items), span, bool(event.flow_style), is_marked)

    def _as_link(self, span: Span) -> Scalar | None:
        """`[[王五]]` is a link to a person and a list in a list to YAML: the person is right."""
        typed = self._typed(span)
        if not (typed.startswith("[[") and typed.endswith("]]")) or "\n" in typed:
            return None
        if "[" in typed[2:-2] or "]" in typed[2:-2]:
            return None
        self.raw_values.append(span)
        return Scalar(typed, span, "plain")

    def _mapping(self, event: Any, mark: Span, depth: int, is_marked: bool) -> Node:
        pairs: list[tuple[Scalar, Node]] = []
        start, end = mark
        while type(child := self.next_event()) is not yaml.MappingEndEvent:
            key = self.build(child, depth + 1)
            value = self.build(self.next_event(), depth + 1)
            if not isinstance(key, Scalar):
                # A list or alias as a key: kept as the characters that stand there.
                key = Scalar(self._typed(key.span), key.span, "plain", True)
            pairs.append((key, value))
            end = max(key.span.end, value.span.end)
        if event.flow_style:
            end = self._end_of(child)
        return Mapping(tuple(pairs), Span(start, end), bool(event.flow_style), is_marked)

    def start_of(self, event: Any) -> int:
        """Return where an event begins in the note."""
        return int(event.start_mark.index) + self.offset

    def _end_of(self, event: Any) -> int:
        return int(event.end_mark.index) + self.offset

    def _typed(self, span: Span) -> str:
        return self.source[span.start - self.offset : span.end - self.offset]


def read_events(source: str, offset: int, asides: tuple[Aside, ...] = ()) -> Tree:
    """Return the tree of a block as libyaml reads it. Raises `BlockError` where it refuses the block."""
    try:
        loader = _LOADER(source)
        try:
            return _only_document(_Builder(source, asides, offset, loader.get_event))
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.index if mark else 0
        raise BlockError(offset + at, error.problem or str(error.context)) from None
    except yaml.reader.ReaderError as error:
        raise BlockError(offset + int(error.position), str(error.reason)) from None
    except (ValueError, RecursionError) as error:
        raise BlockError(offset, type(error).__name__) from None


def _only_document(builder: _Builder) -> Tree:
    """Build the one document of a stream; a second one, or marks of its bounds, are refused."""
    root: Node | None = None
    documents = 0
    while type(event := builder.next_event()) is not yaml.StreamEndEvent:
        if type(event) is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1 or event.explicit:
                raise BlockError(builder.start_of(event), TWO_DOCUMENTS)
            root = builder.build(builder.next_event())
        elif type(event) is yaml.DocumentEndEvent and event.explicit:
            raise BlockError(builder.start_of(event), TWO_DOCUMENTS)
    return Tree(root, tuple(builder.anchors), tuple(sorted(builder.raw_values)))


# --- values that YAML refuses ------------------------------------------------------------------------------

_VALUE = pattern(r"([ \t]*(?:-[ \t]+)*(?:[^\s:#'\"\[\]{}&*!|>%@`-][^:：\n]*?:[ \t]+)?(?:-[ \t]+)*)(\S.*)")
_REFUSED_FIRST = "@`%"
_MARKS = "*&!"


def _set_aside(source: str, wants_quotes: Callable[[str], bool]) -> tuple[str, tuple[Aside, ...]]:
    """Hide each value that only quotes would make YAML; lengths stay, so that spans stay right."""
    asides: list[Aside] = []
    if _STAND_IN in source:
        return source, ()
    for line in iterate_lines(source):
        found = _VALUE.match(source, line.start, line.end)
        if not found or not found[1].strip():
            continue
        value = without_comment(found[2]).rstrip()
        if wants_quotes(value):
            start = found.start(2)
            asides.append(Aside(Span(start, start + len(value)), value))
    edits = [Edit(aside.span, _STAND_IN * len(aside.typed)) for aside in asides]
    return apply_edits(source, edits), tuple(asides)


def _is_refused(value: str) -> bool:
    if value[0] in _REFUSED_FIRST or value.startswith("[["):
        return True
    if value[0] in "[{|>'\"":
        return False
    return ": " in value or ":\t" in value or value.endswith(":")


def _is_refused_or_marked(value: str) -> bool:
    """Tell also `*重点*` and its like: a second choice, since aliases, anchors and tags are YAML's own."""
    return value[0] in _MARKS or _is_refused(value)


def _is_refused_or_unclosed(value: str) -> bool:
    """Tell also a quote that doesn't close on its line; the last choice: it may close further down."""
    if value[0] in "'\"":
        return len(value) < 2 or not value.endswith(value[0])
    return _is_refused_or_marked(value)
