"""Where git is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_


class NoGit(VaultError):
    """git is not installed."""

    message = N_("This needs git, which is not installed.")
    exit_code = Exit.UNREADABLE


def needed_program(env: Mapping[str, str]) -> str:
    """Return the path of git's program. Raises `NoGit`."""
    found = program(env)
    if found is None:
        raise NoGit
    return found


def program(env: Mapping[str, str]) -> str | None:
    """Return the path of git's program, None where none is installed."""
    if os.name == "posix":
        # `shutil` would load three packers for this; a path object for each folder takes longer as well.
        places = (f"{folder}/git" for folder in env.get("PATH", os.defpath).split(os.pathsep) if folder)
        return next((each for each in places if os.access(each, os.X_OK) and os.path.isfile(each)), None)  # noqa: PTH113
    from shutil import which

    return which("git", path=env.get("PATH"))
