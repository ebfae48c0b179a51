"""The one door to Whoosh: the index that every install has, in pure Python.

Its settings follow measurements with 10,000 and 100,000 customers: no compound files (opening one copies the
whole index), no positions (pairs of Han characters and a look at the text are three times as fast as its
phrases), no stored texts, no merging of large segments while a person waits.
"""

from __future__ import annotations

import difflib
import gc
import json
import shutil
import sys
import tempfile
import unicodedata
import warnings
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from vault_tool.errors import VaultError
from vault_tool.search import analyzer
from vault_tool.search.engine import (
    AllOf,
    AnyOf,
    Document,
    EngineDamaged,
    EngineLocked,
    Node,
    Position,
    Progress,
    Ranked,
    Want,
)


@contextmanager
def _light_import() -> Iterator[None]:
    """Spare the import of urllib.request (http, ssl, email), 40 % of Whoosh's, which it has no use for."""
    name = "urllib.request"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it dates from 2016: newer Pythons frown at its escapes
        if name in sys.modules:
            yield
            return
        stand_in = ModuleType(name)
        stand_in.urlretrieve = None  # type: ignore[attr-defined]
        sys.modules[name] = stand_in
        try:
            yield
        finally:
            del sys.modules[name]


with _light_import():
    from whoosh import query
    from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter
    from whoosh.columns import NumericColumn
    from whoosh.fields import COLUMN, ID, STORED, FieldType, Schema
    from whoosh.filedb.filestore import FileStorage, RamStorage
    from whoosh.formats import Existence
    from whoosh.index import EmptyIndexError, FileIndex, LockError
    from whoosh.scoring import BM25F
    from whoosh.searching import SearchContext, Searcher
    from whoosh.writing import CLEAR

# Another of these, and what lies on disk is not ours: it is made again.
_FORMAT = [1, analyzer.VERSION, unicodedata.unidata_version]

_NO_DAY = 0  # 0001-01-01 is day 1
_MOST_SEGMENTS = 12
_LOCK_SECONDS = 0.5  # a save takes 20 ms; whoever holds the lock longer is building
_DELETE_AT_ONCE = 200
_BLOCK = 1024


