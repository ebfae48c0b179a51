"""What this machine knows of a vault's backups: the last one made, the last one looked at, which were proved.

Kept in `.git/vault/backups.json`: it goes nowhere with the vault, and is lost without harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from vault_tool.errors import VaultError
from vault_tool.git.folder import FOLDER
from vault_tool.named import NamedTuple
from vault_tool.vault import files

FILE_NAME = "backups.json"
_MOST = 100


class Event(NamedTuple):
    """A backup made or verified: when (UTC), its bundle's full path, what it held, and how it came out.

    `trouble` is empty when all was well, else the name of what was found (`BytesDiffer` ...). `with_key`
    tells that every sealed value was opened, too.
    """

    at: str
    file: str
    customers: int = 0
    entries: int = 0
    trouble: str = ""
    with_key: bool = False

    @property
    def name(self) -> str:
        """The bundle's name."""
        return Path(self.file).name

    @property
    def when(self) -> datetime:
        """When it was, in UTC."""
        return datetime.fromisoformat(self.at)


class BackupRecord(NamedTuple):
    """What is known; `proved` tells, by a bundle's digest, when it was last restored whole."""

    last_create: Event | None = None
    last_verify: Event | None = None
    proved: Mapping[str, str] = MappingProxyType({})


def read_record(git: Path) -> BackupRecord:
    """Return what is known of the backups of the vault that has this git folder."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        told: dict[str, Any] = json.loads((git / FOLDER / FILE_NAME).read_bytes())
        proved = {str(digest): str(datetime.fromisoformat(at)) for digest, at in told["proved"].items()}
        return BackupRecord(
            _event(told["last_create"]), _event(told["last_verify"]), MappingProxyType(proved)
        )
    return BackupRecord()


def note_created(git: Path, event: Event, sha256: str) -> None:
    """Keep that a backup was made, and by that proved."""
    record = read_record(git)
    _write(git, record._replace(last_create=event, proved={**record.proved, sha256: event.at}))


def note_verified(git: Path, event: Event, sha256: str | None) -> None:
    """Keep how a verification came out; a backup that failed is proved no more."""
    record = read_record(git)
    proved = {digest: at for digest, at in record.proved.items() if digest != sha256}
    if sha256 and not event.trouble:
        proved[sha256] = event.at
    _write(git, record._replace(last_verify=event, proved=proved))


def _event(told: Mapping[str, Any] | None) -> Event | None:
    if told is None:
        return None
    event = Event(**told)
    event.when  # noqa: B018 - raises where it is no moment
    return event


def _write(git: Path, record: BackupRecord) -> None:
    """Write what is known. Where that can't be, the backup is as good."""
    document = {
        "version": 1,
        "last_create": record.last_create._asdict() if record.last_create else None,
        "last_verify": record.last_verify._asdict() if record.last_verify else None,
        "proved": dict(sorted(record.proved.items(), key=lambda pair: pair[1])[-_MOST:]),
    }
    with suppress(OSError, VaultError):
        (git / FOLDER).mkdir(exist_ok=True)
        data = f"{json.dumps(document, ensure_ascii=False, indent=1)}\n".encode()
        files.replace(git / FOLDER, PurePosixPath(FILE_NAME), data)
