"""The watcher shares by itself: what is saved goes out, what others wrote comes in, and only what matters is said."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.conftest import VaultRun
from tests.sync.clones import WANG, Person, note, pair, person
from tests.watch.in_thread import Watched, watchers
from tests.watch.watching import Watch, eventually
from vault_tool.git.answer import RemoteState
from vault_tool.sync.outcome import document
from vault_tool.vault.vault import vault_at
from vault_tool.watch import sharing
from vault_tool.watch.news import Shared, Unshared
from vault_tool.watch.sharing import LaterSharing

NOTES = {"王五.md": WANG, "one.md": note(2)}
PASSWORD = "门禁密码：L8anhai#6"


def shares(one: Person, auto: str) -> None:
    """Have a vault be shared by its watcher that often, and everybody know it."""
    with (one.root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[sync]\nauto = "{auto}"\n')
    one.sync()


@pytest.fixture
def two(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> tuple[Person, Person]:
    """Li Na, whose watcher shares every second, and Zhang Wei."""
    li, zhang = pair(tmp_path, clean_env, vault_run, NOTES)
    shares(li, "1s")
    zhang.sync()
    return li, zhang


def a_while_ago(path: Path) -> None:
    """Have a file be as one that nobody is writing to just now."""
    os.utime(path, (time.time() - 60, time.time() - 60))


# --- a real watcher


def test_what_is_saved_goes_out_and_what_others_write_comes_in(two: tuple[Person, Person]):
    li, zhang = two
    with Watch(li.root, li.env) as watch:
        assert zhang.vault("log", "王五", "Complained about the delivery").status == 0
        zhang.sync()
        watch.wait_for("News of: 王五")
        assert "Complained about" in li.read("王五.md")

        assert li.vault("log", "王五", "Budget approved").status == 0
        server = li.root.parent / "server.git"

        def is_sent() -> bool:
            zhang.git("--git-dir", str(server), "rev-parse", "main")
            return "Budget approved" in zhang.git("--git-dir", str(server), "show", "main:customers/王五.md")

        eventually(is_sent, "sent")
        watch.settle()
        # What came is found like any other change.
        assert "王五" in li.vault("search", "Complained").out
        told = li.vault("watch", "status", "--json").json
        assert told["shared"] and told["troubles"] == []
        assert "Shared by itself" in li.vault("watch", "status").out
    zhang.sync()
    assert li.files == zhang.files
    li.check()


def test_who_ends_the_watcher_ends_a_sync_that_waits(two: tuple[Person, Person], tmp_path: Path):
    li, _zhang = two
    slow = tmp_path / "slow.sh"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/waiting\nexec sleep 60\n")
    slow.chmod(0o755)
    li.git("config", "remote.origin.url", "ssh://example.com/vault.git")
    with Watch(li.root, {**li.env, "GIT_SSH": str(slow), "GIT_SSH_VARIANT": "simple"}) as watch:
        eventually(lambda: (tmp_path / "waiting").is_file(), "asked")
        children = _children(watch.pid)
        started = time.monotonic()
        assert watch.stop(signal.SIGINT) == 0
        assert time.monotonic() - started < 20
    assert any("sync" in command for command in children.values())
    left = [pid for pid, command in children.items() if "sync" in command and _is_alive(pid)]
    os.kill(int((tmp_path / "waiting").read_text()), signal.SIGKILL)
    assert left == []


def _children(pid: int) -> dict[int, str]:
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
    return found


def _is_alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- in this process, where time and answers are ours


@pytest.fixture
def start(two: tuple[Person, Person]) -> Iterator[Callable[..., Watched]]:
    yield from watchers(two[0].root, two[0].env)


def test_each_trouble_is_told_once_until_it_changes(two: tuple[Person, Person], start: Callable[[], Watched]):
    li, zhang = two
    server = li.root.parent / "server.git"
    server.rename(server.with_name("away.git"))
    li.write("one.md", note(2, f"\n{PASSWORD}\n"))
    watched = start()

    def texts() -> list[str]:
        return [str(each) for each in watched.heard(Unshared)]

    eventually(lambda: len(texts()) >= 2, "told")
    held, gone = sorted(texts(), key=lambda text: "one.md" not in text)
    assert held.startswith("customers/one.md:") and "There is no vault at" in gone and PASSWORD not in held
    eventually(lambda: watched.watcher._sharing._failures >= 3, "tried again")
    assert len(texts()) == 2

    server.with_name("away.git").rename(server)
    watched.write("one.md", note(2, "\nnothing private\n"))
    eventually(lambda: not watched.watcher._sharing.is_in_trouble, "well again")
    zhang.sync()
    assert "nothing private" in zhang.read("one.md")
    assert len(texts()) == 2


def test_a_conflict_is_told_with_what_to_do(two: tuple[Person, Person], start: Callable[[], Watched]):
    li, zhang = two
    assert zhang.vault("set", "王五", "stage=won").status == 0
    zhang.sync()
    assert li.vault("set", "王五", "stage=lost").status == 0
    a_while_ago(li.root / "customers/王五.md")
    watched = start()
    eventually(lambda: watched.heard(Shared), "told")
    (shared,) = watched.heard(Shared)
    assert list(shared.outcome.conflicts) == [PurePosixPath("customers/王五.md")]


class Clock:
    """A clock that stands still until it is set."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Later:
    """A sharing whose syncs are never started: they answer what a test says."""

    def __init__(self, root: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.told: list[Any] = []
        monkeypatch.setattr(sharing, "_Running", self._run)
        self.answer: tuple[int, bytes, bytes] | None = None
        self.sharing = LaterSharing(vault_at(root, env), env, self.told.append, self.clock, lambda: None)

    def _run(self, *_started: object) -> Later:
        self.answer = None
        return self

    def sync(self, status: int, out: bytes = b"", err: bytes = b"") -> float:
        """Have a sync begin and end so; return after how many seconds the next one is due."""
        self.sharing.step()
        self.answer = (status, out, err)
        self.sharing.step()
        due = self.sharing.next_at()
        assert due is not None
        return due - self.clock.now


@pytest.fixture
def later(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, monkeypatch: pytest.MonkeyPatch
) -> Later:
    one = person(tmp_path / "li", clean_env, vault_run, NOTES)
    with (one.root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[sync]\nauto = true\n")
    return Later(one.root, one.env, monkeypatch)


def said(state: RemoteState = RemoteState.OK, **more: object) -> bytes:
    """What `vault sync --json` prints."""
    paths = [
        "received",
        "removed",
        "parked",
        "joined",
        "not_placed",
        "returned",
        "held_back",
        "still_written",
        "left",
        "disclosed",
    ]
    return json.dumps(
        {
            "state": "shared" if state is RemoteState.OK else "waiting",
            **{key: [] for key in paths},
            **{"conflicts": {}, "kept": {}},
            "remotes": [{"name": "origin", "url": "example.com:v", "state": str(state), "reason": "gone"}],
            **more,
        }
    ).encode()


def test_it_is_shared_at_once_then_each_interval_and_a_while_after_a_save(later: Later):
    assert later.sharing.next_at() == later.clock.now
    assert later.sync(0, said()) == 600
    later.clock.now += 100
    later.sharing.saw([PurePosixPath("customers/a.md")], 0)
    later.clock.now += 10
    later.sharing.saw([PurePosixPath("customers/a.md")], 0)
    assert later.sharing.next_at() == later.clock.now + sharing.QUIET_SECONDS
    for _save in range(200):
        later.clock.now += 20
        later.sharing.saw([PurePosixPath("customers/a.md")], 0)
    # Who never stops saving is shared as often as one who doesn't save.
    due = later.sharing.next_at()
    assert due is not None and due < later.clock.now


def test_what_a_sync_brought_is_not_shared_again(later: Later):
    later.sharing.step()
    later.sharing.saw([PurePosixPath("customers/a.md")], 0)
    later.answer = (0, said(received=["customers/a.md", "customers/b.md"]), b"")
    later.sharing.step()
    later.sharing.saw([PurePosixPath("customers/b.md")], 0)
    assert later.sharing.next_at() == later.clock.now + 600
    assert [each.outcome.customers for each in later.told] == [("a", "b")]
    later.sharing.saw([PurePosixPath("customers/b.md")], 0)
    assert later.sharing.next_at() == later.clock.now + sharing.QUIET_SECONDS


def test_who_is_offline_is_asked_ever_more_rarely_and_hears_of_it_once(later: Later):
    gone = said(RemoteState.OFFLINE)
    assert [later.sync(6, gone) for _try in range(8)] == [60, 120, 240, 480, 960, 1800, 1800, 1800]
    assert len(later.told) == 1 and later.sharing.is_in_trouble and later.sharing.shared_at is None
    assert later.sync(0, said()) == 600 and not later.sharing.is_in_trouble and later.sharing.shared_at
    later.sync(6, gone)
    assert len(later.told) == 1  # a network that is gone for a moment


def test_a_login_that_is_lacking_is_told_at_once_and_what_stops_a_sync_in_its_own_words(later: Later):
    later.sync(6, said(RemoteState.AUTH))
    later.sync(6, said(RemoteState.AUTH))
    error = (
        b'Warning: odd\n{\n  "version": 1,\n  "error": {"code": "detached", "message": "M", "hint": "H"}\n}\n'
    )
    later.sync(5, b"", error)
    later.sync(5, b"", error)
    later.sync(4, b"", b'{\n  "error": {"code": "busy", "message": "B", "hint": ""}\n}\n')
    later.sync(5, b"", error)
    later.sync(70, b"not JSON", b"Traceback\nodd: 1\n")
    assert ["refused the login" in str(each) for each in later.told] == [True, False, False]
    assert [str(each) for each in later.told[1:]] == ["M", "odd: 1"]


def test_a_note_that_is_held_back_and_written_to_is_not_told_again(later: Later):
    held = [{"path": "customers/a.md", "why": "privacy", "line": 3}]
    for more in ({"held_back": held}, {"still_written": ["customers/a.md"]}, {"held_back": held}):
        later.sync(5, said(**more))
        assert later.sharing.is_in_trouble
    assert [str(each) for each in later.told] == ["customers/a.md:3: something private stands there in plain"]
    later.sync(0, said())
    assert not later.sharing.is_in_trouble


def test_what_came_in_plain_is_told(later: Later):
    came = {"commit": "a" * 40, "author": "A", "path": "customers/a.md", "line": 4, "field": "mobile"}
    later.sync(5, said(disclosed=[came], left=["customers/b.md"]))
    (shared,) = later.told
    assert [str(each.path) for each in shared.outcome.disclosed] == ["customers/a.md"]
    assert [str(path) for path in shared.outcome.left] == ["customers/b.md"]


def test_all_that_a_sync_prints_is_read(two: tuple[Person, Person]):
    li, zhang = two
    assert zhang.vault("set", "王五", "stage=won").status == 0
    zhang.sync()
    assert li.vault("set", "王五", "stage=lost").status == 0
    printed = li.sync("--json", status=5)
    outcome = sharing.read_outcome(printed.out.encode(), ("customers/**/*.md",))
    assert outcome is not None and outcome.customers == ("王五",)
    told = document(outcome)
    assert {key: told[key] for key in told if key not in ("saved", "sent")}.items() <= printed.json.items()


def test_who_does_not_want_it_is_left_alone(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, monkeypatch: pytest.MonkeyPatch
):
    one = person(tmp_path / "li", clean_env, vault_run, NOTES)
    later = Later(one.root, one.env, monkeypatch)
    later.sharing.saw([PurePosixPath("customers/a.md")], 0)
    assert later.sharing.next_at() is None and later.sharing.due_at() is None
