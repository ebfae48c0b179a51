"""The sealed token: what stands in a note in place of a value, without the cipher itself.

    sealed.v1.<kid>.<vid>.<body>.<chk>

`kid` names the keys it is sealed to, `vid` this one value, `body` is a plain age file, `chk` finds damage and
copies without any key. What is sealed says where it belongs, so that a value moved elsewhere doesn't open.
"""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

from vault_tool.named import NamedTuple

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32, in lower case."""
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_BLOCK = 64
_TOKEN = re.compile(
    rf"sealed\.v1\.(?P<kid>[{ALPHABET}]{{8}})\.(?P<vid>[{ALPHABET}]{{8}})"
    rf"\.(?P<body>[A-Za-z0-9_-]+)\.(?P<chk>[{ALPHABET}]{{8}})"
)


class Place(NamedTuple):
    """Where a value belongs: `field` is its canonical path (`mobile`, `contacts[].mobile`), or `text`."""

    vault: str
    customer: str
    field: str


class Token(NamedTuple):
    """One sealed value as it stands in a file."""

    kid: str
    vid: str
    body: str
    chk: str

    def __str__(self) -> str:
        return f"sealed.v1.{self.kid}.{self.vid}.{self.body}.{self.chk}"

    @property
    def age_file(self) -> bytes:
        """The age file it holds."""
        return _decoded(self.body)


class Value(NamedTuple):
    """The text, and how it was written (plain, single, double, literal, folded, yaml, text)."""

    text: str
    style: str


class BadToken(Exception):
    """A text is no token: it is cut, damaged, or of a version that this program doesn't know."""


class WrongPlace(Exception):
    """What was opened belongs elsewhere, or isn't of our making."""


def make_token(place: Place, kid: str, vid: str, age_file: bytes) -> Token:
    """Return the token of an age file."""
    body = urlsafe_b64encode(age_file).decode("ascii").rstrip("=")
    return Token(kid, vid, body, checksum(place, kid, vid, body))


def read_token(text: str) -> Token:
    """Read a token, wherever it stands. Raises `BadToken`; whether it belongs there, `is_at` tells."""
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise BadToken
    token = Token(**found.groupdict())
    try:
        age_file = token.age_file
    except (NotBase64, ValueError) as error:
        raise BadToken from error
    # Python decodes much that it would never write.
    if urlsafe_b64encode(age_file).decode("ascii").rstrip("=") != token.body:
        raise BadToken
    return token


def is_at(token: Token, place: Place) -> bool:
    """Tell, without any key, whether a token is whole and was made for this place.

    Anybody can forge that: it finds accidents. What an attacker moved is found when it is opened.
    """
    return token.chk == checksum(place, token.kid, token.vid, token.body)


def checksum(place: Place, kid: str, vid: str, body: str) -> str:
    """Return `chk`: 40 bits of SHA-256 over each part in NFC, behind its length in four bytes."""
    parts = [unicodedata.normalize("NFC", part).encode() for part in (*place, kid, vid, body)]
    return base32(sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest())


def key_set_id(public_keys: Iterable[str]) -> str:
    """Return `kid`: what names a set of public keys, in any order."""
    return _set_id(tuple(public_keys))


@lru_cache(maxsize=256)
def _set_id(public_keys: tuple[str, ...]) -> str:
    return base32(sha256("".join(f"{key}\n" for key in sorted(public_keys)).encode()).digest())


def base32(digest: bytes) -> str:
    """Return the first 40 bits of a digest as eight characters."""
    number = int.from_bytes(digest[:5], "big")
    return (
        _PAIRS[number >> 30]
        + _PAIRS[number >> 20 & 1023]
        + _PAIRS[number >> 10 & 1023]
        + _PAIRS[number & 1023]
    )


def wrap(place: Place, kid: str, vid: str, value: Value) -> bytes:
    """Return what is to be encrypted: the value and where it belongs, its length hidden in steps of 64."""
    told = {
        "v": 1,
        "vault": place.vault,
        "id": place.customer,
        "field": place.field,
        "kid": kid,
        "vid": vid,
        "val": value.text,
        "style": value.style,
    }
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return data + b" " * (-len(data) % _BLOCK)


def unwrap(data: bytes, place: Place, kid: str, vid: str) -> Value:
    """Return the value that was encrypted, if it belongs here. Raises `WrongPlace`."""
    try:
        told = json.loads(data.decode("utf-8", "surrogatepass"))
        value = Value(told.pop("val"), told.pop("style"))
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise WrongPlace from error
    expected = {
        "v": 1,
        "vault": place.vault,
        "id": place.customer,
        "field": place.field,
        "kid": kid,
        "vid": vid,
    }
    if told != expected or not isinstance(value.text, str) or not isinstance(value.style, str):
        raise WrongPlace
    return value


def place_of(data: bytes) -> Place:
    """Return what a value says that it was sealed for. Raises `WrongPlace` where it is none of ours."""
    try:
        told = json.loads(data.decode("utf-8", "surrogatepass"))
        place = Place(told["vault"], told["id"], told["field"])
    except (ValueError, KeyError, TypeError) as error:
        raise WrongPlace from error
    if not all(isinstance(part, str) for part in place):
        raise WrongPlace
    return place


def _decoded(body: str) -> bytes:
    return b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
