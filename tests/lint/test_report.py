"""How findings are shown: one line each, an excerpt whose mark stands below the place, JSON."""

from __future__ import annotations

import pytest

from tests.lint.linting import check
from vault_tool.cli.width import width
from vault_tool.lint import report
from vault_tool.lint.report import Tally
from vault_tool.lint.rule import Finding

FRONT = "---\nid: a\nname: b\ntype: person\nstage: lead\nowner: c\n---\n"


def finding(text: str, *select: str) -> Finding:
    [found] = check(text, *(select or ("FM", "EN")), ignore=("EN007",))
    return found


def test_a_finding_is_one_line_with_place_code_name_and_message():
    found = finding(FRONT + "2023年1月15日 – 咨询\n")

    assert report.text_line(found) == (
        "customers/acme.md:8:1 EN008 seed-style-entry Make this an entry: `## 2023-01-15`"
    )
    assert report.concise_line(found) == "customers/acme.md:8:1 EN008 Make this an entry: `## 2023-01-15`"


def test_only_the_code_is_dressed():
    found = finding(FRONT + "2023年1月15日 – 咨询\n")

    line = report.text_line(found, lambda text, *styles: f"<{'+'.join(styles)}>{text}</>")

    assert line.startswith("customers/acme.md:8:1 <bold+yellow>EN008</> seed-style-entry ")


@pytest.mark.parametrize(
    ("line", "code", "text", "mark"),
    [
        ("stge: x", "FM005", "stge: x", "^^^^"),
        ("行业: 0571", "FM009", "行业: 0571", "      ^^^^"),
        ("行业: 外贸 #五金", "FM013", "行业: 外贸 #五金", "           ^^^^^"),
    ],
)
def test_the_mark_stands_below_the_place_by_display_width(line: str, code: str, text: str, mark: str):
    found = finding(FRONT.replace("owner: c\n", f"owner: c\n{line}\n"), code)

    shown, carets = report.excerpt(found, width, 80)

    assert shown == f"7 | {text}"
    assert carets.startswith(f"  | {mark} warning")


def test_a_tab_is_as_wide_as_it_is_shown():
    found = finding(FRONT.replace("owner: c\n", "owner:\tc\nsize:\tno\n"), "FM009")

    shown, carets = report.excerpt(found, width, 80)

    assert shown == "7 | size:    no"
    assert carets.startswith("  |          ^^ ")


@pytest.mark.parametrize("columns", [20, 40, 60, 80])
def test_a_long_line_is_cut_around_the_place(columns: int):
    line = "size: " + "很长的一行" * 30 + " #1"
    found = finding(FRONT.replace("owner: c\n", f"owner: c\n{line}\n"), "FM013")

    shown, carets = report.excerpt(found, width, columns)

    assert width(shown) <= max(columns, 30)
    assert shown.endswith("#1") and "…" in shown
    start = carets.index("^")
    assert width(shown[: shown.index("#1")]) == start


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("stge: x", "warning"),
        ("industri: x", "warning, --unsafe-fixes mends it"),
        ("source: no", "warning, --fix mends it"),
        ("email: x", "error"),
    ],
)
def test_the_excerpt_says_how_much_it_matters_and_what_mends_it(text: str, says: str):
    front = FRONT.replace("person", "enterprise") + "\n"
    found = finding(front.replace("owner: c\n", f"owner: c\n{text}\n"))

    assert report.excerpt(found, width, 80)[1].endswith(f"^ {says}")


def test_a_finding_in_json_has_the_place_and_the_kind_of_its_fix():
    assert report.finding_document(finding(FRONT + "2023年1月15日 – 咨询\n")) == {
        "path": "customers/acme.md",
        "line": 8,
        "column": 1,
        "end_line": 8,
        "end_column": 11,
        "code": "EN008",
        "name": "seed-style-entry",
        "severity": "warning",
        "message": "Make this an entry: `## 2023-01-15`",
        "fix": "safe",
    }


def test_columns_count_characters_and_a_byte_order_mark_takes_none():
    found = check("\ufeff🙂🙂 # 2023\n", "FM001")[0]

    assert (found.start, found.end) == ((1, 1), (1, 10))


def test_a_style_or_a_break_in_a_note_is_shown_and_not_obeyed():
    key = finding(FRONT.replace("owner: c\n", 'owner: c\n"x\\e[8m\\ny": 1\n'), "FM005")
    line = finding(FRONT + "2023年1月15日 – \x1b[8m咨询\n", "EN008")

    assert report.concise_line(key).endswith("Unknown field `x␛[8m␊y`")
    assert report.text_line(key).endswith("Unknown field `x␛[8m␊y`")
    assert report.excerpt(line, width, 80)[0] == "8 | 2023年1月15日 – ␛[8m咨询"


def test_what_a_value_holds_is_no_template():
    found = finding(FRONT.replace("owner: c\n", "owner: c\n'{x} {0} %s': 1\n"))

    assert report.render_message(found) == "Unknown field `{x} {0} %s`"


def test_a_message_of_the_yaml_library_may_hold_anything():
    found = finding("---\na: {b\n---\n", "FM002")

    assert report.render_message(found) == "YAML can't read this line: did not find expected ',' or '}'"


@pytest.mark.parametrize(
    ("tally", "preview", "line"),
    [
        (Tally(files=1), False, "1 file: nothing found"),
        (Tally(files=30, errors=1, warnings=2, infos=1, fixable=2), False,
         "30 files: 1 error, 2 warnings, 1 info, --fix mends 2"),
        (Tally(files=2, fixed=3), False, "2 files: 3 mended"),
        (Tally(files=2, known=3), False, "2 files: nothing new, 3 known from the baseline"),
        (Tally(files=2, known=3, infos=1), False, "2 files: 1 info, 3 known from the baseline"),
        (Tally(files=2, fixed=3, errors=2), True, "2 files: 3 would be mended, 2 errors"),
    ],
)  # fmt: skip
def test_the_summary_counts(tally: Tally, preview: bool, line: str):
    assert report.summary(tally, is_preview=preview) == line


def test_messages_follow_the_language_in_use(monkeypatch: pytest.MonkeyPatch):
    """Whether all are translated is the catalogue's own check; here: that they are looked up, parts too."""
    found = finding("---\na: {b\n---\n", "FM002")
    monkeypatch.setattr(report, "_", lambda message: f"«{message}»")

    assert report.render_message(found) == "«YAML can't read this line: «did not find expected ',' or '}'»»"
