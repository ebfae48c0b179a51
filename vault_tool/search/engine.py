"""What search asks of an engine: passages in, ranked keys of passages out.

An engine is a follower of the catalog. It keeps, in the same commit as the passages, which change of which
catalog it took in last; a crash only makes it follow once more. Its answers may be too many (words that
stand near each other instead of touching): whoever asks compares them with the text. They are never too few.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

Progress = Callable[[int, int], None]


class Position(NamedTuple):
    """How far an engine has followed: the catalog's generation, and its number of the last change."""

    generation: str
    seq: int


class Document(NamedTuple):
    """A passage for the index.

    `own` counts its tokens; `stress` is what some of them weigh beside that, such as those of bold words.
    `forms` are other forms of its words. `head` weighs the tokens of its customer's names and tags, which
    also stand for the passage; a profile has them among its own.
    """

    passage: int
    customer: int
    day: int | None
    own: Mapping[str, int]
    stress: Mapping[str, float]
    forms: Collection[str]
    head: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Want:
    """All of these tokens, and a word that begins with `prefix`; of `is_form`, among the other forms."""

    tokens: tuple[str, ...] = ()
    prefix: str = ""
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these."""

    nodes: tuple[Node, ...]


Node = Want | AllOf | AnyOf


class Ranked(NamedTuple):
    """A passage's score, and its day where it has one."""

    score: float
    day: int | None


class EngineBusy(VaultError):
    """Another process builds the index, and there is none yet to answer from."""

    message = N_("Another process is building the search index.")
    hint = N_("Run the command again in a moment; `vault list` answers meanwhile.")
    exit_code = Exit.BUSY


class EngineLocked(Exception):
    """Another process writes to the index; what it last committed can be read."""


class EngineDamaged(Exception):
    """The index can't be read as this engine writes it."""


class Engine(Protocol):
    """An index that can be searched, and written by one process at a time.

    Any method may raise `EngineDamaged`; then `clear` makes it empty, and it can be filled again.
    """

    name: str

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

    def search(self, node: Node, *, anywhere: bool = False) -> dict[int, Ranked]:
        """Return every passage that matches, by key.

        A `Want` may stand in the passage or in its head; unless `anywhere`, at least one must stand in the
        passage itself. What must not stand there is the asker's to leave out.
        """
        ...

    def words_like(self, word: str, count: int) -> list[str]:
        """Return words of the index that are nearly this one, the likest first."""
        ...

    def clear(self) -> None:
        """Throw the index away."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def open_engine(chosen: str, folder: Path | None) -> Engine:
    """Open the engine that the settings choose: the fastest that is installed, or the one named.

    Its index lies in `folder`; without one it lives in memory, for this run alone. So far there is one.
    """
    del chosen  # tantivy, the other one, comes with its own issue; Whoosh is what every install has
    from vault_tool.search.engines.whoosh import WhooshEngine

    return WhooshEngine(folder / "whoosh" if folder else None)
