"""What search asks of an engine: passages in, ranked keys of passages out.

An engine is a follower of the catalog. It keeps, in the same commit as the passages, which change of which
catalog it took in last; a crash only makes it follow once more. Where it does not know which token follows
which (`keeps_order`), its answers may be too many, and whoever asks compares them with the text. They are
never too few.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple

Progress = Callable[[int, int], None]
Order = Literal["score", "day"]
Writer = TypeVar("Writer")

# Okapi BM25's two constants as Robertson and Zaragoza (2009) advise: how soon a word that comes again stops
# to count, and how much a long text loses. Tantivy has them built in.
K1, B = 1.2, 0.75
# A save takes 20 ms; whoever writes for longer than these looks take is building.
_LOOKS, _BETWEEN = 25, 0.02
# How much more a word counts that stands in a head: what somebody is called by says most about a passage.
HEAD = 1.5


class Position(NamedTuple):
    """How far an engine has followed: the catalog's generation, and its number of the last change."""

    generation: str
    seq: int


class Document(NamedTuple):
    """A passage for the index.

    Tokens stand in a text that blanks part: `own` are those of the passage, in order (`analyzer.analyse`);
    what weighs more comes several times. `forms`
    are other forms of its words, and its channel and kind (`analyzer.sign_of`). `head` are the tokens of its
    customer's names and tags, which also stand for the passage and raise its score; a profile has them among
    its own as well. `stamp` sums up all this, for `Engine.stamps`.
    """

    passage: int
    customer: int
    day: int | None
    is_archived: bool
    own: str
    forms: str
    head: str
    stamp: int


class Want(NamedTuple):
    """All of these tokens, and a word that begins with `prefix`; of `is_form`, among the other forms.

    `in_order`: each must follow the one before it, where the engine keeps their order.
    """

    tokens: tuple[str, ...] = ()
    prefix: str = ""
    is_form: bool = False
    in_order: bool = False


class AllOf(NamedTuple):
    """Every one of these."""

    nodes: tuple[Node, ...]


class AnyOf(NamedTuple):
    """At least one of these."""

    nodes: tuple[Node, ...]


Node = Want | AllOf | AnyOf


class Wanted(NamedTuple):
    """Which passages an engine is asked for: those where the node holds.

    A `Want` may stand in the passage or in its head; unless `anywhere`, at least one must stand in the
    passage itself. None of `without` holds there. `archived` None means all customers, `customers` only
    these; `days` are the first and the last that count. What `besides` finds is left out.
    """

    node: Node
    anywhere: bool = False
    without: tuple[Node, ...] = ()
    archived: bool | None = None
    customers: frozenset[int] | None = None
    days: tuple[int, int] | None = None
    besides: Wanted | None = None


class Scored(NamedTuple):
    """A passage that was found, by key; its day where it has one."""

    passage: int
    score: float
    day: int | None
    customer: int


class Best(NamedTuple):
    """The first hits of `total`, best or newest first."""

    total: int
    hits: list[Scored]


class EngineBusy(VaultError):
    """Another process builds the index, and there is none yet to answer from."""

    message = N_("Another process is building the search index.")
    hint = N_("Run the command again in a moment; `vault list` answers meanwhile.")
    exit_code = Exit.BUSY


class EngineMissing(VaultError):
    """The settings choose an engine that is not installed."""

    message = N_('vault.toml chooses the search engine "{name}", which is not installed.')
    hint = N_("Install it with: pip install 'vault-tool[fast]', or write engine = \"auto\".")
    exit_code = Exit.UNREADABLE


class EngineLocked(Exception):
    """Another process writes to the index; what it last committed can be read."""


class EngineDamaged(Exception):
    """The index can't be read as this engine writes it."""


class Engine(Protocol):
    """An index that can be searched, and written by one process at a time.

    Any method may raise `EngineDamaged`; then `clear` makes it empty, and it can be filled again.
    """

    name: str
    keeps_order: bool

    def position(self) -> Position | None:
        """Return how far the index follows the catalog; None when there is nothing in it."""
        ...

    def write(
        self,
        position: Position,
        customers: Collection[int] | None,
        documents: Iterable[Document],
        progress: Progress | None = None,
        total: int = 0,
    ) -> None:
        """Replace the passages of these customers (of all: None) and note the position, in one commit.

        Raises `EngineLocked` when another process is writing. Progress goes up to `total`, the number of
        documents, and is there when the commit is done.
        """
        ...

    def best(self, wanted: Wanted, most: int, order: Order = "score") -> Best:
        """Return the first so many passages, and how many there are; those without a day come last by day."""
        ...

    def every(self, wanted: Wanted) -> dict[int, Scored]:
        """Return all of the passages, by key, in no order."""
        ...

    def words(self, beginning: str) -> list[str]:
        """Return the tokens of the index that begin so."""
        ...

    def stamps(self) -> dict[int, int]:
        """Return every passage of the index with its document's stamp."""
        ...

    def clear(self) -> None:
        """Throw the index away."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def open_engine(chosen: str, folder: Path | None) -> Engine:
    """Open the engine that the settings choose: the one named, or the fastest that is installed (`auto`).

    Its index lies in `folder`; without one it lives in memory, for this run alone.
    """
    if chosen != "whoosh":
        try:
            from vault_tool.search.engines.tantivy import TantivyEngine
        except ImportError as error:
            if chosen == "tantivy":
                raise EngineMissing(name=chosen) from error
        else:
            return TantivyEngine(folder / "tantivy" if folder else None)
    from vault_tool.search.engines.whoosh import WhooshEngine

    return WhooshEngine(folder / "whoosh" if folder else None)


def when_free(writer: Callable[[], Writer | None]) -> Writer:
    """Return a writer as soon as there is one; `writer` gives None while another process writes.

    So many looks are taken, not so many seconds: where a machine stands still, or has too much to do, time
    goes by for the other process as well. Raises `EngineLocked` after the last.
    """
    for look in range(_LOOKS):
        if look:
            time.sleep(_BETWEEN)
        if (found := writer()) is not None:
            return found
    raise EngineLocked
