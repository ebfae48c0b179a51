"""What `vault lint --diff` shows: a patch for `git apply` and `patch -p1`, run in the vault's folder."""

from __future__ import annotations

import difflib
import re
from pathlib import PurePosixPath

_NO_NEWLINE = b"\\ No newline at end of file"


def patch(path: PurePosixPath, before: bytes, after: bytes) -> bytes:
    """Return the unified diff of one file, in its very bytes.

    Only a line feed ends a line: so those programs count, whatever a note's own breaks are.
    """
    name = bytes(path)
    lines = difflib.diff_bytes(
        difflib.unified_diff, _lines(before), _lines(after), _name(b"a/" + name), _name(b"b/" + name)
    )
    return b"".join(line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE + b"\n" for line in lines)


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+\Z", data)


def _name(name: bytes) -> bytes:
    """Write a file's name for a patch: odd signs as git writes them; with a blank in it, a tab ends it."""
    if re.search(rb'[\x00-\x1f\x7f"\\]', name):
        return b'"' + re.sub(rb'[\x00-\x1f\x7f"\\]', lambda sign: b"\\%03o" % sign[0][0], name) + b'"'
    return name + b"\t" if b" " in name else name
