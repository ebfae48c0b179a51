from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, get_completion_class

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from vault_tool.cli import complete, tab
from vault_tool.cli.completion import SHELLS
from vault_tool.cli.root import COMMANDS

NOTE = "---\nid: {id}\nname: {name}\naliases: [{alias}]\ntype: enterprise\nstage: lead\nowner: li.na\ntags: [VIP, 展会2026]\n---\n"


@pytest.fixture
def home(tmp_path: Path, vault_run: VaultRun) -> Path:
    notes = {
        "蓝海.md": NOTE.format(id="c1", name="杭州蓝海贸易有限公司", alias="蓝海"),
        "blue.md": NOTE.format(id="c2", name="Blue Ocean Trading", alias="Ocean"),
        # Two blanks together stay two only within quotes.
        "tres  g & cía's.md": NOTE.format(id="c3", name="Tres  G & Cía's", alias="'Tres  G: $1 [x]'"),
    }
    root = make_vault(tmp_path / "库", notes)
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[queries]\n"本周" = "next:<=7d"\n')
    vault_run("status", cwd=root)
    return root


# Two ways to one answer


@pytest.mark.parametrize("name", COMMANDS)
def test_what_stands_here_of_a_commands_arguments_is_what_the_command_says(name: str):
    loaded: click.Command = getattr(import_module(COMMANDS[name].module), name)
    arguments = [param for param in loaded.params if isinstance(param, click.Argument)]
    offers = [argument._custom_shell_complete for argument in arguments]

    if name in tab.ALL:
        assert (arguments[0].nargs, offers) == (-1, [tab.ALL[name]])
    elif name in tab.ONE:
        assert (arguments[0].nargs, offers[0]) == (1, tab.ONE[name])
    else:
        assert complete.customers not in offers and complete.queries not in offers


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("beside", ["", "销售: 李娜"])
def test_every_shell_is_answered_as_by_click(shell: str, beside: str):
    item = CompletionItem("阶段:won", help=beside or None)
    by_click = get_completion_class(shell)
    assert by_click is not None

    said = tab.FORMATS[shell]("plain", "阶段:won", beside)

    assert said == by_click(click.Command("vault"), {}, "vault", "").format_completion(item)


@pytest.mark.parametrize(
    "words",
    ["show lan", "show", "archive 蓝 oc", "set 蓝海 sta", "list stage:", "search tag:V", "log lan"],
)
def test_click_would_offer_the_same(
    vault_run: VaultRun, home: Path, monkeypatch: pytest.MonkeyPatch, words: str
):
    asked = {"_VAULT_COMPLETE": "zsh_complete", "COMP_WORDS": f"vault {words}"}
    asked["COMP_CWORD"] = str(len(words.split()) + (words == "show"))
    quick = vault_run(cwd=home, env=asked)

    monkeypatch.setattr(tab, "ONE", {})
    monkeypatch.setattr(tab, "ALL", {})

    assert quick.out
    assert vault_run(cwd=home, env=asked).out == quick.out


def test_where_an_argument_is_asked_for_click_is_not_loaded(clean_env: dict[str, str], home: Path):
    code = (
        "import os, sys\n"
        "from vault_tool.cli.main import run\n"
        "run([], os.environ)\n"
        "sys.exit(','.join({'click', 'whoosh', 'tantivy', 'pypinyin', 'yaml', 'json'} & set(sys.modules)) or 0)"
    )
    env = {**clean_env, "_VAULT_COMPLETE": "zsh_complete", "COMP_WORDS": "vault show lan", "COMP_CWORD": "2"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=home, capture_output=True, encoding="utf-8"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "杭州蓝海贸易有限公司" in done.stdout


# What is typed


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [
        ("vault show lan", 2, (["show"], "lan")),
        ("vault show", 2, (["show"], "")),
        ("vault show lan behind", 2, (["show"], "lan")),
        ("vault list stage : pro", 4, (["list"], "stage:pro")),
        ("vault list stage :", 3, (["list"], "stage:")),
        ("vault set 蓝海 tags+ = V", 5, (["set", "蓝海"], "tags+=V")),
        ("vault list stage : won tag : V", 7, (["list", "stage", ":", "won"], "tag:V")),
        ("vault list @ 本", 3, (["list"], "@本")),
        ("vault list @", 2, (["list"], "@")),
        ("vault search --sort = da", 4, (["search"], "--sort=da")),
        ("vault log 蓝海 'not closed", 3, (["log", "蓝海"], "not closed")),
    ],
)
def test_what_bash_has_cut_is_put_together(words: str, at: int, expected: tuple[list[str], str]):
    assert tab.typed("bash", {"COMP_WORDS": words, "COMP_CWORD": str(at)}) == expected


