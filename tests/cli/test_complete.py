from __future__ import annotations

import json
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
    asked = {
        "_VAULT_COMPLETE": "zsh_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = vault_run(cwd=home, env={**asked, "VAULT_NOTES_LANG": lang})
    assert ran.err == ""
    # Its kind, what to type, what to show beside it.
    return [line.replace(r"\:", ":") for line in ran.out.splitlines()[1::3]]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("蓝", ["蓝海"]),
        ("杭州", ["杭州蓝海贸易有限公司"]),
        ("lanhai", ["杭州蓝海贸易有限公司"]),
        ("oc", ["Ocean"]),
        # What needs no quotes goes first.
        ("blue", ["blue"]),
        ("nobody", []),
    ],
)
def test_customers_are_offered_by_any_name_and_by_pinyin(
    vault_run: VaultRun, home: Path, typed: str, expected: list[str]
):
    assert offered(vault_run, home, "vault", "show", typed) == expected


def test_with_nothing_typed_everybody_at_work_is_offered_once(vault_run: VaultRun, home: Path):
    vault_run("archive", "蓝海", cwd=home)

    assert offered(vault_run, home, "vault", "show", "") == ["Ocean"]


def test_no_more_is_offered_than_a_person_looks_at(vault_run: VaultRun, tmp_path: Path):
    notes = {f"客户{n}.md": f"---\nid: c{n}\nname: 客户{n}\n---\n" for n in range(230)}
    root = make_vault(tmp_path / "大", notes)
    vault_run("status", cwd=root)

    assert len(offered(vault_run, root, "vault", "show", "kehu")) == 200


def test_a_name_with_blanks_is_offered_where_no_plainer_one_fits(vault_run: VaultRun, home: Path):
    assert offered(vault_run, home, "vault", "show", r"Blue\ O") == ["Blue Ocean Trading"]


@pytest.mark.parametrize("name", ["蓝海(杭州)", "蓝海;rm", "$HOME蓝海", "蓝海\x1b[2J", "蓝海'"])
def test_what_a_shell_or_a_terminal_would_not_take_as_it_stands_is_not_offered(
    vault_run: VaultRun, tmp_path: Path, name: str
):
    root = make_vault(tmp_path / "库", {"lanhai.md": f"---\nid: c1\nname: {json.dumps(name)}\n---\n"})
    vault_run("status", cwd=root)

    assert offered(vault_run, root, "vault", "show", "lan") == ["lanhai"]


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
