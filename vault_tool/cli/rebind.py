"""`vault rebind`: sealed values that were moved, bound to where they stand now, when a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import customers
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.keys import keys_of
from vault_tool.cli.pick import pick_customer
from vault_tool.cli.rekey import sealed_notes
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.sealing.reseal import Moved, moved_values, plan_rebind
from vault_tool.sealing.token import Place
from vault_tool.sealing.vault_keys import NotOpened, VaultKeys
from vault_tool.vault.journal import Change
from vault_tool.vault.walk import printable


class _Found(NamedTuple):
    """A note with the values in it that were moved."""

    note: Note
    digest: str
    moved: list[Moved]


@command(
    "rebind",
    help=N_(
        "Bind sealed values to where they stand now: after a customer or the vault got a new id, or a line "
        "was moved to another field.\n\n"
        "A value opens only where it was sealed for, so that nobody can put one account in another's place. "
        "You see each value's old place and new one, and are asked. It needs a key that opens them."
    ),
    examples=("vault rebind 蓝海", "vault rebind --dry-run"),
)
@argument("names", nargs=-1, metavar="[CUSTOMER]...", shell_complete=customers)
@option("--dry-run", is_flag=True, help=N_("Show what stands elsewhere; write nothing."))
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def rebind(app: App, names: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool) -> Exit:
    """Bind what was moved to its new place."""
    app.vault.check_writable()
    keys = keys_of(app)
    paths = [pick_customer(app, name).path for name in names]
    refused: list[NotOpened] = []
    found = list(_moved(app, keys, paths, refused))
    if not as_json:
        for error in refused:
            app.out.warn(render(error.message, error.values))
        for one in found:
            app.out.lines(_said(one.note.path, each) for each in one.moved)
    if found and not dry_run and not app.out.confirm(_("Is that where these values belong?"), yes=yes):
        app.out.note(_("Nothing was written."))
        return Exit.DECIDE
    done = 0 if dry_run else _bind(app, keys, found, refused)
    if as_json:
        told = [_document(one.note.path, each) for one in found for each in one.moved]
        app.out.json({"moved": told, "bound": done, "not_opened": len(refused), "dry_run": dry_run})
    elif not found and not refused:
        app.out.line(_("Every sealed value stands where it was sealed for."))
    elif not dry_run:
        count = ngettext("{count} value bound anew", "{count} values bound anew", done)
        app.out.line(count.format(count=done))
    return Exit.FINDINGS if refused else Exit.OK


def _moved(
    app: App, keys: VaultKeys, paths: list[PurePosixPath], refused: list[NotOpened]
) -> Iterator[_Found]:
    for note, digest in map(app.vault.read, paths) if paths else sealed_notes(app, _("Looking")):
        moved, troubles = moved_values(note, keys)
        refused += troubles
        if moved:
            yield _Found(note, digest, moved)


def _bind(app: App, keys: VaultKeys, found: list[_Found], refused: list[NotOpened]) -> int:
    done = 0
    changes = []
    for one in found:
        planned = plan_rebind(one.note, keys, one.moved)
        refused += planned.refused
        done += planned.values
        if planned.values:
            changes.append(Change(one.note.path, one.digest, planned.text.encode()))
    if changes:
        app.vault.commit(changes, "vault rebind", undoable=False)
    return done


def _said(path: PurePosixPath, each: Moved) -> str:
    before, after = _differing(each.before, each.after), _differing(each.after, each.before)
    if each.group_before != each.group_after:
        before, after = f"{before} ({each.group_before or '?'})", f"{after} ({each.group_after or '?'})"
    return f"{printable(path)}:{each.line}: {before} → {after}"


def _differing(place: Place, other: Place) -> str:
    """Say of a place the customer and the field, and the vault only where that is another one."""
    vault = f"{place.vault}/" if place.vault != other.vault else ""
    return f"{vault}{place.customer} {place.field}"


def _document(path: PurePosixPath, each: Moved) -> dict[str, object]:
    return {
        "path": printable(path),
        "line": each.line,
        "before": {**each.before._asdict(), "group": each.group_before},
        "after": {**each.after._asdict(), "group": each.group_after},
    }
