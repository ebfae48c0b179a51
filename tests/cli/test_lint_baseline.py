"""A messy vault goes green with a baseline, and only what is new fails from then on."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import Ran, VaultRun

NOTE = "---\nid: c{number}\nname: n{number}\ntype: person\nstage: lead\nowner: li.na\nstge: x\n---\n\n{lines}"
LINES = "".join(f"2023年1月{day}日 – 第{word}次来访\n\n" for day, word in enumerate("一二三四五六七八九", 1))
SECRET = "13812345678"


class Vault:
    """A vault of notes with ten findings each, and a baseline beside it."""

    def __init__(self, root: Path, run: VaultRun, count: int) -> None:
        notes = {f"n{number}.md": NOTE.format(number=number, lines=LINES) for number in range(count)}
        self.root = make_vault(root, notes)
        with (root / "vault.toml").open("a", encoding="utf-8") as file:
            file.write('[lint]\nselect = ["FM", "EN"]\nignore = ["EN007"]\n')
        self.file = root / "lint-baseline.txt"
        self._run = run

    def lint(self, *words: str) -> Ran:
        return self._run("lint", *words, cwd=self.root)

    def with_baseline(self, *words: str) -> Ran:
        return self.lint("--baseline", self.file.name, *words)

    def note(self, number: int) -> Path:
        return self.root / "customers" / f"n{number}.md"

    def entries(self) -> list[str]:
        return [line for line in self.file.read_text("utf-8").splitlines() if not line.startswith("#")]


@pytest.fixture
def vault(tmp_path: Path, vault_run: VaultRun) -> Vault:
    vault = Vault(tmp_path / "vault", vault_run, 5)
    vault.lint("--write-baseline", vault.file.name)
    return vault


def test_a_thousand_findings_are_green_tomorrow_and_a_new_one_is_not(tmp_path: Path, vault_run: VaultRun):
    vault = Vault(tmp_path / "vault", vault_run, 100)
    assert vault.lint().err == "100 files: 1000 warnings, --fix mends 900\n"

    written = vault.lint("--write-baseline", vault.file.name)

    assert (written.status, written.out) == (0, "")
    assert written.err.splitlines()[0].endswith("lint-baseline.txt: 1000 findings, 1000 added, 0 removed")
    assert len(vault.entries()) == 1000 and vault.entries() == sorted(vault.entries())
    tomorrow = vault.with_baseline()
    assert (tomorrow.status, tomorrow.out) == (0, "")
    assert tomorrow.err == "100 files: nothing new, 1000 known from the baseline\n"
    with vault.note(7).open("a", encoding="utf-8") as file:
        file.write("2023年2月1日 – 要报价\n")
    after = vault.with_baseline()
    assert after.status == 1
    assert [line.split()[0] for line in after.out.splitlines()] == ["customers/n7.md:28:1"]


def test_edits_moves_and_renames_keep_it_green(vault: Vault):
    text = vault.note(0).read_text("utf-8").replace("owner: li.na\n", "owner: zhang.wei\nregion: 北方\n")
    vault.note(0).write_text(
        text.replace("---\n\n", "---\n\n新的说明，在最前面。\n\n## 2026-11-20 电话\n\n好。\n\n", 1), "utf-8"
    )
    shutil.move(vault.note(1), vault.root / "customers" / "别名.md")

    found = vault.with_baseline("--ignore", "EN006,EN004")

    assert (found.status, found.out) == (0, "")


def test_json_counts_what_is_known_and_lists_what_is_new(vault: Vault):
    said = vault.with_baseline("--json").json

    assert said["findings"] == []
    assert said["summary"] == {"errors": 0, "warnings": 0, "infos": 0, "fixable": 0, "known": 50}


def test_github_shows_only_what_is_new(vault: Vault):
    assert vault.with_baseline("--format", "github").out == ""


def test_mending_what_is_known_leaves_a_stale_line_that_fails_nothing(vault: Vault):
    vault.lint("--fix", "customers/n0.md")

    assert vault.with_baseline().status == 0
    pruned = vault.lint("--prune-baseline", vault.file.name)
    assert pruned.status == 0
    assert "41 findings, 0 added, 9 removed" in pruned.err
    assert len(vault.entries()) == 41


def test_pruning_never_adds(vault: Vault):
    before = vault.entries()
    with vault.note(0).open("a", encoding="utf-8") as file:
        file.write("2023年2月1日 – 要报价\n")

    assert vault.lint("--prune-baseline", vault.file.name).status == 1
    assert vault.entries() == before


def test_a_deleted_note_is_pruned(vault: Vault):
    vault.note(0).unlink()

    assert vault.with_baseline().status == 0
    vault.lint("--prune-baseline", vault.file.name)
    assert not [line for line in vault.entries() if line.startswith("c0 ")]


@pytest.mark.parametrize("act", ["--write-baseline", "--prune-baseline"])
def test_a_look_at_one_note_or_rule_leaves_the_others_lines(vault: Vault, act: str):
    before = vault.entries()
    vault.note(0).write_text(NOTE.format(number=0, lines="").replace("stge: x\n", ""), "utf-8")
    vault.note(1).unlink()

    vault.lint(act, vault.file.name, "customers/n0.md", "--select", "EN008")

    gone = [line for line in before if line not in vault.entries()]
    assert gone == [line for line in before if line.startswith("c0 EN008 ")]


def test_writing_again_changes_nothing(vault: Vault):
    seen = vault.file.stat()

    assert "0 added, 0 removed" in vault.lint("--write-baseline", vault.file.name).err
    assert (vault.file.stat().st_mtime_ns, vault.file.stat().st_ino) == (seen.st_mtime_ns, seen.st_ino)


def test_lines_that_two_branches_added_are_merged_by_keeping_both(vault: Vault):
    one = vault.entries()
    vault.file.write_text("".join(f"{line}\n" for line in [*one[25:], *one[:30]]), "utf-8")

    assert vault.with_baseline().status == 0


def test_a_note_from_the_pipe_knows_the_baseline(vault: Vault, vault_run: VaultRun):
    text = vault.note(0).read_text("utf-8")

    ran = vault_run(
        "lint",
        "--stdin-filename",
        "customers/n0.md",
        "--baseline",
        vault.file.name,
        cwd=vault.root,
        stdin=text,
    )

    assert (ran.status, ran.out) == (0, "")


def test_a_baseline_that_is_missing_or_damaged_is_said(vault: Vault):
    missing = vault.lint("--baseline", "none.txt")
    vault.file.write_text("c1 FM005 - 0\n=======\n", "utf-8")
    damaged = vault.with_baseline()

    assert missing.status == 2 and "--write-baseline" in missing.err
    assert damaged.status == 3 and "lint-baseline.txt:2" in damaged.err
    assert vault.file.read_text("utf-8") == "c1 FM005 - 0\n=======\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--baseline", "a", "--write-baseline", "b"),
        ("--write-baseline", "a", "--prune-baseline", "b"),
        ("--write-baseline", "a", "--staged"),
        ("--write-baseline", "a", "--watch"),
        ("--write-baseline", "a", "--stdin-filename", "customers/n0.md"),
        ("--write-baseline", "a", "--fix", "--diff"),
        ("--staged", "--fix"),
        ("--watch", "--fix"),
        ("--watch", "--json"),
        ("--watch", "--staged"),
    ],
)
def test_what_contradicts_itself_is_refused(vault: Vault, words: tuple[str, ...]):
    ran = vault.lint(*words)

    assert ran.status == 2 and "don't go together" in ran.err


def test_privacy_is_accepted_only_by_name_and_leaves_nothing_of_the_secret(
    tmp_path: Path, vault_run: VaultRun
):
    vault = Vault(tmp_path / "vault", vault_run, 1)
    settings = (vault.root / "vault.toml").read_text("utf-8")
    (vault.root / "vault.toml").write_text(settings.replace('"EN"', '"EN", "PV"'), "utf-8")
    with vault.note(0).open("a", encoding="utf-8") as file:
        file.write(f"2023年3月1日 – 电话{SECRET}已确认\n")

    written = vault.lint("--write-baseline", vault.file.name)
    assert written.status == 1 and "1 finding about a secret was not accepted" in written.err
    assert not [line for line in vault.entries() if " PV" in line]
    assert "not accepted" not in vault.with_baseline().err
    written = vault.lint("--write-baseline", vault.file.name, "--include-privacy")
    assert written.status == 0 and "not accepted" not in written.err
    assert vault.with_baseline().status == 0
    private = [line for line in vault.entries() if re.search(r" PV\d+ ", line)]
    assert private and all(line.split()[2] == "-" for line in private)
    assert SECRET not in vault.file.read_text("utf-8")
