"""Which passages of a Whoosh index match, and how well: sets of whole posting lists, and Okapi BM25."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import repeat
from math import log
from operator import itemgetter

from vault_tool.search.engine import HEAD, K1, AllOf, AnyOf, B, Best, Node, Order, Scored, Want, Wanted
from vault_tool.search.engines.whoosh_files import MARKER, NO_DAY, Segment, light_import

with light_import():
    from whoosh.util.numeric import byte_to_length

_OWN, _HEAD, _FORMS = "own", "head", "forms"
_Scores = Iterable[tuple[float, int]]
"""Documents of a segment by their numbers, with their scores."""


class Matcher:
    """Answers queries about the segments of an index, as it was when it was opened."""

    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments
        self._documents = sum(segment.size for segment in segments) or 1
        lengths = sum(segment.total_length(_OWN) for segment in segments)
        self._mean_length = lengths / self._documents or 1.0
        self._weighing: dict[tuple[str, str], _Weighing] = {}

    def best(self, wanted: Wanted, most: int, order: Order) -> Best:
        """Return the first so many passages, and how many there are."""
        total = 0
        hits: list[Scored] = []
        for segment in self.segments:
            found = self._found(segment, wanted)
            total += len(found)
            if not most or not found:
                continue
            scores = self._scores(segment, wanted, found)
            if order == "day":
                days = segment.column("day")
                first = heapq.nlargest(most, ((days[number], score, number) for score, number in scores))
                hits += _hits(segment, ((score, number) for _, score, number in first))
            else:
                hits += _hits(segment, heapq.nlargest(most, scores))
        if order == "day":
            return Best(total, heapq.nlargest(most, hits, key=lambda hit: (hit.day or 0, hit.score)))
        return Best(total, heapq.nlargest(most, hits, key=itemgetter(1)))

    def every(self, wanted: Wanted) -> Iterator[Scored]:
        """Yield all of the passages."""
        for segment in self.segments:
            if found := self._found(segment, wanted):
                yield from _hits(segment, self._scores(segment, wanted, found))

    def stamps(self) -> dict[int, int]:
        """Return the stamp of every passage."""
        stamps = {}
        for segment in self.segments:
            markers = frozenset(segment.postings("marker", MARKER)[0])
            pairs = zip(segment.column("passage"), segment.column("stamp"), strict=True)
            for number, (passage, stamp) in enumerate(pairs):
                if number not in segment.deleted and number not in markers:
                    stamps[passage] = stamp
        return stamps

    # --- which

    def _found(self, segment: Segment, wanted: Wanted) -> Collection[int]:
        wants = list(_wants(wanted.node))
        found: Collection[int]
        if wanted.anywhere:
            found = _standing(segment, wanted.node, with_head=True)
        elif len(wants) == 1:
            found = _documents(segment, wants[0], _OWN)
        else:
            inside = [_documents(segment, want, _OWN) for want in wants]
            around = _standing(segment, wanted.node, with_head=True)
            found = _as_set(around).intersection(set().union(*inside))
        if barred := self._barred(segment, wanted):
            found = _as_set(found).difference(*barred)
        if wanted.archived:
            found = _as_set(found).intersection(segment.postings("archived", "1")[0])
        if wanted.days is not None:
            days, (first, last) = segment.column("day"), wanted.days
            found = {number for number in found if first <= days[number] <= last}
        if wanted.customers is not None:
            whose, these = segment.column("whose"), wanted.customers
            found = {number for number in found if whose[number] in these}
        return found

    def _barred(self, segment: Segment, wanted: Wanted) -> list[Collection[int]]:
        barred = [_standing(segment, node, with_head=True) for node in wanted.without]
        barred.append(segment.deleted)
        if wanted.archived is False:
            barred.append(segment.postings("archived", "1")[0])
        if wanted.besides is not None:
            barred.append(self._found(segment, wanted.besides))
        return [documents for documents in barred if documents]

    # --- how well

    def _scores(self, segment: Segment, wanted: Wanted, found: Collection[int]) -> _Scores:
        wants = list(_wants(wanted.node))
        weighings = [self._weigh(field, token) for field, token in _signs(wants)]
        weighings = [each for each in weighings if segment.postings(each.field, each.token)[0]]
        if len(weighings) == 1 and isinstance(found, array):
            return zip(weighings[0].scores(segment), found, strict=True)
        scores = dict.fromkeys(found, 0.0)
        for weighing in weighings:
            documents = segment.postings(weighing.field, weighing.token)[0]
            for number, score in zip(documents, weighing.scores(segment), strict=True):
                if number in scores:
                    scores[number] += score
        return zip(scores.values(), scores, strict=True)

    def _weigh(self, field: str, token: str) -> _Weighing:
        key = (field, token)
        if key not in self._weighing:
            count = sum(segment.count(field, token) for segment in self.segments)
            rarity = log(1 + (self._documents - count + 0.5) / (count + 0.5))
            self._weighing[key] = _Weighing(field, token, rarity, self._mean_length)
        return self._weighing[key]


class _Weighing:
    """What a token adds to the score of the documents it stands in, by Okapi BM25.

    The lengths of heads and of other forms say nothing: there, all documents count as of mean length.
    """

    def __init__(self, field: str, token: str, rarity: float, mean_length: float) -> None:
        self.field = field
        self.token = token
        self._rarity = rarity
        self._mean_length = mean_length
        self._by_weight: dict[float, list[float]] = {}

    def scores(self, segment: Segment) -> Iterable[float]:
        """Yield the scores in the order of the token's documents."""
        documents, weights = segment.postings(self.field, self.token)
        if self.field == _FORMS:
            return repeat(self._rarity, len(documents))
        if self.field == _HEAD:
            return [HEAD * self._rarity * weight * (K1 + 1) / (weight + K1) for weight in weights]
        lengths = segment.lengths(_OWN)
        for weight in set(weights).difference(self._by_weight):
            self._by_weight[weight] = [
                self._rarity * weight * (K1 + 1) / (weight + K1 * factor) for factor in self._factors
            ]
        table = self._by_weight
        return [table[weight][lengths[number]] for weight, number in zip(weights, documents, strict=True)]

    @cached_property
    def _factors(self) -> list[float]:
        return [1 - B + B * byte_to_length(byte) / self._mean_length for byte in range(256)]


