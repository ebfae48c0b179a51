"""The `> [!conflict]` block: another version of a text, kept as Markdown that every reader shows."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from vault_tool.named import NamedTuple
from vault_tool.notes.text import Span, iterate_lines

MARK = "[!conflict]"
_HEAD = re.compile(r"[ \t]{0,3}>[ \t]?\[!conflict\]")
_QUOTE = re.compile(r"[ \t]{0,3}>[ \t]?")


class Callout(NamedTuple):
    """One block: the span of its whole lines, and the text it quotes (LF alone, none at the end).

    `lines` are where the lines of that text stand in the note.
    """

    span: Span
    quoted: str
    lines: tuple[Span, ...]

    def inner(self, offset: int) -> int | None:
        """Return where in the quoted text a character of the note stands; None in the marks of the block."""
        at = 0
        for line in self.lines:
            if line.start <= offset < line.end:
                return at + offset - line.start
            at += line.end - line.start + 1
        return None

    def outer(self, span: Span) -> Span:
        """Return where in the note a stretch of the quoted text stands, with the marks within it."""
        starts = [0, *accumulate(line.end - line.start + 1 for line in self.lines)]

        def place(offset: int) -> int:
            at = min(bisect_right(starts, offset), len(self.lines)) - 1
            return self.lines[at].start + offset - starts[at] if at >= 0 else self.span.end

        return Span(place(span.start), place(span.end))


class Split(NamedTuple):
    """A text without its blocks, and the blocks as they are written, without the last line break."""

    text: str
    callouts: tuple[str, ...]


def quote(text: str) -> str:
    """Return the block that keeps a text; no line break at its end."""
    return "\n".join([f"> {MARK}", *(f"> {line}" if line else ">" for line in text.split("\n"))])


def unquote(callout: str) -> str:
    """Return the text that a block keeps."""
    return "\n".join(_QUOTE.sub("", line, count=1) for line in callout.split("\n")[1:])


def find_callouts(text: str, start: int, end: int, hidden: tuple[Span, ...]) -> list[Callout]:
    """Find the blocks between two offsets, outside code and comments."""
    if text.find(MARK, start, end) < 0:
        return []
    found: list[Callout] = []
    lines = list(iterate_lines(text, start, end))
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not _HEAD.match(text, line.start, line.end) or any(span.holds(line.start) for span in hidden):
            continue
        quoted: list[Span] = []
        while at < len(lines) and (mark := _QUOTE.match(text, lines[at].start, lines[at].end)):
            if _HEAD.match(text, lines[at].start, lines[at].end):
                break
            quoted.append(Span(mark.end(), lines[at].end))
            at += 1
        said = "\n".join(each.of(text) for each in quoted)
        found.append(Callout(Span(line.start, lines[at - 1].next), said, tuple(quoted)))
    return found


def split_callouts(text: str) -> Split:
    """Take the blocks out of a text, with the blank lines above each."""
    if MARK not in text:
        return Split(text, ())
    from vault_tool.notes.blocks import scan_blocks  # here: most who ask want the mark alone

    found = find_callouts(text, 0, len(text), scan_blocks(text, 0).hidden)
    pieces: list[str] = []
    done = 0
    for callout in found:
        before = text[done : callout.span.start]
        pieces.append(before[: len(before.rstrip("\n"))] if not text[callout.span.end :].strip() else before)
        done = callout.span.end
    pieces.append(text[done:])
    callouts = (callout.span.of(text).rstrip("\n") for callout in found)
    return Split("".join(pieces).rstrip("\n") if found else text, tuple(callouts))


def with_callouts(text: str, callouts: list[str]) -> str:
    """Return a text with blocks below it."""
    return "\n\n".join([*([text] if text else []), *callouts])
