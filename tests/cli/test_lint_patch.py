"""`vault lint --diff` is a patch and nothing else: what git and patch make of it is what `--fix` makes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from vault_tool.cli.lint_patch import patch

FRONT = "---\nid: {id}\nname: Acme\ntype: person\nstage: lead\nowner: li.na\n---\n\n"
SEEDS = "2023年1月15日 – 咨询产品A\n\n文字\n"
NOTES = {
    "plain.md": FRONT.format(id="c1") + SEEDS,
    "客户 a b.md": FRONT.format(id="c2").replace("owner: ", "owner：") + SEEDS,
    "windows.md": (FRONT.format(id="c3") + SEEDS).replace("\n", "\r\n"),
    "no end.md": FRONT.format(id="c4") + SEEDS.removesuffix("\n"),
    "separators.md": FRONT.format(id="c5") + "a\u2028b\x0cc\x85d\x1ce\n\n" + SEEDS,
    "mixed.md": FRONT.format(id="c6") + "一\r\n二\n三\r四\r\n" + SEEDS,
    'quote"s.md': FRONT.format(id="c7") + SEEDS,
    "tab\there.md": FRONT.format(id="c8") + SEEDS,
    "bom.md": "\ufeff" + FRONT.format(id="c9") + SEEDS,
    "good.md": FRONT.format(id="c10"),
    "stays.md": FRONT.format(id="c11").replace("owner", "boss"),
}
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="such names can't be made there")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_vault(tmp_path / "vault", NOTES)
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[lint]\nselect = ["FM", "EN", "FE"]\nignore = ["EN006", "EN007", "FE006"]\n')
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "customers").iterdir()}


@posix_only
@pytest.mark.parametrize("words", [["git", "apply", "-"], ["patch", "-p1", "--binary", "--silent"]])
@pytest.mark.parametrize("in_repository", [True, False])
def test_the_patch_does_what_fix_does(
    vault_run: VaultRun, root: Path, tmp_path: Path, words: list[str], in_repository: bool
):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    if in_repository:
        # The vault is a folder of it.
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    ran = vault_run("lint", "--fix", "--diff", cwd=root)
    fixed = shutil.copytree(root, tmp_path / "fixed")

    applied = subprocess.run(words, cwd=root, input=ran.out.encode(), capture_output=True, check=False)

    assert applied.returncode == 0, applied.stderr.decode()
    assert vault_run("lint", "--fix", cwd=fixed).status == 1
    assert contents(root) == contents(fixed) != {name: text.encode() for name, text in NOTES.items()}


def test_findings_that_stay_are_counted_on_stderr(vault_run: VaultRun, root: Path):
    ran = vault_run("lint", "--diff", "customers/stays.md", "customers/plain.md", cwd=root)

    assert ran.out.startswith("--- a/customers/plain.md\n+++ b/customers/plain.md\n@@ ")
    assert "stays.md" not in ran.out
    assert ran.err == "2 files: 1 would be mended, 1 error, 1 warning\n"


def test_nothing_to_mend_is_an_empty_patch(vault_run: VaultRun, root: Path):
    ran = vault_run("lint", "--diff", "customers/good.md", cwd=root)

    assert (ran.status, ran.out) == (0, "")


def test_a_note_from_the_pipe_has_its_patch(vault_run: VaultRun, root: Path):
    words = ("lint", "--stdin-filename", "customers/new.md", "--diff")
    ran = vault_run(*words, cwd=root, stdin=NOTES["plain.md"].replace("c1", "c99"))

    assert ran.out.startswith("--- a/customers/new.md\n") and "+## 2023-01-15\n" in ran.out


@given(st.text(alphabet="ab\r\n\u2028\x0c", max_size=30), st.text(alphabet="ab\r\n\u2028\x0c", max_size=30))
def test_a_patch_holds_both_texts_in_their_very_bytes(before: str, after: str):
    made = patch(PurePosixPath("customers/a b.md"), before.encode(), after.encode())

    old, new = [], []
    lines = made.split(b"\n")[2:-1]
    for number, line in enumerate(lines):
        ending = b"" if lines[number + 1 : number + 2] == [b"\\ No newline at end of file"] else b"\n"
        if line[:1] in b" -" and line:
            old.append(line[1:] + ending)
        if line[:1] in b" +" and line:
            new.append(line[1:] + ending)
    if made:
        assert before.encode().endswith(b"".join(old)) or b"".join(old) in before.encode()
        assert b"".join(new) in after.encode()
    else:
        assert before == after
