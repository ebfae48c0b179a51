"""What a rule is, what it is told, what it finds, and how it mends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from inspect import cleandoc
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from vault_tool.lint.finding import Finding, Fix, FixKind, Phrase, Severity
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note
from vault_tool.notes.text import Span
from vault_tool.schema import Schema

if TYPE_CHECKING:
    from vault_tool.vault.settings import Settings

__all__ = [
    "Check",
    "Context",
    "Customers",
    "Finding",
    "Fix",
    "FixKind",
    "Flaw",
    "NoCustomers",
    "Phrase",
    "Rule",
    "Severity",
]


class Flaw(NamedTuple):
    """What a rule yields: a place, a message id with its values, and a fix where there is one.

    No value may be what stands in a sealed field.
    """

    span: Span
    message: str
    values: Mapping[str, object] = {}
    fix: Fix | None = None


class Customers(Protocol):
    """The rest of the vault, for rules that look across files; linting one file still sees it.

    What was found is kept with the answers it rests on, and found again only where one of them has changed.
    """

    def unclear(self, link: str) -> tuple[str, ...] | None:
        """Return the notes among which a link can't choose: none, or several; None where it means one."""
        ...

    def nearest(self, link: str) -> str | None:
        """Return the name of the one customer that a broken link is likely meant for."""
        ...

    def twin(self, path: str) -> tuple[str, str] | None:
        """Return the first other note of the same customer, and by which sign: id, code, name or phone."""
        ...

    def collisions(self, path: str) -> tuple[str, ...]:
        """Return the other notes whose paths are the same to a system that tells no case, or no accents."""
        ...

    def has_id(self, id: str) -> bool:
        """Tell whether some customer has an id."""
        ...

    def is_file(self, link: str) -> bool:
        """Tell whether a link means another file of the vault."""
        ...


class NoCustomers:
    """A vault of which nothing is known: nothing is held against anybody."""

    def unclear(self, link: str) -> tuple[str, ...] | None:
        """Return that a link means one customer."""
        return None

    def nearest(self, link: str) -> str | None:
        """Return nothing."""
        return None

    def twin(self, path: str) -> tuple[str, str] | None:
        """Return nothing."""
        return None

    def collisions(self, path: str) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def has_id(self, id: str) -> bool:
        """Tell that no customer has it."""
        return False

    def is_file(self, link: str) -> bool:
        """Tell that it means none."""
        return False


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know beside the note.

    `shown` are the codes of the rules whose findings are shown; `new_id` gives a customer's id, None where
    the caller wants none made; `seals` tells whether the vault has the keys to seal values.
    """

    schema: Schema
    settings: Settings
    today: date
    shown: frozenset[str] = frozenset()
    new_id: Callable[[PurePosixPath], str] | None = None
    customers: Customers = field(default_factory=NoCustomers)
    seals: bool = False


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
