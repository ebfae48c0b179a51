"""The recovery key: whether somebody has tried it, and where it still lies."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool.cli.app import App
from vault_tool.cli.keys import keys_of, recovery_file
from vault_tool.errors import Exit, VaultError
from vault_tool.lint.run import targets
from vault_tool.messages import N_
from vault_tool.sealing import age
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault import files
from vault_tool.vault.places import make_private
from vault_tool.vault.walk import ARCHIVE_GLOB

DRILL_NAME = "drill.json"


class NoRecoveryKey(VaultError):
    """A drill was begun with another key."""

    message = N_("{path} holds none of this vault's recovery keys ({names}). Nothing was tried.")
    hint = N_("Its file was named when the vault got its keys. `vault verify --key FILE` tries any key.")
    exit_code = Exit.USAGE


def try_recovery_key(keys: VaultKeys, path: Path) -> list[str]:
    """Open with a recovery key and nothing else from now on; return its names in the keyring.

    Raises `NoRecoveryKey` and what `read_identities` does.
    """
    recovery = keys.keyring.recovery
    keys.use_only(path)
    publics = {age.public_key(each) for each in keys.identities if each.startswith("AGE-SECRET-KEY-1")}
    # Of an SSH key only its use tells which half belongs to it.
    has_ssh = any(not each.startswith("AGE-SECRET-KEY-1") for each in keys.identities)
    names = [name for name, key in recovery.items() if key in publics or (has_ssh and key.startswith("ssh-"))]
    if not names:
        raise NoRecoveryKey(path=path, names=", ".join(recovery) or "-")
    return names


def remember_drill(app: App, names: list[str]) -> None:
    """Keep that a drill went well, with which of the recovery keys."""
    recovery = keys_of(app).keyring.recovery
    told = {"at": app.now.isoformat(timespec="seconds"), "keys": [recovery[name] for name in names]}
    state = make_private(app.vault.places.state)
    files.replace(state, PurePosixPath(DRILL_NAME), json.dumps(told).encode(), mode=0o600)


def is_drilled(app: App, keys: VaultKeys) -> bool:
    """Tell whether one of today's recovery keys was tried on this machine, and opened everything."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads((app.vault.places.state / DRILL_NAME).read_text("utf-8"))
        return not set(keys.keyring.recovery.values()).isdisjoint(told["keys"])
    return False


def lies_here(app: App) -> Path | None:
    """Return where the recovery key still lies on this machine; None when somebody took it away."""
    path = recovery_file(app, app.vault)
    return path if path.exists() else None


def seals_anything(app: App) -> bool:
    """Tell whether any note holds a sealed value."""
    vault = app.vault
    paths = targets(vault.root, (*vault.settings.customers, ARCHIVE_GLOB), [], [])
    return any(b"vault:sealed" in files.read(vault.root, path).data for path in paths)
