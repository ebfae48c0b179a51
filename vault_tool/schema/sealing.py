"""What a schema seals, put so that two states of it can be compared, and the former one be held to.

Whoever can write to a vault's `schema/` could declare a field open, and read what is typed into it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vault_tool.named import NamedTuple
from vault_tool.schema.model import Field, FieldType, Schema, by_spelling, joined

INLINE = "entry:"
"""The place of an entry's fields; that of the front matter is empty, that of a map the path of its names."""
_HELD = "held "


class Rule(NamedTuple):
    """Who may read a field: for customers of any type, and of some types; see `Field.sealed_group`."""

    name: str
    group: str | None
    group_for: Mapping[str, str | None]

    def of(self, customer_type: str) -> str | None:
        """Return the group for a type; an empty one stands for all that are not named."""
        return self.group_for.get(customer_type, self.group)


class Rules(NamedTuple):
    """All that a schema seals, by `joined` key: an unknown one counts when it is spelt like a sealed one."""

    like: Mapping[str, Rule]
    known: Mapping[str, Mapping[str, Rule]]
    """By place, the fields of that spelling that are sealed otherwise there, or not at all."""

    def at(self, place: str, key: str) -> Rule:
        """Return what holds for a key of `like` at a place."""
        return self.known.get(place, {}).get(key, self.like[key])


class Loosening(NamedTuple):
    """A key that one state seals, and a later one leaves open (`after` is None) or gives to others."""

    place: str
    key: str
    name: str
    customer_type: str
    before: str
    after: str | None


def rules_of(schema: Schema) -> Rules:
    """Return what a schema seals."""
    like: dict[str, Rule] = {}
    for field in schema.sealed_fields():
        for spelling in field.spellings:
            like.setdefault(joined(spelling), _rule(field))
    known: dict[str, dict[str, Rule]] = {}
    for place, fields in _places(schema):
        for key, field in fields.items():
            if key in like and (rule := _rule(field)) != like[key]:
                known.setdefault(place, {})[key] = rule
    return Rules(like, known)


def loosened(before: Rules, after: Schema, readers: Mapping[str, Iterable[str]]) -> tuple[Loosening, ...]:
    """Return what a schema seals less, or for others, than it was sealed before; more is no matter.

    `readers` are those of each group: another group whose readers are all among those of before is no
    loosening. A type of customer that is new has no before.
    """
    like = rules_of(after).like
    found = []
    for place, fields in _places(after):
        for key in before.like:
            was = before.at(place, key)
            field = fields.get(key)
            now = _rule(field) if field else like.get(key, Rule(was.name, None, {}))
            for customer_type in dict.fromkeys(["", *was.group_for, *now.group_for]):
                group, new = was.of(customer_type), now.of(customer_type)
                if group and not _is_as_narrow(new, group, readers):
                    found.append(Loosening(place, key, was.name, customer_type, group, new))
    return tuple(found)


def _is_as_narrow(new: str | None, group: str, readers: Mapping[str, Iterable[str]]) -> bool:
    if new is None or new == group:
        return new == group
    return new in readers and group in readers and set(readers[new]) <= set(readers[group])


def kept(before: Rules, after: Schema, changes: Iterable[Loosening]) -> Rules:
    """Return what is to be held to from now on: a schema's rules, those of before where it loosens them."""
    held, now = {change.key for change in changes}, rules_of(after)
    known: dict[str, dict[str, Rule]] = {}
    for rules, is_of_before in ((now, False), (before, True)):
        for place, some in rules.known.items():
            known.setdefault(place, {}).update(
                (key, rule) for key, rule in some.items() if (key in held) is is_of_before
            )
    like = {**now.like, **{key: before.like[key] for key in held}}
    return Rules(like, {place: some for place, some in known.items() if some})


