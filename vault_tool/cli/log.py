"""`vault log`: the ten-second capture."""

from __future__ import annotations

import re
from dataclasses import replace

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import change_notes, show_diff
from vault_tool.cli.complete import channels, customers, kinds, people, stages
from vault_tool.cli.editor import compose
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.me import known_person, me
from vault_tool.cli.new import begin
from vault_tool.cli.pick import fresh, pick_customer
from vault_tool.cli.say import said_date, said_step, said_word
from vault_tool.cli.words import (
    NotADay,
    assignment,
    inline_value,
    is_ahead,
    known_inline_field,
    known_tag,
    known_word,
    next_step,
    said_day,
)
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, render
from vault_tool.notes.capture import Capture, captured
from vault_tool.notes.edit_entries import Draft
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import BOM, NOT_UTF8, decode
from vault_tool.notes.values import read_dated
from vault_tool.vault.journal import Change


class NothingToLog(VaultError):
    """No text, no field: there is nothing to write down."""

    message = N_("Nothing to note: no text was given.")
    hint = N_('vault log {customer} "..." -c call --next "Friday send quote"')
    exit_code = Exit.USAGE


class NotText(VaultError):
    """Bytes on standard input that are no text."""

    message = N_("What came through the pipe is no text: {problem}. Nothing was written.")
    exit_code = Exit.USAGE


class BadTime(VaultError):
    """A time of day that is none."""

    message = N_("“{time}” is no time of day; write it as 14:30.")
    exit_code = Exit.USAGE


