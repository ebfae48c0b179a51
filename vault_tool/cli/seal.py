"""`vault seal`: what must not stand in plain is sealed, in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import PurePosixPath

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.change import show_diff
from vault_tool.cli.help import argument, command, option
from vault_tool.cli.keys import keys_of, sealing_keys
from vault_tool.cli.where import vault_path
from vault_tool.errors import Exit
from vault_tool.lint.run import targets
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.sealing.places import Places
from vault_tool.sealing.seal import CannotSeal, Sealing
from vault_tool.sealing.unsealed import Unsealed, unsealed
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.journal import Change, ChangedOnDisk
from vault_tool.vault.walk import Oddity, printable


class Sealed(NamedTuple):
    """One note with what a plan seals in it, or why nothing can be sealed there."""

    note: Note
    digest: str
    sealing: Sealing | None
    trouble: CannotSeal | None = None


@command(
    "seal",
    help=N_(
        "Seal the values of sealed fields, and words marked {{seal: ...}}, that stand in plain.\n\n"
        "PATH is a file, a folder or a customer; without one, all customers are sealed. What is sealed "
        "already stays byte for byte. No key that opens is needed. It can't be undone; `vault edit` changes "
        "a value."
    ),
    examples=("vault seal", "vault seal --check", "vault seal 蓝海"),
)
@argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@option("--check", is_flag=True, help=N_("Only tell what stands in plain; exit with 1 if anything does."))
@option("--dry-run", is_flag=True, help=N_("Show where references would stand; write nothing."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def seal(app: App, paths: tuple[str, ...], check: bool, dry_run: bool, as_json: bool) -> Exit:
    """Seal what stands in plain."""
    oddities: list[Oddity] = []
    wanted = [vault_path(app, path) for path in paths]
    found = targets(app.vault.root, app.vault.settings.customers, wanted, oddities)
    if not wanted:
        found += targets(app.vault.root, app.vault.settings.customers, [PurePosixPath("archive")], oddities)
    if check:
        return _check(app, found, as_json)
    if dry_run:
        with closing(keys_of(app)) as keys:
            done = _planned(app, keys, found)
        for one in done:
            if one.sealing and not as_json:
                show_diff(app, one.note.path, _hidden(one), one.sealing.text)
    else:
        with sealing_keys(app) as keys, app.vault.writing("vault seal"):
            try:
                done = _seal(app, keys, found)
            except ChangedOnDisk:
                done = _seal(app, keys, found)  # once more, from what stands there now
    return _tell(app, done, dry_run=dry_run, as_json=as_json)


def _seal(app: App, keys: VaultKeys, paths: Iterable[PurePosixPath]) -> list[Sealed]:
    done = _planned(app, keys, paths)
    changes = [
        Change(one.note.path, one.digest, one.sealing.text.encode())
        for one in done
        if one.sealing is not None
    ]
    if changes:
        # The old bytes are what must be kept nowhere.
        app.vault.commit(changes, "vault seal", undoable=False)
    return done


def _planned(app: App, keys: VaultKeys, paths: Iterable[PurePosixPath]) -> list[Sealed]:
    wanted = list(dict.fromkeys(paths))
    done = []
    with app.out.progress(_("Sealing"), len(wanted)) as advance:
        for number, path in enumerate(wanted, 1):
            note, digest = app.vault.read(path)
            try:
                sealing = keys.plan_sealing(note)
                if sealing.edits:
                    done.append(Sealed(note, digest, sealing))
            except CannotSeal as trouble:
                done.append(Sealed(note, digest, None, trouble))
            advance(number)
    return done


def _hidden(one: Sealed) -> str:
    """Return a note's text with dots for what is to be sealed: a diff is seen, and kept in terminals."""
    assert one.sealing is not None
    pieces: list[str] = []
    at = 0
    for edit in sorted(one.sealing.edits):
        pieces += (one.note.text[at : edit.span.start], "••••" if edit.span.end > edit.span.start else "")
        at = edit.span.end
    return "".join([*pieces, one.note.text[at:]])


def _tell(app: App, done: list[Sealed], *, dry_run: bool, as_json: bool) -> Exit:
    troubles = [one.trouble for one in done if one.trouble]
    values = [(one, value) for one in done if one.sealing for value in one.sealing.values]
    if as_json:
        app.out.json(
            {
                "sealed": [
                    {
                        "path": str(one.note.path),
                        "line": value.line,
                        "field": value.path,
                        "group": value.group,
                    }
                    for one, value in values
                ],
                "troubles": [render(trouble.message, trouble.values) for trouble in troubles],
                "dry_run": dry_run,
            }
        )
    else:
        for trouble in troubles:
            app.out.warn(render(trouble.message, trouble.values))
        if values and not dry_run:
            count = ngettext("{count} value sealed", "{count} values sealed", len(values)).format(
                count=len(values)
            )
            notes = {one.note.path for one, _value in values}
            files = ngettext("{count} file", "{count} files", len(notes)).format(count=len(notes))
            app.out.line(_("{what}: {where}").format(what=count, where=files))
        elif not values and not troubles:
            app.out.line(_("Nothing stands in plain that is to be sealed."))
    return Exit.FINDINGS if troubles else Exit.OK


def _check(app: App, paths: Iterable[PurePosixPath], as_json: bool) -> Exit:
    found = list(_standing(app, paths))
    if as_json:
        app.out.json(
            {
                "unsealed": [
                    {"path": str(note.path), "line": line, "field": field} for note, line, field in found
                ]
            }
        )
    else:
        for note, line, field in found:
            app.out.line(
                _("{path}:{line}: {field} stands in plain").format(
                    path=printable(note.path), line=line, field=field
                )
            )
        if not found:
            app.out.line(_("Nothing stands in plain that is to be sealed."))
    return Exit.FINDINGS if found else Exit.OK


def _standing(app: App, paths: Iterable[PurePosixPath]) -> Iterator[tuple[Note, int, str]]:
    for path in dict.fromkeys(paths):
        note, _digest = app.vault.read(path)
        for each in unsealed(note, Places(note)):
            field = each.path if isinstance(each, Unsealed) else "text"
            yield note, note.lines.line(each.span.start), field
