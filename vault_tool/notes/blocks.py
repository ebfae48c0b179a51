"""Where a body's blocks begin and end: headings, and the code and comments in which no mark means anything.

The part of CommonMark 0.31 that decides it: ATX headings (4.2), fenced code (4.5), comments (4.6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from vault_tool.notes.text import LINE_BREAK, Span, iterate_lines


class Heading(NamedTuple):
    """A level-1 or level-2 heading: its line, its words, and where the next one or the text ends."""

    span: Span
    title: Span
    level: int
    end: int


class SealedToken(NamedTuple):
    """One line of the sealed block: a `vid` and its token, not yet checked."""

    vid: str
    token: str
    span: Span


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """The comment at the end of a file that holds the tokens."""

    span: Span
    tokens: tuple[SealedToken, ...]


@dataclass(frozen=True, slots=True)
class Blocks:
    """What one pass over a body finds; `hidden` are the spans of fenced code and comments."""

    headings: tuple[Heading, ...]
    hidden: tuple[Span, ...]
    sealed: SealedBlock | None


_MARK = re.compile(r"(?:\A|(?<=[\r\n])|(?<=\A\ufeff)) {0,3}(?P<mark>#{1,2}(?=[ \t\r\n]|\Z)|`{3,}|~{3,}|<!--)")
_SEALED_OPEN = re.compile(r"<!-- vault:sealed[ \t]*\Z")


def scan_blocks(text: str, start: int) -> Blocks:
    """Find the headings of a body, which begins at `start`. Takes time in proportion to the text."""
    found: list[tuple[Span, Span, int]] = []
    hidden: list[Span] = []
    sealed: SealedBlock | None = None
    last_close = text.rfind("-->")
    at = start
    while match := _MARK.search(text, at):
        mark = match["mark"]
        line = Span(match.start(), _line_end(text, match.end()))
        at = line.end
        if mark[0] == "#":
            found.append((line, _title(text, match.end(), line.end), len(mark)))
        elif mark == "<!--":
            # A comment that never ends hides nothing: a person still reads what follows as notes.
            if match.end() <= last_close:
                close = text.index("-->", match.end())
                span = Span(line.start, _next_line(text, close))
                if _SEALED_OPEN.match(text, match.start("mark"), line.end) and not text[span.end :].strip():
                    sealed = _sealed_block(text, span)
                hidden.append(span)
                at = span.end
        elif mark[0] == "~" or text.find("`", match.end(), line.end) < 0:
            span = Span(line.start, _fence_end(text, line.end, mark))
            hidden.append(span)
            at = span.end
    end = sealed.span.start if sealed else len(text)
    ends = [*(line.start for line, _, _ in found[1:]), end]
    headings = (Heading(*heading, stop) for heading, stop in zip(found, ends, strict=bool(found)))
    return Blocks(tuple(headings), tuple(hidden), sealed)


def _title(text: str, start: int, end: int) -> Span:
    """Return a heading's words: without blanks around them and a closing run of `#`."""
    words = text[start:end].rstrip(" \t")
    open_end = words.rstrip("#")
    if open_end != words and (not open_end or open_end[-1] in " \t"):
        words = open_end.rstrip(" \t")
    return Span(start + len(words) - len(words.lstrip(" \t")), start + len(words))


def _line_end(text: str, offset: int) -> int:
    found = LINE_BREAK.search(text, offset)
    return found.start() if found else len(text)


def _next_line(text: str, offset: int) -> int:
    found = LINE_BREAK.search(text, offset)
    return found.end() if found else len(text)


def _fence_end(text: str, offset: int, mark: str) -> int:
    """Return the end of the line that closes a fence; a fence left open runs to the end of the text."""
    closing = re.compile(rf"(?<=[\r\n]) {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*(?=[\r\n]|\Z)")
    found = closing.search(text, offset)
    return _next_line(text, found.end()) if found else len(text)


def _sealed_block(text: str, span: Span) -> SealedBlock:
    tokens: list[SealedToken] = []
    for line in list(iterate_lines(text, span.start, span.end))[1:]:
        words = text[line.start : line.end].split()
        if words and words[0] != "-->":
            tokens.append(SealedToken(words[0], " ".join(words[1:]), Span(line.start, line.next)))
    return SealedBlock(span, tuple(tokens))
