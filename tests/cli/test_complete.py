from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun

NOTE = "---\nid: {id}\nname: {name}\naliases: [{alias}]\ntype: enterprise\nstage: lead\nowner: li.na\ntags: [VIP, 展会2026]\n---\n"


@pytest.fixture
def home(tmp_path: Path, vault_run: VaultRun) -> Path:
    notes = {
        "蓝海.md": NOTE.format(id="c1", name="杭州蓝海贸易有限公司", alias="蓝海"),
        "blue.md": NOTE.format(id="c2", name="Blue Ocean Trading", alias="Ocean"),
    }
    root = make_vault(tmp_path / "库", notes)
    vault_run("status", cwd=root)
    return root


def offered(vault_run: VaultRun, home: Path, *words: str, lang: str = "en") -> list[str]:
    """Return what Tab offers behind these words, the last of which is being typed."""
    with pytest.MonkeyPatch.context() as patch:
        # Click reads these from the process's own environment.
        patch.setenv("COMP_WORDS", " ".join(words))
        patch.setenv("COMP_CWORD", str(len(words) - 1))
        ran = vault_run(cwd=home, env={"_VAULT_COMPLETE": "bash_complete", "VAULT_NOTES_LANG": lang})
    assert ran.err == ""
    return [line.partition(",")[2] for line in ran.out.splitlines() if line]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("蓝", ["蓝海"]),
        ("杭州", ["杭州蓝海贸易有限公司"]),
        ("lanhai", ["杭州蓝海贸易有限公司"]),
        ("oc", ["Ocean"]),
        # A shell would cut the full name at its blanks.
        ("blue", ["blue"]),
        ("nobody", []),
    ],
)
def test_customers_are_offered_by_any_name_and_by_pinyin(
    vault_run: VaultRun, home: Path, typed: str, expected: list[str]
):
    assert offered(vault_run, home, "vault", "show", typed) == expected


def test_fields_and_words_are_offered_in_the_script_being_typed(vault_run: VaultRun, home: Path):
    assert offered(vault_run, home, "vault", "set", "蓝海", "stag") == ["stage="]
    assert offered(vault_run, home, "vault", "set", "蓝海", "业务阶") == ["业务阶段="]
    assert offered(vault_run, home, "vault", "set", "蓝海", "stage=prop") == ["stage=proposal"]
    assert offered(vault_run, home, "vault", "set", "蓝海", "阶段=方") == ["阶段=方案报价"]
    assert offered(vault_run, home, "vault", "set", "蓝海", "阶段=")[0] == "阶段=潜在客户"


def test_tags_in_use_and_people_are_offered(vault_run: VaultRun, home: Path):
    assert offered(vault_run, home, "vault", "set", "蓝海", "tags+=") == ["tags+=VIP", "tags+=展会2026"]
    assert offered(vault_run, home, "vault", "set", "蓝海", "owner=z") == ["owner=zhang.wei"]
    assert offered(vault_run, home, "vault", "whoami", "李") == ["李娜"]


def test_words_of_an_entry_are_offered_in_the_readers_language(vault_run: VaultRun, home: Path):
    assert offered(vault_run, home, "vault", "log", "蓝海", "-c", "")[0] == "call"
    assert offered(vault_run, home, "vault", "log", "蓝海", "-c", "", lang="zh")[0] == "电话"


def test_rules_are_offered_by_code_and_name(vault_run: VaultRun, home: Path):
    assert "FM005" in offered(vault_run, home, "vault", "rule", "FM00")
    assert offered(vault_run, home, "vault", "rule", "unknown-fie") == ["unknown-field"]


def test_commands_are_offered(vault_run: VaultRun, home: Path):
    assert offered(vault_run, home, "vault", "sta") == ["status"]


def test_the_vault_that_is_named_before_the_command_counts(vault_run: VaultRun, home: Path, tmp_path: Path):
    assert offered(vault_run, tmp_path, "vault", "-C", str(home), "show", "蓝") == ["蓝海"]


@pytest.mark.parametrize("words", [("show", "x"), ("set", "x"), ("whoami", "x"), ("set", "tags=x")])
def test_without_a_vault_nothing_breaks(vault_run: VaultRun, tmp_path: Path, words: tuple[str, ...]):
    assert offered(vault_run, tmp_path, "vault", *words) == []


def test_without_a_vault_the_built_in_words_are_offered(vault_run: VaultRun, tmp_path: Path):
    assert offered(vault_run, tmp_path, "vault", "set", "stage=w") == ["stage=won"]


def test_a_broken_vault_breaks_no_key_press(vault_run: VaultRun, home: Path):
    (home / "vault.toml").write_bytes(b"\xff\x00 =")

    assert offered(vault_run, home, "vault", "show", "蓝") == []


def test_completing_makes_no_catalog_in_the_vault(vault_run: VaultRun, tmp_path: Path):
    root = make_vault(tmp_path / "neu", {})

    offered(vault_run, root, "vault", "show", "x")

    assert {path.name for path in root.iterdir()} == {"customers", "vault.toml"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_real_bash_completes_a_customer(vault_run: VaultRun, home: Path, clean_env: dict[str, str]):
    script = vault_run("completion", "bash").out
    scripts = Path(sys.executable).parent
    ask = "COMP_WORDS=(vault show lanhai); COMP_CWORD=2; _vault_completion vault; printf '%s\\n' \"${COMPREPLY[@]}\""

    done = subprocess.run(
        ["bash", "--norc", "-c", f"{script}\n{ask}"],
        env={**clean_env, "PATH": f"{scripts}:{clean_env['PATH']}"},
        cwd=home,
        capture_output=True,
        encoding="utf-8",
    )

    assert done.stdout == "杭州蓝海贸易有限公司\n", done.stderr
