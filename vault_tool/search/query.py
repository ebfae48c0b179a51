"""Query text to a tree: one language for `search`, `list` and saved queries. Pure.

报价 预算            both            "企业版 方案"     a phrase          预算*   begins with
报价 OR 折扣         either          -测试             without           企也版~  nearly
( .. )              a group         stage:proposal    阶段:方案报价      date:2026-01..2026-03
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from vault_tool.notes.values import parse_amount
from vault_tool.schema import Field, FieldType, Schema
from vault_tool.search.days import Days, read_days, read_length
from vault_tool.search.query_errors import (
    BadDays,
    BadNumber,
    MisspeltFilter,
    NothingThere,
    QueryError,
    StrayBracket,
    TooDeep,
    UnclosedBracket,
    UnclosedQuote,
    UnknownFilter,
    UnknownPerson,
    UnknownSaved,
    UnknownValue,
)
from vault_tool.search.tree import And, Between, Equal, Not, Or, Present, Query, Term, Within

# Parts of an entry's heading; every other name is a field.
ENTRY_FILTERS = frozenset({"date", "channel", "kind", "author"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a query needs to know: words, the day, who asks, people by any spelling, saved queries."""

    schema: Schema
    today: date
    me: Callable[[], str | None]
    person: Callable[[str], str | None]
    saved: Callable[[str], str | None]


class Token(NamedTuple):
    """A piece of a query and where it stands; `key` is what stands before a filter's colon."""

    kind: str  # word, phrase, filter, open, close, or, not
    text: str
    at: int
    key: str = ""


MAX_DEPTH = 50
_QUOTES = {'"': '"', "“": "”", "”": "”", "「": "」", "＂": "＂"}
_OPEN, _CLOSE = "(（", ")）"
_PART = re.compile(r"[^\s()（）\"“”「」＂]+")
_FILTER = re.compile(r"([^\s:：<>=\"“”]+)[:：](?!//)(.*)\Z", re.DOTALL)
_COMPARISON = re.compile(r"(>=|<=|>|<|=|≥|≤|＞|＜|＝)?(.*)\Z", re.DOTALL)
_SAME = {"≥": ">=", "≤": "<=", "＞": ">", "＜": "<", "＝": "=", None: "="}


def parse_query(text: str, reading: Reading) -> Query:
    """Read a query; an empty one matches everything. Raises `QueryError`, which points at the character."""
    return _Parser(text, reading, ()).parse()


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in _OPEN or char in _CLOSE:
            yield Token("open" if char in _OPEN else "close", char, at)
            at += 1
        elif char in "-－" and at + 1 < len(text) and not text[at + 1].isspace():
            yield Token("not", char, at)
            at += 1
        elif char in _QUOTES:
            phrase, end = _quoted(text, at)
            yield Token("phrase", phrase, at)
            at = end
        else:
            token, at = _word(text, at)
            yield token


def _quoted(text: str, at: int) -> tuple[str, int]:
    end = text.find(_QUOTES[text[at]], at + 1)
    if end < 0:
        raise UnclosedQuote(position=at + 1, near=text[at : at + 20])
    return text[at + 1 : end], end + 1


def _word(text: str, at: int) -> tuple[Token, int]:
    found = _PART.match(text, at)
    if found is None:  # a character that only closes a quote
        return Token("word", text[at], at), at + 1
    word, end = found[0], found.end()
    if word == "OR":
        return Token("or", word, at), end
    split = _FILTER.match(word)
    if split is None or not _may_be_key(split[1]):
        return Token("word", word, at), end
    value = split[2]
    if not value.strip("><=") and end < len(text) and text[end] in _QUOTES:
        quoted, end = _quoted(text, end)
        value += quoted
    return Token("filter", value, at, split[1]), end


def _may_be_key(text: str) -> bool:
    """A clock (`10:20`) is a word to look for, not a field."""
    return not text.isdecimal()


