"""What can go wrong with a watch, and that afterwards the index is the disk all the same."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.vaults import make_vault
from tests.watch.in_thread import Watched, watchers
from tests.watch.watching import differences, eventually, note
from vault_tool.vault.catalog import CatalogUnwritable
from vault_tool.vault.vault import vault_at
from vault_tool.watch import intake, listening, watch
from vault_tool.watch.events import Events, _Listener
from vault_tool.watch.news import (
    CannotListen,
    EventsLost,
    EventsStopped,
    IndexUnwritable,
    LintFailed,
    Took,
    TooManyFolders,
    VaultGone,
)
from vault_tool.watch.presence import read_beat


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {f"{name}.md": note(i, f"第{i}次") for i, name in enumerate("abc")})


@pytest.fixture
def start(root: Path, clean_env: dict[str, str]) -> Iterator[Callable[..., Watched]]:
    yield from watchers(root, clean_env)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system that tells of nothing."""

    def refuse(_events: Events) -> None:
        raise TooManyFolders(reason="inotify watch limit reached")

    monkeypatch.setattr(Events, "start", refuse)
    monkeypatch.setattr(listening, "POLL_SECONDS", 0.2)
    yield


@pytest.mark.usefixtures("deaf")
def test_where_nothing_is_told_comparing_finds_everything(
    start: Callable[..., Watched], root: Path, clean_env: dict[str, str], tmp_path: Path
):
    watched = start()
    watched.write("a.md", note(0, "没人告诉"))
    (root / "customers/b.md").unlink()
    (root / "customers/c.md").rename(root / "customers/d.md")
    watched.write("new.md", note(9, "新客户"))
    eventually(lambda: differences(root, clean_env, tmp_path / "fresh") == [], "index and disk are alike")

    assert len(watched.heard(CannotListen)) == 1
    beat = read_beat(watched.places)
    assert (
        beat and beat.backend is None and beat.polls and beat.troubles == ["events"] and not beat.is_current
    )


@pytest.mark.usefixtures("deaf")
def test_where_nothing_is_told_new_settings_are_found(start: Callable[..., Watched], root: Path):
    watched = start()
    with (root / "vault.toml").open("a") as file:
        file.write('\n[search]\nsynonyms = { "折扣" = ["打折"] }\n')

    eventually(lambda: watched.watcher._vault.settings.search.synonyms, "new settings")


