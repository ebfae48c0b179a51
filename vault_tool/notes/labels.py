"""Which word near a number says what it is: `电话 `, `order no. `, `（护照）`.

The words are the schema's lists of phrases. Only the nearest one counts: in `银行卡已绑定，订单号 4012...`
the number is an order's. Looking a few characters back costs less than a pattern of all words would.
"""

from __future__ import annotations

from enum import Enum, auto

from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern
from vault_tool.schema import Schema

REACH = 24
_BEHIND = 8
_CURRENCIES = ("¥", "$", "€", "£")
_ENDS = frozenset("。;!?；！？\r\n")
_BRACKETS = pattern(r"\([^()0-9]{1,10}\)\Z")
_MARKS = frozenset(" \t:=#.(['\"“”‘’`*_~|【】「」《》<>)]/\\-+&→@")


class Sense(Enum):
    """What a label says of the number beside it."""

    PASSWORD = auto()
    PHONE = auto()
    IDENTITY = auto()
    CARD = auto()
    PASSPORT = auto()
    PERMIT = auto()
    OTHER = auto()
    """None of a person's numbers: an order, a date, a product."""


_LISTS = {
    Sense.OTHER: "other-number",
    Sense.PASSWORD: "password",
    Sense.PHONE: "phone",
    Sense.CARD: "bank-card",
    Sense.IDENTITY: "identity-card",
    Sense.PASSPORT: "passport",
    Sense.PERMIT: "travel-permit",
}


class Label(NamedTuple):
    """A word near a number; `is_beside`: nothing but marks and small words stands between them."""

    sense: Sense
    is_beside: bool


class Labels:
    """The labels of one schema. Every text it is given is lower case and folded to half width."""

    def __init__(self, schema: Schema) -> None:
        senses = {phrase.lower(): sense for sense, name in _LISTS.items() for phrase in schema.phrases(name)}
        self._senses = senses
        self._phrases = {sense: [each for each in senses if senses[each] is sense] for sense in Sense}
        # Each number of a line is asked about several times.
        self._line, self._known = "", dict[int, Label | None]()
        self._by_last = _grouped(senses, -1)
        self._by_first = _grouped(senses, 0)
        glue = [phrase.lower() for phrase in schema.phrases("label-glue")]
        self._glue, self._glue_by_first = _grouped(glue, -1), _grouped(glue, 0)
        units = [phrase.lower() for phrase in schema.phrases("amount-unit")]
        self._units, self._units_before = _grouped(units, 0), _grouped(units, -1)

    def sense(self, label: str) -> Sense | None:
        """Return what a label says."""
        return self._senses.get(label)

    def ending_at(self, line: str, offset: int) -> Sense | None:
        """Return what the label says that ends at an offset."""
        found = _ending_at(line, offset, self._by_last)
        return self._senses[found] if found else None

    def has(self, line: str, *senses: Sense) -> bool:
        """Tell whether a line holds a label of one of these senses at all."""
        return any(phrase in line for sense in senses for phrase in self._phrases[sense])

    def before(self, line: str, offset: int) -> Label | None:
        """Return the nearest label before an offset, in the same sentence."""
        if line is not self._line:
            self._line, self._known = line, {}
        if offset not in self._known:
            self._known[offset] = self._look_before(line, offset)
        return self._known[offset]

    def _look_before(self, line: str, offset: int) -> Label | None:
        at = offset
        while True:
            while at > 0 and line[at - 1] in _MARKS:
                # `快递单号（顺丰）`: what stands in brackets belongs to the label.
                inner = _BRACKETS.search(line, max(0, at - REACH), at) if line[at - 1] == ")" else None
                at = inner.start() if inner else at - 1
            if found := _ending_at(line, at, self._by_last):
                return Label(self._senses[found], True)
            glue = _ending_at(line, at, self._glue)
            if glue is None:
                break
            at -= len(glue)
        while at > 0 and offset - at < REACH and line[at - 1] not in _ENDS:
            if found := _ending_at(line, at, self._by_last):
                return Label(self._senses[found], False)
            at -= 1
        return None

    def behind(self, line: str, offset: int) -> Label | None:
        """Return the label that stands right behind an offset, as in `E12345678（护照）`."""
        at = offset
        while at < min(len(line), offset + _BEHIND) and line[at] in _MARKS:
            at += 1
        found = _starting_at(line, at, self._by_first)
        return Label(self._senses[found], True) if found else None

    def is_number_of(self, line: str, offset: int) -> bool:
        """Tell whether what a number is of stands right behind it, as in `13800138000 号合同`."""
        at = offset + (line[offset : offset + 1] == " ")
        for glue in self._glue_by_first.get(line[at : at + 1], ()):
            found = _starting_at(line, at + len(glue), self._by_first) if line.startswith(glue, at) else None
            if found and self._senses[found] is Sense.OTHER:
                return True
        return False

    def is_counted(self, line: str, start: int, end: int) -> bool:
        """Tell whether a unit stands before or behind a number: then it is an amount."""
        before = len(line[:start].rstrip(" "))
        if line[before - 1 : before] in _CURRENCIES or _ending_at(line, before, self._units_before):
            return True
        behind = end + (line[end : end + 1] == " ")
        return line[behind : behind + 1] == "%" or _starting_at(line, behind, self._units) is not None


def _grouped(phrases: dict[str, Sense] | list[str], place: int) -> dict[str, list[str]]:
    """Return phrases by their first or last character, the longest first."""
    found: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        found.setdefault(phrase[place], []).append(phrase)
    return found


def _ending_at(line: str, end: int, by_last: dict[str, list[str]]) -> str | None:
    for phrase in by_last.get(line[end - 1 : end], ()):
        start = end - len(phrase)
        if start >= 0 and line.startswith(phrase, start) and is_whole(line, start, end):
            return phrase
    return None


def _starting_at(line: str, start: int, by_first: dict[str, list[str]]) -> str | None:
    for phrase in by_first.get(line[start : start + 1], ()):
        if line.startswith(phrase, start) and is_whole(line, start, start + len(phrase)):
            return phrase
    return None


def is_whole(line: str, start: int, end: int) -> bool:
    """Tell whether no Latin word goes on beyond these bounds; digits may follow a label at once."""
    before, after = line[start - 1 : start], line[end : end + 1]
    return not (_is_letter(line[start]) and _is_letter(before)) and not (
        _is_letter(line[end - 1]) and _is_letter(after)
    )


def _is_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()
