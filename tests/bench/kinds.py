"""The kinds of query that are measured, and the rule by which the words of each are chosen.

The words are chosen by how many passages of the first customers hold them, so that another seed gives other
words of the same kind. "A word" is one of the vocabulary the vault was written with.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.bench.generate import Corpus, customer

SAMPLE = 1_000
_HEADING = re.compile(r"^## .*$", re.MULTILINE)
_HAN = re.compile("[\u4e00-\u9fff]+")
_LATIN = re.compile("[a-z]+")
# Looks ahead, so that the second word of a pair is also the first of the next.
_PAIR = re.compile("(?<![a-z])(?=([a-z]+ [a-z]+))")
_PHRASE = 10
_PREFIX = 3
FILTER = "stage:proposal"
DATES = "date:2026-09..2026-11"


class Kind(NamedTuple):
    """A query as `vault search` takes it, and what `rg -il` is given for it: one word, one run.

    Of a query of two words or with a filter, `rg` looks for one word alone, which favours it.
    """

    name: str
    query: str
    pattern: str


RULES = {
    "rare": "the first word of three characters that stands in one passage of the sample",
    "two-character": "the word of two characters whose share of passages is nearest 1 %",
    "common": "the word that stands in most passages",
    "and": "the two words whose shares are nearest 5 %",
    "han phrase": "the run of ten characters that stands in most passages",
    "english phrase": "the two neighbouring words that stand in most passages",
    "one character": "the character that stands in most passages",
    "prefix": "the first three letters of the English word that stands in most passages",
    "filter": f"{FILTER} and the common word",
    "date": f"{DATES} and the common word",
}


def kinds(made: Corpus) -> list[Kind]:
    """Choose the words of every kind."""
    seen = _Seen(made)
    words = [word for word in made.chinese.words if seen.han[word]]
    common = max(words, key=lambda word: seen.han[word])
    rare = min(word for word in words if len(word) == 3 and seen.han[word] == 1)
    two = seen.nearest((word for word in words if len(word) == 2), 0.01)[0]
    first, second = seen.nearest(words, 0.05)[:2]
    run, pair = _first(seen.runs), _first(seen.pairs)
    prefix = max(made.english.words, key=lambda word: seen.latin[word])[:_PREFIX]
    one = _first(seen.characters)
    return [
        Kind("rare", rare, rare),
        Kind("two-character", two, two),
        Kind("common", common, common),
        Kind("and", f"{first} {second}", first),
        Kind("han phrase", run, run),
        Kind("english phrase", f'"{pair}"', pair),
        Kind("one character", one, one),
        Kind("prefix", f"{prefix}*", prefix),
        Kind("filter", f"{FILTER} {common}", common),
        Kind("date", f"{DATES} {common}", common),
    ]


def passages(note: str) -> Iterator[str]:
    """Yield what stands under each heading of a note, and before the first."""
    yield from _HEADING.split(note.split("---\n", 2)[2].replace("**", ""))


class _Seen:
    """In how many passages of the sample something stands."""

    def __init__(self, made: Corpus) -> None:
        self.passages = 0
        self.han: Counter[str] = Counter()
        self.characters: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self.latin: Counter[str] = Counter()
        self.pairs: Counter[str] = Counter()
        for number in range(SAMPLE):
            for text in passages(customer(made, number)):
                self.passages += 1
                self._take(text)

    def _take(self, text: str) -> None:
        runs = _HAN.findall(text)
        self.characters.update(set("".join(runs)))
        self.han.update({*_parts(runs, 2), *_parts(runs, 3)})
        self.runs.update({*_parts(runs, _PHRASE)})
        self.latin.update(set(_LATIN.findall(text.lower())))
        self.pairs.update(set(_PAIR.findall(text.lower())))

    def nearest(self, words: Iterable[str], share: float) -> list[str]:
        """Return words by how near their share of passages is to this one."""
        return sorted(words, key=lambda word: (abs(self.han[word] / self.passages - share), word))


def _parts(runs: Iterable[str], length: int) -> Iterator[str]:
    for run in runs:
        yield from (run[at : at + length] for at in range(len(run) - length + 1))


def _first(counted: Counter[str]) -> str:
    """Return the most frequent, of several the first by code point."""
    return min(counted, key=lambda text: (-counted[text], text))
