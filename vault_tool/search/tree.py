"""What a query means, as a tree: terms and filters, joined by and, or and not. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from decimal import Decimal

    from vault_tool.search.days import Days


@dataclass_transform(frozen_default=True)
class _Part:
    """A part of a query: never changed, and equal to what is of its kind and holds the same.

    Its kinds are declared as dataclasses are, which would take a tenth of every search to load and to make.
    """

    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._names = tuple(cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        # Defaults are found at the class.
        vars(self).update(zip(self._names, values, strict=False), **named)

    def _held(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._names)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._held() == other._held()

    def __hash__(self) -> int:
        return hash((type(self), *self._held()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._held()))})"


class Term(_Part):
    """A word or phrase that the text must hold; `prefix` and `fuzzy` are its looser forms."""

    text: str
    phrase: bool = False
    prefix: bool = False
    fuzzy: bool = False


class Equal(_Part):
    """A field that is one of these values: canonical words and ids, or texts.

    A filter `of_entry` is about one entry: several of them must hold for the same one.
    """

    name: str
    values: tuple[str, ...]
    of_entry: bool = False


class Holding(_Part):
    """A field whose text holds a word or phrase; of a map, any field in it."""

    name: str
    term: Term
    of_entry: bool = False


class Within(_Part):
    """A field whose day lies in a stretch of days."""

    name: str
    days: Days
    of_entry: bool = False


class Between(_Part):
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


class Present(_Part):
    """A field that holds something."""

    name: str
    of_entry: bool = False


class Not(_Part):
    """What must not be so."""

    node: Query


class And(_Part):
    """All of these; of none it is always so."""

    nodes: tuple[Query, ...]


class Or(_Part):
    """Any of these."""

    nodes: tuple[Query, ...]


Filter = Equal | Holding | Within | Between | Present
Query = Term | Filter | Not | And | Or
