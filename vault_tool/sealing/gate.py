"""What git must not have: values in plain, marks that wait, half of a merge, sealed values that are broken.

It needs no key: the same check runs before a commit, before a push and on a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import PurePosixPath

from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import Schema
from vault_tool.sealing.clean import is_note, note_globs
from vault_tool.sealing.comment import MERGE_MARK
from vault_tool.sealing.glance import Glance
from vault_tool.sealing.places import TEXT, Places
from vault_tool.sealing.standing import Trouble, references, token_of
from vault_tool.sealing.token import Place
from vault_tool.sealing.unsealed import Unclosed, unsealed
from vault_tool.vault.settings import Settings

_ENDS_MARK = ("}}", "｝｝")


class Kind(StrEnum):
    """What is the matter."""

    PLAIN = "plain"
    MARK = "mark"
    CONFLICT = "conflict"
    BROKEN = "broken"
    UNSEALED = "unsealed"  # a schema leaves open, or gives to others, what was sealed
    NO_SETTINGS = "no-settings"


class Found(NamedTuple):
    """One thing that git must not have: where, never what."""

    kind: Kind
    line: int
    field: str


class Gate:
    """Looks at files as git would keep them, by the settings and the schema of one vault."""

    def __init__(self, settings: Settings, schema: Schema, globs: Iterable[str] = ()) -> None:
        """`globs` tell where more notes are than the settings say."""
        self._vault_id = settings.id
        self._globs = (*note_globs(settings), *globs)
        self._schema = schema
        self._glance = Glance(schema)

    def check(self, path: PurePosixPath, data: bytes) -> list[Found]:
        """Return what is the matter with a file, in the order of its lines."""
        if not is_note(str(path), data, self._globs):
            return []
        try:
            text = data.decode("utf-8")
            if not self._needs_a_look(text):
                return []
        except UnicodeDecodeError:
            pass  # the closer look will tell
        note = parse_note(path, data, self._schema)
        places = Places(note)
        found = [*self._standing(note, places), *self._broken(note, places), *_conflicts(note)]
        return sorted(found, key=lambda each: each.line)

    def _needs_a_look(self, text: str) -> bool:
        return "sealed" in text or bool(MERGE_MARK.search(text)) or self._glance.may_stand_in_plain(text)

    def _standing(self, note: Note, places: Places) -> Iterator[Found]:
        for each in unsealed(note, places):
            line = note.lines.line(each.span.start)
            if isinstance(each, Unclosed):
                yield Found(Kind.MARK, line, TEXT)
            else:
                is_mark = each.span.of(note.text).endswith(_ENDS_MARK) and each.value.style == "text"
                yield Found(Kind.MARK if is_mark else Kind.PLAIN, line, each.path)

    def _broken(self, note: Note, places: Places) -> Iterator[Found]:
        """Yield the references whose token is missing, damaged, or was made for another place."""
        for reference in references(note):
            field = places.field_at(reference.span.start)
            # Without settings nobody knows which vault a value was sealed for.
            place = Place(self._vault_id, note.id or "", field) if self._vault_id else None
            if isinstance(token_of(note, reference.vid, place), Trouble):
                yield Found(Kind.BROKEN, note.lines.line(reference.span.start), field)


def _conflicts(note: Note) -> Iterator[Found]:
    found = MERGE_MARK.search(note.text)
    if found:
        yield Found(Kind.CONFLICT, note.lines.line(found.start()), TEXT)
