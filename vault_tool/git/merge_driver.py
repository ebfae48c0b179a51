"""git's merge driver for a vault's files (gitattributes(5), "Defining a custom merge driver").

Git starts it for each file that both sides changed, in the work tree's top, in a bare repository within that.
The other way, a whole vault at once, is `vault_tool.merge.tree`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool import messages
from vault_tool.errors import VaultError
from vault_tool.merge.file import merge_content
from vault_tool.merge.rules import Rules, are_two_customers, is_note
from vault_tool.messages import N_, _
from vault_tool.named import NamedTuple
from vault_tool.schema.files import SECTIONS
from vault_tool.vault.opening import open_root
from vault_tool.vault.settings import SETTINGS_NAME, Settings, load_settings

JOINED, OPEN, NOT_DONE, TWO = 0, 1, 2, 3
_OWN = (SETTINGS_NAME, *(f"schema/{name}" for name in SECTIONS))
_SHARED = (".vault", "schema", "templates")

ONE_STANDS = N_(
    "{path}: both sides changed the same place. One version stands in the file, git still has the other: "
    "look at both (`git show :2:{path}`, `git show :3:{path}`), then `git add {path}`."
)

TWO_STAND = N_(
    "{path}: here the notes of two customers have come to one place. One stands in the file, git still has "
    "the other. `git merge --abort`, then `vault sync`, keeps both."
)


class Asked(NamedTuple):
    """What git asks: three files of a name it made up, and the path whose versions they are."""

    base: Path
    ours: Path
    theirs: Path
    path: PurePosixPath


def read_words(words: Sequence[str]) -> Asked | None:
    """Read `BASE A B [--marker-size N] PATH`; None where that isn't what stands there.

    The size of markers is taken and unused: none are written.
    """
    rest = list(words)
    if "--marker-size" in rest[:-1]:
        at = rest.index("--marker-size")
        del rest[at : at + 2]
    if len(rest) == 5 and rest[3] == "--":
        del rest[3]
    if len(rest) != 4:
        return None
    base, ours, theirs, path = rest
    return Asked(Path(base), Path(ours), Path(theirs), PurePosixPath(path))


def merge_for_git(asked: Asked, folder: Path, env: Mapping[str, str]) -> int:
    """Merge into the second file. `JOINED`: both are in it; `OPEN`: it is valid, but one side isn't in it.

    `TWO`: these are two customers, of whom one stands there. `NOT_DONE`, nothing was written: this file is no
    business of a vault's. Raises `OSError`.
    """
    base, ours, theirs = ((folder / file).read_bytes() for file in asked[:3])
    rules = _rules(folder, env)
    path = asked.path
    is_of_vault = path.parts[:1] and (path.parts[0] in _SHARED or path.as_posix() == SETTINGS_NAME)
    if not is_of_vault and not is_note(path, rules, base, ours, theirs):
        return NOT_DONE
    if are_two_customers(path, ours, theirs, rules):
        return TWO
    # Where both added the file, git gives an empty one for the base.
    merged = merge_content(path, base or None, ours, theirs, rules)
    _replace(folder / asked.ours, merged.data)
    return JOINED if merged.parked is None else OPEN


def _replace(path: Path, data: bytes) -> None:
    """Replace a file whole: were we killed, git merges what it has given."""
    temporary = path.with_name(f"{path.name}.vault")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _rules(folder: Path, env: Mapping[str, str]) -> Rules:
    """Return the rules of the vault that a merge takes place in; where they can't be read, those of any."""
    with suppress(VaultError):
        if (folder / SETTINGS_NAME).is_file():
            opening = open_root(folder, env)
            return Rules.of(opening.settings, opening.schema)
    import tempfile  # here and below: hardly ever needed, and git waits

    from vault_tool.schema.build import load_schema

    with suppress(VaultError), tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name, data in _committed(folder, env):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(data)
        if (root / SETTINGS_NAME).is_file():
            return Rules.of(load_settings(root), load_schema(root / "schema"))
    return Rules.of(Settings(id=""), load_schema())


def _committed(folder: Path, env: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Return the files that make the rules as the last commit has them: a bare repository has no others."""
    import subprocess

    found = []
    for name in _OWN:
        command = ["git", "cat-file", "blob", f"HEAD:{name}"]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode == 0:
            found.append((name, done.stdout))
    return found


def drive(words: Sequence[str]) -> int:
    """Serve git on this process's streams; whatever goes wrong is `NOT_DONE`: git then merges by itself."""
    asked = read_words(words)
    if asked is None:
        return NOT_DONE
    messages.use(messages.choose_language(os.environ))
    try:
        status = merge_for_git(asked, Path.cwd(), os.environ)
    except Exception as error:  # noqa: BLE001 - the boundary: git has the file as it was
        sys.stderr.write(f"vault merge-file: {asked.path}: {type(error).__name__}: {error}\n")
        return NOT_DONE
    if status == OPEN:
        sys.stderr.write(_(ONE_STANDS).format(path=asked.path) + "\n")
    if status == TWO:
        sys.stderr.write(_(TWO_STAND).format(path=asked.path) + "\n")
        return OPEN
    return status