class _Parser:
    """Recursive descent over the tokens; `or` binds looser than standing side by side."""

    def __init__(self, text: str, reading: Reading, saved: tuple[str, ...]) -> None:
        self._text = text
        self._reading = reading
        self._saved = saved
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def parse(self) -> Query:
        if not self._tokens:
            return And(())
        query = self._any()
        if self._next < len(self._tokens):
            raise self._error(StrayBracket, self._tokens[self._next])
        return query

    def _error(self, kind: type[QueryError], token: Token | None, **values: object) -> QueryError:
        at = token.at if token else len(self._text)
        return kind(position=at + 1, near=self._text[at : at + 20], **values)

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _any(self) -> Query:
        nodes = [self._all()]
        while (token := self._peek()) and token.kind == "or":
            self._next += 1
            nodes.append(self._all())
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _all(self) -> Query:
        nodes: list[Query] = []
        while (token := self._peek()) and token.kind not in ("or", "close"):
            nodes.append(self._one())
        if not nodes:
            raise self._error(NothingThere, token)
        return nodes[0] if len(nodes) == 1 else And(tuple(nodes))

    def _one(self) -> Query:
        token = self._peek()
        if token is None or token.kind in ("close", "or"):
            raise self._error(NothingThere, token)
        self._next += 1
        match token.kind:
            case "not":
                return Not(self._one())
            case "open":
                return self._group(token)
            case "phrase":
                return Term(token.text, phrase=True) if token.text.strip() else And(())
            case "filter":
                return self._filter(token)
        return self._term(token)

    def _group(self, opened: Token) -> Query:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(TooDeep, opened)
        query = self._any()
        token = self._peek()
        if token is None or token.kind != "close":
            raise self._error(UnclosedBracket, opened)
        self._next += 1
        self._depth -= 1
        return query

    def _term(self, token: Token) -> Query:
        text = token.text
        if text[0] in "@＠" and len(text) > 1:
            saved = self._reading.saved(text[1:])
            if saved is not None:
                if text in self._saved or len(self._saved) > MAX_DEPTH:
                    raise self._error(TooDeep, token)
                return _Parser(saved, self._reading, (*self._saved, text)).parse()
            raise self._error(UnknownSaved, token)
        if len(text) > 1 and text[-1] in "*＊":
            return Term(text[:-1], prefix=True)
        if len(text) > 1 and text[-1] in "~～":
            return Term(text[:-1], fuzzy=True)
        return Term(text)

    # --- filters

    def _filter(self, token: Token) -> Query:
        schema = self._reading.schema
        word = schema.word("filter", token.key)
        if word and word.name in ("has", "no"):
            field = self._field_of(token, token.text)
            present = Present(field, self._is_of_entry(field))
            return present if word.name == "has" else Not(present)
        name = word.name if word else self._field_of(token, token.key)
        values = [part for part in re.split("[,，]", token.text) if part]
        if not values:
            raise self._error(NothingThere, token._replace(at=token.at + len(token.key) + 1))
        nodes = [self._test(token, name, value) for value in values]
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _field_of(self, token: Token, key: str) -> str:
        schema = self._reading.schema
        field = schema.field(key) or schema.inline_field(key)
        if field is not None:
            return field.name
        if (word := schema.word("filter", key)) and word.name in ENTRY_FILTERS | {"last"}:
            return word.name
        nearest = schema.nearest_word("filter", key) or schema.nearest_field(key)
        if nearest:
            raise self._error(MisspeltFilter, token, key=key, nearest=nearest.name)
        raise self._error(UnknownFilter, token, key=key)

    def _test(self, token: Token, name: str, text: str) -> Query:
        schema = self._reading.schema
        field = schema.field(name) or schema.inline_field(name)
        kind = field.type if field else None
        of_entry = name not in ("last", "customer") and self._is_of_entry(name)
        if name in ("date", "last") or kind in (FieldType.DATE, FieldType.DATED):
            return Within(name, self._days(token, name, text), of_entry)
        if name in ("channel", "kind") or kind is FieldType.WORD:
            return Equal(name, (self._known(token, name, field, text),), of_entry)
        if name == "author" or kind is FieldType.PERSON:
            return Equal(name, (self._person(token, text),), of_entry)
        if kind in (FieldType.AMOUNT, FieldType.NUMBER, FieldType.DAYS):
            return replace(self._number(token, name, text), of_entry=of_entry)
        return Equal(name, (text,), of_entry)

    def _is_of_entry(self, name: str) -> bool:
        """Parts of a heading and inline fields; what the front matter may hold too is the customer's."""
        return name in ENTRY_FILTERS or self._reading.schema.field(name) is None

    def _known(self, token: Token, name: str, field: Field | None, text: str) -> str:
        vocabulary = (field.vocabulary if field else None) or name
        word = self._reading.schema.word(vocabulary, text)
        if word is None:
            words = self._reading.schema.vocabularies.get(vocabulary, ())
            known = ", ".join(f"{word.name} {word.label('zh')}" for word in words)
            raise self._error(UnknownValue, token, field=name, known=known)
        return word.name

    def _person(self, token: Token, text: str) -> str:
        word = self._reading.schema.word("filter", text)
        is_me = word is not None and word.name == "me"
        person = self._reading.me() if is_me else self._reading.person(text)
        if person is None:
            raise self._error(UnknownPerson, token)
        return person

    def _days(self, token: Token, name: str, text: str) -> Days:
        """Read days; of a length, `last:>30d` is longer ago than that, any other field nearer than that."""
        today, schema = self._reading.today, self._reading.schema
        operator, value = _comparison(text)
        if value == text and ".." in text:
            low, _, high = text.partition("..")
            first, last = (read_days(part, today, schema) if part else None for part in (low, high))
            if (low and not first) or (high and not last):
                raise self._error(BadDays, token)
            return Days(first.first if first else None, last.last if last else None)
        if (length := read_length(value, schema)) is not None:
            return _from_length(operator, -length if name == "last" else length, today, past=name == "last")
        days = read_days(value, today, schema)
        if days is None or days.first is None or days.last is None:
            raise self._error(BadDays, token)
        match operator:
            case ">":
                return Days(days.last + timedelta(days=1), None)
            case ">=":
                return Days(days.first, None)
            case "<":
                return Days(None, days.first - timedelta(days=1))
            case "<=":
                return Days(None, days.last)
        return days

    def _number(self, token: Token, name: str, text: str) -> Between:
        operator, value = _comparison(text)
        if value == text and ".." in text:
            low, _, high = text.partition("..")
            return Between(
                name,
                self._amount(token, low) if low else None,
                self._amount(token, high) if high else None,
            )
        number = self._amount(token, value)
        match operator:
            case ">" | ">=":
                return Between(name, number, None, low_included=operator == ">=")
            case "<" | "<=":
                return Between(name, None, number, high_included=operator == "<=")
        return Between(name, number, number)

    def _amount(self, token: Token, text: str) -> Decimal:
        amount = parse_amount(text, self._reading.schema)
        if amount is None:
            raise self._error(BadNumber, token)
        return amount.value


def _comparison(text: str) -> tuple[str, str]:
    found = _COMPARISON.match(text)
    assert found is not None  # the pattern matches any text
    return _SAME.get(found[1], found[1]), found[2]


def _from_length(operator: str, days: int, today: date, *, past: bool) -> Days:
    """`last:>30d`: the day lies before 30 days ago. `next:<=7d`: up to 7 days ahead, or overdue."""
    day = today + timedelta(days=days)
    if past:
        operator = {">": "<", ">=": "<=", "<": ">", "<=": ">="}.get(operator, operator)
    one = timedelta(days=1)
    match operator:
        case ">":
            return Days(day + one, None)
        case ">=":
            return Days(day, None)
        case "<":
            return Days(None, day - one)
        case "<=":
            return Days(None, day)
    return Days(day, day)
