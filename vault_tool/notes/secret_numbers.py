"""Numbers that are a person's: telephones, identity and bank cards, passports and permits, accounts.

Everything here reads one line, folded one to one to half width. A number is what people write as one: digits
with single blanks, dashes, dots or brackets between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from vault_tool.named import NamedTuple
from vault_tool.notes.checksums import (
    iban_length,
    is_credit_code,
    is_day,
    is_iban,
    is_id_number,
    is_old_id_number,
    passes_luhn,
)
from vault_tool.notes.labels import Label, Labels, Sense
from vault_tool.notes.secret_kinds import Found, SecretKind
from vault_tool.patterns import pattern

_SEPARATOR = r"(?:[ \-.·]|\) ?|\)-| ?\(|-\()"
# A letter behind it makes it a code, but for the last X of an identity number, and an extension (`x801`).
_RUN = pattern(
    rf"(?<![0-9_])[0-9]+(?:{_SEPARATOR}[0-9]+)*(?:{_SEPARATOR}?[Xx])?(?![0-9A-WYZa-wyz_]|[Xx](?![0-9]{{1,4}}(?![0-9A-Za-z])))"
)
_GROUP = pattern(r"[0-9]+[Xx]?|[Xx]")
_URL = pattern(r"[a-z][a-z0-9+.-]*://[!-'*-~]+", re.IGNORECASE)
# A letter before a dash makes it the number of something: `PO-13800138000`.
_CODE_LEAD = pattern(r"(?:[0-9A-Z_][-.]|[0-9] ?= ?)\Z")
# In front matter what stands there is a comment to YAML.
_SEALED_BEFORE = pattern(r"sealed-[0-9a-z]{8}[\])\"']*[ \t]+#\Z")
# Between two numbers of a list: what the first one is, is the second.
_AND = pattern(r"[ ,，、/;；]*(?:和|与|及|&|and)?[ ,，、/;；]*\Z")
_MOBILE_GROUPS = frozenset([(11,), (3, 4, 4), (3, 8)])
_ODD_MOBILE_GROUPS = frozenset(
    [(4, 3, 4), (4, 4, 3), (7, 4), (3, 3, 5), (3, 5, 3), (5, 6), (6, 5), (1,) * 11]
)
_SUBSCRIBER_GROUPS = frozenset([(7,), (8,), (3, 4), (4, 4), (4, 3)])
_AREA = pattern(r"(?:010|02[0-57-9]|0[3-9][0-9]{2})\Z")
_EXTENSION = pattern(r"-[0-9]{1,4}(?![0-9])")
_SERVICE = pattern(r"[48]00[0-9]{4,7}\Z")
# Issuers' first digits: UnionPay, and the older cards of Chinese banks.
_ISSUER = pattern(
    r"62|9558(?:8|9)|4563(?:51)|436742|601382|103000|427(?:01|02|03)|5240(?:31|90|94)|4581(?:23|24)|3568(?:4|5|9)|6901"
)
_CARD_GROUPS = pattern(r"(?:1[6-9]|(?:4,){3}[1-7]|(?:4,){4}[1-3]|6,1[0-3]|8,(?:8|9|10|11))\Z")
_MAX_GROUPS = 19


class _Run(NamedTuple):
    """Groups of digits that stand together; `may_part[i]`: a number may begin at the i-th."""

    groups: tuple[re.Match[str], ...]
    may_part: tuple[bool, ...]

    def ends(self, first: int) -> Iterator[int]:
        """Yield where a number may end that begins at a group, the longest first."""
        if self.may_part[first]:
            for end in range(min(len(self.groups), first + _MAX_GROUPS), first, -1):
                if end == len(self.groups) or self.may_part[end]:
                    yield end


class _Number(NamedTuple):
    digits: str
    groups: tuple[int, ...]
    start: int
    end: int
    is_alone: bool


class Numbers:
    """Finds a person's numbers in lines, going by the words beside them."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def find(self, line: str, lower: str) -> Iterator[Found]:
        """Yield what a line holds, each number as one kind."""
        urls = [found.span() for found in _URL.finditer(line)] if "://" in line else []
        others_end = -1
        for run in _runs(line):
            start = run.groups[0].start()
            if any(begin <= start < end for begin, end in urls):
                continue
            # `tel13800138000` is a telephone, `SF13800138000` a parcel.
            before = line[start - 1 : start]
            is_stuck = before.isascii() and before.isalpha()
            if is_stuck and self._labels.ending_at(lower, start) in (None, Sense.OTHER):
                continue
            last = run.groups[-1].end()
            if self._is_of_other(lower, start) or (
                others_end >= 0 and _AND.fullmatch(lower, others_end, start)
            ):
                others_end = last
            yield from self._in_run(run, line, lower, is_other=others_end == last)

    def _is_of_other(self, lower: str, start: int) -> bool:
        """Tell whether a word right before a place says that the number there is of something else."""
        label = self._labels.before(lower, start)
        return label is not None and label.is_beside and label.sense is Sense.OTHER

    def _in_run(self, run: _Run, line: str, lower: str, *, is_other: bool) -> Iterator[Found]:
        """Yield the numbers that are known by their form, and what a label in front tells of the rest."""
        first, at, count = None, 0, len(run.groups)
        if is_other:
            # The number of an order may stand in groups; behind it may stand another one.
            at = next((index for index in range(1, count) if len(run.groups[index - 1][0]) >= 8), count)
        while at < count:
            for end in run.ends(at):
                number = _joined(run, at, end)
                if 11 <= len(number.digits) <= 20 and (kind := self._kind(number, line, lower)):
                    first = at if first is None else first
                    at = end
                    yield _found(kind, number, line)
                    break
            else:
                at += 1
        for end in run.ends(0):
            if end <= (count if first is None else first):
                number = _joined(run, 0, end)
                if self._is_told(number, line, lower):
                    yield _found(SecretKind.PHONE, number, line)
                    return

    def _kind(self, number: _Number, line: str, lower: str) -> SecretKind | None:
        digits, length = number.digits, len(number.digits)
        if length == 18 and is_id_number(digits):
            return None if self._is_of_other(lower, number.start) else SecretKind.ID_CARD
        if not digits.isdecimal():
            return None
        if length == 15 and is_old_id_number(digits):
            return SecretKind.ID_CARD if self._says(number, lower, Sense.IDENTITY) else None
        if 16 <= length <= 19 and self._is_card(number, lower):
            return SecretKind.BANK_CARD
        is_phone = _is_mobile(number, line) or self._is_landline(number, line, lower)
        return SecretKind.PHONE if is_phone and not self._is_counted(number, line, lower) else None

    def _is_card(self, number: _Number, lower: str) -> bool:
        if not passes_luhn(number.digits) or len(set(number.digits)) == 1:
            return False
        if not _CARD_GROUPS.match(",".join(map(str, number.groups))):
            return False
        if self._is_of_other(lower, number.start):
            return False
        return bool(_ISSUER.match(number.digits)) or self._says(number, lower, Sense.CARD)

    def _is_landline(self, number: _Number, line: str, lower: str) -> bool:
        """Tell whether it is a landline: area code and number in two parts, or in one behind a label."""
        lead = _country_code(number, line)
        digits, groups = number.digits, number.groups
        if lead:
            digits, groups = "0" + digits[lead:].removeprefix("0"), _without(groups, lead)
        size = next((size for size in (3, 4) if _is_area_and_number(digits, size)), None)
        if size is None:
            return False
        is_parted = groups[0] in (size, size - 1) and groups[1:] in _SUBSCRIBER_GROUPS
        sign = line[number.start + number.groups[0] :][:1]
        if is_parted and (number.is_alone or lead or sign in ("-", ")")):
            return True
        return (is_parted or len(groups) == 1) and self._says(number, lower, Sense.PHONE)

    def _is_told(self, number: _Number, line: str, lower: str) -> bool:
        """Tell whether a label makes it a telephone number of any other form: a local or a foreign one."""
        digits = number.digits
        plus = line[: number.start].endswith(("+", "+("))
        if not 7 <= len(digits) <= 15 or not digits.isdecimal() or _SERVICE.match(digits.removeprefix("86")):
            return False
        if _is_date(number) or self._is_counted(number, line, lower):
            return False
        label = self._labels.before(lower, number.start)
        return label is not None and label.sense is Sense.PHONE and (label.is_beside or plus)

    def _says(self, number: _Number, lower: str, sense: Sense) -> bool:
        before = self._labels.before(lower, number.start)
        if before is not None and (before.is_beside or before.sense is sense):
            return before.sense is sense
        behind = self._labels.behind(lower, number.end)
        return behind is not None and behind.sense is sense

    def _is_counted(self, number: _Number, line: str, lower: str) -> bool:
        """Tell whether it is an order's number, an amount of money, or a quantity."""
        if line[: number.start].endswith("@") or _CODE_LEAD.search(line, 0, number.start):
            return True
        if line[: number.start].endswith("#") and not self._is_commented(number, line, lower):
            return True
        if self._is_of_other(lower, number.start) or self._labels.is_number_of(lower, number.end):
            return True
        return self._labels.is_counted(lower, number.start, number.end)

    def _is_commented(self, number: _Number, line: str, lower: str) -> bool:
        """Tell whether the `#` before a number begins a comment or a telephone; else it counts orders."""
        label = self._labels.before(lower, number.start)
        is_phone = label is not None and label.sense is Sense.PHONE and label.is_beside
        return is_phone or _SEALED_BEFORE.search(line, 0, number.start) is not None

    def find_documents(self, line: str, lower: str) -> Iterator[Found]:
        """Yield the numbers of passports and permits, which only a word nearby tells from others."""
        if not self._labels.has(lower, Sense.PASSPORT, Sense.PERMIT):
            return
        for document in _DOCUMENT.finditer(line):
            sign = re.sub(r"[ \-]", "", document[0]).upper()
            label = self._labels.before(lower, document.start()) or self._labels.behind(lower, document.end())
            if label and _is_document(sign, label):
                yield Found(SecretKind.TRAVEL_DOCUMENT, document.start(), document.end(), sign)


