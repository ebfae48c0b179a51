"""Where git is."""

from __future__ import annotations

import os
from collections.abc import Mapping


def program(env: Mapping[str, str]) -> str | None:
    """Return the path of git's program, None where none is installed."""
    if os.name == "posix":
        # `shutil` would load three packers for these two lines.
        places = (f"{folder}/git" for folder in env.get("PATH", os.defpath).split(os.pathsep) if folder)
        return next((each for each in places if os.access(each, os.X_OK) and os.path.isfile(each)), None)  # noqa: PTH113
    from shutil import which

    return which("git", path=env.get("PATH"))
