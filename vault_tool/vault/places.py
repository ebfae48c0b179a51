"""Where a vault's local state lies: in the user's own folders, never inside the vault."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple

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


class Places(NamedTuple):
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
    return places_of(place_key(root, vault_id), env)


def places_of(key: str, env: Mapping[str, str]) -> Places:
    """Name the folders of the vault that has this key; see `place_key`."""
    cache, state, is_ours = _homes(env)
    if is_ours:
        return Places(cache / key, state / key)
    # On Windows both are one folder, hence the last part.
    return Places(cache / key / "cache", state / key / "state")


def cache_home(env: Mapping[str, str]) -> Path:
    """Name the folder in which all vaults have their caches."""
    return _homes(env)[0]


def state_home(env: Mapping[str, str]) -> Path:
    """Name the folder in which all vaults have their states."""
    return _homes(env)[1]


def config_home(env: Mapping[str, str]) -> Path:
    """Name the folder of what belongs to the person, whichever the vault: keys."""
    if override := env.get(HOME_VARIABLE):
        return _full(override) / "config"
    import platformdirs  # here: only what seals or opens asks

    return platformdirs.user_config_path(APP_NAME, appauthor=False)


def place_key(root: Path, vault_id: str) -> str:
    """Return the folder name of a vault: its id and a short hash of its real path."""
    import hashlib  # here: OpenSSL takes some milliseconds to load, and an opening that was kept has the key
    import re

    # The id comes out of a file that others may have written: it must not walk anywhere.
    safe = re.sub(r"[^A-Za-z0-9_-]", "", vault_id)[:40] or "vault"
    short = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:12]
    return f"{safe}-{short}"


def _homes(env: Mapping[str, str]) -> tuple[Path, Path, bool]:
    """Return where caches and states lie, and whether that is a folder that the user named for us."""
    if override := env.get(HOME_VARIABLE):
        home = _full(override)
        return home / "cache", home / "state", True
    home = Path(env.get("HOME", ""))
    if sys.platform.startswith("linux") and home.is_absolute() and "ANDROID_ROOT" not in env:
        # What platformdirs says here (a test compares), without the time it takes to load.
        cache = _xdg(env, "XDG_CACHE_HOME") or home / ".cache"
        state = _xdg(env, "XDG_STATE_HOME") or home / ".local/state"
        return cache / APP_NAME, state / APP_NAME, False
    import platformdirs  # here: as above

    cache = platformdirs.user_cache_path(APP_NAME, appauthor=False)
    return cache, platformdirs.user_state_path(APP_NAME, appauthor=False), False


def _full(override: str) -> Path:
    home = Path(override).expanduser()
    if not home.is_absolute():
        raise RelativeHome(value=override)
    return home


def _xdg(env: Mapping[str, str], variable: str) -> Path | None:
    named = Path(env.get(variable, ""))
    return named if named.is_absolute() else None


def make_private(folder: Path) -> Path:
    """Make a folder and its missing parents with mode 0700, and return it."""
    try:
        if os.name == "posix" and folder.is_dir() and not folder.stat().st_mode & 0o077:
            return folder
        for place in reversed([folder, *folder.parents]):
            if not place.exists():
                place.mkdir(mode=0o700, exist_ok=True)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise PlaceUnusable(path=folder, reason=error.strerror or str(error)) from error
    return folder
