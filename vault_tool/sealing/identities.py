"""The keys that open, as files of this person on this machine: found, checked, made."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
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
    hint = N_(
        "chmod 600 {path}, or move it out of the vault and out of any git repository. From a stick, copy it "
        "into a folder of your own first."
    )
    exit_code = Exit.UNREADABLE


class NoKeyInFile(VaultError):
    """A file holds no key that opens."""

    message = N_("{path} holds no key that opens.")
    hint = N_(
        "An age identity (AGE-SECRET-KEY-1...) or an SSH key (ed25519, rsa) without passphrase of its own; "
        "anything else move out of there."
    )
    exit_code = Exit.UNREADABLE


class CannotReadKey(VaultError):
    """A key's file can't be read or written."""

    message = N_("The key {path} can't be used: {reason}.")
    exit_code = Exit.UNREADABLE


class PassphraseNeeded(VaultError):
    """A passphrase wraps a key, and nobody can be asked for it."""

    message = N_("The key {path} is wrapped in a passphrase, and there is no terminal to ask for it.")
    hint = N_("Run the command on a terminal, without a pipe.")
    exit_code = Exit.DECIDE


class PassphraseWrong(VaultError):
    """What was typed doesn't open a key."""

    message = N_("That passphrase doesn't open the key {path}; nothing was opened.")
    hint = N_("Try it again.")
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
IN_OPEN_FOLDER = N_("other users may write into its folder")

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_LARGEST = 64 * 1024


def identity_folder(env: Mapping[str, str]) -> Path:
    """Name the folder of this person's keys."""
    return config_home(env) / IDENTITIES


def own_identities(env: Mapping[str, str], ask: AskPassphrase) -> Iterator[str]:
    """Yield the keys of this person, in the order of their files' names.

    `ask` is called with a file's name where a passphrase wraps it. Raises what `read_identities` does.
    """
    folder = identity_folder(env)
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix != ".pub" and not path.name.startswith("."):
            yield from read_identities(path, ask)


def read_identities(path: Path, ask: AskPassphrase) -> list[str]:
    """Return the keys of one file: age identities line by line, or one SSH key.

    Raises `ExposedIdentity`, `NoKeyInFile`, `PassphraseNeeded`, `PassphraseWrong`, `CannotReadKey`.
    """
    data = _read_private(path)
    if data.startswith(_AGE_FILE):
        passphrase = ask(path.name)
        if not passphrase:
            raise PassphraseNeeded(path=path)
        try:
            data = age.decrypt_with_passphrase(data, passphrase)
        except age.WrongPassphrase:
            raise PassphraseWrong(path=path) from None
    try:
        text = data.decode()
        if "PRIVATE KEY-----" in text:
            found = [text]
        else:
            found = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        for identity in found:
            age.check_identity(identity)
    except (UnicodeDecodeError, age.BadIdentity):
        raise NoKeyInFile(path=path) from None
    if not found:
        raise NoKeyInFile(path=path)
    return found


def _read_private(path: Path) -> bytes:
    """Return a key's bytes; refuse one that others may have read or put there, or that git may carry away."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT)
    except OSError as error:
        if path.is_symlink():
            raise ExposedIdentity(path=path, reason=LINKED) from None
        raise CannotReadKey(path=path, reason=error.strerror or str(error)) from None
    with os.fdopen(handle, "rb") as file:
        seen = os.fstat(handle)
        reason = ""
        if not stat.S_ISREG(seen.st_mode):
            reason = NOT_A_FILE
        elif os.name == "posix" and seen.st_uid != os.geteuid():
            reason = OF_ANOTHER_USER
        elif os.name == "posix" and seen.st_mode & 0o077:
            reason = OPEN_TO_OTHERS
        elif os.name == "posix" and path.parent.stat().st_mode & 0o022:
            reason = IN_OPEN_FOLDER
        elif in_repository(path):
            reason = IN_REPOSITORY
        if reason:
            raise ExposedIdentity(path=path, reason=reason)
        return file.read(_LARGEST)


def in_repository(path: Path) -> bool:
    """Tell whether git could carry a file away."""
    return any((folder / ".git").exists() for folder in path.resolve().parents)


def make_identity(env: Mapping[str, str], comment: str, name: str = OWN_NAME, passphrase: str = "") -> str:
    """Make this person's key pair and return its public half. Raises `IdentityThere`, `ExposedIdentity`."""
    folder = make_private(identity_folder(env))
    if in_repository(folder / name):
        raise ExposedIdentity(path=folder / name, reason=IN_REPOSITORY)
    identity = age.new_identity()
    public = age.public_key(identity)
    data = f"# {comment}\n# public key: {public}\n{identity}\n".encode()
    if passphrase:
        data = age.encrypt_with_passphrase(data, passphrase)
    write_private(folder / name, data)
    # Should it be missing, `own_public_keys` does without, as far as no passphrase is in the way.
    with suppress(IdentityThere):
        write_private(folder / f"{Path(name).stem}.pub", f"{public}\n".encode())
    return public


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read. Raises `IdentityThere`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise IdentityThere(path=path) from None
    except OSError as error:
        with suppress(OSError):
            path.unlink()  # half a key is none
        raise CannotReadKey(path=path, reason=error.strerror or str(error)) from None


def own_public_keys(env: Mapping[str, str]) -> list[str]:
    """Return the public halves of this person's keys, from the `.pub` files beside them.

    A key without one opens only, and nobody seals to it: the example's key is of that kind, which everybody
    has. Of the key that this program made, the half is told anew should its file be missing.
    """
    folder = identity_folder(env)
    lines: list[str] = []
    for path in sorted(folder.glob("*.pub")) if folder.is_dir() else ():
        lines += path.read_text("utf-8", "replace").splitlines()
    made = folder / OWN_NAME
    if made.exists() and not made.with_suffix(".pub").exists():
        with suppress(PassphraseNeeded, age.BadIdentity):
            lines += map(age.public_key, read_identities(made, lambda _name: ""))
    return list(dict.fromkeys(age.checked_public_key(line) for line in lines if line.strip()))
