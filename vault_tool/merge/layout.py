"""How a file is laid out: byte order mark, line breaks, a last line break. In comparing none of it counts."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from vault_tool.merge.choice import settle
from vault_tool.named import NamedTuple
from vault_tool.notes.text import BOM, iterate_lines, line_break_of

_ANY_BREAK = re.compile(r"\r\n?")
_TOO_MANY = 20_000


class Layout(NamedTuple):
    """What is set aside of a file: its mark, the break it uses most, and whether its last line has one."""

    bom: bool
    newline: str
    is_ended: bool


class Laid(NamedTuple):
    """A text with LF alone, ended by one, and how it was laid out."""

    text: str
    layout: Layout
    raw: str


def lay(raw: str) -> Laid:
    """Return a file's text without what is its layout."""
    text = raw.removeprefix(BOM)
    layout = Layout(
        text is not raw, line_break_of(text) if "\r" in text else "\n", text.endswith(("\n", "\r"))
    )
    if "\r" in text:
        text = _ANY_BREAK.sub("\n", text)
    if text and not layout.is_ended:
        text += "\n"
    return Laid(text, layout, raw)


def merged_layout(base: Layout | None, a: Layout, b: Layout) -> Layout:
    """Return the layout of three: each part is merged like a field."""
    if base is None:
        base = Layout(False, "\n", True)
    return Layout(
        settle(base.bom, a.bom, b.bom, min),
        settle(base.newline, a.newline, b.newline, min),
        settle(base.is_ended, a.is_ended, b.is_ended, max),
    )


def put(text: str, layout: Layout, base: Laid | None, a: Laid, b: Laid) -> str:
    """Return a merged text in its layout. Lines whose break is unlike the others' keep it, as sides agree."""
    sides = [side for side in (base, a, b) if side is not None]
    if any(_is_mixed(side) for side in sides):
        text = _with_odd_breaks(text, layout.newline, base, a, b)
    elif layout.newline != "\n":
        text = text.replace("\n", layout.newline)
    if not layout.is_ended:
        text = re.sub(r"(?:\r\n|\n|\r)\Z", "", text)
    return BOM + text if layout.bom else text


def _is_mixed(side: Laid) -> bool:
    if "\r" not in side.raw:
        return False
    both = side.raw.count("\r\n")
    return sum(count > 0 for count in (both, side.raw.count("\n") - both, side.raw.count("\r") - both)) > 1


def _with_odd_breaks(text: str, newline: str, base: Laid | None, a: Laid, b: Laid) -> str:
    """Give each line the break that the sides agree on, and that of its side where only one has the line.

    Each break counts as it is, not as the usual or an unusual one of its file: which one is usual changes
    with the lines that a merge adds, and merging again what was merged would then change breaks.
    """
    lines = text.split("\n")
    of_base, of_a, of_b = ({} if side is None else _breaks(lines, side) for side in (base, a, b))
    pieces: list[str] = []
    for at, line in enumerate(lines[:-1]):
        if at in of_a and at in of_b:
            found = settle(of_base.get(at, ""), of_a[at], of_b[at], min)
        else:
            found = of_a.get(at) or of_b.get(at) or newline
        pieces += (line, found)
    return "".join(pieces)


def _breaks(lines: list[str], side: Laid) -> dict[int, str]:
    """Return the breaks of a version's lines by where they stand in the result."""
    there = side.text.split("\n")
    if len(there) + len(lines) > _TOO_MANY:
        return {}
    spans = list(iterate_lines(side.raw))
    found: dict[int, str] = {}
    for block in SequenceMatcher(None, lines, there, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            at = block.b + offset
            if at < len(spans) and spans[at].end < spans[at].next:
                found[block.a + offset] = side.raw[spans[at].end : spans[at].next]
    return found
