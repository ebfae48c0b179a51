"""What a server doesn't have yet, asked of git without GitPython: `vault status` asks each time."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from vault_tool.git.blobs import blob_name_like

_SECONDS = 10.0
_FILE = "100"
_DIFF = ("--no-renames", "--no-ext-diff", "-z")
_FEW = 200
Paths = set[PurePosixPath]
Suspects = Callable[[str], Collection[str] | None]
"""Tells which files may differ from a commit; None where any may."""


def unsent(root: Path, env: Mapping[str, str], remote: str, branch: str) -> Paths | None:
    """Return the files whose last saved state a server didn't have when it was last asked.

    None where nothing is known of the server, or git gives no answer in time.
    """
    tracking = f"refs/remotes/{remote}/{branch}"
    told = _asked(root, env, ("diff-tree", "-r", "--name-only", *_DIFF, "--merge-base", tracking, "HEAD"))
    return None if told is None else set(map(PurePosixPath, told[0]))


def unsaved(root: Path, env: Mapping[str, str], suspects: Suspects) -> Paths | None:
    """Return the files on disk that the last commit has otherwise or not at all; None without an answer.

    By their bytes, for the index that sync leaves knows no times; only those that may differ are read.
    """
    told = _asked(
        root,
        env,
        ("rev-parse", "--verify", "HEAD"),
        ("diff-index", "--raw", "--no-abbrev", *_DIFF, "HEAD"),
        ("ls-files", "--others", "--exclude-standard", "-z"),
    )
    if told is None:
        return None
    (commit,), raw, new = told
    suspected = suspects(commit.strip()) if len(raw) > _FEW else None
    found = set(map(PurePosixPath, new))
    parts = iter(raw)
    for traits, path in zip(parts, parts, strict=False):
        before, after, blob, _blob, _status = traits.removeprefix(":").split(" ")
        if suspected is not None and path not in suspected:
            continue
        if before[:3] != _FILE or after[:3] != _FILE or _differs(root / path, blob):
            found.add(PurePosixPath(path))
    return found


def _differs(path: Path, blob: str) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return True
    return blob_name_like(data, blob) != blob


def _asked(root: Path, env: Mapping[str, str], *questions: tuple[str, ...]) -> list[list[str]] | None:
    """Return what git answers to several questions at once, split at zero bytes."""
    command = ["git", "--no-optional-locks", "-C", str(root)]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for words in questions:
            running.append(
                subprocess.Popen(
                    [*command, *words],
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            )
        return list(_answers(running))
    except (OSError, subprocess.SubprocessError):
        return None
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _answers(running: list[subprocess.Popen[bytes]]) -> Iterator[list[str]]:
    for process in running:
        told, _said = process.communicate(timeout=_SECONDS)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, "git")
        yield [part for part in told.decode("utf-8", "surrogateescape").split("\0") if part]
