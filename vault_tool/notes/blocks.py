"""Where a body's blocks begin and end: headings, and the code and comments in which no mark means anything.

The part of CommonMark 0.31 that decides it: ATX headings (4.2), fenced code (4.5), comments (4.6).
"""

from __future__ import annotations

import re
from itertools import chain

from vault_tool.named import NamedTuple
from vault_tool.notes.text import Span, iterate_lines, line_end, make, next_line
from vault_tool.patterns import pattern


class Heading(NamedTuple):
    """A level-1 or level-2 heading: its line, its words, and where the next one or the text ends."""

    span: Span
    title: Span
    level: int
    words: str
    end: int


class SealedToken(NamedTuple):
    """One line of the sealed block: a `vid` and its token, not yet checked."""

    vid: str
    token: str
    span: Span


class SealedBlock(NamedTuple):
    """The comment at the end of a file that holds the tokens."""

    span: Span
    tokens: tuple[SealedToken, ...]


class Blocks(NamedTuple):
    """What one pass over a body finds; `hidden` are the spans of fenced code and comments."""

    headings: tuple[Heading, ...]
    hidden: tuple[Span, ...]
    sealed: SealedBlock | None


_MARK = r"( {0,3})(?:(#{1,2})(?=[ \t\r\n]|\Z)([^\r\n]*)|(`{3,}|~{3,}|<!--))"
_FIRST_MARK = re.compile(_MARK)
# A literal line feed in front is found much faster than a choice of breaks; few files have others.
_NEXT_MARK = re.compile(rf"\n{_MARK}")
_NEXT_MARK_AFTER_ANY = pattern(rf"[\r\n]{_MARK}")
_SEALED_OPEN = "<!-- vault:sealed"


def scan_blocks(text: str, start: int) -> Blocks:
    """Find the headings of a body, which begins at `start`. Takes time in proportion to the text.

    The sealed block comes first: a fence or a comment that somebody left open ends before it.
    """
    found: list[tuple[Span, Span, int, str]] = []
    hidden: list[Span] = []
    # A single sign is found in a sixth of the time: most bodies hold no comment.
    may_comment = text.find("<", start) >= 0
    sealed = _find_sealed(text, start) if may_comment else None
    end = sealed.span.start if sealed else len(text)
    last_close = text.rfind("-->", start, end) if may_comment else -1
    first = _FIRST_MARK.match(text, start, end)
    marks = _NEXT_MARK_AFTER_ANY if "\r" in text else _NEXT_MARK
    at = start  # where what is hidden ends
    for match in chain([first] if first else (), marks.finditer(text, start, end)):
        if match.start() < at - 1:
            continue
        level = match[2]
        if level:
            title, words = _title(match[3], match.end())
            found.append((make(Span, (match.start(1), match.end())), title, len(level), words))
            continue
        mark, begin, after = match[4], match.start(1), match.end()
        if mark == "<!--":
            # A comment that never ends hides nothing: a person still reads what follows as notes.
            if after > last_close:
                continue
            span = Span(begin, next_line(text, text.index("-->", after)))
        elif mark[0] == "~" or text.find("`", after, line_end(text, after)) < 0:
            span = Span(begin, _fence_end(text, line_end(text, after), end, mark))
        else:
            continue
        hidden.append(span)
        at = span.end
    if sealed:
        hidden.append(sealed.span)
    ends = [*(line.start for line, _, _, _ in found[1:]), end]
    headings = [make(Heading, (*heading, stop)) for heading, stop in zip(found, ends, strict=bool(found))]
    return make(Blocks, (tuple(headings), tuple(hidden), sealed))


def _title(typed: str, end: int) -> tuple[Span, str]:
    """Return the words of a heading, whose line ends there: no blanks around them, no closing `#`."""
    words = typed.rstrip(" \t")
    end -= len(typed) - len(words)
    if words.endswith("#"):
        open_end = words.rstrip("#")
        if not open_end or open_end[-1] in " \t":
            open_end = open_end.rstrip(" \t")
            end -= len(words) - len(open_end)
            words = open_end
    words = words.lstrip(" \t")
    return make(Span, (end - len(words), end)), words


def _fence_end(text: str, offset: int, end: int, mark: str) -> int:
    """Return the end of the line that closes a fence; a fence left open runs to the end of the notes."""
    closing = re.compile(rf"(?<=[\r\n]) {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*(?=[\r\n]|\Z)")
    found = closing.search(text, offset, end)
    return next_line(text, found.end()) if found else end


def _find_sealed(text: str, start: int) -> SealedBlock | None:
    """Return the comment with the tokens, if it is the last thing in the text."""
    opening = text.rfind(_SEALED_OPEN, start)
    if opening < 0:
        return None
    before = text[max(start, opening - 3) : opening]
    begin = opening - (len(before) - len(before.rstrip(" ")))
    close = text.find("-->", opening)
    is_line = begin == start or text[begin - 1] in "\r\n"
    is_bare = not text[opening + len(_SEALED_OPEN) : line_end(text, opening)].strip(" \t")
    if close < 0 or not is_line or not is_bare:
        return None
    span = Span(begin, next_line(text, close))
    return None if text[span.end :].strip() else _sealed_block(text, span)


def _sealed_block(text: str, span: Span) -> SealedBlock:
    tokens: list[SealedToken] = []
    for line in list(iterate_lines(text, span.start, span.end))[1:]:
        words = text[line.start : line.end].split()
        if words and words[0] != "-->":
            tokens.append(SealedToken(words[0], " ".join(words[1:]), Span(line.start, line.next)))
    return SealedBlock(span, tuple(tokens))
