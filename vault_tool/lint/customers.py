"""What the linter knows of all customers, so that linting one of them still sees the rest.

Kept of each is a card: its names, and digests of what nobody else should have. Rules ask questions, which are
noted down with their answers: what was found in a note holds as long as its own bytes and these answers do.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from vault_tool.named import NamedTuple

Answer = Any  # plain values: None, a flag, a text, or tuples of texts
Question = tuple[str, str]
Asked = dict[Question, Answer]

# Questions whose answers depend on files that are no notes: no card tells when they change.
_OF_OTHER_FILES = "file"


class Card(NamedTuple):
    """One customer as the others see it: nothing in it is sealed, and what is kept as a digest isn't shown.

    `names` are the name and the aliases as typed, `folded` these and the file's stem as they are compared.
    `signs` are what two customers can't share: `kind:value`.
    """

    path: str
    id: str | None = None
    name: str | None = None
    type: str | None = None
    owner: str | None = None
    stage: str | None = None
    region: str | None = None
    names: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()

    @property
    def is_archived(self) -> bool:
        """Tell whether the customer is put away."""
        return self.path[:8].casefold() == "archive/"

    def sign(self, kind: str) -> str | None:
        """Return the customer's sign of a kind."""
        return next((sign for sign in self.signs if sign.startswith(f"{kind}:")), None)


