"""Finds secrets in a text, wherever it comes from: a note, a commit message, a file that is about to be sent.

What is found stands in plain. Sealed references, and words that are marked to be sealed, are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from operator import itemgetter

from vault_tool.named import NamedTuple
from vault_tool.notes.labels import Labels
from vault_tool.notes.sealing_marks import SEALED_REFERENCE, sealing_spans
from vault_tool.notes.secret_kinds import Found, SecretKind, masked
from vault_tool.notes.secret_numbers import Numbers, find_credit_codes, find_ibans
from vault_tool.notes.secret_words import Passwords, find_emails, find_tokens
from vault_tool.notes.text import Span, line_end
from vault_tool.patterns import pattern
from vault_tool.schema import Schema

__all__ = ["MASK", "Secret", "SecretKind", "find_secrets", "folded", "mask_secrets"]


MASK = "•"


class Secret(NamedTuple):
    """A secret that stands in a text.

    `masked` is what may be shown of it; `sign` is the secret itself, in half width and without the blanks and
    dashes of a number, to be kept nowhere.
    """

    kind: SecretKind
    span: Span
    masked: str
    sign: str


# What a line with a secret has, and most have not: three digits and four, which no day, time or price has
# side by side; digits in pairs; a digit within a word of 18 signs and more, as in a token.
# U+FFFF stands in no text; with it the engine looks signs up in a table, in less time than in two ranges.
_DIGIT, _GAP = "[0-9０-９\uffff]", "[ \\-.·)）－．\u2002\u2003\u2009\u202f\u2010-\u2015\u2212\u00a0\u3000]"
_WORD = "[0-9A-Za-z_-]"
# Compiled at once, not when first used: a sync loads this while git starts.
_HINT = re.compile(
    rf"{_DIGIT}(?:{_DIGIT}{{2}}{_GAP}{{0,2}}{_DIGIT}{{4}}"
    rf"|(?P<token>(?<=[A-Za-z_].)(?:(?<={_WORD}{{9}}.)|(?={_WORD}{{9}})))"
    rf"|[ \u3000](?:{_DIGIT}{{1,2}}[ \u3000]){{2}}{_DIGIT})"
)
_LONG_WORD = pattern("[0-9A-Za-z_-]{16}")
_ALONE = "(?<![0-9A-Za-z].)"
_AROUND_AT = {
    "@": pattern("(?<=[0-9A-Za-z_])@[0-9A-Za-z]"),
    "＠": pattern("(?<=[０-９Ａ-Ｚａ-ｚ])＠[０-９Ａ-Ｚａ-ｚ]"),
}
_ABROAD = pattern("[+＋][(（]?[0-9０-９]")
# Tokens that may have no digit at all begin with `AKI`, `AIza`, `LTAI` or `glpat-`. From a capital that is
# rare, three of them are sought in a quarter of the time.
_TOKEN_START = pattern("A(?:KI|Iza|I(?<=LTAI))")
_GITLAB = "glpat-"
_KEY_BLOCK = pattern(
    r"-----BEGIN (?P<of>[A-Z0-9 ]*)PRIVATE KEY(?P<more>[A-Z ]*)-----.*?"
    r"(?:-----END (?P=of)PRIVATE KEY(?P=more)-----|\Z)",
    re.DOTALL,
)
# Not the commas and full stops: nobody types one of those within a number or a password.
_SIGNS = "：＝（）＠．－＿＋｜／＃＞＜"
_HALF_WIDTH: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code).isalnum() or chr(code) in _SIGNS},
    **dict.fromkeys((0x3000, 0x00A0, 0x2002, 0x2003, 0x2009, 0x202F), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE63), "-"),
}


def folded(text: str) -> str:
    """Return a text with letters, digits and some signs in half width, every character at its place."""
    return text.translate(_HALF_WIDTH)


def find_secrets(
    text: str, schema: Schema, is_known: Callable[[Span, set[str]], bool] | None = None
) -> Iterator[Secret]:
    """Yield the secrets of a text in order; none of them overlaps another.

    The words that tell a telephone from an order's number are the schema's. A text that holds nothing to
    look at, as most do, costs some searches for characters; so does a line of which the caller says, by its
    span and what sorts of secrets it may hold, that what it holds is known.
    """
    seeker = _seeker(schema)
    lines = seeker.lines(text)
    if is_known:
        lines = {line: sorts for line, sorts in lines.items() if not is_known(line, sorts)}
    if not lines and "PRIVATE KEY" not in text:
        return
    kept = _kept(text)
    end = 0
    for kind, span, sign in sorted(seeker.found(text, lines), key=itemgetter(1)):
        if span.start >= end and not any(span.start < other.end and other.start < span.end for other in kept):
            end = span.end
            yield Secret(kind, span, masked(kind, sign), sign)


def mask_secrets(text: str, schema: Schema) -> str:
    """Return a text with a dot for every character of its secrets but line breaks."""
    pieces: list[str] = []
    at = 0
    for secret in find_secrets(text, schema):
        hidden = "".join(sign if sign in "\r\n" else MASK for sign in secret.span.of(text))
        pieces += (text[at : secret.span.start], hidden)
        at = secret.span.end
    return "".join([*pieces, text[at:]])


def _kept(text: str) -> list[Span]:
    """Return what is sealed, or marked to be."""
    spans = sealing_spans(text)
    if "sealed-" in text:
        spans += (Span(*found.span()) for found in SEALED_REFERENCE.finditer(text))
    return spans


class _Seeker:
    """What finds secrets by the words of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._role_mailboxes = frozenset(map(str.lower, schema.phrases("role-mailbox")))
        self._passwords: Passwords | None = None
        self._numbers: Numbers | None = None

    @cached_property
    def _password(self) -> re.Pattern[str]:
        """The phrases that announce a password, wherever they stand alone."""
        # By their first letters as they stand: the engine passes over most of a text at once.
        heads: dict[str, list[str]] = {}
        for phrase in self.schema.phrases("password"):
            rest = f"(?i:{re.escape(phrase[1:])}){'(?![A-Za-z])' if phrase[-1].isascii() else ''}"
            for first in sorted({phrase[0].lower(), phrase[0].upper()}):
                heads.setdefault(first, []).append(rest)
        branches = (
            f"{re.escape(first)}{_ALONE if first.isascii() else ''}(?:{'|'.join(rests)})"
            for first, rests in heads.items()
        )
        return re.compile("|".join(branches) or r"(?!)")

    def lines(self, text: str) -> dict[Span, set[str]]:
        """Return the lines that may hold a secret, and which sorts of it."""
        hints = [(hint.start(), hint.lastgroup or "number") for hint in _HINT.finditer(text)]
        for sign, around in _AROUND_AT.items():
            at = text.find(sign)
            while at >= 0:
                if around.match(text, at):
                    hints.append((at, "email"))
                at = text.find(sign, at + 1)
        if "+" in text or "＋" in text:
            hints += ((hint.start(), "number") for hint in _ABROAD.finditer(text))
        hints += ((hint.start(), "token") for hint in _TOKEN_START.finditer(text))
        if _GITLAB in text:
            hints += ((hint.start(), "token") for hint in re.finditer(_GITLAB, text))
        hints += ((hint.start(), "password") for hint in self._password.finditer(text))
        lines: dict[Span, set[str]] = {}
        line = Span(0, -1)
        for offset, sort in sorted(hints):
            if offset >= line.end:
                line = _line_of(text, offset)
            lines.setdefault(line, set()).add(sort)
        return lines

    def found(self, text: str, lines: dict[Span, set[str]]) -> Iterator[tuple[SecretKind, Span, str]]:
        """Yield what is found in these lines, of what overlaps the surest only."""
        for block in _KEY_BLOCK.finditer(text) if "PRIVATE KEY" in text else ():
            yield SecretKind.ACCESS_TOKEN, Span(*block.span()), "-----"
        for span, sorts in lines.items():
            line = folded(span.of(text))
            lower = line.lower()
            if len(lower) != len(line):
                lower = line
            taken: list[Found] = []
            for one in self._in_line(line, lower, sorts):
                if not any(one.start < other.end and other.start < one.end for other in taken):
                    taken.append(one)
                    yield one.kind, Span(one.start, one.end).moved_by(span.start), one.sign

    def _in_line(self, line: str, lower: str, sorts: set[str]) -> Iterator[Found]:
        """Yield what a line holds, the surest first."""
        if self._passwords is None or self._numbers is None:
            self._passwords, self._numbers = Passwords(self.schema), Numbers(Labels(self.schema))
        # A number's hint takes the place of a token's that overlaps it.
        if ("token" in sorts or "number" in sorts) and _LONG_WORD.search(line):
            yield from find_tokens(line)
        if "password" in sorts:
            yield from self._passwords.find(line, lower)
        if "email" in sorts:
            yield from find_emails(line, self._role_mailboxes)
        if "number" in sorts:
            yield from find_ibans(line)
            yield from find_credit_codes(line)
            words = lower.replace("_", " ")
            yield from self._numbers.find(line, words)
            yield from self._numbers.find_documents(line, words)


def _line_of(text: str, offset: int) -> Span:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return Span(start, line_end(text, offset))


_last: _Seeker | None = None


def _seeker(schema: Schema) -> _Seeker:
    """Return the seeker of a schema; that of the last one is kept."""
    global _last
    if _last is None or _last.schema is not schema:
        _last = _Seeker(schema)
    return _last
