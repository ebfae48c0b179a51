"""Folders that a cloud service copies to other computers, known by their names and by the marks they bear."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern


class CloudPlace(NamedTuple):
    """The service, by its own name, and the folder that it copies."""

    service: str
    folder: Path


# The names that the services' own programs give to their folders, folded.
_NAMES = (
    ("Dropbox", pattern(r"dropbox( \(.+\)|-.+)?")),
    ("OneDrive", pattern(r"onedrive( ?- ?.+)?")),
    ("iCloud Drive", pattern(r"icloud ?drive|mobile documents|com~apple~clouddocs")),
    ("Google Drive", pattern(r"google ?drive(-.+)?|\.?shortcut-targets-by-id")),
    ("坚果云 (Nutstore)", pattern(r"nutstore( files)?|nutstore-.+|(我的)?坚果云")),
)
# One of these is in each of those names, and in hardly any other.
_WORDS = ("drive", "dropbox", "mobile documents", "clouddocs", "shortcut-targets", "nutstore", "坚果云")
# What lies at the top of such a folder, whatever its name.
_MARKS = (
    ("Dropbox", ".dropbox"),
    ("Dropbox", ".dropbox.cache"),
    ("OneDrive", ".849C9593-D756-4E56-8D6E-42412F2A707B"),
    ("Google Drive", ".tmp.drivedownload"),
    ("Google Drive", ".tmp.driveupload"),
    ("Syncthing", ".stfolder"),
)
_VARIABLES = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
_IGNORES_GIT = pattern(r"^\s*(\(\?[di]+\))?(/|\*\*/)?\.git/?\s*$", re.MULTILINE)


def cloud_place(git: Path, env: Mapping[str, str]) -> CloudPlace | None:
    """Return the cloud folder in which a git folder lies, None where it lies in none that is known."""
    told = {Path(env[name]) for name in _VARIABLES if env.get(name)}
    for folder in git.parents:
        if folder in told:
            return CloudPlace("OneDrive", folder)
        name = folder.name.casefold()
        if any(word in name for word in _WORDS):
            for service, names in _NAMES:
                if names.fullmatch(name):
                    return CloudPlace(service, folder)
        if folder.parent.name == "CloudStorage" and folder.parent.parent.name == "Library":
            return CloudPlace(folder.name.partition("-")[0], folder)  # macOS: each service has one there
        for service, mark in _MARKS:
            if (folder / mark).exists() and not (service == "Syncthing" and _ignores_git(folder)):
                return CloudPlace(service, folder)
    return None


def _ignores_git(folder: Path) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return _IGNORES_GIT.search((folder / ".stignore").read_text("utf-8")) is not None
    return False
