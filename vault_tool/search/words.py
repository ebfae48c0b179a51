"""A query's words made ready: what to ask an engine for, and how to tell whether a text really holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import HAN_CLASS, fold, is_han
from vault_tool.search.analyzer import (
    LONGEST_TOKEN,
    Unit,
    forms,
    joined_number,
    ordered_tokens,
    sign_of,
    stem_of,
    units,
    wanted_tokens,
    words_of,
)
from vault_tool.search.engine import AnyOf, Node, Want
from vault_tool.search.tree import Term

if TYPE_CHECKING:
    from vault_tool.schema import Schema
    from vault_tool.schema import Word as KnownWord
    from vault_tool.vault.settings import Settings

Synonyms = Mapping[str, tuple[str, ...]]
WordsFrom = Callable[[str], list[str]]
"""Returns the words of an index with some beginning."""

_NOT_AFTER_LETTER = f"(?<![^\\W_{HAN_CLASS}])"
_NOT_BEFORE_LETTER = f"(?![^\\W_{HAN_CLASS}])"
_MOST_ALIKE = 8
_LEAST_LIKENESS = 0.75


class Wording(NamedTuple):
    """One way of saying something. `is_sure`: what an engine finds for `want` needs no second look.

    An engine that does not keep the order of tokens is only sure of those that need none.
    """

    want: Want
    pattern: re.Pattern[str]
    is_sure: bool


class Word(NamedTuple):
    """A term of a query: its wordings, and what may be said instead, which ranks after.

    `stem` and `number` are other forms of the first wording: of an English word, of a number with separators.
    `signs` are those of entries that it names by channel or kind: one of `投诉` seldom says that it is one;
    `people` those of the people that it names: what they wrote, and whom they look after.
    """

    wordings: tuple[Wording, ...]
    synonyms: tuple[Wording, ...] = ()
    stem: str = ""
    number: str = ""
    signs: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def has_more(self) -> bool:
        """Tell whether a wide search may find more than an exact one."""
        return bool(self.synonyms or self.stem or self.number or self.signs or self.people)

    def node(self, *, wide: bool) -> Node:
        """Return what to ask an engine for."""
        wants = [wording.want for wording in self._said(wide)]
        if wide:
            for form in filter(None, (self.stem, self.number)):
                wants += (Want((form,)), Want((form,), is_form=True))
            wants += (Want((sign,), is_form=True) for sign in self.signs)
            wants += (Want((sign,)) for sign in self.people)
        return wants[0] if len(wants) == 1 else AnyOf(tuple(dict.fromkeys(wants)))

    def is_sure(self, *, wide: bool, keeps_order: bool) -> bool:
        """Tell whether the answer of an engine needs no look at the text."""
        return all(
            wording.is_sure and (keeps_order or not wording.want.in_order) for wording in self._said(wide)
        )

    def stands_in(self, folded: str, *, wide: bool) -> bool:
        """Tell whether a folded text holds this."""
        return next(self.spans(folded, wide=wide), None) is not None

    def spans(self, folded: str, *, wide: bool) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a folded text; of a joined number, the digits that make it up."""
        for wording in self._said(wide):
            yield from (found.span() for found in wording.pattern.finditer(folded))
        if wide and self.stem:
            yield from (span for word, span in words_of(folded) if stem_of(word) == self.stem)
        if wide and self.number and (self.number in folded or self.number in forms(folded)):
            digits = r"[ ,'-]?".join(self.number)
            yield from (found.span() for found in re.finditer(rf"(?<!\d){digits}(?!\d)", folded))

    def _said(self, wide: bool) -> tuple[Wording, ...]:
        return (*self.wordings, *self.synonyms) if wide else self.wordings


def make_word(term: Term, synonyms: Synonyms, words_from: WordsFrom) -> Word | None:
    """Make a term ready; None when it has nothing that could be found, such as a lone full stop."""
    folded = fold(term.text)
    wanted = units(folded)
    if not wanted:
        return None
    if term.fuzzy and not term.phrase:
        return Word(tuple(_alike(wanted, words_from)))
    said = _wording(wanted, prefix=term.prefix)
    if term.phrase or term.prefix:
        return Word((said,))
    number = joined_number(folded) or (folded if folded.isdecimal() else "")
    # What is its own stem still has forms: `ship` is found as `shipping`.
    stem = stem_of(folded) if folded.isascii() and folded.isalpha() else ""
    other = [units(fold(text)) for text in _meaning_the_same(folded, synonyms)]
    return Word((said,), tuple(_wording(each) for each in other if each), stem, number)


