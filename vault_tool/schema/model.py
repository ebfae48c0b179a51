"""The compiled schema: words, fields, and looking them up by any spelling."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache

from vault_tool.messages import Language
from vault_tool.named import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Named = TypeVar("Named", "Word", "Field")

TOOL_PREFIX = "vault_"
"""Keys that begin with this are the tool's own, in any note."""


class FieldType(StrEnum):
    """How a field's value is read."""

    TEXT = "text"
    WORD = "word"
    PERSON = "person"
    LIST = "list"
    DATE = "date"
    DATED = "dated"
    DAYS = "days"
    AMOUNT = "amount"
    LINK = "link"
    MAP = "map"
    MAPS = "maps"
    BIRTHDAY = "birthday"
    NUMBER = "number"

    __hash__ = str.__hash__  # an enumeration's own is Python, and every value's type is looked up


def fold(spelling: str) -> str:
    """Return what two spellings have in common when they differ only in case, width or outer blanks."""
    return _kept(spelling) if len(spelling) <= _LONGEST_KEPT else _fold(spelling)


def _fold(spelling: str) -> str:
    if spelling.isascii():
        return spelling.strip().lower()
    return unicodedata.normalize("NFKC", spelling).casefold().strip()


# The keys and words of one note are those of the next one.
_LONGEST_KEPT = 40
_kept = lru_cache(maxsize=4096)(_fold)

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_BETWEEN = str.maketrans("", "", f"{_SPACES}_-\"'")


def joined(key: str) -> str:
    """Return a key folded, without what people put between its words: `credit-limit` is `credit_limit`."""
    folded = _fold(key)
    return folded if folded.isalnum() else folded.translate(_BETWEEN)


# Named tuples, here and wherever a query comes by: each dataclass takes a millisecond to make at every start.
class Word(NamedTuple):
    """One word of a vocabulary. `rank` is its place in the order, `closed` ends the follow-up.

    A stage that is `pursued` is one in which everyone expects a next step.
    """

    vocabulary: str
    name: str
    labels: Mapping[Language, str]
    aliases: tuple[str, ...]
    rank: int
    closed: bool
    pursued: bool

    def __hash__(self) -> int:
        return hash((self.vocabulary, self.name))

    def label(self, language: Language) -> str:
        """Return the word as people read it and as the tool writes it."""
        return self.labels[language]

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling as the schema types it: name, labels, aliases, each once."""
        return tuple(dict.fromkeys((self.name, *self.labels.values(), *self.aliases)))


class Field(NamedTuple):
    """One field of the front matter, of an entry, or inside a map; `by_spelling` finds those inside it."""

    name: str
    labels: Mapping[Language, str]
    aliases: tuple[str, ...]
    type: FieldType
    vocabulary: str | None
    many: bool
    required: bool
    required_for: frozenset[str]
    group: str | None
    group_for: Mapping[str, str | None]
    merge: str
    format: str | None
    fixed_key: bool
    internal: bool
    help: Mapping[Language, str]
    fields: tuple[Field, ...]
    by_spelling: Mapping[str, Field]

    def __hash__(self) -> int:
        return hash((self.name, self.type, self.fields))

    def label(self, language: Language) -> str:
        """Return the field's name as people read it."""
        return self.labels[language]

    def key(self, language: Language) -> str:
        """Return the key to write into a note of this language.

        English notes carry the canonical name, not its label (`expected_amount`, not `Expected amount`).
        A key that other programs know (`tags`) is the same in every language.
        """
        return self.labels["zh"] if language == "zh" and not self.fixed_key else self.name

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling as the schema types it: name, labels, aliases, each once."""
        return tuple(dict.fromkeys((self.name, *self.labels.values(), *self.aliases)))

    def inner(self, key: str) -> Field | None:
        """Find the field of this map by any spelling of its key."""
        return self.by_spelling.get(fold(key)) if self.fields else None

    def is_required(self, customer_type: str | None) -> bool:
        """Say whether a customer of this type (canonical name) must have the field."""
        return self.required or customer_type in self.required_for

    def sealed_group(self, customer_type: str | None) -> str | None:
        """Name the group that may read the value; None when it stands open.

        The type is a canonical name; a customer of unknown type has what all have.
        """
        if customer_type is None:
            return self.group
        return self.group_for.get(customer_type, self.group)

    @property
    def any_group(self) -> str | None:
        """A group that the field is sealed for, whatever the customer's type; None where it never is."""
        return self.group or next(filter(None, self.group_for.values()), None)


