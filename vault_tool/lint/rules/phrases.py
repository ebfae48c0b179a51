"""Finds the schema's phrases in a text: a Latin one as whole words, a Chinese one anywhere, in any case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from vault_tool.schema import Schema, fold

NOT_BEFORE_LATIN = r"(?![0-9A-Za-z])"
_NEVER = r"(?!)"


@lru_cache(maxsize=64)
def phrases_pattern(phrases: tuple[str, ...], flags: int = 0) -> re.Pattern[str]:
    """Return the pattern that finds any of these phrases, of two at one place the longer."""
    return re.compile("|".join(branches(phrases)) or _NEVER, flags)


def phrase_pattern(schema: Schema, *names: str) -> re.Pattern[str]:
    """Return the pattern that finds any phrase of the schema's lists of these names."""
    return phrases_pattern(tuple(phrase for name in names for phrase in schema.phrases(name)))


def telltale(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a fast pattern that finds something in nearly every text that holds one of these phrases.

    Of a Latin one it leaves out the first letter, which may be a capital; words all in capitals, or parted by
    more than a blank, it passes over.
    """
    texts = sorted({text for phrase in phrases for text in _certain(phrase)}, key=len)
    found: list[str] = []
    for text in texts:
        if not any(shorter in text for shorter in found):
            found.append(text)
    heads: dict[str, list[str]] = {}
    # Those with common letters only go first: by a letter that they need others may be found as well.
    for text in sorted(found, key=lambda text: (max(map(_rarity, _heads(text))), text)):
        letters = _heads(text)
        at = max(range(len(letters)), key=lambda at: (text[at] in heads, _rarity(text[at])))
        # What follows is compared at once; looking back takes long, and is hardly ever come to.
        looking_back = f"(?<={re.escape(text)})" if at else ""
        heads.setdefault(text[at], []).append(re.escape(text[at + 1 :]) + looking_back)
    parts = (f"{re.escape(head)}(?:{'|'.join(rests)})" for head, rests in heads.items())
    return re.compile("|".join(parts) or _NEVER)


# The engine stops wherever an alternative begins: better at few letters, and at the rarest of a phrase, than
# at its first. Roughly in this order, letters are common in notes.
_COMMON = (
    " etaoinshrdlcumwfgypbvk的一是了不在有人这上中大来个为到要以时就他们会可出对生能子年下过说"
    "后也地得自着行面发成方多天户现同用量报客需产品进合于作最本给前总明从表做值今整改"
)


def _heads(text: str) -> str:
    """Return the letters of a phrase that others follow."""
    return text[:-1] or text


def _rarity(letter: str) -> int:
    return _COMMON.find(letter) % 1000  # one that isn't there is the rarest


def _certain(phrase: str) -> tuple[str, ...]:
    if not _is_latin(phrase[0]):
        return (phrase,)
    # Three letters stand in too many words.
    return (phrase[1:],) if len(phrase) > 4 else (phrase, phrase.capitalize(), phrase.upper())


def folded(phrase: str) -> str:
    """Return what is alike in all spellings that the pattern finds for a phrase."""
    return " ".join(fold(phrase).split())


def branches(phrases: Iterable[str], *, closed: bool = True) -> list[str]:
    """Return a pattern for each phrase, the longest first; unless `closed`, more of the last word may follow.

    Each begins with a letter as it stands: an alternative of them passes over most of a text at once.
    """
    return [
        one
        for phrase in sorted(phrases, key=len, reverse=True)
        for one in _branches_of(phrase, closed=closed)
    ]


def _branches_of(phrase: str, *, closed: bool) -> list[str]:
    head, rest = phrase[0], r"\s+".join(re.escape(word) for word in phrase[1:].split())
    if phrase[1:2].isspace():
        rest = r"\s+" + rest
    # The look-behind stands behind the first letter, which it steps over.
    before = "(?<![0-9A-Za-z].)" if _is_latin(head) else ""
    after = NOT_BEFORE_LATIN if closed and _is_latin(phrase[-1]) else ""
    heads = dict.fromkeys((head, head.lower(), head.upper()))
    return [f"{re.escape(one)}{before}(?i:{rest}){after}" for one in heads if len(one) == 1]


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
