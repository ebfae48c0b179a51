"""Words a person types for fields, vocabulary and days: checked, with the nearest known one."""

from __future__ import annotations

from datetime import date

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, language
from vault_tool.notes.dates import Direction, read_day
from vault_tool.notes.values import parse_amount
from vault_tool.schema import Field, FieldType, Schema


class UnknownWord(VaultError):
    """A word that the vocabulary doesn't know."""

    message = N_("{label}: “{word}” is not known.")
    hint = N_("Known: {known}")
    exit_code = Exit.USAGE


class MisspeltWord(UnknownWord):
    """A word that the vocabulary doesn't know, but knows one like it."""

    hint = N_("Did you mean “{nearest}”? Known: {known}")


class UnknownField(VaultError):
    """A field that the schema doesn't know."""

    message = N_("There is no field “{key}”.")
    hint = N_("`vault schema` lists the fields; a vault's own schema/fields.yaml may add some.")
    exit_code = Exit.USAGE


class MisspeltField(UnknownField):
    """A field that the schema doesn't know, but knows one like it."""

    hint = N_("Did you mean “{nearest}”?")


class NotADay(VaultError):
    """A text that should begin with a day and doesn't."""

    message = N_("“{text}” begins with no day.")
    hint = N_("Say when: 2026-11-27, 11-27, Friday, tomorrow, +3d, 周五, 明天, 3天后 ...")
    exit_code = Exit.USAGE


class BadAssignment(VaultError):
    """A field without a value."""

    message = N_("“{text}” is not NAME=VALUE.")
    hint = N_("For instance: amount=80000, 地区=杭州")
    exit_code = Exit.USAGE


def assignment(text: str) -> tuple[str, str]:
    """Split NAME=VALUE. Raises `BadAssignment`."""
    key, equals, value = text.replace("＝", "=", 1).partition("=")
    if not equals or not key.strip() or not value.strip():
        raise BadAssignment(text=text)
    return key.strip(), value.strip()


def known_word(schema: Schema, vocabulary: str, text: str) -> str:
    """Return the canonical name of a word. Raises `UnknownWord`."""
    if word := schema.word(vocabulary, text):
        return word.name
    field = schema.field(vocabulary) or schema.inline_field(vocabulary)
    label = field.label(language()) if field else vocabulary
    known = ", ".join(word.label(language()) for word in schema.vocabularies.get(vocabulary, ()))
    if nearest := schema.nearest_word(vocabulary, text):
        raise MisspeltWord(label=label, word=text, known=known, nearest=nearest.label(language()))
    raise UnknownWord(label=label, word=text, known=known)


def known_field(schema: Schema, key: str) -> Field:
    """Return a front-matter field by any spelling. Raises `UnknownField`."""
    if field := schema.field(key):
        return field
    if nearest := schema.nearest_field(key):
        raise MisspeltField(key=key, nearest=nearest.label(language()))
    raise UnknownField(key=key)


def known_inline_field(schema: Schema, key: str) -> Field:
    """Return an entry's field by any spelling. Raises `UnknownField`."""
    if field := schema.inline_field(key):
        return field
    if nearest := schema.nearest_inline_field(key):
        raise MisspeltField(key=key, nearest=nearest.label(language()))
    raise UnknownField(key=key)


def said_day(text: str, today: date, schema: Schema, direction: Direction) -> date:
    """Return the day a text names, and nothing besides. Raises `NotADay`."""
    said = read_day(text, today, schema, direction)
    if said is None or said.rest:
        raise NotADay(text=text)
    return said.day


def next_step(text: str, today: date, schema: Schema) -> str:
    """Return a next step with its day written out (`周五 报价`: `2026-11-27 报价`). Raises `NotADay`."""
    said = read_day(text, today, schema, "future")
    if said is None:
        raise NotADay(text=text)
    return f"{said.day.isoformat()} {said.rest}".rstrip()


def typed_value(field: Field, text: str, today: date, schema: Schema) -> str:
    """Return a field's value as it is written: words checked, days written out. Raises `UnknownWord`."""
    match field.type:
        case FieldType.WORD:
            known_word(schema, field.vocabulary or "", text)
        case FieldType.DATED:
            return next_step(text, today, schema)
        case FieldType.DATE:
            return said_day(text, today, schema, "future").isoformat()
    return text


def inline_value(field: Field, text: str, schema: Schema, currency: str) -> str:
    """Return an entry field's value as it is written: a word checked, an amount with its currency."""
    if field.vocabulary:
        known_word(schema, field.vocabulary, text)
    if field.type is FieldType.AMOUNT:
        amount = parse_amount(text, schema)
        if amount and amount.currency is None:
            return f"{text} {currency}"
    return text
