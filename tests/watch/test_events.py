"""What the system tells, and what becomes of it when it does not."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from tests.watch.watching import eventually
from vault_tool.watch import events as module
from vault_tool.watch.dirty import Dirty
from vault_tool.watch.events import Events, is_noise, is_remote, is_setting
from vault_tool.watch.news import CannotListen, TooManyFolders, TooManyListeners

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "库" / "customers").mkdir(parents=True)
    return tmp_path / "库"


@pytest.fixture
def dirty() -> Dirty:
    return Dirty()


@pytest.fixture
def troubles() -> list[bool]:
    return []


@pytest.fixture
def events(root: Path, dirty: Dirty, troubles: list[bool]) -> Iterator[Events]:
    events = Events(root, dirty, troubles.append)
    events.start()
    yield events
    events.stop()


def heard(dirty: Dirty) -> set[str]:
    """Return what has been told when no more comes."""
    time.sleep(0.3)
    return set(dirty.take().paths)


def test_a_file_put_in_the_place_of_another_is_told(root: Path, dirty: Dirty, events: Events):
    made = root / "customers" / ".张三.md.tmp"
    made.write_text("x")
    made.replace(root / "customers" / "张三.md")

    assert heard(dirty) == {"customers/张三.md"}


def test_of_a_move_both_names_are_told(root: Path, dirty: Dirty, events: Events):
    (root / "customers" / "a.md").write_text("x")
    heard(dirty)
    (root / "customers" / "a.md").rename(root / "customers" / "b.md")

    assert heard(dirty) == {"customers/a.md", "customers/b.md"}


def test_reading_and_touching_tell_nothing(root: Path, dirty: Dirty, events: Events):
    for number in range(200):
        (root / "customers" / f"{number}.md").write_text("x")
    heard(dirty)
    for number in range(200):
        (root / "customers" / f"{number}.md").read_text()
        os.utime(root / "customers" / f"{number}.md")

    assert heard(dirty) == set() and dirty.due_at() is None


@pytest.mark.parametrize(
    "name",
    [
        ".张三.md.swp",
        ".张三.md.swx",
        "张三.md~",
        "4913",
        "sedAb12Cd",
        "#张三.md#",
        ".#张三.md",
        "~$张三.md",
        ".vault-tmp-1-abc",
        ".git/index.lock",
        ".git/refs/heads/main",
        ".obsidian/workspace.json",
        ".stfolder/x",
        "customers/.stversions/a.md",
        "templates/企业客户.md",
        "attachments/合同.pdf",
    ],
)
def test_names_that_are_no_notes_are_not_told(name: str, root: Path, dirty: Dirty):
    assert is_noise(name)
    events = Events(root, dirty, lambda _overflow: None)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    events.start()
    try:
        (root / name).write_text("x")
        (root / name).unlink()
        assert heard(dirty) == set()
    finally:
        events.stop()


@pytest.mark.parametrize(
    "name", ["vault.toml", "schema/fields.yaml", "customers/张三.md", "archive/a.md", "a b.md"]
)
def test_names_that_count_are_no_noise(name: str):
    assert not is_noise(name)
    assert is_setting(name) == (not name.endswith(".md"))


def test_a_folder_that_comes_or_goes_means_everything(
    root: Path, dirty: Dirty, events: Events, tmp_path: Path
):
    (root / "customers" / "新").mkdir()
    time.sleep(0.2)
    assert dirty.take().everything

    (root / "customers" / "新").rename(tmp_path / "out")
    time.sleep(0.8)
    assert dirty.take().everything


@linux
def test_an_overflow_is_heard_once(root: Path, events: Events, troubles: list[bool]):
    # The words of watchdog 7.1, told by who reads and by who watches the folders.
    logging.getLogger("watchdog.observers.inotify_c").warning(
        "Inotify queue overflowed; filesystem events were lost"
    )
    logging.getLogger("watchdog.observers.inotify").warning(
        "Inotify queue overflowed; reconciling below %r", b"/x"
    )

    assert troubles == [True]


@linux
def test_a_real_overflow_is_heard(root: Path, dirty: Dirty, events: Events, troubles: list[bool]):
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    # Who reads the queue waits for this lock in its first step, and the kernel goes on counting.
    observer = events._observer
    assert observer
    (emitter,) = observer.emitters
    with emitter._inotify._lock:  # type: ignore[attr-defined]
        for number in range(most // 2 + 1_000):
            with (root / "customers" / f"{number % 100}.md").open("a") as file:
                file.write("x")
    eventually(lambda: True in troubles, "told of the overflow")


def test_what_watchdog_complains_of_is_a_trouble(events: Events, troubles: list[bool]):
    logging.getLogger("watchdog.observers.inotify").error("Unable to rebuild recursive inotify watches")

    assert troubles == [False]


@pytest.mark.parametrize(
    ("number", "kind", "hint"),
    [
        (errno.ENOSPC, TooManyFolders, "max_user_watches"),
        (errno.EMFILE, TooManyListeners, "max_user_instances"),
        (errno.ENOSYS, CannotListen, ""),
    ],
)
def test_a_system_that_refuses_is_told_with_the_remedy(
    number: int,
    kind: type[CannotListen],
    hint: str,
    root: Path,
    dirty: Dirty,
    monkeypatch: pytest.MonkeyPatch,
):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(BaseObserver, "schedule", refuse)
    before = threading.active_count()
    events = Events(root, dirty, lambda _overflow: None)

    with pytest.raises(CannotListen) as error:
        events.start()

    assert type(error.value) is kind and hint in error.value.hint
    assert threading.active_count() == before
    assert not events.is_alive()


@linux
def test_a_folder_below_that_can_not_be_watched_is_noticed(
    root: Path, dirty: Dirty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from watchdog.observers import inotify_c

    add = inotify_c.inotify_add_watch
    left = [1]

    def add_one(descriptor: int, path: bytes, mask: int) -> int:
        left[0] -= 1
        if left[0] >= 0:
            return add(descriptor, path, mask)
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_add_watch", add_one)
    events = Events(root, dirty, lambda _overflow: None)
    events.start()
    try:
        # Watchdog said nothing of `customers`.
        with pytest.raises(TooManyFolders):
            events.check_room(tmp_path)
    finally:
        events.stop()


def test_room_for_one_more_folder_leaves_no_trace(root: Path, dirty: Dirty, events: Events, tmp_path: Path):
    before = threading.active_count()
    events.check_room(tmp_path)

    assert threading.active_count() == before and events.is_alive()


def test_the_probe_is_heard_and_leaves_nothing(root: Path, dirty: Dirty, events: Events):
    events.check_hearing()

    assert sorted(path.name for path in root.iterdir()) == ["customers"]
    assert heard(dirty) == set()


def test_a_deaf_system_is_noticed_by_the_probe(root: Path, events: Events, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module._Listener, "dispatch", lambda *_: None)

    with pytest.raises(CannotListen):
        events.check_hearing(0.2)

    assert sorted(path.name for path in root.iterdir()) == ["customers"]


@linux
def test_starting_again_and_again_leaves_no_descriptors(root: Path, dirty: Dirty):
    events = Events(root, dirty, lambda _overflow: None)
    counts = []
    for _ in range(10):
        events.start()
        assert events.is_alive()
        events.stop()
        counts.append((len(list(Path("/proc/self/fd").iterdir())), threading.active_count()))

    assert counts[-1] == counts[0]


def test_a_thread_that_died_is_noticed(events: Events):
    assert events.is_alive()
    observer = events._observer
    assert observer
    (emitter,) = observer.emitters
    emitter.stop()
    emitter.join(5)

    assert not events.is_alive()


MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:25 / /home rw - ext4 /dev/vdb rw
41 30 0:40 / /home/li/客户 rw - nfs4 server:/x rw
42 30 0:41 / /home/li/with\\040blank rw - cifs //server/y rw
43 30 0:42 / /mnt/c rw - 9p drvfs rw
44 30 0:43 / /home/li/phone rw - fuse.sshfs phone: rw
45 41 0:44 / /home/li/客户/local rw - ext4 /dev/vdc rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/li/客户/vault", True),
        ("/home/li/客户", True),
        ("/home/li/客户/local/vault", False),
        ("/home/li/客户二", False),
        ("/home/li/with blank/v", True),
        ("/mnt/c/Users/li", True),
        ("/home/li/phone", True),
        ("/srv/vault", False),
    ],
)
def test_folders_of_other_machines_are_known(path: str, expected: bool):
    assert is_remote(Path(path), MOUNTS) is expected
