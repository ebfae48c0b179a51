"""Find a vault's root and read its `vault.toml`: what a team shares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, Language
from vault_tool.vault.setting_reader import Notice, SettingsError, SettingsReader, Table
from vault_tool.vault.toml import read_toml

__all__ = [
    "LintSettings",
    "NoVault",
    "NotThere",
    "Notice",
    "Person",
    "SealingSettings",
    "SearchSettings",
    "Settings",
    "SettingsError",
    "SyncSettings",
    "WatchSettings",
    "find_root",
    "load_settings",
    "parse_settings",
]

SETTINGS_NAME = "vault.toml"
DIR_VARIABLE = "VAULT_NOTES_DIR"
FORMAT_VERSION = 1
DEFAULT_CUSTOMERS = ("customers/**/*.md",)
DEFAULT_REVIEW: Mapping[str, int] = MappingProxyType({"vip": 90, "key": 90, "normal": 180})
DEFAULT_LIMITS: Mapping[str, int] = MappingProxyType(
    {"sentence_units": 40, "entry_units": 200, "key_point_units": 80, "quiet_days": 60, "complaint_days": 7}
)
Order = Literal["newest-first", "oldest-first"]
ORDERS: tuple[Order, ...] = ("newest-first", "oldest-first")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
ENGINES = ("auto", "whoosh", "tantivy")
# Of a finding; "off" is what `ignore` says, in another place.
SEVERITIES = ("error", "warning", "info", "off")


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


class NoVault(VaultError):
    """No vault is here, nor above."""

    message = N_("No vault here: {path} and the folders above it have no vault.toml.")
    hint = N_("`vault init` makes one here; `vault -C DIR ...` uses another.")
    exit_code = Exit.UNREADABLE


class NotAVault(VaultError):
    """The folder that was named is no vault."""

    message = N_("{path} is no vault: it and the folders above it have no vault.toml.")
    hint = N_("`vault init DIR` makes one.")
    exit_code = Exit.UNREADABLE


class NotThere(VaultError):
    """The folder that was named is none."""

    message = N_("{path} is no folder.")
    hint = N_("Name the vault's folder, or one in it.")
    exit_code = Exit.UNREADABLE


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team: id, name and aliases are one person everywhere."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    email: str | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way this person may be written."""
        return (self.id, self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class LintSettings:
    """`[lint]`: which rules, how strict, and the day that time rules go by."""

    as_of: date | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=_nothing)
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    limits: Mapping[str, int] = field(default_factory=lambda: DEFAULT_LIMITS)

    @property
    def complaint_days(self) -> int:
        """Days after which an open complaint is worth a word."""
        return self.limits["complaint_days"]


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """`[search]`: which engine, and which words mean the same."""

    engine: str = "auto"
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """`[sync]`: whether the watcher shares by itself."""

    auto: bool = False


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """`[watch]`: what the watcher tells."""

    notify: bool = False


@dataclass(frozen=True, slots=True)
class SealingSettings:
    """`[sealing]`: after how long the watcher seals what was typed in plain."""

    after: str = "10m"


