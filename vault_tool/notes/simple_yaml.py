"""The YAML that nearly every note is written in, read by the line: several times as fast as by events.

One `key: value` to a line, lists in brackets or with dashes, one level of fields within fields. Whatever
else stands in a block, an oddity or an error, is libyaml's to read; where this reader answers, libyaml would
have answered the same, character for character.
"""

from __future__ import annotations

import re

from vault_tool.notes.nodes import Mapping, Node, Scalar, Sequence
from vault_tool.notes.text import Span, make

# What may be a break, an error or nothing at all to YAML is left to it: tabs, CR, U+2028, control characters.
_ODD = re.compile("[^\\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue001-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

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
_LINE = re.compile(rf"{_BLANK}|{_FIELD}|(.+)", re.DOTALL)
_ITEMS = re.compile(_ITEM)


def read_simple(source: str, offset: int) -> Mapping | None:
    """Return a block's tree, its spans moved by `offset`; None where the block is empty, or not simple."""
    if _ODD.search(source):
        return None
    pairs: list[tuple[Scalar, Node]] = []
    below: _Below | None = None  # what the last field of the note may still take in
    for line in _LINE.finditer(source):
        indent, dash, name, plain, other, rest = line.groups()
        if rest is not None:
            return None
        if indent is None:
            continue  # blank, or a comment
        if plain is not None and name is not None and not indent and not dash:  # as most lines are
            _end(pairs, below)
            below = None
            at, start = line.start(3) + offset, line.start(4) + offset
            field = make(Scalar, (name, make(Span, (at, at + len(name))), "plain", False))
            value = make(Scalar, (plain, make(Span, (start, start + len(plain))), "plain", False))
            pairs.append((field, value))
            continue
        key = _plain(name, line.start(3) + offset)
        node = _plain(plain, line.start(4) + offset) or _other(other, line.start(5) + offset, key)
        if key is not None and node is not None and not indent and not dash:
            _end(pairs, below)
            pairs.append((key, node))
            below = None if plain or other else _Below(offset)
        elif below is None or node is None or not below.take(line, key, node):
            return None
    _end(pairs, below)
    return _mapping(pairs) if pairs else None


class _Below:
    """What stands below a key: fields, or a list with dashes."""

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._start = -1  # where the first dash is
        self._dashes = -1  # the columns in which dashes stand, and keys
        self._keys = -1
        self._items: list[Node] = []
        self._fields: list[tuple[Scalar, Node]] = []

    def take(self, line: re.Match[str], key: Scalar | None, node: Node) -> bool:
        """Take in a line; tell whether it fits to those above it."""
        column, dash = len(line[1]), line[2]
        if self._start < 0 and self._keys < 0:  # the first line tells what it is
            if dash:
                self._start, self._dashes = line.start(2) + self._offset, column
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
        self._keys = column + len(dash) if key else -1
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


def _quoted(typed: str, start: int) -> Scalar:
    style = "single" if typed[0] == "'" else "double"
    return Scalar(typed[1:-1], Span(start, start + len(typed)), style)
