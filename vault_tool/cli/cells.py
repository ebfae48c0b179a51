"""What a list shows of a customer: a column's title, its value for a person and for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from vault_tool.cli.app import App
from vault_tool.cli.say import said_word
from vault_tool.messages import _, language
from vault_tool.notes.values import Amount, parse_amount, plain
from vault_tool.schema import Field, FieldType
from vault_tool.search.columns import Column, newest_values
from vault_tool.vault.catalog_read import Customer

_AT_HAND: Mapping[str, Callable[[Customer], Any]] = {
    "name": lambda customer: customer.name,
    "stage": lambda customer: customer.stage,
    "owner": lambda customer: customer.owner,
    "next": lambda customer: customer.next,
    "last": lambda customer: customer.last_entry,
    "entries": lambda customer: customer.entries,
    "path": lambda customer: str(customer.path),
}
# In JSON as it has always been called there.
_JSON_NAMES = {"last": "last_contact"}


def title(column: Column) -> str:
    """Return what stands above a column."""
    if column.field:
        return column.field.label(language())
    return {"last": _("Last contact"), "entries": _("Entries"), "path": _("File")}[column.name]


def json_name(column: Column) -> str:
    """Return a column's name in JSON."""
    return _JSON_NAMES.get(column.name, column.name)


class Cells:
    """The values of some columns for some customers."""

    def __init__(self, app: App, columns: Sequence[Column], customers: Iterable[Customer]) -> None:
        self._app = app
        self._columns = columns
        self._needs_fields = any(
            column.field and not column.of_entry and column.name not in _AT_HAND for column in columns
        )
        self._said: dict[tuple[str, str], str] = {}
        keys = [customer.key for customer in customers]
        self._newest = {
            column.name: newest_values(app.vault.catalog, column, keys)
            for column in columns
            if column.of_entry
        }

    def texts(self, customer: Customer) -> tuple[str, ...]:
        """Return the values for a person."""
        fields = self._fields(customer)
        return tuple(self._text(column, self._value(column, customer, fields)) for column in self._columns)

    def _text(self, column: Column, value: Any) -> str:
        if not isinstance(value, str):
            return said(self._app, column.field, value)
        # The same few stages and owners come again and again.
        known = self._said.get((column.name, value))
        if known is None:
            known = self._said[column.name, value] = said(self._app, column.field, value)
        return known

    def document(self, customer: Customer) -> dict[str, object]:
        """Return the values for a program, canonical, with what tells the customer from others."""
        fields = self._fields(customer)
        values = {json_name(column): self._value(column, customer, fields) for column in self._columns}
        return {"id": customer.id, "path": str(customer.path)} | values

    def _fields(self, customer: Customer) -> Mapping[str, Any]:
        return customer.fields if self._needs_fields else {}

    def _value(self, column: Column, customer: Customer, fields: Mapping[str, Any]) -> Any:
        if of_customer := _AT_HAND.get(column.name):
            return of_customer(customer)
        if not column.of_entry:
            return fields.get(column.name)
        text = self._newest[column.name].get(customer.key)
        if text and column.field and column.field.type is FieldType.AMOUNT:
            amount = parse_amount(text, self._app.vault.schema)
            return {"value": format(amount.value, "f"), "currency": amount.currency} if amount else text
        return text


def said(app: App, field: Field | None, value: Any) -> str:
    """Return a value of the catalog as people read it: words and people by their names, lists with commas."""
    match value:
        case None:
            return ""
        case list():
            return ", ".join(said(app, field, item) for item in value)
        case {"value": number, "currency": currency} if field and field.type is FieldType.AMOUNT:
            return plain(Amount(_shortest(Decimal(number)), currency))
        case {"date": day, "text": text} if field and field.type is FieldType.DATED:
            return f"{day or ''} {text}".strip()
        case dict():
            return " ".join(
                said(app, field.inner(key) if field else None, inner) for key, inner in value.items()
            )
    if field and field.type is FieldType.PERSON:
        person = app.vault.settings.person(str(value))
        return person.name if person else str(value)
    if field and field.type is FieldType.WORD:
        return said_word(app.vault.schema, field.vocabulary or "", str(value))
    return str(value)


def _shortest(number: Decimal) -> Decimal:
    """Return a number without noughts behind the point: 38.2万 is 382,000."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number
