"""`vault list`: customers that match, from the catalog."""

from __future__ import annotations

from collections.abc import Callable

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import QueryCommand, read_query
from vault_tool.cli.complete import queries
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import fresh
from vault_tool.cli.say import said_word
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, language, ngettext
from vault_tool.search.filters import customer_condition
from vault_tool.vault.catalog_read import Customer, customers_where

_LAST = "9999"
# What a narrow terminal goes without: file, number of entries, last contact; in need also owner and stage.
_EXPENDABLE = ((6, 5, 4), (2, 1))
_SORTS: dict[str, Callable[[Customer], tuple[object, ...]]] = {
    "name": lambda customer: (str(customer.path),),
    "next": lambda customer: (customer.next or _LAST, str(customer.path)),
    "last": lambda customer: (customer.last_entry or "", str(customer.path)),
}


@command(
    "list",
    cls=QueryCommand,
    help=N_(
        "List customers that match a query: words, phrases and field:value, as in `vault search`.\n\n"
        "Without a query it lists all. Filters on date, channel, kind and author must hold for one entry."
    ),
    examples=(
        "vault list stage:proposal owner:me",
        "vault list 阶段:方案报价 next:<=7d",
        "vault list last:>60d --sort last",
    ),
)
@argument("query", nargs=-1, shell_complete=queries)
@option("-a", "--all", "everything", is_flag=True, help=N_("Archived customers too."))
@option(
    "-s",
    "--sort",
    type=click.Choice(tuple(_SORTS)),
    default="name",
    help=N_("By name, next step or last contact."),
)
@option("-n", "--limit", type=click.IntRange(min=1), help=N_("At most so many."))
@option("-l", "--paths", is_flag=True, help=N_("Paths only."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def list(
    app: App,
    query: tuple[str, ...],
    everything: bool,
    sort: str,
    limit: int | None,
    paths: bool,
    as_json: bool,
) -> Exit:
    """List the customers that match."""
    condition = customer_condition(read_query(app, query))
    fresh(app)
    archived = None if everything else False
    found = customers_where(app.vault.catalog, condition.sql, condition.parameters, archived)
    matched = sorted(found, key=_SORTS[sort])
    shown = matched[:limit] if limit else matched
    if as_json:
        app.out.json({"total": len(matched), "customers": [_document(customer) for customer in shown]})
    elif paths:
        app.out.lines(str(customer.path) for customer in shown)
    else:
        app.out.table([_row(app, customer) for customer in shown], _header(app), _EXPENDABLE)
        count = ngettext("{count} customer", "{count} customers", len(matched)).format(count=len(matched))
        if app.out.is_terminal:
            left = _(", {count} shown").format(count=len(shown)) if len(shown) < len(matched) else ""
            app.out.note(count + left)
    return Exit.OK if matched or not query else Exit.FINDINGS


def _header(app: App) -> tuple[str, ...]:
    labels = [
        field.label(language())
        for name in ("name", "stage", "owner", "next")
        if (field := app.vault.schema.field(name))
    ]
    return (*labels, _("Last contact"), _("Entries"), _("File"))


def _row(app: App, customer: Customer) -> tuple[str, ...]:
    person = app.vault.settings.person(customer.owner) if customer.owner else None
    return (
        customer.name,
        said_word(app.vault.schema, "stage", customer.stage or ""),
        person.name if person else customer.owner or "",
        customer.next or "",
        customer.last_entry or "",
        str(customer.entries),
        str(customer.path),
    )


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
