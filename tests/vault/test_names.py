from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.vault.names import Fit, person_id, pinyin_key, pinyin_query, plain_letters

HANZI = "杭州蓝海贸易有限公司上海北京科技发展重庆长安行乐单曾银行电子西藏张伟王芳吕绿女"


def fit(query: str, name: str) -> Fit | None:
    asked = pinyin_query(query)
    key = pinyin_key(name)
    return asked.fits([key]).get(key) if asked else None


def test_a_key_has_every_reading_of_every_character():
    assert pinyin_key("杭州蓝海") == "hang/kang zhou lan/la hai|hk z l h"


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("hangzhou", "杭州蓝海贸易有限公司", Fit.WHOLE_START),
        ("hangzh", "杭州蓝海贸易有限公司", Fit.WHOLE_START),
        ("lanhai", "杭州蓝海贸易有限公司", Fit.WHOLE),
        ("lan hai", "杭州蓝海贸易有限公司", Fit.WHOLE),
        ("LanHai", "杭州蓝海贸易有限公司", Fit.WHOLE),
        ("Lánhǎi", "杭州蓝海贸易有限公司", Fit.WHOLE),
        ("lanhaimaoyi", "杭州蓝海贸易有限公司", Fit.WHOLE),
        ("hzlh", "杭州蓝海贸易有限公司", Fit.INITIALS_START),
        ("lh", "杭州蓝海贸易有限公司", Fit.INITIALS),
        ("gs", "杭州蓝海贸易有限公司", Fit.INITIALS),
        ("xian", "西安绿地", Fit.WHOLE_START),
        ("xi'an", "西安绿地", Fit.WHOLE_START),
        ("xian", "鲜丰水果", Fit.WHOLE_START),
        ("lvdi", "西安绿地", Fit.WHOLE),
        ("ludi", "西安绿地", Fit.WHOLE),
        ("lüdi", "西安绿地", Fit.WHOLE),
        ("shan", "单雄信", Fit.WHOLE_START),
        ("zeng", "曾国藩", Fit.WHOLE_START),
        ("chongqing", "重庆长安", Fit.WHOLE_START),
        ("yuegu", "乐谷", Fit.WHOLE_START),
        ("legu", "乐谷", Fit.WHOLE_START),
        ("bi", "费先生", Fit.WHOLE_START),
        ("abcyinhang", "ABC银行", Fit.WHOLE_START),
        ("chen", "陳大文", Fit.WHOLE_START),
    ],
)
def test_pinyin_is_found_anywhere_in_a_name(query: str, name: str, expected: Fit):
    assert fit(query, name) is expected


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("anhai", "杭州蓝海"),  # in the middle of a syllable
        ("hailan", "杭州蓝海"),  # the other way round
        ("lahi", "杭州蓝海"),
        ("zl h x", "杭州蓝海"),
        ("yixian", "贸易有限"),  # a syllable left out
        ("kh", "蓝海"),
        ("lh", "Lime House"),  # no character has a reading
    ],
)
def test_what_is_not_in_a_name_is_not_found(query: str, name: str):
    assert fit(query, name) is None


@pytest.mark.parametrize("text", ["蓝海", "l", "", "12", "蓝hai", "!!", "x" * 41])
def test_what_can_be_no_pinyin_is_no_query(text: str):
    assert pinyin_query(text) is None


@pytest.mark.parametrize("name", ["Acme Ltd", "", "123", "ソニー", "Иван"])
def test_a_name_without_a_reading_has_no_key(name: str):
    assert pinyin_key(name) == ""


@given(st.lists(st.text(HANZI, min_size=1, max_size=12), min_size=1, max_size=8), st.data())
def test_any_reading_of_any_part_of_a_name_finds_it_among_others(names: list[str], data: st.DataObject):
    keys = [pinyin_key(name) for name in names]
    key = data.draw(st.sampled_from(keys))
    groups = [group.split("/") for group in key.split("|")[0].split(" ")]
    start = data.draw(st.integers(0, len(groups) - 1))
    end = data.draw(st.integers(start + 1, len(groups)))
    readings = [data.draw(st.sampled_from(group)) for group in groups[start:end]]

    written = pinyin_query("".join(readings)[:40])
    initials = pinyin_query("".join(reading[0] for reading in readings))

    assert written is None or key in written.fits(keys)
    assert initials is None or key in initials.fits(keys)
    assert written is None or set(written.fits(keys)) == {one for one in keys if written.fits([one])}


@given(st.text())
def test_any_text_can_be_a_name_or_a_query(text: str):
    key = pinyin_key(text)
    asked = pinyin_query(text)

    assert "\n" not in key
    assert asked is None or isinstance(asked.fits([key, "lan hai|l h"]), dict)
    assert person_id(text)


def test_no_query_takes_longer_than_its_length():
    keys = [pinyin_key("嗯啊那蓝" * 10)] * 100 + ["a/ai/aa " * 39 + "a/ai/aa|" + "a " * 40]
    began = time.monotonic()

    for query in ("a" * 39 + "b", "la" * 20, "ng" * 20, "n" * 40):
        asked = pinyin_query(query)
        assert asked is not None
        asked.fits(keys)

    assert time.monotonic() - began < 20


# --- ids of people


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("李娜", "li.na"),
        ("张小明", "zhang.xiaoming"),
        ("欧阳娜娜", "ouyang.nana"),
        ("单雄信", "shan.xiongxin"),
        ("曾国藩", "zeng.guofan"),
        ("张·伟", "zhang.wei"),
        ("吕布", "lv.bu"),
        ("王", "wang"),
        ("Anna Smith", "anna.smith"),
        ("Müller", "muller"),
        ("李Tony", "li.tony"),
        ("Иван", "person"),
        ("", "person"),
    ],
)
def test_an_id_is_made_of_a_persons_name(name: str, expected: str):
    assert person_id(name) == expected


def test_a_second_person_of_a_name_gets_a_number():
    assert person_id("李娜", {"li.na"}) == "li.na2"
    assert person_id("李娜", {"li.na", "li.na2"}) == "li.na3"


@given(st.text())
def test_an_id_can_stand_in_a_heading_and_in_settings(name: str):
    made = person_id(name)

    assert not set(made) & set(" @#\t\n\"'")
    assert made == made.lower()


def test_letters_are_plain_whatever_marks_they_bear():
    assert plain_letters("Lǚ Bù") == "lubu"
    assert plain_letters("蓝hai") is None


def test_to_import_the_module_does_not_load_pypinyin():
    code = "import sys, vault_tool.vault.names, vault_tool.vault.vault; print('pypinyin' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout == "False\n"
