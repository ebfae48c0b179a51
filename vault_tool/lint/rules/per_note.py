"""What several rules ask of one note is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from vault_tool.notes.note import Note

P = ParamSpec("P")
T = TypeVar("T")
Remembering = Callable[Concatenate[Note, P], tuple[T, ...]]


def once_per_note(function: Callable[Concatenate[Note, P], Iterable[T]]) -> Remembering[P, T]:
    """Remember the answer for the note asked about last.

    Rules look at one note after the other, so one answer is enough. A note is known by its identity:
    comparing two would take longer than asking again.
    """
    last: tuple[Note | None, object, tuple[T, ...]] = (None, None, ())

    @wraps(function)
    def remembering(note: Note, /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, ...]:
        nonlocal last
        known = last
        if known[0] is note and known[1] == args:
            return known[2]
        answer = tuple(function(note, *args, **kwargs))
        last = (note, args, answer)
        return answer

    return remembering
