"""`vault rekey`: what is sealed to old keys is sealed to today's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.keyring_changes import said_due
from vault_tool.cli.keys import keys_of, write_access
from vault_tool.errors import Exit
from vault_tool.lint.run import targets
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.notes.note import Note, parse_note
from vault_tool.sealing.access import renew
from vault_tool.sealing.reseal import Resealing, Stale, plan_rekey, stale_values
from vault_tool.sealing.vault_keys import NotOpened, VaultKeys
from vault_tool.vault import files
from vault_tool.vault.journal import Change, ChangedOnDisk
from vault_tool.vault.walk import ARCHIVE_GLOB, printable

_AT_ONCE = 100
_SHOWN = 20


@command(
    "rekey",
    help=N_(
        "Seal to today's keys what is sealed to older ones: after `vault access revoke`, or a new owner.\n\n"
        "It may be interrupted and run again. Where somebody gets to read what they could not, by a new "
        "owner or another group in the schema, it says so and asks first. What you can't open yourself stays "
        "as it is, and is told."
    ),
    examples=("vault rekey --dry-run", "vault rekey"),
)
@option("--dry-run", is_flag=True, help=N_("Count; write nothing."))
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def rekey(app: App, dry_run: bool, yes: bool, as_json: bool) -> Exit:
    """Seal anew what is sealed to old keys."""
    app.vault.check_writable()
    keys = keys_of(app)
    made = () if dry_run else _make_due_keys(app, keys)
    stale = list(_stale(app, keys))
    let_in = Counter(_said_stale(path, each) for path, each in stale if each.has_new_readers)
    if not as_json:
        app.out.lines(
            _("{what}: {count}").format(what=what, count=count) for what, count in sorted(let_in.items())
        )
    values = notes = 0
    refused: list[NotOpened] = []
    if not dry_run and stale:
        if let_in and not app.out.confirm(_("They get to read that. Go on?"), yes=yes):
            app.out.note(_("Nothing was written."))
            return Exit.DECIDE
        paths = iter(dict.fromkeys(path for path, _each in stale))
        with app.out.progress(_("Sealing"), len(stale)) as advance:
            while batch := list(islice(paths, _AT_ONCE)):
                for done in _rekey(app, keys, batch):
                    values += done.values
                    notes += done.values > 0
                    refused += done.refused
                advance(values + len(refused))
    count = len(stale) if dry_run else values
    if as_json:
        document = {"values": count, "notes": notes, "not_opened": len(refused), "dry_run": dry_run}
        app.out.json({**document, "new_readers": dict(let_in), "new_keys": made, "due": keys.keyring.due})
        return Exit.FINDINGS if refused else Exit.OK
    if dry_run:
        said = ngettext("{count} value is sealed to old keys", "{count} values are sealed to old keys", count)
    else:
        said = ngettext("{count} value sealed anew", "{count} values sealed anew", count)
    app.out.line(said.format(count=count))
    _say_keys(app, keys, made, dry_run=dry_run)
    for error in refused[:_SHOWN]:
        app.out.warn(render(error.message, error.values))
    if len(refused) > _SHOWN:
        app.out.warn(_("{count} more like that").format(count=len(refused) - _SHOWN))
    return Exit.FINDINGS if refused else Exit.OK


def _make_due_keys(app: App, keys: VaultKeys) -> tuple[str, ...]:
    """Make the keys of groups that need new ones, as far as this person can; return those groups."""
    if not keys.keyring.due:
        return ()
    with app.vault.writing("vault rekey"):
        done = renew(keys.keyring, keys.group_keys.of)
        if done.new_epochs:
            write_access(app, keys, done, "vault rekey")
    return done.new_epochs


def _say_keys(app: App, keys: VaultKeys, made: tuple[str, ...], *, dry_run: bool) -> None:
    if made:
        app.out.line(_("New keys for: {groups}").format(groups=", ".join(made)))
    due = keys.keyring.due
    if due and dry_run:
        app.out.hint(said_due(due))
        return
    for name in due:
        readers = ", ".join(keys.keyring.readers(name)) or "-"
        app.out.warn(
            _(
                "You can't make the new key that {group} needs. Ask one of {readers} to run `vault rekey`."
            ).format(group=name, readers=readers)
        )


def sealed_notes(app: App, label: str) -> Iterator[tuple[Note, str]]:
    """Yield the notes that hold references, at work and put away, with the digests of their bytes.

    `label` says to who waits what is being done.
    """
    vault = app.vault
    paths = targets(vault.root, (*vault.settings.customers, ARCHIVE_GLOB), [], [])
    with app.out.progress(label, len(paths)) as advance:
        for number, path in enumerate(paths, 1):
            content = files.read(vault.root, path)
            if b"sealed-" in content.data:
                yield parse_note(path, content.data, vault.schema), content.digest
            advance(number)


def _stale(app: App, keys: VaultKeys) -> Iterator[tuple[PurePosixPath, Stale]]:
    for note, _digest in sealed_notes(app, _("Looking")):
        for each in stale_values(note, keys):
            yield note.path, each


def _said_stale(path: PurePosixPath, each: Stale) -> str:
    before = " + ".join(filter(None, (each.group_before or "?", each.owner_before)))
    after = " + ".join(filter(None, (each.group_after, each.owner_after)))
    return f"{printable(path)}: {each.field}: {before} → {after}"


def _rekey(app: App, keys: VaultKeys, paths: list[PurePosixPath]) -> list[Resealing]:
    """Seal some notes anew and write them at once; where an editor saves one meanwhile, one by one."""
    planned = []
    for path in paths:
        note, digest = app.vault.read(path)
        planned.append((path, digest, plan_rekey(note, keys)))
    changed = [Change(path, digest, done.text.encode()) for path, digest, done in planned if done.values]
    try:
        if changed:
            app.vault.commit(changed, "vault rekey", undoable=False)
    except ChangedOnDisk:
        if len(paths) == 1:
            return []  # somebody is writing there: the next run takes it
        return [done for path in paths for done in _rekey(app, keys, [path])]
    return [done for _path, _digest, done in planned]
