"""TOML as a person wrote it: where a key stands, what is wrong and on which line, how a text is quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.patterns import pattern

MAX_BYTES = 1024 * 1024
KeyPath = tuple[str, ...]


class CannotReadToml(VaultError):
    """A TOML file can't be opened."""

    message = N_("{path} can't be read: {reason}.")
    exit_code = Exit.UNREADABLE


class BadToml(VaultError):
    """A file is no TOML."""

    message = N_("{path}:{line}: this is not TOML: {reason}.")
    hint = N_("Mend that line in an editor.")
    exit_code = Exit.UNREADABLE


def read_toml(path: Path) -> str:
    """Read a TOML file's text; a byte order mark, which Windows editors add, is dropped."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CannotReadToml(path=path, reason=error.strerror or str(error)) from error
    if len(data) > MAX_BYTES:
        raise BadToml(path=path, line=1, reason=f"larger than {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadToml(path=path, line=line, reason="not UTF-8") from error


def parse_toml(text: str, path: Path) -> dict[str, object]:
    """Parse TOML; an error names the line."""
    import tomllib  # here: what settings came to is kept, and only an error's name is asked for

    try:
        # tomllib knows only \n and \r\n; a lone \r is its error to report.
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.match(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)$", str(error), re.DOTALL)
        reason = found[1] if found else str(error)
        line = int(found[2]) if found and found[2] else text.count("\n") + 1
        raise BadToml(path=path, line=line, reason=reason.rstrip(".")) from error
    except RecursionError as error:
        raise BadToml(path=path, line=1, reason="nested too deeply") from error


def line_of(text: str, path: KeyPath) -> int:
    """Return the line (1-based) on which a key, or else the nearest table above it, is written."""
    best, best_length = 1, 0
    for line, found in _keys(text):
        shared = found == path[: len(found)] if len(found) <= len(path) else found[: len(path)] == path
        length = min(len(found), len(path))
        if shared and length > best_length:
            best, best_length = line, length
            if best_length == len(path):
                break
    return best


def toml_string(value: str) -> str:
    """Return a text as TOML writes it, in double quotes."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
    return '"' + "".join(escapes.get(sign) or _escaped(sign) for sign in value) + '"'


def toml_key(key: str) -> str:
    """Return a key as TOML writes it: bare when it can be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_string(key)


def _escaped(sign: str) -> str:
    # TOML allows no control character, and a file no half of a surrogate pair.
    if sign < " " or sign == "\x7f":
        return f"\\u{ord(sign):04X}"
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= sign <= "\udfff" else sign


def _keys(text: str) -> Iterator[tuple[int, KeyPath]]:
    """Yield every line that looks like a table's head or a key, with its full path."""
    table: KeyPath = ()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            if head := _parsed(stripped):
                table = head
                yield number, table
        elif (found := _KEY.match(line)) and (key := _parsed(f"{found[1]} = 0")):
            yield number, table + key


_KEY = pattern(r"""\s*((?:[A-Za-z0-9_.\s-]|"(?:[^"\\]|\\.)*"|'[^']*')+?)\s*=""")


def _parsed(line: str) -> KeyPath:
    """Let the TOML parser itself say what path one head or key means."""
    import tomllib

    try:
        here: object = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    path: list[str] = []
    while isinstance(here, list) and here:
        here = here[0]
    while isinstance(here, Mapping) and here:
        key, here = next(iter(here.items()))
        path.append(key)
        while isinstance(here, list) and here:
            here = here[0]
    return tuple(path)