def holding(schema: Schema, changes: Iterable[Loosening]) -> Schema:
    """Return a schema that seals as before what these changes would open or give to others."""
    by_place: dict[str, dict[str, list[Loosening]]] = {}
    for change in changes:
        by_place.setdefault(change.place, {}).setdefault(change.key, []).append(change)
    if not by_place:
        return schema
    from hashlib import sha256  # here: it takes some milliseconds to load, and hardly anything is ever held

    fields = _holding(schema.fields, "", by_place)
    inline_fields = _holding(schema.inline_fields, INLINE, by_place)
    return schema._replace(
        fields=fields,
        inline_fields=inline_fields,
        by_key=by_spelling(fields),
        by_inline_key=by_spelling(inline_fields),
        meaning=_HELD + sha256(repr((schema.meaning, by_place)).encode()).hexdigest(),
    )


def is_holding(schema: Schema) -> bool:
    """Tell whether a schema seals something only because a former one did."""
    return schema.meaning.startswith(_HELD)


def _holding(
    fields: Iterable[Field], place: str, by_place: Mapping[str, Mapping[str, list[Loosening]]]
) -> tuple[Field, ...]:
    wanted = dict(by_place.get(place, {}))
    held: dict[str, Field] = {}
    for field in fields:
        inner = _holding(field.fields, _inside(place, field), by_place) if field.fields else ()
        mine = [change for key in map(joined, field.spellings) for change in wanted.pop(key, ())]
        made = field._replace(fields=inner, by_spelling=by_spelling(inner))
        held[field.name] = _sealed(made, mine)
    for key, changes in wanted.items():  # nobody knows this spelling any more
        name = changes[0].name
        field = held.get(name) or _lost(name)
        held[name] = _sealed(field._replace(aliases=(*field.aliases, key)), changes)
    return tuple(held.values())


def _sealed(field: Field, changes: Iterable[Loosening]) -> Field:
    group, group_for = field.group, dict(field.group_for)
    for change in changes:
        if change.customer_type:
            group_for[change.customer_type] = change.before
        else:
            group = change.before
    return field._replace(group=group, group_for=group_for)


def _lost(name: str) -> Field:
    """Return a field that the schema doesn't have any more."""
    return Field(
        name=name,
        labels={"en": name, "zh": name},
        aliases=(),
        type=FieldType.TEXT,
        vocabulary=None,
        many=False,
        required=False,
        required_for=frozenset(),
        group=None,
        group_for={},
        merge="scalar",
        format=None,
        fixed_key=False,
        internal=True,
        help={},
        fields=(),
        by_spelling={},
    )


def _rule(field: Field) -> Rule:
    return Rule(field.name, field.group, dict(field.group_for))


def _places(schema: Schema) -> Iterator[tuple[str, dict[str, Field]]]:
    """Yield each place where fields stand, with its fields by joined spelling."""
    pending = [("", schema.fields), (INLINE, schema.inline_fields)]
    for place, fields in pending:
        yield place, {joined(spelling): field for field in fields for spelling in field.spellings}
        pending += [(_inside(place, field), field.fields) for field in fields if field.fields]


def _inside(place: str, field: Field) -> str:
    return f"{place}{field.name}."


# --- kept ------------------------------------------------------------------------------------------------


def plain_rules(rules: Rules) -> dict[str, object]:
    """Return rules as plain values, for JSON."""
    like = {key: [*rule] for key, rule in rules.like.items()}
    known = {place: {key: [*rule] for key, rule in some.items()} for place, some in rules.known.items()}
    return {"like": like, "known": known}


def rules_from(plain: Any) -> Rules:
    """Return the rules that these plain values are of. Raises `ValueError`, `TypeError`, `LookupError`."""
    known = {place: _read(rules) for place, rules in dict(plain["known"]).items()}
    return Rules(_read(plain["like"]), known)


def _read(rules: Any) -> dict[str, Rule]:
    read = {}
    for key, (name, group, group_for) in dict(rules).items():
        read[str(key)] = Rule(str(name), group, dict(group_for))
    return read
