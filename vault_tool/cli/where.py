"""Where a note lies, as seen from where the person stands."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def seen_from(cwd: Path, root: Path, path: PurePosixPath) -> str:
    """Return a path of the vault such that an editor, or `xargs`, finds it from this folder.

    Where folder and vault don't lie within each other, that is the full path.
    """
    full = root / path
    if full.is_relative_to(cwd):
        return full.relative_to(cwd).as_posix()
    return os.path.relpath(full, cwd) if cwd.is_relative_to(root) else str(full)
