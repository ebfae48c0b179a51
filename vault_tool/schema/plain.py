"""A compiled schema as plain tuples, dicts, texts and numbers, which can be kept, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vault_tool.schema.model import Field, FieldType, Schema, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from vault_tool.schema.model import Named

Plain: TypeAlias = "tuple[Any, ...]"

_TYPES = {kind.value: kind for kind in FieldType}


def plain_schema(schema: Schema) -> Plain:
    """Return a schema as plain values; what finds by spelling is kept as well, since folding takes time."""
    return (
        tuple(_plain_field(field) for field in schema.fields),
        tuple(_plain_field(field) for field in schema.inline_fields),
        {
            name: tuple((*word[:2], dict(word.labels), *word[3:]) for word in words)
            for name, words in schema.vocabularies.items()
        },
        dict(schema.units),
        schema.meaning,
        _places(schema.by_key, schema.fields),
        _places(schema.by_inline_key, schema.inline_fields),
        {name: _places(found, schema.vocabularies[name]) for name, found in schema.by_word.items()},
        {name: dict(phrases) for name, phrases in schema.phrase_lists.items()},
    )


def schema_of(plain: Plain) -> Schema:
    """Return the schema that these plain values are of."""
    fields, inline_fields, vocabularies, units, meaning, by_key, by_inline_key, by_word, phrases = plain
    made = tuple(map(_field, fields))
    made_inline = tuple(map(_field, inline_fields))
    words = {name: tuple(map(Word._make, some)) for name, some in vocabularies.items()}
    return Schema(
        fields=made,
        inline_fields=made_inline,
        vocabularies=words,
        units=units,
        meaning=meaning,
        by_key=_at(by_key, made),
        by_inline_key=_at(by_inline_key, made_inline),
        by_word={name: _at(places, words[name]) for name, places in by_word.items()},
        phrase_lists=phrases,
    )


def _plain_field(field: Field) -> Plain:
    inner = tuple(_plain_field(one) for one in field.fields)
    values = field._replace(labels=dict(field.labels), group_for=dict(field.group_for), help=dict(field.help))
    return (*values[:3], field.type.value, *values[4:-2], inner, _places(field.by_spelling, field.fields))


def _field(plain: Plain) -> Field:
    inner = tuple(map(_field, plain[-2]))
    return Field._make((*plain[:3], _TYPES[plain[3]], *plain[4:-2], inner, _at(plain[-1], inner)))


def _places(found: Mapping[str, Named], items: Sequence[Named]) -> dict[str, int]:
    place = {item.name: number for number, item in enumerate(items)}
    return {spelling: place[item.name] for spelling, item in found.items()}


def _at(places: Mapping[str, int], items: Sequence[Named]) -> dict[str, Named]:
    return {spelling: items[place] for spelling, place in places.items()}
