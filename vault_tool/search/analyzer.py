"""Words of a folded text, as the index holds them and as a query asks for them.

Every text comes in folded (`notes/folding.py`). A word is a run of letters and digits of any script but Han;
of Han every character stands alone and with its neighbour, so that any run of them can be found without
a dictionary. Whatever is neither separates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import add

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import HAN_CLASS, fold, is_han
from vault_tool.patterns import pattern

VERSION = 4
"""Goes up when tokens change: what was indexed before is indexed anew."""

LONGEST_TOKEN = 100
"""In characters; what is longer is found by its beginning (and the text compared)."""

GAP = "\x1f"
"""Stands between two tokens that do not follow one another, and is no word of any text."""

_RUN = pattern(f"[{HAN_CLASS}]+|[^\\W_{HAN_CLASS}]+")
_FIRST_HAN = "\u2e80"  # what sorts before it begins with another script
# `80,000`, `138 1234 5678`, `0571-8888`: digits that one separator parts. Not a full stop: 80.5 is not 805.
_NUMBERS = pattern(rf"(?<![^\W_{HAN_CLASS}])\d+(?:[ ,'-]\d+)+(?![^\W_{HAN_CLASS}])")
_MOST_PARTS = 4


class Unit(NamedTuple):
    """A word or a Han character, and whether it follows the unit before without anything between."""

    text: str
    is_joined: bool


class Analysis(NamedTuple):
    """The tokens of a text, and the other forms that its words are found by."""

    tokens: list[str]
    forms: set[str]


def analyse(folded: str) -> Analysis:
    """Return the tokens of a text: words and pairs of Han characters in order, then every Han character.

    A run of Han characters stands in the text exactly where its pairs follow one another, and so do words
    that only blanks and marks part. Where two tokens would seem to, a `GAP` stands between. The other forms
    are stems of English words, and numbers joined.
    """
    found: list[str] = []
    singles: list[str] = []
    words: list[str] = []
    last = ""  # the character with which a pair would seem to go on
    for run in _RUN.findall(folded):
        if run < _FIRST_HAN or not is_han(run[0]):
            words.append(run)
            found.append(run[:LONGEST_TOKEN])
            last = ""
            continue
        singles += run
        if len(run) == 1:
            found.append(GAP)
            last = ""
            continue
        if run[0] == last:
            found.append(GAP)
        found += map(add, run, run[1:])
        last = run[-1]
    forms = {stem for word in words if (stem := stem_of(word)) != word}
    if len(words) > 1:
        for chain in _NUMBERS.findall(folded):
            forms.update(_joined(chain))
    return Analysis(found + singles if singles else found, forms)


def sequence(folded: str) -> list[str]:
    """Return the tokens of a text, without its other forms."""
    return analyse(folded).tokens


def forms(folded: str) -> set[str]:
    """Return what a text can be found by beside its tokens."""
    return analyse(folded).forms


def sign_of(vocabulary: str, word: str) -> str:
    """Return the form by which an entry's channel or kind is found; no word of a text looks like it."""
    return f"{vocabulary}={word}"


def person_sign(person: str) -> str:
    """Return the token of what somebody wrote, and of whom they look after; no word looks like it."""
    return "@" + "_".join(fold(person).split())


def units(folded: str) -> list[Unit]:
    """Cut the text of a query's term into what must follow one another."""
    # Without a pattern: to compile one with all Han characters takes longer than everything else of a query.
    found: list[Unit] = []
    word = ""
    end = -1
    for at, character in enumerate(folded):
        if not character.isalnum() and not is_han(character):
            continue
        is_word = not is_han(character)
        if is_word and word and end == at:
            found[-1] = found[-1]._replace(text=found[-1].text + character)
        else:
            found.append(Unit(character, end == at))
        word, end = character if is_word else "", at + 1
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


def ordered_tokens(wanted: list[Unit]) -> tuple[str, ...]:
    """Return the tokens that follow one another in exactly the texts that hold these units.

    Empty where a look at the text must tell: words beside Han characters, runs of them that something parts.
    """
    if any(len(unit.text) >= LONGEST_TOKEN for unit in wanted):
        return ()
    texts = [unit.text for unit in wanted]
    if not any(is_han(text[0]) for text in texts):
        return tuple(texts)
    if all(is_han(text[0]) for text in texts) and all(unit.is_joined for unit in wanted[1:]):
        return tuple(map(add, texts, texts[1:])) or tuple(texts)
    return ()


def joined_number(folded: str) -> str | None:
    """Return a number typed with separators as one run of digits; None for anything else."""
    if not folded.rstrip()[-1:].isdecimal():
        return None
    return re.sub(r"\D", "", folded) if _NUMBERS.fullmatch(folded.strip()) else None


def _joined(chain: str) -> Iterator[str]:
    """Yield the neighbours of a chain of numbers joined: a phone number is found without its country code."""
    parts = re.split(r"\D", chain)
    for start in range(len(parts)):
        for end in range(start + 2, min(start + _MOST_PARTS, len(parts)) + 1):
            yield "".join(parts[start:end])[:LONGEST_TOKEN]


# --- English -----------------------------------------------------------------------------------------------

_VOWEL = pattern(r"[aeiouy]")


@lru_cache(maxsize=20_000)
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
