"""Whether a note may hold something to seal, told from its text alone: most notes need no closer look.

A `no` is sure: `unsealed` would find nothing (a property test says so). A `yes` may be wrong, and costs time.
"""

from __future__ import annotations

import re
from functools import lru_cache

from vault_tool.merge.callout import MARK
from vault_tool.notes.sealing_marks import BASE32
from vault_tool.patterns import pattern
from vault_tool.schema import TOOL_PREFIX, Schema, joined
from vault_tool.sealing.comment import may_be_misplaced

_CONFLICTS = f"{TOOL_PREFIX}conflicts"
_LONGEST_KEY = 40
# The first of several. With a third sign, which stands in no text, the engine looks colons up in a table.
_COLON = r"[:：\uffff](?<![:：]{2})"
# In two of these signs neither width nor accents can be in question.
_CLEAR = r"[0-9A-Za-z\u4e00-\u9fff]"
_CLOSING = re.compile(r"[\r\n]---[ \t]*(?=[\r\n]|\Z)")
_REFERENCES = pattern(
    rf"[:：]?[ \t]*[\"'\[]?sealed-[{BASE32}]{{8}}(?:[,、 \t]+sealed-[{BASE32}]{{8}})*[\"'\]]?[ \t]*"
)
_MARK = pattern(r"(?:\{\{|｛｛)\s*(?:seal|封存)", re.IGNORECASE)
# An anchor, a key with an escape, a key of more than a line: only YAML itself knows what they say.
_ODD = pattern(r"\s*\?|[^#]*:\s*[&*!]")
_BREAK = re.compile(r"[\r\n\x85\u2028\u2029]+")
_OTHER_BREAKS = "\r\x85\u2028\u2029"
_MOST_KEYS = 1024


class Glance:
    """Looks at texts of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        field = schema.field("type")
        type_keys = frozenset(joined(key) for key in field.spellings) if field else frozenset()
        # The keys of one note are those of the next one.
        self._is_type_key = lru_cache(maxsize=_MOST_KEYS)(lambda key: joined(key) in type_keys)

    def may_stand_in_plain(self, text: str) -> bool:
        """Tell whether something in a note may have to be sealed, or stands behind the comment at its end."""
        if may_be_misplaced(text) or _CONFLICTS in text or MARK in text:
            return True
        # One sign is found in a tenth of the time that two take.
        if ("{" in text or "｛" in text) and _MARK.search(text):
            return True
        head = _head(text)
        if head is None:
            return True
        lines = _lines(text[:head])
        if any(sign in text[:head] for sign in "\\?&*!") and any(map(_is_odd, lines)):
            return True
        keys, colons = self._keys(self._type_of(lines))
        return any(_stands_in_plain(text, colon.start(), keys, head) for colon in colons.finditer(text))

    def _type_of(self, head: list[str]) -> str | None:
        """Return the customer's type where exactly one plain line tells it."""
        told = [line for line in head if self._is_type_key(line.replace("：", ":").partition(":")[0])]
        if len(told) != 1 or told[0][0] in " \t\"'":
            return None
        word = self._schema.word("type", told[0].partition(":")[2].strip(" \t"))
        return word.name if word else None

    @lru_cache(maxsize=32)  # noqa: B019 - one object per schema, and few types
    def _keys(self, customer_type: str | None) -> tuple[tuple[str, ...], re.Pattern[str]]:
        """Return what a sealed key may end with, and what finds the colons that may stand behind one."""
        # What is spelt like a sealed field of any depth is judged by that field: see `SealedFields.of`.
        found = {
            joined(spelling)
            for field in self._schema.sealed_fields()
            if customer_type is None or field.sealed_group(customer_type)
            for spelling in field.spellings
        }
        return tuple(found), _colons_behind({key[-2:] for key in found})


def _colons_behind(ends: set[str]) -> re.Pattern[str]:
    """Return what finds each colon but those, nearly all, behind two clear signs that are none of these."""
    if any(len(end) < 2 for end in ends):
        return re.compile(_COLON)
    behind = "|".join(map(re.escape, sorted(ends)))
    return re.compile(rf"{_COLON}(?:(?<!{_CLEAR}{{2}}[:：])|(?<=(?i:{behind or '(?!)..'})[:：]))")


def _lines(head: str) -> list[str]:
    """Return the lines of front matter; of blank ones perhaps fewer."""
    if any(sign in head for sign in _OTHER_BREAKS):
        return _BREAK.split(head)
    return head.split("\n")


def _is_odd(line: str) -> bool:
    if "\\" in line:
        return True
    return ("?" in line or "&" in line or "*" in line or "!" in line) and bool(_ODD.match(line))


def _head(text: str) -> int | None:
    """Return where the front matter ends; 0 where there is none, None where that is unclear."""
    if not text.startswith(("---", "\ufeff---")):
        return 0
    closing = _CLOSING.search(text, 4)
    return closing.start() if closing else None


def _stands_in_plain(text: str, at: int, keys: tuple[str, ...], head: int) -> bool:
    if not joined(text[max(at - _LONGEST_KEY, 0) : at]).endswith(keys):
        return False
    found = _BREAK.search(text, at)
    end = found.start() if found else len(text)
    value = text[at + 1 : end]
    if value.strip(":： \t"):
        return not _REFERENCES.fullmatch(value)
    # What belongs to the key may stand below it.
    return at < head and text[end : end + 3].strip("\r\n")[:1] in tuple(" \t-\u3000")
