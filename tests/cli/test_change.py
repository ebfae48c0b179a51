"""Many commands at one customer: each waits its turn, and none is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.cli.vaults import ME, make_vault
from vault_tool.cli.app import App
from vault_tool.cli.change import change_notes
from vault_tool.cli.output import Output
from vault_tool.notes.note import Note
from vault_tool.vault.journal import ChangedOnDisk

NOTE = "---\nid: c1\nname: 蓝海\n---\n"
PATH = PurePosixPath("customers/蓝海.md")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {"蓝海.md": NOTE})


@pytest.fixture
def app(home: Path, clean_env: dict[str, str]) -> App:
    return App(clean_env, home, Output(sys.stdin, sys.stdout, sys.stderr, {}))


def test_of_commands_at_once_each_writes_its_entry(home: Path, clean_env: dict[str, str]):
    env = {**clean_env, **ME, "PYTHONPATH": str(Path(__file__).parents[2])}
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "vault_tool", "log", "蓝海", f"entry-{number}-"],
            cwd=home,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for number in range(8)
    ]

    said = [writer.communicate(timeout=120)[1] for writer in writers]

    assert [writer.returncode for writer in writers] == [0] * 8, said
    text = (home / PATH).read_text(encoding="utf-8")
    assert all(text.count(f"entry-{number}-") == 1 for number in range(8))


@pytest.mark.parametrize(("saves", "outcome"), [(1, "written"), (2, "refused")])
def test_where_an_editor_saves_in_between_it_is_planned_again_once(
    app: App, home: Path, saves: int, outcome: str
):
    left = saves

    def plan(note: Note) -> str:
        nonlocal left
        if left:
            left -= 1
            (home / PATH).write_text(f"{NOTE}saved {left}\n", encoding="utf-8")
        return note.text + "planned\n"

    if outcome == "refused":
        with pytest.raises(ChangedOnDisk):
            change_notes(app, [PATH], plan, "vault set")
    else:
        change_notes(app, [PATH], plan, "vault set")

    written = "planned\n" if outcome == "written" else ""
    assert (home / PATH).read_text(encoding="utf-8") == f"{NOTE}saved 0\n{written}"
    app.close()


def test_a_dry_run_waits_for_nobody(app: App, home: Path):
    with app.vault.writing("vault lint --fix"):
        ran = subprocess.run(
            [sys.executable, "-m", "vault_tool", "log", "蓝海", "hi", "--dry-run"],
            cwd=home,
            env={**app.env, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=9,
        )

    assert ran.returncode == 0, ran.stderr
    assert (home / PATH).read_text(encoding="utf-8") == NOTE
