"""Whether an editor has a file open, by what editors leave beside it or keep for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

# vim and nano, Emacs, Kate, LibreOffice.
_OPEN_MARKS = (".{}.swp", ".{}.swo", ".{}.swn", ".#{}", ".{}.kate-swp", ".~lock.{}#")
# An older one was left behind by an editor that died.
LEFT_BEHIND_SECONDS = 86_400.0


def is_open(file: Path, env: Mapping[str, str]) -> bool:
    """Tell whether an editor that leaves word of it has a file open; many leave none."""
    marks = [file.with_name(mark.format(file.name)) for mark in _OPEN_MARKS]
    state = Path(env.get("XDG_STATE_HOME") or Path(env.get("HOME", "/"), ".local/state"))
    marks.append(state / "nvim/swap" / f"{str(file).replace('/', '%')}.swp")
    return any(map(_is_recent, marks))


def _is_recent(mark: Path) -> bool:
    try:
        return time.time() - mark.lstat().st_mtime < LEFT_BEHIND_SECONDS
    except (OSError, ValueError):
        return False