@dataclass(frozen=True, slots=True)
class Settings:
    """A vault's `vault.toml`, checked and complete: what it leaves out has its default."""

    id: str
    version: int = FORMAT_VERSION
    language: Language = "en"
    currency: str = "CNY"
    customers: tuple[str, ...] = DEFAULT_CUSTOMERS
    people: tuple[Person, ...] = ()
    order: Order = "newest-first"
    review: Mapping[str, int] = field(default_factory=lambda: DEFAULT_REVIEW)
    queries: Mapping[str, str] = field(default_factory=_nothing)
    lint: LintSettings = field(default_factory=LintSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    sealing: SealingSettings = field(default_factory=SealingSettings)
    read_only: bool = False
    warnings: tuple[Notice, ...] = ()

    def person(self, spelling: str) -> Person | None:
        """Return who is meant by an id, a name or an alias, with or without `@`."""
        wanted = fold_spelling(spelling)
        for person in self.people:
            if any(fold_spelling(known) == wanted for known in person.spellings):
                return person
        return None


def find_root(cwd: Path, env: Mapping[str, str], given: Path | None = None) -> Path:
    """Return the vault's root: upward from the one given, `$VAULT_NOTES_DIR`, or the working folder."""
    named = given or (Path(env[DIR_VARIABLE]) if env.get(DIR_VARIABLE) else None)
    # A link and `..` are followed first: what lies above is meant as the system sees it.
    start = cwd if named is None else (cwd / named.expanduser()).resolve()
    if named is not None and not start.is_dir():
        raise NotThere(path=start)
    for folder in (start, *start.parents):
        if (folder / SETTINGS_NAME).is_file():
            return folder.resolve()
    raise NoVault(path=cwd) if named is None else NotAVault(path=start)


def load_settings(root: Path) -> Settings:
    """Read and check the settings of the vault at `root`."""
    path = root / SETTINGS_NAME
    return parse_settings(read_toml(path), path)


def parse_settings(text: str, path: Path) -> Settings:
    """Check the text of a `vault.toml`; what can't be, is a SettingsError with its line.

    A vault of a newer version is read-only; what this program does not know in it is a warning.
    """
    reader = SettingsReader(text, path, FORMAT_VERSION)
    top = reader.top
    # Reserved: one repository per seller inside one vault.
    top.table("books").free()
    settings = Settings(
        version=top.whole("version", FORMAT_VERSION, least=1),
        id=top.matching("id", re.compile(r"[A-Za-z0-9_-]{1,64}"), "id", required=True),
        language=top.choice("language", LANGUAGES, "en"),
        currency=top.text("currency", "CNY"),
        customers=_globs(top),
        people=_people(top.table("people")),
        order=top.table("entries").choice("order", ORDERS, "newest-first"),
        review=MappingProxyType({**DEFAULT_REVIEW, **top.table("review").free_wholes()}),
        queries=MappingProxyType(top.table("queries").free_texts()),
        lint=_lint(top.table("lint")),
        search=_search(top.table("search")),
        sync=SyncSettings(auto=top.table("sync").flag("auto", False)),
        watch=WatchSettings(notify=top.table("watch").flag("notify", False)),
        sealing=SealingSettings(
            after=top.table("sealing").matching("after", re.compile(r"\d+[smhd]"), "span", default="10m")
        ),
        read_only=reader.is_newer,
    )
    return replace(settings, warnings=reader.finish())


def fold_spelling(spelling: str) -> str:
    """Return a spelling as people's names are compared: no `@`, width and case alike."""
    return unicodedata.normalize("NFKC", spelling).strip().removeprefix("@").strip().casefold()


def _globs(top: Table) -> tuple[str, ...]:
    globs = top.texts("customers", DEFAULT_CUSTOMERS)
    for glob in globs:
        parts = glob.removeprefix("!").split("/")
        if "\\" in glob or any(part in ("", ".", "..") for part in parts):
            top.refuse("glob", "customers")
            return DEFAULT_CUSTOMERS
    return globs


def _people(table: Table) -> tuple[Person, ...]:
    people: list[Person] = []
    owners: dict[str, str] = {}
    for person_id, one in table.free_tables().items():
        if not re.fullmatch(r"[^\s@#]+", person_id):
            table.refuse("person-id", person_id)
            continue
        person = Person(
            id=person_id,
            name=one.text("name", person_id),
            aliases=one.texts("aliases"),
            email=one.text("email", "") or None,
        )
        for spelling in person.spellings:
            other = owners.setdefault(fold_spelling(spelling), person_id)
            if other != person_id:
                table.refuse("people-alike", person_id, spelling=spelling, first=other, second=person_id)
        people.append(person)
    return tuple(people)


def _lint(table: Table) -> LintSettings:
    limits = {name: table.table("limits").whole(name, days, least=1) for name, days in DEFAULT_LIMITS.items()}
    # The one limit that people look for beside the others' section.
    limits["complaint_days"] = table.whole("complaint_days", limits["complaint_days"], least=1)
    return LintSettings(
        as_of=table.day("as_of"),
        select=table.texts("select"),
        ignore=table.texts("ignore"),
        severity=MappingProxyType(table.table("severity").free_choices(SEVERITIES)),
        per_file_ignores=MappingProxyType(table.table("per_file_ignores").free_text_lists()),
        limits=MappingProxyType(limits),
    )


def _search(table: Table) -> SearchSettings:
    return SearchSettings(
        engine=table.choice("engine", ENGINES, "auto"),
        synonyms=MappingProxyType(table.table("synonyms").free_text_lists()),
    )
