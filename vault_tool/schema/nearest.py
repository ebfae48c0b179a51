"""Which spelling a misspelt one was meant for: so near that another word is out of the question.

A wrong guess is worse than none: `未签约` (not signed) is no misspelt `已签约` (signed).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Meant = TypeVar("Meant")

_LEAST_LIKENESS = 0.8
_FIRST_HAN = "\u2e80"
_SHORTEST_HAN = 3  # of two characters, one is half the meaning


def nearest(folded: str, known: Mapping[str, Meant]) -> Meant | None:
    """Return what a misspelt word means, by its folded spelling; None where nothing is surely near.

    A word of letters begins with the same letter, and has few others wrong. In a Chinese word one character
    is missing, or one is written with another of the same sound, as happens in typing by pinyin.
    """
    if any(sign >= _FIRST_HAN for sign in folded):
        return _nearest_han(folded, known)
    alike = (spelling for spelling in known if spelling[:1] == folded[:1])
    # A plural is another word: the `date` of a foreign note is none of the `dates` to remember.
    likely = [spelling for spelling in alike if spelling.rstrip("s") != folded.rstrip("s")]
    found = get_close_matches(folded, likely, n=1, cutoff=_LEAST_LIKENESS)
    if not found:
        letters = sorted(folded) if len(folded) <= max(map(len, likely), default=0) else []
        found = [spelling for spelling in likely if sorted(spelling) == letters]
    return known[found[0]] if found else None


def _nearest_han(folded: str, known: Mapping[str, Meant]) -> Meant | None:
    longer = [spelling for spelling in known if len(spelling) == len(folded) + 1 >= _SHORTEST_HAN]
    same = [spelling for spelling in known if len(spelling) == len(folded) >= _SHORTEST_HAN]
    likely = [spelling for spelling in longer if _lacks_one(folded, spelling)]
    likely = likely or [spelling for spelling in same if _sounds_alike(folded, spelling)]
    # Two spellings of one thing are no doubt; two things are.
    meant = {id(known[spelling]): known[spelling] for spelling in likely}
    return next(iter(meant.values())) if len(meant) == 1 else None


def _lacks_one(text: str, spelling: str) -> bool:
    return any(spelling[:at] + spelling[at + 1 :] == text for at in range(len(spelling)))


def _sounds_alike(text: str, spelling: str) -> bool:
    wrong = [(typed, meant) for typed, meant in zip(text, spelling, strict=True) if typed != meant]
    return len(wrong) == 1 and bool(_readings(wrong[0][0]) & _readings(wrong[0][1]))


def _readings(character: str) -> set[str]:
    if character < _FIRST_HAN:
        return set()
    from pypinyin import Style, pinyin  # here: half a second, and only such a misspelling needs it

    return set(pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")[0])
