"""`vault conflicts`: where two people gave different values, who gave which, and what was kept beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.past import field_label, past_of, person_of, said_when, said_who, shown_name
from vault_tool.cli.pick import fresh
from vault_tool.errors import Exit, VaultError
from vault_tool.git.log import Commit
from vault_tool.merge.file import CONFLICTS as PARKED
from vault_tool.messages import N_, _, ngettext
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.sync.open_conflicts import (
    Kept,
    Open,
    Sources,
    are_equal,
    kept_files,
    notes_with_conflicts,
    shown_conflicts,
    sources,
)
from vault_tool.sync.past import NoPast, Past
from vault_tool.vault.public import SealedKeys


class Question(NamedTuple):
    """An open conflict of one customer; `is_equal` only where both sealed values could be opened."""

    note: Note
    open: Open
    sources: Sources
    is_equal: bool | None

    @property
    def field(self) -> str:
        """The field's path; "" for text."""
        return self.open.conflict.field


@command(
    "conflicts",
    help=N_(
        "Show where two people gave a customer different values at the same time, and who gave which.\n\n"
        "Nothing is lost: both values stand in the note until `vault resolve`, or you, take one away."
    ),
    examples=("vault conflicts", "vault conflicts --json"),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def conflicts(app: App, as_json: bool) -> Exit:
    """List what is open in the whole vault."""
    fresh(app)
    paths = [customer.path for customer in app.vault.customers(None)]
    notes = notes_with_conflicts(app.vault.root, paths, app.vault.schema)
    found = list(questions(app, notes, asks=False))
    kept = kept_files(app.vault.root)
    if as_json:
        app.out.json(
            {
                "conflicts": [_document(app, each) for each in found],
                "files": [{"path": str(each.path), "of": str(each.of)} for each in kept],
            }
        )
        return Exit.DECIDE if found or kept else Exit.OK
    if not found and not kept:
        app.out.line(_("Nothing is open."))
        return Exit.OK
    app.out.lines(_lines(app, found))
    tell_kept(app, kept, gap=bool(found))
    if found:
        app.out.hint(_("`vault resolve` asks, one after the other."))
    return Exit.DECIDE


def questions(app: App, notes: Iterable[Note], *, asks: bool) -> Iterator[Question]:
    """Yield what is open in these notes, with who gave which value where a history tells.

    Only with `asks` a person may be asked for the passphrase of a key.
    """
    keys = SealedKeys(app.vault.schema)
    with suppress(NoPast), past_of(app) as past:
        yield from _questions(app, notes, keys, past, asks)
        return
    yield from _questions(app, notes, keys, None, asks)


def _questions(
    app: App, notes: Iterable[Note], keys: SealedKeys, past: Past | None, asks: bool
) -> Iterator[Question]:
    own = _keys(app, asks)
    for note in notes:
        steps = past.steps(note.path, note.id) if past else []
        for each in shown_conflicts(note, keys):
            is_equal = None
            if each.is_sealed:
                with suppress(VaultError):
                    is_equal = are_equal(note, each.conflict, own)
            yield Question(note, each, sources(steps, each.conflict), is_equal)


def _keys(app: App, asks: bool) -> VaultKeys:
    from vault_tool.cli.keys import keys_of

    if asks:
        return keys_of(app)
    vault = app.vault
    return VaultKeys(vault.root, vault.settings, vault.places.state, app.env, lambda _name: "")


def label(app: App, question: Question) -> str:
    """Return the field that a conflict is about, as people read it; of a text the day of its entry."""
    if question.field:
        top, _dot, rest = question.field.partition(".")
        return field_label(top, app.vault.schema, app.vault.settings.language) + (f".{rest}" if rest else "")
    span = question.open.conflict.span
    entry = next((each for each in question.note.entries if each.span.holds(span.start)), None)
    return entry.date_text if entry else _("text")


def said_value(app: App, question: Question, value: str) -> str:
    """Return a value as people read it: a word by its label."""
    field = app.vault.schema.field(question.field)
    word = app.vault.schema.word(field.vocabulary, value) if field and field.vocabulary else None
    return word.label(app.vault.settings.language) if word else value


def said_source(app: App, commit: Commit | None) -> str:
    """Return who gave a value, and when; that nobody knows where no history tells."""
    if commit is None:
        return _("not known who")
    return f"{said_who(app, commit)}, {said_when(app, commit.at)}"


def tell_kept(app: App, kept: list[Kept], *, gap: bool = False) -> None:
    """Show the files that a merge kept beside others, and what to do about them."""
    if not kept:
        return
    if gap:
        app.out.line()
    count = ngettext(
        "{count} file was kept beside another:", "{count} files were kept beside others:", len(kept)
    )
    app.out.line(count.format(count=len(kept)))
    for each in kept:
        said = _("{path}: another version of {of}").format(path=each.path, of=each.of)
        if each.path.is_relative_to(PARKED):
            said = _("{path}: a version of {of} that gave way").format(path=each.path, of=each.of)
        app.out.line(f"  {said}")
    app.out.hint(_("Take from these files what you need, then delete them."))


def _lines(app: App, found: list[Question]) -> Iterator[str]:
    last: Note | None = None
    for question in found:
        if question.note is not last:
            if last is not None:
                yield ""
            name = app.out.style(shown_name(question.note), "bold")
            yield f"{name}  " + app.out.style(str(question.note.path), "dim")
            last = question.note
        same = " " + _("(both are the same)") if question.is_equal else ""
        yield f"  {label(app, question)}{same}"
        sides = ((question.open.shown, question.sources.shown), (question.open.other, question.sources.other))
        for number, (value, commit) in enumerate(sides, 1):
            first, *others = said_value(app, question, value).splitlines() or [""]
            yield f"    {number}  {said_source(app, commit)}: {first}"
            yield from (f"       {line}" for line in others)


def _document(app: App, question: Question) -> dict[str, object]:
    note = question.note
    return {
        "customer": {"id": note.id, "name": shown_name(note)},
        "path": str(note.path),
        "line": question.open.line,
        "field": question.field or None,
        "sealed": question.open.is_sealed,
        "equal": question.is_equal,
        "values": [
            _value(app, question, question.open.shown, question.sources.shown),
            _value(app, question, question.open.other, question.sources.other),
        ],
    }


def _value(app: App, question: Question, value: str, commit: Commit | None) -> dict[str, object]:
    return {
        "value": None if question.open.is_sealed else value,
        "who": {"id": person_of(app, commit), "name": said_who(app, commit)} if commit else None,
        "at": app.local_time(commit.at).isoformat() if commit else None,
    }
