"""Customers that were erased for good: a list of tombstones that only grows, and that no edit outlives.

`.vault/erased.toml` belongs to the tool, which writes it whole. A tombstone is HMAC-SHA256 (RFC 2104) of the
customer's id under the vault's, beside the keyring's epoch of that day: it names nobody, and no other vault
has the same.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

ERASED = PurePosixPath(".vault/erased.toml")
_TOMBSTONE = re.compile(rb'^[ \t]*"?([0-9a-f]{64})"?[ \t]*=[ \t]*([0-9]{1,9})\b', re.MULTILINE)


def tombstone(vault_id: str, customer_id: str) -> str:
    """Return what the list has for a customer who was erased."""
    return hmac.new(vault_id.encode(), customer_id.encode(), hashlib.sha256).hexdigest()


def read_tombstones(data: bytes) -> dict[str, int]:
    """Return the epoch of each tombstone; never raises, since a damaged line must not bring anybody back."""
    found: dict[str, int] = {}
    for name, epoch in _TOMBSTONE.findall(data):
        key = name.decode("ascii")
        found[key] = max(found.get(key, 0), int(epoch))
    return found


def tombstones_file(tombstones: Mapping[str, int]) -> bytes:
    """Return the file's bytes; the same tombstones give the same."""
    lines = [
        "# Customers that were erased for good. Written by vault; never edited by hand.",
        "version = 1",
        "",
    ]
    lines += ["[erased]", *(f"{name} = {epoch}" for name, epoch in sorted(tombstones.items()))]
    return ("\n".join(lines) + "\n").encode("ascii")


def merge_tombstones(*versions: bytes) -> bytes:
    """Return a file with the tombstones of every version."""
    united: dict[str, int] = {}
    for data in versions:
        for name, epoch in read_tombstones(data).items():
            united[name] = max(united.get(name, 0), epoch)
    return tombstones_file(united)