class Schema(NamedTuple):
    """Everything known about fields and words: the one object that all parts read.

    Every lookup takes any spelling, in any case and width. Tuples keep the order of the files.
    """

    fields: tuple[Field, ...]
    inline_fields: tuple[Field, ...]
    vocabularies: Mapping[str, tuple[Word, ...]]
    units: Mapping[str, int]
    """What a short form behind a number multiplies by; its keys are folded."""
    meaning: str
    """Sums up what decides how a note is read: schemas alike in this read every note alike."""
    by_key: Mapping[str, Field]
    by_inline_key: Mapping[str, Field]
    by_word: Mapping[str, Mapping[str, Word]]
    phrase_lists: Mapping[str, Mapping[str, str]]

    def field(self, key: str) -> Field | None:
        """Find a front-matter field by any spelling of its key."""
        # Most are typed as they are folded.
        return self.by_key.get(key) or self.by_key.get(fold(key))

    def inline_field(self, key: str) -> Field | None:
        """Find a field of an entry by any spelling of its key."""
        return self.by_inline_key.get(fold(key))

    def word(self, vocabulary: str, spelling: str) -> Word | None:
        """Find a word by any spelling; None for an unknown word or vocabulary."""
        words = self.by_word.get(vocabulary)
        return (words.get(spelling) or words.get(fold(spelling))) if words is not None else None

    def is_known(self, key: str) -> bool:
        """Say whether a front-matter key means something: a field, or a key of the tool's own."""
        folded = fold(key)
        return folded in self.by_key or folded.startswith(TOOL_PREFIX)

    def unit(self, spelling: str) -> int | None:
        """Say what a short form behind a number multiplies by, such as 10000 for 万."""
        return self.units.get(fold(spelling))

    def phrases(self, name: str) -> Mapping[str, str]:
        """Return the phrases of a list as typed, each with what to write instead: empty for most.

        A list the schema lacks is a KeyError: a vault can empty a list, not take it away.
        """
        return self.phrase_lists[name]

    def sealed_fields(self) -> Iterator[Field]:
        """Yield the fields that are sealed for any type of customer, those inside maps and entries too.

        What stands in the front matter comes first, what is inside of it last.
        """
        pending = [*self.fields, *self.inline_fields]
        for field in pending:
            pending.extend(field.fields)
            if field.any_group:
                yield field

    def nearest_field(self, key: str) -> Field | None:
        """Suggest the front-matter field that a misspelt key may mean."""
        return _nearest(key, self.by_key)

    def nearest_inline_field(self, key: str) -> Field | None:
        """Suggest the field of an entry that a misspelt key may mean."""
        return _nearest(key, self.by_inline_key)

    def nearest_word(self, vocabulary: str, spelling: str) -> Word | None:
        """Suggest the word that a misspelt one may mean."""
        return _nearest(spelling, self.by_word.get(vocabulary, {}))


def by_spelling(items: Iterable[Named]) -> dict[str, Named]:
    """Return the items by every (folded) spelling of theirs."""
    return {fold(spelling): item for item in items for spelling in item.spellings}


def _nearest(spelling: str, known: Mapping[str, Named]) -> Named | None:
    from vault_tool.schema.nearest import nearest  # here: only a misspelling pays for it

    return nearest(fold(spelling), known)
