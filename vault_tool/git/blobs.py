"""The name that git gives to the bytes of a file."""

from __future__ import annotations

from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def blob_name(data: bytes, kind: str) -> str:
    """Return git's name for these bytes; `kind` is how the repository names objects (`sha1`, `sha256`)."""
    made = _hash(kind)
    made.update(b"blob %d\0" % len(data))
    made.update(data)
    named: str = made.hexdigest()
    return named


def blob_name_like(data: bytes, like: str) -> str:
    """Return git's name for these bytes in a repository that has names such as `like`."""
    return blob_name(data, "sha1" if len(like) == 40 else "sha256")


def _hash(kind: str) -> Any:
    """Return a new hash of this kind; for SHA-1 without OpenSSL, which takes milliseconds to load."""
    if kind == "sha1":
        # `random` has its SHA-512 in the same way.
        with suppress(ImportError):
            from _sha1 import sha1  # type: ignore[import-not-found]

            return sha1()
    from hashlib import new

    return new(kind, usedforsecurity=False)