def signs_of(term: Term, schema: Schema) -> tuple[str, ...]:
    """Return the signs of the channels and kinds that a plain word names (投诉, call, quotes)."""
    if term.phrase or term.prefix or term.fuzzy:
        return ()
    named = ((name, _known_word(term.text, name, schema)) for name in ("channel", "kind"))
    return tuple(sign_of(name, word.name) for name, word in named if word)


def _known_word(text: str, vocabulary: str, schema: Schema) -> KnownWord | None:
    if (word := schema.word(vocabulary, text)) or not (text.isascii() and text.isalpha()):
        return word
    stem = stem_of(text.lower())
    words = schema.vocabularies.get(vocabulary, ())
    return next((word for word in words if stem in (stem_of(fold(known)) for known in word.spellings)), None)


def people_named(term: Term, settings: Settings) -> tuple[str, ...]:
    """Return the ids of those of the team that a plain word names, be it one word of a name (Smith)."""
    if term.phrase or term.prefix or term.fuzzy:
        return ()
    if not settings.people:
        return (term.text,)  # without a team, people are as typed
    said = fold(term.text)
    return tuple(
        person.id
        for person in settings.people
        if said in (fold(part) for known in person.spellings for part in (known, *known.split()))
    )


def _wording(wanted: list[Unit], *, prefix: bool = False) -> Wording:
    last = wanted[-1].text
    pattern = _pattern(wanted, prefix=prefix)
    if prefix and not is_han(last[0]):
        want = Want(tuple(wanted_tokens(wanted[:-1])), prefix=last[:LONGEST_TOKEN])
        return Wording(want, pattern, len(wanted) == 1 and len(last) < LONGEST_TOKEN)
    tokens = ordered_tokens(wanted)
    if tokens:
        return Wording(Want(tokens, in_order=len(tokens) > 1), pattern, is_sure=True)
    return Wording(Want(tuple(wanted_tokens(wanted))), pattern, is_sure=False)


def _pattern(wanted: Iterable[Unit], *, prefix: bool = False) -> re.Pattern[str]:
    """Return a pattern for units in their order: touching where they touch, else no letter between them.

    Between Han characters and a word or number a blank may always stand.
    """
    wanted = list(wanted)
    parts = [_edge(wanted[0], _NOT_AFTER_LETTER), re.escape(wanted[0].text)]
    for before, unit in pairwise(wanted):
        if not unit.is_joined:
            both_words = not is_han(before.text[0]) and not is_han(unit.text[0])
            parts.append(r"[\W_]+" if both_words else r"[\W_]*")
        elif is_han(before.text[0]) != is_han(unit.text[0]):
            parts.append(" ?")  # `80万` and `80 万` are two habits of one thing
        parts.append(re.escape(unit.text))
    if not prefix:
        parts.append(_edge(wanted[-1], _NOT_BEFORE_LETTER))
    return re.compile("".join(parts))


def _edge(unit: Unit, boundary: str) -> str:
    return "" if is_han(unit.text[0]) else boundary


def words_like(words_from: WordsFrom, word: str, count: int) -> list[str]:
    """Return words of an index that begin with the same character and are nearly this one, likest first."""
    import difflib

    others = [other for other in words_from(word[:1]) if other != word]
    return difflib.get_close_matches(word, others, count, _LEAST_LIKENESS)


def _meaning_the_same(folded: str, synonyms: Synonyms) -> Iterator[str]:
    for word, others in synonyms.items():
        group = [word, *others]
        if folded in map(fold, group):
            yield from (other for other in group if fold(other) != folded)


def _alike(wanted: list[Unit], words_from: WordsFrom) -> Iterator[Wording]:
    """Yield wordings of what is nearly this: like words of the index, or one Han character of many wrong."""
    yield _wording(wanted)
    if len(wanted) == 1 and not is_han(wanted[0].text[0]):
        for word in words_like(words_from, wanted[0].text, _MOST_ALIKE):
            yield _wording([Unit(word, False)])
        return
    if len(wanted) < 3 or not all(is_han(unit.text[0]) for unit in wanted):
        return
    for wrong in range(len(wanted)):
        others = tuple(unit.text for at, unit in enumerate(wanted) if at != wrong)
        signs = [re.escape(unit.text) for unit in wanted]
        signs[wrong] = f"[{HAN_CLASS}]"
        yield Wording(Want(tuple(dict.fromkeys(others))), re.compile("".join(signs)), is_sure=False)
