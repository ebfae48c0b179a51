"""A writer for tests: adds lines to one file as a command would, planning again when it comes too late."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

from vault_tool.vault import files
from vault_tool.vault.journal import Change, ChangedOnDisk, commit
from vault_tool.vault.places import Places


def append(places: Places, root: Path, path: PurePosixPath, line: bytes) -> None:
    """Add one line, however often others come first."""
    while True:
        before = files.read(root, path)
        try:
            commit(places, root, "vault log", [Change(path, before.digest, before.data + line)], timeout=60)
        except ChangedOnDisk:
            continue
        return


if __name__ == "__main__":
    state, root, path, name, count = sys.argv[1:]
    for number in range(int(count)):
        append(
            Places(Path(state), Path(state)), Path(root), PurePosixPath(path), f"{name} {number}\n".encode()
        )
