"""Values as they stand in a file: scalars, lists and maps with their spans. No types, no YAML."""

from __future__ import annotations

from vault_tool.named import NamedTuple
from vault_tool.notes.text import Span
from vault_tool.patterns import pattern

_COMMENT = pattern(r"[ \t]+(?P<comment>#[^\r\n]*(?<![ \t]))")
_AS_VALUE = pattern(r"[ \t]+(?P<comment>#(?=[^\s#])[^\r\n]*(?<![ \t]))")


class Scalar(NamedTuple):
    """One value as typed: `text` decoded, `span` with its quotes; `style` says how it was written."""

    text: str
    span: Span
    style: str  # plain, single, double, literal, folded or missing
    is_marked: bool = False  # carries an anchor or a YAML tag


class Sequence(NamedTuple):
    """A list; `flow` when written in brackets."""

    items: tuple[Node, ...]
    span: Span
    flow: bool
    is_marked: bool = False


class Mapping(NamedTuple):
    """Keys and values in file order; `flow` when written in braces."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span
    flow: bool
    is_marked: bool = False


class Alias(NamedTuple):
    """A YAML alias (`*name`). It is never followed: its value stands elsewhere."""

    span: Span
    is_marked: bool = True


Node = Scalar | Sequence | Mapping | Alias


class Tree(NamedTuple):
    """One block of YAML; spans count from the note's start.

    `raw_values` are those that YAML refuses; `lines` are the lines of each pair of the root, if known.
    """

    root: Node | None
    anchors: tuple[Span, ...] = ()
    raw_values: tuple[Span, ...] = ()
    lines: tuple[Span, ...] = ()


def comment_behind(text: str, value: Span) -> Span | None:
    """Return the comment behind a value that somebody may have typed as a part of it: `wechat: lin #139...`.

    Where there is no value, that is one which begins right behind its `#`, as in `mobile: #139...`; any other
    is a hint what to fill in.
    """
    end = value.start + len(value.of(text).rstrip())
    found = (_COMMENT if end > value.start else _AS_VALUE).match(text, end)
    return Span(*found.span("comment")) if found else None


class BlockError(Exception):
    """YAML refused a block; `offset` counts like the spans."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