class _Tokens(FieldType):  # type: ignore[misc]
    """A field whose tokens come counted and weighed: (token, times, weight)."""

    def __init__(self, scorable: bool) -> None:
        super().__init__(Existence(), None, scorable=scorable)

    def index(
        self, value: Iterable[tuple[str, int, float]], **_: Any
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield what Whoosh keeps of each token; the weight says it all, so nothing is encoded beside it."""
        for token, times, weight in value:
            yield token.encode("utf-8", "surrogatepass"), times, weight, b""


class _Pool:
    """Collects the postings of a write by token, ready to be written; takes the place of Whoosh's own.

    That one makes a tuple of each posting, sorts them on disk and writes them one by one: thrice the work.
    Progress is told here: handing over the passages is half of the work.
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.fieldnames: set[str] = set()
        self._fields: defaultdict[str, dict[bytes, tuple[array[int], array[float]]]] = defaultdict(dict)
        self._progress = progress or (lambda done, total: None)
        self._total = total
        self._last = 0

    def add(self, posting: tuple[str, bytes, int, float, bytes]) -> None:
        """Take in a posting: field, token, document (never one before the last), weight."""
        field, token, document, weight, _ = posting
        terms = self._fields[field]
        if token not in terms:
            terms[token] = (array("I"), array("f"))
        documents, weights = terms[token]
        documents.append(document)
        weights.append(weight)
        if document >= self._last + 500:
            self._last = document
            self._progress(min(document, self._total) // 2, self._total)

    def iter_postings(self) -> Iterator[tuple[str, bytes, array[int], array[float]]]:
        """Yield for each field and token, in order, all documents with their weights."""
        count = sum(map(len, self._fields.values()))
        written = 0
        for field in sorted(self._fields):
            for token, (documents, weights) in sorted(self._fields[field].items()):
                yield field, token, documents, weights
                written += 1
                if written % 2000 == 0:
                    self._progress((self._total + self._total * written // count) // 2, self._total)

    def cleanup(self) -> None:
        """Forget everything."""
        self._fields.clear()


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes what `_Pool` collected, a token's documents at once instead of one by one."""

    def add_postings(self, schema: Any, lengths: Any, items: Any) -> None:
        """Write every token of every field."""
        last = None
        for field, token, documents, weights in items:
            if field != last:
                if last is not None:
                    self.finish_field()
                self.start_field(field, schema[field])
                last = field
            self.start_term(token)
            block = self._postwriter
            for start in range(0, len(documents), _BLOCK):
                if start:
                    block._write_block()
                block._ids = documents[start : start + _BLOCK]
                block._weights = weights[start : start + _BLOCK]
                block._maxweight = max(block._weights)
            self.finish_term()
        if last is not None:
            self.finish_field()


class _Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's own format, set for quick building; lengths per block serve what we never ask for."""

    length_stats = False

    def __init__(self) -> None:
        super().__init__(blocklimit=_BLOCK, compression=1)

    def field_writer(self, storage: Any, segment: Any) -> Any:
        """Return what writes the postings of a segment."""
        return _FieldWriter(self, storage, segment)


_SCHEMA = Schema(
    own=_Tokens(scorable=True),
    forms=_Tokens(scorable=False),
    head=_Tokens(scorable=False),
    customer=ID(),
    passage=COLUMN(NumericColumn("q")),
    day=COLUMN(NumericColumn("i")),
    marker=ID(),
    position=STORED(),
)
_MARKER = "position"


@contextmanager
def _explained() -> Iterator[None]:
    """Turn whatever Whoosh makes of a damaged index into `EngineDamaged`."""
    try:
        yield
    except (EngineDamaged, EngineLocked, VaultError, BrokenPipeError):
        raise
    except Exception as error:
        # It reads binary files and pickles without checking: any exception there is may come out.
        _let_go(error)
        raise EngineDamaged(str(error)) from error


def _let_go(error: Exception) -> None:
    """Close the files that Whoosh leaves open where it fails; some systems remove no open file."""
    import traceback

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        traceback.clear_frames(error.__traceback__)
        gc.collect()


class _Memory(RamStorage):  # type: ignore[misc]
    """An index in memory, whose writer sorts in a folder of its own; Whoosh has all share one."""

    def __init__(self) -> None:
        super().__init__()
        self._folders: list[str] = []

    def temp_storage(self, name: str | None = None) -> Any:
        """Return a new folder that only its owner can enter."""
        self._folders.append(tempfile.mkdtemp(prefix="vault-"))
        return FileStorage(self._folders[-1])

    def sweep(self) -> None:
        """Remove what a writer left on disk."""
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._folders.clear()


class WhooshEngine:
    """An index in a folder, or in memory without one."""

    name = "whoosh"

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._index: Any = None
        self._searcher: Any = None

    # --- life

    def close(self) -> None:
        """Let go of the index's files."""
        if self._searcher is not None:
            with suppress(Exception):
                self._searcher.close()
        self._searcher = None
        if self._folder is not None:
            self._index = None

    def clear(self) -> None:
        """Throw the index away."""
        self.close()
        self._index = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self) -> Any:
        """Return the index, None when there is none."""
        if self._index is None and self._folder is not None and self._folder.is_dir():
            with suppress(EmptyIndexError):
                # Our own schema, so that the pickled one is never looked at.
                self._index = FileIndex(FileStorage(str(self._folder)), schema=_SCHEMA)
        return self._index

    def _open_or_make(self) -> Any:
        if self._open() is None:
            if self._folder is None:
                storage = _Memory()
            else:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                storage = FileStorage(str(self._folder))
            self._index = FileIndex.create(storage, _SCHEMA)
        return self._index

    def _opened_searcher(self) -> Any:
        if self._searcher is None and (index := self._open()) is not None:
            self._searcher = Searcher(index.reader(), fromindex=index, weighting=BM25F())
        return self._searcher

    # --- following the catalog

    @_explained()
    def position(self) -> Position | None:
        """Return how far the index follows the catalog."""
        searcher = self._opened_searcher()
        fields = searcher.document(marker=_MARKER) if searcher is not None else None
        if fields is None:
            return None
        kept = json.loads(fields["position"])
        if kept["format"] != _FORMAT:
            return None
        return Position(kept["generation"], kept["seq"])

    @_explained()
    def write(
        self,
        position: Position,
        customers: Collection[int] | None,
        documents: Iterable[Document],
        progress: Progress | None = None,
        total: int = 0,
    ) -> None:
        """Replace passages and note the position, in one commit."""
        writer = self._writer()
        writer.pool = _Pool(progress, total)
        try:
            if customers is not None:
                _delete(writer, customers)
            for document in documents:
                writer.add_document(**_fields(document))
            kept = {"format": _FORMAT, "generation": position.generation, "seq": position.seq}
            writer.delete_by_term("marker", _MARKER)
            writer.add_document(marker=_MARKER, position=json.dumps(kept))
            if customers is None:
                writer.commit(mergetype=CLEAR)
            else:
                writer.commit(merge=len(writer.segments) >= _MOST_SEGMENTS)
            if progress:
                progress(total, total)
        except BaseException:
            with suppress(Exception):
                writer.cancel()
            raise
        finally:
            self.close()
            if isinstance(writer.storage, _Memory):
                writer.storage.sweep()

    @_explained()
    def _writer(self) -> Any:
        try:
            index = self._open_or_make()
            return index.writer(codec=_Codec(), compound=False, timeout=_LOCK_SECONDS)
        except LockError as error:
            raise EngineLocked from error

    # --- answering

    @_explained()
    def search(self, node: Node, *, anywhere: bool = False) -> dict[int, Ranked]:
        """Return every passage that matches, with its score."""
        searcher = self._opened_searcher()
        if searcher is None:
            return {}
        wanted = _query(node, anywhere=anywhere)
        context = SearchContext(needs_current=True, weighting=searcher.weighting, top_query=wanted)
        found: dict[int, Ranked] = {}
        for leaf, _ in searcher.leaf_searchers():
            matcher = wanted.matcher(leaf, context)
            if not matcher.is_active():
                continue
            passages = leaf.reader().column_reader("passage", translate=False)
            days = leaf.reader().column_reader("day", translate=False)
            while matcher.is_active():
                document = matcher.id()
                day = days[document]
                found[passages[document]] = Ranked(matcher.score(), day if day != _NO_DAY else None)
                matcher.next()
        return found

    @_explained()
    def words_like(self, word: str, count: int) -> list[str]:
        """Return words of the index that are nearly this one and begin like it."""
        searcher = self._opened_searcher()
        if searcher is None or not word:
            return []
        known = (text.decode("utf-8", "replace") for text in searcher.reader().expand_prefix("own", word[:1]))
        return difflib.get_close_matches(word, (text for text in known if text != word), count, 0.75)


def _fields(document: Document) -> dict[str, Any]:
    """Return what Whoosh is told of a document."""
    stress = document.stress
    return {
        "own": [(token, times, times + stress.get(token, 0.0)) for token, times in document.own.items()],
        "forms": [(form, 1, 1.0) for form in document.forms],
        "head": [(token, 1, weight) for token, weight in document.head.items()],
        "customer": str(document.customer),
        "passage": document.passage,
        "day": document.day or _NO_DAY,
    }


def _delete(writer: Any, customers: Collection[int]) -> None:
    keys = iter(customers)
    while some := list(islice(keys, _DELETE_AT_ONCE)):
        writer.delete_by_query(query.Or([query.Term("customer", str(key)) for key in some]))


def _query(node: Node, *, anywhere: bool) -> Any:
    """Return Whoosh's form of a query, made of And and Or alone.

    The matchers of its Require, AndNot and Not leave out some of what they should find, and the reverse.
    """
    wants = list(_wanted(node))
    if anywhere or len(wants) == 1:
        return _translated(node, with_head=anywhere)
    inside = [_want(want, "own") for want in wants]
    return query.And([_translated(node, with_head=True), query.Or(inside)])


def _wanted(node: Node) -> Iterator[Want]:
    match node:
        case Want():
            yield node
        case AllOf(nodes=nodes) | AnyOf(nodes=nodes):
            for inner in nodes:
                yield from _wanted(inner)


def _translated(node: Node, *, with_head: bool) -> Any:
    match node:
        case Want():
            inside = _want(node, "own")
            return query.Or([inside, _want(node, "head")]) if with_head and not node.is_form else inside
        case AllOf(nodes=nodes):
            return query.And([_translated(inner, with_head=with_head) for inner in nodes])
        case AnyOf(nodes=nodes):
            return query.Or([_translated(inner, with_head=with_head) for inner in nodes])


def _want(want: Want, field: str) -> Any:
    name = "forms" if want.is_form else field
    parts: list[Any] = [query.Term(name, token) for token in want.tokens]
    if want.prefix:
        parts.append(query.Prefix(name, want.prefix))
    return parts[0] if len(parts) == 1 else query.And(parts)
