"""Definitions on their way to becoming fields and words: what each file says of a name, merged."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from vault_tool.messages import LANGUAGES, Language
from vault_tool.named import NamedTuple
from vault_tool.schema import problems, source
from vault_tool.schema.model import fold
from vault_tool.schema.source import Node, Text

WORD_ATTRIBUTES = ("labels", "aliases", "also", "closed", "pursued", "after", "remove")
FIELD_ATTRIBUTES = (
    *("labels", "aliases", "also", "type", "vocabulary", "many", "fields", "required", "required_for"),
    *("sealed", "merge", "format", "fixed_key", "internal", "help", "after", "remove"),
)

_OF_A_TYPE = ("vocabulary", "fields", "many", "merge", "format")
_PINNED = ("type", "vocabulary")
_NAME = re.compile(r"[^\W\d_][\w-]*")
# What can be the key of a YAML line and of an inline field without quotes.
_KEY = re.compile(r"[^\W_][^:：#\[\]{}]*")


@dataclass(slots=True)
class Draft:
    """What has been said of one name so far; each attribute as the last file said it."""

    name: Text
    attributes: dict[str, Node] = field(default_factory=dict)
    labels: dict[Language, Text] = field(default_factory=dict)
    help: dict[Language, Text] = field(default_factory=dict)
    also: list[Text] = field(default_factory=list)
    inner: dict[str, Draft] = field(default_factory=dict)


Drafts = dict[str, Draft]


def take(
    drafts: Drafts, node: Node, section: str, attributes: Collection[str], needed: Collection[str] = ()
) -> None:
    """Take in what a file says of these names: new ones are appended, `remove: true` takes one away."""
    for name, body in source.pairs(node, section).nodes:
        given = {
            key.value: (key, value) for key, value in source.known_pairs(body, name.value, attributes).nodes
        }
        draft = drafts.get(name.value)
        if "remove" in given and source.flag(given["remove"][1], "remove"):
            if draft is None:
                raise problems.unknown(problems.UnknownName, name.place, name.value, drafts)
            if name.value in needed:
                raise problems.NeededByTheTool(given["remove"][0].place, name=name.value)
            del drafts[name.value]
            continue
        if draft is None:
            check_name(name)
            draft = drafts[name.value] = Draft(name)
        elif name.value in needed:
            _keep_needed(draft, given)
        _update(draft, given)


def check_name(name: Text) -> None:
    """Refuse a canonical name that can't stand in queries and JSON."""
    if not _NAME.fullmatch(name.value):
        raise problems.BadName(name.place, name=name.value)


def _keep_needed(draft: Draft, given: dict[str, tuple[Text, Node]]) -> None:
    for attribute in _PINNED:
        if attribute in given:
            key, value = given[attribute]
            before = draft.attributes.get(attribute)
            if before is None or source.text(before, attribute) != source.text(value, attribute):
                raise problems.NeededByTheTool(key.place, name=draft.name.value)


def _update(draft: Draft, given: dict[str, tuple[Text, Node]]) -> None:
    before = draft.attributes.get("type")
    if before and "type" in given and source.text(before, "type") != source.text(given["type"][1], "type"):
        # What was said of the old type means nothing for the new one.
        for attribute in _OF_A_TYPE:
            draft.attributes.pop(attribute, None)
        draft.inner.clear()
    for attribute, (_, value) in given.items():
        match attribute:
            case "labels":
                draft.labels.update(_by_language(value, attribute))
            case "help":
                draft.help.update(_by_language(value, attribute))
            case "also":
                draft.also.extend(source.texts(value, attribute))
            case "fields":
                take(draft.inner, value, attribute, [a for a in FIELD_ATTRIBUTES if a != "fields"])
                draft.attributes[attribute] = value
            case _:
                draft.attributes[attribute] = value


def _by_language(node: Node, name: str) -> dict[Language, Text]:
    given = dict((key.value, value) for key, value in source.known_pairs(node, name, LANGUAGES).nodes)
    return {
        language: Text(given[language].place, source.text(given[language], name), False)
        for language in LANGUAGES
        if language in given
    }


def in_order(drafts: Drafts) -> list[Draft]:
    """Return the drafts in order, each that says `after` behind the one it names."""
    names = [name for name, draft in drafts.items() if "after" not in draft.attributes]
    placed: set[str] = set()
    for name, draft in drafts.items():
        if (node := draft.attributes.get("after")) is None:
            continue
        target = source.text(node, "after")
        if target not in names:
            raise problems.unknown(problems.UnknownName, node.place, target, names)
        position = names.index(target) + 1
        # Several behind one stand in the order in which they were written.
        while position < len(names) and names[position] in placed:
            position += 1
        names.insert(position, name)
        placed.add(name)
    return [drafts[name] for name in names]


def labels_of(draft: Draft) -> dict[Language, str]:
    """Return the label in every language; what one lacks is filled from the other, or is the name."""
    if not draft.labels:
        raise problems.MissingLabel(draft.name.place, owner=draft.name.value)
    zh, en = draft.labels.get("zh"), draft.labels.get("en")
    return {"en": en.value if en else draft.name.value, "zh": (zh or en or draft.name).value}


def help_of(draft: Draft) -> dict[Language, str]:
    """Return the help in every language; what one lacks is filled from the other, or is empty."""
    texts = [draft.help[language].value for language in LANGUAGES if language in draft.help]
    return {
        language: draft.help[language].value if language in draft.help else "".join(texts)
        for language in LANGUAGES
    }


def aliases_of(draft: Draft) -> tuple[Text, ...]:
    """Return the aliases, with those that were added."""
    node = draft.attributes.get("aliases")
    return (*(source.texts(node, "aliases") if node else ()), *draft.also)


class Claim(NamedTuple):
    """One spelling and what it would mean."""

    spelling: Text
    scope: str
    name: str


def claims_of(scope: str, drafts: Iterable[Draft]) -> list[Claim]:
    """List every spelling of the drafts: names, labels and aliases."""
    return [
        Claim(spelling, scope, draft.name.value)
        for draft in drafts
        for spelling in (draft.name, *draft.labels.values(), *aliases_of(draft))
    ]


def settle(claims: Iterable[Claim], builtin: str, keys: bool = False) -> None:
    """Make sure that each spelling has one meaning; of two that want it, the vault's file is at fault."""
    taken: dict[str, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.spelling.place.path != builtin):
        value = claim.spelling.value
        if not value.isprintable() or value != value.strip() or (keys and not _KEY.fullmatch(value)):
            raise problems.BadSpelling(claim.spelling.place, spelling=value)
        first = taken.setdefault(fold(value), claim)
        if first[1:] != claim[1:]:
            raise problems.DuplicateSpelling(
                claim.spelling.place,
                spelling=value,
                name=claim.name,
                other=first.name,
                other_place=str(first.spelling.place),
            )
