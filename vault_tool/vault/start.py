"""Start a vault: the few files that mark it, beside whatever the folder holds already."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault import files
from vault_tool.vault.paths import CUSTOMERS
from vault_tool.vault.settings import SETTINGS_NAME

# What editors leave behind for a while; git reads a leading `#` as a comment.
IGNORED = ("*~", ".*.sw?", ".#*", r"\#*#", ".vault-tmp-*")
# git converts no line ending in a vault.
ATTRIBUTES = ("* -text",)
EXAMPLE_KEY = "demo-identity.txt"
"""What opens the sealed values of the example vault: no secret, and no part of a vault made from it."""


class AlreadyVault(VaultError):
    """The folder is a vault."""

    message = N_("{path} is a vault already; nothing was written.")
    hint = N_("`vault -C {path} new NAME` adds a customer; `vault init --adopt DIR {path}` takes in notes.")
    exit_code = Exit.USAGE


class InsideVault(VaultError):
    """The folder lies in a vault: customers of one would be customers of the other."""

    message = N_("{path} lies inside the vault {root}; nothing was written.")
    hint = N_("Choose a folder outside of it.")
    exit_code = Exit.USAGE


class NotAFolder(VaultError):
    """A folder was named, and something else is there, or nothing."""

    message = N_("{path} is no folder; nothing was written.")
    exit_code = Exit.USAGE


class InTheWay(VaultError):
    """The example would have to replace files that are there."""

    message = N_("{path} is there already; nothing was written.")
    hint = N_("Name a new folder: vault init --example my-vault")
    exit_code = Exit.USAGE


class StartFile(NamedTuple):
    """A file that a new vault begins with."""

    path: PurePosixPath
    data: bytes


class Kept(NamedTuple):
    """A file that was there and stays as it is, and the lines that a vault would have in it."""

    path: PurePosixPath
    missing: tuple[str, ...]


def check_place(root: Path) -> None:
    """Refuse a place where no vault can begin. `root` is absolute."""
    if (root / SETTINGS_NAME).exists():
        raise AlreadyVault(path=root)
    for folder in root.parents:
        if (folder / SETTINGS_NAME).is_file():
            raise InsideVault(path=root, root=folder)
    if root.exists() and not root.is_dir():
        raise NotAFolder(path=root)


def start_files(root: Path, settings_text: str) -> tuple[list[StartFile], list[Kept]]:
    """Return the files a new vault needs, and those that are there already and stay as they are."""
    wanted = [StartFile(PurePosixPath(SETTINGS_NAME), settings_text.encode())]
    kept = []
    for name, lines in ((".gitignore", IGNORED), (".gitattributes", ATTRIBUTES)):
        path = PurePosixPath(name)
        if (root / path).exists():
            kept.append(Kept(path, _missing(root / path, lines)))
        else:
            wanted.append(StartFile(path, "".join(f"{line}\n" for line in lines).encode()))
    return wanted, kept


def example_files(root: Path) -> list[StartFile]:
    """Return the files of the example vault. Raises `InTheWay` where one of them would replace another."""
    source = example_dir()
    found = [
        StartFile(PurePosixPath(path.relative_to(source).as_posix()), path.read_bytes())
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.name != EXAMPLE_KEY
    ]
    for file in found:
        if (root / file.path).exists():
            raise InTheWay(path=root / file.path)
    return found


def make_vault(root: Path, start: Iterable[StartFile]) -> None:
    """Make the folder and write the files; the settings come last, since they are what makes it a vault."""
    try:
        (root / CUSTOMERS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.CannotWrite(path=root, reason=files.reason(error)) from error
    for file in sorted(start, key=lambda file: file.path == PurePosixPath(SETTINGS_NAME)):
        files.replace(root, file.path, file.data)


def example_dir() -> Path:
    """Return the folder of the example vault: in a wheel within the package, in a checkout beside it."""
    package = Path(__file__).parent.parent
    packaged = package / "_example"
    return packaged if packaged.is_dir() else package.parent / "example_vault"


def _missing(path: Path, lines: Iterable[str]) -> tuple[str, ...]:
    try:
        known = {line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()}
    except OSError:
        known = set()
    return tuple(line for line in lines if line not in known)
