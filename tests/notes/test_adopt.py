"""Foreign notes as customer notes: what is missing comes in, dated lines become entries, nothing is lost.

`tests/cases/adopt/<story>/` shows each way of writing; VAULT_GOLDEN=1 writes `after.md` and `remarks.txt` anew.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.notes.strategies import WORDS, notes
from vault_tool.notes.adopt import Adoption, adopt, title_of
from vault_tool.notes.note import parse_note
from vault_tool.notes.text import decode
from vault_tool.schema import load_schema

SCHEMA = load_schema()
TODAY = date(2026, 11, 23)
CASES = Path(__file__).parents[1] / "cases" / "adopt"
STORIES = sorted(path.name for path in CASES.iterdir())
FIELDS = {"type": "enterprise", "stage": "lead", "owner": "li.na"}


def adopted(text: str, name: str = "客户", language: str = "en") -> Adoption:
    note = parse_note(PurePosixPath("x.md"), text, SCHEMA)
    values = {"id": "c000000000", "name": title_of(note) or name, **FIELDS}
    return adopt(
        PurePosixPath("x.md"), text, SCHEMA, values, today=TODAY, language="zh" if language == "zh" else "en"
    )


def entries(text: str) -> list[tuple[str, str]]:
    note = parse_note(PurePosixPath("x.md"), text, SCHEMA)
    return [(entry.heading.of(text), entry.body.of(text).strip()) for entry in note.entries]


def same(path: Path, content: bytes) -> bool:
    if os.environ.get("VAULT_GOLDEN"):
        path.write_bytes(content)
    return path.read_bytes() == content


@pytest.mark.parametrize("story", STORIES)
def test_a_note_becomes_what_its_story_tells(story: str):
    before = next((CASES / story).glob("before.*"))
    adoption = adopted(decode(before.read_bytes()).text, story, "zh")
    remarks = "".join(f"{r.message.format(**r.values)}\n" for r in adoption.remarks)
    report = f"{adoption.entries} entries; added: {', '.join(adoption.fields)}\n{remarks}"

    assert same(before.with_name("after.md"), adoption.text.encode())
    assert same(before.with_name("report.txt"), report.encode())


@pytest.mark.parametrize("story", STORIES)
def test_a_note_that_was_taken_in_is_right_as_it_is(story: str):
    after = (CASES / story / "after.md").read_bytes().decode()

    assert adopted(after).text == after


@pytest.mark.parametrize(
    ("line", "heading", "body"),
    [
        ("2023年1月15日 – 咨询新产品B", "## 2023-01-15", "咨询新产品B"),
        ("２０２３年１月１５日：咨询", "## 2023-01-15", "咨询"),
        ("2023/1/15 咨询", "## 2023-01-15", "咨询"),
        ("2023-01-15：3台设备", "## 2023-01-15", "3台设备"),
        ("2023-01-15 -5%折扣", "## 2023-01-15", "-5%折扣"),
        ("20230115 咨询", "## 2023-01-15", "咨询"),
        ("2023-01-15（周日）咨询", "## 2023-01-15", "（周日）咨询"),
        ("## 2023.1.15", "## 2023-01-15", ""),
        ("#### 2023.1.15: 电话 #大单", "## 2023-01-15 电话 #大单", ""),
        ("**2023-01-15** text", "## 2023-01-15", "text"),
        ("**2023-01-15 电话** 聊", "## 2023-01-15 电话", "聊"),
        ("- 2023-01-15: text", "## 2023-01-15", "text"),
        ("3. 2023-01-15 text", "## 2023-01-15", "text"),
        ("2023-01-15 14:30 聊", "## 2023-01-15 14:30", "聊"),
        ("2023-01-15T14:30 聊", "## 2023-01-15 14:30", "聊"),
        ("2023-01-15\n咨询", "## 2023-01-15", "咨询"),
        ("2023-01-15\n----------\n咨询", "## 2023-01-15", "咨询"),
        ("2023-01-15 金额:: 5", "## 2023-01-15", "金额:: 5"),
    ],
)
def test_a_line_that_begins_with_a_date_becomes_an_entry(line: str, heading: str, body: str):
    assert entries(adopted(line).text) == [(heading, body)]


@pytest.mark.parametrize(
    "line",
    [
        "2023-01-15 # heading",
        "2023-01-15 ```",
        "2023-01-15 <!-- x -->",
        "2023-01-15 ---",
        "2023-01-15abc",
        "2023-01-15/16 x",
        "1-15 咨询",
        "2026-11-24 明天",
        "2023-13-01 咨询",
        "**2023-01-15 x",
        "2023年1月15日起生效",
        "2023/1/15-1/20 出差",
    ],
)
def test_a_line_that_would_lose_its_meaning_stays_and_is_told_of(line: str):
    adoption = adopted(line)

    assert adoption.entries == 0
    assert adoption.text.endswith(f"\n\n{line}")


def test_a_heading_right_behind_a_byte_order_mark_is_one():
    assert entries(adopted("\ufeff## 2023.1.15 电话").text) == [("## 2023-01-15 电话", "")]
    assert entries("\ufeff## 2023-01-15 电话") == [("## 2023-01-15 电话", "")]


def test_a_day_of_today_is_a_record():
    assert adopted("2026-11-23 今天").entries == 1


def test_front_matter_stays_byte_for_byte_and_only_what_is_missing_comes_in():
    front = "---\nZ: 'odd'   # why\nstage:   报价\ntags: [ a,b ]\nname: \"A\\tB\"\n---\n"

    after = adopted(f"{front}text").text

    assert [line for line in after.splitlines() if line in front.splitlines()] == front.splitlines()
    assert set(after.splitlines()) - set(front.splitlines()) == {
        "id: c000000000",
        "type: enterprise",
        "owner: li.na",
        "text",
    }


def test_front_matter_that_yaml_refuses_leaves_the_note_as_it_is():
    text = "---\na: [\n---\n2023/1/1 x\n"

    adoption = adopted(text)

    assert adoption.text == text
    assert adoption.problem and adoption.problem.values == {"line": 3}


def test_front_matter_in_braces_stays_and_says_what_could_not_be_added():
    adoption = adopted("---\n{a: 1}\n---\nx\n")

    assert adoption.text == "---\n{a: 1}\n---\nx\n"
    assert adoption.problem and "id, name, type, stage, owner" in str(adoption.problem.values["fields"])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Acme GmbH\n\ntext", "Acme GmbH"),
        ("\n\n# **蓝海** [[x|公司]]\n", "蓝海 公司"),
        ("---\ntitle: From Hugo\n---\n# Other\n", "From Hugo"),
        ("---\n姓名: 王五\ntitle: x\n---\n", "王五"),
        ("# One\n\n# Two\n", None),
        ("text first\n\n# Acme\n", None),
        ("## Acme\n", None),
        ("# 2023-01-15\n", None),
        ("```\n# Acme\n```\n", None),
    ],
)
def test_a_note_is_called_what_it_calls_itself(text: str, title: str | None):
    assert title_of(parse_note(PurePosixPath("x.md"), text, SCHEMA)) == title


def test_an_unfinished_code_block_under_a_dated_item_hides_no_entry():
    text = "- 2023-01-15: a\n    ```\n- 2023-01-16: b\n"

    assert [heading for heading, _ in entries(adopted(text).text)] == ["## 2023-01-15", "## 2023-01-16"]


MARKS = st.sampled_from(
    [
        "{}",
        "- {}",
        "* {}",
        "2. {}",
        "## {}",
        "### {}",
        "**{}**",
        "【{}】",
        "[{}]",
        "- **{}**",
        "　　{}",
        "  {}",
    ]
)
DATES = st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"])
SIGNS = st.sampled_from([" ", " – ", ": ", "：", " - ", "，", "\t", " | "])
BETWEEN = st.sampled_from(["\n", "\n\n", "\nzzz more\n", "\n\nzzz more\n\n- item\n"])


@st.composite
def dated_texts(draw: st.DrawFn) -> tuple[str, list[str], int]:
    """A note of dated lines, what all of it says apart from the dates and their marks, and how many those are."""
    text, said = draw(st.sampled_from(["", "Acme\n", "# Acme\n\n", "概况。\n\n"])), []
    said += re.findall(r"\S", text)
    days = draw(st.lists(st.dates(date(1990, 1, 1), TODAY), min_size=1, max_size=5))
    for day in days:
        words = "x" + draw(
            WORDS.filter(lambda word: not re.search(r"[\r\n#\x85\u2028\u2029\x0b\x0c\x1c-\x1f]|--", word))
        )
        between = draw(BETWEEN)
        mark = draw(MARKS).format(day.strftime(draw(DATES)) if day.year > 999 else day.isoformat())
        text += f"{mark}{draw(SIGNS)}{words}{between}"
        said += re.findall(r"\S", words + between)
    return text, said, len(days)


@given(dated_texts(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_nothing_but_dates_and_their_marks_goes_away(sample: tuple[str, list[str], int], newline: str):
    text, said, count = sample

    adoption = adopted(text.replace("\n", newline))

    body = adoption.text[parse_note(PurePosixPath("x.md"), adoption.text, SCHEMA).profile.span.start :]
    assert _is_within(said, re.findall(r"\S", body))
    if adoption.entries == count:
        assert re.findall(r"\S", re.sub(r"(?:(?<=[\r\n])|\A)## \d{4}-\d\d-\d\d", "", body)) == said


def _is_within(needle: list[str], hay: list[str]) -> bool:
    rest = iter(hay)
    return all(sign in rest for sign in needle)


@given(notes())
@example("\ufeff")
@example("---\n---\n---\n2023-01-01 x")
def test_whatever_a_note_holds_its_undated_lines_stay_whole_and_in_order(text: str):
    adoption = adopted(text)

    lines = [
        line.strip()
        for line in re.split(r"[\r\n]", text.removeprefix("\ufeff"))
        if not re.search(r"\d", line)
    ]
    after = [line.strip() for line in re.split(r"[\r\n]", adoption.text.removeprefix("\ufeff"))]
    assert _is_within([line for line in lines if line], after)
    assert adopted(adoption.text).text == adoption.text
