"""`vault search`: its forms of answer, and going from a hit to the note."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.vaults import ME, SETTINGS, make_vault
from tests.conftest import VaultRun
from vault_tool.cli.width import width

NOTES = {
    "蓝海.md": """---
编号: c000000001
客户名称: 杭州蓝海贸易有限公司
aliases: [蓝海]
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
---

王总定价格，财务刘姐管付款。

## 2026-11-20 10:20 电话 报价 #急

𠮷先生要再让 2 个点，企业版的折扣月底定。

## 2026-10-08 订单 @张伟

企业版 1 套，给了优惠。

## 背景

企业版的老用户介绍来的。
""",
    "远帆.md": """---
编号: c000000002
客户名称: 宁波远帆渔具有限公司
类型: 企业客户
业务阶段: 成交
负责人: 张伟
---

## 2026-11-21 微信

问企业版和标准版的差别。
""",
    "Nord licht.md": """---
id: c000000003
name: Nordlicht GmbH
type: enterprise
stage: lost
owner: zhang.wei
---

Marta decides.

## 2026-09-01 email

Asked for the price list.
""",
}
TOML = (
    SETTINGS.format(language="zh")
    + """
[queries]
"价格" = "折扣 OR price"
"蓝海的" = "@价格 customer:蓝海"