def test_a_thread_that_dies_is_replaced(
    start: Callable[..., Watched],
    root: Path,
    clean_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.2)
    watched = start()
    observer = watched.watcher._listening._events._observer
    assert observer
    (emitter,) = observer.emitters
    emitter.stop()
    emitter.join(5)
    (root / "customers/a.md").write_text(note(0, "没人听见"), "utf-8")

    eventually(lambda: watched.heard(EventsStopped), "noticed")
    eventually(lambda: watched.took("a.md"), "found by comparing")
    watched.calm()
    watched.write("b.md", note(1, "又听见了"))
    watched.calm()
    beat = read_beat(watched.places)
    assert beat and beat.restarts == 1 and beat.is_listening
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_changes_that_nobody_told_are_found_counted_and_cured(
    start: Callable[..., Watched],
    root: Path,
    clean_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """As on Windows, where an overflow is an empty answer: no event, no word in the log."""
    monkeypatch.setattr(watch, "RECONCILE_SECONDS", 1.0)
    monkeypatch.setattr(watch, "RECONCILE_SHARE", 0)
    monkeypatch.setattr(listening, "TOLD_WITHIN", 0.0)
    watched = start()
    with monkeypatch.context() as patch:
        patch.setattr(_Listener, "dispatch", lambda *_: None)
        (root / "customers/a.md").write_text(note(0, "悄悄地"), "utf-8")
        eventually(lambda: watched.took("a.md"), "found by comparing")
    eventually(lambda: watched.heard(EventsStopped), "listening anew")
    watched.calm()
    beat = read_beat(watched.places)
    assert beat and beat.drift >= 1 and beat.restarts >= 1
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_once_a_week_the_bytes_of_all_files_are_compared(
    start: Callable[..., Watched],
    root: Path,
    clean_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    start().stop()
    # A change that no stat shows, and nobody told of.
    vault = vault_at(root, clean_env)
    vault.catalog.run("UPDATE files SET digest = 'x', is_racy = 0 WHERE path = 'customers/a.md'")
    vault.catalog.set_meta("verified", time.time() - intake.VERIFY_SECONDS - 1)
    vault.catalog.close()
    monkeypatch.setattr(watch, "RECONCILE_SECONDS", 0.5)
    monkeypatch.setattr(watch, "RECONCILE_SHARE", 0)
    watched = start()

    eventually(lambda: watched.took("a.md"), "found by its bytes")
    watched.calm()
    beat = read_beat(watched.places)
    assert beat and beat.drift == 1
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_an_index_that_takes_nothing_stops_nothing_else(
    start: Callable[..., Watched],
    root: Path,
    clean_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.3)
    watched = start()
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> bool:
            raise OSError(28, "No space left on device")

        patch.setattr(intake, "ready_engine", refuse)
        watched.write("a.md", note(0, "满了"))
        time.sleep(1)
        beat = read_beat(watched.places)
        assert beat and beat.troubles == ["index"] and not beat.is_current
    watched.calm()

    assert len(watched.heard(IndexUnwritable)) == 1
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_who_saves_goes_before_sweeping(
    start: Callable[..., Watched], root: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "SWEEP_AGAIN", 0.2)
    begun: list[str] = []

    def sweep(_vault: object, progress: Callable[[int, int], None]) -> bool:
        begun.append("begun")
        while len(begun) == 1:  # the first one would never end
            progress(0, 1)
            time.sleep(0.01)
        return True

    monkeypatch.setattr(intake, "sweep", sweep)
    watched = start()
    eventually(lambda: begun, "sweeping")
    beat = read_beat(watched.places)
    assert beat and beat.is_current and beat.queue == 1

    watched.write("a.md", note(0, "先来"))
    watched.calm()

    assert len(begun) >= 2
    assert not any(isinstance(news, Exception) for news in watched.told)


def test_a_catalog_that_takes_nothing_is_tried_again(
    start: Callable[..., Watched],
    root: Path,
    clean_env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    from vault_tool.vault.catalog import Catalog

    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.3)
    watched = start()
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> None:
            raise CatalogUnwritable(path="catalog", reason="database or disk is full")

        patch.setattr(Catalog, "transaction", refuse)
        (root / "customers/a.md").write_text(note(0, "满了"), "utf-8")
        eventually(lambda: watched.heard(CatalogUnwritable), "told")
        time.sleep(1)
        beat = read_beat(watched.places)
        assert beat and beat.troubles == ["catalog"] and not beat.is_current
    watched.calm()

    assert len(watched.heard(CatalogUnwritable)) == 1
    assert differences(root, clean_env, tmp_path / "fresh") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes; whoever may not mount one goes without this test."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root mounts")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True
    ).returncode:
        pytest.skip("no mounting here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_full_of_other_things_is_waited_for(
    small_disk: Path, root: Path, clean_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.3)
    env = {**clean_env, "VAULT_NOTES_HOME": str(small_disk / "home")}
    watched = Watched(root, env)
    try:
        for number in range(60):
            text = "".join(chr(0x4E00 + (number * 7_919 + i * 104_729) % 20_000) for i in range(20_000))
            (root / "customers" / f"long{number}.md").write_text(note(100 + number, text), "utf-8")
        eventually(lambda: (beat := read_beat(watched.places)) and beat.troubles, "trouble")
        assert watched.thread.is_alive()
        assert watched.heard(IndexUnwritable) or watched.heard(CatalogUnwritable)

        subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
        watched.calm()
        assert differences(root, env, tmp_path / "fresh") == []
    finally:
        watched.stop()


def test_repeated_overflows_are_no_storm(
    start: Callable[..., Watched], root: Path, monkeypatch: pytest.MonkeyPatch
):
    walks = []
    reconcile = intake.Intake.reconcile

    def counted(self: intake.Intake, *arguments: Any) -> Any:
        walks.append(time.monotonic())
        return reconcile(self, *arguments)

    monkeypatch.setattr(intake.Intake, "reconcile", counted)
    watched = start()
    stop = time.monotonic() + 4
    while time.monotonic() < stop:
        watched.watcher._listening.doubt(True)
        time.sleep(0.01)

    # At the start, at once, after one second, after two more.
    assert len(walks) <= 4
    watched.write("a.md", note(0, "照样"))
    assert len(watched.heard(EventsLost)) <= 3


def test_a_rule_with_a_defect_costs_no_freshness(
    start: Callable[..., Watched], root: Path, monkeypatch: pytest.MonkeyPatch
):
    watched = start()
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        patch.setattr(watched.watcher, "_lint", fail)
        watched.write("a.md", note(0, "谈价"))
        watched.write("b.md", note(1, "谈价"))
    watched.write("c.md", note(2, "谈价"))

    assert len(watched.heard(LintFailed)) == 1
    assert watched.heard(Took)[-1].linted
    watched.calm()


def test_asked_to_stop_in_the_middle_of_a_long_build_it_stops(
    root: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "PATIENCE", 0.2)
    began = threading.Event()

    def endless(_self: object, progress: Callable[[int, int], None]) -> None:
        for done in range(6_000):
            progress(done, 6_000)
            began.set()
            time.sleep(0.01)

    monkeypatch.setattr(intake.Intake, "reconcile", endless)
    watched = Watched(root, clean_env, is_ready=lambda _watched: began.is_set())
    watched.stop()

    assert watched.error is None


def test_a_vault_that_goes_away_ends_the_watch(
    start: Callable[..., Watched], root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.2)
    watched = start()
    root.rename(root.with_name("gone"))
    watched.thread.join(20)

    assert isinstance(watched.error, VaultGone) and watched.error.exit_code == 3
