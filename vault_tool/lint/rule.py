"""What a rule is, what it is told, what it finds, and how it mends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from inspect import cleandoc
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from vault_tool.notes.note import Note
from vault_tool.notes.text import Edit, Span
from vault_tool.schema import Schema

if TYPE_CHECKING:
    from vault_tool.vault.settings import Settings

FixKind = Literal["safe", "unsafe"]


class Severity(StrEnum):
    """How much a finding matters; errors and warnings make the exit status 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Phrase(NamedTuple):
    """A message id with the values for its places: translated where it is shown."""

    message: str
    values: Mapping[str, object] = {}


class Fix(NamedTuple):
    """How to mend: safe when nothing but what the finding names will read differently."""

    edits: tuple[Edit, ...]
    is_safe: bool = True

    @property
    def kind(self) -> FixKind:
        """The word for it in JSON."""
        return "safe" if self.is_safe else "unsafe"


class Flaw(NamedTuple):
    """What a rule yields: a place, a message id with its values, and a fix where there is one.

    No value may be what stands in a sealed field.
    """

    span: Span
    message: str
    values: Mapping[str, object] = {}
    fix: Fix | None = None


class Customers(Protocol):
    """The rest of the vault, for rules that look across files; linting one file still sees it."""

    def named(self, spelling: str) -> tuple[PurePosixPath, ...]:
        """Return the notes that an id, path, name or alias means."""
        ...


class NoCustomers:
    """A vault of which nothing is known."""

    def named(self, spelling: str) -> tuple[PurePosixPath, ...]:
        """Return nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know beside the note.

    `shown` are the codes of the rules whose findings are shown; `new_id` gives a customer's id, None where
    the caller wants none made.
    """

    schema: Schema
    settings: Settings
    today: date
    shown: frozenset[str] = frozenset()
    new_id: Callable[[PurePosixPath], str] | None = None
    customers: Customers = field(default_factory=NoCustomers)


Check = Callable[[Note, Context], Iterator[Flaw]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it is called, how much it matters, and the generator that finds its flaws.

    The check's docstring is the manual. `fix` is the best kind it can offer, `limits` are the names of the
    `[lint.limits]` it goes by; a rule that is no default speaks only where it is selected.
    """

    code: str
    name: str
    severity: Severity
    fix: FixKind | None
    check: Check
    limits: tuple[str, ...] = ()
    is_default: bool = True

    @property
    def manual(self) -> str:
        """The manual in English; it is also the message id of its translation."""
        return cleandoc(self.check.__doc__ or "")

    @property
    def summary(self) -> str:
        """The manual's first line."""
        return self.manual.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw in one file, ready to be shown: positions count from 1, in characters.

    `excerpt` is the first line it stands in; sealed values are masked in it.
    """

    path: PurePosixPath
    rule: Rule
    severity: Severity
    span: Span
    start: tuple[int, int]
    end: tuple[int, int]
    message: str
    values: Mapping[str, object]
    fix: Fix | None = None
    excerpt: str = ""

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def matters(self) -> bool:
        """Tell whether it makes the exit status 1."""
        return self.severity is not Severity.INFO
