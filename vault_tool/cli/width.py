"""How many columns a text takes on a terminal, and cutting and wrapping by that measure."""

from __future__ import annotations

import re
from collections.abc import Iterator

ELLIPSIS = "…"

# Two columns each, known without asking: loading wcwidth's tables takes longer than listing a vault.
_WIDE = "\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60"
_PLAIN = " -~\u2014\u2018\u2019\u201c\u201d\u2026\u00b7"
# As texts: `re` compiles a pattern when it is first used, and most runs need none.
_KNOWN = f"[{_PLAIN}{_WIDE}]*"
_WIDE_CHARACTER = f"[{_WIDE}]"
_STYLE = r"\x1b\[[0-9;]*m"

# A Chinese line may break anywhere, but not before a closing mark, nor after an opening one.
_CLOSING = "，。、；：？！）》」』】〉”’…%,.;:?!)]}"
_OPENING = "（《「『【〈“‘([{"


def width(text: str) -> int:
    """Return the columns this text takes; style escapes take none."""
    if text.isascii() and text.isprintable():
        return len(text)
    text = re.sub(_STYLE, "", text)
    if re.fullmatch(_KNOWN, text):
        return len(text) + len(re.findall(_WIDE_CHARACTER, text))
    from wcwidth import wcswidth, wcwidth

    columns = wcswidth(text)
    # -1 says that a control character is in it: those count as nothing.
    return columns if columns >= 0 else sum(max(0, wcwidth(character)) for character in text)


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
    return bool(re.match(_WIDE_CHARACTER, before) or re.match(_WIDE_CHARACTER, after))
