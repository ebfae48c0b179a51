"""Where git keeps what it knows of a vault, found without asking git."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

FOLDER = "vault"
"""What of git's folder is ours: what is known of this clone, and of its servers."""


def git_folder(root: Path) -> Path | None:
    """Return the folder in which git keeps the settings of the work tree whose top is `root`.

    None where `root` is not the top of one. A linked work tree has them where its repository has them.
    """
    folder = own_folder(root)
    if folder is None:
        return None
    with suppress(OSError, UnicodeDecodeError):
        return (folder / (folder / "commondir").read_text("utf-8").strip()).resolve()
    return folder


def own_folder(root: Path) -> Path | None:
    """Return the folder in which git keeps what is this work tree's alone: its index, where it stands."""
    told = root / ".git"
    if told.is_dir():
        return told if (told / "HEAD").is_file() else None
    folder = named_folder(root)
    return folder.resolve() if folder and folder.is_dir() else None


def named_folder(root: Path) -> Path | None:
    """Return the folder that a file `.git` names, there or not; None where there is no such file."""
    try:
        word, _colon, place = (root / ".git").read_text("utf-8").partition(":")
    except (OSError, UnicodeDecodeError):
        return None
    return root / place.strip() if word == "gitdir" else None


def top_above(root: Path) -> Path | None:
    """Return the top of the work tree in which a vault lies that is a part of something larger."""
    return next((folder for folder in root.parents if (folder / ".git").exists()), None)
