"""What two people left open: conflicts in notes, who gave which value, and files that were kept beside."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from vault_tool.errors import VaultError
from vault_tool.git.log import Commit
from vault_tool.merge.callout import MARK, split_callouts
from vault_tool.merge.conflict_rows import CONFLICTS, find_value
from vault_tool.merge.conflicts import OpenConflict, open_conflicts
from vault_tool.merge.file import CONFLICTS as PARKED
from vault_tool.merge.rows import flow_text
from vault_tool.named import NamedTuple
from vault_tool.notes.nodes import Scalar
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.sealing_marks import SEALED_REFERENCE
from vault_tool.schema import Schema
from vault_tool.sealing.places import Places
from vault_tool.sealing.vault_keys import NotOpened, VaultKeys
from vault_tool.sync.changes import masked_before_sealing
from vault_tool.sync.past import Step, Version
from vault_tool.vault import files
from vault_tool.vault.public import MASK, Public, SealedKeys, masked, masked_text, without_sealed

_SIGNS = (CONFLICTS.encode(), MARK.encode())
_PARKED_NAME = re.compile(r"(?P<stem>.+)\.conflict-[0-9a-f]{8}(?P<suffix>\.[^.]*)?\Z")
_PARKED_CONFIGURATION = re.compile(r"(?P<stem>.+)-[0-9a-f]{8}(?P<suffix>\.[^.]*)?\Z")


class Open(NamedTuple):
    """An open conflict as it may be shown; sealed values are masked. Text has the field ""."""

    conflict: OpenConflict
    line: int
    shown: str
    other: str
    is_sealed: bool


class Kept(NamedTuple):
    """A file that gave way to another version, and the path of the version that stands."""

    path: PurePosixPath
    of: PurePosixPath


def notes_with_conflicts(root: Path, paths: Iterable[PurePosixPath], schema: Schema) -> Iterator[Note]:
    """Yield the notes that have an open conflict; a file that can't be read is passed over."""
    for path in paths:
        try:
            data = files.read(root, path).data
        except VaultError:
            continue
        if any(sign in data for sign in _SIGNS):
            note = parse_note(path, data, schema)
            if open_conflicts(note):
                yield note


def shown_conflicts(note: Note, keys: SealedKeys) -> list[Open]:
    """Return what is open in a note, in the order of the file, as it may be shown."""
    public = masked(note, keys, MASK)
    found = []
    for conflict in open_conflicts(note):
        if not conflict.field:
            shown, other = (_shown_text(note, each, keys) for each in (conflict.shown, conflict.other))
            hidden = masked_before_sealing(shown, other), masked_before_sealing(other, shown)
            found.append(Open(conflict, conflict.line, *hidden, is_sealed=False))
        elif _is_sealed(note, public, conflict, keys):
            found.append(Open(conflict, conflict.line, MASK, MASK, is_sealed=True))
        else:
            shown, other = (" ".join(each.split()) for each in (conflict.shown, conflict.other))
            found.append(Open(conflict, conflict.line, shown, other, is_sealed=False))
    return found


def _is_sealed(note: Note, public: Note, conflict: OpenConflict, keys: SealedKeys) -> bool:
    values = f"{conflict.shown}\n{conflict.other}"
    if SEALED_REFERENCE.search(values) or without_sealed(values) != values or keys.stand_in(values):
        return True
    for part in re.split(r"[.\[\]]+", conflict.field):
        field = note.schema.field(part)
        if field is not None and Public(note, keys).is_sealed(field, part):
            return True
    found = find_value(note.front_matter, conflict.field) if note.front_matter else None
    if found is not None and found.key is not None:
        if Public(note, keys).is_sealed(found.field, found.key.text):
            return True
    elif conflict.field.rpartition(".")[2] in keys:
        return True
    masked_value = find_value(public.front_matter, conflict.field) if public.front_matter else None
    return masked_value is not None and MASK in masked_value.node.span.of(public.text)


def _shown_text(note: Note, text: str, keys: SealedKeys) -> str:
    """Return a version of a note's text as it may be shown: it may be a whole front matter."""
    return masked_text(parse_note(note.path, f"{text}\n", note.schema), keys, MASK).strip("\r\n")


def are_equal(note: Note, conflict: OpenConflict, keys: VaultKeys) -> bool | None:
    """Tell whether both sealed values are the same; None where this person can't open both."""
    one, other = (SEALED_REFERENCE.fullmatch(each.strip()) for each in (conflict.shown, conflict.other))
    found = find_value(note.front_matter, conflict.field) if note.front_matter else None
    if one is None or other is None or found is None:
        return None
    place = keys.place(note, Places(note), found.node.span.start)
    try:
        values = [keys.open(note, each[1], place).value.text for each in (one, other)]
    except NotOpened:
        return None
    return values[0].strip() == values[1].strip()


class Sources(NamedTuple):
    """The commits in which the shown and the other value came, as far as a history tells."""

    shown: Commit | None = None
    other: Commit | None = None


def sources(steps: Iterable[Step], conflict: OpenConflict) -> Sources:
    """Return who gave which value last, told by a customer's steps."""
    made = [step for step in steps if step.commit is not None and len(step.commit.parents) < 2]

    def has(value: str) -> Callable[[Version | None], bool]:
        wanted = _folded(value)
        if not conflict.field:
            return lambda version: (
                version is not None and wanted in _folded(split_callouts(version.note.text).text)
            )
        return lambda version: version is not None and _value(version.note, conflict.field) == wanted

    return Sources(_came_with(made, has(conflict.shown)), _came_with(made, has(conflict.other)))


def _came_with(steps: Iterable[Step], has: Callable[[Version | None], bool]) -> Commit | None:
    for step in steps:
        if has(step.after) and not has(step.before):
            return step.commit
    return None


def _value(note: Note, path: str) -> str | None:
    found = find_value(note.front_matter, path) if note.front_matter else None
    if found is None:
        return None
    return _folded(found.node.text if isinstance(found.node, Scalar) else flow_text(found.node))


def _folded(text: str) -> str:
    """Return what two spellings of one YAML value, or of lines of a text, have in common."""
    return " ".join(text.split()).strip("\"'")


def kept_files(root: Path) -> list[Kept]:
    """Return the files that a merge kept beside others, by path."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = PurePosixPath(Path(folder, name).relative_to(root).as_posix())
            if path.is_relative_to(PARKED):
                if told := _PARKED_CONFIGURATION.match(name):
                    within = path.relative_to(PARKED).with_name(f"{told['stem']}{told['suffix'] or ''}")
                    is_own = not (root / within).exists() and (root / PARKED.parts[0] / within).exists()
                    found.append(Kept(path, PurePosixPath(PARKED.parts[0], within) if is_own else within))
            elif told := _PARKED_NAME.match(name):
                found.append(Kept(path, path.with_name(f"{told['stem']}{told['suffix'] or ''}")))
    return sorted(found)
