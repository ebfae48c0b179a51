"""Listening goes on, whatever happens: repairs wait longer and longer, refusals become comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watch.test_dirty import Clock
from vault_tool.watch import listening as module
from vault_tool.watch.dirty import Dirty
from vault_tool.watch.events import Events
from vault_tool.watch.listening import (
    BACK_OFF,
    BACK_OFF_MOST,
    CHECK_SECONDS,
    FORGOTTEN_AFTER,
    POLL_SECONDS,
    Listening,
)
from vault_tool.watch.news import CannotListen, EventsLost, EventsStopped, TooManyFolders


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def listening(tmp_path: Path, clock: Clock) -> Iterator[Listening]:
    (tmp_path / "root").mkdir()
    listening = Listening(tmp_path / "root", tmp_path, Dirty(clock), clock)
    assert listening.start() is None
    yield listening
    listening.stop()


def refuse(*_: object) -> None:
    raise TooManyFolders(reason="full")


def test_it_is_reliable_until_in_doubt(listening: Listening, clock: Clock):
    assert listening.is_reliable and listening.repair_at() is None
    listening.doubt(True)

    assert not listening.is_reliable
    due = listening.repair_at()
    assert due is not None and due <= clock.now


def test_a_repair_says_what_had_happened(listening: Listening):
    listening.doubt(True)
    assert isinstance(listening.repair()[0], EventsLost)
    listening.doubt(False)
    assert isinstance(listening.repair()[0], EventsStopped)

    assert (listening.overflows, listening.restarts) == (1, 2)
    assert listening.is_reliable


def test_repeated_losses_are_repaired_less_and_less_often(listening: Listening, clock: Clock):
    began = clock.now
    pauses = []
    for _ in range(12):
        listening.doubt(True)
        due = listening.repair_at()
        assert due is not None
        pauses.append(max(0.0, due - clock.now))
        clock.now = max(clock.now, due)
        listening.repair()

    assert pauses[0] == 0.0 and pauses[1] == BACK_OFF
    assert pauses[2:5] == [2 * BACK_OFF, 4 * BACK_OFF, 8 * BACK_OFF]
    assert pauses[-1] == BACK_OFF_MOST
    assert listening.restarts / (clock.now - began) < 1 / 20


def test_a_loss_long_after_the_last_one_is_no_repeat(listening: Listening, clock: Clock):
    for _ in range(5):
        listening.doubt(True)
        listening.repair()
    clock.now += FORGOTTEN_AFTER + 1
    listening.doubt(True)
    listening.repair()
    listening.doubt(True)

    assert listening.repair_at() == clock.now + BACK_OFF


def test_a_dead_thread_is_in_doubt_at_the_next_check(listening: Listening):
    observer = listening._events._observer
    assert observer
    (emitter,) = observer.emitters
    emitter.stop()
    emitter.join(5)
    listening.check()
    listening.check()

    assert len(listening._losses) == 1
    listening.repair()
    assert listening.is_reliable


def test_where_nothing_is_told_everything_is_compared(
    listening: Listening, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(Events, "start", refuse)
        listening.stop()
        assert isinstance(listening.start(), TooManyFolders)
        assert listening.backend is None and listening.polls == POLL_SECONDS and not listening.is_reliable
        clock.now += CHECK_SECONDS / 2
        assert isinstance(listening.check_room(), TooManyFolders)
    # Not tried yet, for that may take seconds.
    assert listening.backend is None
    clock.now += CHECK_SECONDS

    assert listening.check_room() is None
    assert listening.backend and listening.polls is None and listening.is_reliable


def test_a_folder_too_many_ends_the_trust_in_events(
    listening: Listening, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Events, "check_room", refuse)
    clock.now += CHECK_SECONDS + 1

    assert isinstance(listening.check_room(), CannotListen)
    assert listening.backend is None and listening.polls == POLL_SECONDS


@pytest.mark.parametrize(("took", "expected"), [(0.04, 5.0), (0.5, 10.0), (9.0, 30.0)])
def test_comparisons_that_take_long_are_made_less_often(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, took: float, expected: float
):
    listening.took(took)
    assert listening.polls is None
    listening.polls = POLL_SECONDS
    listening.took(took)

    assert listening.polls == expected


def test_on_another_machines_folder_events_are_not_enough(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "lies_remote", lambda _path: True)
    listening = Listening(tmp_path, tmp_path, Dirty(clock), clock)
    try:
        assert listening.start() is None
        assert listening.backend and listening.polls == POLL_SECONDS and not listening.is_reliable
    finally:
        listening.stop()
