"""What every engine must do; whichever is installed answers alike."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.search.engine import (
    AllOf,
    AnyOf,
    Document,
    Engine,
    EngineDamaged,
    EngineLocked,
    Node,
    Position,
    Want,
)
from vault_tool.search.engines.whoosh import WhooshEngine

Opener = Callable[[Path | None], Engine]
ENGINES: list[Opener] = [WhooshEngine]

FIRST = Position("g", 1)


@pytest.fixture(params=ENGINES, ids=lambda opener: opener.__name__)
def opener(request: pytest.FixtureRequest) -> Opener:
    opened: Opener = request.param
    return opened


def document(passage: int, own: str, head: str = "", *, customer: int = 1, forms: str = "") -> Document:
    counted = {token: own.split().count(token) for token in own.split()}
    return Document(
        passage, customer, None, counted, {}, set(forms.split()), dict.fromkeys(head.split(), 4.0)
    )


def filled(engine: Engine, *documents: Document) -> Engine:
    engine.write(FIRST, None, documents)
    return engine


# --- against sets ------------------------------------------------------------------------------------------

letters = st.sampled_from("abcde")
texts = st.lists(letters, max_size=4).map(" ".join)
wants = st.one_of(
    st.lists(letters, min_size=1, max_size=2).map(lambda some: Want(tuple(some))),
    letters.map(lambda letter: Want(prefix=letter)),
    letters.map(lambda letter: Want((letter,), is_form=True)),
)
nodes: st.SearchStrategy[Node] = st.recursive(
    wants,
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(
        lambda some: AllOf(tuple(some)) if len(some) % 2 else AnyOf(tuple(some))
    ),
    max_leaves=5,
)


def wanted(node: Node) -> Iterator[Want]:
    if isinstance(node, Want):
        yield node
    else:
        for inner in node.nodes:
            yield from wanted(inner)


def stands(want: Want, tokens: Iterable[str]) -> bool:
    return set(want.tokens) <= set(tokens) and any(token.startswith(want.prefix) for token in tokens)


def matches(node: Node, made: Document, *, with_head: bool) -> bool:
    match node:
        case Want(is_form=True):
            return stands(node, made.forms)
        case Want():
            return stands(node, made.own) or (with_head and stands(node, made.head))
        case AllOf(nodes=nodes):
            return all(matches(inner, made, with_head=with_head) for inner in nodes)
        case AnyOf(nodes=nodes):
            return any(matches(inner, made, with_head=with_head) for inner in nodes)


@given(st.lists(st.tuples(texts, texts, texts), max_size=12), st.lists(nodes, min_size=1, max_size=12))
def test_an_engine_finds_what_sets_of_tokens_say(made, asked):
    documents = [document(at, own, head, forms=other) for at, (own, head, other) in enumerate(made)]
    for opened in ENGINES:
        engine = filled(opened(None), *documents)

        for node in asked:
            everywhere = {d.passage for d in documents if matches(node, d, with_head=True)}
            inside = {
                d.passage for d in documents if any(matches(w, d, with_head=False) for w in wanted(node))
            }
            assert set(engine.search(node, anywhere=True)) == everywhere
            assert set(engine.search(node)) == everywhere & inside


def test_more_passages_than_one_block_are_all_found(opener):
    documents = [document(at, "a" if at % 3 else "a b") for at in range(3000)]
    engine = filled(opener(None), *documents)

    assert set(engine.search(AllOf((Want(("a",)), Want(("b",)))))) == set(range(0, 3000, 3))
    assert len(engine.search(Want(("a",)))) == 3000


def test_what_weighs_more_comes_first(opener):
    named = document(1, "a c d")._replace(stress={"a": 7.0})
    engine = filled(opener(None), document(2, "a c d"), named, document(3, "c d"))

    found = engine.search(Want(("a",)))

    assert sorted(found, key=lambda key: found[key].score) == [2, 1]


def test_words_like_a_misspelt_one_are_those_of_the_index(opener):
    engine = filled(opener(None), document(1, "price prize notice"))

    assert set(engine.words_like("priec", 3)) == {"price", "prize"}
    assert engine.words_like("price", 3) == ["prize"]


# --- following ---------------------------------------------------------------------------------------------


def test_an_engine_remembers_in_the_same_commit_how_far_it_followed(opener, tmp_path):
    engine = opener(tmp_path / "index")
    assert engine.position() is None

    filled(engine, document(1, "a"))
    engine.write(Position("g", 5), [1], [document(2, "b")])

    again = opener(tmp_path / "index")
    assert again.position() == Position("g", 5)
    assert set(again.search(Want(("b",)))) == {2}
    assert again.search(Want(("a",))) == {}
    again.close()


def test_the_note_of_how_far_is_no_hit(opener):
    engine = filled(opener(None), document(1, "position"))

    assert set(engine.search(Want(("position",)))) == {1}
    assert set(engine.search(Want(prefix="p"))) == {1}


def test_a_write_that_fails_leaves_everything_as_it_was(opener, tmp_path):
    def broken() -> Iterator[Document]:
        yield document(2, "b")
        raise KeyboardInterrupt

    engine = filled(opener(tmp_path / "index"), document(1, "a"))

    with pytest.raises(KeyboardInterrupt):
        engine.write(Position("g", 2), None, broken())

    assert engine.position() == FIRST
    assert set(engine.search(Want(("a",)))) == {1}
    engine.write(Position("g", 3), [1], [])
    assert engine.search(Want(("a",))) == {}
    engine.close()


def test_progress_rises_to_the_number_of_documents_and_is_there_after_the_commit(opener):
    told: list[tuple[int, int]] = []

    many = [document(at, f"a b word{at}") for at in range(3000)]
    opener(None).write(FIRST, None, many, lambda done, total: told.append((done, total)), len(many))

    assert told == sorted(told)
    assert {total for _, total in told} == {3000}
    assert told[-1] == (3000, 3000)
    assert any(0 < done <= 1500 for done, _ in told)
    assert any(1500 < done < 3000 for done, _ in told)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_an_interruption_says_nothing_and_leaves_everything_as_it_was(opener, tmp_path, capfd, share):
    def interrupt(done: int, total: int) -> None:
        if done > share * total:
            raise KeyboardInterrupt

    engine = filled(opener(tmp_path / "index"), document(1, "z"))
    many = [document(at, f"a b word{at}") for at in range(3000)]

    with pytest.raises(KeyboardInterrupt):
        engine.write(Position("g", 2), None, many, interrupt, len(many))

    gc.collect()
    assert capfd.readouterr() == ("", "")
    assert engine.position() == FIRST
    assert set(engine.search(Want(("z",)))) == {1}
    engine.close()


changes = st.lists(st.tuples(st.integers(1, 6), texts), min_size=1, max_size=40)


@given(changes)
def test_saving_one_by_one_ends_where_making_all_at_once_does(made):
    for opened in ENGINES:
        engine = opened(None)
        now: dict[int, Document] = {}
        for seq, (customer, own) in enumerate(made):
            now[customer] = document(seq, own, customer=customer)
            engine.write(Position("g", seq), [customer], [now[customer]])
        at_once = filled(opened(None), *now.values())

        for letter in "abcde":
            assert set(engine.search(Want((letter,)))) == set(at_once.search(Want((letter,))))


def test_another_writer_is_waited_for_a_moment_and_then_left_alone(opener, tmp_path):
    engine = filled(opener(tmp_path / "index"), document(1, "a"))

    with held_by_another_process(opener, tmp_path / "index"):
        with pytest.raises(EngineLocked):
            engine.write(Position("g", 2), [1], [])
        assert set(engine.search(Want(("a",)))) == {1}

    engine.write(Position("g", 2), [1], [])
    assert engine.search(Want(("a",))) == {}
    engine.close()


class held_by_another_process:  # noqa: N801 - reads as what it says
    """While inside, a process of its own is in the midst of writing to an index."""

    def __init__(self, opener: Opener, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._writing = context.Event()
        self._process = context.Process(target=_write_for_ever, args=(opener, folder, self._writing))

    def __enter__(self) -> None:
        self._process.start()
        assert self._writing.wait(60)

    def __exit__(self, *_: object) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGTERM)
        self._process.join()


def _write_for_ever(opener: Opener, folder: Path, writing: multiprocessing.synchronize.Event) -> None:
    def documents() -> Iterator[Document]:
        for at in range(1_000_000):
            yield document(at, "b")
            writing.set()
            time.sleep(0.01)

    opener(folder).write(Position("g", 9), None, documents())


# --- damage ------------------------------------------------------------------------------------------------


# Whoosh leaves the files open of what it fails to read.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_damaged_index_is_said_to_be_and_can_be_made_again(opener, tmp_path):
    folder = tmp_path / "index"
    dice = random.Random(7)
    for _ in range(30):
        engine = filled(opener(folder), *(document(at, "a b c") for at in range(20)))
        engine.close()
        broken = dice.choice([path for path in sorted(folder.iterdir()) if path.stat().st_size])
        data = bytearray(broken.read_bytes())
        match dice.randrange(3):
            case 0:
                broken.write_bytes(data[: dice.randrange(len(data))])
            case 1:
                broken.write_bytes(dice.randbytes(len(data)))
            case 2:
                broken.unlink()

        engine = opener(folder)
        try:
            engine.position()
            engine.search(AllOf((Want(("a",)), Want(("b",)))))
            engine.write(Position("g", 2), [1], [document(1, "a")])
        except EngineDamaged:
            pass
        engine.clear()
        filled(engine, document(1, "a"))

        assert engine.position() == FIRST
        assert set(engine.search(Want(("a",)))) == {1}
        engine.close()
    gc.collect()


def test_an_index_of_another_version_counts_as_none(opener, tmp_path, monkeypatch):
    engine = filled(opener(tmp_path / "index"), document(1, "a"))
    engine.close()

    monkeypatch.setattr("vault_tool.search.engines.whoosh._FORMAT", ["another"])

    again = opener(tmp_path / "index")
    assert again.position() is None
    again.close()
