"""Which keyring this machine trusts: pinned at its first use, changed only when a person says so.

Whoever can write to the repository could add a key of his own, and read what is sealed after that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault.keyring import Keyring, read_keyring
from vault_tool.vault.places import make_private, state_home

_FOLDER = "trust"


class TrustUnreadable(VaultError):
    """What was accepted can't be read or written: nobody can tell whether the keyring is the one."""

    message = N_(
        "Which keyring was accepted here can't be read or written in {path}: {reason}. "
        "Nothing was sealed or opened."
    )
    hint = N_(
        "See to that folder, or set VAULT_NOTES_HOME. If the file is damaged, move it away: the next command "
        "then trusts the keyring as it stands, so look at `vault access list` with your colleagues."
    )
    exit_code = Exit.UNREADABLE


class Pin(NamedTuple):
    """The keyring that was accepted for a vault at one path."""

    vault: str
    epoch: int
    keyring: str


class Verdict(StrEnum):
    """How a keyring relates to the pinned one."""

    FIRST = "first"
    SAME = "same"
    CHANGED = "changed"
    ROLLED_BACK = "rolled-back"  # an older epoch, or another text under the same one
    OTHER_VAULT = "other-vault"
    GONE = "gone"


def judge(pin: Pin | None, vault_id: str, text: str | None) -> Verdict:
    """Say how the keyring that stands in a vault relates to the one that was accepted."""
    if pin is None:
        return Verdict.FIRST
    if pin.vault != vault_id:
        return Verdict.OTHER_VAULT
    if text is None:
        return Verdict.GONE
    if text == pin.keyring:
        return Verdict.SAME
    now = read_keyring(text)
    if now.epoch >= pin.epoch and now._replace(epoch=pin.epoch) == read_keyring(pin.keyring):
        return Verdict.SAME  # of other line ends, or joined with a change that came to the same
    return Verdict.CHANGED if now.epoch > pin.epoch else Verdict.ROLLED_BACK


class Change(NamedTuple):
    """One difference between two keyrings, for a person to judge."""

    kind: str  # person, recovery or group
    name: str
    before: object | None
    after: object | None


def changes(before: Keyring, after: Keyring) -> list[Change]:
    """Return what differs between two keyrings, by kind and name."""
    found = []
    for kind, old, new in (
        ("person", before.people, after.people),
        ("recovery", before.recovery, after.recovery),
        ("group", before.groups, after.groups),
    ):
        names = sorted({*old, *new})
        found += [
            Change(kind, name, old.get(name), new.get(name))
            for name in names
            if old.get(name) != new.get(name)
        ]
    return found


def read_pin(root: Path, env: Mapping[str, str]) -> Pin | None:
    """Return what was accepted for the vault at this path. Raises `TrustUnreadable`."""
    path = _path(root, env)
    try:
        told = json.loads(path.read_text("utf-8"))
        return Pin(str(told["vault"]), int(told["epoch"]), str(told["keyring"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TrustUnreadable(path=path, reason=error.strerror or str(error)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise TrustUnreadable(path=path, reason=type(error).__name__) from None


def write_pin(root: Path, env: Mapping[str, str], pin: Pin) -> None:
    """Accept a keyring for the vault at this path. Raises `TrustUnreadable`."""
    path = _path(root, env)
    make_private(path.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(pin._asdict(), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise TrustUnreadable(path=path, reason=error.strerror or str(error)) from None


def forget_pin(root: Path, env: Mapping[str, str]) -> None:
    """Trust nothing any more at this path: another vault stands there, and a person said so."""
    _path(root, env).unlink(missing_ok=True)


def _path(root: Path, env: Mapping[str, str]) -> Path:
    short = sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]
    return state_home(env) / _FOLDER / f"{short}.json"
