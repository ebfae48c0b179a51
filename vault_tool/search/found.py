"""What a search found: asked of the engine as needed, or in hand."""

from __future__ import annotations

import heapq
from operator import attrgetter
from typing import Protocol

from vault_tool.search.engine import Best, Engine, Order, Scored, Wanted

Hits = dict[int, Scored]
"""Passages by key."""


class Found(Protocol):
    """What was found: how much, the best of it, or all."""

    def best(self, most: int, order: Order) -> Best:
        """Return the first so many hits, and how many there are."""
        ...

    def every(self) -> Hits:
        """Return all hits by passage."""
        ...

    def besides(self, other: Found) -> Found:
        """Return what is here and not in the other."""
        ...


class Listed:
    """What was found, all of it in hand."""

    def __init__(self, hits: Hits) -> None:
        self._hits = hits

    def best(self, most: int, order: Order) -> Best:
        """Return the first so many hits, and how many there are."""
        by_day, by_score = attrgetter("day"), attrgetter("score")
        rank = (lambda hit: (by_day(hit) or 0, by_score(hit))) if order == "day" else by_score
        return Best(len(self._hits), heapq.nlargest(most, self._hits.values(), key=rank))

    def every(self) -> Hits:
        """Return all hits by passage."""
        return self._hits

    def besides(self, other: Found) -> Found:
        """Return what is here and not in the other."""
        return Listed(but(self._hits, other.every()))


class Asked:
    """What an engine finds by itself, and ranks: it is asked for no more than is shown."""

    def __init__(self, engine: Engine, wanted: Wanted) -> None:
        self._engine = engine
        self._wanted = wanted

    def best(self, most: int, order: Order) -> Best:
        """Return the first so many hits, and how many there are."""
        return self._engine.best(self._wanted, most, order)

    def every(self) -> Hits:
        """Return all hits by passage."""
        return self._engine.every(self._wanted)

    def besides(self, other: Found) -> Found:
        """Return what is here and not in the other."""
        if isinstance(other, Asked):
            return Asked(self._engine, self._wanted._replace(besides=other._wanted))
        return Listed(but(self.every(), other.every()))


def but(first: Hits, second: Hits) -> Hits:
    """Return the hits of the first that are not in the second."""
    return {key: hit for key, hit in first.items() if key not in second}
