"""Vaults as plain dicts, for merges: a path and what stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from vault_tool.merge.rules import Rules
from vault_tool.merge.tree import File, MergedTree, Side, merge_trees
from vault_tool.schema.build import load_schema

SCHEMA = load_schema()
VAULT_ID = "v0000001"
RULES = Rules(VAULT_ID, SCHEMA, ("customers/**/*.md", "archive/**/*.md"))
Tree = Mapping[str, "bytes | str | tuple[str, bytes]"]
"""Content by path; with its mode where that is not a plain file's."""


def note(customer: str, *lines: str, name: str = "") -> bytes:
    """A customer's note with these entries."""
    entries = "".join(f"\n## 2026-11-{20 - at} 电话\n\n{line}\n" for at, line in enumerate(lines))
    head = f"---\nid: {customer}\nname: {name or customer}\ntype: person\nstage: lead\n---\n\n# {customer}\n"
    return (head + entries).encode()


class Merge:
    """One merge of three trees, and what it left."""

    def __init__(self, base: Tree, a: Tree, b: Tree) -> None:
        self.blobs: dict[str, bytes] = {}
        self.reads: list[str] = []
        self._base = self._files(base)
        self.tree: MergedTree = merge_trees(self._base.get, self._side(a), self._side(b), self._read, RULES)
        after: dict[PurePosixPath, File | bytes | None] = {**self._base, **self.tree.files}
        self.files: dict[str, bytes | tuple[str, bytes]] = {}
        for path, content in sorted(after.items()):
            if isinstance(content, File):
                mode, data = content.mode, self.blobs[content.blob]
            elif content is not None:
                mode, data = self.tree.modes.get(path, "100644"), content
            else:
                continue
            self.files[str(path)] = data if mode == "100644" else (mode, data)

    def _files(self, tree: Tree) -> dict[PurePosixPath, File]:
        return {PurePosixPath(path): self._file(content) for path, content in tree.items()}

    def _file(self, content: bytes | str | tuple[str, bytes]) -> File:
        mode, data = content if isinstance(content, tuple) else ("100644", content)
        data = data.encode() if isinstance(data, str) else data
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        self.blobs[blob] = data
        return File(mode, blob)

    def _side(self, tree: Tree) -> Side:
        files = self._files(tree)
        gone: dict[PurePosixPath, File | None] = dict.fromkeys(self._base.keys() - files.keys())
        return gone | {path: file for path, file in files.items() if self._base.get(path) != file}

    def _read(self, blob: str) -> bytes:
        self.reads.append(blob)
        return self.blobs[blob]


def merged(base: Tree, a: Tree, b: Tree) -> Merge:
    """Merge both ways round, see that it is the same, and return it."""
    one, other = Merge(base, a, b), Merge(base, b, a)
    assert one.files == other.files
    assert one.tree == other.tree
    return one
