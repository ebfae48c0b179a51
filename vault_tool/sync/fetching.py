"""A server asked while this process does something else, and the environment in which sync asks git."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from vault_tool.git.answer import Reached, RemoteState
from vault_tool.git.repository import Repository
from vault_tool.sync import remotes
from vault_tool.vault.files import TEMP_PREFIX

_TRIES = 3
_SETTINGS = {
    "core.fsync": "committed,reference",
    "core.hooksPath": os.devnull,
    "core.quotePath": "off",
    "core.autocrlf": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # What it wrote stays one pack, which takes half as long as many files; `upkeep` joins packs.
    "fastimport.unpackLimit": "1",
}


def sync_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which sync asks git: durable, without hooks, whatever the settings say."""
    made = {**env, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    count = int(env.get("GIT_CONFIG_COUNT") or 0)
    for number, (key, value) in enumerate(_SETTINGS.items(), count):
        made[f"GIT_CONFIG_KEY_{number}"], made[f"GIT_CONFIG_VALUE_{number}"] = key, value
    made["GIT_CONFIG_COUNT"] = str(count + len(_SETTINGS))
    return made


def fetch(repository: Repository, git: Path, name: str, branch: str, at: float) -> Reached:
    """Ask a server what it has; again where another process asked it at the same moment."""
    for _attempt in range(_TRIES):
        reached = remotes.fetch(repository, git, name, branch, at)
        if reached.state is not RemoteState.FAILED or "cannot lock ref" not in reached.reason:
            break
    return reached


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left half written; one that lives may still put it in place."""
    if os.name != "posix":
        return  # where asking after a process would end it
    for file in folder.glob(f"{TEMP_PREFIX}*"):
        number = file.name.removeprefix(TEMP_PREFIX).partition("-")[0]
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except (ValueError, PermissionError):
            continue


class Fetching:
    """A server being asked while this process does something else."""

    def __init__(
        self, top: Path, env: Mapping[str, str], git: Path, name: str, branch: str, at: float
    ) -> None:
        self.remote = name
        self._answer: Reached | BaseException = Reached(RemoteState.FAILED)
        # An object of its own: one can't be asked by two threads.
        self._asked = (top, env, git, name, branch, at)
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        top, env, git, name, branch, at = self._asked
        try:
            with Repository(top, env) as repository:
                self._answer = fetch(repository, git, name, branch, at)
        except BaseException as error:  # noqa: BLE001 - raised where the answer is asked for
            self._answer = error

    def answer(self) -> Reached:
        """Return how it went, once it has."""
        self._thread.join()
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer
