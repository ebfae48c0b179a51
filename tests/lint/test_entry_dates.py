"""Lines that begin with a date: which become entries, and where these end up."""

from __future__ import annotations

from datetime import date

import pytest

from tests.lint.linting import check, checker, note_of
from vault_tool.lint.mend import mend

HEAD = "---\nid: a\nname: Acme\ntype: person\nstage: lead\nowner: c\n---\n\n"


def unsafely_mended(text: str) -> tuple[str, list[str]]:
    check_all = checker().check
    note = note_of(text)
    mended = mend(note, check_all(note), check_all, unsafe=True)
    return mended.note.text, [finding.code for finding in mended.findings]


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("Jan 4, 2023 – asked", "2023-01-04"),
        ("January 4th, 2023: asked", "2023-01-04"),
        ("4 January 2023 - asked", "2023-01-04"),
        ("Sept 4 2023: asked", "2023-09-04"),
    ],
)
def test_an_english_date_before_a_line_becomes_an_entry(line: str, iso: str) -> None:
    assert f"## {iso}\n\nasked\n" in unsafely_mended(HEAD + line + "\n")[0]


@pytest.mark.parametrize(
    "line",
    [
        "Jan 4, 2023 was cold",
        "Feb 30, 2023: asked",
        "Acme 4, 2023: asked",
        "Jan 2023: asked",
        "2.4.1 – asked",
    ],
)
def test_what_is_no_date_or_a_sentence_stays_text(line: str) -> None:
    assert not {"EN006", "EN008"} & {finding.code for finding in check(HEAD + line + "\n")}


@pytest.mark.parametrize(
    "line", ["23.4.1 asked", "4.1.2023 asked", "1/4/2023 asked", "5月6号 asked", "5.6.23 asked"]
)
def test_a_date_of_several_readings_is_a_finding_that_nothing_mends(line: str) -> None:
    codes = [(finding.code, finding.fix) for finding in check(HEAD + line + "\n") if finding.code[:2] == "EN"]

    assert codes == ([("EN006", None)] if line != "5.6.23 asked" else [])


@pytest.mark.parametrize("section", ["", "## Background\n\nOld firm.\n\n"])
def test_lines_made_entries_end_up_in_order(section: str) -> None:
    text = "2023/1/3 – one.\n\n2023/2/3 – two.\n\n## 2026-10-01 call\n\nfour\n\n" + section
    text += "## 2026-09-01 call\n\nthree\n"

    after, codes = unsafely_mended(HEAD + text)

    assert not {"EN004", "EN008"} & set(codes)
    days = [entry.date or date.min for entry in note_of(after).entries]
    assert days == sorted(days) or days == sorted(days, reverse=True)
    assert section in after
