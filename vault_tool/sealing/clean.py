"""What git may keep of a file of the vault: the sealed form of a note, and anything else as it is."""

from __future__ import annotations

from pathlib import PurePosixPath

from vault_tool.notes.note import parse_note
from vault_tool.schema import Schema
from vault_tool.sealing.glance import Glance
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.settings import Settings
from vault_tool.vault.walk import ARCHIVE_GLOB, matches_globs


class Cleaner:
    """Seals the notes that pass by."""

    def __init__(self, keys: VaultKeys, settings: Settings, schema: Schema) -> None:
        self._keys = keys
        self._globs = (*settings.customers, ARCHIVE_GLOB)
        self._schema = schema
        self._glance = Glance(schema)

    def clean(self, path: str, data: bytes) -> bytes:
        """Return a file's bytes as git may have them. Raises `VaultError` where a value can't be sealed."""
        where = PurePosixPath(path)
        if not self._is_note(where, data):
            return data
        try:
            if not self._glance.may_stand_in_plain(data.decode("utf-8")):
                return data
        except UnicodeDecodeError:
            pass  # the closer look will tell
        sealing = self._keys.plan_sealing(parse_note(where, data, self._schema))
        return sealing.text.encode() if sealing.edits else data

    def _is_note(self, path: PurePosixPath, data: bytes) -> bool:
        """Tell whether a file is a customer's note, or one on its way: any with front matter may be."""
        if matches_globs(path, self._globs):
            return True
        is_markdown = path.suffix.casefold() == ".md"
        return is_markdown and data.startswith(
            (b"---", b"\xef\xbb\xbf---", b"-\0-", b"\xff\xfe", b"\xfe\xff")
        )
