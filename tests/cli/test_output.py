from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool import messages
from vault_tool.cli.output import NeedsAnswer, NeedsChoice, Output
from vault_tool.cli.width import width


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, text: str = "", *, tty: bool = False) -> None:
        super().__init__(text)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


def make(
    env: dict[str, str] | None = None, *, tty: bool = False, stdin: Stream | None = None
) -> tuple[Output, Stream, Stream]:
    out, err = Stream(tty=tty), Stream(tty=tty)
    return Output(stdin or Stream(tty=tty), out, err, env or {}), out, err


def test_results_and_narration_go_their_own_ways():
    output, out, err = make()

    output.line("result")
    output.note("aside")
    output.hint("next")
    output.warn("odd")
    output.error("wrong", "mend it")

    assert out.getvalue() == "result\n"
    assert err.getvalue() == "aside\nHint: next\nWarning: odd\nError: wrong\nHint: mend it\n"


def test_json_says_its_version_and_keeps_chinese_readable():
    output, out, _err = make()

    output.json({"name": "蓝海"})

    assert json.loads(out.getvalue()) == {"version": 1, "name": "蓝海"}
    assert "蓝海" in out.getvalue()


def test_a_table_in_a_pipe_is_tabs_without_a_header():
    output, out, _err = make()

    output.table([("蓝海", "成交"), ("two\nlines\tand tab", "")], header=("Name", "Stage"))

    assert out.getvalue() == "蓝海\t成交\ntwo lines and tab\t\n"


def test_a_table_on_a_terminal_lines_up():
    output, out, _err = make({"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}, tty=True)

    output.table([("蓝海贸易", "成交"), ("Acme", "won")], header=("Name", "Stage"))

    assert out.getvalue() == "Name      Stage\n蓝海贸易  成交\nAcme      won\n"


@given(st.lists(st.tuples(*[st.text(st.sampled_from("ab蓝海，"), max_size=50)] * 6), min_size=1, max_size=5))
def test_no_row_is_wider_than_the_terminal(rows: list[tuple[str, ...]]):
    output, out, _err = make({"COLUMNS": "40"}, tty=True)

    output.table(rows)

    assert max(width(line) for line in out.getvalue().splitlines()) <= 40


def test_a_styled_cell_keeps_its_place():
    output, out, _err = make({"COLUMNS": "40"}, tty=True)

    output.table([(output.style("ok", "green"), "a"), ("long", "b")])

    first, second = out.getvalue().splitlines()
    assert width(first.partition("a")[0]) == width(second.partition("b")[0])


def test_an_empty_table_is_nothing_at_all():
    output, out, _err = make(tty=True)

    output.table([], header=("Name",))

    assert out.getvalue() == ""


# Colour


@pytest.mark.parametrize(
    ("env", "tty", "choice", "shown"),
    [
        ({}, True, "auto", "\x1b[31;1mx\x1b[0m"),
        ({}, False, "auto", "x"),
        ({"NO_COLOR": "1"}, True, "auto", "\x1b[1mx\x1b[0m"),
        ({"NO_COLOR": ""}, True, "auto", "\x1b[31;1mx\x1b[0m"),
        ({"FORCE_COLOR": "1"}, False, "auto", "\x1b[31;1mx\x1b[0m"),
        ({"FORCE_COLOR": "0"}, False, "auto", "x"),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, "auto", "x"),
        ({"TERM": "dumb"}, True, "auto", "x"),
        ({"NO_COLOR": "1"}, False, "always", "\x1b[31;1mx\x1b[0m"),
        ({"FORCE_COLOR": "1"}, True, "never", "x"),
    ],
)
def test_the_nearest_wish_about_colour_wins(env: dict[str, str], tty: bool, choice: str, shown: str):
    output, _out, _err = make(env, tty=tty)
    output.color = choice  # type: ignore[assignment]  # parametrize knows no Literal

    assert output.style("x", "red", "bold") == shown


def test_hits_are_dressed_where_they_stand():
    output, _out, _err = make(tty=True)

    assert output.highlight("要报价，再报价", [(1, 3), (5, 7)]) == (
        "要\x1b[33;1m报价\x1b[0m，再\x1b[33;1m报价\x1b[0m"
    )


def test_a_diff_is_plain_in_a_pipe_and_coloured_on_a_terminal():
    plain, out, _err = make()
    plain.diff("--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n")
    colored, tty_out, _tty_err = make(tty=True)
    colored.diff("-old\n+new\n same\n")

    assert out.getvalue() == "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n"
    assert tty_out.getvalue() == "\x1b[31m-old\x1b[0m\n\x1b[32m+new\x1b[0m\n same\n"


def test_a_note_can_not_command_the_terminal():
    output, out, _err = make(tty=True)

    output.line("a\x1b]0;title\x07b\x1b[2Jc\x9bd\r")

    assert "\x07" not in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "\x9b" not in out.getvalue()


def test_a_pipe_gets_the_text_as_it_is():
    output, out, _err = make()

    output.line("a\x1b[2Jb")

    assert out.getvalue() == "a\x1b[2Jb\n"


# Questions


def test_without_a_terminal_a_choice_is_an_error_that_lists_it():
    output, _out, _err = make()

    with pytest.raises(NeedsChoice) as raised:
        output.choose("Which?", ["蓝海", "蓝天"])

    assert raised.value.exit_code == 2
    assert "蓝天" in str(raised.value)


def test_without_a_terminal_nothing_is_asked():
    output, _out, _err = make()

    with pytest.raises(NeedsAnswer):
        output.ask("Name?")


def test_yes_beforehand_asks_nothing():
    output, _out, err = make()

    assert output.confirm("Delete?", yes=True)
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    ("answer", "agreed"),
    [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)],
)
def test_only_a_clear_yes_is_one(answer: str, agreed: bool):
    output, _out, _err = make(tty=True, stdin=Stream(answer, tty=True))

    assert output.confirm("Delete?") is agreed


