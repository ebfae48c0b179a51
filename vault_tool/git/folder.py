"""Where git keeps what it knows of a vault, found without asking git."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def git_folder(root: Path) -> Path | None:
    """Return the folder in which git keeps the settings of the work tree whose top is `root`.

    None where `root` is not the top of one. A linked work tree has them where its repository has them.
    """
    told = root / ".git"
    if told.is_dir():
        return told if (told / "HEAD").is_file() else None
    try:
        word, _colon, place = told.read_text("utf-8").partition(":")
    except (OSError, UnicodeDecodeError):
        return None
    if word != "gitdir":
        return None
    folder = root / place.strip()
    with suppress(OSError, UnicodeDecodeError):
        folder = folder / (folder / "commondir").read_text("utf-8").strip()
    return folder.resolve() if folder.is_dir() else None


def top_above(root: Path) -> Path | None:
    """Return the top of the work tree in which a vault lies that is a part of something larger."""
    return next((folder for folder in root.parents if (folder / ".git").exists()), None)
