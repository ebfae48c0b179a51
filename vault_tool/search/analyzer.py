"""Words of a folded text, as the index holds them and as a query asks for them.

Every text comes in folded (`notes/folding.py`). A word is a run of letters and digits of any script but Han;
of Han every character stands alone and with its neighbour, so that any run of them can be found without
a dictionary. Whatever is neither separates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from vault_tool.notes.folding import HAN_CLASS, is_han

VERSION = 1
"""Goes up when tokens change: what was indexed before is indexed anew."""

LONGEST_TOKEN = 100
"""In characters; what is longer is found by its beginning (and the text compared)."""

_RUN = re.compile(f"[{HAN_CLASS}]+|[^\\W_{HAN_CLASS}]+")
_UNIT = re.compile(f"[{HAN_CLASS}]|[^\\W_{HAN_CLASS}]+")
# `80,000`, `138 1234 5678`, `0571-8888`: digits that one separator parts. Not a full stop: 80.5 is not 805.
_NUMBERS = re.compile(rf"(?<![^\W_{HAN_CLASS}])\d+(?:[ ,'-]\d+)+(?![^\W_{HAN_CLASS}])")
_MOST_PARTS = 4


class Unit(NamedTuple):
    """A word or a Han character, and whether it follows the unit before without anything between."""

    text: str
    is_joined: bool


def tokens(folded: str) -> Counter[str]:
    """Count the tokens of a text: words whole, Han characters alone and in pairs."""
    found: list[str] = []
    for run in _RUN.findall(folded):
        if is_han(run[0]):
            found += run
            found += map("".join, pairwise(run))
        else:
            found.append(run[:LONGEST_TOKEN])
    return Counter(found)


def forms(folded: str) -> set[str]:
    """Return what a text can be found by beside its tokens: stems of English words, numbers joined."""
    found = {stem for word in set(_RUN.findall(folded)) if (stem := stem_of(word)) != word}
    for chain in _NUMBERS.findall(folded):
        found.update(_joined(chain))
    return found


def units(folded: str) -> list[Unit]:
    """Cut the text of a query's term into what must follow one another."""
    found: list[Unit] = []
    end = -1
    for match in _UNIT.finditer(folded):
        found.append(Unit(match[0], match.start() == end))
        end = match.end()
    return found


def words_of(folded: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the words of a text that aren't Han, and where they stand."""
    for match in _RUN.finditer(folded):
        if not is_han(match[0][0]):
            yield match[0], match.span()


def wanted_tokens(wanted: list[Unit]) -> list[str]:
    """Return the tokens of a text that holds these units in this order: pairs where Han characters touch."""
    found: list[str] = []
    for at, unit in enumerate(wanted):
        if not is_han(unit.text[0]):
            found.append(unit.text[:LONGEST_TOKEN])
            continue
        touches_next = at + 1 < len(wanted) and wanted[at + 1].is_joined and is_han(wanted[at + 1].text[0])
        touches_last = at > 0 and unit.is_joined and is_han(wanted[at - 1].text[0])
        if touches_next:
            found.append(unit.text + wanted[at + 1].text)
        elif not touches_last:
            found.append(unit.text)
    return list(dict.fromkeys(found))


def joined_number(folded: str) -> str | None:
    """Return a number typed with separators as one run of digits; None for anything else."""
    return re.sub(r"\D", "", folded) if _NUMBERS.fullmatch(folded.strip()) else None


def _joined(chain: str) -> Iterator[str]:
    """Yield the neighbours of a chain of numbers joined: a phone number is found without its country code."""
    parts = re.split(r"\D", chain)
    for start in range(len(parts)):
        for end in range(start + 2, min(start + _MOST_PARTS, len(parts)) + 1):
            yield "".join(parts[start:end])[:LONGEST_TOKEN]


# --- English -----------------------------------------------------------------------------------------------

_VOWEL = re.compile(r"[aeiouy]")


def stem_of(word: str) -> str:
    """Return what the forms of an English word have in common: plural (Harman's S-stemmer, 1991), -ed, -ing.

    Light on purpose: `prices`, `priced` and `pricing` meet, `price` and `precise` never do. A last `e` goes,
    since `-ing` takes it. What isn't written in a-z comes back as it is.
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    stem = _without_plural(word)
    for ending in ("ing", "ed"):
        rest = stem.removesuffix(ending)
        if rest != stem and len(rest) > 2 and _VOWEL.search(rest):
            stem = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    return stem.removesuffix("e") if len(stem) > 3 else stem


def _without_plural(word: str) -> str:
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else word[:-3] + "y"
    if word.endswith("es"):
        return word if word.endswith(("aes", "ees", "oes")) else word[:-1]
    if word.endswith("s"):
        return word if word.endswith(("us", "ss")) else word[:-1]
    return word