@pytest.mark.parametrize(
    ("line", "token", "expected"),
    [
        ("vault show lan", "lan", (["show"], "lan")),
        ("vault show ", "", (["show"], "")),
        ("vault list stage:pro", "stage:pro", (["list"], "stage:pro")),
    ],
)
def test_fish_has_the_word_in_two_places(line: str, token: str, expected: tuple[list[str], str]):
    assert tab.typed("fish", {"COMP_WORDS": line, "COMP_CWORD": token}) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"_VAULT_COMPLETE": "zsh_complete"},
        {"_VAULT_COMPLETE": "bash_complete", "COMP_WORDS": "vault show x", "COMP_CWORD": "no number"},
        {"_VAULT_COMPLETE": "tcsh_complete"},
        {"_VAULT_COMPLETE": "nonsense"},
    ],
)
def test_a_question_that_makes_no_sense_is_answered_by_silence(
    vault_run: VaultRun, home: Path, asked: dict[str, str]
):
    ran = vault_run(cwd=home, env=asked)

    assert ran.status != 0
    assert (ran.out, ran.err) == ("", "")


def test_the_script_is_what_the_command_prints(vault_run: VaultRun, home: Path):
    assert (
        vault_run(cwd=home, env={"_VAULT_COMPLETE": "zsh_source"}).out.strip()
        == vault_run("completion", "zsh").out.strip()
    )


@pytest.mark.parametrize(
    ("shell", "typed", "said"),
    [
        ("powershell", "vault show Tres", "plain\n'Tres  G & Cía''s'\n_"),
        ("powershell", "vault list @", "plain\n'@本周'\nnext:<=7d"),
        ("zsh", "vault show Tres", "plain\nTres  G & Cía's\n_"),
        ("bash", "vault show Tres", r"plain,Tres\\ \\ G\\ \\&\\ Cía\\'s"),
        ("bash", "vault show 'Tres", "plain,Tres  G & Cía's"),
    ],
)
def test_a_value_is_given_to_a_shell_such_that_it_stays_in_one_piece(
    vault_run: VaultRun, home: Path, shell: str, typed: str, said: str
):
    asked = {"_VAULT_COMPLETE": f"{shell}_complete", "COMP_WORDS": typed, "COMP_CWORD": "2"}

    assert vault_run(cwd=home, env=asked).out == f"{said}\n"


# Real shells

TYPED = {
    "vault show 蓝": "vault show 蓝海",
    "vault show oc": "vault show Ocean",
    "vault show Tres": "vault show Tres  G & Cía's",
    r"vault show Tres\ \ G": "vault show Tres  G & Cía's",
    'vault show "Tres  G & C': "vault show Tres  G & Cía's",
    r"vault show Tres\ \ G:": "vault show Tres  G: $1 [x]",
    "vault stat": "vault status",
    "vault list 阶段:方": "vault list 阶段:方案报价",
    "vault list @本": "vault list @本周",
    "vault set 蓝海 tags+=V": "vault set 蓝海 tags+=VIP",
    "vault log 蓝海 --channel=visi": "vault log 蓝海 --channel=visit",
}
# Fish shows only what contains the letters typed.
BY_SOUND = {
    "vault show lanhai": "vault show 杭州蓝海贸易有限公司",
    "vault show lh": "vault show 杭州蓝海贸易有限公司",
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX's kind")
@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_tab_completes_in_a_real_shell(vault_run: VaultRun, home: Path, clean_env: dict[str, str], name: str):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    from tests.cli.shells import shell

    tool = Path(clean_env["HOME"], "bin", "vault")
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m vault_tool \"$@\"\n", encoding="utf-8")
    tool.chmod(0o755)
    env = {
        **clean_env,
        "PATH": f"{tool.parent}:{clean_env['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    wanted = TYPED if name == "fish" else {**TYPED, **BY_SOUND}

    with shell(name, vault_run("completion", name).out, env, home) as terminal:
        assert {typed: terminal.line_after(typed) for typed in wanted} == wanted
