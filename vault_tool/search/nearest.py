"""Where nothing is found: what would find something, likest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice

from vault_tool.notes.folding import fold, is_han
from vault_tool.schema import Schema
from vault_tool.search.days import read_days
from vault_tool.search.engine import Engine
from vault_tool.search.found import Found
from vault_tool.search.tree import Query, Term, Within
from vault_tool.search.words import Word, words_like
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import passages_with
from vault_tool.vault.resolve import nearest

_LEAST_PART = 2
_MOST_TRIES = 12
_MOST_NEAR = 5
_MOST_LOOKED_AT = 200
_LONGEST = 40  # characters of a word for which others like it are looked for

Look = Callable[[Term], tuple[Word | None, Found]]
"""Makes a term ready, and finds it."""


def days_meant(
    terms: Iterable[Term], today: date, schema: Schema, find: Callable[[Query], Found]
) -> tuple[str, ...]:
    """Return the filter that finds entries of the days which words name: `昨天`, `last week`, `2026-10`."""
    texts = [term.text for term in terms]
    for text in dict.fromkeys((" ".join(texts), *texts)):
        days = read_days(text, today, schema)
        if days and find(Within("date", days, of_entry=True)).best(0, "score").total:
            word = schema.word("filter", "date")
            label = word.label("zh") if word and not text.isascii() else "date"
            return (f'{label}:"{text}"' if " " in text else f"{label}:{text}",)
    return ()


def nearest_words(catalog: Catalog, engine: Engine, terms: Iterable[Term], look: Look) -> tuple[str, ...]:
    """Return words like those that found nothing, each of which would find something."""
    found: dict[str, None] = {}
    for term in terms:
        text = fold(term.text)
        if not _finds_any(look(Term(text))):
            likely = _misspelt(catalog, text, look) or [
                # What was deleted, or sealed, may still be a word of the index.
                like
                for like in words_like(engine.words, text[:_LONGEST], _MOST_NEAR)
                if _finds_any(look(Term(like)))
            ]
            found |= dict.fromkeys(likely + _parts(text[:_LONGEST], look))
            found |= dict.fromkeys([] if likely else nearest(catalog, term.text, _MOST_NEAR))
    return tuple(found)


def _misspelt(catalog: Catalog, text: str, look: Look) -> list[str]:
    """Return what stands in the notes and has one other Han character, the most frequent first."""
    word, found = look(Term(text, fuzzy=True))
    if word is None or not any(map(is_han, text)):
        return []
    counted: Counter[str] = Counter()
    hits = found.best(_MOST_LOOKED_AT, "score").hits
    for passage in passages_with(catalog, [hit.passage for hit in hits]).values():
        counted.update(passage.folded[start:end] for start, end in word.spans(passage.folded, wide=False))
    return [alike for alike, _ in counted.most_common(2)]


def _parts(text: str, look: Look) -> list[str]:
    """Return the longest part of a Han text that finds something; the first of several."""
    parts = (
        text[start : start + length]
        for length in range(len(text) - 1, _LEAST_PART - 1, -1)
        for start in range(len(text) - length + 1)
    )
    for part in islice((part for part in parts if all(map(is_han, part))), _MOST_TRIES):
        if _finds_any(look(Term(part))):
            return [part]
    return []


def _finds_any(looked: tuple[Word | None, Found]) -> bool:
    return looked[1].best(0, "score").total > 0
