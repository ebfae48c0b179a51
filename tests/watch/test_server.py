from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no warm process on Windows", allow_module_level=True)

from tests.cli.vaults import make_vault
from tests.watch.lending import REPOSITORY, Lent, children, is_running, start, wait_until
from tests.watch.watching import Watch, note
from vault_tool.watch import server

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

# Many at once, and whether it is fresh


def test_fifty_at_once_are_all_answered(own: Lent):
    alone = own.alone("list")

    runs = [own.start("list") for _run in range(50)]
    said = {(*run.communicate(timeout=60), run.returncode) for run in runs}

    assert said == {(alone.out, alone.err, alone.status)}
    assert own.served
    wait_until(lambda: len(children(own.server)) == 2)


def fresh(lent: Lent) -> str:
    ran = lent.run("search", "报价", "--json")
    assert ran.status == 0, ran.err
    return str(json.loads(ran.out)["fresh"])


def test_what_the_watcher_has_not_taken_in_is_looked_for(own: Lent):
    note = own.root / "customers" / "blue.md"
    before = own.run("search", "蓝莓").status

    own.tell("unsync")
    note.write_text(note.read_text(encoding="utf-8") + "\n## 2026-11-21\n蓝莓到货\n", encoding="utf-8")

    assert before == 1
    assert fresh(own) == "walk"
    assert own.run("search", "蓝莓").status == 0
    assert len(own.served) == 3


def test_while_the_watcher_has_all_nobody_walks(own: Lent):
    own.run("search", "报价")

    assert fresh(own) == "watcher"
    (own.root / "customers" / "new.md").write_text("---\nid: c9\nname: 未见\n---\n报价\n", encoding="utf-8")
    # As the watcher says; a real one would have said something else by now.
    assert fresh(own) == "watcher"
    assert "未见" not in own.run("list").out.decode()
    assert len(own.served) == 4


def test_another_catalog_is_not_the_watchers(own: Lent):
    own.run("search", "报价")
    shutil.rmtree(Path(own.env["VAULT_NOTES_HOME"]) / "cache")

    assert fresh(own) == "walk"
    assert "蓝海" in own.run("list").out.decode()


def test_new_settings_hold_at_once(own: Lent):
    settings = own.root / "vault.toml"
    before = own.run("list", "@新")

    settings.write_text(
        settings.read_text(encoding="utf-8") + '[queries]\n"新" = "stage:won"\n', encoding="utf-8"
    )

    assert before.status == 2
    assert own.run("list", "@新", "-l").out.decode() == "customers/blue.md\n"
    # The watcher may not know of them yet.
    assert fresh(own) == "walk"
    own.tell("sync")
    assert fresh(own) == "watcher"


def test_broken_settings_are_told_and_mended_ones_hold(own: Lent):
    settings = own.root / "vault.toml"
    good = settings.read_bytes()

    settings.write_bytes(b"version = ")
    broken, alone = own.run("list"), own.alone("list")
    settings.write_bytes(good)

    assert broken == alone and broken.status == 3
    assert own.run("list").status == 0
    assert len(own.served) == 2


def test_a_new_schema_holds_at_once(own: Lent):
    (own.root / "schema").mkdir()
    (own.root / "schema" / "fields.yaml").write_text(
        "front_matter:\n  hobby:\n    labels: {en: Hobby, zh: 嗜好}\n    type: text\n"
        "    help: {en: What they like., zh: 喜欢什么。}\n",
        encoding="utf-8",
    )

    assert own.run("list", "has:嗜好").status == 1
    assert own.run("list", "has:nonsense").status == 2
    assert len(own.served) == 2


@ON_LINUX
def test_a_watcher_that_was_halted_is_not_relied_on(own: Lent):
    os.kill(own.lender.pid, signal.SIGSTOP)
    try:
        assert own.run("list").status == 0
    finally:
        os.kill(own.lender.pid, signal.SIGCONT)

    assert own.served == []
    own.run("list")
    assert len(own.served) == 1


# Lives and deaths


def hang(lent: Lent) -> None:
    lent.log.with_name("hang").touch()


@ON_LINUX
@pytest.mark.parametrize("who", ["server", "worker", "both"])
def test_killed_in_the_middle_of_an_answer_costs_nothing(own: Lent, who: str):
    hang(own)
    alone = own.alone("search", "报价")

    run = own.start("search", "报价")
    wait_until(lambda: len(own.served) == 1)
    at_work = int(own.served[0].split()[0])
    for pid in {"server": [own.server], "worker": [at_work], "both": [own.server, at_work]}[who]:
        os.kill(pid, signal.SIGKILL)

    out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err) == (alone.status, alone.out, alone.err)


