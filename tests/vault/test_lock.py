from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from vault_tool.errors import Exit
from vault_tool.vault.lock import Busy, write_lock
from vault_tool.vault.places import Places

HOLDER = """
import sys, time
from pathlib import Path
from vault_tool.vault.lock import write_lock
from vault_tool.vault.places import Places
with write_lock(Places(Path(sys.argv[1]), Path(sys.argv[1])), "vault lint --fix"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(places: Places):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(places.state)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_second_writer_waits_and_then_names_the_first(places: Places, holder: subprocess.Popen[bytes]):
    began = time.monotonic()

    with pytest.raises(Busy) as refused, write_lock(places, "vault log", timeout=0.3):
        pass

    assert time.monotonic() - began >= 0.3
    assert str(refused.value) == (
        f"The vault is busy: `vault lint --fix` (process {holder.pid}) is writing to it."
    )
    assert refused.value.exit_code is Exit.BUSY


def test_a_second_writer_goes_on_when_the_first_ends(places: Places, holder: subprocess.Popen[bytes]):
    threading.Timer(0.3, holder.terminate).start()

    with write_lock(places, "vault log", timeout=20):
        assert holder.wait(timeout=20) != 0


def test_the_death_of_its_holder_frees_the_lock(places: Places, holder: subprocess.Popen[bytes]):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    with write_lock(places, "vault log", timeout=0):
        pass


def test_a_holder_of_whom_nothing_is_known_is_still_a_holder(places: Places, holder: subprocess.Popen[bytes]):
    (places.state / "write.holder").write_bytes(b"\xff{not json")

    with pytest.raises(Busy), write_lock(places, "vault log", timeout=0):
        pass


def test_the_lock_may_be_taken_again_inside(places: Places):
    with write_lock(places, "outer", timeout=0):
        with write_lock(places, "inner", timeout=0):
            pass
        with pytest.raises(Busy):
            _in_thread(places)

    _in_thread(places)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_holds_nothing_and_keeps_nothing_locked(places: Places):
    told, tells = os.pipe()
    waits, ends = os.pipe()
    with write_lock(places, "outer", timeout=0):
        child = os.fork()
        if not child:
            try:
                os.close(ends)
                with suppress(Busy), write_lock(places, "child", timeout=0):
                    os.write(tells, b"has it")
                os.write(tells, b".")
                os.read(waits, 1)  # lives on until the lock was taken again
            finally:
                os._exit(0)
        assert os.read(told, 10) == b"."

    _in_thread(places)
    os.close(ends)
    os.waitpid(child, 0)


def test_an_error_inside_frees_the_lock(places: Places):
    with pytest.raises(KeyboardInterrupt), write_lock(places, "vault log", timeout=0):
        raise KeyboardInterrupt

    _in_thread(places)


def test_the_lock_lies_outside_the_vault(places: Places, root: Path):
    with write_lock(places, "vault log"):
        assert {path.name for path in root.iterdir()} == {"customers", "vault.toml"}


def _in_thread(places: Places) -> None:
    """Take the lock in another thread, which is to a lock as good as another process."""
    caught: list[BaseException] = []

    def take() -> None:
        try:
            with write_lock(places, "thread", timeout=0):
                pass
        except BaseException as error:  # noqa: BLE001 - it is the test's to judge
            caught.append(error)

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    if caught:
        raise caught[0]
