"""Change notes: read, plan, write all at once; again from the start if a file moved under us."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from vault_tool.cli.app import App
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.vault.journal import Change, ChangedOnDisk

Plan = Callable[[Note], str]


class Changed(NamedTuple):
    """A note before and after a command."""

    before: Note
    after: str

    @property
    def path(self) -> PurePosixPath:
        """Where it stands."""
        return self.before.path


def change_notes(
    app: App,
    paths: Iterable[PurePosixPath],
    plan: Plan,
    command: str,
    *,
    dry_run: bool = False,
    undoable: bool = True,
) -> list[Changed]:
    """Plan the new text of each note, write all that change anything, and return those.

    With `dry_run` nothing is written and the diff is shown. The writer lock is held from reading to writing:
    other commands wait, and nobody plans in vain. A plan therefore asks no questions. Where an editor saved a
    file in between, all is planned again once; a second time is an error, and nothing is written.
    """
    wanted = list(paths)
    if dry_run:
        planned = _planned(app, wanted, plan)
        for _change, changed in planned:
            show_diff(app, changed.path, changed.before.text, changed.after)
        return [changed for _change, changed in planned]
    with app.vault.writing(command):
        try:
            return _change_once(app, wanted, plan, command, undoable)
        except ChangedOnDisk:
            return _change_once(app, wanted, plan, command, undoable)


def _change_once(
    app: App, paths: list[PurePosixPath], plan: Plan, command: str, undoable: bool
) -> list[Changed]:
    planned = _planned(app, paths, plan)
    if planned:
        app.vault.commit([change for change, _changed in planned], command, undoable=undoable)
    return [changed for _change, changed in planned]


def _planned(app: App, paths: list[PurePosixPath], plan: Plan) -> list[tuple[Change, Changed]]:
    """Return what the plan changes, as the notes are now."""
    planned = []
    for path in paths:
        note, digest = app.vault.read(path)
        after = plan(note)
        if after != note.text:
            planned.append((Change(path, digest, after.encode()), Changed(note, after)))
    return planned


def show_diff(app: App, path: PurePosixPath, before: str, after: str) -> None:
    """Show what a change would do to one file, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"a/{path}",
        f"b/{path}",
    )
    app.out.diff("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
