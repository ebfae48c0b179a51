"""What reading promises: the words a person sees, joined as a person joins them, and nothing secret."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_tool.notes.reading import reading_text

MARKS = [
    "**",
    "*",
    "_",
    "__",
    "`",
    "``",
    "~~",
    "==",
    "[",
    "]",
    "](",
    ")",
    "[[",
    "]]",
    "|",
    "\\",
    "<!--",
    "-->",
]
LINES = [
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\n> ",
    "\n- ",
    "\n1. ",
    "\n    ",
    "  \n",
    "\n```\n",
    "\n~~~\n",
    "\n# ",
    "\n---\n",
]
WORDS = [
    "企业版",
    "方案",
    "Q4",
    "price",
    "80,000",
    "键:: 值",
    "{{seal: x}}",
    "sealed-b41t0zq8",
    " ",
    "，",
    "{{封存: ",
]

markdown = st.lists(st.sampled_from(MARKS + LINES + WORDS), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("要**再让 2 个点**，月底定", "要再让 2 个点，月底定"),
        ("**只看到岸价。**所以等", "只看到岸价。所以等"),
        ("*企*业_版_ __x__ ***三***", "企业_版_ x 三"),
        ("~~旧价~~ ==新价== `a*b*` ``x`y``", "旧价 新价 a*b* x`y"),
        ("60*40*30 cm, 2 * 3, snake_case, a==b==c", "60*40*30 cm, 2 * 3, snake_case, a==b==c"),
        (r"\*星\* \# C:\dir", r"*星* # C:\dir"),
        ("[[王五]]说[[customers/acme|Acme]]好", "王五说Acme好"),
        (
            "见[报价单](https://example.com/a_b_c(1).pdf '表')第3页",
            "见报价单第3页\nhttps://example.com/a_b_c(1).pdf",
        ),
        ("![现场](site.jpg) ![[plan.pdf]]", "现场 plan.pdf\nsite.jpg"),
        ("[注] [a][b] [^1] [ ]", "[注] [a][b] [^1] [ ]"),
        ("see https://example.com/a_b_?x==1== now", "see https://example.com/a_b_?x==1== now"),
        ("企<!-- 内部 -->业", "企业"),
        ("<!-- 一\n\n二 -->\n企业", "企业"),
        ("企 <!-- 没关上", "企 <!-- 没关上"),
        ("`<!-- 代码 -->`", "<!-- 代码 -->"),
        ("底价 {{封存: 65 万}}。{{seal finance: 8}}元", "底价  。 元"),
        ("手机 sealed-7q2m9xk4 已换", "手机   已换"),
        ("- [ ] 发样\n- [x] 报价\n* 三\n2. 四", "发样\n报价\n三\n2. 四"),
        ("### 背景 ###\n企业\n---\n版", "背景 \n企业\n版"),
        ("| 甲 | 乙 |\n|---|:-:|\n| 企业 | [[a|版]] |", "| 甲 | 乙 |\n| 企业 | 版 |"),
        ("产品:: 企业\n数量：： 三\n说明", "产品:: 企业\n数量：： 三\n说明"),
        ("```python\n企**\n业\n```\n版", "企**\n业\n版"),
        ("", ""),
    ],
)
def test_marks_are_taken_away(written, read):
    assert reading_text(written).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("企业\n版", "企业版"),
        ("企业\r\n版", "企业版"),
        ("企业\r版", "企业版"),
        ("> 企业\n> 版", "企业版"),
        ("> 企业\n版", "企业版"),
        ("- 企业\n  版", "企业版"),
        ("**企\n业**版", "企业版"),
        ("[企业\n版](x)", "企业版\nx"),
        ("企业 \n版", "企业版"),
        ("企业  \n版", "企业\n版"),
        ("企业\\\n版", "企业\n版"),
        ("企业\n\n版", "企业\n版"),
        ("企业\n- 版", "企业\n版"),
        ("企业\n> 版", "企业\n版"),
        ("企业\n　　版", "企业\n　　版"),
        ("企业，\n版", "企业，\n版"),
        ("企业\nedition", "企业\nedition"),
        ("half a\nline", "half a\nline"),
    ],
)
def test_only_a_line_break_within_a_paragraph_between_han_characters_disappears(written, read):
    assert reading_text(written).text == read


def test_bold_is_known_for_what_it_is():
    reading = reading_text("价**再让\n2 点**，*斜*，__到岸__；**没关上")

    assert [span.of(reading.text) for span in reading.bold] == ["再让\n2 点", "到岸"]


@settings(max_examples=150)
@given(markdown)
def test_any_text_is_read_and_every_character_known_by_its_place(text):
    reading = reading_text(text)

    assert len(reading.offsets) == len(reading.text) + 1
    for character, offset in zip(reading.text, reading.offsets, strict=False):
        assert character in ("\n", " ") or character == text[offset]
    for span in reading.bold:
        assert 0 <= span.start < span.end <= len(reading.text)


@settings(max_examples=150)
@given(
    markdown,
    st.sampled_from(["{{seal: %s}}", "{{ Seal finance：%s}}", "{{封存: 一\n\n%s}}", "{{封存:%s"]),
    markdown,
)
def test_what_is_to_be_sealed_is_never_read(before, mark, after):
    text = before + mark % "geheim" + after

    assert "geheim" not in reading_text(text).text


@settings(max_examples=200)
@given(st.text(alphabet="企业版方案abc12，。 \n", max_size=60), st.sampled_from(["**", "*", "~~", "`", "=="]))
def test_a_marked_word_reads_as_the_word_alone(text, mark):
    words = text.split()

    marked = " ".join(f"{mark}{word}{mark}" for word in words)

    assert reading_text(marked).text == " ".join(words)


@pytest.mark.parametrize(
    ("piece", "length"),
    [(mark, 1_000_000) for mark in ("*", "[", "`")]
    + [
        (mark, 200_000)
        for mark in ("**a", "[a](", "[[a|", '[a](x "', "`a``b", "<!-- ", "a*b_c~~", "> ", "- ", "\\")
    ],
)
def test_a_megabyte_of_marks_takes_seconds_at_most(piece, length):
    text = piece * (length // len(piece))

    started = time.perf_counter()
    reading_text(text)

    # What is quadratic takes many minutes.
    assert time.perf_counter() - started < 30
