"""Read a settings file table by table: types checked, unknown keys refused with line and nearest kin."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from vault_tool.messages import N_
from vault_tool.vault.settings import Notice, SettingsError
from vault_tool.vault.toml import KeyPath, line_of, parse_toml, toml_key

T = TypeVar("T")
W = TypeVar("W", bound=str)


class UnknownSetting(SettingsError):
    """A key that no part of the program reads: most often a slip of the pen."""

    message = N_("{path}:{line}: unknown setting `{key}`.")

    def __init__(self, nearest: str | None, known: Iterable[str], **values: object) -> None:
        # A class per hint would say less.
        self.hint = N_("Did you mean `{nearest}`?") if nearest else N_("Known here: {known}.")
        super().__init__(nearest=nearest, known=", ".join(known), **values)


class BadSetting(SettingsError):
    """A key with a value of the wrong kind."""

    hint = N_("Mend it in an editor.")
    MESSAGES: Mapping[str, str] = {
        "missing": N_("{path}: the setting `{key}` is missing."),
        "text": N_("{path}:{line}: `{key}` must be a text in quotes."),
        "texts": N_("{path}:{line}: `{key}` must be a list of texts."),
        "whole": N_("{path}:{line}: `{key}` must be a whole number of at least {least}."),
        "flag": N_("{path}:{line}: `{key}` must be true or false."),
        "date": N_("{path}:{line}: `{key}` must be a date such as 2026-11-20."),
        "table": N_("{path}:{line}: `{key}` must be a section."),
        "choice": N_("{path}:{line}: `{key}` must be one of {choices}."),
        "id": N_("{path}:{line}: `{key}` must be made of letters, digits, `-` and `_`."),
        "person-id": N_("{path}:{line}: `{key}`: a person's id has no spaces, `@` or `#`."),
        "span": N_("{path}:{line}: `{key}` must be a span of time such as 10m or 2h."),
        "span-or-flag": N_("{path}:{line}: `{key}` must be true, false or a span of time such as 10m or 2h."),
        "glob": N_("{path}:{line}: `{key}` must name files within the vault, such as customers/**/*.md."),
        "people-alike": N_("{path}:{line}: `{spelling}` is the name of two people: {first} and {second}."),
    }

    def __init__(self, kind: str, **values: object) -> None:
        self.message = self.MESSAGES[kind]
        self.kind = kind
        super().__init__(**values)


NEWER_VERSION = N_(
    "This vault has format version {version}; this program knows version {known}: it can be read here, not "
    "written. A newer vault-tool can do both."
)


class SettingsReader:
    """One settings file while it is being read: its tables, and what was odd in it.

    In a file of a newer version nothing is an error: what can't be understood is left out, with a notice.
    """

    def __init__(self, text: str, path: Path, known_version: int) -> None:
        self.path = path
        self._text = text
        values = parse_toml(text, path)
        version = values.get("version")
        self.is_newer = isinstance(version, int) and version > known_version
        self._notices: list[Notice] = []
        if self.is_newer:
            self._notices.append(Notice(NEWER_VERSION, {"version": version, "known": known_version}))
        self._tables: dict[KeyPath, Table] = {}
        self.top = Table(self, (), values)

    def table(self, path: KeyPath, values: Mapping[str, object]) -> Table:
        """Return the one table of this path."""
        return self._tables.setdefault(path, Table(self, path, values))

    def line(self, path: KeyPath) -> int:
        """Return the line on which a key is written."""
        return line_of(self._text, path)

    def refuse(self, error: SettingsError) -> None:
        """Raise the error, or note it in a file that is newer than this program."""
        if not self.is_newer:
            raise error
        self._notices.append(Notice(error.message, error.values))

    def finish(self) -> tuple[Notice, ...]:
        """Refuse what nobody asked for, and return what is worth saying."""
        for table in (self.top, *self._tables.values()):
            table.refuse_unknown()
        return tuple(self._notices)


class Table:
    """One table of a settings file; in a key that we know, `-` and `_` are alike."""

    def __init__(self, reader: SettingsReader, path: KeyPath, values: Mapping[str, object]) -> None:
        self._reader = reader
        self._path = path
        self._values = values
        self._known: list[str] = []
        self._is_free = False

    def text(self, key: str, default: str) -> str:
        """Return a text."""
        return self._typed(key, default, "text", lambda value: isinstance(value, str))

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self._typed(key, default, "texts", _is_texts))

    def whole(self, key: str, default: int, least: int = 0) -> int:
        """Return a whole number."""
        return self._typed(key, default, "whole", lambda value: _is_whole(value, least), least=least)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return self._typed(key, default, "flag", lambda value: isinstance(value, bool))

    def day(self, key: str) -> date | None:
        """Return a date, written bare or in quotes."""
        value = self._typed(key, None, "date", _is_day)
        return date.fromisoformat(value) if isinstance(value, str) else value

    def choice(self, key: str, choices: tuple[W, ...], default: W) -> W:
        """Return one of some words."""
        return self._typed(key, default, "choice", lambda value: value in choices, choices=", ".join(choices))

    def matching(
        self, key: str, pattern: re.Pattern[str], kind: str, default: str = "", required: bool = False
    ) -> str:
        """Return a text of a certain form."""
        if required and self._written(key) not in self._values:
            self._reader.refuse(BadSetting("missing", path=self._reader.path, key=key))
        return self._typed(
            key, default, kind, lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))
        )

    def span_or_flag(self, key: str, usual: str) -> str:
        """Return a span of time; true is the usual one, false none: an empty text."""
        value = self._typed(key, False, "span-or-flag", _is_span_or_flag)
        return value if isinstance(value, str) else usual if value else ""

    def table(self, key: str) -> Table:
        """Return a table within; a missing one is empty."""
        none: Mapping[str, object] = {}
        values = self._typed(key, none, "table", lambda value: isinstance(value, dict))
        return self._reader.table((*self._path, self._written(key)), values)

    def free(self) -> dict[str, object]:
        """Return all keys as they are written: in this table they are names."""
        self._is_free = True
        return dict(self._values)

    def free_texts(self) -> dict[str, str]:
        """Return names with a text each."""
        return {key: self.text(key, "") for key in self.free()}

    def free_text_lists(self) -> dict[str, tuple[str, ...]]:
        """Return names with a list of texts each."""
        return {key: self.texts(key) for key in self.free()}

    def free_wholes(self) -> dict[str, int]:
        """Return names with a whole number each."""
        return {key: self.whole(key, 1, least=1) for key in self.free()}

    def free_choices(self, choices: tuple[W, ...]) -> dict[str, W]:
        """Return names with one of some words each."""
        return {key: self.choice(key, choices, choices[0]) for key in self.free()}

    def free_tables(self) -> dict[str, Table]:
        """Return names with a table each."""
        return {key: self.table(key) for key in self.free()}

    def refuse(self, kind: str, key: str, **values: object) -> None:
        """Refuse the value of a key."""
        path = (*self._path, self._written(key))
        line = self._reader.line(path)
        shown = ".".join(toml_key(part) for part in path)
        self._reader.refuse(BadSetting(kind, path=self._reader.path, line=line, key=shown, **values))

    def refuse_unknown(self) -> None:
        """Refuse the first key that nobody asked for."""
        if self._is_free:
            return
        for key in self._values:
            if key in self._known:
                continue
            path = (*self._path, key)
            nearest = difflib.get_close_matches(key, self._known, n=1, cutoff=0.6)
            self._reader.refuse(
                UnknownSetting(
                    nearest[0] if nearest else None,
                    self._known,
                    path=self._reader.path,
                    line=self._reader.line(path),
                    key=".".join(toml_key(part) for part in path),
                )
            )

    def _written(self, key: str) -> str:
        hyphened = key.replace("_", "-")
        return hyphened if key not in self._values and hyphened in self._values else key

    def _typed(self, key: str, default: T, kind: str, check: Callable[[object], bool], **values: object) -> T:
        written = self._written(key)
        self._known.append(written)
        if written not in self._values:
            return default
        value = self._values[written]
        if check(value):
            return value  # type: ignore[return-value]  # the check is what says so
        self.refuse(kind, key, **values)
        return default


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_span_or_flag(value: object) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[1-9]\d{0,6}[smhd]", value) is not None
    return isinstance(value, bool)


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None and _exists(value)
    return isinstance(value, date) and not isinstance(value, datetime)


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True