_DOCUMENT = pattern(
    r"(?<![0-9A-Za-z_])(?:[A-Za-z]{1,2}[ \-]?)?[0-9]{3,10}(?:[ \-][0-9]{2,5}){0,2}(?![0-9A-Za-z_])"
)
_PASSPORT = pattern(r"[A-Z]{1,2}[0-9]{6,9}\Z|[0-9]{8,9}\Z")
_PERMIT = pattern(r"[A-Z]{1,2}[0-9]{7,10}\Z|[0-9]{8}\Z|[0-9]{10}\Z")


def _is_document(sign: str, label: Label) -> bool:
    form = {Sense.PASSPORT: _PASSPORT, Sense.PERMIT: _PERMIT}.get(label.sense)
    if form is None or not form.match(sign) or is_day(sign):
        return False
    return label.is_beside or not sign.isdecimal()


def _runs(line: str) -> Iterator[_Run]:
    for found in _RUN.finditer(line):
        groups = tuple(_GROUP.finditer(line, found.start(), found.end()))
        if sum(group.end() - group.start() for group in groups) < 7:
            continue
        parts, length = [True], 0
        for before, after in pairwise(groups):
            length += len(before[0])
            gap = line[before.end() : after.start()]
            # With a dash: an extension behind a whole number.
            is_extension = gap == "-" and length >= 10 and len(after[0]) <= 4
            parts.append(after[0] not in "Xx" and (is_extension or any(sign in gap for sign in " ()")))
            length = 0 if parts[-1] else length
        yield _Run(groups, tuple(parts))


