"""Notes read by several processes are those that one reads, whatever happens to the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.notes_of import dump, note, refresher, write
from vault_tool.schema import load_schema
from vault_tool.vault import processes, refresh, workers
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.intake import ToRead, Unread
from vault_tool.vault.refresh import people_of
from vault_tool.vault.settings import load_settings
from vault_tool.vault.verify import differences

COUNT = 60


@pytest.fixture
def filled(root: Path) -> Path:
    """A vault with enough notes for several batches, some of them hard to read."""
    text = (root / "vault.toml").read_text(encoding="utf-8")
    write(root, "vault.toml", text + '[people."li.na"]\nname = "李娜"\n')
    write(root, "schema/vocabulary.yaml", "vocabularies: {stage: {frozen: {labels: {en: Frozen, zh: 冷冻}}}}")
    for number in range(COUNT):
        body = (
            f"[[n{number - 1}]]\n\n## 2026-11-20 电话 @李娜 #加急\n金额:: {number} 元\n**重点** 再让 2 个点\n"
        )
        write(root, f"customers/{number:02}.md", note(f"c{number}", f"蓝海{number}", stage="冷冻", body=body))
    write(root, "customers/10.md", '---\nname: "a\\ud800b"\n---\n')
    (root / "customers/11.md").write_bytes(note("c11", "客户").encode("gb18030"))
    write(root, "archive/12.md", note("c12", "绿地", "broken: ["))
    return root


@pytest.fixture(autouse=True)
def many_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_IT", 1)
    monkeypatch.setattr(workers, "processors", lambda: 3)
    monkeypatch.setattr(refresh, "BATCH", 5)


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


@pytest.fixture
def expected(filled: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[object, ...]]]:
    """What a catalog says that one process made."""
    with monkeypatch.context() as alone, Catalog(None) as catalog:
        alone.setattr(workers, "processors", lambda: 1)
        refresher(filled, catalog).refresh()
        return dump(catalog)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog(tmp_path / "catalog.db") as catalog:
        yield catalog


def check(root: Path, catalog: Catalog, expected: dict[str, list[tuple[object, ...]]]) -> None:
    assert dump(catalog) == expected
    assert list(differences(catalog, root, load_settings(root), load_schema(root / "schema"))) == []


def test_several_processes_make_the_catalog_that_one_makes(
    filled: Path, catalog: Catalog, expected: dict[str, list[tuple[object, ...]]], started: list[object]
):
    told: list[tuple[int, int]] = []

    refresher(filled, catalog).refresh(lambda done, total: told.append((done, total)))

    assert len(started) == 3
    assert told[-1] == (COUNT + 1, COUNT + 1)
    check(filled, catalog, expected)


def test_few_notes_are_read_right_here(
    filled: Path, catalog: Catalog, started: list[object], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(workers, "WORTH_IT", 400)

    refresher(filled, catalog).refresh()

    assert started == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("after", [0, 1, 4, 9])
def test_a_worker_that_is_killed_costs_nothing_but_time(
    filled: Path,
    catalog: Catalog,
    expected: dict[str, list[tuple[object, ...]]],
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    after: int,
):
    def kill(done: int, total: int) -> None:
        if done >= after * 5:
            started[1].kill()

    if not after:
        monkeypatch.setattr(processes.Worker, "answer", killing_first(processes.Worker.answer, started))
    refresher(filled, catalog).refresh(kill)

    check(filled, catalog, expected)


def killing_first(answer, started: list[subprocess.Popen[bytes]]):
    """Return what kills all workers before the first answer is read."""

    def asked(self):
        for process in started:
            process.send_signal(signal.SIGKILL)
        return answer(self)

    return asked


def test_where_no_process_can_be_started_this_one_reads(
    filled: Path,
    catalog: Catalog,
    expected: dict[str, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
):
    def refuse(*words, **named):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)

    refresher(filled, catalog).refresh()

    check(filled, catalog, expected)


def test_what_cannot_be_read_is_told_by_workers_too(filled: Path):
    wanted = [
        ToRead("customers/00.md", None),
        ToRead("customers/gone.md", "x"),
        ToRead("vault.toml/x.md", None),
    ]
    settings, schema = load_settings(filled), load_schema(filled / "schema")

    batches = list(workers.read_by_workers(filled, schema, people_of(settings), wanted, 1))

    read, gone, odd = (note for batch in batches for note in batch)
    assert not isinstance(read, Unread)
    assert read.rows is not None
    assert read.rows.id == "c0"
    assert gone == Unread("customers/gone.md", None)
    assert isinstance(odd, Unread)


def test_who_stops_reading_leaves_no_process_behind(filled: Path, started: list[subprocess.Popen[bytes]]):
    settings, schema = load_settings(filled), load_schema(filled / "schema")
    wanted = [ToRead(f"customers/{number:02}.md", None) for number in range(COUNT)]
    answers = workers.read_by_workers(filled, schema, people_of(settings), wanted, 5)
    next(answers)

    answers.close()  # type: ignore[attr-defined]

    assert len(started) == 3
    assert all(process.returncode is not None for process in started)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_builder_that_is_killed_leaves_no_process_behind_and_no_half_catalog(
    filled: Path, tmp_path: Path, expected: dict[str, list[tuple[object, ...]]]
):
    code = (
        "import sys; from pathlib import Path; from tests.vault.notes_of import refresher\n"
        "from vault_tool.vault import refresh, workers\n"
        "from vault_tool.vault.catalog import Catalog\n"
        "workers.WORTH_IT = 1; workers.processors = lambda: 2; refresh.BATCH = 2\n"
        "def progress(done, total):\n"
        "    print(done, flush=True)\n"
        "    sys.stdin.readline()\n"
        "refresher(Path(sys.argv[1]), Catalog(Path(sys.argv[2]))).refresh(progress)\n"
    )
    path = tmp_path / "killed.db"
    with subprocess.Popen(
        [sys.executable, "-c", code, filled, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline() == b"2\n"
        children = children_of(process.pid)
        assert len(children) == 2
        process.kill()

    deadline = time.monotonic() + 20
    while any(is_alive(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with Catalog(path) as catalog:
        assert 0 < len(catalog.rows("SELECT path FROM files")) < COUNT
        refresher(filled, catalog).refresh()
        check(filled, catalog, expected)


def test_two_builders_at_once_make_one_catalog(
    filled: Path, tmp_path: Path, expected: dict[str, list[tuple[object, ...]]]
):
    code = (
        "import sys; from pathlib import Path; from tests.vault.notes_of import refresher\n"
        "from vault_tool.vault import refresh, workers\n"
        "from vault_tool.vault.catalog import Catalog\n"
        "workers.WORTH_IT = 1; workers.processors = lambda: 2; refresh.BATCH = 4\n"
        "refresher(Path(sys.argv[1]), Catalog(Path(sys.argv[2]))).refresh()\n"
    )
    path = tmp_path / "shared.db"

    builders = [subprocess.Popen([sys.executable, "-c", code, filled, path]) for _ in range(2)]

    assert [builder.wait(timeout=120) for builder in builders] == [0, 0]
    with Catalog(path) as catalog:
        check(filled, catalog, expected)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
