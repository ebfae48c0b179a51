"""Commits written by git's plumbing: one process, no hooks, no index, no work tree.

Files are told to `git fast-import`, which makes the trees itself: its work goes by what changed, not by how
much there is. Nothing points to what it made until somebody sets a reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from vault_tool.git.repository import GitRefuses
from vault_tool.git.trees import Entry
from vault_tool.named import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.git.repository import Repository

PLAIN = "100644"
OWN_NAME, OWN_EMAIL = "vault", "vault@localhost"
"""Who joins two sides of a history, and heals: no person."""
_TEMPORARY = "refs/vault/new"


class Signature(NamedTuple):
    """Who made a commit, and when: seconds since 1970, and the offset of their clock as `+0800`."""

    name: str
    email: str
    seconds: int
    offset: str = "+0000"

    def __str__(self) -> str:
        return f"{_clean(self.name)} <{_clean(self.email)}> {self.seconds} {self.offset}"


class Written(NamedTuple):
    """New bytes of a file with their mode."""

    mode: str
    data: bytes


Change = Entry | Written | None
"""What a commit has at a path: what is there already, new bytes, or nothing."""


def write_commit(
    repository: Repository,
    parents: tuple[str, ...],
    changes: Mapping[PurePosixPath, Change],
    author: Signature,
    message: str,
) -> str:
    """Write a commit, durably, and return its name; `changes` are against the first parent.

    It is the same for the same arguments. No reference is set. Raises `GitRefuses`.
    """
    signed = f"author {author}\ncommitter {author}\n".encode("utf-8", "surrogateescape")
    text = message.encode()
    lines = [b"commit %b\nmark :1\n" % _TEMPORARY.encode(), signed, b"data %d\n%b\n" % (len(text), text)]
    for word, parent in zip((b"from", *[b"merge"] * len(parents)), parents, strict=False):
        lines.append(b"%b %b\n" % (word, parent.encode()))
    # What goes before what comes: a folder may stand where a file stood.
    lines += [b"D %b\n" % _quoted(path) for path, change in changes.items() if change is None]
    for path, change in changes.items():
        if isinstance(change, Written):
            lines.append(b"M %b inline %b\n" % (change.mode.encode(), _quoted(path)))
            lines.append(b"data %d\n%b\n" % (len(change.data), change.data))
        elif change is not None:
            lines.append(b"M %b %b %b\n" % (change.mode.encode(), change.name.encode(), _quoted(path)))
    nothing = "0" * (40 if repository.hash == "sha1" else 64)
    lines.append(b"\nget-mark :1\nreset %b\nfrom %b\n\ndone\n" % (_TEMPORARY.encode(), nothing.encode()))
    words = ("fast-import", "--quiet", "--done", "--date-format=raw")
    status, told, said = repository.run(*words, stdin=b"".join(lines))
    if status != 0:
        # What it leaves for its makers holds the notes' text.
        for report in repository.git_folder.glob("fast_import_crash_*"):
            report.unlink(missing_ok=True)
        raise GitRefuses(reason=said.partition(" fast-import: dumping")[0] or str(status))
    return told.decode("ascii").strip()


def _quoted(path: PurePosixPath) -> bytes:
    """Return a path as fast-import reads it."""
    raw = str(path).encode("utf-8", "surrogateescape")
    if not any(sign in raw for sign in b'\\"\n') and not raw.startswith(b" "):
        return raw
    for sign, written in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n")):
        raw = raw.replace(sign, written)
    return b'"%b"' % raw


def _clean(text: str) -> str:
    """Return a name without what would end it."""
    return " ".join("".join(" " if sign in "<>\n\0" else sign for sign in text).split()) or "vault"
