"""What a backup says of itself: a small file beside the bundle, which no flipped byte leaves as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple

FORMAT = 1
ENDING = ".json"
_LARGEST = 16 * 1024 * 1024
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class ManifestDamaged(VaultError):
    """A manifest is not as it was written."""

    message = N_("{path} was damaged or changed since the backup was made.")
    hint = N_(
        "Use another backup (`vault backup list`). With that file moved away, `vault backup verify` proves "
        "what can be proved of the rest."
    )
    exit_code = Exit.UNREADABLE


class ManifestNewer(VaultError):
    """A manifest was written by a newer program."""

    message = N_("{path} was written by a newer version of vault; it can't be checked here.")
    hint = N_("Update vault on this machine.")
    exit_code = Exit.UNREADABLE


class Counts(NamedTuple):
    """What a state of the vault holds: customers at work and put away, and their entries.

    `unreadable` are notes that can't be written by a command (encoding, front matter), or are too large.
    """

    customers: int = 0
    archived: int = 0
    entries: int = 0
    unreadable: int = 0
    files: int = 0
    newest: str = ""
    """The day of the newest entry, as 2026-11-20; empty where there is none."""

    @property
    def all_customers(self) -> int:
        """How many customers there are, at work and put away."""
        return self.customers + self.archived


class Manifest(NamedTuple):
    """A backup: of which vault, in which state, made when and by what; moments are in UTC, to the second.

    `clone` tells the copies of one vault apart: another machine's, another folder's. `saved` is when the
    state itself was saved.
    """

    vault: str
    clone: str
    made: datetime
    tool: str
    size: int
    sha256: str
    branch: str
    commit: str
    tree: str
    saved: datetime
    counts: Counts
    refs: Mapping[str, str]
    remotes: Mapping[str, str]


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the file's bytes, the same for the same manifest; the last value is a digest of all others."""
    told = manifest._asdict()
    told |= {"made": f"{manifest.made:{_MOMENT}}", "saved": f"{manifest.saved:{_MOMENT}}"}
    told |= {"counts": manifest.counts._asdict(), "refs": {**manifest.refs}}
    document: dict[str, Any] = {"format": FORMAT, **told, "remotes": {**manifest.remotes}}
    check = sha256(_dump(document)).hexdigest()
    return _dump({**document, "check": check})


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises `ManifestDamaged` where a single byte is not as it was written."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
        told = json.loads(data)
        if isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] > FORMAT:
            raise ManifestNewer(path=path)
        del told["format"], told["check"]
        told |= {"made": _moment(told["made"]), "saved": _moment(told["saved"])}
        manifest = Manifest(**{**told, "counts": Counts(**told["counts"])})
        # Written again it is the same: nothing escaped the reading, not a blank.
        is_whole = manifest_bytes(manifest) == data
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ManifestDamaged(path=path) from error
    if not is_whole:
        raise ManifestDamaged(path=path)
    return manifest


def _dump(document: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(document, ensure_ascii=False, indent=1)}\n".encode()


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
