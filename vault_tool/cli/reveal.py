"""Sealed values in the clear, for one look or one edit; each look is a line in this machine's log."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.keys import keys_of, keys_to_seal
from vault_tool.cli.me import me
from vault_tool.cli.words import known_field
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import decode
from vault_tool.sealing.places import TEXT
from vault_tool.sealing.reveal import Revealed, reveal, seal_again
from vault_tool.sealing.vault_keys import NotOpened, Opened
from vault_tool.vault.files import digest
from vault_tool.vault.journal import Change, ChangedOnDisk

LOG_NAME = "reveals.jsonl"
ALL = "*"
_MEMORY = ("/dev/shm",)


class EditingLost(VaultError):
    """The note changed on the disk while it was open in the clear."""

    message = N_("{path} changed on the disk while you edited it. What you wrote is kept, sealed, in {kept}.")
    hint = N_("Compare the two and put together what belongs together.")
    exit_code = Exit.BUSY


def fields_meant(app: App, names: Iterable[str]) -> frozenset[str] | None:
    """Return the canonical names of fields that `--reveal` names; None for all of them."""
    wanted = [name for name in names if name != ALL]
    if not wanted:
        return None
    return frozenset(name if name == TEXT else known_field(app.vault.schema, name).name for name in wanted)


def revealed(app: App, note: Note, names: Iterable[str], *, to_edit: bool = False) -> Revealed:
    """Open a note's values and log that; what can't be opened is told."""
    found = reveal(note, keys_of(app), fields_meant(app, names), to_edit=to_edit)
    _log(app, note, found.opened)
    for error in found.refused:
        app.out.warn(said(error))
    return found


def said(error: NotOpened) -> str:
    """Return why a value doesn't open, in the reader's language."""
    return _(error.message).format(**{**error.values, "reason": _(str(error.values["reason"]))})


def edit_revealed(app: App, path: PurePosixPath, names: Iterable[str]) -> bool:
    """Let the person edit a note in the clear, away from the vault; what they save is sealed on the way back.

    Returns whether anything changed. What they didn't touch keeps its token.
    """
    from vault_tool.cli.editor import open_editor

    vault = app.vault
    note, before = vault.read(path)
    found = revealed(app, note, names, to_edit=True)
    folder = _private_folder(app)
    try:
        draft = folder / path.name
        draft.write_bytes(found.text.encode())
        open_editor(app, draft, leaves_no_trace=True)
        text = decode(draft.read_bytes()).text
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if text == found.text:
        return False
    sealing = seal_again(parse_note(path, text, vault.schema), note, found.opened, keys_to_seal(app))
    try:
        vault.commit([Change(path, before, sealing.text.encode())], f"vault edit {path}", undoable=False)
    except ChangedOnDisk:
        kept = vault.places.make().state / f"{digest(sealing.text.encode())[:12]}.md"
        kept.write_bytes(sealing.text.encode())
        raise EditingLost(path=path, kept=kept) from None
    return True


def _private_folder(app: App) -> Path:
    """Return a new folder that no disk sees, where the system has such a place; else it is said."""
    for place in filter(None, (app.env.get("XDG_RUNTIME_DIR"), *_MEMORY)):
        if Path(place).is_dir() and os.access(place, os.W_OK):
            return Path(tempfile.mkdtemp(prefix="vault-", dir=place))
    app.out.warn(
        _("This system has no folder in memory: for the time of the editing, the text lies on the disk.")
    )
    return Path(tempfile.mkdtemp(prefix="vault-", dir=app.vault.places.make().state))


def _log(app: App, note: Note, opened: Iterable[Opened]) -> None:
    person = me(app)
    lines = [
        json.dumps(
            {
                "at": app.now.isoformat(timespec="seconds"),
                "who": person.id if person else None,
                "customer": note.id,
                "path": str(note.path),
                "field": each.field,
            },
            ensure_ascii=False,
        )
        for each in opened
    ]
    if lines:
        path = app.vault.places.make().state / LOG_NAME
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
