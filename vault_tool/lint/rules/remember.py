"""What several rules ask is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from operator import is_
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from vault_tool.notes.note import Note

S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")
OfNote = Callable[Concatenate[Note, P], tuple[T, ...]]


def remember(function: Callable[Concatenate[Note, P], Iterable[T]]) -> OfNote[P, T]:
    """Work out an answer about a note once, and keep it with the note.

    Rules look at many notes in turn, so each note has answers of its own. What else is asked about is known
    by its identity: to compare two schemas would take longer than to ask again.
    """
    if function.__code__.co_argcount == 1:
        # Asked fifty times for a note: what takes any arguments takes twice as long.
        return cast("OfNote[P, T]", _remember_alone(cast("Callable[[Note], Iterable[T]]", function)))

    @wraps(function)
    def remembering(note: Note, /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, ...]:
        known: Any = note.remembered.get(function)
        if known is not None and all(map(is_, known[0], args)):
            return known[1]  # type: ignore[no-any-return]
        answer = tuple(function(note, *args, **kwargs))
        note.remembered[function] = (args, answer)
        return answer

    return remembering


def _remember_alone(function: Callable[[Note], Iterable[T]]) -> Callable[[Note], tuple[T, ...]]:
    @wraps(function)
    def remembering(note: Note, /) -> tuple[T, ...]:
        known: Any = note.remembered.get(function)
        if known is None:
            known = note.remembered[function] = tuple(function(note))
        return known  # type: ignore[no-any-return]

    return remembering


def remember_last(function: Callable[[S], Iterable[T]]) -> Callable[[S], tuple[T, ...]]:
    """Remember the answer for what was asked about last, such as the schema, known by its identity."""
    last: tuple[object, tuple[T, ...]] = (None, ())

    @wraps(function)
    def remembering(subject: S, /) -> tuple[T, ...]:
        nonlocal last
        known = last
        if known[0] is subject:
            return known[1]
        answer = tuple(function(subject))
        last = (subject, answer)
        return answer

    return remembering
