"""`vault restore`: a customer as it was on a day, removed ones too; an ordinary change that can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.past import NotYetThen, Subject, end_of, past_of, subject
from vault_tool.cli.say import shell_word
from vault_tool.cli.words import said_day
from vault_tool.errors import Exit, VaultError
from vault_tool.merge.erased import ERASED, read_tombstones, tombstone
from vault_tool.messages import N_, _, ngettext
from vault_tool.notes.note import Note
from vault_tool.sealing.places import Places
from vault_tool.sealing.token import BadToken, Place, is_at, read_token
from vault_tool.sealing.unsealed import unsealed
from vault_tool.sync.changes import lost_entries, masked_before_sealing, shown_note
from vault_tool.sync.past import Version
from vault_tool.vault import files
from vault_tool.vault.journal import Change
from vault_tool.vault.public import SealedKeys

_NAMED = 5


class RemovedThen(NotYetThen):
    """A customer that was not in the vault on that day."""

    message = N_("On {day}, {name} was not in the vault: it had been removed.")


class Erased(VaultError):
    """A customer that was erased for good."""

    message = N_("{name} was erased for good, and stays so. Nothing was written.")
    exit_code = Exit.USAGE


@command(
    "restore",
    help=N_(
        "Bring a customer back as it was at the end of a day, the whole note; removed customers too.\n\n"
        "It asks when entries of today would go. `vault undo` takes it back, `vault diff --at` shows it."
    ),
    examples=("vault restore lanhai --at yesterday --dry-run", "vault restore 蓝海 --at 2026-11-01"),
)
@argument("customer", shell_complete=customers)
@option("--at", metavar="DAY", required=True, help=N_("The day: yesterday, 2026-11-20 ..."))
@option("--dry-run", is_flag=True, help=N_("Show what would change; write nothing."))
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def restore(app: App, customer: str, at: str, dry_run: bool, yes: bool, as_json: bool) -> Exit:
    """Bring a customer back as it was."""
    vault = app.vault
    day = said_day(at, app.today, vault.schema, "past")
    with past_of(app) as past:
        who = subject(app, past, customer, removed_first=True)
        _check_not_erased(app, who)
        steps = past.steps(who.path, who.id)
        then = past.at(steps, end_of(day))
        now = None if who.is_removed else past.now(who.path)
    if then is None:
        first = steps[-1].commit if steps else None
        error = RemovedThen if first and first.at <= end_of(day) else NotYetThen
        raise error(name=who.name, day=day.isoformat(), word=shell_word(customer))
    is_same = now is not None and now.data == then.data
    keys = SealedKeys(vault.schema)
    lost = lost_entries(now.note, then.note, keys) if now else []
    if not dry_run and not is_same:
        if lost and not app.out.confirm(_question(who, day.isoformat(), lost), yes=yes):
            app.out.note(_("Nothing was written."))
            return Exit.USAGE
        before = files.digest(now.data) if now else None
        vault.commit([Change(who.path, before, then.data)], f"vault restore {customer}")
    misfits = list(_misfits(app, then.note))
    if as_json:
        app.out.json(
            {
                "customer": {"id": who.id, "name": who.name},
                "path": str(who.path),
                "at": day.isoformat(),
                "changed": not is_same,
                "lost": lost,
                "misfits": misfits,
                "dry_run": dry_run,
            }
        )
        return Exit.OK
    if is_same:
        app.out.line(
            _("{name} is as it was on {day}; nothing was written.").format(name=who.name, day=day.isoformat())
        )
        return Exit.OK
    if dry_run:
        today = shown_note(now.note, keys) if now else ""
        show_diff(app, who.path, today, masked_before_sealing(shown_note(then.note, keys), today))
    else:
        app.out.line(
            _("Restored: {name} as of {day} ({path}) · undo: vault undo").format(
                name=who.name, day=day.isoformat(), path=who.path
            )
        )
    _tell_sealed(app, then, misfits)
    return Exit.OK


def _check_not_erased(app: App, who: Subject) -> None:
    if who.id is None:
        return
    with suppress(files.FileMissing):
        listed = read_tombstones(files.read(app.vault.root, ERASED, limit=None).data)
        if tombstone(app.vault.settings.id, who.id) in listed:
            raise Erased(name=who.name)


def _question(who: Subject, day: str, lost: list[str]) -> str:
    count = ngettext(
        "{count} entry that was written since then would go:",
        "{count} entries that were written since then would go:",
        len(lost),
    ).format(count=len(lost))
    named = [f"  - {heading}" for heading in lost[:_NAMED]]
    if len(lost) > _NAMED:
        named.append("  ...")
    question = _("Bring {name} back as of {day}?").format(name=who.name, day=day)
    return "\n".join([count, *named, question])


def _misfits(app: App, note: Note) -> Iterator[int]:
    """Yield the lines of sealed values that won't open where they stand now, told without any key."""
    block = note.sealed_block
    tokens = {each.vid: each.token for each in block.tokens} if block else {}
    places = Places(note)
    for reference in note.sealed_references:
        line = note.lines.line(reference.span.start)
        field = places.field_at(reference.span.start)
        with suppress(BadToken):
            token = read_token(tokens.get(reference.vid, ""))
            if not is_at(token, Place(app.vault.settings.id, note.id or "", field)):
                yield line


def _tell_sealed(app: App, then: Version, misfits: list[int]) -> None:
    for line in misfits:
        app.out.warn(
            _("{path}:{line}: the sealed value there won't open: its place has changed since.").format(
                path=then.note.path, line=line
            )
        )
    if misfits:
        app.out.hint(_("`vault rebind` binds it to where it stands now."))
    if any(unsealed(then.note, Places(then.note))):
        app.out.hint(_("Back then something stood in plain that is sealed today: `vault seal` seals it."))
