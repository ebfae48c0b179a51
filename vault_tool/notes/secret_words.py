"""Secrets that are words: passwords, access tokens, mail addresses. Reads one line, in half width."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vault_tool.notes.checksums import is_day
from vault_tool.notes.labels import is_whole
from vault_tool.notes.secret_kinds import Found, SecretKind
from vault_tool.patterns import pattern
from vault_tool.schema import Schema

_STRONG = r"[ \t]*(?:\([^()\n]{0,12}\))?[ \t*_`]*(?:[:=|]|[-=]>|→)[ \t]*"
# `password for the portal: ...`
_FEW_WORDS = r"(?:[ \t]+[a-z]+){1,4}"
_BLANK = pattern(r"[ \t]+|(?=[0-9A-Za-z!@#$%^&*?_~+-])")
_VALUE = pattern(r"[!-~]+")
_OPENING = pattern(r"(?:\*\*|__|[\"'`“”‘’])+")
_CLOSING = ".,;:()]}>\"'`|"
_WORD = pattern(r"[A-Za-z]+[.,;:!?]*\Z")
_PLACEHOLDER = pattern(
    r"[*xX#.?_•\-]+\Z|\{\{|\[\[|\$[{(]|\$[A-Z_]+\Z|%[A-Z_]+%\Z|<|\(|\{[A-Za-z]+|sealed-|https?://|www\.|/|~/|\.\.?/|\|+\Z"
)
_NOT_ONE = pattern(
    r"(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}\Z"  # a day
    r"|\d{1,2}:\d\d(?::\d\d)?\Z"  # a time
    r"|[vV]?\d+(?:\.\d+)+\Z"  # a version or an amount
    r"|(?:19|20)\d\d(?:-\d{2,4})?\Z"  # a year
    r"|\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z"  # an amount
    r"|[+-]?\d+%\Z",
    re.ASCII,
)


class Passwords:
    """Finds passwords behind the words that announce them."""

    def __init__(self, schema: Schema) -> None:
        words = sorted(map(str.lower, schema.phrases("password")), key=len, reverse=True)
        self._labels = re.compile("|".join(map(re.escape, words)) or r"(?!)")
        says = sorted(map(str.lower, schema.phrases("password-is")), key=len, reverse=True)
        verb = "|".join(map(re.escape, says)) or r"(?!)"
        self._strong = re.compile(rf"(?:[ \t]*(?:{verb}))?{_STRONG}")
        self._says = re.compile(rf"[ \t]*(?:{verb})[ \t]*")
        self._says_later = re.compile(rf"{_FEW_WORDS}(?:{_STRONG}|[ \t]+(?:{verb})[ \t]+)")
        self._none = frozenset(map(str.lower, schema.phrases("no-password")))
        units = sorted({*schema.phrases("count-word"), *schema.phrases("amount-unit")}, key=len, reverse=True)
        self._units = re.compile("[ \t]?(?:" + "|".join(re.escape(unit.lower()) for unit in units) + ")")

    def find(self, line: str, lower: str) -> Iterator[Found]:
        """Yield the passwords of a line."""
        end = 0
        for label in self._labels.finditer(lower):
            if label.start() < end or not is_whole(lower, *label.span()) or _is_in_code(lower, label):
                continue
            if found := self._behind(line, lower, label):
                end = found.end
                yield found

    def _behind(self, line: str, lower: str, label: re.Match[str]) -> Found | None:
        typed, is_latin = label[0], label[0].isascii()
        said: re.Match[str] | None
        if strong := self._strong.match(lower, label.end()):
            at, is_strong = strong.end(), True
        else:
            said = self._says_later.match(lower, label.end()) if is_latin else None
            said = said or self._says.match(lower, label.end()) or _BLANK.match(lower, label.end())
            # `pin 1234` may be a place on a map; `PIN 1234` is none.
            if not said or (is_latin and len(typed) <= 3 and line[label.start() : label.end()] == typed):
                return None
            at, is_strong = said.end(), False
        opening = _OPENING.match(line, at)
        at = opening.end() if opening else at
        value = _VALUE.match(line, at)
        if value is None:
            return None
        closing = _CLOSING + "*_" if opening and opening[0][0] in "*_" else _CLOSING
        text = value[0].rstrip(closing)
        is_one = self._is_named(text, line, at) if is_strong else self._is_told(text)
        if not is_one or len(text) < 4 or self._units_follow(text, lower, at):
            return None
        return Found(SecretKind.PASSWORD, at, at + len(text), text)

    def _is_named(self, text: str, line: str, at: int) -> bool:
        """Tell whether what stands behind a colon is a password: anything that isn't a word of a sentence."""
        if _PLACEHOLDER.match(text) or _NOT_ONE.match(text) or _EMAIL.fullmatch(text):
            return False
        if not text.isalpha():
            return True
        rest = line[at + len(text) :].lstrip(" \t")
        return text.lower() not in self._none and not (rest[:1].isascii() and rest[:1].isalpha())

    def _is_told(self, text: str) -> bool:
        """Tell whether what stands behind a verb or a blank is a password: it has a digit, and is no day."""
        if _PLACEHOLDER.match(text) or _NOT_ONE.match(text) or _EMAIL.fullmatch(text) or is_day(text):
            return False
        return any(map(str.isdecimal, text))

    def _units_follow(self, text: str, lower: str, at: int) -> bool:
        return text[-1:].isdecimal() and self._units.match(lower, at + len(text)) is not None


