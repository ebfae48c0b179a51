"""The part of a text that shows why it was found. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import fold_with_offsets, unfold
from vault_tool.notes.text import Span

WIDTH = 100  # in columns of a terminal: fifty Han characters
_BEFORE = 20  # columns shown before the first find
_ELLIPSIS = "…"

Finds = Callable[[str], Iterator[tuple[int, int]]]


class Snippet(NamedTuple):
    """A line of text and what to mark in it, in characters."""

    text: str
    highlights: tuple[Span, ...]


def make_snippet(text: str, finds: Iterable[Finds], width: int = WIDTH) -> Snippet:
    """Return the stretch of a text in which most different things are found, the first of such stretches.

    Each of `finds` yields where one thing stands in the folded text. With nothing found it is the beginning.
    """
    folded, offsets = fold_with_offsets(text)
    found = [
        (unfold(offsets, start, end), number)
        for number, find in enumerate(finds)
        for start, end in find(folded)
        if start < end
    ]
    found.sort()
    start, end = _best_window(text, found, width)
    marks = _merged(span for span, _ in found if start <= span.start and span.end <= end)
    before = _ELLIPSIS if text[:start].strip() else ""
    after = _ELLIPSIS if text[end:].strip() else ""
    # One character for one, so that the marks stay where they are.
    shown = "".join(" " if character.isspace() else character for character in text[start:end])
    moved = tuple(span.moved_by(len(before) - start) for span in marks)
    return Snippet(f"{before}{shown}{after}", moved)


def _best_window(text: str, found: list[tuple[Span, int]], width: int) -> tuple[int, int]:
    if not found:
        return _window(text, 0, width)
    best, most = (0, 0), 0
    # Later finds are looked at only as long as they can tell the reader more.
    different = len({number for _, number in found})
    for span, _ in found[:200]:
        window = _window(text, _back(text, span.start, _BEFORE), width)
        count = len(
            {number for other, number in found if window[0] <= other.start and other.end <= window[1]}
        )
        if count > most:
            best, most = window, count
            if count == different:
                break
    return best if most else _window(text, found[0][0].start, width)


def _window(text: str, start: int, width: int) -> tuple[int, int]:
    """Return a stretch of so many columns, no blanks at its ends; near the text's end it begins earlier."""
    while start < len(text) and text[start].isspace():
        start += 1
    end = start
    while end < len(text) and width > 0:
        width -= _columns(text[end])
        end += 1
    if width > 0:
        start = _back(text, start, width)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _back(text: str, at: int, width: int) -> int:
    """Return the start of a stretch before `at`: so many columns, cut where a sentence or word begins."""
    start = at
    while start > 0 and width > 0:
        start -= 1
        width -= _columns(text[start])
    if start == 0:
        return 0
    for place in range(start, at):
        if text[place] in "。！？；\n" or (text[place] == " " and not text[place - 1].isspace()):
            return place + 1
    return start


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
