"""What git starts for a vault: the program; where that is gone, what keeps notes whole and secrets in.

A copy stands in `.git/vault/`: only the standard library, and nothing that Python 3.8 lacks. Without it a
required filter whose program is gone would make git *remove* notes at a checkout.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

SEALED = "sealed.json"
"""Beside this file: `keys`, the spellings of sealed fields, and `messages`, what to say, translated."""
MERGE = "merge-file"
OPEN_TO_GIT, NOT_MERGED = 10, 2
_LONGEST_KEY = 40
_BETWEEN = str.maketrans("", "", " \t\u3000_-\"'")
_REFERENCE = "sealed-[0-9abcdefghjkmnpqrstvwxyz]{8}"
_REFERENCES = re.compile(rf"[\s:：\-\"'\[,、]*(?:{_REFERENCE}[\s,、\"'\]]*)+")
_MARK = re.compile(r"(?:\{\{|｛｛)\s*(?:seal|封存)", re.IGNORECASE)
_COLON = re.compile("[:：]")
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def joined(key: str) -> str:
    """Return a key as spellings are compared: no case, no width, nothing between its words."""
    return unicodedata.normalize("NFKC", key).casefold().translate(_BETWEEN)


def plain_line(text: str, keys: Collection[str]) -> int | None:
    """Return the number of a line in which a sealed field isn't a reference, or words wait to be sealed.

    It reads no YAML and knows no customer's type: in doubt it names a line that is all right.
    """
    lines = _BREAK.split(text)
    for number, line in enumerate(lines, 1):
        if _MARK.search(line):
            return number
        for colon in _COLON.finditer(line):
            if not _is_sealed_key(line, colon.start(), keys):
                continue
            value = line[colon.end() :].strip(":： \t")
            if value and not _REFERENCES.fullmatch(value):
                return number
            below = None if value else _plain_below(lines, number)
            if below is not None:
                return below
    return None


def _is_sealed_key(line: str, colon: int, keys: Collection[str]) -> bool:
    for at in range(max(0, colon - _LONGEST_KEY), colon):
        is_boundary = at == 0 or not line[at - 1].isalnum()
        if is_boundary and line[at].isalnum() and joined(line[at:colon]) in keys:
            return True
    return False


def _plain_below(lines: list[str], start: int) -> int | None:
    """Return the line below a key that belongs to it (a list, several lines) and is no reference."""
    for number in range(start, len(lines)):
        line = lines[number]
        if line.startswith("---") or (line.strip() and line[0] not in " \t-\u3000"):
            return None
        if line.strip(" \t-\u3000|>") and not _REFERENCES.fullmatch(line):
            return number + 1
    return None


def stand_in(words: list[str]) -> int:
    """Do what can be done without the program."""
    from filter_process import NotGit, Refused, serve  # type: ignore[import-not-found]  # a copy

    told = json.loads(Path(__file__).with_name(SEALED).read_text("utf-8"))
    if words != ["git-filter"]:
        sys.stderr.write(told["messages"]["unchecked"] + "\n")
        return 0

    def clean(path: str, data: bytes) -> bytes:
        line = plain_line(data.decode("utf-8", "replace"), frozenset(told["keys"]))
        if line is None:
            return data
        sys.stderr.write(told["messages"]["refused"].format(path=path, line=line) + "\n")
        raise Refused

    try:
        serve(sys.stdin.buffer, sys.stdout.buffer, clean)
    except NotGit:
        return 2
    return 0


def merge(words: list[str]) -> int:
    """Run git's merge driver. Status 1 would say nothing: so ends a Python that can't even start."""
    try:
        from vault_tool.git.merge_driver import JOINED, OPEN, drive
    except Exception:  # noqa: BLE001 - a program that is half gone fails in any way; git then merges itself
        return NOT_MERGED
    return {JOINED: 0, OPEN: OPEN_TO_GIT}.get(drive(words), NOT_MERGED)


def main(words: list[str]) -> int:
    """Run the program with these words; where it can't be loaded, stand in for it."""
    try:
        if words[:1] == [MERGE]:
            return merge(words[1:])
        if words == ["git-filter"]:
            from vault_tool.sealing.filter import serve_git

            return serve_git()
        from vault_tool.cli.main import run
    except ImportError:
        return stand_in(words)
    return run(words, os.environ)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
