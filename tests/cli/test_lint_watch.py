"""`vault lint --watch`: what it says while people write, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.watch.watching import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a signal as on POSIX")

NOTE = "---\nid: {id}\nname: Acme\ntype: person\nstage: lead\nowner: li.na\n---\n"
SEED = "\n2023年1月15日 – 咨询产品A\n"


class Watching:
    """`vault lint --watch` in a process of its own."""

    def __init__(self, root: Path, env: dict[str, str], *words: str) -> None:
        command = [sys.executable, "-m", "vault_tool", "-C", str(root), "lint", "--watch", *words]
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command,
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as stdout:
            for line in stdout:
                self.lines.append(line.decode().rstrip())

    def wait_for(self, text: str, after: int = 0) -> int:
        """Wait until it says this in a later line; return how many lines there are up to it."""

        def heard() -> int:
            return next((n for n, line in enumerate(self.lines, 1) if n > after and text in line), 0)

        return int(eventually(heard, f"{text!r} in {self.lines[after:]}"))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        self._reader.join(10)
        return status


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_vault(tmp_path / "库", {"a.md": NOTE.format(id="c1"), "b.md": NOTE.format(id="c2") + SEED})
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[lint]\nselect = ["EN008"]\n')
    return root


@pytest.fixture
def watching(root: Path, clean_env: dict[str, str]) -> Iterator[Watching]:
    watching = Watching(root, clean_env)
    try:
        watching.wait_for("Watching")
        yield watching
    finally:
        if watching.process.poll() is None:
            watching.stop()


def test_it_begins_with_all_there_is_and_ctrl_c_ends_it_well(watching: Watching, root: Path):
    assert watching.lines == [
        "customers/b.md:9:1 EN008 seed-style-entry Make this an entry: `## 2023-01-15`",
        "2 files: 1 warning, --fix mends 1",
        f"Watching {root}. Ctrl-C ends it.",
    ]
    assert watching.stop() == 0
    assert len(watching.lines) == 3


def test_it_tells_what_a_save_has_brought_and_what_it_has_mended(watching: Watching, root: Path):
    (root / "customers/a.md").write_text(NOTE.format(id="c1") + SEED * 2, "utf-8")
    end = watching.wait_for("customers/a.md:11:1 EN008")
    assert watching.lines[3][8:] == "  2 files: 3 warnings, --fix mends 3"
    assert [line.split()[0] for line in watching.lines[4:end]] == [
        "customers/a.md:9:1",
        "customers/a.md:11:1",
    ]

    (root / "customers/b.md").write_text(NOTE.format(id="c2"), "utf-8")
    assert watching.lines[watching.wait_for("customers/b.md: nothing found", end) - 2].endswith(
        "2 files: 2 warnings, --fix mends 2"
    )


def test_a_note_that_comes_or_goes_is_told(watching: Watching, root: Path):
    (root / "customers/new.md").write_text(NOTE.format(id="c3") + SEED, "utf-8")
    end = watching.wait_for("customers/new.md:9:1 EN008")
    (root / "customers/new.md").unlink()
    watching.wait_for("2 files: 1 warning", end)


def test_settings_are_read_again_and_half_typed_ones_are_no_end(watching: Watching, root: Path):
    settings = (root / "vault.toml").read_text("utf-8")
    (root / "vault.toml").write_text(settings.replace("EN008", "EN088"), "utf-8")
    end = watching.wait_for("There is no rule EN088")
    (root / "vault.toml").write_text(settings.replace("EN008", "FM001"), "utf-8")
    watching.wait_for("customers/b.md: nothing found", end)
    assert watching.stop() == 0


def test_what_a_baseline_knows_is_not_told(root: Path, clean_env: dict[str, str], vault_run):
    vault_run("lint", "--write-baseline", str(root / "b.txt"), cwd=root)
    watching = Watching(root, clean_env, "--baseline", str(root / "b.txt"))
    try:
        end = watching.wait_for("Watching")
        with (root / "customers/b.md").open("a", encoding="utf-8") as file:
            file.write("\n2023年2月1日 – 报价\n")
        watching.wait_for("customers/b.md:11:1 EN008", end)
    finally:
        watching.stop()

    assert not [line for line in watching.lines if "b.md:9:1" in line]
