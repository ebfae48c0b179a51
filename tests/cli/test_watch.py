"""`vault watch`: what it says, what it exits with, and how one learns how it fares."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.watch.watching import Watch, eventually, note
from vault_tool.cli.output import Output
from vault_tool.cli.teller import Teller
from vault_tool.lint.check import Checker
from vault_tool.lint.rule import Context
from vault_tool.lint.run import lint_paths
from vault_tool.lint.selection import select_rules
from vault_tool.vault.vault import vault_at
from vault_tool.watch.news import EventsLost, Took, TooManyFolders, Watching
from vault_tool.watch.presence import Beat, only_watcher, write_beat

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as on Linux")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {f"{i}.md": note(i, f"第{i}次") for i in range(6)})


@pytest.fixture
def watch(home: Path, clean_env: dict[str, str]) -> Iterator[Watch]:
    with Watch(home, clean_env) as watch:
        yield watch


def test_it_says_what_it_watches_then_one_line_for_each_batch(watch: Watch, home: Path):
    assert watch.lines == [f"Watching {home}: 6 customers (inotify). Ctrl-C ends it."]
    (home / "customers/1.md").write_text(note(1, "谈价") + "\n2023年1月15日 – 咨询产品A\n", "utf-8")
    watch.wait_for("EN008")

    assert watch.lines[1][8:] == "  customers/1.md"
    assert any(line.startswith("  customers/1.md:10:1 EN008 ") for line in watch.lines[2:])
    assert watch.stop(signal.SIGINT) == 0


def test_status_of_a_watcher_that_runs(watch: Watch, home: Path, vault_run: VaultRun):
    (home / "customers/1.md").write_text(note(1, "谈价"), "utf-8")
    watch.wait_for("customers/1.md")
    watch.settle()

    ran = vault_run("watch", "status", "--json", cwd=home)

    assert ran.status == 0
    told = ran.json
    assert told["running"] and told["well"] and told["listening"] and told["current"]
    assert (told["pid"], told["backend"], told["queue"], told["drift"]) == (watch.pid, "inotify", 0, 0)
    assert told["overflows"] == 0 and told["troubles"] == [] and told["service"] is None
    assert (
        abs(told["last_event"] - time.time()) < 60 and told["last_reconcile"] and told["heartbeat_age"] < 60
    )
    assert f"running, process {watch.pid}" in vault_run("watch", "status", cwd=home).out


def test_status_without_a_watcher(home: Path, vault_run: VaultRun):
    ran = vault_run("watch", "status", cwd=home)
    assert ran.status == 1 and "none is running" in ran.out and "not installed" in ran.out

    told = vault_run("watch", "status", "--json", cwd=home).json
    assert not told["running"] and not told["well"] and told["pid"] is None


def test_status_of_a_watcher_that_hangs(home: Path, vault_run: VaultRun, clean_env: dict[str, str]):
    places = vault_at(home, clean_env).places
    with only_watcher(places):
        beat = Beat(os.getpid(), time.time())
        write_beat(places, beat)
        path = places.state / "watch.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "beat": time.time() - 600}))
        ran = vault_run("watch", "status", cwd=home)

    assert ran.status == 1 and "hangs" in ran.out


def test_status_names_what_is_wrong(home: Path, vault_run: VaultRun, clean_env: dict[str, str]):
    places = vault_at(home, clean_env).places
    with only_watcher(places):
        write_beat(places, Beat(7, time.time(), polls=5.0, troubles=["events", "index"]))
        ran = vault_run("watch", "status", cwd=home)
        second = vault_run("watch", cwd=home)

    assert ran.status == 0
    assert "every 5 s" in ran.out and "search index can't be written" in ran.out and "nobody" in ran.out
    assert second.status == 4 and "process 7" in second.err


def test_what_was_killed_says_nothing_any_more(watch: Watch, home: Path, vault_run: VaultRun):
    watch.stop(signal.SIGKILL)

    assert vault_run("watch", "status", cwd=home).status == 1


def test_what_is_found_while_it_runs_is_what_was_saved(watch: Watch, home: Path):
    for number in range(5):
        (home / "customers/2.md").write_text(note(2, f"独角兽{number}号"), "utf-8")
        command = [
            sys.executable,
            "-m",
            "vault_tool",
            "-C",
            str(home),
            "search",
            f"独角兽{number}号",
            "--json",
        ]
        done = subprocess.run(command, env=watch.env, capture_output=True, cwd=home)
        assert json.loads(done.stdout)["total"] == 1, done


# --- what it says


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def said(home: Path, clean_env: dict[str, str]) -> SimpleNamespace:
    """A teller, and the two streams it says things on."""
    out, err = Terminal(), Terminal()
    output = Output(Terminal(), out, err, {"TERM": "dumb"})
    vault = vault_at(home, clean_env)
    app: Any = SimpleNamespace(out=output, settings=vault.settings, local_time=datetime.fromtimestamp)
    return SimpleNamespace(app=app, out=out, err=err, vault=vault)


def took(said: SimpleNamespace, *names: str, removed: int = 0) -> Took:
    vault = said.vault
    context = Context(vault.schema, vault.settings, date(2026, 11, 23), new_id=lambda _path: "c1")
    checker = Checker.of(select_rules(vault.settings.lint), context)
    paths = [PurePosixPath(f"customers/{name}") for name in names]
    return Took(paths, removed, list(lint_paths(vault.root, paths, checker)))


def test_many_notes_are_one_line(said: SimpleNamespace):
    paths = [PurePosixPath(f"{i}.md") for i in range(4)]
    Teller(said.app, False)(Took(paths, 2, None))

    assert said.out.getvalue()[8:] == "  4 notes, 2 removed\n"


def test_of_many_findings_some_are_shown(said: SimpleNamespace, home: Path):
    for number in range(6):
        (home / "customers" / f"{number}.md").write_text("---\nstage: nonsense\nphone\n---\n\n# x\n", "utf-8")
    Teller(said.app, False)(took(said, *(f"{number}.md" for number in range(6))))

    lines = said.out.getvalue().splitlines()
    assert len(lines) == 10 and lines[-1].startswith("  ... and ")


def test_troubles_are_warnings_with_what_to_do(said: SimpleNamespace):
    teller = Teller(said.app, False)
    teller(TooManyFolders(reason="inotify watch limit reached"))
    teller(EventsLost())

    assert said.out.getvalue() == ""
    assert (
        "Warning: The system does not tell of changes here (inotify watch limit reached)"
        in said.err.getvalue()
    )
    assert "sudo sysctl fs.inotify.max_user_watches=524288" in said.err.getvalue()


def test_comparing_instead_of_listening_is_said(said: SimpleNamespace, home: Path):
    Teller(said.app, False)(Watching(home, None, 5.0, 1))

    assert (
        said.out.getvalue()
        == f"Watching {home}: 1 customer (comparing all files, every 5 s). Ctrl-C ends it.\n"
    )


@linux
@pytest.mark.parametrize("asked_to", [True, False])
def test_a_service_shows_findings_on_the_desktop_when_asked_to(
    asked_to: bool, said: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/shown\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said.app.settings = SimpleNamespace(watch=SimpleNamespace(notify=asked_to))

    Teller(said.app, False)(took(said, "1.md"))
    assert not (tmp_path / "shown").exists()
    Teller(said.app, True)(took(said, "1.md"))

    # A service says it on stderr: it may have no standard output.
    assert "customers/1.md" in said.err.getvalue()
    if asked_to:
        words = (tmp_path / "shown").read_text().splitlines()
        assert words[2:4] == ["vault", "customers/1.md"] and words[4].startswith("1 file: ")
    else:
        assert not (tmp_path / "shown").exists()


# --- the service


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a `systemctl` that notes what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path / "asked"


@linux
def test_a_service_is_installed_seen_and_taken_away(
    home: Path, vault_run: VaultRun, systemctl: Path, clean_env: dict[str, str]
):
    ran = vault_run("watch", "install", cwd=home)
    assert ran.status == 0 and "enable-linger" in ran.err
    (unit,) = (Path(clean_env["HOME"]) / ".config/systemd/user").iterdir()
    text = unit.read_text("utf-8")
    assert f'"{home}"' in text and clean_env["VAULT_NOTES_HOME"] in text and '"--service"' in text
    assert vault_run("watch", "status", "--json", cwd=home).json["service"] == str(unit)

    assert vault_run("watch", "stop", cwd=home).status == 0
    assert vault_run("watch", "start", cwd=home).status == 0
    assert vault_run("watch", "uninstall", cwd=home).status == 0
    assert not unit.exists()
    assert [line.split()[1] for line in systemctl.read_text().splitlines()] == [
        *("daemon-reload", "enable", "restart", "stop", "start", "disable"),
    ]


@linux
def test_where_no_systemd_answers_one_is_told_what_to_do(
    home: Path,
    vault_run: VaultRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clean_env: dict[str, str],
):
    monkeypatch.setenv("PATH", str(tmp_path))

    ran = vault_run("watch", "install", cwd=home)

    assert ran.status == 3 and "Traceback" not in ran.err
    assert "`systemctl` failed" in ran.err and "Nothing was installed" in ran.err
    assert [*(Path(clean_env["HOME"]) / ".config/systemd/user").iterdir()] == []
    assert "not installed" in vault_run("watch", "status", cwd=home).out


@linux
def test_the_line_of_the_unit_starts_a_watcher(
    home: Path, vault_run: VaultRun, systemctl: Path, clean_env: dict[str, str]
):
    vault_run("watch", "install", cwd=home)
    (unit,) = (Path(clean_env["HOME"]) / ".config/systemd/user").iterdir()
    (line,) = [line for line in unit.read_text("utf-8").splitlines() if line.startswith("ExecStart=")]
    words = [
        word.replace("%%", "%") for word in line.removeprefix('ExecStart="').removesuffix('"').split('" "')
    ]
    env = {**clean_env, "TMPDIR": clean_env["HOME"]}
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    try:
        eventually(lambda: vault_run("watch", "status", "--json", cwd=home).json["current"], "at work")
        assert vault_run("watch", "status", "--json", cwd=home).json["pid"] == process.pid
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0 and err.decode().startswith(f"Watching {home}: ")


@pytest.mark.parametrize("action", ["start", "stop", "uninstall"])
def test_without_a_service_there_is_none_to_handle(action: str, home: Path, vault_run: VaultRun):
    ran = vault_run("watch", action, cwd=home)

    assert ran.status == 2 and "`vault watch install`" in ran.err
