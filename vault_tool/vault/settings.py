"""Find a vault's root and read its `vault.toml`: what a team shares."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, Language
from vault_tool.named import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

SETTINGS_NAME = "vault.toml"
DIR_VARIABLE = "VAULT_NOTES_DIR"
FORMAT_VERSION = 1
DEFAULT_CUSTOMERS = ("customers/**/*.md",)
DEFAULT_REVIEW: Mapping[str, int] = MappingProxyType({"vip": 90, "key": 90, "normal": 180})
DEFAULT_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "sentence_units": 40,
        "entry_units": 200,
        "key_point_units": 80,
        "next_days": 7,
        "quiet_days": 60,
        "complaint_days": 7,
    }
)
Order: TypeAlias = 'Literal["newest-first", "oldest-first"]'
ORDERS: tuple[Order, ...] = ("newest-first", "oldest-first")
ENGINES = ("auto", "whoosh", "tantivy")
# Of a finding; "off" is what `ignore` says, in another place.
SEVERITIES = ("error", "warning", "info", "off")


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Notice(NamedTuple):
    """Something worth saying that stops nothing: a message id and its values."""

    message: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.message.format(**self.values)


class SettingsError(VaultError):
    """A settings file says what can't be."""

    exit_code = Exit.UNREADABLE


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


class Person(NamedTuple):
    """Somebody of the team: id, name and aliases are one person everywhere."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    email: str | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way this person may be written."""
        return (self.id, self.name, *self.aliases)


class LintSettings(NamedTuple):
    """`[lint]`: which rules, how strict, and the day that time rules go by."""

    as_of: date | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = _NOTHING
    per_file_ignores: Mapping[str, tuple[str, ...]] = _NOTHING
    limits: Mapping[str, int] = DEFAULT_LIMITS

    @property
    def complaint_days(self) -> int:
        """Days after which an open complaint is worth a word."""
        return self.limits["complaint_days"]


class SearchSettings(NamedTuple):
    """`[search]`: which engine, and which words mean the same."""

    engine: str = "auto"
    synonyms: Mapping[str, tuple[str, ...]] = _NOTHING


class SyncSettings(NamedTuple):
    """`[sync]`: how often the watcher shares by itself; never where that is empty."""

    auto: str = ""


class WatchSettings(NamedTuple):
    """`[watch]`: what the watcher tells."""

    notify: bool = False


class SealingSettings(NamedTuple):
    """`[sealing]`: after how long the watcher seals what was typed in plain."""

    after: str = "10m"


class BackupSettings(NamedTuple):
    """`[backup]`: the folder for backups, where a command names none."""

    dir: str = ""


class Settings(NamedTuple):
    """A vault's `vault.toml`, checked and complete: what it leaves out has its default."""

    id: str
    version: int = FORMAT_VERSION
    language: Language = "en"
    currency: str = "CNY"
    customers: tuple[str, ...] = DEFAULT_CUSTOMERS
    people: tuple[Person, ...] = ()
    order: Order = "newest-first"
    review: Mapping[str, int] = DEFAULT_REVIEW
    queries: Mapping[str, str] = _NOTHING
    lint: LintSettings = LintSettings()
    search: SearchSettings = SearchSettings()
    sync: SyncSettings = SyncSettings()
    watch: WatchSettings = WatchSettings()
    sealing: SealingSettings = SealingSettings()
    backup: BackupSettings = BackupSettings()
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
    from vault_tool.vault.settings_read import parse_settings  # here: who has them compiled needs no TOML
    from vault_tool.vault.toml import read_toml

    path = root / SETTINGS_NAME
    return parse_settings(read_toml(path), path)


def span_seconds(span: str) -> float:
    """Return the seconds of a span of time as settings have it: 30s, 10m, 2h, 1d."""
    return float(int(span[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[span[-1]])


def fold_spelling(spelling: str) -> str:
    """Return a spelling as people's names are compared: no `@`, width and case alike."""
    return unicodedata.normalize("NFKC", spelling).strip().removeprefix("@").strip().casefold()
