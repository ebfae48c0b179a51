"""A folder of notes that were never meant for a vault: linted calmly, in useful words, and green with a baseline."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from tests.cli.test_lint_report import SCHEMA, on_a_terminal
from tests.cli.vaults import make_vault
from tests.conftest import VaultRun

CASES = Path(__file__).parents[1] / "cases" / "foreign"
COUNT = 200

# How other programs wrote them: each gets every one of the specimens.
WRITINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "with a mark": lambda text: text.encode("utf-8-sig"),
    "windows breaks": lambda text: text.replace("\n", "\r\n").encode(),
    "old mac breaks": lambda text: text.replace("\n", "\r").encode(),
    "mixed breaks": lambda text: text.replace("\n", "\r\n", 3).encode(),
    "gbk": lambda text: text.encode("gb18030"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-le"),
    "big5, what it can": lambda text: text.encode("big5", "replace"),
    "cut in a character": lambda text: text.encode()[:-2],
    "with a nul": lambda text: text.replace("。", "\0。", 1).encode(),
    "two of them glued": lambda text: text.encode() + text.encode("gb18030"),
    "control characters": lambda text: text.replace("，", "\x1b[31m\x07\u2028\ufeff", 2).encode(),
}


def foreign_notes() -> dict[str, bytes]:
    """Return two hundred notes: each specimen as each program would have written it."""
    specimens = sorted(CASES.glob("*.md"))
    found: dict[str, bytes] = {}
    for number in range(COUNT):
        specimen = specimens[number % len(specimens)]
        writing = list(WRITINGS)[number // len(specimens) % len(WRITINGS)]
        folder = ("客户", "inbox/2023", "A b")[number % 3]
        found[f"{folder}/{specimen.stem} {writing}.md"] = WRITINGS[writing](specimen.read_bytes().decode())
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_vault(tmp_path_factory.mktemp("foreign") / "vault", {})
    for name, data in foreign_notes().items():
        path = root / "customers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def test_there_are_two_hundred_of_all_kinds():
    notes = foreign_notes()

    assert len(notes) == COUNT
    assert len({data for data in notes.values() if data}) > COUNT * 3 // 4


def test_it_is_linted_in_useful_words(vault_run: VaultRun, folder: Path):
    ran = vault_run("lint", "--json", cwd=folder)

    assert (ran.status, ran.err) == (1, "")
    assert ran.json["files"] == COUNT
    findings = ran.json["findings"]
    assert {finding["path"] for finding in findings} >= {
        f"customers/{name}" for name in foreign_notes() if "obsidian" in name or "hugo" in name
    }
    for finding in findings:
        assert finding["message"].strip() and "{" not in finding["message"].replace("{{", "").replace(
            "`{", ""
        )
        assert len(finding["message"]) < 300
    # Nobody is helped by the same word a hundred times about one note.
    most = Counter(finding["path"] for finding in findings).most_common(1)[0][1]
    assert most <= 25


def test_no_control_character_of_a_note_reaches_the_terminal(
    folder: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    shown = on_a_terminal(["lint"], {**clean_env, "NO_COLOR": "1", "TERM": "dumb"}, folder, monkeypatch)

    assert not [sign for sign in shown if sign < " " and sign not in "\n"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_terminal_it_ends_with_where_to_begin(
    folder: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, language: str
):
    env = {**clean_env, "NO_COLOR": "1", "TERM": "dumb", "VAULT_NOTES_LANG": language}
    shown = on_a_terminal(["lint"], env, folder, monkeypatch)

    last = shown[shown.rindex("\n\n") :]
    for word in ("--fix", "vault init --adopt", "--statistics", "--write-baseline", "FM001"):
        assert word in last
    assert len(last.splitlines()) < 12


@pytest.mark.parametrize("form", ["text", "concise", "github"])
def test_every_line_format_can_say_it(vault_run: VaultRun, folder: Path, form: str):
    ran = vault_run("lint", "--format", form, cwd=folder)

    assert ran.status == 1
    assert len(ran.out.splitlines()) == len(vault_run("lint", "--json", cwd=folder).json["findings"])


def test_sarif_can_say_it(vault_run: VaultRun, folder: Path):
    jsonschema.Draft4Validator(SCHEMA).validate(vault_run("lint", "--format", "sarif", cwd=folder).json)


def test_a_baseline_makes_it_green_and_a_new_note_is_not(vault_run: VaultRun, folder: Path, tmp_path: Path):
    file = str(tmp_path / "lint-baseline.txt")

    assert vault_run("lint", "--write-baseline", file, "--include-privacy", cwd=folder).status == 0
    green = vault_run("lint", "--baseline", file, cwd=folder)

    assert (green.status, green.out) == (0, "")
    assert green.err.startswith(f"{COUNT} files: nothing new, ")
    new = folder / "customers" / "新来的.md"
    new.write_bytes((CASES / "nearly.md").read_bytes().replace(b"c3m8k2qb01", b"c3m8k2qb77"))
    try:
        after = vault_run("lint", "--baseline", file, cwd=folder)
    finally:
        new.unlink()
    assert after.status == 1
    assert {line.split(":")[0] for line in after.out.splitlines()} == {"customers/新来的.md"}


def test_privacy_stays_red_unless_it_is_accepted_by_name(vault_run: VaultRun, folder: Path, tmp_path: Path):
    file = str(tmp_path / "lint-baseline.txt")
    if not any(
        each["code"].startswith("PV") for each in vault_run("lint", "--json", cwd=folder).json["findings"]
    ):
        pytest.skip("no privacy rule speaks here")

    ran = vault_run("lint", "--write-baseline", file, "--json", cwd=folder)

    assert {finding["code"][:2] for finding in ran.json["findings"]} == {"PV"}
    for secret in ("13800138000", "13900139000", "13700137000", "１３９", "demo-only-123"):
        assert secret not in Path(file).read_text("utf-8") + ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="git there converts line breaks")
def test_what_can_be_mended_is_a_patch_that_git_takes(vault_run: VaultRun, folder: Path, tmp_path: Path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    fixed = shutil.copytree(folder, tmp_path / "fixed")
    before = contents(copy)
    ran = vault_run("lint", "--fix", "--diff", cwd=copy)
    assert contents(copy) == before

    subprocess.run(["git", "apply", "-"], cwd=copy, input=ran.out.encode(), check=True)
    vault_run("lint", "--fix", cwd=fixed)

    assert contents(copy) == contents(fixed) != before
    assert vault_run("lint", "--fix", "--diff", cwd=fixed).out == ""
    vault_run("undo", cwd=fixed)
    assert contents(fixed) == before


def contents(root: Path) -> dict[str, bytes]:
    return {
        os.fspath(path.relative_to(root)): path.read_bytes() for path in (root / "customers").rglob("*.md")
    }


def test_statistics_are_a_screenful(vault_run: VaultRun, folder: Path):
    said = json.loads(vault_run("lint", "--statistics", "--json", cwd=folder).out)["statistics"]

    assert said["rules"][0]["findings"] >= said["rules"][-1]["findings"] >= 1
    assert len(vault_run("lint", "--statistics", cwd=folder).out.splitlines()) < 60
