"""The index that every install has, in pure Python: Whoosh writes it, keeps it on disk and guards it.

Matching is done in `whoosh_match.py`, with whole lists of documents at a time: Whoosh itself goes from one to
the next, and its Require and AndNot find too little.
"""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

from vault_tool.search import analyzer
from vault_tool.search.engine import (
    Best,
    Document,
    Order,
    Position,
    Progress,
    Scored,
    Wanted,
    when_free,
)
from vault_tool.search.engines.whoosh_files import (
    MARKER,
    NO_DAY,
    SCHEMA,
    Codec,
    Memory,
    Pool,
    Segment,
    explained,
    let_go,
    light_import,
)
from vault_tool.search.engines.whoosh_match import Matcher

with light_import():
    from whoosh.filedb.filestore import FileStorage
    from whoosh.index import EmptyIndexError, FileIndex, LockError

# Another of these, and what lies on disk is not ours: it is made again.
_FORMAT = [2, analyzer.VERSION, unicodedata.unidata_version]

_MOST_SEGMENTS = 12
_DELETE_AT_ONCE = 200
_MOST_TRIES = 5
_SEGMENT = 50_000  # passages; some 150 MB while they are gathered


class WhooshEngine:
    """An index in a folder, or in memory without one."""

    name = "whoosh"
    keeps_order = False

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._index: Any = None
        self._reader: Any = None
        self._matcher: Matcher | None = None

    # --- life

    def close(self) -> None:
        """Let go of the index's files."""
        if self._reader is not None:
            with suppress(Exception):
                self._reader.close()
        self._reader = self._matcher = None
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
                self._index = FileIndex(FileStorage(str(self._folder)), schema=SCHEMA)
        return self._index

    def _open_or_make(self) -> Any:
        if self._open() is None:
            if self._folder is None:
                storage = Memory()
            else:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                storage = FileStorage(str(self._folder))
            self._index = FileIndex.create(storage, SCHEMA)
        return self._index

    def _opened(self) -> Matcher | None:
        """Return what answers from the last commit; None without one."""
        for attempt in range(_MOST_TRIES):
            if self._matcher is not None or (index := self._open()) is None:
                break
            generation = index.latest_generation()
            try:
                self._reader = index.reader()
                leaves = [leaf for leaf, _ in self._reader.leaf_readers()]
                self._matcher = Matcher([Segment(leaf) for leaf in leaves if leaf.doc_count_all()])
            except Exception as error:
                let_go(error)
                # A commit of another process takes away the files of the one before, between two looks.
                if generation == index.latest_generation() or attempt + 1 == _MOST_TRIES:
                    raise
        return self._matcher

    # --- following the catalog

    @explained()
    def position(self) -> Position | None:
        """Return how far the index follows the catalog."""
        fields = None
        matcher = self._opened()
        for segment in matcher.segments if matcher else ():
            for number in segment.postings("marker", MARKER)[0]:
                if number not in segment.deleted:
                    fields = segment.reader.stored_fields(number)
        if fields is None:
            return None
        kept = json.loads(fields["position"])
        if kept["format"] != _FORMAT:
            return None
        return Position(kept["generation"], kept["seq"])

    @explained()
    def write(
        self,
        position: Position,
        customers: Collection[int] | None,
        documents: Iterable[Document],
        progress: Progress | None = None,
        total: int = 0,
    ) -> None:
        """Replace passages and note the position, in one commit."""
        progress = progress or (lambda done, total: None)
        writer = self._writer()
        writer.pool = Pool(progress, total, 0)
        try:
            segments = None
            if customers is None:
                segments = _written(self._index, documents, progress, total)
            else:
                _delete(writer, customers)
                for document in documents:
                    writer.add_document(**_fields(document))
            kept = {"format": _FORMAT, "generation": position.generation, "seq": position.seq}
            writer.delete_by_term("marker", MARKER)
            writer.add_document(marker=MARKER, position=json.dumps(kept))
            if segments is not None:
                # In place of all that there were.
                writer.commit(mergetype=lambda writer, old: segments)
            else:
                writer.commit(merge=len(writer.segments) >= _MOST_SEGMENTS)
            progress(total, total)
        except BaseException:
            _cancel(writer)
            raise
        finally:
            self.close()
            if isinstance(writer.storage, Memory):
                writer.storage.sweep()

    @explained()
    def _writer(self) -> Any:
        index = self._open_or_make()

        def free() -> Any:
            with suppress(LockError):
                return index.writer(codec=Codec(), compound=False)
            return None

        return when_free(free)

    # --- answering

    @explained()
    def best(self, wanted: Wanted, most: int, order: Order = "score") -> Best:
        """Return the first so many passages, and how many there are."""
        matcher = self._opened()
        return matcher.best(wanted, most, order) if matcher else Best(0, [])

    @explained()
    def every(self, wanted: Wanted) -> dict[int, Scored]:
        """Return all of the passages, by key."""
        matcher = self._opened()
        return {hit.passage: hit for hit in matcher.every(wanted)} if matcher else {}

    @explained()
    def words(self, beginning: str) -> list[str]:
        """Return the tokens of the index that begin so."""
        matcher = self._opened()
        if matcher is None or not beginning:
            return []
        return sorted({word for segment in matcher.segments for word in segment.words("own", beginning)})

    @explained()
    def stamps(self) -> dict[int, int]:
        """Return every passage of the index with its document's stamp."""
        matcher = self._opened()
        return matcher.stamps() if matcher else {}


def _written(index: Any, documents: Iterable[Document], progress: Progress, total: int) -> list[Any]:
    """Write passages into new segments, of which the index knows nothing yet.

    A segment is gathered in memory: several keep a large vault's from growing beyond what a laptop has.
    """
    from whoosh.writing import SegmentWriter  # as below

    segments: list[Any] = []
    todo = iter(documents)
    while some := next(todo, None):
        writer = SegmentWriter(index, codec=Codec(), compound=False, _lk=False)
        writer.pool = Pool(progress, total, len(segments) * _SEGMENT)
        try:
            for document in chain([some], islice(todo, _SEGMENT - 1)):
                writer.add_document(**_fields(document))
            segments.append(writer._finalize_segment())
        except BaseException:
            _cancel(writer)
            raise
    return segments


def _cancel(writer: Any) -> None:
    """Let go of a writer's files and lock; Whoosh's own cancelling ends at the first step that fails."""
    for step in (writer.perdocwriter.close, writer.fieldwriter.close, writer.pool.cleanup, writer._finish):
        with suppress(Exception):
            step()


def _fields(document: Document) -> dict[str, Any]:
    """Return what Whoosh is told of a document."""
    own, head = Counter(document.own.split(" ")), Counter(document.head.split(" "))
    del own[analyzer.GAP], head[analyzer.GAP], own[""], head[""]
    fields = {
        "own": own.items(),
        "forms": [(form, 1) for form in document.forms.split()],
        "head": head.items(),
        "customer": str(document.customer),
        "whose": document.customer,
        "passage": document.passage,
        "day": document.day or NO_DAY,
        "stamp": document.stamp,
    }
    return fields | {"archived": "1"} if document.is_archived else fields


def _delete(writer: Any, customers: Collection[int]) -> None:
    from whoosh import query  # who only asks goes without

    keys = iter(customers)
    while some := list(islice(keys, _DELETE_AT_ONCE)):
        writer.delete_by_query(query.Or([query.Term("customer", str(key)) for key in some]))
