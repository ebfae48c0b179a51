"""Plain values kept in a file of the user's cache, under a key: whatever is wrong with it, there is nothing.

What is read back can run no code, and a change of the key lets go of what was kept under the former one.
"""

from __future__ import annotations

import marshal
import os
import zlib
from contextlib import suppress
from pathlib import Path

from vault_tool.vault.places import make_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STABLE = 2
"""The newest version of the format whose bytes depend on the values alone."""


def read_kept(file: Path, mark: bytes, key: object) -> Any:
    """Return what was kept under this key; None when there is nothing, or it is damaged."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    start = len(mark) + 4
    body = memoryview(data)[start:]
    # The sum goes first: marshal takes bytes on trust.
    if data[: len(mark)] != mark or data[len(mark) : start] != zlib.crc32(body).to_bytes(4, "big"):
        return None
    try:
        kept_key, kept = marshal.loads(body)
    except (ValueError, TypeError, EOFError):
        return None
    return kept if kept_key == key else None


def keep(file: Path, mark: bytes, key: Any, values: Any, version: int = marshal.version) -> None:
    """Keep values, atomically; where that can't be, the next run makes them again."""
    from vault_tool.errors import VaultError

    body = marshal.dumps((key, values), version)
    with suppress(OSError, VaultError):
        temporary = make_private(file.parent) / f".{file.name}-{os.urandom(6).hex()}"
        try:
            temporary.write_bytes(mark + zlib.crc32(body).to_bytes(4, "big") + body)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