def test_a_run_that_takes_too_long_is_left_to_its_own_process(own: Lent):
    hang(own)
    alone = own.alone("list")

    assert own.run("list") == alone
    assert len(own.served) == 1
    # And no one is left hanging.
    (own.log.with_name("hang")).unlink()
    assert own.run("list") == alone
    assert len(own.served) == 2


@ON_LINUX
def test_all_end_with_the_watcher_and_the_next_one_takes_its_place(own: Lent, tmp_path: Path):
    own.run("list")
    alive = [own.keeper, own.server, *children(own.server)]

    own.lender.kill()
    own.lender.communicate()
    wait_until(lambda: not any(map(is_running, alive)), 5)

    assert own.run("list") == own.alone("list")
    own.socket.write_bytes(b"")  # what a crash leaves behind
    own.lender, own.keeper = start(own.root, own.env, own.log)
    wait_until(lambda: own.socket.is_socket())
    own.run("list")
    assert len(own.served) == 2


@ON_LINUX
def test_stopped_it_leaves_nothing_behind(own: Lent):
    alive = [own.keeper, own.server, *children(own.server)]

    own.tell("stop")

    wait_until(lambda: not any(map(is_running, alive)), 5)
    assert not own.socket.exists()
    assert own.tell("alive") == "False"


@ON_LINUX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_where_one_has_ended_another_answers_and_knows_what_the_watcher_said(own: Lent, number: int):
    first = own.server
    own.run("search", "报价")

    os.kill(first, number)
    wait_until(lambda: not is_running(first))
    assert own.run("list").status == 0  # whoever answers
    wait_until(lambda: own.server != first and fresh(own) == "watcher")

    assert own.tell("alive") == "True"


@ON_LINUX
def test_a_watcher_that_has_searched_can_have_another_server(tmp_path: Path, clean_env: dict[str, str]):
    """A fork of what has used its index would hang."""
    root = make_vault(tmp_path / "库", {"a.md": note(1, "报价八万")})
    # A socket's path must be short.
    env = {**clean_env, "XDG_RUNTIME_DIR": "", "TMPDIR": "/tmp", "PYTHONPATH": str(REPOSITORY)}

    def fresh() -> str:
        command = [sys.executable, "-m", "vault_tool", "-C", str(root), "search", "报价", "--json"]
        ran = subprocess.run(command, env=watch.env, capture_output=True, check=True)
        return str(json.loads(ran.stdout)["fresh"])

    with Watch(root, env) as watch:
        wait_until(lambda: fresh() == "watcher")
        (keeper,) = children(watch.pid)
        for _time in range(2):
            (server,) = children(keeper)
            os.kill(server, signal.SIGKILL)
            wait_until(lambda server=server: children(keeper) not in ([], [server]))  # type: ignore[misc]
            wait_until(lambda: fresh() == "watcher")


def test_servers_that_keep_ending_are_started_until_the_watcher_is_gone(tmp_path: Path):
    starts = tmp_path / "starts"
    reading, lifeline = os.pipe()

    def serve() -> None:
        with starts.open("a") as file:
            file.write("1")

    if not (keeper := os.fork()):
        os.close(lifeline)
        try:
            server._keep(serve, reading)
        finally:
            os._exit(0)
    os.close(reading)
    wait_until(lambda: starts.exists() and len(starts.read_text()) == 3)
    os.close(lifeline)

    assert os.waitpid(keeper, 0) == (keeper, 0)


@ON_LINUX
def test_it_waits_without_working(own: Lent):
    own.run("list")
    everyone = [own.keeper, own.server, *children(own.server)]
    time.sleep(0.2)

    def work() -> list[int]:
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in everyone]
        return [int(stat[11]) + int(stat[12]) for stat in stats]

    before = work()
    time.sleep(1)
    assert work() == before


@ON_LINUX
def test_it_holds_on_to_nothing_of_the_watchers(own: Lent):
    process = Path(f"/proc/{own.server}")
    held = {path.name: str(path.readlink()) for path in (process / "fd").iterdir()}

    assert [held.pop(stream) for stream in "012"] == ["/dev/null"] * 3
    assert (process / "cwd").readlink() == Path("/")
    assert [name for name in held.values() if not name.startswith(("socket:", "pipe:"))] == []


@ON_LINUX
def test_the_socket_is_its_owners_alone(lent: Lent):
    assert lent.socket.stat().st_mode & 0o777 == 0o600
    assert lent.socket.parent.stat().st_mode & 0o777 == 0o700
