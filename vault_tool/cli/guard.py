"""Git is set up to seal by the commands that write; those that only read tell when it isn't, once a day."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from vault_tool.cli.app import App
from vault_tool.errors import VaultError
from vault_tool.git.folder import git_folder, own_folder
from vault_tool.git.setup import is_set_up, lacking, set_up
from vault_tool.messages import N_, _, render
from vault_tool.vault.vault import Vault

_TOLD = "git-told"
NOT_YET = N_(
    "Git doesn't seal what it is given in this clone yet: "
    "`vault seal` (or any command that writes) sets it up."
)


def look_after(app: App, vault: Vault) -> None:
    """Set up git where the run wrote to a vault that has keys, else tell that it has to be. Never fails."""
    git = git_folder(vault.root)
    if git is None:
        return
    if not vault.is_for_writing:
        if lacking(vault.root, git).sealing:
            _warn_daily(app, vault, _(NOT_YET))
        return
    from vault_tool.sealing.clean import sealed_spellings

    keys = sealed_spellings(vault.schema)
    if is_set_up(vault.root, git, keys):
        return
    was_there = not lacking(vault.root, git).sealing
    try:
        set_up(vault.root, git, keys, app.env)
    except VaultError as error:
        _warn_daily(app, vault, render(error.message, error.values))
        return
    if not was_there:
        app.out.note(
            _(
                "Git seals what it is given here from now on, and joins notes entry by entry: "
                "a filter, a merge driver and hooks were set up in {folder}."
            ).format(folder=git)
        )


def tell_held_back(app: App, vault: Vault) -> None:
    """Say, after every command, that notes stay on this computer until they are mended."""
    from vault_tool.sync.gate import held_back
    from vault_tool.sync.outcome import held_headline

    if held := held_back(own_folder(vault.root) or vault.root):
        app.out.note(held_headline(len(held)))


def _warn_daily(app: App, vault: Vault, text: str) -> None:
    """Warn, if nobody has been warned today."""
    told: Path = vault.places.state / _TOLD
    today = app.today.isoformat()
    with suppress(OSError):
        if told.read_text("utf-8") == today:
            return
    app.out.warn(text)
    with suppress(OSError, VaultError):
        vault.places.make()
        told.write_text(today, "utf-8")
