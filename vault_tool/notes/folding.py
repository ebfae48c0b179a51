"""One form for every spelling: NFKC, case, traditional to simplified, no accents, nothing invisible."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from vault_tool.notes.han import SIMPLIFIED, TRADITIONAL
from vault_tool.notes.text import Span
from vault_tool.patterns import pattern

_SIMPLER = dict(zip(map(ord, TRADITIONAL), SIMPLIFIED, strict=True))

# Unicode's Default_Ignorable_Code_Point: soft hyphens, zero-width blanks, variation selectors, direction
# marks. What can't be seen must not keep two words apart.
_IGNORABLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
# Starters that compose with what stands before them and are no marks: Hangul vowels and finals, Kirat Rai.
_JOINING_LETTERS = ((0x1160, 0x11FF), (0x16D63, 0x16D6A))

# Unicode Script=Han, with the rest of the two planes that are kept for it; `々` and `〇` are of that script.
_HAN = (
    (0x2E80, 0x2E99),
    (0x2E9B, 0x2EF3),
    (0x2F00, 0x2FD5),
    (0x3005, 0x3005),
    (0x3007, 0x3007),
    (0x3021, 0x3029),
    (0x3038, 0x303B),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFA6D),
    (0xFA70, 0xFAD9),
    (0x16FE2, 0x16FE2),
    (0x16FF0, 0x16FF6),
    (0x20000, 0x3FFFD),
)

HAN_CLASS = "".join(f"{chr(first)}-{chr(last)}" for first, last in _HAN)
"""Every Han character, for use inside the brackets of a regular expression."""


# Of Latin letters marks are left out, as people without such keys do: `Jürgen` is `jurgen`, `lǐ` is `li`. In
# other scripts a mark makes another letter. What Unicode takes for one letter is spelt as its look is typed.
_ACCENTS = pattern("(?<=[a-z])[\u0300-\u036f]+")
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}
_UNACCENTED = _SIMPLER | {ord(letter): typed for letter, typed in _LETTERS.items()}


def is_han(character: str) -> bool:
    """Tell whether a character is of the Han script."""
    return _within(_HAN, ord(character))


def fold(text: str) -> str:
    """Return the form in which texts are compared and searched; folding it again changes nothing.

    Lengths may change (`…` becomes `...`); `fold_with_offsets` tells what came from where.
    """
    if text.isascii():
        return text.lower()
    try:
        return text.translate(_ALONE)
    except _Joins:
        return "".join(_fold_cluster(text[start:end]) for start, end in _clusters(text))


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and where each of its characters starts in `text`; last, where `text` ends."""
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    try:
        alone = list(map(_ALONE.__getitem__, map(ord, text)))
    except _Joins:
        clusters = [(start, _fold_cluster(text[start:end])) for start, end in _clusters(text)]
    else:
        folded = "".join(alone)
        if max(map(len, alone)) == 1 and len(folded) == len(text):
            return folded, list(range(len(text) + 1))
        clusters = list(enumerate(alone))
    offsets = [start for start, piece in clusters for _ in piece]
    return "".join(piece for _, piece in clusters), [*offsets, len(text)]


def unfold(offsets: Sequence[int], start: int, end: int) -> Span:
    """Return the typed characters behind the folded ones from `start` to `end`, all of each."""
    if start >= end:
        return Span(offsets[start], offsets[start])
    return Span(offsets[start], offsets[bisect_right(offsets, offsets[end - 1], end - 1)])


class _Joins(Exception):
    """A character that can't be folded without the one before it."""


class _Alone(dict[int, str]):
    """How each character folds by itself, worked out when first met; raises `_Joins` for those that can't."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if _joins(character):
            raise _Joins
        folded = self[point] = _settle(character)
        return folded


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text that fold independently: a character and what joins it."""
    start = 0
    for at, character in enumerate(text):
        if at > start and not (ord(character) in _ALONE or not _joins(character)):
            continue
        if at > start:
            yield start, at
            start = at
    if text:
        yield start, len(text)


def _fold_cluster(cluster: str) -> str:
    if len(cluster) == 1 and (alone := _ALONE.get(ord(cluster))) is not None:
        return alone
    return _settle("".join(c for c in cluster if not _within(_IGNORABLE, ord(c))))


def _settle(text: str) -> str:
    """Fold until it stays: one step can bring out what the next one folds (`㎏`, `ẞ`, `ΐ`)."""
    while True:
        folded = unicodedata.normalize("NFKC", text).casefold().translate(_UNACCENTED)
        folded = unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
        if folded == text:
            return folded
        text = folded


def _joins(character: str) -> bool:
    """Tell whether what stands before a character can change how it folds."""
    if _within(_IGNORABLE, ord(character)):
        return True
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.category(first)[0] == "M" or _within(_JOINING_LETTERS, ord(first))


def _within(ranges: Sequence[tuple[int, int]], point: int) -> bool:
    at = bisect_right(ranges, (point, 0x110000)) - 1
    return at >= 0 and point <= ranges[at][1]


_ALONE = _Alone()
