"""What a list of customers shows, is sorted and counted by: columns, as SQL over the catalog.

A column is a field of the front matter, a field of entries (the newest entry's counts), or one of `last`,
`entries` and `path`, which the catalog knows of each customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, Message
from vault_tool.named import NamedTuple
from vault_tool.schema import Field, FieldType, Schema
from vault_tool.search.filters import Condition
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import in_parts

_MAPS = (FieldType.MAP, FieldType.MAPS)
_NUMBERS = (FieldType.AMOUNT, FieldType.NUMBER, FieldType.DAYS)
_DAYS = (FieldType.DATE, FieldType.DATED)
# What the catalog has a column for.
_KNOWN = {
    "id": "c.id",
    "type": "c.type",
    "stage": "c.stage",
    "owner": "c.owner",
    "importance": "c.importance",
    "next": "c.next",
    "last": "c.last_entry",
    "entries": "c.entries",
    "path": "c.path",
}


class UnknownColumn(VaultError):
    """A name that is no column."""

    message = N_("There is no field “{key}”.")
    exit_code = Exit.USAGE

    def __init__(self, nearest: str | None, **values: object) -> None:
        self.hint: Message = (
            N_("Did you mean {nearest}?")
            if nearest
            else N_("`vault schema` lists the fields; there are also last, entries and path.")
        )
        super().__init__(nearest=nearest, **values)


class SealedColumn(VaultError):
    """A field whose values are sealed."""

    message = N_("“{key}” is sealed: no list shows it.")
    hint = N_("`vault show` shows what you may read of one customer.")
    exit_code = Exit.USAGE


class ManyInOne(VaultError):
    """A field that holds a table for each customer, where one value is wanted."""

    message = N_("“{key}” holds more than one value of a customer: nothing can be sorted or counted by it.")
    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its canonical name; `field` is None for what is no field."""

    name: str
    field: Field | None = None
    of_entry: bool = False


class SortKey(NamedTuple):
    """A column to sort by, and which way."""

    column: Column
    is_descending: bool = False


class Count(NamedTuple):
    """How many customers have these values (None: no value), in the order of the columns."""

    values: tuple[str | None, ...]
    customers: int


def read_columns(text: str, schema: Schema) -> tuple[Column, ...]:
    """Read names of columns, parted by commas, in any spelling. Raises `UnknownColumn` or `SealedColumn`."""
    names = [name.strip() for name in text.replace("，", ",").split(",")]
    return tuple(dict.fromkeys(_column(name, schema) for name in names if name or not any(names)))


def read_sort_keys(text: str, schema: Schema) -> tuple[SortKey, ...]:
    """Read what to sort by: names of columns, a minus behind one turns its order (`last-`)."""
    keys = []
    for part in text.replace("，", ",").split(","):
        name = part.strip()
        if bare := name.rstrip("+-"):
            column = _column(bare, schema)
            keys.append(SortKey(_plain_column(column, bare), is_descending=name.endswith("-")))
    return tuple(keys)


def read_counted(text: str, schema: Schema) -> tuple[Column, ...]:
    """Read names of columns to count by."""
    return tuple(_plain_column(column, column.name) for column in read_columns(text, schema))


def _plain_column(column: Column, key: str) -> Column:
    if column.field and column.field.type in _MAPS:
        raise ManyInOne(key=key)
    return column


def _column(key: str, schema: Schema) -> Column:
    if word := schema.word("column", key):
        return Column(word.name)
    if (word := schema.word("filter", key)) and word.name == "last":
        return Column("last")
    field = schema.field(key)
    of_entry = field is None
    field = field or schema.inline_field(key)
    if field is None:
        nearest = schema.nearest_word("column", key) or schema.nearest_field(key)
        raise UnknownColumn(nearest.name if nearest else None, key=key)
    if field.group and all(field.group_for.values()):
        raise SealedColumn(key=key)
    return Column(field.name, field, of_entry)


# --- sorting -----------------------------------------------------------------------------------------------


def ordering(keys: Iterable[SortKey], schema: Schema, people: Sequence[str], currency: str) -> Condition:
    """Return an order of customers as SQL: by these keys, who has no value last, then by path.

    Words go by their vocabulary's order, people by that of the team (their ids), names by pinyin. Amounts
    of another currency than the vault's come after those in it, currency by currency, either way.
    """
    parts: list[str] = []
    parameters: tuple[object, ...] = ()
    for column, is_descending in keys:
        value = _sorted_value(column, schema, people)
        if column.field and column.field.type is FieldType.AMOUNT:
            other = _of_fact(column, "NULLIF(f.currency, ?)", (currency,))
            parts += [f"{value.sql} IS NULL", other.sql]
            parameters += value.parameters + other.parameters
        # What SQLite takes for less than anything is last anyway where the order is turned.
        parts += [f"{value.sql} DESC"] if is_descending else [f"{value.sql} IS NULL", value.sql]
        parameters += value.parameters if is_descending else value.parameters * 2
    return Condition(", ".join([*parts, "c.path"]), parameters)


