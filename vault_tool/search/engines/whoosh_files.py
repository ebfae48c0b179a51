"""What Whoosh keeps on disk, written all at once and read all at once; with `whoosh.py`, its one door.

Its settings follow measurements with 10,000 and 100,000 customers: no compound files (opening one copies the
whole index), no positions (pairs of Han characters and a look at the text are three times as fast as its
phrases), no stored texts, no merging of large segments while a person waits.
"""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
import warnings
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from types import ModuleType
from typing import Any

from vault_tool.errors import VaultError
from vault_tool.search.engine import EngineDamaged, EngineLocked, Progress


@contextmanager
def light_import() -> Iterator[None]:
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


with light_import():
    from whoosh.codec.whoosh3 import LENGTHS_COLUMN, W3Codec, W3FieldWriter, W3LeafMatcher
    from whoosh.columns import NumericColumn
    from whoosh.fields import COLUMN, ID, STORED, FieldType, Schema
    from whoosh.filedb.filestore import FileStorage, RamStorage
    from whoosh.formats import Existence
    from whoosh.reading import TermNotFound

MARKER = "position"
"""The token of the one document that notes how far the index follows."""
NO_DAY = 0  # 0001-01-01 is day 1
_BLOCK = 1024
_LENGTH_OF = "_{}_len"  # how Whoosh calls the column of a field's lengths


