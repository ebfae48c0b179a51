"""`vault resolve`: settle where two people gave different values, one question after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import PurePosixPath

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import change_notes
from vault_tool.cli.complete import customers
from vault_tool.cli.conflicts import (
    Question,
    label,
    questions,
    said_source,
    said_value,
    tell_kept,
)
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.output import NothingChosen
from vault_tool.cli.past import shown_name
from vault_tool.cli.pick import fresh, pick_customer
from vault_tool.cli.words import known_field
from vault_tool.errors import Exit, VaultError
from vault_tool.merge.conflicts import Take, open_conflicts, plan_resolution
from vault_tool.messages import N_, _, ngettext
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import apply_edits
from vault_tool.sealing.places import TEXT
from vault_tool.sync.open_conflicts import kept_files, notes_with_conflicts

_TAKES: Mapping[str, Take] = {"1": "shown", "2": "other", "both": "both"}


class WhichCustomer(VaultError):
    """An answer was given beforehand, and not to which customer's question."""

    message = N_("--take answers for one customer: name it. Nothing was written.")
    exit_code = Exit.USAGE


class NotBoth(VaultError):
    """A field can't have both values."""

    message = N_("“{field}” can't have both values; only of a text both can stay. Nothing was written.")
    hint = N_("--take 1 or --take 2, as `vault conflicts` numbers them.")
    exit_code = Exit.USAGE


class NotOpen(VaultError):
    """The field that was named is not open."""

    message = N_("“{field}” is not open with this customer. Nothing was written.")
    hint = N_("`vault conflicts` shows what is.")
    exit_code = Exit.USAGE


class Key(NamedTuple):
    """What tells a conflict when a note is read again."""

    field: str
    shown: str
    other: str


@command(
    "resolve",
    help=N_(
        "Settle where two people gave different values: it shows both, with who and when, and asks.\n\n"
        "Sealed values that are equal settle by themselves. `vault conflicts` shows all without asking."
    ),
    examples=("vault resolve", "vault resolve lanhai", "vault resolve lanhai --field stage --take 2"),
)
@argument("customer", required=False, shell_complete=customers)
@option("--take", type=click.Choice(list(_TAKES)), help=N_("Which value, as `vault conflicts` numbers them."))
@option("--field", metavar="FIELD", help=N_("Only this field; `text` for what stands in entries."))
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def resolve(
    app: App, customer: str | None, take: str | None, field: str | None, dry_run: bool, as_json: bool
) -> Exit:
    """Settle what is open."""
    if take and not customer:
        raise WhichCustomer
    found = _open(app, customer, field)
    answers, settled = _answers(app, found, _TAKES[take] if take else None)
    for path, takes in answers.items():
        plan = partial(settled_text, takes=takes)
        change_notes(app, [path], plan, _command(customer), dry_run=dry_run)
    left = len(found) - len(settled)
    kept = [] if customer else kept_files(app.vault.root)
    if as_json:
        app.out.json({"settled": [_document(each) for each in settled], "left": left, "dry_run": dry_run})
        return Exit.DECIDE if left or kept else Exit.OK
    if not dry_run:
        for each in settled:
            app.out.line(
                _("Settled: {name}, {field}").format(name=shown_name(each.note), field=label(app, each))
            )
    if not found:
        app.out.line(_("Nothing is open."))
    if settled and not dry_run:
        app.out.note(_("undo: vault undo"))
    if left:
        app.out.note(ngettext("{count} is left open.", "{count} are left open.", left).format(count=left))
    tell_kept(app, kept)
    return Exit.DECIDE if left or kept else Exit.OK


def _command(customer: str | None) -> str:
    return f"vault resolve {customer}" if customer else "vault resolve"


def _open(app: App, customer: str | None, field: str | None) -> list[Question]:
    """Return what is open: of all customers, or of one; of all fields, or of one. Raises `NotOpen`."""
    if customer:
        paths = [pick_customer(app, customer).path]
    else:
        fresh(app)
        paths = [each.path for each in app.vault.customers(None)]
    notes = notes_with_conflicts(app.vault.root, paths, app.vault.schema)
    found = list(questions(app, notes, asks=True))
    if field is None:
        return found
    names = {""} if field == TEXT else {field}
    named = [each for each in found if each.field in names]
    if not named and field != TEXT:
        name = known_field(app.vault.schema, field).name
        named = [
            each for each in found if each.field == name or each.field.startswith((f"{name}.", f"{name}["))
        ]
    if not named:
        raise NotOpen(field=field)
    return named


def _answers(
    app: App, found: Iterable[Question], given: Take | None
) -> tuple[dict[PurePosixPath, dict[Key, Take]], list[Question]]:
    """Return what to take for each open conflict that is answered, by path, and those questions."""
    answers: dict[PurePosixPath, dict[Key, Take]] = {}
    settled: list[Question] = []
    for question in found:
        if question.is_equal:
            take: Take | None = "shown"
        elif given is not None:
            if given == "both" and question.field:
                raise NotBoth(field=label(app, question))
            take = given
        else:
            try:
                take = _asked(app, question)
            except NothingChosen:
                break
        if take is not None:
            conflict = question.open.conflict
            key = Key(conflict.field, conflict.shown, conflict.other)
            answers.setdefault(question.note.path, {})[key] = take
            settled.append(question)
    return answers, settled


def _asked(app: App, question: Question) -> Take | None:
    """Ask which value is right; None where the person passes it over. Raises `NothingChosen` to stop."""
    takes: list[Take | None] = ["shown", "other"]
    sides = ((question.open.shown, question.sources.shown), (question.open.other, question.sources.other))
    choices = []
    for value, commit in sides:
        lines = said_value(app, question, value).splitlines() or [""]
        choices.append(f"{said_source(app, commit)}: " + "\n       ".join(lines))
    if not question.field:
        choices.append(_("keep both"))
        takes.append("both")
    choices.append(_("skip"))
    takes.append(None)
    asked = _("{name} · {field}: which is right?").format(
        name=shown_name(question.note), field=label(app, question)
    )
    return takes[app.out.choose(asked, choices)]


def settled_text(note: Note, takes: Mapping[Key, Take]) -> str:
    """Return a note's text with these conflicts settled; one that is there no more is passed over."""
    settled = note
    for key, take in takes.items():
        for conflict in open_conflicts(settled):
            if Key(conflict.field, conflict.shown, conflict.other) == key:
                edits = plan_resolution(settled, conflict, take)
                settled = parse_note(note.path, apply_edits(settled.text, edits), note.schema)
                break
    return settled.text


def _document(question: Question) -> dict[str, object]:
    return {
        "customer": {"id": question.note.id, "name": shown_name(question.note)},
        "path": str(question.note.path),
        "field": question.field or None,
    }
