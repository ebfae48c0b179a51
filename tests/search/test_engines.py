"""What every engine must do; whichever is installed answers alike."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from pathlib import Path

import pytest
from hypothesis import given, settings
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
    Wanted,
    when_free,
)
from vault_tool.search.engines.tantivy import TantivyEngine
from vault_tool.search.engines.whoosh import WhooshEngine
from vault_tool.search.words import words_like

Opener = Callable[[Path | None], Engine]
ENGINES: list[Opener] = [WhooshEngine, TantivyEngine]

FIRST = Position("g", 1)


@pytest.fixture(params=ENGINES, ids=lambda opener: opener.__name__)
def opener(request: pytest.FixtureRequest) -> Opener:
    opened: Opener = request.param
    return opened


def document(passage: int, own: str, head: str = "", *, customer: int = 1, forms: str = "") -> Document:
    return Document(passage, customer, None, False, own, " ".join(set(forms.split())), head, passage)


def found(engine: Engine, node: Node, **wanted: object) -> set[int]:
    """Name what an engine finds, which must be as much as it counts, whichever way it is asked."""
    asked = Wanted(node, **wanted)  # type: ignore[arg-type]
    every = engine.every(asked)
    for order in ("score", "day"):
        best = engine.best(asked, 10_000, order)
        assert (best.total, {hit.passage for hit in best.hits}) == (len(every), set(every))
    return set(every)


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
            return stands(node, made.forms.split())
        case Want():
            return stands(node, made.own.split()) or (with_head and stands(node, made.head.split()))
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
            assert found(engine, node, anywhere=True) == everywhere
            assert found(engine, node) == everywhere & inside


@given(
    st.lists(st.tuples(texts, st.integers(1, 3), st.booleans()), max_size=12),
    nodes,
    nodes,
    nodes,
    st.booleans(),
)
def test_what_is_barred_is_not_found(made, node, barred, other, archived):
    documents = [
        document(at, own, customer=customer)._replace(
            is_archived=customer == 2 and is_archived, day=at % 5 or None
        )
        for at, (own, customer, is_archived) in enumerate(made)
    ]

    def holds(node: Node, each: Document) -> bool:
        return matches(node, each, with_head=False)

    for opened in ENGINES:
        engine = filled(opened(None), *documents)

        assert found(engine, node, without=(barred,)) == {
            each.passage for each in documents if holds(node, each) and not holds(barred, each)
        }
        assert found(engine, node, archived=archived) == {
            each.passage for each in documents if holds(node, each) and each.is_archived == archived
        }
        assert found(engine, node, customers=frozenset({1, 2})) == {
            each.passage for each in documents if holds(node, each) and each.customer in (1, 2)
        }
        assert found(engine, node, days=(2, 3)) == {
            each.passage for each in documents if holds(node, each) and each.day in (2, 3)
        }
        assert found(engine, node, besides=Wanted(other)) == {
            each.passage for each in documents if holds(node, each) and not holds(other, each)
        }


@given(st.lists(st.lists(letters, max_size=8), max_size=8), st.lists(letters, min_size=2, max_size=4))
def test_tokens_wanted_in_order_are_found_so_or_at_least_all_there(made, wanted):
    documents = [document(at, " ".join(own)) for at, own in enumerate(made)]
    run = " ".join(wanted)
    in_order = {at for at, own in enumerate(made) if run in " ".join(own)}
    for opened in ENGINES:
        engine = filled(opened(None), *documents)

        hits = found(engine, Want(tuple(wanted), in_order=True))

        assert hits == in_order if engine.keeps_order else hits >= in_order


def test_by_day_the_newest_come_first_and_those_without_a_day_last(opener):
    days = [3, None, 9, 1, 9]
    engine = filled(opener(None), *(document(at, "a")._replace(day=day) for at, day in enumerate(days)))

    assert [hit.day for hit in engine.best(Wanted(Want(("a",))), 4, "day").hits] == [9, 9, 3, 1]
    assert [hit.day for hit in engine.best(Wanted(Want(("a",))), 9, "day").hits] == [9, 9, 3, 1, None]


def test_an_engine_tells_what_it_was_told_of_each_passage(opener):
    engine = filled(opener(None), *(document(at, "a", customer=at) for at in (1, 2, 3)))
    engine.write(Position("g", 2), [2], [document(2, "b", customer=2)._replace(stamp=2**55)])

    assert engine.stamps() == {1: 1, 2: 2**55, 3: 3}


def test_both_engines_put_the_same_hits_first():
    dice = random.Random(5)
    documents = [
        document(at, " ".join(dice.choices("abcdefgh", k=dice.randrange(2, 30)))) for at in range(300)
    ]
    engines = [filled(opened(None), *documents) for opened in ENGINES]
    for node in (Want(("a",)), AllOf((Want(("a",)), Want(("b",)))), AnyOf((Want(("c",)), Want(("d",))))):
        first, second = ({hit.passage for hit in e.best(Wanted(node), 20).hits} for e in engines)

        assert len(first & second) >= 14


def test_more_passages_than_one_block_are_all_found(opener):
    documents = [document(at, "a" if at % 3 else "a b") for at in range(3000)]
    engine = filled(opener(None), *documents)

    assert found(engine, AllOf((Want(("a",)), Want(("b",))))) == set(range(0, 3000, 3))
    assert len(found(engine, Want(("a",)))) == 3000


def test_what_weighs_more_comes_first(opener):
    named = document(1, "a a a a a a a a c d")
    engine = filled(opener(None), document(2, "a c d"), named, document(3, "c d"))

    assert [hit.passage for hit in engine.best(Wanted(Want(("a",))), 5).hits] == [1, 2]


def test_words_like_a_misspelt_one_are_those_of_the_index(opener):
    engine = filled(opener(None), document(1, "price prize notice"))

    assert set(words_like(engine.words, "priec", 3)) == {"price", "prize"}
    assert words_like(engine.words, "price", 3) == ["prize"]


# --- following ---------------------------------------------------------------------------------------------


def test_an_engine_remembers_in_the_same_commit_how_far_it_followed(opener, tmp_path):
    engine = opener(tmp_path / "index")
    assert engine.position() is None

    filled(engine, document(1, "a"))
    engine.write(Position("g", 5), [1], [document(2, "b")])

    again = opener(tmp_path / "index")
    assert again.position() == Position("g", 5)
    assert found(again, Want(("b",))) == {2}
    assert found(again, Want(("a",))) == set()
    again.close()


def test_the_note_of_how_far_is_no_hit(opener):
    engine = filled(opener(None), document(1, "position"))

    assert found(engine, Want(("position",))) == {1}
    assert found(engine, Want(prefix="p")) == {1}


def test_a_write_that_fails_leaves_everything_as_it_was(opener, tmp_path):
    def broken() -> Iterator[Document]:
        yield document(2, "b")
        raise KeyboardInterrupt

    engine = filled(opener(tmp_path / "index"), document(1, "a"))

    with pytest.raises(KeyboardInterrupt):
        engine.write(Position("g", 2), None, broken())

    assert engine.position() == FIRST
    assert found(engine, Want(("a",))) == {1}
    engine.write(Position("g", 3), [1], [])
    assert found(engine, Want(("a",))) == set()
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
    assert found(engine, Want(("z",))) == {1}
    engine.close()


changes = st.lists(st.tuples(st.integers(1, 6), texts), min_size=1, max_size=40)


@given(changes)
@settings(max_examples=50)
def test_saving_one_by_one_ends_where_making_all_at_once_does(made):
    for opened in ENGINES:
        engine = opened(None)
        now: dict[int, Document] = {}
        for seq, (customer, own) in enumerate(made):
            now[customer] = document(seq, own, customer=customer)
            engine.write(Position("g", seq), [customer], [now[customer]])
        at_once = filled(opened(None), *now.values())

        for letter in "abcde":
            assert found(engine, Want((letter,))) == found(at_once, Want((letter,)))


def test_a_machine_that_stands_still_does_not_end_the_wait(monkeypatch: pytest.MonkeyPatch):
    seconds = count()
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(time, "time", lambda: next(seconds))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    looks = chain([None] * 20, ["a writer"])

    assert when_free(lambda: next(looks)) == "a writer"


def test_another_writer_is_waited_for_a_moment_and_then_left_alone(opener, tmp_path):
    engine = filled(opener(tmp_path / "index"), document(1, "a"))

    with held_by_another_process(opener, tmp_path / "index"):
        with pytest.raises(EngineLocked):
            engine.write(Position("g", 2), [1], [])
        assert found(engine, Want(("a",))) == {1}

    engine.write(Position("g", 2), [1], [])
    assert found(engine, Want(("a",))) == set()
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
    for _ in range(15):
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
            engine.every(Wanted(AllOf((Want(("a",)), Want(("b",))))))
            engine.write(Position("g", 2), [1], [document(1, "a")])
        except EngineDamaged:
            pass
        engine.clear()
        filled(engine, document(1, "a"))

        assert engine.position() == FIRST
        assert found(engine, Want(("a",))) == {1}
        engine.close()
    gc.collect()


def test_an_index_of_another_version_counts_as_none(opener, tmp_path, monkeypatch):
    engine = filled(opener(tmp_path / "index"), document(1, "a"))
    engine.close()

    monkeypatch.setattr(f"{opener.__module__}._FORMAT", ["another"])

    again = opener(tmp_path / "index")
    assert again.position() is None
    again.close()