class _Tokens(FieldType):  # type: ignore[misc]
    """A field whose tokens come counted: (token, times)."""

    def __init__(self, scorable: bool) -> None:
        super().__init__(Existence(), None, scorable=scorable)

    def index(self, value: Iterable[tuple[str, int]], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield what Whoosh keeps of each token; the weight says it all, so nothing is encoded beside it."""
        for token, times in value:
            yield token.encode("utf-8", "surrogatepass"), times, times, b""


class Pool:
    """Collects the postings of a write by token, ready to be written; takes the place of Whoosh's own.

    That one makes a tuple of each posting, sorts them on disk and writes them one by one: thrice the work.
    Progress is told here: handing over the passages is half of the work.
    """

    def __init__(self, progress: Progress, total: int, before: int) -> None:
        """Progress goes up to `total` documents, of which other pools had those `before`."""
        self.fieldnames: set[str] = set()
        self._fields: defaultdict[str, dict[bytes, tuple[array[int], array[float]]]] = defaultdict(dict)
        self._progress = progress
        self._total = total
        self._before = before
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
            self._tell(document // 2)

    def iter_postings(self) -> Iterator[tuple[str, bytes, array[int], array[float]]]:
        """Yield for each field and token, in order, all documents with their weights."""
        count = sum(map(len, self._fields.values()))
        written = 0
        for field in sorted(self._fields):
            for token, (documents, weights) in sorted(self._fields[field].items()):
                yield field, token, documents, weights
                written += 1
                if written % 2000 == 0:
                    self._tell((self._last + self._last * written // count) // 2)

    def _tell(self, done: int) -> None:
        self._progress(min(self._before + done, self._total), self._total)

    def cleanup(self) -> None:
        """Forget everything."""
        self._fields.clear()


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes what `Pool` collected, a token's documents at once instead of one by one."""

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


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's own format, set for quick building; lengths per block serve what we never ask for."""

    length_stats = False

    def __init__(self) -> None:
        super().__init__(blocklimit=_BLOCK, compression=1)

    def field_writer(self, storage: Any, segment: Any) -> Any:
        """Return what writes the postings of a segment."""
        return _FieldWriter(self, storage, segment)


COLUMNS = {"passage": "q", "whose": "q", "day": "i", "stamp": "q"}
SCHEMA = Schema(
    own=_Tokens(scorable=True),
    forms=_Tokens(scorable=False),
    head=_Tokens(scorable=False),
    customer=ID(),
    archived=ID(),
    marker=ID(),
    position=STORED(),
    **{name: COLUMN(NumericColumn(kind)) for name, kind in COLUMNS.items()},
)


@contextmanager
def explained() -> Iterator[None]:
    """Turn whatever Whoosh makes of a damaged index into `EngineDamaged`."""
    try:
        yield
    except (EngineDamaged, EngineLocked, VaultError, BrokenPipeError):
        raise
    except Exception as error:
        # It reads binary files and pickles without checking: any exception there is may come out.
        let_go(error)
        raise EngineDamaged(str(error)) from error


def let_go(error: Exception) -> None:
    """Close the files that Whoosh leaves open where it fails; some systems remove no open file."""
    import traceback

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        traceback.clear_frames(error.__traceback__)
        gc.collect()


class Memory(RamStorage):  # type: ignore[misc]
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


class Segment:
    """One segment of an index, of which whole lists are read."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.size: int = reader.doc_count_all()
        perdoc = reader._perdoc
        self._perdoc = perdoc
        self.deleted = frozenset(perdoc.deleted_docs())
        self._known: dict[tuple[str, bytes], tuple[array[int], array[float]]] = {}
        # Opened now, for the next commit of another process may take the files away.
        for name in (*COLUMNS, _LENGTH_OF.format("own")):
            if perdoc.has_column(name):
                perdoc.column_reader(name, NumericColumn(COLUMNS.get(name, "B")))
        self._columns: dict[str, array[int]] = {}
        self._lengths: dict[str, bytes] = {}

    def postings(self, field: str, token: str) -> tuple[array[int], array[float]]:
        """Return all documents of a token, deleted ones too, with their weights."""
        key = (field, token.encode("utf-8", "surrogatepass"))
        if key not in self._known:
            self._known[key] = self._read(*key)
        return self._known[key]

    def _read(self, field: str, token: bytes) -> tuple[array[int], array[float]]:
        documents, weights = array("I"), array("f")
        try:
            matcher = self.reader._terms.matcher(field, token, SCHEMA[field].format)
        except TermNotFound:
            return documents, weights
        if not isinstance(matcher, W3LeafMatcher):  # of one document, kept beside the token itself
            while matcher.is_active():
                documents.append(matcher.id())
                weights.append(matcher.weight())
                matcher.next()
            return documents, weights
        while True:
            # A block at once: Whoosh itself goes from document to document.
            matcher._read_data()
            documents.extend(accumulate(matcher._data[0]))
            matcher._read_weights()
            weights.extend(matcher._weights)
            if matcher._lastblock:
                return documents, weights
            matcher._goto(matcher._nextoffset)

    def count(self, field: str, token: str) -> int:
        """Return in how many documents a token stands, deleted ones too."""
        try:
            info = self.reader._terms.term_info(field, token.encode("utf-8", "surrogatepass"))
        except TermNotFound:
            return 0
        return int(info.doc_frequency())

    def words(self, field: str, beginning: str) -> list[str]:
        """Return the tokens of a field that begin so."""
        found = self.reader.expand_prefix(field, beginning)
        return [token.decode("utf-8", "surrogatepass") for token in found]

    def lengths(self, field: str) -> bytes:
        """Return the length of a field in each document, as Whoosh rounds it to one byte."""
        if field not in self._lengths:
            self._lengths[field] = self._read_column(_LENGTH_OF.format(field), LENGTHS_COLUMN).tobytes()
        return self._lengths[field]

    def total_length(self, field: str) -> int:
        """Return the sum of a field's lengths."""
        return int(self._perdoc.field_length(field))

    def column(self, name: str) -> array[int]:
        """Return a column's value for each document."""
        if name not in self._columns:
            self._columns[name] = self._read_column(name, NumericColumn(COLUMNS[name]))
        return self._columns[name]

    def _read_column(self, name: str, column: Any) -> array[int]:
        values = array(column._typecode)
        if self._perdoc.has_column(name):
            reader = self._perdoc.column_reader(name, column)
            values.frombytes(reader._dbfile.get(reader._basepos, reader._count * reader._fixedlen))
            if sys.byteorder == "little":
                values.byteswap()
        # Those at the end that are the default are not written.
        values.extend([column.default_value()] * (self.size - len(values)))
        return values
