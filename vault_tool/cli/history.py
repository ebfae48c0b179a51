"""`vault history`: who changed what of a customer, and when."""

from __future__ import annotations

from collections.abc import Iterator

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.past import (
    Subject,
    past_of,
    person_of,
    said_changed,
    said_when,
    said_who,
    start_of,
    subject,
)
from vault_tool.cli.words import said_day
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext
from vault_tool.sync.changes import Changed, What
from vault_tool.sync.past import Step

_LIMIT = 20


@command(
    "history",
    help=N_(
        "Show who changed what of a customer, newest first: fields, entries, moves.\n\n"
        "What is sealed is named, never shown. Removed customers have a history too."
    ),
    examples=("vault history lanhai", "vault history 蓝海 --since 2026-10-01", "vault history lanhai -n 100"),
)
@argument("customer", shell_complete=customers)
@option("--since", metavar="DAY", help=N_("Only from this day on: yesterday, 2026-11-20 ..."))
@option("-n", "--limit", metavar="N", type=click.IntRange(min=1), help=N_("At most so many changes (20)."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def history(app: App, customer: str, since: str | None, limit: int | None, as_json: bool) -> Exit:
    """Show the past of one customer."""
    day = said_day(since, app.today, app.vault.schema, "past") if since else None
    with past_of(app) as past:
        who = subject(app, past, customer)
        steps = [step for step in past.steps(who.path, who.id) if step.changes]
    if day is not None:
        steps = [step for step in steps if step.commit is None or step.commit.at >= start_of(day)]
    shown = steps[: limit or _LIMIT]
    left = len(steps) - len(shown)
    if as_json:
        app.out.json(
            {
                "customer": {"id": who.id, "name": who.name},
                "path": None if who.is_removed else str(who.path),
                "steps": [_document(app, step) for step in shown],
                "more": left,
            }
        )
        return Exit.OK
    app.out.lines(_lines(app, who, shown))
    if left:
        count = ngettext("{count} earlier change", "{count} earlier changes", left).format(count=left)
        app.out.hint(_("{count}: -n {all} shows all.").format(count=count, all=len(steps)))
    return Exit.OK


def _lines(app: App, who: Subject, steps: list[Step]) -> Iterator[str]:
    yield app.out.style(who.name, "bold") + "  " + app.out.style(str(who.path), "dim")
    if not steps:
        yield _("No change is known.")
    for step in steps:
        yield ""
        if step.commit is None:
            yield app.out.style(_("not saved yet"), "bold", "yellow")
        else:
            name = said_who(app, step.commit) or _("joined by vault")
            yield app.out.style(said_when(app, step.commit.at), "bold") + f"  {name}"
        for change in step.changes:
            text = said_changed(change, app.vault.schema, app.vault.settings.language)
            yield "  " + app.out.style(text, *_STYLES.get(change.what, ()))


_STYLES = {
    What.ENTRY_ADDED: ("green",),
    What.ENTRY_REMOVED: ("red",),
    What.REMOVED: ("red",),
    What.CONFLICT: ("yellow",),
}


def _document(app: App, step: Step) -> dict[str, object]:
    commit = step.commit
    version = step.after or step.before
    return {
        "saved": commit is not None,
        "at": app.local_time(commit.at).isoformat() if commit else None,
        "who": {"id": person_of(app, commit), "name": said_who(app, commit) or None} if commit else None,
        "commit": commit.name if commit else None,
        "path": str(version.note.path) if version else None,
        "changes": [_change(change) for change in step.changes],
    }


def _change(change: Changed) -> dict[str, object]:
    document: dict[str, object] = {"what": str(change.what)}
    match change.what:
        case What.FIELD:
            document["field"] = change.name
            if change.is_sealed:
                document["sealed"] = True
            else:
                document |= {"old": change.old, "new": change.new}
        case What.CONFLICT | What.SETTLED:
            document["field"] = change.name
        case What.MOVED:
            document |= {"old": change.old, "new": change.new}
        case What.ENTRY_ADDED | What.ENTRY_EDITED | What.ENTRY_REMOVED:
            document["heading"] = change.name
            if change.old is not None:
                document["old"] = change.old
    return document
