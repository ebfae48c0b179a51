"""What several rules ask of one note is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")
Remembering = Callable[Concatenate[S, P], tuple[T, ...]]


def remember_last(function: Callable[Concatenate[S, P], Iterable[T]]) -> Remembering[S, P, T]:
    """Remember the answer for the first argument asked about last, which is known by its identity.

    Rules look at one note after the other, so one answer is enough; comparing two notes would take longer
    than asking again.
    """
    last: tuple[object, object, tuple[T, ...]] = (None, None, ())
    if function.__code__.co_argcount == 1:
        # Asked fifty times for a note: what takes any arguments takes twice as long.
        return cast("Remembering[S, P, T]", _remember_of_one(cast("Callable[[S], Iterable[T]]", function)))

    @wraps(function)
    def remembering(subject: S, /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, ...]:
        nonlocal last
        known = last
        if known[0] is subject and known[1] == args:
            return known[2]
        answer = tuple(function(subject, *args, **kwargs))
        last = (subject, args, answer)
        return answer

    return remembering


def _remember_of_one(function: Callable[[S], Iterable[T]]) -> Callable[[S], tuple[T, ...]]:
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
