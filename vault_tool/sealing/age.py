"""The one door to pyrage: encrypting to public keys, decrypting with identities. https://age-encryption.org/v1

An identity is text that opens: `AGE-SECRET-KEY-1...`, or the text of an SSH key. It never appears in an
error, and `str()` of pyrage's own objects, which prints it, is called in `new_identity` only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import pyrage  # it ships no types

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

Result = TypeVar("Result")


class BadPublicKey(VaultError):
    """A text is no public key that can be sealed to."""

    message = N_("This is no public key: {key}")
    hint = N_("It begins with age1..., ssh-ed25519 or ssh-rsa. `vault key show` prints yours.")
    exit_code = Exit.USAGE


class PrivateKeyGiven(BadPublicKey):
    """The half that opens was given where the other one is wanted; it is not said again."""

    message = N_("That is a private key: it opens what is sealed, and whoever has seen it can read along.")
    hint = N_(
        "Nothing was written. Make a new one (`vault key new`), and give only what `vault key show` prints."
    )


class BadIdentity(Exception):
    """A text is no key that opens."""


class CannotOpen(Exception):
    """None of the keys opens it, or it is damaged: age doesn't always tell the two apart."""


class WrongPassphrase(Exception):
    """The passphrase doesn't open it."""


_SSH_KEY = re.compile(r"(ssh-(?:ed25519|rsa))\s+([A-Za-z0-9+/=]+)(?:\s.*)?", re.DOTALL)


def encrypt(data: bytes, public_keys: Sequence[str]) -> bytes:
    """Return an age file that each of these keys opens. Raises `BadPublicKey`."""
    sealed: bytes = pyrage.encrypt(data, [_recipient(key) for key in public_keys])
    return sealed


def decrypt(age_file: bytes, identities: Iterable[str]) -> bytes:
    """Return what an age file holds. Raises `CannotOpen`, `BadIdentity`."""
    keys = [_identity(each) for each in identities]
    opened: bytes = _guarded(lambda: pyrage.decrypt(age_file, keys))
    return opened


def encrypt_with_passphrase(data: bytes, passphrase: str) -> bytes:
    """Return an age file that a passphrase opens; takes a second or two, on purpose."""
    sealed: bytes = pyrage.passphrase.encrypt(data, passphrase)
    return sealed


def decrypt_with_passphrase(age_file: bytes, passphrase: str) -> bytes:
    """Return what a passphrase opens. Raises `WrongPassphrase`."""
    try:
        opened: bytes = _guarded(lambda: pyrage.passphrase.decrypt(age_file, passphrase))
        return opened
    except CannotOpen:
        raise WrongPassphrase from None


def new_identity() -> str:
    """Make a key pair; return the half that opens."""
    return str(pyrage.x25519.Identity.generate())


def public_key(identity: str) -> str:
    """Return the half of an age identity that seals. Raises `BadIdentity`."""
    opened = _identity(identity)
    if not isinstance(opened, pyrage.x25519.Identity):
        raise BadIdentity
    return str(opened.to_public())


def checked_public_key(key: str) -> str:
    """Return a public key as it is kept: an SSH key without its comment. Raises `BadPublicKey`."""
    found = _SSH_KEY.fullmatch(key.strip())
    plain = f"{found[1]} {found[2]}" if found else key.strip()
    _recipient(plain)
    return plain


def check_identity(identity: str) -> None:
    """Refuse what opens nothing. Raises `BadIdentity`."""
    _identity(identity)


@lru_cache(maxsize=256)
def _recipient(key: str) -> Any:
    if key.startswith("AGE-SECRET-KEY-") or "PRIVATE KEY" in key:
        raise PrivateKeyGiven
    kind = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
    try:
        return _guarded(lambda: kind.Recipient.from_str(key))
    except (CannotOpen, pyrage.RecipientError):
        raise BadPublicKey(key=key[:80]) from None


@lru_cache(maxsize=64)
def _identity(identity: str) -> Any:
    try:
        if identity.startswith("AGE-SECRET-KEY-1"):
            return _guarded(lambda: pyrage.x25519.Identity.from_str(identity))
        return _guarded(lambda: pyrage.ssh.Identity.from_buffer(identity.encode()))
    except (CannotOpen, pyrage.IdentityError):
        raise BadIdentity from None


def _guarded(call: Callable[[], Result]) -> Result:
    """Call into pyrage; none of its errors, which may quote what they were given, goes further."""
    try:
        return call()
    except (pyrage.DecryptError, ValueError):
        raise CannotOpen from None
    except BaseException as error:
        # A panic of the Rust side derives from BaseException; Ctrl-C does too, and stays what it is.
        if type(error).__name__ == "PanicException":
            raise CannotOpen from None
        raise
