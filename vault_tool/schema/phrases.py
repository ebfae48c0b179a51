"""Compiles the lists of phrases: what the files say of each, merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vault_tool.schema import problems, source
from vault_tool.schema.model import fold
from vault_tool.schema.source import Items, Node, Pairs, Text

PHRASE_ATTRIBUTES = ("list", "also", "without")


def phrase_lists(layers: Iterable[Node]) -> dict[str, dict[str, str]]:
    """Return what to write instead of each phrase, by phrase, by list; a later layer extends the first.

    The first layer alone names lists: nothing would ask for another one.
    """
    found: dict[str, dict[str, str]] = {}
    known: dict[str, dict[str, str]] = {}
    for layer in layers:
        for name, body in source.pairs(layer, "phrases").nodes:
            if known and name.value not in known:
                raise problems.unknown(problems.UnknownName, name.place, name.value, known)
            found[name.value] = _merged(found.get(name.value, {}), body, name.value)
        known = found
    return found


def _merged(before: dict[str, str], body: Node, name: str) -> dict[str, str]:
    given = {
        key.value: (key, value) for key, value in source.known_pairs(body, name, PHRASE_ATTRIBUTES).nodes
    }
    phrases = {} if "list" in given else dict(before)
    for attribute in ("list", "also"):
        if attribute in given:
            phrases.update(_phrases(given[attribute][1], attribute))
    if "without" in given:
        spelled = {fold(phrase): phrase for phrase in phrases}
        for text in source.texts(given["without"][1], "without"):
            if fold(text.value) not in spelled:
                raise problems.unknown(problems.UnknownName, text.place, text.value, spelled)
            phrases.pop(spelled[fold(text.value)], None)
    return phrases


def _phrases(node: Node, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Items):
        pairs: Iterable[tuple[Text, str]] = ((text, "") for text in source.texts(node, name))
    elif isinstance(node, Pairs):
        pairs = ((key, _instead(value, key.value)) for key, value in node.nodes)
    else:
        raise problems.NotAList(node.place, name=name)
    for text, instead in pairs:
        # Blanks around it would be looked for as well, and nobody sees them.
        if not text.value.strip() or text.value != text.value.strip() or not text.value.isprintable():
            raise problems.BadSpelling(text.place, spelling=text.value)
        yield text.value, instead


def _instead(node: Node, name: str) -> str:
    if not isinstance(node, Text):
        raise problems.NotText(node.place, name=name)
    if not node.value.isprintable():
        raise problems.BadSpelling(node.place, spelling=node.value)
    return node.value
