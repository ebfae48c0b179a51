"""`vault rename`: the name, the file and the links change together, and come back together."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

NOTES = {
    "蓝海.md": "---\r\nid: c1\r\nname: '杭州蓝海'   # 合同上的\r\naliases: [老蓝]\r\nregion: 杭州\r\n---\r\n自己 [[蓝海]]\r\n",
    "王五.md": "---\nid: c2\nname: 王五\n推荐人: [[蓝海]]\n---\n[[杭州蓝海|老板]]、[[customers/蓝海]]、[[老蓝]]、[[c1]]、`[[蓝海]]`\n",
    "赵六.md": "---\nid: c3\nname: 赵六\n---\n蓝海 [[王五]]\n",
    "gbk.md": "---\nname: x\n---\n[[蓝海]] 王".encode("gb18030").decode("latin-1"),
}


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "customers").rglob("*.md")}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_vault(tmp_path / "库", NOTES)
    (home / "customers/gbk.md").write_bytes("---\nname: x\n---\n[[蓝海]] 王".encode("gb18030"))
    return home


def test_name_alias_file_and_links_follow_and_no_other_byte(vault_run: VaultRun, home: Path):
    before = files(home)

    ran = vault_run("rename", "蓝海", "蓝海国际", "贸易", cwd=home, env=ME)

    after = files(home)
    assert ran.status == 0
    assert ran.out.startswith("Renamed: 杭州蓝海 → 蓝海国际 贸易 (customers/蓝海国际 贸易.md)")
    assert set(after) == {"蓝海国际 贸易.md", "王五.md", "赵六.md", "gbk.md"}
    assert after["蓝海国际 贸易.md"].decode() == (
        "---\r\nid: c1\r\nname: '蓝海国际 贸易'   # 合同上的\r\naliases: [老蓝, 杭州蓝海]\r\nregion: 杭州\r\n---\r\n"
        "自己 [[蓝海国际 贸易]]\r\n"
    )
    assert after["王五.md"].decode() == (
        "---\nid: c2\nname: 王五\n推荐人: [[蓝海国际 贸易]]\n---\n"
        "[[蓝海国际 贸易|老板]]、[[customers/蓝海国际 贸易]]、[[老蓝]]、[[c1]]、`[[蓝海]]`\n"
    )
    assert {name: after[name] for name in ("赵六.md", "gbk.md")}.items() <= before.items()


def test_the_customer_is_found_by_either_name_afterwards(vault_run: VaultRun, home: Path):
    vault_run("rename", "蓝海", "蓝海国际", cwd=home, env=ME)

    for name in ("蓝海国际", "杭州蓝海", "老蓝", "c1"):
        shown = vault_run("show", name, "--json", cwd=home, env=ME)
        assert shown.json["customer"]["id"] == "c1", name


def test_undo_gives_the_very_bytes_in_the_very_files(vault_run: VaultRun, home: Path):
    before = files(home)
    vault_run("rename", "蓝海", "蓝海国际", cwd=home, env=ME)

    vault_run("undo", cwd=home)

    assert files(home) == before


def test_a_dry_run_shows_move_and_diff_and_writes_nothing(vault_run: VaultRun, home: Path):
    before = files(home)

    ran = vault_run("rename", "蓝海", "蓝海国际", "--dry-run", cwd=home, env=ME)

    assert "customers/蓝海.md → customers/蓝海国际.md" in ran.out
    assert "+推荐人: [[蓝海国际]]" in ran.out
    assert files(home) == before


def test_the_same_name_again_changes_nothing(vault_run: VaultRun, tmp_path: Path):
    home = make_vault(tmp_path / "v", {"王五.md": NOTES["王五.md"]})
    before = files(home)

    ran = vault_run("rename", "王五", "王五", cwd=home, env=ME)

    assert (ran.status, "Nothing to change" in ran.out, files(home)) == (0, True, before)


def test_an_alias_that_becomes_the_name_is_no_alias_any_more(vault_run: VaultRun, home: Path):
    vault_run("rename", "蓝海", "老蓝", cwd=home, env=ME)

    assert "aliases: [杭州蓝海]" in files(home)["老蓝.md"].decode()


def test_a_name_that_is_taken_gets_the_region_and_links_say_who_is_meant(vault_run: VaultRun, home: Path):
    ran = vault_run("rename", "蓝海", "赵六", "--json", cwd=home, env=ME)

    assert ran.json["to"] == "customers/赵六 杭州.md"
    assert ran.json["namesakes"] == ["customers/赵六.md"]
    text = files(home)["王五.md"].decode()
    assert "推荐人: [[赵六 杭州]]" in text
    assert "[[customers/赵六 杭州|老板]]" in text


def test_a_name_that_no_file_can_have_is_the_name_all_the_same(vault_run: VaultRun, home: Path):
    ran = vault_run("rename", "蓝海", "A/B [蓝海]", "--json", cwd=home, env=ME)

    assert ran.json["to"] == "customers/A B 蓝海.md"
    text = files(home)
    assert "name: 'A/B [蓝海]'" in text["A B 蓝海.md"].decode()
    assert "[[customers/A B 蓝海|老板]]" in text["王五.md"].decode()


def test_only_the_case_of_a_name_may_change(vault_run: VaultRun, tmp_path: Path):
    home = make_vault(
        tmp_path / "v", {"acme.md": "---\nid: c1\nname: acme\n---\n", "b.md": "---\nid: c2\n---\n[[acme]]\n"}
    )

    ran = vault_run("rename", "acme", "Acme", cwd=home, env=ME)

    assert ran.status == 0
    assert files(home) == {
        "Acme.md": b"---\nid: c1\nname: Acme\n---\n",
        "b.md": b"---\nid: c2\n---\n[[Acme]]\n",
    }


def test_a_file_whose_name_is_decomposed_moves_as_well(vault_run: VaultRun, tmp_path: Path):
    name = unicodedata.normalize("NFD", "Café.md")
    home = make_vault(tmp_path / "v", {name: "---\nid: c1\nname: Café\n---\n"})

    ran = vault_run("rename", "Café", "Bar", cwd=home, env=ME)

    assert (ran.status, list(files(home))) == (0, ["Bar.md"])


def test_a_link_that_may_mean_two_customers_is_left(vault_run: VaultRun, tmp_path: Path):
    two = {f"{place}/张三.md": f"---\nid: {place}\nname: 张三{place}\n---\n" for place in "ab"}
    home = tmp_path / "v"
    for name in two:
        (home / "customers" / name).parent.mkdir(parents=True)
    (home / "vault.toml").write_text('version = 1\nid = "v1"\n')
    for name, text in {**two, "x.md": "---\nid: x\n---\n[[张三]] [[customers/a/张三]]\n"}.items():
        (home / "customers" / name).write_text(text, encoding="utf-8")

    vault_run("rename", "a", "李四", cwd=home)

    assert (home / "customers/x.md").read_text(encoding="utf-8").endswith("[[张三]] [[customers/a/李四]]\n")
    assert (home / "customers/a/李四.md").exists()


def test_a_note_to_be_repaired_first_is_not_renamed(vault_run: VaultRun, home: Path):
    before = files(home)

    ran = vault_run("rename", "gbk", "新名", cwd=home, env=ME)

    assert (ran.status, files(home)) == (2, before)
    assert "Nothing was written" in ran.err


def test_an_empty_name_is_refused(vault_run: VaultRun, home: Path):
    assert vault_run("rename", "蓝海", " ", cwd=home, env=ME).status == 2
    assert vault_run("rename", "蓝海", cwd=home, env=ME).status == 2