def test_a_yes_in_the_readers_language_is_one():
    messages.use("zh")
    output, _out, _err = make(tty=True, stdin=Stream("是\n", tty=True))

    assert output.confirm("删除吗？")


def test_a_wrong_number_is_asked_again():
    output, _out, err = make(tty=True, stdin=Stream("9\nx\n2\n", tty=True))

    assert output.choose("Which?", ["蓝海", "蓝天"]) == 1
    assert err.getvalue().count("Number") == 3


# A real terminal

ASKING = """
import os, sys
from vault_tool import messages
from vault_tool.cli.output import Output
out = Output(sys.stdin, sys.stdout, sys.stderr, os.environ)
print("chosen", out.choose("Which?", ["蓝海", "蓝天"]))
"""

WORKING = """
import os, sys, time
from vault_tool.cli import output
out = output.Output(sys.stdin, sys.stdout, sys.stderr, os.environ)
clock = iter([0.0, 0.5, 1.5, 3.0])
output.time.monotonic = lambda: next(clock)
with out.progress("Reading", 10) as advance:
    for done in (1, 5, 9):
        advance(done)
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect has no pseudo-terminal there")
def test_a_person_picks_by_number(tmp_path: Path):
    child = pexpect.spawn(sys.executable, ["-c", ASKING], encoding="utf-8", cwd=str(tmp_path), timeout=20)
    child.expect("1  蓝海")
    child.expect("Number")
    child.sendline("2")
    child.expect("chosen 1")
    child.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect has no pseudo-terminal there")
def test_progress_shows_after_a_second_and_clears_its_line(tmp_path: Path):
    child = pexpect.spawn(sys.executable, ["-c", WORKING], encoding="utf-8", cwd=str(tmp_path), timeout=20)
    seen = child.read()

    assert "Reading 1/10" not in seen
    assert "Reading 5/10 (50%)" in seen
    assert seen.rstrip().endswith("\x1b[Kdone")


def test_progress_in_a_pipe_says_nothing():
    output, out, err = make()

    with output.progress("Reading", 10) as advance:
        advance(5)

    assert out.getvalue() + err.getvalue() == ""


# Narrow terminals

ROWS = [
    ("杭州蓝海国际贸易有限公司", "方案报价", "李娜", "2026-11-27", "2026-11-20", "123", "customers/蓝海.md"),
    ("王五", "成交", "欧阳文静", "", "2026-09-01", "1", "customers/杭州/王五.md"),
]
HEADER = ("客户名称", "业务阶段", "负责人", "下次跟进", "最近联系", "记录", "文件")
EXPENDABLE = ((6, 5, 4), (2, 1))


@pytest.mark.parametrize(
    ("columns", "kept", "name"),
    [
        (120, HEADER, "杭州蓝海国际贸易有限公司"),
        (80, HEADER[:6], "杭州蓝海国际贸易有限公司"),
        (60, HEADER[:4], "杭州蓝海国际贸易有限公司"),
        (40, HEADER[:4], "杭州蓝…"),
        (30, (HEADER[0], HEADER[1], HEADER[3]), "杭州蓝…"),
    ],
)
def test_a_narrow_terminal_drops_columns_then_cuts_the_name(columns: int, kept: tuple[str, ...], name: str):
    output, out, _err = make({"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb"}, tty=True)

    output.table(ROWS, HEADER, EXPENDABLE)

    header, first, _second = out.getvalue().splitlines()
    assert tuple(header.split()) == kept
    assert first.split()[0] == name
    assert "2026-11-27" in first
    assert max(width(line) for line in out.getvalue().splitlines()) <= columns


def test_one_very_long_name_drops_no_column_that_fits_beside_half_the_line():
    output, out, _err = make({"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}, tty=True)

    output.table([("长" * 80, *ROWS[0][1:]), *ROWS], HEADER, EXPENDABLE)

    assert tuple(out.getvalue().splitlines()[0].split()) == HEADER[:6]
    assert width(out.getvalue().splitlines()[1]) >= 119
