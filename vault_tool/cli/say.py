"""Days and values in the reader's language."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from vault_tool.messages import _, language, ngettext
from vault_tool.schema import Field, FieldType, Schema

if TYPE_CHECKING:
    from vault_tool.notes.values import Dated, Value

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def said_date(day: date, schema: Schema) -> str:
    """Return a day with its weekday: `2026-11-27 周五`."""
    word = schema.word("weekday", _WEEKDAYS[day.weekday()])
    return f"{day.isoformat()} {word.label(language())}" if word else day.isoformat()


def distance(day: date, today: date) -> str:
    """Return how far a day is from today: `in 5 days`, `3 days ago`, `today`."""
    days = (day - today).days
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in {count} day", "in {count} days", days).format(count=days)
    return ngettext("{count} day ago", "{count} days ago", -days).format(count=-days)


def said_step(step: Dated, today: date, schema: Schema) -> str:
    """Return a next step with its weekday and how far it is."""
    if step.date is None:
        return step.text
    return f"{said_date(step.date, schema)} {step.text}".rstrip() + f" ({distance(step.date, today)})"


def said_value(field: Field | None, value: Value, schema: Schema) -> str:
    """Return a field's value as people read it: words by their label, lists with commas."""
    if field and field.type is FieldType.WORD and isinstance(value, str):
        return said_word(schema, field.vocabulary or "", value)
    from vault_tool.notes.values import plain  # here: a hit has no values

    return plain(value)


def shell_word(text: str) -> str:
    """Return a text as one types it to a shell: quoted where it needs quotes."""
    if re.fullmatch(r"[\w@%+:,.][\w@%+:,./-]*", text):
        return text
    import shlex

    return shlex.quote(text)


def said_word(schema: Schema, vocabulary: str, text: str) -> str:
    """Return a vocabulary's word by its label; what isn't one as it is."""
    word = schema.word(vocabulary, text)
    return word.label(language()) if word else text
