"""Words a person types for fields, vocabulary and days: checked, with the nearest known one."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, language
from vault_tool.notes.dates import Direction, looks_like_day, read_day
from vault_tool.notes.formats import problem_of
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


class NoSuchDay(NotADay):
    """A text that begins with a day which the calendar doesn't have."""

    message = N_("“{text}”: there is no such day.")
    hint = N_("The calendar has no such day; see whether month and day are right.")


class BadAssignment(VaultError):
    """A field without a value."""

    message = N_("“{text}” is not NAME=VALUE.")
    hint = N_("For instance: amount=80000, 地区=杭州")
    exit_code = Exit.USAGE


class MissingValue(BadAssignment):
    """A field whose value was left out."""

    message = N_("“{text}”: the value behind = is missing.")


class WrongForm(VaultError):
    """A value that doesn't have its field's form."""

    message = N_("{problem}: “{text}”. Nothing was written.")
    hint = N_("For instance: {example}")
    exit_code = Exit.USAGE


class WrongSealedForm(WrongForm):
    """A value of a field that may be sealed: it is not said again."""

    message = N_("{problem}. Nothing was written.")


class NoName(VaultError):
    """A name of nothing but blanks."""

    message = N_("The name is empty. Nothing was written.")
    exit_code = Exit.USAGE


class NameOfManyLines(VaultError):
    """A name with a line break or another control character."""

    message = N_("A name is one line, without control characters: {name}. Nothing was written.")
    exit_code = Exit.USAGE


class BadTag(VaultError):
    """A tag that would not be one in a heading."""

    message = N_("“{tag}” can't be a tag: a tag is one word, without blanks, commas or #.")
    hint = N_("Several tags: -t VIP -t fair, or tags+=VIP,fair")
    exit_code = Exit.USAGE


# By the field's format, or else its type.
_EXAMPLES = {
    "date": "2026-11-27",
    "dated": "2026-11-27 send quote",
    "birthday": "09-20",
    "days": "90",
    "amount": "80000",
    "credit_code": "91350100M000100Y43",
    "email": "wang@example.com",
    "url": "https://example.com",
    "phone": "0571-8888-0000",
    "mobile": "138 0000 0000",
    "number": "12.5",
}


def known_name(text: str) -> str:
    """Return a name without outer blanks. Raises `NoName` or `NameOfManyLines`."""
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise NameOfManyLines(name=repr(text))
    if not text.strip():
        raise NoName
    return text.strip()


def known_tag(text: str) -> str:
    """Return a tag without its #. Raises `BadTag`."""
    tag = text.strip().lstrip("#＃")
    if not tag or re.search(r"[\s,，、;；#＃]", tag):
        raise BadTag(tag=text)
    return tag


def assignment(text: str) -> tuple[str, str]:
    """Split NAME=VALUE. Raises `BadAssignment`, and `MissingValue` for an empty value."""
    key, equals, value = text.replace("＝", "=", 1).partition("=")
    if not equals or not key.strip():
        raise BadAssignment(text=text)
    if not value.strip():
        raise MissingValue(text=text)
    return key.strip(), value.strip()


def known_word(schema: Schema, vocabulary: str, text: str) -> str:
    """Return the canonical name of a word. Raises `UnknownWord`."""
    if word := schema.word(vocabulary, text):
        return word.name
    field = schema.field(vocabulary) or schema.inline_field(vocabulary)
    label = field.label(language()) if field else vocabulary
    known = _(", ").join(word.label(language()) for word in schema.vocabularies.get(vocabulary, ()))
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
        raise _no_day(text) if said is None else NotADay(text=text)
    return said.day


def is_ahead(day: date, today: date) -> bool:
    """Tell whether what happened that day can't have happened yet, wherever the colleague is."""
    return day > today + timedelta(days=1)


def _no_day(text: str) -> NotADay:
    return NoSuchDay(text=text) if looks_like_day(text) else NotADay(text=text)


def next_step(text: str, today: date, schema: Schema) -> str:
    """Return a next step with its day written out (`周五 报价`: `2026-11-27 报价`). Raises `NotADay`."""
    said = read_day(text, today, schema, "future")
    if said is None:
        raise _no_day(text)
    return f"{said.day.isoformat()} {said.rest}".rstrip()


def typed_value(field: Field, text: str, today: date, schema: Schema) -> str:
    """Return a field's value as it is written: words and forms checked, days written out.

    Raises `UnknownWord`, `NotADay`, `WrongForm` and what `known_name` raises.
    """
    match field.type:
        case FieldType.WORD:
            known_word(schema, field.vocabulary or "", text)
        case FieldType.DATED:
            return next_step(text, today, schema)
        case FieldType.DATE:
            return said_day(text, today, schema, "future").isoformat()
    if field.name == "name":
        return known_name(text)
    _check_form(field, text, schema)
    return text


def _check_form(field: Field, text: str, schema: Schema) -> None:
    """Raise what is wrong with a value, as the linter would find it."""
    if not (problem := problem_of(field, text, schema)):
        return
    said = _(problem).format(key=field.label(language()))
    example = _EXAMPLES[field.format or field.type]
    if field.group is not None or any(field.group_for.values()):
        raise WrongSealedForm(problem=said, example=example)
    raise WrongForm(problem=said, text=text, example=example)


def inline_value(field: Field, text: str, schema: Schema, currency: str) -> str:
    """Return an entry field's value as it is written: word and form checked, an amount with its currency."""
    if field.vocabulary:
        known_word(schema, field.vocabulary, text)
    else:
        _check_form(field, text, schema)
    if field.type is FieldType.AMOUNT:
        amount = parse_amount(text, schema)
        if amount and amount.currency is None:
            return f"{text} {currency}"
    return text
