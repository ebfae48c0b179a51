"""Write `vault.toml` as text: a new one with its comments, and a person added to one that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, Language
from vault_tool.vault.settings import DEFAULT_CUSTOMERS, SETTINGS_NAME, Person, Settings
from vault_tool.vault.settings_read import parse_settings
from vault_tool.vault.toml import toml_key, toml_string

Translate = Callable[[str], str]


class PersonKnown(VaultError):
    """Somebody of this name is in the team already."""

    message = N_("{name} is already in the team: `{id}`.")
    exit_code = Exit.USAGE


class CannotAddPerson(VaultError):
    """The people of this file are written in a way that nothing can be added to."""

    message = N_("{path} has its people in a form that can't be added to; nothing was written.")
    hint = N_("Give each person a section of its own: [people.{key}]")
    exit_code = Exit.USAGE


def plan_add_person(text: str, person: Person, path: Path = Path(SETTINGS_NAME)) -> str:
    """Return the settings' text with a person added at its end; what was there stays byte for byte."""
    before = parse_settings(text.removeprefix("\ufeff"), path)
    for spelling in person.spellings:
        if known := before.person(spelling):
            raise PersonKnown(name=spelling, id=known.id)
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    added = text + gap + newline.join(_person_lines(person)) + newline
    try:
        after = parse_settings(added.removeprefix("\ufeff"), path)
    except VaultError as error:
        raise CannotAddPerson(path=path, key=toml_key(person.id)) from error
    if after.people != (*before.people, person):
        raise CannotAddPerson(path=path, key=toml_key(person.id))
    return added


def new_settings_text(
    language: Language,
    vault_id: str,
    currency: str = "CNY",
    people: Iterable[Person] = (),
    customers: tuple[str, ...] = DEFAULT_CUSTOMERS,
    queries: Mapping[str, str] | None = None,
    translate: Translate = str,
) -> str:
    """Return the text of a new vault's settings, with comments in the words of `translate`."""
    globs = ", ".join(toml_string(glob) for glob in customers)
    blocks = [
        [
            ("", N_("The settings that everybody who works with this vault shares.")),
            ("version  = 1", ""),
            (f"id       = {toml_string(vault_id)}", N_("never change it")),
            (f"language = {toml_string(language)}", N_("of the words that the tool writes into notes")),
            (f"currency = {toml_string(currency)}", N_("of an amount that names none")),
            (f"customers = [{globs}]", N_("which files are customers")),
        ],
        [
            ("", N_("Who is in the team: owners and authors. `vault people add NAME` adds to it.")),
            *((line, "") for person in people for line in (*_person_lines(person), "")),
        ],
        [("[entries]", ""), ('order = "newest-first"', N_("of new files; an old one keeps its own"))],
        [
            ("[review]", N_("days after which a customer should be looked at again, by importance")),
            ("vip = 90", ""),
            ("key = 90", ""),
            ("normal = 180", ""),
        ],
        [
            ("[queries]", N_("searches with a name: `vault list @NAME`")),
            *(
                (f"{toml_key(name)} = {toml_string(query)}", "")
                for name, query in (queries if queries is not None else default_queries(translate)).items()
            ),
        ],
    ]
    return "\n\n".join("\n".join(_line(*row, translate) for row in block).rstrip() for block in blocks) + "\n"


def default_queries(translate: Translate = str) -> dict[str, str]:
    """Return the saved queries that a new vault begins with."""
    return {
        translate(N_("this-week")): "next:<=7d",
        translate(N_("overdue")): "next:<0d",
        translate(N_("silent")): "stage:active last:>60d",
    }


def settings_of(text: str) -> Settings:
    """Return the settings that a text would be."""
    return parse_settings(text, Path(SETTINGS_NAME))


def _line(setting: str, comment: str, translate: Translate) -> str:
    if not comment:
        return setting
    return f"{setting}  # {translate(comment)}" if setting else f"# {translate(comment)}"


def _person_lines(person: Person) -> list[str]:
    # Always in quotes: a dot in a bare key would be a table within a table.
    lines = [f"[people.{toml_string(person.id)}]", f"name    = {toml_string(person.name)}"]
    if person.aliases:
        lines.append(f"aliases = [{', '.join(toml_string(alias) for alias in person.aliases)}]")
    if person.email:
        lines.append(f"email   = {toml_string(person.email)}")
    return lines
