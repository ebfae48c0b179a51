"""What is told is handed over at once after a calm, and in batches under load."""

from __future__ import annotations

import threading
import time

import pytest

from vault_tool.watch.dirty import QUIET, QUIET_MOST, SETTLE, SETTLE_MOST, Dirty


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dirty(clock: Clock) -> Dirty:
    return Dirty(clock)


def test_nothing_told_is_never_due(dirty: Dirty):
    assert dirty.due_at() is None and len(dirty) == 0


def test_a_save_whose_end_is_told_is_due_at_once(dirty: Dirty, clock: Clock):
    dirty.add(["a.md"])
    assert dirty.due_at() == clock.now + SETTLE

    dirty.add(["a.md"], is_complete=True)

    assert dirty.due_at() == clock.now
    assert dirty.take().paths == ["a.md"]


def test_a_save_without_an_end_waits_for_its_other_events_but_not_long(dirty: Dirty, clock: Clock):
    start = clock.now
    for _ in range(20):
        dirty.add(["a.md"])
        clock.now += 0.01

    assert dirty.due_at() == start + SETTLE_MOST


def test_under_load_paths_wait_for_quiet(dirty: Dirty, clock: Clock):
    dirty.add(["a.md"], is_complete=True)
    dirty.take()
    clock.now += 0.1
    dirty.add(["b.md"], is_complete=True)

    assert dirty.due_at() == clock.now + QUIET


def test_under_load_nothing_waits_longer_than_two_seconds(dirty: Dirty, clock: Clock):
    dirty.add(["first.md"])
    dirty.take()
    clock.now += 0.1
    start = clock.now
    for number in range(100):
        dirty.add([f"{number}.md"])
        clock.now += 0.1

    assert dirty.due_at() == start + QUIET_MOST
    assert len(dirty.take().paths) == 100


def test_after_a_calm_a_save_is_due_at_once_again(dirty: Dirty, clock: Clock):
    dirty.add(["a.md"], is_complete=True)
    dirty.take()
    clock.now += 2 * QUIET
    dirty.add(["a.md"], is_complete=True)

    assert dirty.due_at() == clock.now


def test_folders_mean_everything(dirty: Dirty):
    dirty.add((), everything=True)

    assert len(dirty) == 1
    assert dirty.take() == ([], True)
    assert dirty.take() == ([], False)


def test_many_threads_lose_nothing():
    dirty = Dirty()
    taken: set[str] = set()

    def tell(thread: int) -> None:
        for number in range(2_000):
            dirty.add([f"{thread}-{number}.md"])

    threads = [threading.Thread(target=tell, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken.update(dirty.take().paths)
    taken.update(dirty.take().paths)

    assert len(taken) == 8_000


def test_waiting_ends_when_something_comes_in_or_somebody_wakes_it():
    dirty = Dirty()
    for act in (lambda: dirty.add(["a.md"]), dirty.wake):
        threading.Timer(0.05, act).start()
        began = time.monotonic()
        dirty.wait(began + 30)

        assert time.monotonic() - began < 20
        dirty.take()


def test_the_first_hint_is_announced_before_it_can_be_handed_over():
    seen: list[str] = []
    told = Dirty(on_first=lambda: seen.append("something"))
    told.add(["a.md"])
    told.add(["b.md"])

    assert seen == ["something"]
    told.if_empty(lambda: seen.append("empty"))
    told.take()
    told.if_empty(lambda: seen.append("empty now"))
    assert seen == ["something", "empty now"]
