"""Query text to a tree: one language for `search`, `list`, `set` and saved queries. Pure.

报价 预算            both            "企业版 方案"     a phrase          预算*   begins with
报价 OR 折扣         either          -测试             without           企也版~  nearly
( .. )              a group         stage:proposal    阶段:方案报价      date:2026-01..2026-03
stage:won,lost      either          customer:蓝海     has:birthday       @saved
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

from vault_tool.named import NamedTuple
from vault_tool.schema import Field, FieldType, Schema, fold
from vault_tool.search.query_errors import (
    BadNumber,
    HoldsItself,
    MisspeltFilter,
    NoSavedYet,
    NothingThere,
    NoValue,
    QueryError,
    SealedField,
    StrayBracket,
    TooDeep,
    TooLong,
    UnclosedBracket,
    UnclosedQuote,
    UnknownFilter,
    UnknownPerson,
    UnknownSaved,
    UnknownValue,
)
from vault_tool.search.query_tokens import Part, Token, tokens, with_thousands
from vault_tool.search.tree import And, Equal, Holding, Not, Or, Present, Query, Term

# Parts of an entry's heading; every other name is a field.
ENTRY_FILTERS = frozenset({"date", "channel", "kind", "author"})

_DAYS = (FieldType.DATE, FieldType.DATED)

MAX_DEPTH = 50
# SQLite takes no longer conditions; and saved queries that hold each other twice would grow without end.
MAX_PARTS = 400


class Reading(NamedTuple):
    """What reading a query needs to know: words, the day, who asks, people by any spelling, saved queries.

    `currency` is that of amounts which name none; `known_queries` are the names to propose.
    """

    schema: Schema
    today: date
    me: Callable[[], str | None]
    person: Callable[[str], str | None]
    saved: Callable[[str], str | None]
    currency: str = "CNY"
    known_queries: Collection[str] = ()


def parse_query(text: str, reading: Reading) -> Query:
    """Read a query; an empty one matches everything. Raises `QueryError`, which points at the character."""
    return _Parser(text, reading, _Path((), 0, [0])).parse()


class _Path:
    """How one came here: through which saved queries, how deep, after how many words and filters."""

    def __init__(self, saved: tuple[str, ...], depth: int, parts: list[int]) -> None:
        self.saved = saved
        self.depth = depth
        self.parts = parts


class _Target(NamedTuple):
    """What stands before a filter's colon; `name` is canonical, that of a field in a map has a dot."""

    name: str
    field: Field | None
    of_entry: bool


