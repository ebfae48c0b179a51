"""The one door to tantivy: the fast index, a library in Rust that `vault-tool[fast]` brings.

It is told tokens as one text that blanks part, so that its own tokenizer has nothing to decide; with their
positions kept, a run of Han characters is a phrase of pairs and needs no second look at the text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import tantivy

from vault_tool.errors import VaultError
from vault_tool.search import analyzer
from vault_tool.search.engine import (
    HEAD,
    AllOf,
    AnyOf,
    Best,
    Document,
    EngineDamaged,
    EngineLocked,
    Node,
    Order,
    Position,
    Progress,
    Scored,
    Want,
    Wanted,
    when_free,
)

# Another of these, and what lies on disk is not ours: it is made again. Of its own format tantivy takes care.
_FORMAT = [1, analyzer.VERSION, unicodedata.unidata_version]

_MARKER = "position"
_TOKENIZER = "blanks"
_FULL_HEAP, _SAVE_HEAP = 120_000_000, 16_000_000  # bytes; the least that it takes is 15 MB a thread
_TOLD_EVERY = 500
_MANY_SEGMENTS = 16  # a save makes one; merging takes longer than the save itself

_MUST, _SHOULD, _NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
_Query = tantivy.Query


def _made_schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name, option in (
        ("own", "position"),
        ("head", "position"),
        ("forms", "basic"),
        ("marker", "basic"),
        ("archived", "basic"),
    ):
        builder.add_text_field(name, tokenizer_name=_TOKENIZER, index_option=option)
    builder.add_unsigned_field("passage", fast=True, indexed=True)
    builder.add_unsigned_field("customer", fast=True, indexed=True)
    builder.add_unsigned_field("day", fast=True, indexed=True)
    builder.add_unsigned_field("stamp", fast=True)
    builder.add_text_field("position", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


_SCHEMA = _made_schema()


class TantivyEngine:
    """An index in a folder, or in memory without one."""

    name = "tantivy"
    keeps_order = True

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._index: Any = None
        self._searcher: Any = None

    # --- life

    def close(self) -> None:
        """Let go of the index's files."""
        self._searcher = None
        if self._folder is not None:
            self._index = None

    def clear(self) -> None:
        """Throw the index away."""
        self._searcher = self._index = None
        if self._folder is not None:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self) -> Any:
        """Return the index, None when there is none."""
        folder = self._folder
        if self._index is None and folder is not None and (folder / "meta.json").is_file():
            self._index = self._prepared(tantivy.Index(_SCHEMA, path=str(folder), reuse=True))
        return self._index

    def _open_or_make(self) -> Any:
        if self._open() is None:
            path = None
            if self._folder is not None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                path = str(self._folder)
            self._index = self._prepared(tantivy.Index(_SCHEMA, path=path))
        return self._index

    def _prepared(self, index: Any) -> Any:
        index.register_tokenizer(
            _TOKENIZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        # No thread that watches the files: every run opens anew.
        index.config_reader("manual")
        return index

    def _opened_searcher(self) -> Any:
        if self._searcher is None and (index := self._open()) is not None:
            index.reload()
            self._searcher = index.searcher()
        return self._searcher

    # --- following the catalog

    def position(self) -> Position | None:
        """Return how far the index follows the catalog."""
        with _explained():
            searcher = self._opened_searcher()
            if searcher is None:
                return None
            hits = searcher.search(_Query.term_query(_SCHEMA, "marker", _MARKER, "basic"), 1).hits
            if not hits:
                return None
            kept = json.loads(searcher.doc(hits[0][1])["position"][0])
            return Position(kept["generation"], kept["seq"]) if kept["format"] == _FORMAT else None

    def write(
        self,
        position: Position,
        customers: Collection[int] | None,
        documents: Iterable[Document],
        progress: Progress | None = None,
        total: int = 0,
    ) -> None:
        """Replace passages and note the position, in one commit."""
        with _explained():
            writer = self._writer(_FULL_HEAP if customers is None else _SAVE_HEAP)
            try:
                _fill(writer, customers, documents, progress or (lambda done, total: None), total)
                kept = {"format": _FORMAT, "generation": position.generation, "seq": position.seq}
                writer.delete_documents_by_term("marker", _MARKER)
                writer.add_document(tantivy.Document(marker=_MARKER, position=json.dumps(kept)))
                writer.commit()
                if customers is None or self._count_segments() >= _MANY_SEGMENTS:
                    # To end while they merge would leave ever more of them.
                    writer.wait_merging_threads()
            except BaseException:
                with suppress(Exception):
                    writer.rollback()
                raise
            finally:
                self._searcher = None
            if progress:
                progress(total, total)

    def _count_segments(self) -> int:
        self._index.reload()
        return int(self._index.searcher().num_segments)

    def _writer(self, heap: int) -> Any:
        index = self._open_or_make()

        def free() -> Any:
            try:
                return index.writer(heap, 1)
            except ValueError as error:
                if "lock" not in str(error).lower():
                    raise
            return None

        return when_free(free)

    # --- answering

    def best(self, wanted: Wanted, most: int, order: Order = "score") -> Best:
        """Return the first so many passages, and how many there are."""
        with _explained():
            searcher = self._opened_searcher()
            if searcher is None:
                return Best(0, [])
            query = _asked(wanted, searcher)
            if order == "score" or not most:
                # A limit of nothing is not allowed.
                found = searcher.search(query, max(most, 1))
                return Best(found.count, _hits(searcher, found.hits[:most]))
            found = searcher.search(query, most, order_by_field="day")
            newest = searcher.fast_field_values("passage", [address for _, address in found.hits])
            only = _Query.const_score_query(_Query.term_set_query(_SCHEMA, "passage", newest), 0.0)
            scored = searcher.search(_Query.boolean_query([(_MUST, query), (_MUST, only)]), most)
            hits = _hits(searcher, scored.hits)
            return Best(found.count, sorted(hits, key=lambda hit: (-(hit.day or 0), -hit.score)))

    def every(self, wanted: Wanted) -> dict[int, Scored]:
        """Return all of the passages, by key."""
        with _explained():
            searcher = self._opened_searcher()
            if searcher is None or not searcher.num_docs:
                return {}
            found = searcher.search(_asked(wanted, searcher), searcher.num_docs, count=False)
            return {hit.passage: hit for hit in _hits(searcher, found.hits)}

    def words(self, beginning: str) -> list[str]:
        """Return the tokens of the index that begin so."""
        with _explained():
            searcher = self._opened_searcher()
            if searcher is None or not beginning:
                return []
            return [word for word, _ in searcher.terms_with_prefix("own", beginning)]

    def stamps(self) -> dict[int, int]:
        """Return every passage of the index with its document's stamp."""
        with _explained():
            searcher = self._opened_searcher()
            if searcher is None or not searcher.num_docs:
                return {}
            found = searcher.search(_Query.all_query(), searcher.num_docs, count=False)
            addresses = [address for _, address in found.hits]
            passages = searcher.fast_field_values("passage", addresses)
            stamps = searcher.fast_field_values("stamp", addresses)
            return {key: stamp for key, stamp in zip(passages, stamps, strict=True) if key is not None}


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever tantivy makes of a damaged index into `EngineDamaged`."""
    try:
        yield
    except (EngineDamaged, EngineLocked, VaultError, BrokenPipeError):
        raise
    except (ValueError, OSError) as error:
        raise EngineDamaged(str(error)) from error
    except BaseException as error:
        # Where it trusts a file that is broken it panics; that is no `Exception`.
        if type(error).__name__ == "PanicException":
            raise EngineDamaged(str(error)) from None
        raise


def _fill(
    writer: Any,
    customers: Collection[int] | None,
    documents: Iterable[Document],
    progress: Callable[[int, int], None],
    total: int,
) -> None:
    if customers is None:
        writer.delete_all_documents()
    elif customers:
        # By query: its deletion by term misses unsigned numbers.
        gone = _Query.term_set_query(_SCHEMA, "customer", list(customers))
        writer.delete_documents_by_query(gone)
    add = writer.add_document
    for number, document in enumerate(documents, start=1):
        made = tantivy.Document()
        made.add_text("own", document.own)
        made.add_text("head", document.head)
        made.add_text("forms", document.forms)
        made.add_unsigned("passage", document.passage)
        made.add_unsigned("customer", document.customer)
        made.add_unsigned("day", document.day or 0)
        made.add_unsigned("stamp", document.stamp)
        if document.is_archived:
            made.add_text("archived", "1")
        add(made)
        if number % _TOLD_EVERY == 0:
            progress(min(number, total) * 9 // 10, total)


def _hits(searcher: Any, found: Sequence[tuple[Any, Any]]) -> list[Scored]:
    addresses = [address for _, address in found]
    if not addresses:
        return []
    passages = searcher.fast_field_values("passage", addresses)
    days = searcher.fast_field_values("day", addresses)
    customers = searcher.fast_field_values("customer", addresses)
    return [
        Scored(passage, score, day or None, customer)
        for (score, _), passage, day, customer in zip(found, passages, days, customers, strict=True)
    ]


# --- queries -----------------------------------------------------------------------------------------------


def _asked(wanted: Wanted, searcher: Any) -> Any:
    """Return tantivy's form of what is wanted."""
    wants = list(_wants(wanted.node))
    if wanted.anywhere:
        clauses = [(_MUST, _translated(wanted.node, with_head=True))]
    else:
        clauses = [(_MUST, _translated(wanted.node, with_head=len(wants) > 1))]
        if len(wants) > 1:
            inside = _Query.boolean_query([(_SHOULD, _want(want, "own")) for want in wants])
            clauses.append((_MUST, _Query.const_score_query(inside, 0.0)))
        elif not wants[0].is_form:
            clauses.append((_SHOULD, _head(wants[0])))
    clauses += [(_NOT, _translated(node, with_head=True)) for node in wanted.without]
    if wanted.archived is not None and (wanted.archived or searcher.doc_freq("archived", "1")):
        put_away = _Query.term_query(_SCHEMA, "archived", "1", "basic")
        clauses.append((_MUST if wanted.archived else _NOT, _Query.const_score_query(put_away, 0.0)))
    if wanted.days is not None:
        between = _Query.range_query(_SCHEMA, "day", tantivy.FieldType.Unsigned, *wanted.days)
        clauses.append((_MUST, _Query.const_score_query(between, 0.0)))
    if wanted.customers is not None:
        of_these = _Query.term_set_query(_SCHEMA, "customer", list(wanted.customers))
        clauses.append((_MUST, _Query.const_score_query(of_these, 0.0)))
    if wanted.besides is not None:
        clauses.append((_NOT, _asked(wanted.besides, searcher)))
    return clauses[0][1] if len(clauses) == 1 else _Query.boolean_query(clauses)


def _wants(node: Node) -> Iterator[Want]:
    match node:
        case Want():
            yield node
        case AllOf(nodes=nodes) | AnyOf(nodes=nodes):
            for inner in nodes:
                yield from _wants(inner)


def _translated(node: Node, *, with_head: bool) -> Any:
    match node:
        case Want():
            inside = _want(node, "own")
            if not with_head or node.is_form:
                return inside
            return _Query.boolean_query([(_SHOULD, inside), (_SHOULD, _head(node))])
        case AllOf(nodes=nodes):
            occur = _MUST
        case AnyOf(nodes=nodes):
            occur = _SHOULD
    return _Query.boolean_query([(occur, _translated(inner, with_head=with_head)) for inner in nodes])


def _head(want: Want) -> Any:
    return _Query.boost_query(_want(want, "head"), HEAD)


def _want(want: Want, field: str) -> Any:
    name = "forms" if want.is_form else field
    if want.in_order and len(want.tokens) > 1:
        return _Query.phrase_query(_SCHEMA, name, list(want.tokens))
    option = "basic" if want.is_form else "freq"
    parts = [_Query.term_query(_SCHEMA, name, token, option) for token in want.tokens]
    if want.prefix:
        parts.append(_Query.regex_query(_SCHEMA, name, re.escape(want.prefix) + ".*"))
    return parts[0] if len(parts) == 1 else _Query.boolean_query([(_MUST, part) for part in parts])
