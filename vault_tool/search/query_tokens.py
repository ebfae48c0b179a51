"""The pieces of a query and where they stand. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from vault_tool.named import NamedTuple
from vault_tool.patterns import pattern


class Part(NamedTuple):
    """One of the values behind a filter's colon, as typed, and where it begins."""

    text: str
    at: int
    is_quoted: bool = False


class Token(NamedTuple):
    """A piece of a query: word, phrase, filter, open, close, or, not; `unclosed` is a quote without an end.

    Of a filter, `key` stands before the colon, and `parts` behind it.
    """

    kind: str
    text: str
    at: int
    key: str = ""
    parts: tuple[Part, ...] = ()


_QUOTES = {'"': '"', "“": "”", "”": "”", "「": "」", "＂": "＂"}
_OPEN, _CLOSE, _NOT = "(（", ")）", "-－"
_WORD = pattern(r"[^\s()（）\"“”「」＂]+")
_KEY = pattern(r"([^\s:：<>=\"“”「」＂()（）]+)[:：](?!//)")
_VALUE = pattern(r"[^\s()（）\"“”「」＂,，]*")
_COMPARES = "<>=≤≥＜＞＝"


def tokens(text: str) -> Iterator[Token]:
    """Yield the pieces of a query."""
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in _OPEN or char in _CLOSE:
            yield Token("open" if char in _OPEN else "close", char, at)
            at += 1
        elif char in _NOT and at + 1 < len(text) and not text[at + 1].isspace():
            yield Token("not", char, at)
            at += 1
        elif char in _QUOTES:
            phrase, end = _quoted(text, at)
            yield Token("phrase", phrase, at) if end else Token("unclosed", char, at)
            at = end or len(text)
        else:
            token, at = _filter(text, at) or _word(text, at)
            # Words are joined by it anyway; who comes from elsewhere writes it.
            if token.kind != "word" or unicodedata.normalize("NFKC", token.text) != "AND":
                yield token


def _quoted(text: str, at: int) -> tuple[str, int]:
    """Return what stands between quotes, and where that ends: 0 when it never does."""
    end = text.find(_QUOTES[text[at]], at + 1)
    return text[at + 1 : end], end + 1


def _word(text: str, at: int) -> tuple[Token, int]:
    found = _WORD.match(text, at)
    if found is None:  # a character that only closes a quote
        return Token("word", text[at], at), at + 1
    is_or = unicodedata.normalize("NFKC", found[0]) == "OR"
    return Token("or" if is_or else "word", found[0], at), found.end()


def _filter(text: str, at: int) -> tuple[Token, int] | None:
    found = _KEY.match(text, at)
    # A clock (`10:20`) is a word to look for, no field.
    if found is None or found[1].isdecimal():
        return None
    parts: list[Part] = []
    end = found.end()
    while True:
        value = _VALUE.match(text, end)
        assert value is not None  # the pattern matches the empty text
        start, end, said, is_quoted = end, value.end(), value[0], False
        if end < len(text) and text[end] in _QUOTES and not said.strip(_COMPARES):
            quoted, after = _quoted(text, end)
            if not after:
                return Token("unclosed", text[end], end), len(text)
            start = start if said else end + 1
            said, end, is_quoted = said + quoted, after, True
        if said:
            parts.append(Part(said, start, is_quoted))
        if end >= len(text) or text[end] not in ",，":
            return Token("filter", text[at:end], at, found[1], tuple(parts)), end
        end += 1


def with_thousands(parts: Iterable[Part]) -> Iterator[Part]:
    """Put numbers together again that were parted at their thousands: `>80` and `000`."""
    whole: Part | None = None
    for part in parts:
        if whole is None:
            whole = part
        elif (
            not whole.is_quoted
            and not part.is_quoted
            and part.at == whole.at + len(whole.text) + 1
            and re.search(r"(?<![\d,])(?<!\d\.)\d{1,3}(,\d{3})*\Z", whole.text)
            and re.match(r"\d{3}(?!\d)", part.text)
        ):
            whole = whole._replace(text=f"{whole.text},{part.text}")
        else:
            yield whole
            whole = part
    if whole is not None:
        yield whole
