"""Named tuples of our own making are the library's to whoever uses them."""

from __future__ import annotations

import copy
import pickle
import typing
from collections.abc import Callable
from typing import Any

import pytest

from vault_tool.named import NamedTuple


class Ours(NamedTuple):
    """A place."""

    line: int
    column: int = 1
    name: str = "a"

    @property
    def after(self) -> int:
        """The next line."""
        return self.line + 1


class Theirs(typing.NamedTuple):
    """A place."""

    line: int
    column: int = 1
    name: str = "a"

    @property
    def after(self) -> int:
        """The next line."""
        return self.line + 1


class Nothing(NamedTuple):
    """No field."""


USES: dict[str, Callable[[Any], object]] = {
    "all by place": lambda kind: tuple(kind(1, 2, "b")),
    "by name": lambda kind: tuple(kind(line=1, name="b")),
    "too few": lambda kind: kind(),
    "too many": lambda kind: kind(1, 2, 3, 4),
    "unknown": lambda kind: kind(1, colour=3),
    "twice": lambda kind: kind(1, line=3),
    "read": lambda kind: (kind(1).line, kind(1).column, kind(1)[-1], kind(1).after),
    "unset": lambda kind: setattr(kind(1), "line", 2),
    "new": lambda kind: setattr(kind(1), "colour", 2),
    "replaced": lambda kind: tuple(kind(1)._replace(name="c", line=5)),
    "replaced unknown": lambda kind: kind(1)._replace(colour="c"),
    "made": lambda kind: tuple(kind._make([1, 2, 3])),
    "made of too few": lambda kind: kind._make([1, 2]),
    "dict": lambda kind: list(kind(1)._asdict().items()),
    "fields": lambda kind: (kind._fields, kind._field_defaults, kind.__match_args__),
    "equal": lambda kind: (kind(1) == (1, 1, "a"), hash(kind(1)) == hash((1, 1, "a")), kind(1) < kind(2)),
    "shown": lambda kind: repr(kind(1)).removeprefix(kind.__name__),
    "told": lambda kind: (kind.__doc__, kind.__module__, list(kind.__annotations__)),
    "copied": lambda kind: (tuple(copy.copy(kind(1))), type(copy.deepcopy(kind(1))) is kind),
    "pickled": lambda kind: pickle.loads(pickle.dumps(kind(7))) == kind(7),
    "subclassed": lambda kind: type(type("Sub", (kind,), {})(4)).__name__,
}


@pytest.mark.parametrize("use", USES)
def test_they_are_used_as_the_librarys_are(use: str):
    def told(kind: type[Any]) -> object:
        try:
            return USES[use](kind)
        except (TypeError, ValueError, AttributeError) as error:
            return type(error), str(error).replace(kind.__name__, "It")

    ours = told(Ours)
    if isinstance(ours, tuple) and ours and isinstance(ours[0], type):
        # In what words it refuses may be another matter.
        theirs: Any = told(Theirs)
        assert theirs[0] is ours[0]
    else:
        assert ours == told(Theirs)


def test_a_pattern_takes_them_apart():
    match Ours(3, name="b"):
        case Ours(line, column, name="b"):
            assert (line, column) == (3, 1)
        case _:
            raise AssertionError


def test_one_without_fields_is_empty():
    assert Nothing() == () and repr(Nothing()) == "Nothing()"
