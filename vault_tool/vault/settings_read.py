"""Read and check a `vault.toml`: what it may say, and what it means where it says nothing."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

from vault_tool.messages import LANGUAGES
from vault_tool.vault.setting_reader import SettingsReader, Table
from vault_tool.vault.settings import (
    DEFAULT_CUSTOMERS,
    DEFAULT_LIMITS,
    DEFAULT_REVIEW,
    ENGINES,
    FORMAT_VERSION,
    ORDERS,
    SEVERITIES,
    BackupSettings,
    LintSettings,
    Person,
    SealingSettings,
    SearchSettings,
    Settings,
    SyncSettings,
    WatchSettings,
    fold_spelling,
)


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
        sync=SyncSettings(auto=top.table("sync").span_or_flag("auto", "10m")),
        watch=WatchSettings(notify=top.table("watch").flag("notify", False)),
        sealing=SealingSettings(
            after=top.table("sealing").matching("after", re.compile(r"\d+[smhd]"), "span", default="10m")
        ),
        backup=BackupSettings(dir=top.table("backup").text("dir", "")),
        read_only=reader.is_newer,
    )
    return settings._replace(warnings=reader.finish())


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
