"""Where a vault's local state lies: in the user's own folders, never inside the vault."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

APP_NAME = "vault-notes"
HOME_VARIABLE = "VAULT_NOTES_HOME"


class PlaceUnusable(VaultError):
    """A folder of local state can't be made or entered."""

    message = N_("The folder {path} for local state can't be used: {reason}.")
    hint = N_("Set VAULT_NOTES_HOME to a folder that you can write to.")
    exit_code = Exit.UNREADABLE


class RelativeHome(VaultError):
    """`$VAULT_NOTES_HOME` counts from wherever one stands: it could lie in a vault, and change."""

    message = N_("VAULT_NOTES_HOME must be a full path: {value}")
    hint = N_("Write it as /home/me/.vault-notes or ~/.vault-notes, or leave it unset.")
    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Places:
    """The two folders of one vault: what can be made again (cache) and what can't (state)."""

    cache: Path
    state: Path

    def make(self) -> Places:
        """Make both folders, for their owner's eyes only."""
        make_private(self.cache)
        make_private(self.state)
        return self


def places_for(root: Path, vault_id: str, env: Mapping[str, str]) -> Places:
    """Name the folders of the vault at `root`; nothing is made yet.

    Two copies of one vault on a machine have the same id, so the real path has its part in the
    name; a copy that moves starts afresh.
    """
    key = place_key(root, vault_id)
    if override := env.get(HOME_VARIABLE):
        home = Path(override).expanduser()
        if not home.is_absolute():
            raise RelativeHome(value=override)
        return Places(home / "cache" / key, home / "state" / key)
    import platformdirs  # here: an overridden home does not need it

    cache = platformdirs.user_cache_path(APP_NAME, appauthor=False)
    state = platformdirs.user_state_path(APP_NAME, appauthor=False)
    # On Windows both are one folder, hence the last part.
    return Places(cache / key / "cache", state / key / "state")


def place_key(root: Path, vault_id: str) -> str:
    """Return the folder name of a vault: its id and a short hash of its real path."""
    # The id comes out of a file that others may have written: it must not walk anywhere.
    safe = re.sub(r"[^A-Za-z0-9_-]", "", vault_id)[:40] or "vault"
    short = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:12]
    return f"{safe}-{short}"


def make_private(folder: Path) -> Path:
    """Make a folder and its missing parents with mode 0700, and return it."""
    try:
        for place in reversed([folder, *folder.parents]):
            if not place.exists():
                place.mkdir(mode=0o700, exist_ok=True)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise PlaceUnusable(path=folder, reason=error.strerror or str(error)) from error
    return folder