def _sorted_value(column: Column, schema: Schema, people: Sequence[str]) -> Condition:
    if column.name == "name":
        return Condition(
            "(SELECT CASE n.pinyin WHEN '' THEN n.folded ELSE n.pinyin END FROM names n"
            " WHERE n.customer = c.key AND n.kind = 'name')"
        )
    if column.name in _KNOWN:
        value = Condition(f"NULLIF({_KNOWN[column.name]}, '')")
    else:
        value = _of_fact(column, _fact(column))
    order = _order_of(column, schema, people)
    return _ranked(value, order) if order else value


def _of_fact(column: Column, value: str, given: tuple[object, ...] = ()) -> Condition:
    """Return something of a customer's field: of its newest entry, or the least in the front matter."""
    if column.of_entry:
        sql = (
            f"(SELECT {value} FROM facts f JOIN passages p ON p.key = f.passage"
            " WHERE f.customer = c.key AND f.name = ? ORDER BY p.day DESC, p.time DESC LIMIT 1)"
        )
    else:
        sql = (
            f"(SELECT min({value}) FROM facts f"
            " WHERE f.customer = c.key AND f.passage IS NULL AND f.name = ?)"
        )
    return Condition(sql, (*given, column.name))


def _fact(column: Column) -> str:
    kind = column.field.type if column.field else None
    return "f.number" if kind in _NUMBERS else "f.day" if kind in _DAYS else "coalesce(f.folded, f.text)"


def _order_of(column: Column, schema: Schema, people: Sequence[str]) -> list[str]:
    """Return the values that have an order of their own."""
    if column.field and column.field.type is FieldType.PERSON:
        return list(people)
    if column.field and column.field.type is FieldType.WORD:
        return [word.name for word in schema.vocabularies.get(column.field.vocabulary or "", ())]
    return []


def _ranked(value: Condition, order: Sequence[str]) -> Condition:
    """Put known values in their order, as numbers, before the others, which are texts."""
    whens = " ".join(f"WHEN ? THEN {rank}" for rank in range(len(order)))
    return Condition(
        f"CASE {value.sql} {whens} ELSE {value.sql} END",
        (*value.parameters, *order, *value.parameters),
    )


# --- values ------------------------------------------------------------------------------------------------


def newest_values(catalog: Catalog, column: Column, customers: Iterable[int]) -> dict[int, str]:
    """Return what the newest entry that has a field of entries says in it, by customer."""
    found: dict[int, str] = {}
    for some in in_parts(sorted(customers)):
        marks = ", ".join("?" * len(some))
        rows = catalog.each(
            "SELECT f.customer, f.text FROM facts f JOIN passages p ON p.key = f.passage"
            f" WHERE f.name = ? AND f.customer IN ({marks}) ORDER BY p.day, p.time",
            (column.name, *some),
        )
        found.update(rows)
    return found


# --- counting ----------------------------------------------------------------------------------------------


def count_by(
    catalog: Catalog,
    condition: Condition,
    columns: Sequence[Column],
    archived: bool | None,
    schema: Schema,
    people: Sequence[str],
) -> list[Count]:
    """Count the customers that a condition holds for by the values of these columns.

    One with several tags counts for each of them. Words and people come in their own order, days by day,
    whatever else by how frequent it is; no value comes last.
    """
    values, joins, names = [], "", []
    for number, column in enumerate(columns):
        if column.name in _KNOWN:
            values.append(f"NULLIF({_KNOWN[column.name]}, '')")
            continue
        fact = f"f{number}"
        is_day = column.field is not None and column.field.type in _DAYS
        values.append(f"{fact}.day" if is_day else f"NULLIF({fact}.text, '')")
        within = "IS NOT NULL" if column.of_entry else "IS NULL"
        joins += f" LEFT JOIN facts {fact} ON {fact}.customer = c.key AND {fact}.name = ?"
        joins += f" AND {fact}.passage {within}"
        names.append(column.name)
    put_away = "" if archived is None else f" AND c.is_archived = {int(archived)}"
    sql = (
        f"SELECT {', '.join(values)}, count(DISTINCT c.key) FROM customers c{joins}"
        f" WHERE ({condition.sql}){put_away} GROUP BY {', '.join(map(str, range(1, len(columns) + 1)))}"
    )
    counts = [
        Count(tuple(None if value is None else str(value) for value in row[:-1]), row[-1])
        for row in catalog.each(sql, (*names, *condition.parameters))
    ]
    ranks = [_ranks(counts, number, column, schema, people) for number, column in enumerate(columns)]
    return sorted(
        counts, key=lambda count: [rank[value] for rank, value in zip(ranks, count.values, strict=True)]
    )


def _ranks(
    counts: Iterable[Count], number: int, column: Column, schema: Schema, people: Sequence[str]
) -> dict[str | None, tuple[int, int, str]]:
    """Return how the values of one column sort."""
    often: dict[str | None, int] = {}
    for count in counts:
        value = count.values[number]
        often[value] = often.get(value, 0) + count.customers
    order = {value: rank for rank, value in enumerate(_order_of(column, schema, people))}
    by_value = column.name in ("last", "entries", "next") or (column.field and column.field.type in _DAYS)
    ranks: dict[str | None, tuple[int, int, str]] = {None: (2, 0, "")}
    for value, times in often.items():
        if value in order:
            ranks[value] = (0, order[value], "")
        elif value is not None:
            ranks[value] = (1, 0 if by_value else -times, value.rjust(6) if value.isdecimal() else value)
    return ranks