class _Parser:
    """Recursive descent over the tokens; `or` binds looser than standing side by side."""

    def __init__(self, text: str, reading: Reading, path: _Path) -> None:
        self._text = text
        self._reading = reading
        self._path = path
        self._tokens = list(tokens(text))
        self._next = 0

    def parse(self) -> Query:
        if not self._tokens:
            return And(())
        query = self._any()
        if self._next < len(self._tokens):
            raise self._error(StrayBracket, self._tokens[self._next])
        return query

    def _error(self, kind: type[QueryError], where: Token | Part | None, **values: object) -> QueryError:
        at = where.at if where else len(self._text.rstrip())
        saved = self._path.saved[-1] if self._path.saved else ""
        return kind(position=at + 1, near=self._text[at : at + 20], saved=saved, **values)

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
        self._path.parts[0] += 1
        if self._path.parts[0] > MAX_PARTS:
            raise self._error(TooLong, token, most=MAX_PARTS)
        match token.kind:
            case "not":
                self._go_deeper(token)
                negated = Not(self._one())
                self._path.depth -= 1
                return negated
            case "open":
                return self._group(token)
            case "unclosed":
                raise self._error(UnclosedQuote, token)
            case "phrase":
                return Term(token.text, phrase=True) if token.text.strip() else And(())
            case "filter":
                return self._filter(token)
        return self._word(token)

    def _go_deeper(self, token: Token) -> None:
        self._path.depth += 1
        if self._path.depth > MAX_DEPTH:
            raise self._error(TooDeep, token)

    def _group(self, opened: Token) -> Query:
        self._go_deeper(opened)
        query = self._any()
        token = self._peek()
        if token is None or token.kind != "close":
            raise self._error(UnclosedBracket, opened)
        self._next += 1
        self._path.depth -= 1
        return query

    def _word(self, token: Token) -> Query:
        text = token.text
        return self._saved(token, text[1:]) if text[0] in "@＠" and len(text) > 1 else _term(text)

    def _saved(self, token: Token, name: str) -> Query:
        reading = self._reading
        text = reading.saved(name)
        if text is None:
            known = ", ".join(f"@{known}" for known in reading.known_queries)
            raise self._error(UnknownSaved if known else NoSavedYet, token, name=name, known=known)
        way = (*self._path.saved, name)
        if fold(name) in map(fold, self._path.saved):
            raise self._error(HoldsItself, token, way=" → ".join(f"@{each}" for each in way))
        self._go_deeper(token)
        query = _Parser(text, reading, _Path(way, self._path.depth, self._path.parts)).parse()
        self._path.depth -= 1
        return query

    # --- filters

    def _filter(self, token: Token) -> Query:
        word = self._reading.schema.word("filter", token.key)
        if word and word.name in ("has", "no"):
            if not token.parts:
                raise self._error(NothingThere, self._end_of(token))
            nodes = [self._presence(part, is_wanted=word.name == "has") for part in token.parts]
        else:
            target = self._target(token, token.key)
            parts = token.parts or (self._end_of(token),)
            if _is_number(target.field):
                parts = tuple(with_thousands(parts))
            nodes = [self._test(part, token.key, target) for part in parts]
        self._path.parts[0] += len(nodes) - 1
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _end_of(self, token: Token) -> Part:
        return Part("", token.at + len(token.key) + 1)

    def _presence(self, part: Part, *, is_wanted: bool) -> Query:
        target = self._target(part, part.text)
        present = Present(target.name, target.of_entry)
        return present if is_wanted else Not(present)

    def _target(self, where: Token | Part, key: str) -> _Target:
        schema = self._reading.schema
        word = schema.word("filter", key)
        if word and word.name in ENTRY_FILTERS | {"last", "customer"}:
            return _Target(word.name, None, word.name in ENTRY_FILTERS)
        target = _whole_field(key, schema) or _field_in_map(key, schema)
        if target is None:
            nearest = schema.nearest_word("filter", key) or schema.nearest_field(key)
            if nearest:
                likely = nearest.name if key.isascii() else nearest.label("zh")
                raise self._error(MisspeltFilter, where, key=key, nearest=likely)
            raise self._error(UnknownFilter, where, key=key)
        if target.field and target.field.group and all(target.field.group_for.values()):
            raise self._error(SealedField, where, key=key)
        return target

    def _test(self, part: Part, key: str, target: _Target) -> Query:
        name, of_entry, kind = target.name, target.of_entry, target.field.type if target.field else None
        if name in ("date", "last") or kind in _DAYS or _is_number(target.field):
            return self._range(part, target)
        if name in ("channel", "kind") or kind is FieldType.WORD:
            vocabulary = (target.field.vocabulary if target.field else None) or name
            return Equal(name, (self._known_word(part, key, vocabulary),), of_entry)
        if name == "author" or kind is FieldType.PERSON:
            return Equal(name, (self._person(part),), of_entry)
        if not part.text:
            raise self._error(NoValue, part)
        if name in ("customer", "tags") or (target.field and target.field.format == "id"):
            return Equal(name, (part.text,), of_entry)
        term = Term(part.text, phrase=True) if part.is_quoted else _term(part.text)
        return Holding(name, term, of_entry)

    def _range(self, part: Part, target: _Target) -> Query:
        # Here: most queries hold neither days nor numbers.
        from vault_tool.search.ranges import NotReadable, read_between, read_within

        name, of_entry, reading = target.name, target.of_entry, self._reading
        try:
            if not _is_number(target.field):
                return read_within(name, part.text, reading.today, reading.schema, of_entry=of_entry)
            between = read_between(name, part.text, reading.schema, reading.currency, of_entry=of_entry)
            if between.currencies and target.field and target.field.type is not FieldType.AMOUNT:
                raise NotReadable(BadNumber)
            return between
        except NotReadable as error:
            raise self._error(error.kind, part) from None

    def _known_word(self, part: Part, key: str, vocabulary: str) -> str:
        word = self._reading.schema.word(vocabulary, part.text)
        if word is None:
            words = self._reading.schema.vocabularies.get(vocabulary, ())
            known = ", ".join(
                word.name if fold(word.name) == fold(word.label("zh")) else f"{word.name} {word.label('zh')}"
                for word in words
            )
            raise self._error(UnknownValue, part, key=key, known=known)
        return word.name

    def _person(self, part: Part) -> str:
        word = self._reading.schema.word("filter", part.text)
        is_me = word is not None and word.name == "me"
        person = self._reading.me() if is_me else self._reading.person(part.text) if part.text else None
        if person is None:
            raise self._error(UnknownPerson, part)
        return person


def _whole_field(key: str, schema: Schema) -> _Target | None:
    # What the front matter may hold is the customer's, even where an entry says it, too.
    if known := schema.field(key):
        return _Target(known.name, known, of_entry=False)
    known = schema.inline_field(key)
    return _Target(known.name, known, of_entry=True) if known else None


def _field_in_map(key: str, schema: Schema) -> _Target | None:
    """Find `contacts.title`; a map may also hold keys that no schema knows, such as another system's name."""
    outer, dot, inner = key.partition(".")
    known = schema.field(outer)
    if not dot or known is None:
        return None
    field = known.inner(inner)
    if field is None and known.type is not FieldType.MAP:
        return None
    return _Target(f"{known.name}.{field.name if field else inner}", field, of_entry=False)


def _is_number(known: Field | None) -> bool:
    return known is not None and known.type in (FieldType.AMOUNT, FieldType.NUMBER, FieldType.DAYS)


def _term(text: str) -> Term:
    if len(text) > 1 and text[-1] in "*＊":
        return Term(text[:-1], prefix=True)
    if len(text) > 1 and text[-1] in "~～":
        return Term(text[:-1], fuzzy=True)
    return Term(text)
