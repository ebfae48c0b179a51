"""What every command is handed: the edge where clock, dice, environment and vault come in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from functools import cached_property, update_wrapper
from pathlib import Path

from vault_tool.cli.output import Output
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random
    from typing import Concatenate, ParamSpec, TypeVar

    from vault_tool.cli.lend import Held
    from vault_tool.schema import Schema
    from vault_tool.vault.opening import Opening
    from vault_tool.vault.settings import Settings
    from vault_tool.vault.vault import Vault

    P = ParamSpec("P")
    T = TypeVar("T")


class BadToday(VaultError):
    """The pinned day is not a day."""

    message = N_("VAULT_NOTES_TODAY is not a date: {value}")
    hint = N_("Write it as 2026-11-20, or leave it unset for the real day.")
    exit_code = Exit.USAGE


class NoWorkingFolder(VaultError):
    """The folder the program was started in is gone."""

    message = N_("The working folder is no longer there.")
    hint = N_("Go to one that is: cd ~")
    exit_code = Exit.UNREADABLE


class App:
    """One run of the program: where, when, for whom, and where its words go."""

    def __init__(self, env: Mapping[str, str], cwd: Path, out: Output, held: Held | None = None) -> None:
        self.env = env
        self.cwd = cwd
        self.out = out
        self._held = held
        self.given: Path | None = None
        self._opened: list[Vault] = []

    @cached_property
    def now(self) -> datetime:
        """The writer's wall clock, without a zone; `$VAULT_NOTES_TODAY` pins its day."""
        clock = datetime.now()
        if not (pinned := self.env.get("VAULT_NOTES_TODAY", "")):
            return clock
        try:
            return datetime.combine(date.fromisoformat(pinned), time(clock.hour, clock.minute, clock.second))
        except ValueError as error:
            raise BadToday(value=pinned) from error

    @property
    def today(self) -> date:
        """The writer's day; `$VAULT_NOTES_TODAY` pins it."""
        return self.now.date()

    def local_time(self, timestamp: float) -> datetime:
        """Return a moment as this machine's wall clock shows it."""
        return datetime.fromtimestamp(timestamp)

    @cached_property
    def random(self) -> Random:
        """Dice for new ids; `$VAULT_NOTES_SEED` makes them fall alike, for demonstrations and tests."""
        from random import Random, SystemRandom

        seed = self.env.get("VAULT_NOTES_SEED")
        return Random(seed) if seed else SystemRandom()

    @cached_property
    def vault(self) -> Vault:
        """The vault this run is about, opened when it is first asked for."""
        return self.open_at(self.root)

    @cached_property
    def root(self) -> Path:
        """The vault's folder, without opening the vault."""
        from vault_tool.vault.settings import find_root

        return find_root(self.cwd, self.env, self.given)

    @cached_property
    def settings(self) -> Settings:
        """The vault's settings, without opening the vault."""
        from vault_tool.vault.settings import load_settings

        return load_settings(self.root)

    @cached_property
    def schema(self) -> Schema:
        """The vault's schema; outside of any vault, the built-in one."""
        from vault_tool.schema import load_schema
        from vault_tool.vault.settings import NoVault

        try:
            return load_schema(self.root / "schema")
        except NoVault:
            return load_schema()

    @cached_property
    def opening(self) -> Opening:
        """The vault's settings, schema and places, without its catalog."""
        return self._opening_of(self.root)

    @property
    def is_watched(self) -> bool:
        """Whether a watcher has taken all that it knows of into the very catalog that this run reads."""
        if self._held is None or self._held.root != self.root:
            return False
        return self._held.is_in_sync(self.vault.catalog.generation)

    @property
    def home(self) -> Path:
        """The user's home folder."""
        named = self.env.get("USERPROFILE" if os.name == "nt" else "HOME")
        return Path(named) if named else Path.home()

    def open_at(self, root: Path) -> Vault:
        """Open the vault of this root, whatever the command line named; the run closes it."""
        from vault_tool.vault.vault import Vault

        vault = Vault(root, *self._opening_of(root))
        self._opened.append(vault)
        return vault

    def look_ahead(self) -> None:
        """Have the files compared while a command is being loaded; what is wrong, that one will tell."""
        with suppress(VaultError):
            if not self.is_watched:
                self.vault.look_ahead()

    def _opening_of(self, root: Path) -> Opening:
        from vault_tool.vault.opening import open_root

        if self._held is None or self._held.root != root:
            return open_root(root, self.env)
        return self._held.opening(self.env)

    def look_after_git(self) -> None:
        """See to it that git seals what it is given, in vaults that this run opened and that have keys."""
        for vault in self._opened:
            if os.path.exists(f"{vault.root}/.vault/keyring.toml"):  # noqa: PTH110 - each question asks
                from vault_tool.cli.guard import look_after

                look_after(self, vault)
            if os.path.exists(f"{vault.root}/.git/vault/held-back.json"):  # noqa: PTH110
                from vault_tool.cli.guard import tell_held_back

                tell_held_back(self, vault)

    def close(self) -> None:
        """Let go of the catalogs that this run opened."""
        for vault in self._opened:
            if "catalog" in vars(vault):
                vault.catalog.close()

    def git_email(self) -> str | None:
        """Ask git who commits here; None without git or an answer."""
        return self.git_config("user.email")

    def git_config(self, key: str) -> str | None:
        """Ask git for a setting, on one line; None without git or an answer."""
        import subprocess

        command = ["git", "config", "--get", key]
        try:
            answer = subprocess.run(command, cwd=self.cwd, env=self.env, capture_output=True, timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if answer.returncode != 0:
            return None
        return " ".join(answer.stdout.decode("utf-8", "replace").split()) or None


def pass_app(function: Callable[Concatenate[App, P], T]) -> Callable[P, T]:
    """Hand a command the run it is in, as click does it, which is loaded when one is run."""

    def with_app(*args: P.args, **kwargs: P.kwargs) -> T:
        import click

        return click.make_pass_decorator(App)(function)(*args, **kwargs)

    return update_wrapper(with_app, function)