class KnownCustomers:
    """All customers of a vault, by their cards."""

    def __init__(self, cards: Iterable[Card], other_files: Callable[[], Iterable[str]] = tuple) -> None:
        """`other_files` lists what else lies in the vault, as paths; it is called when a link asks for it."""
        self._cards = sorted(cards)
        self._list_other_files = other_files

    def unclear(self, link: str) -> tuple[str, ...] | None:
        """Return the notes among which a link can't choose: none, or several; None where it means one.

        As commands resolve a name that is given in full: an id before a name, who is at work before who is
        put away.
        """
        from vault_tool.notes.folding import fold

        path = link.removeprefix("./")
        named = [*self._by_path.get(path, ()), *self._by_path.get(f"{path}.md", ())]
        named += self._by_name.get(fold(link), ())
        archived: list[Card] = []
        for tier in (self._by_id.get(link) or self._by_id.get(link.lower(), []), named):
            if at_work := [card for card in tier if not card.is_archived]:
                return _several(at_work)
            archived = archived or tier
        return _several(archived)

    def nearest(self, link: str) -> str | None:
        """Return the name of the one customer that a link that means nobody is most likely meant for."""
        from vault_tool.notes.folding import fold

        wanted = fold(link.rpartition("/")[2].removesuffix(".md")).strip()
        if len(wanted) < 2:
            return None
        near = _only_one(self._holding(wanted))
        if near is None and len(wanted) > 2 and not self._is_held(wanted):
            near = _only_one(self._like(wanted))
        if near is None:
            return None
        card, name = near
        return next((typed for typed in card.names if fold(typed) == name), None) or card.path[:-3]

    def twin(self, path: str) -> tuple[str, str] | None:
        """Return the first other note of the same customer, and by which sign: id, code, name or phone."""
        card = self._sharing.get(path)
        if card is None:
            return None  # as nearly all
        for sign in card.signs:
            others = self._by_sign[sign]
            if len(others) < 2:
                continue
            kind = sign.partition(":")[0]
            for other in others:
                if other is not card and _may_be_same(card, other, kind):
                    return kind, other.path
        return None

    def collisions(self, path: str) -> tuple[str, ...]:
        """Return the other notes whose paths are the same to a system that tells no case, or no accents."""
        if path in self._alone:
            return ()  # as nearly all
        from vault_tool.vault.globs import fold_name

        return tuple(other for other in self._by_folded_path.get(fold_name(path), ()) if other != path)

    def has_id(self, id: str) -> bool:
        """Tell whether some customer has an id."""
        return id in self._by_id

    def is_file(self, link: str) -> bool:
        """Tell whether a link means another file of the vault: a product sheet, a list of one's own."""
        return _file_key(link) in self._other_files

    def answer(self, question: Question) -> Answer:
        """Answer a question that was noted down."""
        kind, about = question
        return _METHODS[kind](self, about)

    def still_says(self, asked: Iterable[tuple[Question, Answer]], *, all_known: bool = False) -> bool:
        """Tell whether questions have the answers that they had.

        `all_known` says that no card has changed since: then only other files can make a difference.
        """
        for question, answer in asked:
            if (not all_known or question[0] == _OF_OTHER_FILES) and self.answer(question) != answer:
                return False
        return True

    # --- made when first asked for

    @cached_property
    def _sharing(self) -> dict[str, Card]:
        """The customers that have a sign which another one has, by their paths."""
        return {card.path: card for cards in self._by_sign.values() if len(cards) > 1 for card in cards}

    @cached_property
    def _alone(self) -> frozenset[str]:
        """The paths that are no other's to any system."""
        return frozenset(paths[0] for paths in self._by_folded_path.values() if len(paths) == 1)

    @cached_property
    def _by_id(self) -> dict[str, list[Card]]:
        found: dict[str, list[Card]] = {}
        for card in self._cards:
            if card.id:
                found.setdefault(card.id, []).append(card)
        return found

    @cached_property
    def _by_path(self) -> dict[str, list[Card]]:
        return {card.path: [card] for card in self._cards}

    @cached_property
    def _by_name(self) -> dict[str, list[Card]]:
        found: dict[str, list[Card]] = {}
        for card in self._cards:
            for name in card.folded:
                found.setdefault(name, []).append(card)
        return found

    @cached_property
    def _by_sign(self) -> dict[str, list[Card]]:
        found: dict[str, list[Card]] = {}
        for card in self._cards:
            for sign in card.signs:
                found.setdefault(sign, []).append(card)
        return found

    @cached_property
    def _by_folded_path(self) -> dict[str, list[str]]:
        from vault_tool.vault.globs import fold_name

        found: dict[str, list[str]] = {}
        for card in self._cards:
            found.setdefault(fold_name(card.path), []).append(card.path)
        return found

    @cached_property
    def _other_files(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self._list_other_files():
            key = _file_key(path)
            found.update((key, key.rpartition("/")[2]))
        return frozenset(found)

    # --- near names

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._by_name)

    @cached_property
    def _backwards(self) -> list[str]:
        return sorted(name[::-1] for name in self._by_name)

    @cached_property
    def _all_names(self) -> str:
        return "\n" + "\n".join(self._names) + "\n"

    def _holding(self, wanted: str) -> Iterator[tuple[Card, str]]:
        """Yield the customers at work with a name that a text is a part of."""
        text, at = self._all_names, 0
        while (at := text.find(wanted, at)) >= 0:
            name = text[text.rfind("\n", 0, at) + 1 : text.index("\n", at)]
            yield from self._at_work(name)
            at = text.index("\n", at)

    def _is_held(self, wanted: str) -> bool:
        return next(self._holding(wanted), None) is not None

    def _like(self, wanted: str) -> Iterator[tuple[Card, str]]:
        """Yield the customers at work with a name that is one slip of the hand away.

        One slip leaves the first or the last half of a name as it was.
        """
        half = len(wanted) // 2
        found = set(_starting(self._names, wanted[:half]))
        found.update(name[::-1] for name in _starting(self._backwards, wanted[half:][::-1]))
        for name in sorted(found):
            if _is_one_slip(wanted, name):
                yield from self._at_work(name)

    def _at_work(self, name: str) -> Iterator[tuple[Card, str]]:
        return ((card, name) for card in self._by_name.get(name, ()) if not card.is_archived)


