"""TOML and YAML cut into the settings they are made of, for a merge by key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Dict
from typing import TypeGuard

from vault_tool.merge.keyed import Item
from vault_tool.notes.nodes import Alias, Mapping, Node, Scalar
from vault_tool.vault.toml import toml_key

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = re.compile(rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*=")
_NO_SETTING = re.compile(r"[ \t]*(?:#.*)?\n")


def read_toml_items(text: str) -> Item | None:
    """Cut a TOML file into its tables and their settings; None where it is none, or has lists of tables."""
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    top: dict[str, Item] = {}
    here = top
    lead, lines, at = "", re.findall(r"[^\n]*\n", text), 0
    while at < len(lines):
        line = lines[at]
        if _NO_SETTING.fullmatch(line):
            lead += line
            at += 1
            continue
        if line.lstrip().startswith("[["):
            return None
        is_table = line.lstrip().startswith("[")
        end = at + 1 if is_table else _end(lines, at)
        statement = "".join(lines[at:end])
        head = line if is_table else f"{found[1]} = 0" if (found := _KEY.match(line)) else ""
        key = ".".join(map(toml_key, _path(tomllib.loads(head))))
        if is_table:
            here = {}
            top[f"[{key}]"] = Item(lead, statement, None, here)
        else:
            here[key] = Item(lead, statement, repr(tomllib.loads(statement)))
        lead, at = "", end
    return Item("", "", None, top, lead)


def _end(lines: list[str], at: int) -> int:
    """Return where a setting ends: as soon as it is whole, since the file is."""
    for end in range(at + 1, len(lines) + 1):
        if end > at + 1 and not re.search(r"\]|\"\"\"|'''", lines[end - 1]):
            continue
        try:
            tomllib.loads("".join(lines[at:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return len(lines)


def _path(read: object) -> list[str]:
    path = []
    while isinstance(read, Dict) and read:
        key, read = next(iter(read.items()))
        path.append(key)
    return path


def read_yaml_items(text: str) -> Item | None:
    """Cut a YAML file into its keys, as deep as they stand on lines of their own; None where that can't be.

    A key that stands twice, an anchor, a tag or a second document: then it is left whole.
    """
    from vault_tool.notes.nodes import BlockError
    from vault_tool.notes.yaml_tree import read_events

    try:
        tree = read_events(text, 0)
    except BlockError:
        return None
    if tree.anchors or not isinstance(tree.root, Mapping) or tree.root.flow:
        return None
    try:
        items, end = _cut(text, tree.root, 0)
    except _NotByLine:
        return None
    return Item("", "", None, items, text[end:])


class _NotByLine(Exception):
    """Something in a YAML file doesn't stand on lines of its own."""


def _cut(text: str, mapping: Mapping, at: int) -> tuple[dict[str, Item], int]:
    """Return the items of a block mapping, and where it ends; its text begins at `at`."""
    items: dict[str, Item] = {}
    for key, node in mapping.pairs:
        start = text.rfind("\n", 0, key.span.start) + 1
        lead = text[at:start]
        is_alone = start >= at and not text[start : key.span.start].strip(" ")
        if not is_alone or key.text in items or not re.fullmatch(rf"(?:{_NO_SETTING.pattern})*", lead):
            raise _NotByLine
        if _is_block(node):
            inner_start = text.find("\n", key.span.end) + 1
            inner, end = _cut(text, node, inner_start)
            items[key.text] = Item(lead, text[start:inner_start], None, inner)
        else:
            end = _line_after(text, max(node.span.end, key.span.end))
            items[key.text] = Item(lead, text[start:end], _value(node))
        at = end
    return items, at


def _is_block(node: Node) -> TypeGuard[Mapping]:
    return isinstance(node, Mapping) and not node.flow and bool(node.pairs)


def _line_after(text: str, offset: int) -> int:
    if offset and text[offset - 1] == "\n":
        return offset
    return text.find("\n", offset) + 1 or len(text)


def _value(node: Node) -> object:
    if isinstance(node, Alias) or node.is_marked:
        raise _NotByLine
    if isinstance(node, Scalar):
        return (node.text, node.style in ("plain", "missing"))
    if isinstance(node, Mapping):
        return {key.text: _value(inner) for key, inner in node.pairs}
    return [_value(item) for item in node.items]
