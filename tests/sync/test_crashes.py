"""A sync that ends at any instant loses nothing: the next command makes good."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest

from tests.sync.kills import forked, killed_at
from tests.sync.machine import Machine
from tests.sync.world import World, empty_place

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    """Two machines that both have something to save, and to receive."""
    world = World(empty_place("crash"))
    world.begin({"a": True, "b": True})
    a, b = (Machine(world, name, True) for name in "ab")
    for machine, day in ((a, 12), (b, 13)):
        for path in machine.notes()[:3]:
            text = machine.read(path)
            at = text.index("## ")
            machine.save(path, f"{text[:at]}## 2026-11-{day} 电话\n\n{world.token()}\n\n{text[at:]}")
        machine.save(machine.root / f"customers/new-{machine.name}.md", note(world, machine.name))
    renamed = b.notes()[-1]
    renamed.rename(renamed.with_name("renamed.md"))
    a.save(a.notes()[0], a.read(a.notes()[0]).replace("stage:", f"手机: {world.secret('id: c0')}\nstage:"))
    b.sync()
    world.keep()
    yield world
    shutil.rmtree(world.place)


def note(world: World, name: str) -> str:
    return f"---\nid: cnew{name}\nname: {name}\ntype: person\nstage: lead\nowner: li.na\n---\n\n{world.token()}\n"


def check(world: World, a: Machine, b: Machine | None, what: object) -> None:
    """All is there; the other machine comes to the same."""
    ran = a.sync()
    assert ran.status == 0, (what, ran)
    machines = [a]
    if b is not None:
        b.sync()
        assert a.head == b.head, what
        machines.append(b)
    world.check_nothing_lost(*machines)
    for machine in machines:
        assert machine.status == "", (what, machine.name, machine.status)
    assert not list(a.root.rglob(".vault-tmp-*")), what
    said = a.git("fsck", "--full", "--strict", ok=False)
    assert said.startswith("0\n"), (what, said)
    world.check_server()


def test_killed_before_any_git_call_or_file_write(made: World):
    number = 0
    was_killed = True
    while was_killed:
        number += 1
        made.reset()
        a, b = (Machine(made, name, True) for name in "ab")
        was_killed = killed_at(a, number)
        check(made, a, b, number)
    assert number > 20, "what is counted is not what sync does"
    made.check_nothing_in_plain([a, b])


def test_killed_at_a_hundred_moments(made: World):
    dice = random.Random(20261122)
    made.reset()
    a, b = (Machine(made, name, True) for name in "ab")
    began = time.monotonic()
    os.waitpid(forked(partial(a.vault, "sync")), 0)
    seconds = time.monotonic() - began
    kills = 0
    for moment in range(100):
        made.reset()
        a, b = (Machine(made, name, True) for name in "ab")
        child = forked(partial(a.vault, "sync"))
        time.sleep(dice.random() * seconds)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        # What the other one comes to is what it came to at the last moment.
        check(made, a, b if moment % 5 == 0 else None, moment)
    assert kills > 30
