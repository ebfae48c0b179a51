"""What words and keys that the schema doesn't know were meant for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from vault_tool.messages import N_, Language
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import spelled_word
from vault_tool.notes.folding import fold as fold_text
from vault_tool.schema import Schema, fold
from vault_tool.schema.nearest import nearest

Meant = TypeVar("Meant")

_UNKNOWN = N_("`{key}` doesn't know the word `{text}`; it knows {known}")
_MISSPELT = N_("`{key}` doesn't know the word `{text}`; did you mean `{nearest}`?")


class Misspelt(NamedTuple):
    """What to write instead of a word; `is_same`: in traditional characters it is that word."""

    nearest: str
    is_same: bool


def misspelt_word(schema: Schema, vocabulary: str, text: str, language: Language) -> Misspelt | None:
    """Return the word of a vocabulary that was meant, as the file writes words; None where none is near."""
    same = schema.word(vocabulary, fold_text(text))
    near = same or schema.nearest_word(vocabulary, text)
    if near is None:
        return None
    return Misspelt(spelled_word(schema, vocabulary, near.name, language), same is not None)


def word_message(
    schema: Schema, vocabulary: str, text: str, language: Language
) -> tuple[str, dict[str, str]]:
    """Return what to say of a word its vocabulary doesn't know, and the word meant or all there are.

    The message also takes the `key` and the `text`, which only a rule knows how to show.
    """
    if meant := misspelt_word(schema, vocabulary, text, language):
        return _MISSPELT, {"nearest": meant.nearest}
    return _UNKNOWN, {"known": known_words(schema, vocabulary, language)}


def meant_by_key(key: str, known: Mapping[str, Meant]) -> tuple[Meant | None, bool]:
    """Return the field that was meant, by its folded spellings, and whether by traditional characters."""
    same = known.get(fold(fold_text(key)))
    return (same, True) if same is not None else (nearest(fold(key), known), False)


def known_words(schema: Schema, vocabulary: str, language: Language) -> str:
    """Return all words of a vocabulary in its order, as the file would write them."""
    words = (
        spelled_word(schema, vocabulary, word.name, language) for word in schema.vocabularies[vocabulary]
    )
    return ("、" if language == "zh" else ", ").join(words)