def _hits(segment: Segment, scores: _Scores) -> list[Scored]:
    passages, days, whose = segment.column("passage"), segment.column("day"), segment.column("whose")
    return [
        Scored(passages[number], score, days[number] if days[number] != NO_DAY else None, whose[number])
        for score, number in scores
    ]


# --- sets of documents -------------------------------------------------------------------------------------


def _wants(node: Node) -> Iterator[Want]:
    match node:
        case Want():
            yield node
        case AllOf(nodes=nodes) | AnyOf(nodes=nodes):
            for inner in nodes:
                yield from _wants(inner)


def _signs(wants: Iterable[Want]) -> list[tuple[str, str]]:
    """Return the tokens that score, and in which field; words that only begin so say nothing more."""
    found: dict[tuple[str, str], None] = {}
    for want in wants:
        for token in want.tokens:
            found[_FORMS if want.is_form else _OWN, token] = None
            if not want.is_form:
                found[_HEAD, token] = None
    return list(found)


def _standing(segment: Segment, node: Node, *, with_head: bool) -> Collection[int]:
    match node:
        case Want(is_form=False) if with_head:
            inside, beside = _documents(segment, node, _OWN), _documents(segment, node, _HEAD)
            return _as_set(inside).union(beside) if beside else inside
        case Want():
            return _documents(segment, node, _OWN)
        case AllOf(nodes=nodes):
            return _common(_standing(segment, inner, with_head=with_head) for inner in nodes)
        case AnyOf(nodes=nodes):
            return set().union(*(_standing(segment, inner, with_head=with_head) for inner in nodes))


def _documents(segment: Segment, want: Want, field: str) -> Collection[int]:
    """Return the documents that hold a want in one field; one token's are its list itself."""
    name = _FORMS if want.is_form else field
    lists: list[Collection[int]] = [segment.postings(name, token)[0] for token in dict.fromkeys(want.tokens)]
    if want.prefix:
        words = segment.words(name, want.prefix)
        lists.append(set().union(*(segment.postings(name, word)[0] for word in words)))
    return lists[0] if len(lists) == 1 else _common(lists)


def _common(lists: Iterable[Collection[int]]) -> set[int]:
    first, *others = sorted(lists, key=len)
    return set(first).intersection(*others) if first else set()


def _as_set(documents: Collection[int]) -> set[int] | frozenset[int]:
    return documents if isinstance(documents, (set, frozenset)) else set(documents)
