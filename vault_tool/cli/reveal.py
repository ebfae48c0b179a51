"""Sealed values in the clear, for one look or one edit; each look is a line in this machine's log."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.keys import keys_of, sealing_keys
from vault_tool.cli.me import me
from vault_tool.cli.words import known_field
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, render
from vault_tool.notes.note import Note, parse_note
from vault_tool.sealing.places import TEXT
from vault_tool.sealing.reveal import Revealed, reveal, seal_again, without_leftovers
from vault_tool.sealing.trust import Verdict
from vault_tool.sealing.vault_keys import NotOpened, Opened, VaultKeys
from vault_tool.vault.files import digest
from vault_tool.vault.journal import Change, ChangedOnDisk

LOG_NAME = "reveals.jsonl"
ALL = "*"
_MEMORY = ("/dev/shm",)
_PREFIX = "vault-edit-"
_KEPT_PREFIX = "vault-kept-"


class EditingLost(VaultError):
    """The note changed on the disk while it was open in the clear."""

    message = N_("{path} changed on the disk while you edited it. What you wrote is kept, sealed, in {kept}.")
    hint = N_("Compare the two and put together what belongs together.")
    exit_code = Exit.BUSY


class NotSealedAgain(VaultError):
    """What was written can't be sealed, so it can't go back into the vault."""

    message = N_("{reason} Nothing was written to the vault; what you wrote stands in the clear in {kept}.")
    hint = N_("Take from it what you need (`vault edit --reveal` again), then delete it.")
    exit_code = Exit.FINDINGS


class CannotSealAgain(Exception):
    """A draft can't be sealed, and nobody mends it now: says why, in the reader's language."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__()


class CannotLog(VaultError):
    """A reveal can't be written down, so there is none."""

    message = N_("The access log {path} can't be written: {reason}. Nothing was revealed.")
    hint = N_("See to that folder, or set VAULT_NOTES_HOME.")
    exit_code = Exit.UNREADABLE


def fields_meant(app: App, names: Iterable[str]) -> frozenset[str] | None:
    """Return the canonical names of fields that `--reveal` names; None for all of them."""
    wanted = [name for name in names if name != ALL]
    if not wanted:
        return None
    return frozenset(name if name == TEXT else known_field(app.vault.schema, name).name for name in wanted)


def revealed(
    app: App, note: Note, names: Iterable[str], *, keys: VaultKeys | None = None, to_edit: bool = False
) -> Revealed:
    """Open a note's values and log that; what can't be opened is told."""
    keys = keys or keys_of(app)
    if keys.pin is not None:
        keys.reading_keyring  # noqa: B018 - says so if another vault stands here
    found = reveal(note, keys, fields_meant(app, names), to_edit=to_edit)
    if keys.verdict not in (Verdict.SAME, Verdict.FIRST):
        app.out.hint(_("The keyring has changed; look at it before you seal: vault access review"))
    log_reveals(app, note, found.opened)
    for error in found.refused:
        app.out.warn(said(error))
    return found


def said(error: NotOpened) -> str:
    """Return why a value doesn't open, in the reader's language."""
    return render(error.message, error.values)


def edit_revealed(app: App, path: PurePosixPath, names: Iterable[str]) -> bool:
    """Let the person edit a note in the clear, away from the vault; what they save is sealed on the way back.

    Returns whether anything changed. What they didn't touch keeps its token; what they took out loses it.
    """
    vault = app.vault
    note, before = vault.read(path)
    with sealing_keys(app) as keys:
        keys.keyring  # noqa: B018 - what stands against sealing is told before somebody writes for an hour
        found = revealed(app, note, names, keys=keys, to_edit=True)
        folder = _private_folder(app)
        draft = folder / path.name
        try:
            draft.write_bytes(found.text.encode())
            sealed = _edited(app, draft, note, found, keys)
        except CannotSealAgain as error:
            # Under another name than the next edit cleans away.
            kept = folder.rename(folder.with_name(folder.name.replace(_PREFIX, _KEPT_PREFIX)))
            raise NotSealedAgain(reason=error.reason, kept=kept / draft.name) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if sealed is None:
        return False
    text = without_leftovers(parse_note(path, sealed, vault.schema), note)
    try:
        vault.commit([Change(path, before, text.encode())], f"vault edit {path}", undoable=False)
    except ChangedOnDisk:
        kept = vault.places.make().state / f"{digest(text.encode())[:12]}.md"
        kept.write_bytes(text.encode())
        raise EditingLost(path=path, kept=kept) from None
    return True


def _edited(app: App, draft: Path, note: Note, found: Revealed, keys: VaultKeys) -> str | None:
    """Return what the person made of a draft, sealed; None when they changed nothing.

    What can't be sealed they may mend at once. Raises `CannotSealAgain`.
    """
    from vault_tool.cli.editor import EditorFailed, open_editor

    while True:
        try:
            open_editor(app, draft, leaves_no_trace=True)
        except EditorFailed as error:
            if draft.read_bytes() == found.text.encode():
                raise
            # As without --reveal: what an editor saved before it failed is no less meant.
            app.out.warn(render(error.message, error.values))
        data = draft.read_bytes()
        if data == found.text.encode():
            return None
        try:
            return seal_again(parse_note(note.path, data, note.schema), note, found.opened, keys).text
        except VaultError as error:
            reason = render(error.message, error.values)
            if app.out.is_interactive:
                app.out.warn(reason)
                if app.out.confirm(_("Open the editor again, with what you wrote?")):
                    continue
            raise CannotSealAgain(reason) from None


def logged(app: App) -> list[dict[str, object]]:
    """Return what was revealed on this machine, the first first; a line that was cut is left out."""
    path = app.vault.places.state / LOG_NAME
    found = []
    with suppress(OSError):
        for line in path.read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict):
                    found.append(told)
    return found


def _private_folder(app: App) -> Path:
    """Return a new folder that no disk sees, where the system has such a place; else it is said."""
    for name in filter(None, (app.env.get("XDG_RUNTIME_DIR"), *_MEMORY)):
        place = Path(name)
        if place.is_dir() and os.access(place, os.W_OK):
            _clean_up(place)
            return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place))
    app.out.warn(
        _("This system has no folder in memory: for the time of the editing, the text lies on the disk.")
    )
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=app.vault.places.make().state))


def _clean_up(place: Path) -> None:
    """Remove what killed edits of this person left there in the clear."""
    if os.name != "posix":
        return
    with suppress(OSError):
        for folder in place.glob(f"{_PREFIX}*-*"):
            pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
            if pid.isdecimal() and not _is_running(int(pid)) and folder.lstat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def log_reveals(app: App, note: Note, opened: Iterable[Opened]) -> None:
    """Write down who looked at what: never the value. Raises `CannotLog`."""
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
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise CannotLog(path=path, reason=error.strerror or str(error)) from None
