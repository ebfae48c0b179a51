"""What can be wrong with a schema file; each names file, line and column, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple


class Place(NamedTuple):
    """Where something stands in a schema file; line and column count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class SchemaError(VaultError):
    """A schema file says something that can't be meant. Nothing was read from it."""

    message = N_("{place}: the schema can't be used.")
    exit_code = Exit.UNREADABLE

    def __init__(self, place: Place, **values: object) -> None:
        self.place = place
        super().__init__(place=place, **{name: shown(value) for name, value in values.items()})


class FileUnreadable(SchemaError):
    """The system doesn't hand out the file."""

    message = N_("{place}: the file can't be read: {reason}")


class FileTooLarge(SchemaError):
    """A schema of this size is a mistake, and reading it would take long."""

    message = N_("{place}: the file is larger than {limit} bytes; a schema is small.")


class NotUtf8(SchemaError):
    """Schema files are UTF-8."""

    message = N_("{place}: the file is not UTF-8 text from here on.")
    hint = N_("Save it as UTF-8 in your editor.")


class UnprintableCharacter(SchemaError):
    """Control characters can't stand in YAML."""

    message = N_("{place}: the character {character} can't stand in this file.")


class BrokenYaml(SchemaError):
    """The YAML can't be parsed."""

    message = N_("{place}: not valid YAML: {reason}")
    hint = N_("Check the indentation, the colons and the quotes just before this place.")


class TooDeep(SchemaError):
    """No schema nests this deep."""

    message = N_("{place}: nested too deep.")


class AliasUsed(SchemaError):
    """YAML aliases would let one text stand in many places."""

    message = N_("{place}: YAML aliases (*name) can't be used here; write the value again.")


class NotAMapping(SchemaError):
    """`key: value` pairs belong here."""

    message = N_("{place}: “{name}” needs `key: value` lines below it.")


class NotAList(SchemaError):
    """A list belongs here."""

    message = N_("{place}: “{name}” needs a list, such as [one, two].")


class NotText(SchemaError):
    """A text belongs here."""

    message = N_("{place}: “{name}” needs a text.")


class NotTrueOrFalse(SchemaError):
    """A yes or no belongs here."""

    message = N_("{place}: “{name}” needs true or false.")


class NotANumber(SchemaError):
    """A whole number belongs here."""

    message = N_("{place}: “{name}” needs a whole number above zero.")


class DuplicateKey(SchemaError):
    """One mapping names a key twice."""

    message = N_("{place}: “{name}” stands here already, in line {line}.")


class DuplicateSpelling(SchemaError):
    """One spelling would mean two things."""

    message = N_("{place}: “{spelling}” can't mean “{name}”: it means “{other}” already ({other_place}).")
    hint = N_(
        "To change “{other}” itself, write that name. Else choose another spelling, or give “{other}” a list "
        "of aliases without this one."
    )


class UnknownAttribute(SchemaError):
    """A key that nothing reads."""

    message = N_("{place}: “{name}” is not known here; the nearest is “{nearest}”.")
    hint = N_("Known here: {known}.")


class UnknownChoice(SchemaError):
    """A value outside the few that can be meant."""

    message = N_("{place}: “{value}” is no {name}; the nearest is “{nearest}”.")
    hint = N_("Possible: {known}.")


class UnknownName(UnknownChoice):
    """`after` or `remove` names what isn't there."""

    message = N_("{place}: nothing here is named “{value}”; the nearest is “{nearest}”.")


class MisplacedAttribute(SchemaError):
    """An attribute that says nothing for this type of field."""

    message = N_("{place}: “{name}” says nothing about a field of type {type}.")
    hint = N_("It belongs to: {known}.")


class MissingAttribute(SchemaError):
    """Something new lacks what makes it usable."""

    message = N_("{place}: “{owner}” has no {name}.")


class MissingLabel(MissingAttribute):
    """A field or word without a label in either language."""

    message = N_("{place}: “{owner}” has no label.")
    hint = N_("Write at least one: `labels: {{en: ..., zh: ...}}`.")


class BadSpelling(SchemaError):
    """A spelling that can't stand in a note."""

    message = N_("{place}: “{spelling}” can't be used as a spelling.")
    hint = N_("A spelling is one line; a field's holds none of : # [ ] {{ }} and a heading word's no blanks.")


class BadName(SchemaError):
    """A canonical name that can't stand in queries and JSON."""

    message = N_("{place}: “{name}” can't be a name.")
    hint = N_("A name is letters, digits, - and _, and begins with a letter.")


class NotAGroup(SchemaError):
    """`sealed` says who may read a value."""

    message = N_("{place}: “sealed” needs the name of a group, such as contact, or false.")
    hint = N_("Small letters, digits, - and _. For some customer types only: `sealed: {{person: contact}}`.")


class NeededByTheTool(SchemaError):
    """The program itself stands on a few fields."""

    message = N_(
        "{place}: the program needs “{name}” as it is; it can be relabelled, but not removed or retyped."
    )


def unknown(
    kind: type[UnknownAttribute | UnknownChoice],
    place: Place,
    value: str,
    known: Iterable[str],
    **values: object,
) -> SchemaError:
    """Make the error for a value that is none of the known ones, with the nearest of them."""
    from difflib import get_close_matches

    choices = list(known)
    # Something always stands nearest: whoever mistypes is shown one name that would do.
    near = get_close_matches(value[:80].lower(), choices, n=1, cutoff=0.0)
    return kind(
        place,
        **{"name": value, **values},
        value=value,
        nearest=near[0] if near else "",
        known=", ".join(choices),
    )


def shown(value: object) -> object:
    """Return a text of a file as an error may quote it: short, on one line, without control characters."""
    if not isinstance(value, str):
        return value
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value
    )
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


LONGEST_QUOTE = 200
