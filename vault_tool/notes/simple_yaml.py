"""The YAML that nearly every note is written in, read by the line: several times as fast as by events.

One `key: value` to a line, lists in brackets or with dashes, one level of fields within fields. Whatever
else stands in a block, an oddity or an error, is libyaml's to read; where this reader answers, libyaml would
have answered the same, character for character.
"""

from __future__ import annotations

import re

from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence, Tree
from vault_tool.notes.text import Span, make
from vault_tool.patterns import pattern

# What may be a break, an error or nothing at all to YAML is left to it: tabs, CR, U+2028, control characters.
_ODD = pattern("[^\\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue001-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_FIRST = r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]"  # what only a plain scalar begins with
_QUOTED = r"'[^'\n]*'|\"[^\"\\\n]*\""
_PLAIN = rf"{_FIRST}[^:#\n]*(?:(?::(?![ \n])|(?<! )#)[^:#\n]*)*(?<! )"
_ITEM = rf"(?:{_QUOTED}|{_FIRST}[^,:?#\[\]{{}}\n]*(?<! ))"  # within brackets
# Possessive, here and below: were a run of blanks free to belong to two parts, its time would be quadratic.
_LIST = rf"\[ *+(?:{_ITEM}(?: *+, *+{_ITEM})*)? *+\]"
# Far shorter than the longest key that YAML takes without a mark of its own.
_KEY = r"\w[\w-]{0,99}(?: [\w-]{1,99}){0,5}"
_BLANK = r" *+(?:#[^\n]*)?\n"
_VALUE = rf"(?: *+(?:({_PLAIN})|({_QUOTED}|{_LIST})))?"
_FIELD = rf"( *+)(- ++)?(?:({_KEY}):(?=[ \n]))?{_VALUE}(?: ++#[^\n]*)? *+\n"
_LINE = pattern(rf"{_BLANK}|{_FIELD}|(.+)", re.DOTALL)
_ITEMS = pattern(_ITEM)

_COMMENT = pattern(r"(?<![ \t])[ \t]+#")

# Most lines begin as a line of another note does, and end with their value: plain, a list as lists are
# typed, or in quotes. What such a line says is told twice as fast; all of it is to be printable, which rules
# out whatever is odd.
_IN_LIST = rf"{_FIRST}[^,:?#\[\]{{}}]*+(?<! )"
_ENDS_LINE = pattern(
    rf"(?:({_FIRST}[^:#]*+(?:(?::(?! |\Z)|(?<! )#)[^:#]*+)*+(?<! ))"
    rf"|(\[{_IN_LIST}(?:, {_IN_LIST})*+\])"
    r"|'[^']*+'|\"[^\"\\]*+\")\Z"
).match
_begun: dict[str, tuple[int, int, str]] = {}
_MOST_BEGUN = 4096


def read_simple(source: str, offset: int) -> Tree | None:
    """Return a block's tree, its spans moved by `offset`; None where the block is empty, or not simple."""
    lines = source.split("\n")
    if lines.pop():
        return None  # its last line doesn't end here
    pairs: list[tuple[Scalar, Node]] = []
    starts: list[int] = []  # where the lines of each pair begin, and where they end
    ends: list[int] = []
    below: _Below | None = None  # what the last field of the note may still take in
    after = offset
    for typed in lines:
        at = after
        after = at + len(typed) + 1
        begin, colon, value = typed.partition(": ")
        begun = _begun.get(begin) if colon else None
        if begun and (found := _ENDS_LINE(value)) and typed.isprintable():
            indent, dash, name = begun
            end = at + len(begin)
            node: Node
            key: Scalar | None = make(Scalar, (name, make(Span, (end - len(name), end)), "plain", False))
            if found.lastindex == 1:
                node = make(Scalar, (value, make(Span, (end + 2, after - 1)), "plain", False))
            else:
                node = _tidy_list(value, end + 2) if found.lastindex else _quoted(value, end + 2)
        else:
            line = _any_line(typed, at)
            if line is None:
                return None
            if not line:
                continue
            indent, dash, key, node = line
        if key is not None and not indent and not dash:
            _end(pairs, below)
            pairs.append((key, node))
            starts.append(at)
            ends.append(after)
            below = _Below() if type(node) is Scalar and node.style == "missing" else None
        elif below is None or not below.take(at + indent, indent, dash, key, node):
            return None
        else:
            ends[-1] = after
    _end(pairs, below)
    if not pairs:
        return None
    return Tree(_mapping(pairs), lines=tuple([make(Span, each) for each in zip(starts, ends, strict=True)]))


def without_comment(value: str) -> str:
    """Return a plain value without the comment behind it."""
    comment = _COMMENT.search(value)
    return value[: comment.start()] if comment else value


def _any_line(typed: str, at: int) -> tuple[int, int, Scalar | None, Node] | tuple[()] | None:
    """Return how many blanks a line has, how long its dash is with those behind it, its key and its value.

    Nothing where it is blank, or a comment; None where it is not simple.
    """
    is_odd = not typed.isprintable() and _ODD.search(typed)
    line = None if is_odd else _LINE.match(f"{typed}\n")
    if line is None or line[6] is not None:
        return None
    if line[1] is None:
        return ()
    key = _plain(line[3], line.start(3) + at)
    node = _plain(line[4], line.start(4) + at) or _other(line[5], line.start(5) + at, key)
    if node is None:
        return None
    indent, dash = len(line[1]), len(line[2] or "")
    if key is not None:
        if len(_begun) >= _MOST_BEGUN:
            _begun.clear()
        _begun[typed[: line.end(3)]] = (indent, dash, key.text)
    return indent, dash, key, node


class _Below:
    """What stands below a key: fields, or a list with dashes."""

    def __init__(self) -> None:
        self._start = -1  # where the first dash is
        self._dashes = -1  # the columns in which dashes stand, and keys
        self._keys = -1
        self._items: list[Node] = []
        self._fields: list[tuple[Scalar, Node]] = []

    def take(self, start: int, column: int, dash: int, key: Scalar | None, node: Node) -> bool:
        """Take in a line whose marks begin at `start`; tell whether it fits to those above it."""
        if self._start < 0 and self._keys < 0:  # the first line tells what it is
            if dash:
                self._start, self._dashes = start, column
            else:
                self._keys = column
        if not dash:
            if key is None or column != self._keys:
                return False
            self._fields.append((key, node))
            return True
        self._end_item()
        if key is None:
            self._items.append(node)
        else:
            self._fields.append((key, node))
        self._keys = column + dash if key else -1
        return column == self._dashes

    def _end_item(self) -> None:
        if self._fields:
            self._items.append(_mapping(self._fields))
            self._fields = []

    def node(self) -> Node | None:
        """Return all that was taken in; None for nothing."""
        if self._start < 0:
            return _mapping(self._fields) if self._fields else None
        self._end_item()
        return Sequence(tuple(self._items), Span(self._start, self._items[-1].span.end), False)


def _end(pairs: list[tuple[Scalar, Node]], below: _Below | None) -> None:
    """Put what stands below the last key in its place."""
    if below is not None and (node := below.node()) is not None:
        pairs[-1] = (pairs[-1][0], node)


def _mapping(pairs: list[tuple[Scalar, Node]]) -> Mapping:
    return Mapping(tuple(pairs), Span(pairs[0][0].span.start, pairs[-1][1].span.end), False)


def _plain(text: str | None, start: int) -> Scalar | None:
    if text is None:
        return None
    return make(Scalar, (text, make(Span, (start, start + len(text))), "plain", False))


def _other(typed: str | None, start: int, key: Scalar | None) -> Node | None:
    """Return a value in quotes or brackets, or the one that is missing behind a key."""
    if typed is None:
        return Scalar("", Span(key.span.end + 1, key.span.end + 1), "missing") if key else None
    if typed[0] != "[":
        return _quoted(typed, start)
    items: list[Node] = []
    for item in _ITEMS.finditer(typed, 1):
        text, at = item[0], start + item.start()
        items.append(
            _quoted(text, at)
            if text[0] in "'\""
            else make(Scalar, (text, make(Span, (at, at + len(text))), "plain", False))
        )
    return Sequence(tuple(items), Span(start, start + len(typed)), True)


def _tidy_list(typed: str, start: int) -> Sequence:
    """Return a list of plain texts, each behind a comma and one blank."""
    items: list[Node] = []
    at = start + 1
    for text in typed[1:-1].split(", "):
        end = at + len(text)
        items.append(make(Scalar, (text, make(Span, (at, end)), "plain", False)))
        at = end + 2
    return make(Sequence, (tuple(items), make(Span, (start, start + len(typed))), True, False))


def _quoted(typed: str, start: int) -> Scalar:
    style = "single" if typed[0] == "'" else "double"
    return make(Scalar, (typed[1:-1], make(Span, (start, start + len(typed))), style, False))
