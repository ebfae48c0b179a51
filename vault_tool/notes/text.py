"""Text with positions: decoding, spans, edits and lines."""

from __future__ import annotations

import codecs
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern

BOM = "\ufeff"
LINE_BREAK = pattern(r"\r\n|\n|\r")

make = tuple.__new__
"""Makes a named tuple of a tuple of its parts, all of them, unchecked.

A named tuple's own call runs Python code and takes three times as long, which is felt where a note is read:
that makes three hundred of them.
"""


class Span(NamedTuple):
    """A half-open range of characters in a note's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the characters of `text` in this range."""
        return text[self.start : self.end]

    def moved_by(self, offset: int) -> Span:
        """Return the same range, `offset` characters later."""
        return Span(self.start + offset, self.end + offset)

    def holds(self, offset: int) -> bool:
        """Tell whether the character at `offset` lies in this range."""
        return self.start <= offset < self.end


class Edit(NamedTuple):
    """Put `text` in place of what stands at `span`; an empty span inserts."""

    span: Span
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with every edit made and every other character as it was.

    Insertions at one place keep the order in which they are given. Raises `ValueError` when edits overlap
    or lie outside the text.
    """
    pieces: list[str] = []
    done = 0
    for span, replacement in sorted(edits, key=lambda edit: edit.span):
        if span.start < done or span.end < span.start or span.end > len(text):
            raise ValueError(f"edit at {span.start}-{span.end} overlaps another or lies outside the text")
        pieces += (text[done : span.start], replacement)
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)


class Line(NamedTuple):
    """One line: `start`, `end` without its break, `next` where the following line starts."""

    start: int
    end: int
    next: int


def iterate_lines(text: str, start: int = 0, end: int | None = None) -> Iterator[Line]:
    """Yield the lines between two offsets; a line ends with CRLF, LF or a lone CR."""
    stop = len(text) if end is None else end
    at = start
    for found in LINE_BREAK.finditer(text, start, stop):
        yield Line(at, found.start(), found.end())
        at = found.end()
    if at < stop:
        yield Line(at, stop, stop)


def line_end(text: str, offset: int, stop: int | None = None) -> int:
    """Return where the line that holds an offset ends, without its break; `stop` is the text's end."""
    feed = text.find("\n", offset, stop)
    end = feed if feed >= 0 else len(text) if stop is None else stop
    carriage = text.find("\r", offset, end)
    return carriage if carriage >= 0 else end


def next_line(text: str, offset: int, stop: int | None = None) -> int:
    """Return where the line after the one that holds an offset starts; the text's end after the last one."""
    feed = text.find("\n", offset, stop)
    end = feed if feed >= 0 else len(text) if stop is None else stop
    carriage = text.find("\r", offset, end)
    if 0 <= carriage < end - 1 or (carriage >= 0 and feed < 0):
        return carriage + 1  # one that no line feed follows
    return feed + 1 if feed >= 0 else end


class Lines:
    """Line and column of any offset in one text, both from 1, columns in characters."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in LINE_BREAK.finditer(self._text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of an offset; one beyond the text counts as its end.

        A byte order mark takes no column.
        """
        offset = max(0, min(offset, len(self._text)))
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1] + 1
        if line == 1 and self._text.startswith(BOM):
            column = max(1, column - 1)
        return line, column

    def line(self, offset: int) -> int:
        """Return the number of the line that holds an offset."""
        return self.position(offset)[0]

    def span(self, line: int) -> Span:
        """Return a line's characters without its break; a line that isn't there is empty, at the end."""
        if not 1 <= line <= len(self._starts):
            return Span(len(self._text), len(self._text))
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        return Span(start, start + len(self._text[start:end].rstrip("\r\n")))


def line_break_of(text: str) -> str:
    """Return the line break a text uses most; LF when it has none."""
    crlf = text.count("\r\n")
    counts = {"\r\n": crlf, "\n": text.count("\n") - crlf, "\r": text.count("\r") - crlf}
    used = max(counts, key=lambda name: counts[name])
    return used if counts[used] else "\n"


NOT_UTF8 = N_("it is not UTF-8 but {encoding}")
UNREADABLE = N_("its encoding cannot be told")
HAS_NUL = N_("it holds NUL characters")


class Decoded(NamedTuple):
    """A file's bytes as text. With a `problem` (a message id) the text is for reading only."""

    text: str
    encoding: str
    problem: str | None = None


def decode(data: bytes) -> Decoded:
    """Read bytes as text, whatever they are; never raises.

    Only what is UTF-8 without NUL may be written back: encoding `text` again then gives the very bytes.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_foreign(data)
    if "\0" not in text:
        return Decoded(text, "utf-8")
    return _decode_utf16_without_mark(data) or Decoded(text, "utf-8", HAS_NUL)


def _decode_foreign(data: bytes) -> Decoded:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Decoded(data.decode("utf-16", "replace"), "utf-16", NOT_UTF8)
    if found := _decode_utf16_without_mark(data):
        return found
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return Decoded(data.decode("utf-8", "replace"), "unknown", UNREADABLE)
    return Decoded(text, "gb18030", HAS_NUL if "\0" in text else NOT_UTF8)


def _decode_utf16_without_mark(data: bytes) -> Decoded | None:
    """Recognise UTF-16 by its zero bytes: every other byte of an ASCII line break or `---` is one."""
    for encoding, mark in (("utf-16-le", b"-\0-\0-\0"), ("utf-16-be", b"\0-\0-\0-")):
        if data.startswith(mark) and len(data) % 2 == 0:
            return Decoded(data.decode(encoding, "replace"), "utf-16", NOT_UTF8)
    return None