def _joined(run: _Run, first: int, end: int) -> _Number:
    groups = run.groups[first:end]
    digits = "".join(group[0] for group in groups).upper()
    sizes = tuple(len(group[0]) for group in groups)
    return _Number(digits, sizes, groups[0].start(), groups[-1].end(), len(groups) == len(run.groups))


def _found(kind: SecretKind, number: _Number, line: str) -> Found:
    """Return what is found, with the `+` and the bracket that belong to it, and without China's code."""
    start, end, sign = number.start, number.end, number.digits
    while start > 0 and (
        line[start - 1] == "+" or (line[start - 1] == "(" and ")" in line[start : number.end])
    ):
        start -= 1
    if kind is SecretKind.PHONE:
        extension = _EXTENSION.match(line, end)
        end = extension.end() if extension else end
        sign = sign.removeprefix("00").removeprefix("86") if len(sign) >= 12 else sign
    return Found(kind, start, end, sign)


def _country_code(number: _Number, line: str) -> int:
    """Return how many digits of the number are China's country code."""
    lead = 4 if number.digits.startswith("0086") else 2 if number.digits.startswith("86") else 0
    has_plus = line[max(0, number.start - 2) : number.start].strip("( ") == "+"
    # Without a plus or zeros, `86` has to stand by itself.
    return lead if lead == 4 or has_plus or number.groups[0] == lead else 0


