"""The keys that open, as files of this person on this machine: found, checked, made."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.sealing import age
from vault_tool.vault.places import config_home, make_private

IDENTITIES = "identities"
OWN_NAME = "me.txt"
_AGE_FILE = b"age-encryption.org/v1"
AskPassphrase = Callable[[str], str]


class ExposedIdentity(VaultError):
    """Others than its owner could read a key."""

    message = N_("{path} is not used: {reason}.")
    hint = N_("chmod 600 {path}, or move it out of the vault and out of any git repository.")
    exit_code = Exit.UNREADABLE


class IdentityThere(VaultError):
    """A key was to be made where one is."""

    message = N_("{path} is there already; nothing was written.")
    hint = N_("`vault key show` prints its public half.")
    exit_code = Exit.BUSY


LINKED = N_("it is a symbolic link")
OPEN_TO_OTHERS = N_("other users could read it")
OF_ANOTHER_USER = N_("it belongs to another user")
IN_REPOSITORY = N_("it lies in a git repository")
NOT_A_FILE = N_("it is not a file")


def identity_folder(env: Mapping[str, str]) -> Path:
    """Name the folder of this person's keys."""
    return config_home(env) / IDENTITIES


def own_identities(env: Mapping[str, str], ask: AskPassphrase) -> Iterator[str]:
    """Yield the keys of this person, in the order of their files' names.

    `ask` is called with a file's name where a passphrase wraps it. Raises `ExposedIdentity`, `BadIdentity`.
    """
    folder = identity_folder(env)
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix != ".pub" and not path.name.startswith("."):
            yield from read_identities(path, ask)


def read_identities(path: Path, ask: AskPassphrase) -> list[str]:
    """Return the keys of one file: age identities line by line, or one SSH key."""
    check_private(path)
    data = path.read_bytes()
    if data.startswith(_AGE_FILE):
        data = age.decrypt_with_passphrase(data, ask(path.name))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise age.BadIdentity from None
    if "PRIVATE KEY-----" in text:
        age.check_identity(text)
        return [text]
    found = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for identity in found:
        age.check_identity(identity)
    return found


def check_private(path: Path) -> None:
    """Refuse a key that others may have read, or that git may carry away."""
    seen = path.lstat()
    reason = ""
    if stat.S_ISLNK(seen.st_mode):
        reason = LINKED
    elif not stat.S_ISREG(seen.st_mode):
        reason = NOT_A_FILE
    elif os.name == "posix" and seen.st_uid != os.geteuid():
        reason = OF_ANOTHER_USER
    elif os.name == "posix" and seen.st_mode & 0o077:
        reason = OPEN_TO_OTHERS
    elif any((folder / ".git").exists() for folder in path.resolve().parents):
        reason = IN_REPOSITORY
    if reason:
        raise ExposedIdentity(path=path, reason=reason)


def make_identity(env: Mapping[str, str], comment: str, name: str = OWN_NAME, passphrase: str = "") -> str:
    """Make this person's key pair and return its public half. Raises `IdentityThere`."""
    folder = make_private(identity_folder(env))
    identity = age.new_identity()
    public = age.public_key(identity)
    data = f"# {comment}\n# public key: {public}\n{identity}\n".encode()
    if passphrase:
        data = age.encrypt_with_passphrase(data, passphrase)
    write_private(folder / name, data)
    write_private(folder / f"{Path(name).stem}.pub", f"{public}\n".encode())
    return public


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read. Raises `IdentityThere`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise IdentityThere(path=path) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def own_public_keys(env: Mapping[str, str]) -> list[str]:
    """Return the public halves of this person's keys, from the `.pub` files beside them."""
    folder = identity_folder(env)
    files = sorted(folder.glob("*.pub")) if folder.is_dir() else []
    return [line for path in files if (line := path.read_text("utf-8").strip())]
