"""`vault list`: customers that match, from the catalog."""

from __future__ import annotations

from collections.abc import Sequence

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import NotTogether, QueryCommand, customers_that_match, read_query
from vault_tool.cli.cells import Cells, json_name, said, title
from vault_tool.cli.complete import queries
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import fresh
from vault_tool.cli.reading import query_text
from vault_tool.cli.where import seen_from
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext
from vault_tool.search.columns import (
    Column,
    Count,
    count_by,
    ordering,
    read_columns,
    read_counted,
    read_sort_keys,
)
from vault_tool.search.filters import Condition
from vault_tool.vault.catalog_read import Customer, customers_where

_COLUMNS = "name,stage,owner,next,last,entries,path"
# What a narrow terminal goes without: file, number of entries, last contact; in need also owner and stage.
_EXPENDABLE = ((6, 5, 4), (2, 1))


@command(
    "list",
    cls=QueryCommand,
    help=N_(
        "List customers that match a query: words, phrases and field:value, as in `vault search`.\n\n"
        "Without a query it lists all. Filters on date, channel, kind and author must hold for one entry. "
        "A column is any field, or last (contact), entries or path; a field of entries shows what the newest "
        "entry says. In a pipe, columns are parted by tabs, without titles."
    ),
    examples=(
        "vault list stage:proposal owner:me",
        "vault list 阶段:方案报价 next:<=7d",
        "vault list last:>60d --sort last",
        "vault list --columns name,expected_amount,next --sort expected_amount- -n 10",
        "vault list --count-by stage,owner",
    ),
)
@argument("query", nargs=-1, shell_complete=queries)
@option("-a", "--all", "everything", is_flag=True, help=N_("Archived customers too."))
@option("--columns", metavar="FIELD,...", help=N_("What to show (name,stage,owner,next,last,entries)."))
@option(
    "-s",
    "--sort",
    metavar="FIELD,...",
    help=N_(
        "By any column (name); a minus behind it turns the order: last-. No value comes last, amounts in "
        "other currencies than the vault's after those in it."
    ),
)
@option("--count-by", "counted", metavar="FIELD,...", help=N_("Count customers by the values of fields."))
@option("-n", "--limit", metavar="N", type=click.IntRange(min=1), help=N_("At most so many."))
@option("-l", "--paths", is_flag=True, help=N_("Paths only."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def list(
    app: App,
    query: tuple[str, ...],
    everything: bool,
    columns: str | None,
    sort: str | None,
    counted: str | None,
    limit: int | None,
    paths: bool,
    as_json: bool,
) -> Exit:
    """List the customers that match."""
    for option_name, value in (("--columns", columns), ("--sort", sort), ("--paths", paths)):
        if counted and value:
            raise NotTogether(first="--count-by", second=option_name)
    wanted = read_query(app, query)
    shown = read_columns(columns or _COLUMNS, app.vault.schema)
    order = _order(app, sort or "name")
    groups = read_counted(counted, app.vault.schema) if counted else ()
    fresh(app)
    condition = customers_that_match(app, wanted)
    archived = None if everything else False
    found: Sequence[Customer] = ()
    if groups:
        total = _total(app, condition, archived)
        people = [person.id for person in app.vault.settings.people]
        counts = count_by(app.vault.catalog, condition, groups, archived, app.vault.schema, people)
        _show_counts(app, groups, counts[:limit], total, as_json=as_json)
    else:
        parameters = (*condition.parameters, *order.parameters)
        found = [
            *customers_where(
                app.vault.catalog, condition.sql, parameters, archived, order=order.sql, limit=limit
            )
        ]
        total = len(found) if limit is None or len(found) < limit else _total(app, condition, archived)
        if as_json:
            _print_json(app, found, shown if columns else (), total)
        elif paths:
            app.out.lines(seen_from(app.cwd, app.vault.root, customer.path) for customer in found)
        else:
            _print_table(app, found, shown, () if columns else _EXPENDABLE)
    if not as_json:
        app.out.flush()
        _tell(app, query_text(query), total, total if groups else len(found))
    return Exit.OK if total or not query else Exit.FINDINGS


def _order(app: App, sort: str) -> Condition:
    people = [person.id for person in app.vault.settings.people]
    return ordering(
        read_sort_keys(sort, app.vault.schema), app.vault.schema, people, app.vault.settings.currency
    )


def _total(app: App, condition: Condition, archived: bool | None) -> int:
    put_away = "" if archived is None else f" AND c.is_archived = {int(archived)}"
    sql = f"SELECT count(*) FROM customers c WHERE ({condition.sql}){put_away}"
    return int(app.vault.catalog.rows(sql, condition.parameters)[0][0])


def _print_table(
    app: App, found: Sequence[Customer], columns: Sequence[Column], expendable: Sequence[Sequence[int]]
) -> None:
    cells = Cells(app, columns, found)
    app.out.table([cells.texts(customer) for customer in found], [*map(title, columns)], expendable)


def _tell(app: App, query: str, total: int, shown: int) -> None:
    """Say how many there are: to a person, and where there is nobody to anyone."""
    if query and not total:
        app.out.note(_("Nothing found for: {query}").format(query=query))
    elif app.out.is_terminal or not total:
        count = ngettext("{count} customer", "{count} customers", total).format(count=total)
        app.out.note(count + (_(", {count} shown").format(count=shown) if shown < total else ""))


def _print_json(app: App, found: Sequence[Customer], columns: Sequence[Column], total: int) -> None:
    cells = Cells(app, columns, found)
    documents = [cells.document(customer) if columns else _document(customer) for customer in found]
    app.out.json({"total": total, "customers": documents})


def _show_counts(
    app: App, columns: Sequence[Column], counts: Sequence[Count], total: int, *, as_json: bool
) -> None:
    if as_json:
        names = [*map(json_name, columns)]
        documents = [
            dict(zip(names, count.values, strict=True)) | {"count": count.customers} for count in counts
        ]
        app.out.json({"total": total, "by": names, "counts": documents})
        return
    rows = [
        (
            *(
                _("(none)") if value is None else said(app, column.field, value)
                for column, value in zip(columns, count.values, strict=True)
            ),
            str(count.customers),
        )
        for count in counts
    ]
    app.out.table(rows, [*map(title, columns), _("Customers")])


def _document(customer: Customer) -> dict[str, object]:
    return {
        "id": customer.id,
        "name": customer.name,
        "type": customer.type,
        "stage": customer.stage,
        "owner": customer.owner,
        "importance": customer.importance,
        "tags": customer.tags,
        "next": customer.next,
        "last_contact": customer.last_entry,
        "entries": customer.entries,
        "archived": customer.is_archived,
        "path": str(customer.path),
    }
