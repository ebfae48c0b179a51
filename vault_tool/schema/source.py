"""A schema file as nodes that know where they stand; the schema's door to PyYAML.

Texts are kept as typed (`NO` stays `NO`); YAML's own types are not asked.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vault_tool.named import NamedTuple
from vault_tool.schema import problems
from vault_tool.schema.files import LARGEST_FILE
from vault_tool.schema.problems import Place

DEEPEST = 16
LARGEST_NUMBER_DIGITS = 18


class Text(NamedTuple):
    """A scalar, as typed between its quotes; `plain` without any."""

    place: Place
    value: str
    plain: bool


class Items(NamedTuple):
    """A list."""

    place: Place
    nodes: tuple[Node, ...]


class Pairs(NamedTuple):
    """A mapping in the order of the file, each key once."""

    place: Place
    nodes: tuple[tuple[Text, Node], ...]


Node = Text | Items | Pairs


def read(path: Path) -> Pairs | None:
    """Read a schema file; None when there is none. Any content is a mapping or a SchemaError."""
    start = Place(str(path), 1, 1)
    try:
        # A pipe or a device of this name would never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise problems.FileUnreadable(start, reason="not a regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise problems.FileUnreadable(start, reason=error.strerror or str(error)) from error
    if len(data) > LARGEST_FILE:
        raise problems.FileTooLarge(start, limit=LARGEST_FILE)
    node = _compose(str(path), _decode(start, data))
    return pairs(node, path.name) if node is not None else None


def _decode(start: Place, data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise problems.NotUtf8(_place(start.path, data[: error.start].decode("utf-8"))) from error
    text = text.removeprefix("\ufeff")
    if found := _UNPRINTABLE.search(text):
        character = f"U+{ord(found.group()):04X}"
        raise problems.UnprintableCharacter(_place(start.path, text[: found.start()]), character=character)
    return text


# What YAML leaves out: control characters but tab and line breaks, lone surrogates, two non-characters.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _place(path: str, before: str) -> Place:
    lines = re.split(r"\r\n|[\r\n]", before)
    return Place(path, len(lines), len(lines[-1]) + 1)


def _compose(path: str, text: str) -> Node | None:
    import yaml  # only who compiles a schema pays for it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Events, not yaml.compose: libyaml's composer recurses in C, and a file of brackets ends the process.
        return _node(path, loader(text))
    except yaml.MarkedYAMLError as error:
        place = _at(path, error.problem_mark or error.context_mark)
        raise problems.BrokenYaml(place, reason=error.problem or error.context or "") from error
    except yaml.YAMLError as error:
        raise problems.BrokenYaml(Place(path, 1, 1), reason=str(error)) from error


def _node(path: str, loader: Any) -> Node | None:
    from yaml import events as kinds

    finished: list[Node] = []
    unfinished: list[tuple[Place, list[Node]]] = []
    siblings = finished
    while (event := loader.get_event()) is not None:
        kind = type(event)
        if kind is kinds.ScalarEvent:
            siblings.append(Text(_at(path, event.start_mark), event.value, not event.style))
        elif kind is kinds.MappingStartEvent or kind is kinds.SequenceStartEvent:
            if len(unfinished) == DEEPEST:
                raise problems.TooDeep(_at(path, event.start_mark))
            siblings = []
            unfinished.append((_at(path, event.start_mark), siblings))
        elif kind is kinds.MappingEndEvent or kind is kinds.SequenceEndEvent:
            place, inner = unfinished.pop()
            siblings = unfinished[-1][1] if unfinished else finished
            is_mapping = kind is kinds.MappingEndEvent
            siblings.append(_mapping(place, inner) if is_mapping else Items(place, tuple(inner)))
        elif kind is kinds.AliasEvent:
            raise problems.AliasUsed(_at(path, event.start_mark))
        elif kind is kinds.DocumentStartEvent and finished:
            raise problems.BrokenYaml(_at(path, event.start_mark), reason="a second document begins here")
    return finished[0] if finished else None


def _at(path: str, mark: Any) -> Place:
    return Place(path, mark.line + 1, mark.column + 1) if mark else Place(path, 1, 1)


def _mapping(place: Place, inner: list[Node]) -> Pairs:
    seen: dict[str, Text] = {}
    found: list[tuple[Text, Node]] = []
    for key, value in zip(inner[::2], inner[1::2], strict=True):
        if not isinstance(key, Text):
            raise problems.NotText(key.place, name="key")
        if first := seen.get(key.value):
            raise problems.DuplicateKey(key.place, name=key.value, line=first.place.line)
        seen[key.value] = key
        found.append((key, value))
    return Pairs(place, tuple(found))


def pairs(node: Node, name: str) -> Pairs:
    """Return the node as a mapping; one whose lines are all commented out is an empty one."""
    if isinstance(node, Pairs):
        return node
    if isinstance(node, Text) and node.plain and not node.value:
        return Pairs(node.place, ())
    raise problems.NotAMapping(node.place, name=name)


def known_pairs(node: Node, name: str, known: Iterable[str]) -> Pairs:
    """Return the node as a mapping that has none but the known keys."""
    found = pairs(node, name)
    for key, _ in found.nodes:
        if key.value not in known:
            raise problems.unknown(problems.UnknownAttribute, key.place, key.value, known)
    return found


def text(node: Node, name: str) -> str:
    """Return the node's text as typed; an empty one is none."""
    if isinstance(node, Text) and node.value.strip():
        return node.value
    raise problems.NotText(node.place, name=name)


def texts(node: Node, name: str) -> list[Text]:
    """Return the texts of a list."""
    if not isinstance(node, Items):
        raise problems.NotAList(node.place, name=name)
    found: list[Text] = []
    for item in node.nodes:
        if not isinstance(item, Text) or not item.value.strip():
            raise problems.NotText(item.place, name=name)
        found.append(item)
    return found


def flag(node: Node, name: str) -> bool:
    """Return a yes or no; only `true` and `false` say one."""
    if isinstance(node, Text) and node.plain and node.value in ("true", "false"):
        return node.value == "true"
    raise problems.NotTrueOrFalse(node.place, name=name)


def number(node: Node, name: str) -> int:
    """Return a whole number above zero."""
    if (
        isinstance(node, Text)
        and node.plain
        and re.fullmatch(r"[1-9][0-9]*", node.value)
        and len(node.value) <= LARGEST_NUMBER_DIGITS
    ):
        return int(node.value)
    raise problems.NotANumber(node.place, name=name)