def _is_in_code(lower: str, label: re.Match[str]) -> bool:
    """Tell whether digits stand at a Latin label's side: it is a part of some code."""
    before, after = lower[label.start() - 1 : label.start()], lower[label.end() : label.end() + 1]
    return (label[0][0].isascii() and before.isdecimal()) or (label[0][-1].isascii() and after.isdecimal())


# --- access tokens -----------------------------------------------------------------------------------------

_TOKENS = pattern(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # Amazon
    r"|gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{22,}"
    r"|gl(?:pat|dt|rt)-[0-9A-Za-z_-]{20,}"
    r"|xox[abeoprs]-[0-9A-Za-z-]{10,}"  # Slack
    r"|sk-(?:[a-z]+-){0,3}[0-9A-Za-z_-]{20,}"  # OpenAI, Anthropic, DeepSeek
    r"|(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}"  # Stripe
    r"|AIza[0-9A-Za-z_-]{35}"  # Google
    r"|LTAI[0-9A-Za-z]{12,26}"  # Aliyun
    r"|AKID[0-9A-Za-z]{13,40}"  # Tencent Cloud
    r"|npm_[0-9A-Za-z]{36}|hf_[0-9A-Za-z]{30,}|pypi-[0-9A-Za-z_-]{50,}"
    r"|AGE-SECRET-KEY-1[0-9A-Za-z]{58}"
    r"|eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}"  # a JSON Web Token
    r")(?![0-9A-Za-z])"
)
_ASSIGNED = pattern(
    r"(?:secret|token|api[_-]?key|access[_-]?key|webhook/send\?key|[_-]key)(?:[_-]?(?:id|key))?"
    r"[\"']?[ \t]*[:=][ \t]*[\"']?"
    r"(?P<value>[0-9A-Za-z_+/=.-]{16,})",
    re.IGNORECASE,
)
_EMAIL = pattern(
    r"(?<![0-9A-Za-z._%+@-])[0-9A-Za-z_%+-]+(?:\.[0-9A-Za-z_%+-]+)*@"
    r"(?:[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?\.)+(?P<end>[A-Za-z]{2,24})(?![0-9A-Za-z@]|[-_][0-9A-Za-z]|:[0-9A-Za-z])"
)
_FILE_ENDS = frozenset(["png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "pdf", "css", "js"])


def find_tokens(line: str) -> Iterator[Found]:
    """Yield what programs log in with, known by its provider's form or by the name it is assigned to."""
    for found in _TOKENS.finditer(line):
        # `sk-` begins many a word that is none.
        if not found[0].startswith("sk-") or any(map(str.isdecimal, found[0])):
            yield Found(SecretKind.ACCESS_TOKEN, *found.span(), found[0])
    for found in _ASSIGNED.finditer(line):
        value = found["value"]
        # A sentence, a path or a name of a variable has no digits among its letters.
        is_mixed = sum(map(str.isdecimal, value)) >= 3 and sum(map(str.isalpha, value)) >= 3
        if is_mixed and not value.startswith("sealed-"):
            yield Found(SecretKind.ACCESS_TOKEN, *found.span("value"), value)


def find_emails(line: str, role_mailboxes: frozenset[str]) -> Iterator[Found]:
    """Yield the mail addresses of persons; those of an office are nobody's secret."""
    for found in _EMAIL.finditer(line):
        name = found[0].partition("@")[0].lower()
        if name not in role_mailboxes and found["end"].lower() not in _FILE_ENDS:
            yield Found(SecretKind.EMAIL, *found.span(), found[0])
