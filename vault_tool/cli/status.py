"""`vault status`: how this vault stands, and what was done last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.people import document
from vault_tool.cli.progress import shown
from vault_tool.cli.sharing import sharing_document, sharing_rows, sharing_troubles
from vault_tool.cli.width import pad, width, wrap
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, language, ngettext, render
from vault_tool.named import NamedTuple
from vault_tool.schema import Schema
from vault_tool.sync.sharing import Sharing, is_overdue, sharing_of
from vault_tool.vault.catalog_read import Customer, problems
from vault_tool.vault.journal import history
from vault_tool.vault.records import Record
from vault_tool.vault.settings import Person
from vault_tool.vault.walk import ODD_MESSAGES, Oddity, printable

_LAST_WRITES = 3
_MOST_NAMED = 5
_GAP = "  "

_PROBLEMS = {
    "encoding": N_("{path} is not UTF-8; it is read, and not written."),
    "front-matter": N_("{path} has front matter that can't be read; it is not written until mended."),
}


class Status(NamedTuple):
    """What there is to say about a vault."""

    customers: list[Customer]
    archived: int
    me: Person | None
    oddities: tuple[Oddity, ...]
    troubled: list[tuple[PurePosixPath, str]]
    conflicts: list[PurePosixPath]
    sharing: Sharing
    writes: list[Record]
    taken_in: int
    is_stale: bool


@command(
    "status",
    help=N_(
        "Show how this vault stands: customers by stage, who you are, when all was last shared, the last "
        "writes, what is odd."
    ),
    examples=("vault status", "vault status --json"),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def status(app: App, as_json: bool) -> Exit:
    """Show the state of the vault."""
    state = _look(app)
    if as_json:
        app.out.json(_document(app, state))
        return Exit.OK
    _print(app, list(_rows(app, state)))
    for line in _troubles(app, state):
        app.out.warn(line)
    for line in sharing_troubles(app, state.sharing):
        app.out.warn(line)
    if any(is_overdue(server, app.now.timestamp()) for server in state.sharing.servers):
        app.out.hint(_("`vault sync` sends it, or says what stands in the way."))
    if state.troubled or state.oddities:
        app.out.hint(_("`vault lint` says what is wrong, line by line."))
    if state.me is None:
        app.out.hint(_("`vault whoami NAME` says who you are."))
    return Exit.OK


def _print(app: App, rows: list[tuple[str, str]]) -> None:
    """Print what there is to say; on a terminal what is longer than a line goes on below."""
    if not app.out.is_terminal:
        app.out.table(rows)
        return
    column = max(width(label) for label, _text in rows) + len(_GAP)
    for label, text in rows:
        first, *others = _wrapped(text, max(app.out.columns - column, 1))
        app.out.line(pad(label, column) + first)
        app.out.lines(" " * column + line for line in others)


def _wrapped(text: str, columns: int) -> list[str]:
    """Break a text into lines, behind a comma where that is possible."""
    lines = [""]
    for part in re.split(r"(?<=, )|(?<=，)", text):
        if lines[-1] and width(lines[-1] + part.rstrip()) > columns:
            lines.append("")
        *whole, lines[-1] = wrap(lines[-1] + part, columns) or [""]
        lines[-1:-1] = whole
        lines[-1] += part[len(part.rstrip()) :] if lines[-1] else ""
    return lines


def _comma() -> str:
    return "，" if language() == "zh" else ", "


def _look(app: App) -> Status:
    with shown(app.out, _("Reading notes")) as progress:
        freshness = app.vault.fresh(progress)
    customers = list(app.vault.customers(None))
    found = problems(app.vault.catalog)
    at_work = [customer for customer in customers if not customer.is_archived]
    return Status(
        customers=at_work,
        archived=len(customers) - len(at_work),
        me=app.vault.whoami(app.env, app.git_email),
        oddities=freshness.oddities,
        troubled=[(path, problem) for path, problem in found if problem in _PROBLEMS],
        conflicts=[path for path, problem in found if problem == "conflict"],
        sharing=sharing_of(app.root, app.settings, app.env),
        writes=list(islice(history(app.vault.places), _LAST_WRITES)),
        taken_in=freshness.changed + freshness.removed,
        is_stale=freshness.is_stale,
    )


def _rows(app: App, state: Status) -> Iterator[tuple[str, str]]:
    yield _("Vault"), str(app.vault.root)
    counts = [_customers(len(state.customers)), _entries(sum(one.entries for one in state.customers))]
    if state.archived:
        counts.append(_("{count} archived").format(count=state.archived))
    yield _("Holds"), _comma().join(counts)
    yield (
        _("Stages"),
        _comma().join(f"{label} {count}" for label, count in _by_stage(app.vault.schema, state.customers)),
    )
    if overdue := _overdue(app, state):
        yield _("Overdue"), ngettext("{count} next step", "{count} next steps", overdue).format(count=overdue)
    yield _("You"), f"{state.me.name} ({state.me.id})" if state.me else "-"
    yield from sharing_rows(app, state.sharing)
    if count := len(state.conflicts):
        yield (
            _("To decide"),
            ngettext("{count} note: `vault conflicts`", "{count} notes: `vault conflicts`", count).format(
                count=count
            ),
        )
    yield _("Catalog"), _catalog(state)
    for record in state.writes:
        yield _("Written"), _write(app, record)


def _customers(count: int) -> str:
    return ngettext("{count} customer", "{count} customers", count).format(count=count)


def _entries(count: int) -> str:
    return ngettext("{count} entry", "{count} entries", count).format(count=count)


def _by_stage(schema: Schema, customers: list[Customer]) -> Iterator[tuple[str, int]]:
    counts = Counter(customer.stage for customer in customers)
    for word in schema.vocabularies.get("stage", ()):
        if count := counts.pop(word.name, 0):
            yield word.label(language()), count
    if other := sum(counts.values()):
        yield _("other"), other


def _overdue(app: App, state: Status) -> int:
    return sum(1 for customer in state.customers if customer.next and customer.next < app.today.isoformat())


def _catalog(state: Status) -> str:
    if state.is_stale:
        return _("in use by another process; this is its last state")
    if not state.taken_in:
        return _("up to date")
    return ngettext(
        "up to date; {count} file taken in", "up to date; {count} files taken in", state.taken_in
    ).format(count=state.taken_in)


def _write(app: App, record: Record) -> str:
    files = ngettext("{count} file", "{count} files", len(record.entries)).format(count=len(record.entries))
    undone = _(" (undone)") if record.is_undone else ""
    return f"{app.local_time(record.when):%Y-%m-%d %H:%M} {record.command}{_comma()}{files}{undone}"


def _troubles(app: App, state: Status) -> Iterator[str]:
    for notice in app.vault.settings.warnings:
        yield render(notice.message, notice.values)
    said = [
        _(ODD_MESSAGES[odd.kind]).format(path=printable(odd.path), detail=odd.detail)
        for odd in state.oddities
    ]
    said += [_(_PROBLEMS[problem]).format(path=printable(path)) for path, problem in state.troubled]
    yield from said[:_MOST_NAMED]
    if len(said) > _MOST_NAMED:
        yield _("... and {count} more").format(count=len(said) - _MOST_NAMED)


def _document(app: App, state: Status) -> dict[str, object]:
    vault = app.vault
    return {
        "root": str(vault.root),
        "id": vault.settings.id,
        "language": vault.settings.language,
        "customers": len(state.customers),
        "archived": state.archived,
        "entries": sum(one.entries for one in state.customers),
        "stages": dict(Counter(one.stage or "" for one in state.customers)),
        "overdue": _overdue(app, state),
        "me": document(state.me) if state.me else None,
        "fresh": not state.is_stale,
        "oddities": [{"path": printable(odd.path), "kind": str(odd.kind)} for odd in state.oddities],
        "problems": [{"path": printable(path), "problem": problem} for path, problem in state.troubled],
        "conflicts": [printable(path) for path in state.conflicts],
        "sharing": sharing_document(app, state.sharing),
        "writes": [
            {
                "command": record.command,
                "when": f"{app.local_time(record.when):%Y-%m-%dT%H:%M:%S}",
                "files": [printable(entry.path) for entry in record.entries],
                "undone": record.is_undone,
            }
            for record in state.writes
        ],
    }
