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
    """Give each line the break that the sides agree on.

    None stands for the break that a file uses most, which a side may have changed. Without a base nothing
    says what was changed: each break then counts as it is, and merging again what was merged changes none.
    """
    lines = text.split("\n")
    if base is None:
        told = [{}, *(_breaks(lines, side, None) for side in (a, b))]
    else:
        told = [_breaks(lines, side, side.layout.newline) for side in (base, a, b)]
    pieces: list[str] = []
    for at, line in enumerate(lines[:-1]):
        of_base, of_a, of_b = (side.get(at, "absent") for side in told)
        if "absent" in (of_a, of_b):
            found = of_b if of_a == "absent" else of_a
        else:
            found = settle(of_base, of_a, of_b, lambda one, other: max(one or "", other or ""))
        pieces += (line, newline if found in (None, "", "absent") else found or newline)
    return "".join(pieces)


def _breaks(lines: list[str], side: Laid, usual: str | None) -> dict[int, str | None]:
    """Return the breaks of a version's lines, None for the usual one, by where they stand in the result."""
    there = side.text.split("\n")
    spans = list(iterate_lines(side.raw))
    if len(there) + len(lines) > _TOO_MANY:
        return {}
    found: dict[int, str | None] = {}
    for block in SequenceMatcher(None, lines, there, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            at = block.b + offset
            if at < len(spans):
                used = side.raw[spans[at].end : spans[at].next]
                found[block.a + offset] = None if used == usual else used or None
    return found
