"""Several processes find what one finds, byte for byte, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import VaultRun
from tests.lint.whole_vault import TEAM, expected, linter, note, rows, write
from tests.vault.test_workers import children_of, is_alive
from vault_tool.lint import parallel, work
from vault_tool.lint.finding import Linted
from vault_tool.vault import processes
from vault_tool.vault.settings import LintSettings, Notice

COUNT = 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A vault with enough notes for several batches, many of which rest on others."""
    root = tmp_path / "vault"
    for number in range(COUNT):
        body = f"[[客户{number + 1}]] [[没有{number % 7}]]\n\n2023年1月{number % 28 + 1}日 – 咨询\n"
        text = note(f"c{number % 35}", f"客户{number}", "next: 2026-11-01 回电", body=body)
        write(root, f"customers/{number % 3}/{number:02}.md", text)
    write(root, "customers/no-id.md", "---\nname: 无号\ntype: person\nstage：lead\nowner: li.an\n---\n")
    write(root, "customers/gb.md", note("c90", "蓝海").encode("gb18030"))
    write(root, "customers/broken.md", '---\nname: "a\\ud800b"\nid: [\n---\n')
    write(root, "archive/12.md", note("c91", "没有3"))
    return root


@pytest.fixture(autouse=True)
def many_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "WORTH_IT", 1)
    monkeypatch.setattr(parallel, "BATCH", 5)
    monkeypatch.setattr(parallel, "processors", lambda: 3)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    found: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*words, **named):
        found.append(real(*words, **named))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return found


def alone(root: Path, monkeypatch: pytest.MonkeyPatch, mending="none") -> list[Linted]:
    with monkeypatch.context() as patch:
        patch.setattr(parallel, "processors", lambda: 1)
        return list(linter(root, root.parent / "alone").lint((), mending))


@pytest.mark.parametrize("mending", ["none", "safe", "unsafe"])
def test_several_processes_find_and_mend_what_one_does(
    root: Path, started: list[object], monkeypatch: pytest.MonkeyPatch, mending
):
    serial = alone(root, monkeypatch, mending)
    assert started == []
    told: list[tuple[int, int]] = []

    linted = list(linter(root, root.parent / "state").lint((), mending, lambda *told_: told.append(told_)))

    assert len(started) >= 3
    assert linted == serial
    assert told == [(done, COUNT + 4) for done in range(1, COUNT + 5)]
    assert (mending == "none") == (not any(one.change for one in linted))
    if mending == "none":
        assert rows(linted) == expected(root)


def test_what_several_processes_mend_is_written_and_undone_as_one(
    root: Path, vault_run: VaultRun, started: list[object]
):
    (root / "vault.toml").write_text('version = 1\nid = "v0000001"\n', "utf-8")
    before = {file: file.read_bytes() for file in root.rglob("*.md")}

    mended = vault_run("lint", "--fix", cwd=root)
    after = {file: file.read_bytes() for file in before}
    undone = vault_run("undo", cwd=root)

    assert len(started) >= 3 and mended.status == 1 and undone.status == 0
    assert sum(after[file] != before[file] for file in before) >= COUNT
    assert {file: file.read_bytes() for file in before} == before


def test_settings_with_all_there_is_reach_the_others(root: Path):
    all_there_is = TEAM._replace(
        warnings=(Notice("{path}", {"path": Path("x")}),),
        lint=LintSettings(severity={"LK001": "info"}, per_file_ignores={"customers/0/*": ("LK",)}),
        review={"vip": 3},
    )

    found = rows(linter(root, root.parent / "state", settings=all_there_is).lint())

    assert found == expected(root, settings=all_there_is)


def test_few_notes_are_linted_right_here(root: Path, started: list[object], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parallel, "WORTH_IT", 400)

    assert rows(linter(root, root.parent / "state").lint()) == expected(root)
    assert started == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("after", [0, 1, 17, 40])
def test_a_worker_that_is_killed_costs_nothing_but_time(
    root: Path, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch, after: int
):
    answer = processes.Worker.answer

    def kill_first(self):
        for process in started:
            process.send_signal(signal.SIGKILL)
        return answer(self)

    if not after:
        monkeypatch.setattr(processes.Worker, "answer", kill_first)

    def progress(done: int, total: int) -> None:
        if done == after:
            started[1].kill()

    assert rows(linter(root, root.parent / "state").lint((), "none", progress)) == expected(root)


def test_where_no_process_can_be_started_this_one_lints(root: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*words, **named):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)

    assert rows(linter(root, root.parent / "state").lint()) == expected(root)


def test_who_is_interrupted_leaves_no_process_and_no_cache(
    root: Path, started: list[subprocess.Popen[bytes]]
):
    def interrupt(done: int, total: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(linter(root, root.parent / "state").lint((), "none", interrupt))

    assert len(started) == 3
    assert all(process.returncode is not None for process in started)
    assert not list((root.parent / "state").glob("cache/*"))
    assert rows(linter(root, root.parent / "state").lint()) == expected(root)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_who_is_killed_leaves_no_process_behind(root: Path):
    code = (
        "import sys; from pathlib import Path; from tests.lint.whole_vault import linter\n"
        "from vault_tool.lint import parallel\n"
        "parallel.WORTH_IT = 1; parallel.processors = lambda: 2; parallel.BATCH = 2\n"
        "def progress(done, total):\n"
        "    print(done, flush=True)\n"
        "    sys.stdin.readline()\n"
        "list(linter(Path(sys.argv[1]), Path(sys.argv[2])).lint((), 'none', progress))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, root, root.parent / "state"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout and process.stdout.readline() == b"1\n"
        children = children_of(process.pid)
        assert len(children) == 2
        process.kill()

    deadline = time.monotonic() + 20
    while any(is_alive(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_note_alone_has_the_findings_it_has_among_all(root: Path):
    whole = expected(root)

    for path in ("customers/0/00.md", "customers/2/38.md", "customers/no-id.md", "customers/gb.md"):
        for state in ("state", f"state-{PurePosixPath(path).stem}"):
            assert rows(linter(root, root.parent / state).lint([PurePosixPath(path)])) == {path: whole[path]}


@pytest.mark.parametrize(("most", "room"), [(1, 1 << 20), (3, 1 << 20), (64, 1), (64, 1_000)])
def test_however_many_are_looked_at_together_each_has_what_it_has_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, most: int, room: int
):
    monkeypatch.setattr(parallel, "processors", lambda: 1)
    for mending in ("none", "unsafe"):
        together = list(linter(root, root.parent / f"state-{mending}").lint((), mending))
        with monkeypatch.context() as patch:
            patch.setattr(work, "_MOST_TOGETHER", most)
            patch.setattr(work, "_MOST_BYTES", room)
            assert list(linter(root, root.parent / f"few-{mending}").lint((), mending)) == together
