"""What git may keep of a file of the vault: the sealed form of a note, and anything else as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.sealing.glance import Glance
from vault_tool.vault.settings import Settings
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs

if TYPE_CHECKING:
    from vault_tool.schema import Schema
    from vault_tool.sealing.vault_keys import VaultKeys

_HEADS = (b"---", b"\xef\xbb\xbf---", b"-\0-", b"\0-\0-", b"\xff\xfe", b"\xfe\xff")


class Cleaner:
    """Seals the notes that pass by. The keys are asked for when there is something to seal."""

    def __init__(self, keys: Callable[[], VaultKeys], settings: Settings, schema: Schema) -> None:
        self._keys = keys
        self._globs = note_globs(settings)
        self._schema = schema
        self._glance = Glance(schema)

    def clean(self, path: str, data: bytes) -> bytes:
        """Return a file's bytes as git may have them. Raises `VaultError` where a value can't be sealed."""
        if not is_note(path, data, self._globs):
            return data
        try:
            if not self._glance.may_stand_in_plain(data.decode("utf-8")):
                return data
        except UnicodeDecodeError:
            pass  # the closer look will tell
        from vault_tool.notes.note import parse_note  # here: most that git is given needs no closer look

        keys = self._keys()
        sealing = keys.plan_sealing(parse_note(PurePosixPath(path), data, self._schema))
        if not sealing.edits:
            return data
        # Before git has it: were we killed after that, the same value would get another token next time.
        keys.memo.flush()
        return sealing.text.encode()


def sealed_spellings(schema: Schema) -> frozenset[str]:
    """Return every spelling of every field that is sealed, for any type of customer."""
    return frozenset(spelling for field in schema.sealed_fields() for spelling in field.spellings)


def note_globs(settings: Settings) -> tuple[str, ...]:
    """Return where a vault has its customers, those at work and those put away."""
    return (*settings.customers, ARCHIVE_GLOB)


def is_note(path: str, data: bytes, globs: Iterable[str]) -> bool:
    """Tell whether a file is a customer's note, or one on its way: any Markdown with front matter may be."""
    may_be = path[-3:].lower() == ".md" and data.startswith(_HEADS)
    return may_be or matches_globs(PurePosixPath(path), globs)