[search.synonyms]
"折扣" = ["优惠", "打折"]
"""
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = make_vault(tmp_path / "v", NOTES)
    (root / "vault.toml").write_text(TOML, encoding="utf-8")
    return root


def hits(vault_run: VaultRun, home: Path, *words: str) -> list[str]:
    """Return file and line of what is found, best first."""
    found = vault_run("search", *words, "--json", cwd=home, env=ME).json["hits"]
    return [f"{Path(hit['path']).stem}:{hit['line']}" for hit in found]


# --- JSON --------------------------------------------------------------------------------------------------


def test_json_says_all_of_a_hit_in_canonical_words(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("search", "折扣月底", "--json", cwd=home, env={**ME, "VAULT_NOTES_LANG": "zh"})

    document = ran.json
    (hit,) = document.pop("hits")
    assert document.pop("engine") in ("whoosh", "tantivy")
    assert document == {
        "version": 1,
        "query": "折扣月底",
        "total": 1,
        "fresh": "walk",
        "behind": False,
        "nearest": [],
    }
    assert hit.pop("score") > 0
    start, end = hit.pop("highlights")[0]
    # Code points: the first character is one of them, though not one of UTF-16.
    assert hit["snippet"][start:end] == "折扣月底"
    assert hit.pop("snippet") == "急 𠮷先生要再让 2 个点，企业版的折扣月底定。"
    assert hit == {
        "customer": {
            "id": "c000000001",
            "name": "杭州蓝海贸易有限公司",
            "stage": "proposal",
            "owner": "li.na",
        },
        "path": "customers/蓝海.md",
        "line": 12,
        "date": "2026-11-20",
        "time": "10:20",
        "channel": "call",
        "author": "li.na",
        "tags": ["急"],
    }


@pytest.mark.parametrize(
    ("query", "line", "date", "author"),
    [("优惠", 16, "2026-10-08", "zhang.wei"), ("介绍来的", 20, None, None), ("刘姐", 10, None, None)],
    ids=["entry", "section", "profile"],
)
def test_a_hit_stands_where_its_part_of_the_note_begins(
    vault_run: VaultRun, home: Path, query: str, line: int, date: str | None, author: str | None
) -> None:
    hit = vault_run("search", f'"{query}"', "--json", cwd=home, env=ME).json["hits"][0]

    assert (hit["line"], hit["date"], hit["author"]) == (line, date, author)


def test_nothing_found_is_status_1_and_names_words_that_would_find_something(
    vault_run: VaultRun, home: Path
) -> None:
    ran = vault_run("search", "pricce", "--json", cwd=home, env=ME)
    said = vault_run("search", "pricce", cwd=home, env=ME)

    assert (ran.status, ran.json["total"], ran.json["hits"]) == (1, 0, [])
    assert "price" in ran.json["nearest"]
    assert said.status == 1
    assert said.out == ""
    assert "These would find something: price" in said.err


# --- text --------------------------------------------------------------------------------------------------


def test_hits_stand_under_their_customer_where_its_best_one_stands(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("search", "企业版", "--sort", "date", cwd=home, env={**ME, "VAULT_NOTES_LANG": "zh"})

    assert ran.out == (
        "宁波远帆渔具有限公司 · 成交 · 张伟\n"
        "  2026-11-21 周六 微信  customers/远帆.md:9\n"
        "    问企业版和标准版的差别。\n"
        "\n"
        "杭州蓝海贸易有限公司 · 方案报价 · 李娜\n"
        "  2026-11-20 周五 10:20 电话 报价  customers/蓝海.md:12\n"
        "    急 𠮷先生要再让 2 个点，企业版的折扣月底定。\n"
        "  2026-10-08 周四 订单 @张伟  customers/蓝海.md:16\n"
        "    企业版 1 套，给了优惠。\n"
        "  背景  customers/蓝海.md:20\n"
        "    背景 企业版的老用户介绍来的。\n"
    )


def test_by_customer_shows_and_counts_each_customer_once(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("search", "企业版", "--by", "customer", "--json", cwd=home, env=ME)
    first = vault_run("search", "企业版", "--by", "customer", "-n1", cwd=home, env=ME)

    assert ran.json["total"] == 2
    assert sorted(hit["customer"]["id"] for hit in ran.json["hits"]) == ["c000000001", "c000000002"]
    assert first.err == "2 customers, 1 shown; -n shows more\n"


def test_paths_come_once_each_and_all_of_them_unless_told(vault_run: VaultRun, home: Path) -> None:
    every = vault_run("search", "企业版 OR price", "-l", cwd=home, env=ME)
    one = vault_run("search", "企业版 OR price", "-l", "-n1", cwd=home, env=ME)
    for_xargs = vault_run("search", "企业版 OR price", "-0", cwd=home, env=ME)

    wanted = {"customers/蓝海.md", "customers/远帆.md", "customers/Nord licht.md"}
    assert set(every.out.splitlines()) == wanted
    assert len(every.out.splitlines()) == 3
    assert len(one.out.splitlines()) == 1
    assert for_xargs.out.endswith("\0")
    assert set(for_xargs.out.split("\0")) - {""} == wanted


@pytest.mark.parametrize(
    ("folder", "argv", "shown"),
    [
        ("customers", (), "蓝海.md"),
        ("schema", (), "../customers/蓝海.md"),
        ("..", ("-C", "v"), "v/customers/蓝海.md"),
        ("../elsewhere", ("-C", "../v"), "{home}/customers/蓝海.md"),
    ],
)
def test_a_path_can_be_opened_from_where_one_stands(
    vault_run: VaultRun, home: Path, folder: str, argv: tuple[str, ...], shown: str
) -> None:
    here = (home / folder).resolve()
    here.mkdir(exist_ok=True)
    found = shown.format(home=home.resolve())

    assert vault_run(*argv, "search", "再让", "-l", cwd=here, env=ME).out == f"{found}\n"
    assert f"  {found}:12\n" in vault_run(*argv, "search", "再让", cwd=here, env=ME).out
    assert vault_run(*argv, "list", "再让", "-l", cwd=here, env=ME).out == f"{found}\n"
    # What programs read is the same from everywhere.
    assert vault_run(*argv, "search", "再让", "--json", cwd=here, env=ME).json["hits"][0]["path"] == (
        "customers/蓝海.md"
    )


@pytest.mark.parametrize(
    "options",
    [("--open", "--json"), ("-l", "--json"), ("-i", "-l"), ("-i", "--open"), ("-0", "--json")],
)
def test_options_that_want_different_things_are_refused(
    vault_run: VaultRun, home: Path, options: tuple[str, ...]
) -> None:
    ran = vault_run("search", "企业版", *options, cwd=home, env=ME)

    assert ran.status == 2
    assert "can't be used together" in ran.err


# --- synonyms, saved queries -------------------------------------------------------------------------------


def test_synonyms_work_both_ways_and_come_after_the_word_itself(vault_run: VaultRun, home: Path) -> None:
    assert hits(vault_run, home, "折扣") == ["蓝海:12", "蓝海:16"]
    assert hits(vault_run, home, "优惠") == ["蓝海:16", "蓝海:12"]
    assert set(hits(vault_run, home, "打折")) == {"蓝海:12", "蓝海:16"}
    assert hits(vault_run, home, '"折扣"') == ["蓝海:12"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[search.synonyms]\n"折扣" = "优惠"', "`search.synonyms.折扣` must be a list of texts"),
        ('[search.synonyms]\n"折扣" = ["优惠", 3]', "`search.synonyms.折扣` must be a list of texts"),
        ('[search]\nsynonyms = ["折扣"]', "`search.synonyms` must be a section"),
        ("[search]\nsynonym = {}", "unknown setting `search.synonym`"),
        ('[queries]\n"老" = ["a"]', "`queries.老` must be a text in quotes"),
    ],
)
def test_settings_of_the_wrong_shape_are_told_with_their_line(
    vault_run: VaultRun, home: Path, table: str, said: str
) -> None:
    text = SETTINGS.format(language="zh") + table + "\n"
    (home / "vault.toml").write_text(text, encoding="utf-8")
    line = len(text.splitlines())

    ran = vault_run("search", "折扣", cwd=home, env=ME)

    assert ran.status == 3
    assert f"vault.toml:{line}: " in ran.err
    assert said in ran.err.replace('"', "")


def test_saved_queries_hold_each_other_in_search_and_list(vault_run: VaultRun, home: Path) -> None:
    assert set(hits(vault_run, home, "@价格")) == {"蓝海:12", "蓝海:16", "Nord licht:11"}
    assert set(hits(vault_run, home, "@蓝海的")) == {"蓝海:12", "蓝海:16"}
    assert vault_run("list", "@蓝海的", "-l", cwd=home, env=ME).out == "customers/蓝海.md\n"


def test_an_error_in_a_saved_query_names_it_and_the_character(vault_run: VaultRun, home: Path) -> None:
    (home / "vault.toml").write_text(TOML.replace("customer:蓝海", "custmer:蓝海"), encoding="utf-8")

    for command in ("search", "list"):
        ran = vault_run(command, "@蓝海的", cwd=home, env=ME)
        assert ran.status == 2
        assert "“@蓝海的” of vault.toml can't be read at character 5 (“custmer:蓝海”)" in ran.err
        assert "did you mean “customer”" in ran.err


# --- to the note -------------------------------------------------------------------------------------------

needs_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="a script with a first line is no program there"
)


@pytest.fixture
def vim(tmp_path: Path) -> dict[str, str]:
    """An editor like vim, with a window of its own, that notes how it was called, and adds a line to the note."""
    script = tmp_path / "bin" / "gvim"
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "pathlib.Path(__file__).with_name('called').write_text(' '.join(sys.argv[1:]), encoding='utf-8')\n"
        "with open(sys.argv[-1], 'a', encoding='utf-8') as note:\n    note.write('\\n补一句。\\n')\n",
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {**ME, "EDITOR": str(script)}


def called(tmp_path: Path) -> str:
    return (tmp_path / "bin" / "called").read_text(encoding="utf-8")


@needs_posix
@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (("企业版", "--sort", "date", "--open"), "+9 {home}/customers/远帆.md"),
        (("企业版", "--sort", "date", "--open", "3"), "+16 {home}/customers/蓝海.md"),
        (("--open=4", "企业版", "--sort", "date"), "+20 {home}/customers/蓝海.md"),
        (("--open", "price"), "+11 {home}/customers/Nord licht.md"),
    ],
)
def test_open_edits_the_hit_at_its_line(
    vault_run: VaultRun, home: Path, tmp_path: Path, vim: dict[str, str], argv: tuple[str, ...], line: str
) -> None:
    ran = vault_run("search", *argv, cwd=home, env=vim)

    assert "saved" in ran.err
    assert called(tmp_path) == line.format(home=home)


@needs_posix
def test_what_was_edited_from_a_search_is_found_at_once_and_can_be_taken_back(
    vault_run: VaultRun, home: Path, vim: dict[str, str]
) -> None:
    vault_run("search", "price", "--open", cwd=home, env=vim)

    assert hits(vault_run, home, "补一句") == ["Nord licht:11"]
    assert "vault search price" in vault_run("undo", cwd=home, env=ME).out
    assert hits(vault_run, home, "补一句") == []


def test_open_refuses_a_hit_that_is_not_there(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("search", "price", "--open", "2", cwd=home, env={**ME, "EDITOR": "false"})

    assert ran.status == 2
    assert "There is no hit 2: the last one is 1." in ran.err


def test_open_of_nothing_found_opens_nothing(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("search", "没有这个词", "--open", cwd=home, env={**ME, "EDITOR": "false"})

    assert ran.status == 1
    assert "Nothing found" in ran.err


def test_picking_without_a_terminal_says_what_to_do_instead(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("search", "企业版", "-i", cwd=home, env=ME)

    assert ran.status == 2
    assert "There is no terminal to choose on." in ran.err
    assert "--open N" in ran.err


@needs_posix
@pytest.mark.parametrize("has_fzf", [False, True], ids=["by number", "with fzf"])
def test_picking_on_a_terminal_edits_what_was_chosen(
    home: Path, tmp_path: Path, clean_env: dict[str, str], vim: dict[str, str], has_fzf: bool
) -> None:
    import pexpect

    if has_fzf:
        fzf = tmp_path / "bin" / "fzf"
        # It is fed a line for each hit, and says the last.
        fzf.write_text("#!/bin/sh\nexec tail -n 1\n")
        fzf.chmod(0o755)
    env = {**clean_env, **vim, "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "vault_tool", "search", "企业版", "--sort", "date", "-i"],
        cwd=str(home),
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
        encoding="utf-8",
        dimensions=(24, 80),
        timeout=60,
    )
    if not has_fzf:
        child.expect("4  杭州蓝海贸易有限公司 · 背景")
        child.sendline("4")
    child.expect(pexpect.EOF)
    child.close()

    assert called(tmp_path) == f"+20 {home}/customers/蓝海.md"


@needs_posix
@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal_every_line_fits_and_each_hit_has_its_number(
    home: Path, clean_env: dict[str, str], no_color: str
) -> None:
    import pexpect

    env = {**clean_env, **ME, "TERM": "xterm", "VAULT_NOTES_LANG": "zh", "NO_COLOR": no_color}
    shown, status = pexpect.run(
        f"{sys.executable} -m vault_tool search 企业版 --sort date",
        cwd=str(home),
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "50"},
        encoding="utf-8",
        timeout=60,
        withexitstatus=True,
    )

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.splitlines()]
    assert status == 0
    assert max(map(width, lines)) <= 50
    assert [line[2] for line in lines if re.search(r":\d+$", line)] == ["1", "2", "3", "4"]
    assert ("\x1b[1m企业版" if no_color else "\x1b[1;33m企业版") in shown.replace("33;1", "1;33")
    assert ("\x1b[33" not in shown) == bool(no_color)


@needs_posix
def test_paths_for_xargs_keep_a_name_with_a_blank_whole(home: Path, clean_env: dict[str, str]) -> None:
    found = subprocess.run(
        f"{sys.executable} -m vault_tool search price -0 | xargs -0 grep -c 'price list'",
        shell=True,
        cwd=home,
        env={**clean_env, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == "1\n", found.stderr
