"""A customer's file name: readable, legal everywhere, and nobody else's."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.vault.paths import customer_path, file_stem, taken_by
from vault_tool.vault.walk import matches_globs


def nothing_taken(path: PurePosixPath) -> bool:
    return False


def name_of(name: str, *aliases: str, region: str | None = None, taken=nothing_taken) -> str:
    return str(customer_path(name, aliases, region, "c3m8k2qa41", taken))


def test_a_customer_is_filed_under_the_first_alias_or_else_the_name():
    assert name_of("杭州蓝海贸易有限公司", "蓝海", "老蓝") == "customers/蓝海.md"
    assert name_of("杭州蓝海贸易有限公司") == "customers/杭州蓝海贸易有限公司.md"


def test_a_second_of_that_name_gets_the_region_a_third_the_id():
    first = taken_by([PurePosixPath("customers/张三.md")])
    second = taken_by([PurePosixPath("customers/张三.md"), PurePosixPath("customers/张三 杭州.md")])

    assert name_of("张三", region="杭州", taken=first) == "customers/张三 杭州.md"
    assert name_of("张三", taken=first) == "customers/张三 c3m8k2qa41.md"
    assert name_of("张三", region="杭州", taken=second) == "customers/张三 c3m8k2qa41.md"


def test_a_name_is_taken_in_any_case_and_composition():
    taken = taken_by([PurePosixPath("customers/Café.md")])

    assert taken(PurePosixPath(unicodedata.normalize("NFD", "customers/CAFÉ.md")))


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("A/B Test", "A B Test"),
        ("上海: 分公司", "上海 分公司"),
        ("What?", "What"),
        ('"Quoted" <x>', "Quoted x"),
        ("Acme Inc.", "Acme Inc"),
        ("...", ""),
        (".hidden", "hidden"),
        ("CON", "CON_"),
        ("nul.backup", "nul_.backup"),
        ("Com1", "Com1_"),
        ("Console", "Console"),
        ("a\tb\nc\x00d", "a b cd"),
        ("[[x]]|y", "x y"),
        ("🙂 笑脸", "🙂 笑脸"),
        ("e\u0301", "é"),
        ("#1 Shop", "1 Shop"),
    ],
)
def test_what_windows_or_a_link_refuses_is_left_out(text, stem):
    assert file_stem(text) == stem


def test_a_name_of_nothing_but_refused_signs_is_filed_under_the_id():
    assert name_of("???", "//") == "customers/c3m8k2qa41.md"


@given(st.text(), st.text(), st.one_of(st.none(), st.text()), st.integers(0, 4))
def test_whatever_the_name_its_path_is_one_short_part_that_the_walk_finds(name, alias, region, known):
    taken: list[PurePosixPath] = []
    for _ in range(known + 1):
        path = customer_path(name, [alias], region, "c3m8k2qa41", taken_by(taken))
        assert not taken_by(taken)(path)
        taken.append(path)

        assert path.parent == PurePosixPath("customers")
        assert matches_globs(path, ["customers/**/*.md"])
        assert len(path.stem) <= 80
        assert len(path.name.encode()) <= 210
        assert not set(path.name) & set('<>:"/\\|?*[]\n\t')
        assert path.stem == path.stem.strip(" .")


def test_a_long_name_really_can_be_a_file(tmp_path: Path):
    stem = file_stem("限" * 300)

    (tmp_path / f"{stem}.md").write_text("", encoding="utf-8")

    assert 60 <= len(stem) <= 80
