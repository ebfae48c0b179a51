"""Builds the schema: the program's own files, extended or overridden by a vault's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from vault_tool.named import NamedTuple
from vault_tool.schema import problems, source
from vault_tool.schema.draft import (
    FIELD_ATTRIBUTES,
    WORD_ATTRIBUTES,
    Claim,
    Draft,
    Drafts,
    aliases_of,
    check_name,
    claims_of,
    help_of,
    in_order,
    labels_of,
    settle,
    take,
)
from vault_tool.schema.files import SECTIONS, builtin_schema_dir
from vault_tool.schema.model import Field, FieldType, Schema, Word, by_spelling, fold
from vault_tool.schema.phrases import phrase_lists
from vault_tool.schema.problems import Place
from vault_tool.schema.source import Node, Pairs, Text

NEEDED_FIELDS = frozenset({"id", "name", "type", "stage", "owner", "aliases", "tags"})
"""What the program itself stands on: a vault may relabel these, not remove or retype them."""

HEADING_VOCABULARIES = ("channel", "kind")
"""Their words stand in entry headings, in either order, so they share one space of spellings."""

FORMATS = ("id", "email", "url", "phone", "mobile", "credit_code", "id_number", "passport", "bank_account")

_MERGES = {
    FieldType.LIST: ("set", "scalar"),
    FieldType.MAPS: ("maps", "scalar"),
    FieldType.MAP: ("map", "scalar"),
    FieldType.DATED: ("scalar", "set"),
    FieldType.DATE: ("scalar", "later"),
}
"""The merge policies of each type that has more than `scalar`; the first is what it has unless told."""
_ONLY_FOR = {
    "vocabulary": (FieldType.WORD,),
    "fields": (FieldType.MAP, FieldType.MAPS),
    "many": (FieldType.DATED,),
}


_GROUP = re.compile(r"[a-z][a-z0-9._-]*")

# The built-in files' sections, then the vault's; a later one extends and overrides.
Layers = Sequence[Mapping[str, Node]]


def load_schema(vault_schema: Path | None = None) -> Schema:
    """Compile the built-in schema, extended and overridden by a vault's own `schema/` folder.

    A missing folder or file changes nothing. Whatever stands in the files, the answer is a schema or a
    SchemaError that names the place.
    """
    own = _sections(vault_schema) if vault_schema is not None else {}
    return _compile(own) if own else _builtin_schema()


@cache
def _builtin_schema() -> Schema:
    return _compile({})


@cache
def _builtin_sections() -> Mapping[str, Node]:
    folder = builtin_schema_dir()
    found = _sections(folder)
    for name, sections in SECTIONS.items():
        if not found.keys() >= set(sections):
            place = Place(str(folder / name), 1, 1)
            raise problems.FileUnreadable(place, reason="it is missing from this installation")
    return found


def _sections(folder: Path) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for name, sections in SECTIONS.items():
        if (node := source.read(folder / name)) is not None:
            known = source.known_pairs(node, name, sections)
            found.update((key.value, value) for key, value in known.nodes)
    return found


class _Context(NamedTuple):
    """What fields refer to."""

    vocabularies: Mapping[str, tuple[Word, ...]]
    types: Mapping[str, str]
    """Customer types: canonical name by folded spelling."""
    gone: frozenset[str]
    """Customer types that a vault took away; what the built-in fields say of them is void."""


def _compile(own: Mapping[str, Node]) -> Schema:
    layers = [_builtin_sections(), own]
    units = _units(layers)
    vocabularies, all_types = _vocabularies(layers, units.values())
    types = {fold(spelling): word.name for word in vocabularies["type"] for spelling in word.spellings}
    context = _Context(vocabularies, types, frozenset(all_types - set(types.values())))
    fields = _fields(layers, "front_matter", context, NEEDED_FIELDS)
    inline_fields = _fields(layers, "inline", context, ())
    multiples = {folded: number for folded, (_, number) in units.items()}
    return Schema(
        fields=fields,
        inline_fields=inline_fields,
        vocabularies=vocabularies,
        units=multiples,
        meaning=_meaning(fields, inline_fields, vocabularies, multiples),
        by_key=by_spelling(fields),
        by_inline_key=by_spelling(inline_fields),
        by_word={name: by_spelling(words) for name, words in vocabularies.items()},
        phrase_lists=phrase_lists(_of(layers, "phrases")),
    )


def _meaning(
    fields: Iterable[Field],
    inline_fields: Iterable[Field],
    vocabularies: Mapping[str, tuple[Word, ...]],
    units: Mapping[str, int],
) -> str:
    words = [(name, [word.spellings for word in words]) for name, words in sorted(vocabularies.items())]
    said = ([*_said_of(fields)], [*_said_of(inline_fields)], words, sorted(units.items()))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _said_of(fields: Iterable[Field]) -> Iterator[tuple[object, ...]]:
    for field in fields:
        sealed = (field.group, sorted(field.group_for.items()))
        kind = (field.type.value, field.vocabulary, field.many, field.format)
        yield (field.name, field.spellings, *kind, *sealed, [*_said_of(field.fields)])


def _vocabularies(
    layers: Layers, units: Iterable[tuple[Text, int]]
) -> tuple[dict[str, tuple[Word, ...]], set[str]]:
    """Compile the vocabularies; also name every customer type that any file ever had."""
    drafts: dict[str, Drafts] = {}
    all_types: set[str] = set()
    for node in _of(layers, "vocabularies"):
        for name, words in source.pairs(node, "vocabularies").nodes:
            check_name(name)
            take(drafts.setdefault(name.value, {}), words, name.value, WORD_ATTRIBUTES)
        all_types.update(drafts["type"])
    ordered = {name: in_order(words) for name, words in drafts.items()}
    claims = {name: claims_of(name, words) for name, words in ordered.items()}
    claims["currency"] += [Claim(unit, "units", f"× {number}") for unit, number in units]
    # Behind a number stand both: `8w` and `8 won`.
    first, *others = HEADING_VOCABULARIES
    for other in others:
        claims[first] += claims.pop(other)
    for wanted in claims.values():
        settle(wanted, _builtin_path(layers, "vocabularies"))
    found = {
        name: tuple(_word(name, draft, rank) for rank, draft in enumerate(words))
        for name, words in ordered.items()
    }
    return found, all_types


def _word(vocabulary: str, draft: Draft, rank: int) -> Word:
    if vocabulary in HEADING_VOCABULARIES:
        for label in draft.labels.values():
            if label.value.startswith(("@", "#")) or len(label.value.split()) != 1:
                raise problems.BadSpelling(label.place, spelling=label.value)

    def flag(name: str) -> bool:
        return name in draft.attributes and source.flag(draft.attributes[name], name)

    return Word(
        vocabulary=vocabulary,
        name=draft.name.value,
        labels=labels_of(draft),
        aliases=tuple(alias.value for alias in aliases_of(draft)),
        rank=rank,
        closed=flag("closed"),
        pursued=flag("pursued"),
    )


def _units(layers: Layers) -> dict[str, tuple[Text, int]]:
    """Return spelling and number of each unit, by folded spelling."""
    found: dict[str, tuple[Text, int]] = {}
    for node in _of(layers, "units"):
        here: dict[str, Text] = {}
        for unit, value in source.pairs(node, "units").nodes:
            first = here.setdefault(fold(unit.value), unit)
            if first is not unit:
                raise problems.DuplicateKey(unit.place, name=unit.value, line=first.place.line)
            found[fold(unit.value)] = (unit, source.number(value, unit.value))
    return found


def _fields(layers: Layers, section: str, context: _Context, needed: Collection[str]) -> tuple[Field, ...]:
    drafts: Drafts = {}
    for node in _of(layers, section):
        take(drafts, node, section, FIELD_ATTRIBUTES, needed)
    return _compiled(drafts, section, context, _builtin_path(layers, section))


def _compiled(drafts: Drafts, scope: str, context: _Context, builtin: str) -> tuple[Field, ...]:
    ordered = in_order(drafts)
    settle(claims_of(scope, ordered), builtin, keys=True)
    return tuple(_field(draft, context, builtin) for draft in ordered)


def _field(draft: Draft, context: _Context, builtin: str) -> Field:
    labels = labels_of(draft)
    given = draft.attributes
    if "type" not in given:
        raise problems.MissingAttribute(draft.name.place, owner=draft.name.value, name="type")
    kind = FieldType(_choice(given["type"], "type", list(FieldType)))
    for attribute, kinds in _ONLY_FOR.items():
        if attribute in given and kind not in kinds:
            place = given[attribute].place
            raise problems.MisplacedAttribute(place, name=attribute, type=str(kind), known=", ".join(kinds))
    if kind is FieldType.WORD and "vocabulary" not in given:
        raise problems.MissingAttribute(given["type"].place, owner=draft.name.value, name="vocabulary")

    def flag(name: str) -> bool:
        return name in given and source.flag(given[name], name)

    def choice(name: str, choices: Sequence[str]) -> str | None:
        return _choice(given[name], name, choices) if name in given else None

    group, group_for = _sealed(given.get("sealed"), context)
    merges = _MERGES.get(kind, ("scalar",))
    fields = _compiled(draft.inner, draft.name.value, context, builtin)
    return Field(
        name=draft.name.value,
        labels=labels,
        aliases=tuple(alias.value for alias in aliases_of(draft)),
        type=kind,
        vocabulary=choice("vocabulary", list(context.vocabularies)),
        many=kind in (FieldType.LIST, FieldType.MAPS) or flag("many"),
        required=flag("required"),
        required_for=_required_for(given.get("required_for"), context),
        group=group,
        group_for=group_for,
        merge=choice("merge", merges) or merges[0],
        format=choice("format", FORMATS),
        fixed_key=flag("fixed_key"),
        internal=flag("internal"),
        help=help_of(draft),
        fields=fields,
        by_spelling=by_spelling(fields),
    )


def _choice(node: Node, name: str, choices: Sequence[str]) -> str:
    value = source.text(node, name)
    if value in choices:
        return value
    raise problems.unknown(problems.UnknownChoice, node.place, value, choices, name=name)


def _required_for(node: Node | None, context: _Context) -> frozenset[str]:
    names = (_type(text, context) for text in source.texts(node, "required_for")) if node else ()
    return frozenset(name for name in names if name)


def _sealed(node: Node | None, context: _Context) -> tuple[str | None, dict[str, str | None]]:
    if node is None:
        return None, {}
    if not isinstance(node, Pairs):
        return _group(node), {}
    groups = ((_type(key, context), _group(value)) for key, value in node.nodes)
    return None, {name: group for name, group in groups if name}


def _group(node: Node) -> str | None:
    if (
        not isinstance(node, Text)
        or (node.plain and node.value == "true")
        or not _GROUP.fullmatch(node.value)
    ):
        raise problems.NotAGroup(node.place)
    return None if node.plain and node.value == "false" else node.value


def _type(spelling: Text, context: _Context) -> str | None:
    """Return the canonical customer type; None for one that a vault took away."""
    if name := context.types.get(fold(spelling.value)):
        return name
    if spelling.value in context.gone:
        return None
    known = list(dict.fromkeys(context.types.values()))
    raise problems.unknown(problems.UnknownChoice, spelling.place, spelling.value, known, name="type")


def _of(layers: Layers, section: str) -> list[Node]:
    return [layer[section] for layer in layers if section in layer]


def _builtin_path(layers: Layers, section: str) -> str:
    return layers[0][section].place.path
