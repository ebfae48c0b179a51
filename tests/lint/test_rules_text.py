"""What the rules on prose and on days find, and above all what they leave in peace."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lint.linting import SCHEMA, check, checker, note_of
from vault_tool.lint.mend import mend
from vault_tool.lint.rules.phrases import phrase_pattern, phrases_pattern, telltale
from vault_tool.lint.rules.relative_days import clear_day, day_phrases, said_days
from vault_tool.lint.rules.sentences import units
from vault_tool.vault.settings import DEFAULT_LIMITS

HEAD = "---\nid: a\nname: Acme\ntype: person\nstage: lead\nowner: c\n---\n\n"
THURSDAY = date(2026, 10, 1)


def found(body: str, code: str, **limits: int) -> list[str]:
    """What a rule marks in a body."""
    note = note_of(HEAD + body)
    judge = checker(code, limits={**DEFAULT_LIMITS, **limits})
    return [finding.span.of(note.text) for finding in judge.check(note)]


# --- units


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("王总定价格，财务付款。", 9),
        ("要再让 2 个点", 6),
        ("要再让2个点", 6),
        ("80,000 元", 2),
        ("The price isn't final.", 4),
        ("A3/B1, ERP-2026-118, li.na@example.com", 3),
        ("见 [报价单](https://example.com/a/very/long/name)", 4),
        ("见 https://example.com/a/very/long/name。", 2),
        ("见 [[customers/acme|蓝海]]", 3),
        ("运行 `vault lint --fix 蓝海`", 3),
        ("底价 sealed-7q2m9xk4", 3),
        ("ケーキ", 3),
        ("——……！", 0),
        ("", 0),
    ],
)
def test_a_han_character_counts_one_and_so_does_a_latin_word(text: str, count: int) -> None:
    assert units(text) == count


@given(st.text(alphabet="王a1 。,-[]()`|<>!:/{}\n", max_size=60))
def test_no_text_has_more_units_than_characters(text: str) -> None:
    assert units(text) <= len(text)


# --- sentences and entries


@pytest.mark.parametrize(
    "line",
    [
        "> " + "王" * 60,
        "| " + "王" * 60 + " | a |",
        "### " + "王" * 60,
        "备注:: " + "王" * 60,
        "`" + "王" * 60 + "`",
        "    ```\n" + "王" * 60,
        "<!-- " + "王" * 60 + " -->",
        "{{封存: " + "王" * 60 + "}}",
        "https://example.com/" + "王" * 60,
        "；".join(["王" * 20] * 5),
        "Mr. Li. " * 30,
    ],
)
def test_what_is_no_sentence_of_the_writer_is_never_too_long(line: str) -> None:
    assert found(line if "```" not in line else "```\n" + line + "\n```", "CC001") == []


def test_a_sentence_in_short_pieces_may_be_half_as_long_again() -> None:
    piece = "王" * 15
    assert found("，".join([piece] * 4), "CC001") == []
    assert found("，".join([piece] * 5), "CC001") != []
    assert found("，".join(["王" * 25] * 2), "CC001") != []


def test_the_limits_are_those_of_the_settings() -> None:
    assert found("王" * 30, "CC001") == []
    assert found("王" * 30, "CC001", sentence_units=20) == ["王" * 30]
    assert found("## 2026-11-20\n\n" + "王总。" * 20, "CC002", entry_units=30) == ["## 2026-11-20"]


@pytest.mark.parametrize(
    "key", ["**王总**", "- 王总", "1. 王总", "==王总==", "金额:: 8万", "### 王总", "| a |"]
)
def test_whatever_stands_out_is_a_key_point(key: str) -> None:
    assert found("## 2026-11-20\n\n" + "王总很好。" * 30, "CC004") == ["## 2026-11-20"]
    assert found(f"## 2026-11-20\n\n{key}\n" + "王总很好。" * 30, "CC004") == []


def test_a_line_that_waits_to_become_an_entry_is_measured_as_one() -> None:
    stray = "2026年11月2日 – " + "王总很好。" * 60

    assert found(stray, "CC002") == ["2026年11月2日"]
    assert found("王总很好。" * 60, "CC002") == []


# --- filler


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("总的来说，王总很好。", "王总很好。"),
        ("In order to sell", "To sell"),
        ("They stay in order to sell.", "They stay to sell."),
        ("due to the fact that it rains", "because it rains"),
    ],
)
def test_filler_with_a_certain_replacement_is_mended(before: str, after: str) -> None:
    check_all = checker("CC003").check
    note = note_of(HEAD + before)

    assert mend(note, check_all(note), check_all, unsafe=True).note.text == HEAD + after


@pytest.mark.parametrize(
    "text",
    [
        "王总说：“总的来说，还行。”",
        "> 总的来说，还行。",
        "`in order to`",
        "```\n总的来说，\n```",
        "reorder tomatoes, in order topmost",
        "[[总的来说，]]",
    ],
)
def test_filler_of_others_is_left_in_peace(text: str) -> None:
    assert found(text, "CC003") == []


# --- days


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("明天", "2026-10-02"),
        ("后天", "2026-10-03"),
        ("大后天", "2026-10-04"),
        ("昨天", "2026-09-30"),
        ("下周三", "2026-10-07"),
        ("下周六", "2026-10-10"),
        ("下个星期一", "2026-10-05"),
        ("上周五", "2026-09-25"),
        ("本周五", "2026-10-02"),
        ("下下周三", "2026-10-14"),
        ("本月底", "2026-10-31"),
        ("下月底", "2026-11-30"),
        ("tomorrow", "2026-10-02"),
        ("the day after tomorrow", "2026-10-03"),
        ("next Tuesday", "2026-10-06"),
        ("Last Friday", "2026-09-25"),
        ("this friday", "2026-10-02"),
        # Of the coming week or of the next one? People differ.
        ("next Friday", None),
        # Nobody says this of a day that was.
        ("this Monday", None),
    ],
)
def test_words_for_one_day_get_its_date(words: str, day: str | None) -> None:
    text = f"{words} ok"
    [said] = said_days(text, 0, len(text), SCHEMA)
    meant = clear_day(said.span.of(text), THURSDAY, SCHEMA)

    assert said.span.of(text) in words and not said.is_vague
    assert (meant.isoformat() if meant else None) == day


@pytest.mark.parametrize(
    "words", ["最近", "下周", "上个月", "过几天", "下周末", "recently", "Soon", "next month"]
)
def test_vague_words_are_found_and_never_mended(words: str) -> None:
    body = f"## 2026-10-01\n\n{words} ok\n"

    assert found(body, "CC005") == [words]
    assert not any(finding.fix for finding in check(HEAD + body, "CC005"))


@pytest.mark.parametrize(
    "text",
    [
        "今天 today 周五 月底 年底 每周五 每月底",
        "下周六（10-10）看样",
        "下周六看样（10-10）",
        "下周六，即10月10日",
        "10月10日（下周六）",
        "next Tuesday (6 Oct, 10-06)",
        "“明天再说”",
        'he said "tomorrow"',
        "`明天`",
        "[明天](https://example.com/明天)".replace("[明天]", "[x]"),
        "> 明天",
        "| 明天 | a |",
        "最近的港口，距离最近，最近一次",
        "下一步，上一条，下个批次，上一家",
        "请说明日期，售后日常，三个月前日均",
        "第二天就到，到货3天后付款，in three days, in 2 weeks",
        "as soon as possible, spoon, sooner",
        "下周一起吃饭",
        "{{封存: 明天}}",
        "<!-- 明天 -->",
    ],
)
def test_days_that_are_clear_or_none_are_left_in_peace(text: str) -> None:
    assert found(f"## 2026-10-01\n\n{text}\n", "CC005") == []


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_mended_day_is_no_finding_any_more(newline: str) -> None:
    text = (HEAD + "## 2026年10月1日 电话\n\n下周六看样，call tomorrow.\n").replace("\n", newline)
    check_all = checker("CC005").check
    note = note_of(text)

    mended = mend(note, check_all(note), check_all, unsafe=True)

    assert "下周六（2026-10-10）看样，call tomorrow (2026-10-02)." in mended.note.text
    assert mended.findings == []


def test_text_of_no_day_gets_no_date() -> None:
    [finding] = check(HEAD + "明天送样", "CC005")

    assert finding.fix is None


WORDS = sorted({*day_phrases(SCHEMA), *SCHEMA.phrases("filler")} - {*SCHEMA.phrases("timeless")})


@given(st.sampled_from(WORDS), st.sampled_from(["", "王总", "ok "]))
def test_the_fast_pattern_passes_over_no_phrase(phrase: str, before: str) -> None:
    fast = telltale(WORDS)

    for spelled in (phrase, phrase.capitalize()):
        assert fast.search(before + spelled), spelled


@given(st.lists(st.sampled_from(["a b", "密码", "密", "B", "pwd", "(", "账号"]), min_size=1), st.data())
def test_a_pattern_finds_the_longest_of_its_phrases(phrases: list[str], data: st.DataObject) -> None:
    phrase = data.draw(st.sampled_from(phrases))
    longest = max((each for each in phrases if phrase.startswith(each)), key=len)

    found = phrases_pattern(tuple(phrases)).search(f"，{phrase}，")

    assert found and found[0] == longest


def test_latin_phrases_are_whole_words_and_han_ones_are_not() -> None:
    pattern = phrase_pattern(SCHEMA, "vague-time")

    assert [each[0] for each in pattern.finditer("soon sooner spoon 他soon来 最近期 SOON")] == [
        "soon",
        "soon",
        "最近",
        "SOON",
    ]


PROSE = st.lists(
    st.sampled_from(
        [
            *(
                "下周六",
                "明天",
                "最近",
                "next Tuesday",
                "tomorrow",
                "总的来说，",
                "in order to",
                "王总",
                "ok",
                "10-10",
            ),
            *(
                "（",
                "）",
                "“",
                "”",
                "`",
                "> ",
                "|",
                "[[",
                "]]",
                "{{seal: ",
                "}}",
                "<!--",
                "。",
                "，",
                " ",
                "\n",
                "\n\n",
            ),
            *("## 2026-10-01\n", "2026年9月1日 – "),
        ]
    ),
    max_size=20,
).map("".join)


@given(PROSE)
def test_mending_prose_twice_changes_nothing_more_and_keeps_all_but_filler(body: str) -> None:
    check_all = checker("CC").check
    note = note_of(HEAD + body)
    once = mend(note, check_all(note), check_all, unsafe=True)
    twice = mend(once.note, check_all(once.note), check_all, unsafe=True)

    assert twice.note.text == once.note.text
    added = re.sub(r" \(\d{4}-\d\d-\d\d\)|（\d{4}-\d\d-\d\d）", "", once.note.text)
    plain = re.sub(r"in order to", "to", note.text.replace("总的来说，", ""))
    assert re.sub(r"in order to", "to", added.replace("总的来说，", "")) == plain
