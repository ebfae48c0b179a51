"""The comment that holds a note's tokens: whole, and the last thing in the file; and its way back there.

People write at the end of a file, behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vault_tool.named import NamedTuple
from vault_tool.notes.text import BOM, Edit, Span
from vault_tool.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.notes.note import Note

OPENING = "<!-- vault:sealed"
_MARK = pattern(r"(?m)^ {0,3}<!--[ \t]*vault:sealed\b[^\r\n]*")
_WHOLE = pattern(
    r"<!-- vault:sealed[ \t]*\r?\n((?:[0-9a-z]{8} sealed\.[^\s<>]+[ \t]*\r?\n)+)-->[ \t]*(?:\r?\n|\Z)"
)


# Between these lines stand two versions of a file that git could not merge.
MERGE_MARK = pattern(r"(?<![^\r\n])(?:<{7}|>{7})(?=[ \t])")


class Misplaced(NamedTuple):
    """A comment that isn't the last thing: where its mark is; if it can be moved, all of it and its lines.

    One that isn't whole can't be, nor one in half of a merge: each half needs its own.
    """

    mark: Span
    span: Span | None
    lines: str = ""


def misplaced(note: Note) -> Iterator[Misplaced]:
    """Yield the comments with tokens that something stands behind; one in a code block is an example."""
    if OPENING not in note.text:
        return
    is_half = MERGE_MARK.search(note.text) is not None
    for mark in _MARK.finditer(note.text, 0, note.content_end):
        if not any(part.holds(mark.start()) and not _opens(note, part, mark.start()) for part in note.hidden):
            whole = None if is_half else _WHOLE.match(note.text, mark.start(), note.content_end)
            span = Span(*whole.span()) if whole else None
            yield Misplaced(Span(*mark.span()), span, whole[1] if whole else "")


def may_be_misplaced(text: str) -> bool:
    """Tell from a text alone whether it may have such a comment; a no is sure."""
    last = text.rfind(OPENING)
    if last < 0:
        return False
    close = text.find("-->", last)
    return close < 0 or bool(text[close + 3 :].strip()) or text.find(OPENING, 0, last) >= 0


def _opens(note: Note, part: Span, start: int) -> bool:
    return part.start == start and not note.text[start : part.end].lstrip().startswith(("`", "~"))


def add_lines(note: Note, lines: str, away: Iterable[Misplaced] = ()) -> list[Edit]:
    """Return the splices that add lines to the comment at the end, or add that comment.

    Comments that are to be taken `away` give it their lines, before these.
    """
    whole = [(each.span, each.lines) for each in away if each.span]
    edits = [Edit(span, "") for span, _lines in whole]
    lines = "".join(moved for _span, moved in whole) + lines
    if not lines:
        return []
    if block := note.sealed_block:
        at = note.text.rindex("-->", block.span.start, block.span.end)
        return [*edits, Edit(Span(at, at), lines)]
    newline, end = note.newline, len(note.text)
    ends_line = note.text.endswith(("\n", "\r"))
    gap = "" if note.text in ("", BOM) else newline if ends_line else newline * 2
    last = newline if ends_line else ""
    return [*edits, Edit(Span(end, end), f"{gap}{OPENING}{newline}{lines}-->{last}")]
