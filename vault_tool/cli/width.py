"""How many columns a text takes on a terminal, and cutting and wrapping by that measure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

ELLIPSIS = "…"

# Known without asking: loading wcwidth's tables takes longer than listing a vault, and to compile a pattern
# with all these characters takes longer than looking at each.
_TWO_COLUMNS = (
    "\u4e00\u9fff",
    "\uff01\uff60",
    "\u3001\u3029",
    "\u3041\u3096",
    "\u30a1\u30fa",
    "\u3400\u4dbf",
)
_ONE_COLUMN = " ~", "\u2014\u2014", "\u2018\u2019", "\u201c\u201d", "\u2026\u2026", "\u00b7\u00b7"
_STYLE = r"\x1b\[[0-9;]*m"

# A Chinese line may break anywhere, but not before a closing mark, nor after an opening one.
_CLOSING = "，。、；：？！）》」』】〉”’…%,.;:?!)]}"
_OPENING = "（《「『【〈“‘([{"


def width(text: str) -> int:
    """Return the columns this text takes; style escapes take none."""
    if text.isascii() and text.isprintable():
        return len(text)
    text = re.sub(_STYLE, "", text)
    known = [_columns_of(character) for character in text]
    if 0 not in known:
        return sum(known)
    from wcwidth import wcswidth, wcwidth

    columns = wcswidth(text)
    # -1 says that a control character is in it: those count as nothing.
    return columns if columns >= 0 else sum(max(0, wcwidth(character)) for character in text)


@cache
def _columns_of(character: str) -> int:
    """Return the columns of a character that is known without asking, else 0."""
    if any(ends[0] <= character <= ends[1] for ends in _ONE_COLUMN):
        return 1
    return 2 if any(ends[0] <= character <= ends[1] for ends in _TWO_COLUMNS) else 0


def pad(text: str, columns: int) -> str:
    """Fill a text with blanks up to this width."""
    return text + " " * (columns - width(text))


def clip(text: str, columns: int) -> str:
    """Cut a text to this width; `…` says that something is missing. What is cut loses its styles."""
    if width(text) <= columns:
        return text
    text = re.sub(_STYLE, "", text)
    kept = 0
    taken = 0
    for character in text:
        taken += width(character)
        if taken > columns - 1:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS if columns > 0 else ""


def wrap(text: str, columns: int) -> list[str]:
    """Break one paragraph into lines no wider than this, where both scripts allow a break.

    A word wider than a line stands on a line of its own, uncut.
    """
    lines: list[str] = []
    line = ""
    gap = ""
    for piece, blank_before in _pieces(text):
        gap = " " if blank_before and line else ""
        if line and width(line) + len(gap) + width(piece) > columns:
            lines.append(line)
            line, gap = "", ""
        line += gap + piece
    if line:
        lines.append(line)
    return lines


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what may not be broken, and whether a blank stands before it."""
    for word in text.split():
        blank = True
        piece = ""
        for character in word:
            if piece and _breaks(piece[-1], character):
                yield piece, blank
                piece, blank = "", False
            piece += character
        yield piece, blank


def _breaks(before: str, after: str) -> bool:
    if before in _OPENING or after in _CLOSING:
        return False
    return 2 in (_columns_of(before), _columns_of(after))
