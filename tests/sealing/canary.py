"""A search for secrets wherever they may have got to, in every form that a program may have given them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.git.repositories import Clone, all_objects

_LEAST_DIGITS = 8


def forms(secret: str) -> Iterator[bytes]:
    """Every form in which a secret may stand: UTF-8, UTF-16, hex, base64 at each of its three offsets."""
    data = secret.encode()
    yield data
    yield secret.encode("utf-16-le")
    yield secret.encode("utf-16-be")
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for offset in range(3):
        encoded = b64encode(b"\0" * offset + data)
        # What a neighbour's bits have a part in is cut away at both ends.
        first = (0, 2, 3)[offset]
        last = (offset + len(data)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")


def found_in(secrets: Iterable[str], places: Iterable[bytes]) -> set[str]:
    """Return the secrets that stand in any of these, in any form; a number also with anything between."""
    found = set()
    wanted = {secret: [*forms(secret)] for secret in secrets}
    digits = {secret: re.sub(r"\D", "", secret).encode() for secret in secrets}
    for place in places:
        bare = re.sub(rb"[-. /()]+", b"", place)
        for secret, needles in wanted.items():
            is_there = any(needle in place for needle in needles)
            is_number = len(digits[secret]) >= _LEAST_DIGITS and digits[secret] in bare
            if is_there or is_number:
                found.add(secret)
    return found


def in_git(clone: Clone) -> list[bytes]:
    """All that git holds of a clone: every object, and every file of its own folder as it stands."""
    files = [path.read_bytes() for path in (clone.root / ".git").rglob("*") if path.is_file()]
    return [*all_objects(clone.root, clone.env), *files]


def in_files(folder: Path) -> list[bytes]:
    """Every file below a folder, git's own left out."""
    return [
        path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    ]