@command(
    "log",
    help=N_(
        "Note what just happened with a customer.\n\n"
        "Plain words need no quotes. Without text on a terminal it asks for the note and the next step; "
        "text also comes from standard input."
    ),
    examples=(
        N_('vault log lanhai "Budget confirmed: **80k**" -c call --next "Friday send quote"'),
        N_("vault log lanhai order signed -k order -f amount=80000 --stage won"),
        N_("vault log 'Acme' --date yesterday --at 14:30 visited the new plant"),
    ),
)
@argument("customer", shell_complete=customers)
@argument("text", nargs=-1)
@option("-c", "--channel", shell_complete=channels, help=N_("How: call, visit, wechat ..."))
@option("-k", "--kind", shell_complete=kinds, help=N_("What: quote, order, complaint ..."))
@option("-n", "--next", "next_", metavar="DAY WORDS", help=N_("The next step: a day and what to do."))
@option("-s", "--stage", shell_complete=stages, help=N_("The stage this leads to."))
@option("-f", "--field", "fields", multiple=True, metavar="NAME=VALUE", help=N_("A field of the entry."))
@option("-t", "--tag", "tags", multiple=True, help=N_("A tag of the entry."))
@option("--title", default="", help=N_("A title behind the date."))
@option("--date", "day", metavar="DAY", help=N_("When, if not today: yesterday, 2026-11-20 ..."))
@option("--at", "time", metavar="HH:MM", help=N_("The time of day."))
@option("--by", metavar="PERSON", shell_complete=people, help=N_("Who, if not you."))
@option("-e", "--edit", is_flag=True, help=N_("Write the text in your editor."))
@option("--new", is_flag=True, help=N_("Start the customer if it isn't there yet."))
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def log(
    app: App,
    customer: str,
    text: tuple[str, ...],
    channel: str | None,
    kind: str | None,
    next_: str | None,
    stage: str | None,
    fields: tuple[str, ...],
    tags: tuple[str, ...],
    title: str,
    day: str | None,
    time: str | None,
    by: str | None,
    edit: bool,
    new: bool,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Write one entry into a customer's note, with the next step and the stage it leads to."""
    schema = app.vault.schema
    draft = Draft(
        date=said_day(day, app.today, schema, "past") if day else app.today,
        text=" ".join(text),
        time=_time(time),
        channel=known_word(schema, "channel", channel) if channel else None,
        kind=known_word(schema, "kind", kind) if kind else None,
        tags=tuple(known_tag(tag) for tag in tags),
        title=title,
        fields=tuple(_field(app, field) for field in fields),
    )
    capture = Capture(
        draft,
        next=next_step(next_, app.today, schema) if next_ else None,
        stage=known_word(schema, "stage", stage) if stage else None,
    )
    if is_ahead(draft.date, app.today):
        app.out.warn(_("{day} is still to come; it is written as what happened.").format(day=draft.date))
    begun = _begun(app, customer) if new else None
    note = begun or app.vault.read(pick_customer(app, customer).path)[0]
    capture = _complete(app, note.name, capture, edit=edit)
    capture = replace(capture, draft=replace(capture.draft, author=_author(app, note, by)))
    after = _write(app, note, capture, is_new=note is begun, dry_run=dry_run)
    if not dry_run:
        _tell(app, note, after, capture, as_json)
    return Exit.OK


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    found = re.fullmatch(r"([01]?\d|2[0-3])[:：]?([0-5]\d)", text.strip(), re.ASCII)
    if not found:
        raise BadTime(time=text)
    return f"{found[1]:0>2}:{found[2]}"


def _field(app: App, text: str) -> tuple[str, str]:
    key, value = assignment(text)
    field = known_inline_field(app.vault.schema, key)
    return field.name, inline_value(field, value, app.vault.schema, app.vault.settings.currency)


def _begun(app: App, name: str) -> Note | None:
    """Return the note of a customer that isn't there yet; None when somebody goes by that name."""
    fresh(app)
    return None if app.vault.resolve(name) else begin(app, name, {})


def _complete(app: App, name: str, capture: Capture, *, edit: bool) -> Capture:
    """Take the text from where it comes: the command line, the editor, standard input, or a question."""
    draft = capture.draft
    if edit:
        draft = replace(draft, text=compose(app, draft.text))
    elif not draft.text and not app.out.is_interactive:
        draft = replace(draft, text=_piped(app))
    elif not (draft.text or draft.fields or draft.title or capture.stage):
        draft = replace(draft, text=app.out.ask(_("{name}, what happened?").format(name=name)))
        if draft.text and capture.next is None:
            capture = replace(capture, next=_asked_next(app))
    if not (draft.text.strip() or draft.fields or draft.title or capture.stage):
        raise NothingToLog(customer=name)
    return replace(capture, draft=draft)


def _asked_next(app: App) -> str | None:
    """Ask for the next step until it begins with a day; a slip must not cost the note that was just typed."""
    while step := app.out.ask(_("Next step, day first (Enter: none)?")):
        try:
            return next_step(step, app.today, app.vault.schema)
        except NotADay as error:
            app.out.note(render(error.message, error.values))
            app.out.hint(render(error.hint, error.values))
    return None


def _piped(app: App) -> str:
    """Return the text on standard input, in whatever encoding an old program wrote it."""
    decoded = decode(app.out.read_input())
    if decoded.problem and decoded.problem != NOT_UTF8:
        raise NotText(problem=decoded.problem)
    return decoded.text.removeprefix(BOM)


def _author(app: App, note: Note, by: str | None) -> str | None:
    """Return the author to write down: nobody when it is the owner, or nobody knows."""
    author = known_person(app, by) if by else me(app)
    if author is None or (note.owner and app.vault.settings.person(note.owner) == author):
        return None
    return author.id


def _write(app: App, note: Note, capture: Capture, *, is_new: bool, dry_run: bool) -> Note:
    settings = app.vault.settings

    def plan(note: Note) -> str:
        return captured(note, capture, settings.order, settings.language)

    command = f"vault log {note.name}"
    if is_new:
        after = plan(note)
        if dry_run:
            show_diff(app, note.path, "", after)
        else:
            app.vault.commit([Change(note.path, None, after.encode())], command)
    else:
        [changed] = change_notes(app, [note.path], plan, command, dry_run=dry_run)
        after = changed.after
    return parse_note(note.path, after, note.schema)


def _tell(app: App, before: Note, after: Note, capture: Capture, as_json: bool) -> None:
    """Say in one line what was written, what comes next, and how to take it back."""
    old = [entry.span.of(before.text).strip() for entry in before.entries]
    new = [entry.span.of(after.text).strip() for entry in after.entries]
    index = next((i for i, text in enumerate(new) if i >= len(old) or text != old[i]), 0)
    entry = after.entries[index]
    line = after.entry_line(entry)
    if as_json:
        app.out.json(
            {
                "customer": {"id": after.id, "name": after.name},
                "path": str(after.path),
                "line": line,
                "date": entry.date.isoformat() if entry.date else None,
                "channel": entry.channel,
                "kind": entry.kind,
                "author": entry.author,
                "stage": after.stage,
                "next": capture.next,
            }
        )
        return
    schema = after.schema
    what = [said_date(capture.draft.date, schema)]
    what += [said_word(schema, name, word) for name in ("channel", "kind") if (word := getattr(entry, name))]
    parts = [f"{after.name} · {' '.join(what)} → {after.path}:{line}"]
    if capture.stage:
        parts.append(_("stage {stage}").format(stage=said_word(schema, "stage", capture.stage)))
    if capture.next:
        parts.append(_("next {step}").format(step=said_step(read_dated(capture.next), app.today, schema)))
    parts.append(_("undo: vault undo"))
    app.out.line(" · ".join(parts))
