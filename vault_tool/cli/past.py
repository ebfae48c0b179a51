"""What the commands about the past share: which customer, which day, who it was, and what changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.pick import fresh, pick_customer
from vault_tool.errors import Exit, VaultError
from vault_tool.git.log import Commit
from vault_tool.git.writing import OWN_EMAIL
from vault_tool.messages import N_, _, language
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.schema import FieldType, Language, Schema
from vault_tool.sync.changes import Changed, What
from vault_tool.sync.past import Past
from vault_tool.vault.public import MASK, SealedKeys, masked
from vault_tool.vault.resolve import How


class NotYetThen(VaultError):
    """A customer has no version of that day."""

    message = N_("There is no {name} of {day}: it wasn't in the vault then, or wasn't saved yet.")
    hint = N_("`vault history {word}` shows its changes and their days.")
    exit_code = Exit.USAGE


class Subject(NamedTuple):
    """The customer that a command about the past is about; a removed one has only a past."""

    id: str | None
    name: str
    path: PurePosixPath
    is_removed: bool


def past_of(app: App) -> Past:
    """Open what git kept of this vault. Raises `NoPast`."""
    return Past(app.vault.root, app.vault.settings, app.vault.schema, app.env)


def subject(app: App, past: Past, name: str, *, removed_first: bool = False) -> Subject:
    """Return the customer that a name means, among the removed ones where nobody else bears it.

    With `removed_first` also where somebody else is meant only by a part of their name.
    """
    fresh(app)
    found = app.vault.resolve(name)
    if not found or (removed_first and found[0].how > How.NAME):
        known = app.vault.catalog
        gone = [
            version.note
            for version in past.removed(name)
            if not known.rows("SELECT 1 FROM customers WHERE id = ?", (version.note.id,))
            and (version.note.id or past.now(version.note.path) is None)
        ]
        if gone:
            question = _("“{name}” may be:").format(name=name)
            choices = [f"{shown_name(note)}  {note.path}" for note in gone]
            note = gone[app.out.choose(question, choices)] if len(gone) > 1 else gone[0]
            return Subject(note.id, shown_name(note), note.path, is_removed=True)
    match = pick_customer(app, name)
    return Subject(match.id, match.name, match.path, is_removed=False)


def shown_name(note: Note) -> str:
    """Return a customer's name as it may be shown."""
    return masked(note, SealedKeys(note.schema), MASK).name


def start_of(day: date) -> float:
    """Return the moment at which a day begins here."""
    return datetime.combine(day, time()).timestamp()


def end_of(day: date) -> float:
    """Return the last moment of a day here, as commits count: in whole seconds."""
    return start_of(day + timedelta(days=1)) - 1


def said_who(app: App, commit: Commit | None) -> str:
    """Return who made a change, by the team's name for them; nobody where two sides were joined."""
    if commit is None or commit.email == OWN_EMAIL:
        return ""
    found = person_of(app, commit)
    return app.vault.settings.person(found).name if found else commit.author  # type: ignore[union-attr]


def person_of(app: App, commit: Commit) -> str | None:
    """Return the id of the team's person behind a commit."""
    settings = app.vault.settings
    email = commit.email.casefold()
    for person in settings.people:
        if email and (person.email or "").casefold() == email:
            return person.id
    known = settings.person(commit.author)
    return known.id if known else None


def said_when(app: App, at: float) -> str:
    """Return a moment as this machine's wall clock shows it, to the minute."""
    return app.local_time(at).strftime("%Y-%m-%d %H:%M")


def said_changed(change: Changed, schema: Schema, into: Language) -> str:
    """Return one change in a line: fields and words by their labels in the vault's language."""
    match change.what:
        case What.FIELD:
            return _field_changed(change, schema, into)
        case What.ENTRY_ADDED:
            return f"+ {change.name}"
        case What.ENTRY_REMOVED:
            return f"- {change.name}"
        case What.ENTRY_EDITED:
            return f"~ {change.old} → {change.name}" if change.old else f"~ {change.name}"
        case What.CONFLICT | What.SETTLED:
            label = field_label(change.name, schema, into)
            if change.what is What.CONFLICT:
                return _("{field}: two versions met").format(field=label)
            return _("{field}: settled").format(field=label)
        case What.MOVED:
            return _("moved: {old} → {new}").format(old=change.old, new=change.new)
    return _(_WHOLE[change.what])


_WHOLE = {
    What.BEGUN: N_("begun"),
    What.REMOVED: N_("removed"),
    What.PROFILE: N_("profile edited"),
    What.RESEALED: N_("sealed anew, for other keys"),
    What.LAYOUT: N_("only how it is written"),
}


def _field_changed(change: Changed, schema: Schema, into: Language) -> str:
    label = field_label(change.name, schema, into)
    if change.is_sealed:
        if change.old is None and change.new is not None:
            return _("{field}: entered, sealed").format(field=label)
        if change.new is None and change.old is not None:
            return _("{field}: taken out, sealed").format(field=label)
        return _("{field}: changed, sealed").format(field=label)
    old, new = (_said_value(change.name, each, schema, into) for each in (change.old, change.new))
    if old is None:
        return f"{label}: {new}"
    return f"{label}: {old} → {new or _('empty')}"


def field_label(name: str, schema: Schema, into: Language | None = None) -> str:
    """Return a field's name as people read it; of the text of a note, that."""
    if not name:
        return _("text")
    field = schema.field(name)
    return field.label(into or language()) if field else name


def _said_value(name: str, value: str | None, schema: Schema, into: Language) -> str | None:
    field = schema.field(name)
    word = schema.word(field.vocabulary, value) if field and field.vocabulary and value else None
    if word and field and field.type is FieldType.WORD:
        return word.label(into)
    return " ".join(value.split()) if value else value
