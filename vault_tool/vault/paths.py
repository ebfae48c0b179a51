"""File names for customers: readable in every script, and legal on every system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from vault_tool.vault.globs import fold_name

CUSTOMERS = PurePosixPath("customers")
MAX_CHARACTERS = 80
# A name may be 255 bytes long nearly everywhere; synchronisers and archives add endings of their own.
MAX_BYTES = 200

# Windows refuses `<>:"/\|?*`; no link could hold a bracket or a bar.
_PARTING = re.compile(r"[:/\\|\s]+")
_REFUSED = re.compile(r'[<>"?*\[\]]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?=\.|\Z)", re.IGNORECASE)
_JOINERS = "\u200c\u200d"  # emoji and some scripts are written with them

Taken = Callable[[PurePosixPath], bool]


def customer_path(
    name: str,
    aliases: Sequence[str],
    region: str | None,
    id: str,
    taken: Taken,
    folder: PurePosixPath = CUSTOMERS,
) -> PurePosixPath:
    """Return the path of a customer's file: its first alias or its name, told apart where that is taken.

    A second of that name gets the region, else the id. `taken` compares as file systems do: see `taken_by`.
    """
    stem = next((stem for text in (*aliases[:1], name, id) if (stem := file_stem(text))), "customer")
    for candidate in _candidates(stem, region, id):
        path = folder / f"{candidate}.md"
        if not taken(path):
            return path
    raise AssertionError("numbers never end")


def taken_by(paths: Iterable[PurePosixPath]) -> Taken:
    """Return what tells whether a path is one of these, after NFC and case folding."""
    known = {fold_name(str(path)) for path in paths}
    return lambda path: fold_name(str(path)) in known


def file_stem(text: str) -> str:
    """Return a text as a file's name without its ending; empty when nothing of it can stand there."""
    text = _REFUSED.sub("", _PARTING.sub(" ", unicodedata.normalize("NFC", text)))
    text = "".join(sign for sign in text if sign in _JOINERS or unicodedata.category(sign)[0] != "C")
    # Folders hide what begins with a dot; `~` and `#…#` are what editors leave behind.
    text = _cut(text.lstrip(" .~#-"))
    if reserved := _RESERVED.match(text):
        text = f"{text[: reserved.end(1)]}_{text[reserved.end() :]}"
    return text


def _candidates(stem: str, region: str | None, id: str) -> Iterator[str]:
    yield stem
    last = stem
    for more in (region, id):
        if more and (told_apart := file_stem(more)):
            last = _with(stem, told_apart)
            yield last
    number = 2
    while True:
        yield _with(last, str(number))
        number += 1


def _with(stem: str, more: str) -> str:
    room = MAX_CHARACTERS - len(more) - 1, MAX_BYTES - len(more.encode()) - 1
    return f"{_cut(stem, *room)} {more}" if min(room) > 0 else more


def _cut(text: str, characters: int = MAX_CHARACTERS, size: int = MAX_BYTES) -> str:
    """Return as much of a text as fits, without parting a letter from its marks or an end that is refused."""
    end = min(len(text), characters)
    while len(text[:end].encode()) > size:
        end -= 1
    while 0 < end < len(text) and (unicodedata.category(text[end])[0] == "M" or text[end - 1] in _JOINERS):
        end -= 1
    return text[:end].rstrip(" .~" + _JOINERS)
