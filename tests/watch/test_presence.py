"""One watcher for each vault, and a word from it that others can read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vault_tool.vault.places import Places
from vault_tool.watch.presence import (
    BEAT_NAME,
    AlreadyWatched,
    Beat,
    is_watched,
    only_watcher,
    read_beat,
    write_beat,
)

HOLDER = """
import sys, time
from pathlib import Path
from vault_tool.vault.places import Places
from vault_tool.watch.presence import Beat, only_watcher, write_beat
import os
places = Places(Path(sys.argv[1]), Path(sys.argv[1]))
with only_watcher(places):
    write_beat(places, Beat(os.getpid(), time.time()))
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "state", tmp_path / "state").make()


def holder(places: Places) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(places.state)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=10)


def test_nobody_watches_at_first(places: Places, tmp_path: Path):
    assert not is_watched(places)
    assert not is_watched(Places(tmp_path / "nowhere", tmp_path / "nowhere"))
    assert read_beat(places) is None


def test_a_second_watcher_is_refused_and_told_of_the_first(places: Places):
    first = holder(places)
    try:
        assert is_watched(places)
        with pytest.raises(AlreadyWatched) as error, only_watcher(places):
            pass
        assert error.value.values["pid"] == first.pid and error.value.exit_code == 4
    finally:
        ended(first)
    assert not is_watched(places) and read_beat(places) is None


def test_the_lock_dies_with_its_holder(places: Places):
    first = holder(places)
    os.kill(first.pid, signal.SIGKILL)
    ended(first)

    assert not is_watched(places)
    with only_watcher(places):
        # What the dead one left says nothing any more, but can be read.
        left = read_beat(places)
        assert left and left.pid == first.pid


def test_asking_whether_somebody_watches_keeps_nobody_from_starting(places: Places):
    stop = time.monotonic() + 1.0
    asker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom pathlib import Path\nfrom vault_tool.vault.places import Places\n"
            "from vault_tool.watch.presence import is_watched\n"
            "places = Places(Path(sys.argv[1]), Path(sys.argv[1]))\nwhile True:\n    is_watched(places)\n",
            str(places.state),
        ]
    )
    try:
        while time.monotonic() < stop:
            with only_watcher(places):
                pass
    finally:
        asker.kill()
        asker.wait()


def test_what_is_said_can_be_read(places: Places):
    beat = Beat(7, 1.5, backend="inotify", queue=3, troubles=["index"])
    write_beat(places, beat)

    read = read_beat(places)
    assert read == beat and read.beat > 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "\xff"])
def test_what_is_no_word_of_a_watcher_is_none(places: Places, text: str):
    (places.state / BEAT_NAME).write_bytes(text.encode("latin-1"))

    assert read_beat(places) is None


def test_a_state_folder_that_takes_nothing_stops_nobody(places: Places, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    write_beat(places, Beat(7, 1.5))


def test_a_shorter_word_leaves_nothing_of_a_longer_one(places: Places):
    write_beat(places, Beat(7, 1.5, troubles=["events", "catalog", "index", "settings"]))
    write_beat(places, Beat(7, 1.5))

    read = read_beat(places)
    assert read and read.troubles == []
