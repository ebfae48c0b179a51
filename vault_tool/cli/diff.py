"""`vault diff`: what changed since the last sync, or since a day, line by line; nothing sealed is shown."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.ask import NotTogether
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.past import NotYetThen, end_of, past_of, said_changed, shown_name, start_of, subject
from vault_tool.cli.say import shell_word
from vault_tool.cli.words import said_day
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext
from vault_tool.named import NamedTuple
from vault_tool.sync.changes import masked_before_sealing, note_changes, shown_note
from vault_tool.sync.past import Difference, Past, Version
from vault_tool.vault.public import SealedKeys


class Shown(NamedTuple):
    """One customer's difference as it is shown: the lines of a unified diff, and what they can't tell."""

    difference: Difference
    lines: list[str]
    beside: list[str]

    @property
    def added(self) -> int:
        """How many lines came."""
        return sum(line.startswith("+") for line in self.lines[2:])

    @property
    def removed(self) -> int:
        """How many lines went."""
        return sum(line.startswith("-") for line in self.lines[2:])


@command(
    "diff",
    help=N_(
        "Show what changed since the last sync, line by line; without a customer, of all that changed.\n\n"
        "What is sealed is never shown, not even where it stood in plain."
    ),
    examples=("vault diff", "vault diff lanhai --at 2026-11-01", "vault diff --since yesterday --stat"),
)
@argument("customers", metavar="[CUSTOMER]...", nargs=-1, shell_complete=customers)
@option("--at", metavar="DAY", help=N_("Compare with the notes as they were at the end of a day."))
@option("--since", metavar="DAY", help=N_("Show what changed from this day on: yesterday, 2026-11-20 ..."))
@option("--stat", is_flag=True, help=N_("Only count lines."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def diff(
    app: App, customers: tuple[str, ...], at: str | None, since: str | None, stat: bool, as_json: bool
) -> Exit:
    """Show what changed."""
    if at and since:
        raise NotTogether(first="--at", second="--since")
    schema = app.vault.schema
    day = said_day(at or since or "", app.today, schema, "past") if at or since else None
    moment = None if day is None else end_of(day) if at else start_of(day) - 1
    with past_of(app) as past:
        if customers:
            found = [_of_one(app, past, name, moment, day) for name in customers]
        else:
            found = past.differences(moment)
        shown = [each for pair in found if (each := _shown(app, pair, day if at else None))]
    if as_json:
        app.out.json({"customers": [_document(each) for each in shown]})
    elif stat:
        app.out.table(
            (_name(each.difference), f"+{each.added}", f"-{each.removed}", "; ".join(each.beside))
            for each in shown
        )
    else:
        _print(app, shown)
    if not as_json:
        _sum_up(app, shown)
    return Exit.OK


def _of_one(app: App, past: Past, name: str, moment: float | None, day: date | None) -> Difference:
    who = subject(app, past, name)
    steps = past.steps(who.path, who.id)
    now = None if who.is_removed else past.now(who.path)
    if moment is not None:
        then = past.at(steps, moment)
    elif steps and steps[0].commit is None:
        then = steps[0].before
    else:
        return Difference(now, now)
    if then is None and now is None:
        raise NotYetThen(name=who.name, day=day, word=shell_word(name))
    return Difference(then, now)


def _shown(app: App, pair: Difference, at: date | None) -> Shown | None:
    """Return what there is to show of a difference; None where there is none."""
    keys = SealedKeys(app.vault.schema)
    before, after = (version.note if version else None for version in pair)
    changes = note_changes(before, after, keys)
    if not changes:
        return None
    new = shown_note(after, keys) if after else ""
    old = masked_before_sealing(shown_note(before, keys), new) if before else ""
    then = at.isoformat() if at else _("before")
    lines = list(
        difflib.unified_diff(
            old.splitlines(),
            new.splitlines(),
            f"{_named(pair.before, pair)} · {then}",
            f"{_named(pair.after, pair)} · {_('now')}",
            lineterm="",
        )
    )
    language = app.vault.settings.language
    told = [each for each in changes if each.is_sealed or each.name == "" or not lines]
    beside = [
        said_changed(each, app.vault.schema, language) for each in told if not _is_seen(each.what, lines)
    ]
    return Shown(pair, lines, beside)


def _is_seen(what: str, lines: Sequence[str]) -> bool:
    """Tell whether the lines of a diff say by themselves what happened."""
    return bool(lines) and what in ("profile", "begun", "removed", "layout", "conflict", "settled")


def _named(version: Version | None, pair: Difference) -> str:
    return shown_name(version.note) if version else _name(pair)


def _name(pair: Difference) -> str:
    version = pair.after or pair.before
    assert version is not None  # one of both is there
    return shown_name(version.note)


def _print(app: App, shown: Sequence[Shown]) -> None:
    for number, each in enumerate(shown):
        if number:
            app.out.line()
        if not each.lines:
            app.out.line(app.out.style(_name(each.difference), "bold"))
        app.out.diff("\n".join(each.lines))
        app.out.lines(f"  {text}" for text in each.beside)


def _sum_up(app: App, shown: Sequence[Shown]) -> None:
    if not shown:
        app.out.note(_("Nothing changed."))
        return
    count = ngettext("{count} customer differs", "{count} customers differ", len(shown))
    app.out.note(
        _("{customers}; lines: +{added} -{removed}").format(
            customers=count.format(count=len(shown)),
            added=sum(each.added for each in shown),
            removed=sum(each.removed for each in shown),
        )
    )


def _document(each: Shown) -> dict[str, object]:
    version = each.difference.after or each.difference.before
    assert version is not None  # one of both is there
    return {
        "customer": {"id": version.note.id, "name": shown_name(version.note)},
        "path": str(version.note.path) if each.difference.after else None,
        "added": each.added,
        "removed": each.removed,
        "diff": "\n".join(each.lines),
        "beside": each.beside,
    }
