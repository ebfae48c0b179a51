"""What one reads before a visit, gathered from a note: orders in sum, open complaints, the last entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from vault_tool.notes.entries import Entry
from vault_tool.notes.note import Note
from vault_tool.notes.values import Dated, parse_amount


@dataclass(frozen=True, slots=True)
class Orders:
    """How many orders, the sum of their amounts by currency, and the day of the last one."""

    count: int
    sums: Mapping[str, Decimal]
    last: date | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A customer at a glance; entries newest first."""

    next: tuple[Dated, ...]
    last: Entry | None
    entries: tuple[Entry, ...]
    orders: Orders
    open_complaints: tuple[Entry, ...]


def overview(note: Note, currency: str) -> Overview:
    """Gather what stands in a note; amounts without a currency count as `currency`."""
    entries = newest_first(note)
    steps = note.value("next")
    return Overview(
        next=tuple(step for step in steps if isinstance(step, Dated)) if isinstance(steps, tuple) else (),
        last=next((entry for entry in entries if entry.date), None),
        entries=entries,
        orders=_orders(note, entries, currency),
        open_complaints=tuple(entry for entry in entries if _is_open(note, entry)),
    )


def newest_first(note: Note) -> tuple[Entry, ...]:
    """Return the entries by date and time, the newest first; those without a real date come last.

    Entries of one moment keep the order in which the file has them.
    """
    return tuple(
        sorted(note.entries, key=lambda entry: (entry.date or date.min, entry.time or ""), reverse=True)
    )


def _orders(note: Note, entries: tuple[Entry, ...], currency: str) -> Orders:
    orders = [entry for entry in entries if entry.kind == "order"]
    sums: dict[str, Decimal] = {}
    for entry in orders:
        field = entry.field("amount")
        amount = parse_amount(field.value, note.schema) if field else None
        if amount:
            key = amount.currency or currency
            sums[key] = sums.get(key, Decimal(0)) + amount.value
    return Orders(len(orders), sums, next((entry.date for entry in orders if entry.date), None))


def _is_open(note: Note, entry: Entry) -> bool:
    """Tell whether a complaint or service entry still waits: its status says so."""
    status = entry.field("status")
    if entry.kind not in ("complaint", "service") or status is None:
        return False
    word = note.schema.word("status", status.value)
    return word is not None and word.name == "open"