_METHODS: dict[str, Callable[[KnownCustomers, str], Answer]] = {
    "unclear": KnownCustomers.unclear,
    "nearest": KnownCustomers.nearest,
    "twin": KnownCustomers.twin,
    "collisions": KnownCustomers.collisions,
    "id": KnownCustomers.has_id,
    _OF_OTHER_FILES: KnownCustomers.is_file,
}
# The answers in a well-kept vault: what is taken for granted while not all cards are known.
_USUAL: dict[str, Answer] = {
    "unclear": None,
    "nearest": None,
    "twin": None,
    "collisions": (),
    "id": False,
    _OF_OTHER_FILES: False,
}


class Asking:
    """The customers as rules see them: passes questions on and notes them down with their answers."""

    def __init__(self, known: KnownCustomers | None) -> None:
        """Without customers that are known, every question has the answer of a well-kept vault."""
        self._known = known
        self.asked: Asked = {}

    def unclear(self, link: str) -> tuple[str, ...] | None:
        """Return the notes among which a link can't choose; None where it means one."""
        found: tuple[str, ...] | None = self._ask("unclear", link)
        return found

    def nearest(self, link: str) -> str | None:
        """Return the name of the one customer that a broken link is likely meant for."""
        found: str | None = self._ask("nearest", link)
        return found

    def twin(self, path: str) -> tuple[str, str] | None:
        """Return the first other note of the same customer, and by which sign."""
        found: tuple[str, str] | None = self._ask("twin", path)
        return found

    def collisions(self, path: str) -> tuple[str, ...]:
        """Return the other notes whose paths are the same to some systems."""
        found: tuple[str, ...] = self._ask("collisions", path)
        return found

    def has_id(self, id: str) -> bool:
        """Tell whether some customer has an id."""
        return bool(self._ask("id", id))

    def is_file(self, link: str) -> bool:
        """Tell whether a link means another file of the vault."""
        return bool(self._ask(_OF_OTHER_FILES, link))

    def _ask(self, kind: str, about: str) -> Answer:
        question = (kind, about)
        if question not in self.asked:
            known = self._known
            self.asked[question] = _USUAL[kind] if known is None else known.answer(question)
        return self.asked[question]


def other_files(root: str) -> Iterator[str]:
    """Yield the paths of all Markdown files of a vault, whatever its globs say; hidden folders aside."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name[-3:].lower() == ".md":
                yield f"{folder}/{name}"[len(root) + 1 :].replace(os.sep, "/")


def _only_one(near: Iterator[tuple[Card, str]]) -> tuple[Card, str] | None:
    """Return the customer that all of these are; None where there are none, or several."""
    first = next(near, None)
    if first is None or any(card is not first[0] for card, _ in near):
        return None
    return first


def _several(cards: list[Card]) -> tuple[str, ...] | None:
    paths = tuple(dict.fromkeys(card.path for card in cards))
    return None if len(paths) == 1 else paths


def _file_key(path: str) -> str:
    from vault_tool.vault.globs import fold_name

    return fold_name(path.removeprefix("./")).removesuffix(".md")


def _may_be_same(one: Card, other: Card, kind: str) -> bool:
    """Tell whether a shared sign means a shared customer: branches of one name are customers of their own."""
    if kind == "id":
        return True
    if kind != "code":
        codes = {card.sign("code") for card in (one, other)} - {None}
        regions = {card.region for card in (one, other)} - {None}
        if len(codes) > 1 or len(regions) > 1:
            return False
    # Who was put away and comes back is found by its code; a name alone may well be another's.
    return kind == "code" or one.is_archived == other.is_archived


def _starting(names: list[str], start: str) -> Iterator[str]:
    for at in range(bisect_left(names, start), len(names)):
        if not names[at].startswith(start):
            return
        yield names[at]


def _is_one_slip(one: str, other: str) -> bool:
    """Tell whether two texts differ by one character: another, one more, one less, or two exchanged."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, other_rest = one[start:], other[start:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:] and len(rest) > 1)
    )
