"""What a query means, as a tree: terms and filters, joined by and, or and not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from vault_tool.search.days import Days


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase that the text must hold; `prefix` and `fuzzy` are its looser forms."""

    text: str
    phrase: bool = False
    prefix: bool = False
    fuzzy: bool = False


@dataclass(frozen=True, slots=True)
class Equal:
    """A field that is one of these values: canonical words and ids, or texts.

    A filter `of_entry` is about one entry: several of them must hold for the same one.
    """

    name: str
    values: tuple[str, ...]
    of_entry: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """A field whose text holds a word or phrase; of a map, any field in it."""

    name: str
    term: Term
    of_entry: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """A field whose day lies in a stretch of days."""

    name: str
    days: Days
    of_entry: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """A field whose number lies between two, both included as told; None is open.

    Of amounts, those in any of these currencies (None: where none is said); without any, whatever it is.
    """

    name: str
    low: Decimal | None
    high: Decimal | None
    low_included: bool = True
    high_included: bool = True
    of_entry: bool = False
    currencies: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Present:
    """A field that holds something."""

    name: str
    of_entry: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be so."""

    node: Query


@dataclass(frozen=True, slots=True)
class And:
    """All of these; of none it is always so."""

    nodes: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    nodes: tuple[Query, ...]


Filter = Equal | Holding | Within | Between | Present
Query = Term | Filter | Not | And | Or
