"""A sync that ends at any instant loses nothing: the next command makes good."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest

from tests.sync.world import Machine, World, empty_place

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate")
_STARTS = ("subprocess.Popen", "os.posix_spawn")


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
    a.save(a.notes()[0], a.read(a.notes()[0]).replace("stage:", f"手机: {world.secret()}\nstage:"))
    b.sync()
    world.keep()
    yield world
    shutil.rmtree(world.place)


def note(world: World, name: str) -> str:
    return f"---\nid: cnew{name}\nname: {name}\ntype: person\nstage: lead\nowner: li.na\n---\n\n{world.token()}\n"


def forked(work: Callable[[], object]) -> int:
    """Do something in a process of its own, in a group of its own; return its id."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.setpgid(0, 0)
        work()
        status = 0
    finally:
        os._exit(status)


def killed_at(machine: Machine, number: int, home: str) -> bool:
    """Sync, and end with SIGKILL before the git call or file write of this number; False when it ended before."""
    count = 0

    def watch(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        if event == "open":
            path, _mode, flags = args
            if not isinstance(flags, int) or not flags & _WRITES or not str(path).startswith(home):
                return
        elif event not in _CHANGES and event not in _STARTS:
            return
        count += 1
        if count == number:
            os.killpg(0, signal.SIGKILL)

    def work() -> None:
        sys.addaudithook(watch)
        machine.vault("sync")

    _pid, status = os.waitpid(forked(work), 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


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
        was_killed = killed_at(a, number, str(made.live))
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
