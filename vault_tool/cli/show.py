"""`vault show`: a customer as one reads before a visit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.pick import pick_customer
from vault_tool.cli.say import distance, said_date, said_step, said_value, said_word, shell_word
from vault_tool.cli.width import pad, width
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, language, ngettext
from vault_tool.notes.entries import Entry
from vault_tool.notes.nodes import Mapping as MapNode
from vault_tool.notes.nodes import Node, Scalar, Sequence
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.overview import Overview, overview
from vault_tool.notes.text import Edit, apply_edits
from vault_tool.notes.values import Amount, Value, plain
from vault_tool.schema import Field
from vault_tool.vault import files
from vault_tool.vault.public import MASK, Public, SealedKeys, masked, without_sealed_body

_LATEST = 3
# Shown in the first lines, or of no use before a visit.
_ELSEWHERE = frozenset({"id", "name", "aliases", "type", "stage", "owner", "importance", "next", "contacts"})


@command(
    "show",
    help=N_(
        "Show a customer as one reads before a visit: who, stage, next step, complaints, orders, "
        "contacts, the last entries.\n\n"
        "A customer is named by id, name, alias, part of a name, a contact or pinyin."
    ),
    examples=("vault show lanhai", "vault show 蓝海 --all", "vault show 蓝海 --reveal 手机"),
)
@argument("customer", shell_complete=customers)
@option("-a", "--all", "everything", is_flag=True, help=N_("Show the whole timeline."))
@option(
    "--reveal",
    multiple=True,
    is_flag=False,
    flag_value="*",
    metavar="[FIELD]",
    help=N_("With a sealed field in the clear, or with all that you may read."),
)
@option("--raw", is_flag=True, help=N_("Print the file as it is."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def show(
    app: App, customer: str, everything: bool, reveal: tuple[str, ...], raw: bool, as_json: bool
) -> Exit:
    """Show one customer."""
    path = pick_customer(app, customer).path
    if raw:
        app.out.raw(files.read(app.vault.root, path).data)
        return Exit.OK
    note = _as_shown(app, app.vault.read(path)[0], reveal)
    seen = overview(note, app.vault.settings.currency)
    if as_json:
        app.out.json(_document(app, note, seen, everything))
        return Exit.OK
    app.out.lines(_head(app, note, seen))
    if profile := note.profile.body.of(note.text).strip():
        app.out.line()
        app.out.line(profile)
    shown = seen.entries if everything else seen.entries[:_LATEST]
    for entry in shown:
        app.out.line()
        app.out.lines(_entry(app, note, entry))
    left = len(seen.entries) - len(shown)
    if left:
        count = ngettext("{count} earlier entry", "{count} earlier entries", left).format(count=left)
        app.out.hint(_("{count}: vault show {name} --all").format(count=count, name=shell_word(customer)))
    return Exit.OK


def _as_shown(app: App, note: Note, reveal: tuple[str, ...]) -> Note:
    """Return a note as it may be shown: sealed values masked, but for those that were asked for."""
    if not reveal:
        return masked(note, SealedKeys(app.vault.schema), MASK)
    from vault_tool.cli.reveal import revealed

    note = without_sealed_body(note, MASK)
    edits = [*revealed(app, note, reveal).edits]
    for span in Public(note, SealedKeys(note.schema)).hidden():
        if not any(span.start <= edit.span.start < span.end for edit in edits):
            edits.append(Edit(span, MASK))
    return parse_note(note.path, apply_edits(note.text, edits), note.schema)


def _head(app: App, note: Note, seen: Overview) -> Iterator[str]:
    schema, out = note.schema, app.out
    names = _(", ")
    also = f" ({names.join(note.aliases)})" if note.aliases else ""
    yield out.style(f"{note.name}{also}", "bold") + "  " + out.style(str(note.path), "dim")
    who = [
        said_word(schema, key, word)
        for key in ("type", "stage", "importance")
        if (word := note.text_value(key))
    ]
    if note.owner:
        person = app.vault.settings.person(note.owner)
        who.append(_("owner {name}").format(name=person.name if person else note.owner))
    yield " · ".join(who)
    rows = list(_rows(app, note, seen))
    column = max((width(label) for label, _text in rows), default=0)
    for label, text in rows:
        yield f"{out.style(pad(label, column), 'dim')}  {text}"


def _rows(app: App, note: Note, seen: Overview) -> Iterator[tuple[str, str]]:
    schema, today = note.schema, app.today

    def label(name: str) -> str:
        field = schema.field(name)
        return field.label(language()) if field else name

    for step in seen.next:
        yield label("next"), said_step(step, today, schema)
    if seen.last and seen.last.date:
        channel = said_word(schema, "channel", seen.last.channel) if seen.last.channel else ""
        when = f"{said_date(seen.last.date, schema)} {channel}".rstrip()
        yield _("Last contact"), f"{when} ({distance(seen.last.date, today)})"
    for complaint in seen.open_complaints:
        what = complaint.title or _first_line(complaint.body.of(note.text))
        day = said_date(complaint.date, schema) if complaint.date else complaint.date_text
        yield _("Open complaint"), app.out.style(f"{day} {what}", "red")
    if seen.orders.count:
        yield _("Orders"), _orders(seen)
    for contact in _contacts(note):
        yield label("contacts"), contact
    for node in note.front_matter.fields if note.front_matter else ():
        if node.name in _ELSEWHERE or node.field is None or node.field.internal:
            continue
        value = note.value(node.name)
        if value is not None:
            yield label(node.name), _said(app, note, node.field, value)


def _said(app: App, note: Note, field: Field, value: Value) -> str:
    if isinstance(value, Amount) and value.currency is None:
        value = value._replace(currency=app.vault.settings.currency)
    return said_value(field, value, note.schema)


def _orders(seen: Overview) -> str:
    count = ngettext("{count} order", "{count} orders", seen.orders.count).format(count=seen.orders.count)
    sums = " + ".join(f"{_number(value)} {currency}" for currency, value in sorted(seen.orders.sums.items()))
    last = _("last {day}").format(day=seen.orders.last) if seen.orders.last else ""
    return " · ".join(part for part in (count, sums, last) if part)


def _number(value: Decimal) -> str:
    return f"{value.normalize():,f}" if value % 1 else f"{value.quantize(Decimal(1)):,f}"


def _contacts(note: Note) -> Iterator[str]:
    """Yield a line per contact; of what is masked, the label says what it is."""
    node = note.front_matter.get("contacts") if note.front_matter else None
    if node is None or node.field is None:
        return
    items: tuple[Node, ...] = node.node.items if isinstance(node.node, Sequence) else (node.node,)
    for item in items:
        match item:
            case MapNode(pairs=pairs):
                parts = (_contact_part(node.field, key, value) for key, value in pairs)
                yield " ".join(part for part in parts if part)
            case Scalar(text=text) if text.strip():
                yield text.strip()


def _contact_part(contacts: Field, key: Scalar, value: Node) -> str:
    text = value.text.strip() if isinstance(value, Scalar) else ""
    inner = contacts.inner(key.text)
    if not text or inner is None:
        return text
    return f"{inner.label(language())} {MASK}" if text == MASK else text


def _entry(app: App, note: Note, entry: Entry) -> Iterator[str]:
    schema = note.schema
    day = said_date(entry.date, schema) if entry.date else entry.date_text
    words = [day, entry.time or ""]
    words += [said_word(schema, name, word) for name in ("channel", "kind") if (word := getattr(entry, name))]
    words += [f"@{entry.author}" if entry.author else "", *(f"#{tag}" for tag in entry.tags), entry.title]
    where = f"{note.path}:{note.entry_line(entry)}"
    heading = " ".join(word for word in words if word)
    yield app.out.style(heading, "bold") + "  " + app.out.style(where, "dim")
    yield from entry.body.of(note.text).strip("\r\n").splitlines()


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _document(app: App, note: Note, seen: Overview, everything: bool) -> dict[str, object]:
    entries = seen.entries if everything else seen.entries[:_LATEST]
    person = app.vault.settings.person(note.owner) if note.owner else None
    return {
        "customer": {
            "id": note.id,
            "name": note.name,
            "aliases": list(note.aliases),
            "type": note.type,
            "stage": note.stage,
            "owner": person.id if person else note.owner,
            "importance": note.text_value("importance"),
        },
        "path": str(note.path),
        "fields": _open_fields(note),
        "contacts": list(_contacts(note)),
        "next": [
            {"date": step.date.isoformat() if step.date else None, "text": step.text} for step in seen.next
        ],
        "last_contact": seen.last.date.isoformat() if seen.last and seen.last.date else None,
        "orders": {
            "count": seen.orders.count,
            "sums": {currency: str(value) for currency, value in seen.orders.sums.items()},
            "last": seen.orders.last.isoformat() if seen.orders.last else None,
        },
        "open_complaints": [note.entry_line(entry) for entry in seen.open_complaints],
        "profile": note.profile.body.of(note.text).strip(),
        "entries": [_entry_document(note, entry) for entry in entries],
        "entry_count": len(seen.entries),
    }


def _open_fields(note: Note) -> Mapping[str, str]:
    """Return the other fields as text."""
    fields: dict[str, str] = {}
    for node in note.front_matter.fields if note.front_matter else ():
        value = note.value(node.name)
        if node.name in _ELSEWHERE or value is None or (node.field and node.field.internal):
            continue
        fields[node.name] = plain(value)
    return fields


def _entry_document(note: Note, entry: Entry) -> dict[str, object]:
    return {
        "line": note.entry_line(entry),
        "date": entry.date.isoformat() if entry.date else None,
        "time": entry.time,
        "channel": entry.channel,
        "kind": entry.kind,
        "author": entry.author,
        "tags": list(entry.tags),
        "title": entry.title,
        "fields": {field.name: field.value for field in entry.fields},
        "text": entry.body.of(note.text).strip(),
    }