def _without(groups: tuple[int, ...], lead: int) -> tuple[int, ...]:
    return groups[1:] if groups[0] == lead else (groups[0] - lead, *groups[1:])


def _is_mobile(number: _Number, line: str) -> bool:
    digits, groups = number.digits, number.groups
    lead = _country_code(number, line)
    if len(digits) - lead != 11 or digits[lead] != "1" or digits[lead + 1] not in "3456789":
        # `8613800138000` in one run needs no plus: nothing else has this form.
        if len(digits) != 13 or not digits.startswith("861") or digits[3] not in "3456789" or len(groups) > 1:
            return False
        lead = 2
    rest = _without(groups, lead) if lead else groups
    return rest in _MOBILE_GROUPS or (number.is_alone and rest in _ODD_MOBILE_GROUPS)


def _is_area_and_number(digits: str, size: int) -> bool:
    area, rest = digits[:size], digits[size:]
    has_length = len(rest) == 8 or (len(rest) == 7 and size == 4)
    return bool(has_length and rest[0] in "23456789" and _AREA.match(area))


def _is_date(number: _Number) -> bool:
    if number.groups[:3] in ((4, 2, 2), (4, 1, 2), (4, 2, 1), (4, 1, 1)) and number.digits[:2] in (
        "19",
        "20",
    ):
        return True
    return is_day(number.digits[:8]) and (len(number.digits) in (8, 12, 14) or number.groups[0] == 8)


# --- account numbers and codes with letters ----------------------------------------------------------------

_IBAN_START = pattern(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?=[ \-]?[0-9A-Za-z]{4})")
_CREDIT_CODE = pattern(r"(?<![0-9A-Za-z])[0-9A-Z]{2}[ \-]?[0-9](?:[ \-]?[0-9A-Z]){15}(?![0-9A-Za-z])")


def find_ibans(line: str) -> Iterator[Found]:
    """Yield account numbers of the form that Europe and others use: no other text passes mod 97 by chance."""
    for lead in _IBAN_START.finditer(line):
        length = iban_length(lead[0][:2].upper())
        if length is None:
            continue
        at, signs = lead.start(), ""
        while at < len(line) and len(signs) < length:
            if line[at].isascii() and line[at].isalnum():
                signs += line[at].upper()
            elif line[at] not in " -" or line[at - 1] in " -":
                break
            at += 1
        is_whole = not (line[at : at + 1].isascii() and line[at : at + 1].isalnum())
        if len(signs) == length and is_whole and is_iban(signs):
            yield Found(SecretKind.IBAN, lead.start(), at, signs)


def find_credit_codes(line: str) -> Iterator[Found]:
    """Yield unified credit codes of Chinese organisations."""
    for found in _CREDIT_CODE.finditer(line):
        code = re.sub(r"[ \-]", "", found[0])
        if is_credit_code(code) and not is_id_number(code):
            yield Found(SecretKind.CREDIT_CODE, found.start(), found.end(), code)
