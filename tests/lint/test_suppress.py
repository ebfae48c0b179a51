"""Comments that silence a rule, and those that silence nothing."""

from __future__ import annotations

import pytest

from tests.lint.linting import check, checker, codes, note_of
from vault_tool.lint.mend import mend

FRONT = "---\nid: a\nname: b\ntype: person\nstage: lead\nowner: c\n{front}---\n{body}"


def note(front: str = "", body: str = "") -> str:
    return FRONT.format(front=front, body=body)


FUTURE = "## 2030-01-01 contract\n\nSigned.\n"


@pytest.mark.parametrize(
    "text",
    [
        note("# vault: ignore[FM005] ours\nstge: x\n"),
        note("stge: x # vault: ignore[FM005] ours\n"),
        note("stge: x  #vault:ignore[unknown-field]\n"),
        note("# vault: ignore[FM005]\n\nstge: x\n"),
        note("# vault: ignore[FM004]\n# vault: ignore[FM009]\ntags: [制造业，展会, no]\n"),
        note("# vault: ignore[FM004，FM009] as it came\ntags: [制造业，展会, no]\n"),
        note(body="<!-- vault: ignore[EN003] agreed -->\n" + FUTURE),
        note(body="<!--vault:ignore[entry-date-future]-->\n\n" + FUTURE),
        note(body="## 2030-01-01 contract <!-- vault: ignore[EN003] agreed -->\n\nSigned.\n"),
        note().replace("owner: c\n", "").replace("---\n", "---\n# vault: ignore[FM006] nobody yet\n", 1),
        "<!-- vault: ignore[FM001] a page of ours -->\n",
    ],
)
def test_a_comment_silences_a_rule_on_its_line_or_on_the_next(text: str):
    assert codes(check(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (note("# vault: ignore[FM005]\ntags: [a]\nstge: x\n"), ["SU001", "FM005"]),
        (note('source: "# vault: ignore[FM005]"\nstge: x\n'), ["FM005"]),
        (note("industry: |\n  # vault: ignore[FM005]\nstge: x\n"), ["FM005"]),
        (note(body="```\n<!-- vault: ignore[EN003] -->\n```\n" + FUTURE), ["EN003"]),
        (note(body="<!-- off\n<!-- vault: ignore[EN003] -->\n" + FUTURE), ["EN003"]),
        (note(body="<!-- a --> <!-- vault: ignore[ZZ9] -->\n" + FUTURE), ["SU001", "EN003"]),
        (note(body="# vault: ignore[EN003]\n" + FUTURE), ["EN003"]),
        (note(body="`<!-- vault: ignore[EN003] -->`\n" + FUTURE), ["EN003"]),
        (note(body="<!-- vault: ignore[EN001] -->\n" + FUTURE), ["SU001", "EN003"]),
        (note(body="<!-- vault: ignore[EN03] -->\n" + FUTURE), ["SU001", "EN003"]),
    ],
)
def test_a_comment_elsewhere_or_of_another_rule_silences_nothing(text: str, expected: list[str]):
    assert codes(check(text)) == expected


def test_a_suppression_is_judged_by_the_rules_that_are_on_not_by_those_that_are_shown():
    used = note("# vault: ignore[FM005] ours\nstge: x\n")

    assert codes(check(used, "SU001")) == []
    assert codes(check(used, "SU001", "FM009")) == []
    assert codes(check(note("# vault: ignore[FM005]\nsize: x\n"), "SU001")) == ["SU001"]


def test_a_suppression_of_a_rule_that_is_off_is_left_alone():
    assert codes(check(note("# vault: ignore[FM005] ours\nstge: x\n"), ignore=("FM005",))) == []
    assert codes(check(note(body="<!-- vault: ignore[EN007] -->\n## 2026-11-20\n\nWord.\n"))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# vault: ignore[FM005] old\nsize: x\n", "size: x\n"),
        ("size: x   # vault: ignore[FM005] old\n", "size: x\n"),
        ("  # vault: ignore[ZZ9]\nsize: x\n", "size: x\n"),
        ("# vault: ignore[FM009, FM005, ZZ9] why\nsource: no\n", "# vault: ignore[FM009] why\nsource: no\n"),
        ("# vault: ignore[ZZ9, FM009] why\nsource: no\n", "# vault: ignore[FM009] why\nsource: no\n"),
    ],
)
def test_a_useless_comment_is_taken_out_and_the_rest_stays(before: str, after: str):
    text = note(before)

    mended = mend(note_of(text), check(text), checker().check)

    assert mended.note.text == note(after)
    assert mended.findings == []


def test_what_is_silenced_is_not_mended():
    text = note("# vault: ignore[FM009] the country\nsource: no\nsize: no\n")

    mended = mend(note_of(text), check(text), checker().check)

    assert mended.note.text == note('# vault: ignore[FM009] the country\nsource: no\nsize: "no"\n')


def test_a_comment_can_be_silenced_itself():
    assert codes(check(note("# vault: ignore[SU001, FM005] for later\nsize: x\n"))) == []


PHONE = "打 13800138000。"


@pytest.mark.parametrize(
    "text",
    [
        note(body=f"<!-- vault: ignore[PV003] printed on his card -->\n{PHONE}\n"),
        note(body=f"{PHONE} <!-- vault: ignore[phone-number] 名片上公开的 -->\n"),
        note("# vault: ignore[PV003] ours\nsource: 13800138000\n"),
    ],
)
def test_a_privacy_rule_is_silenced_with_a_reason(text: str):
    assert codes(check(text, "PV", "SU")) == []


@pytest.mark.parametrize(
    "text",
    [
        note(body=f"<!-- vault: ignore[PV003] -->\n{PHONE}\n"),
        note(body=f"<!-- vault: ignore[PV003] ... -->\n{PHONE}\n"),
        note("# vault: ignore[PV003]\nsource: 13800138000\n"),
    ],
)
def test_without_a_reason_a_privacy_rule_still_speaks_and_the_comment_says_why(text: str):
    found = check(text, "PV", "SU")

    assert codes(found) == ["SU001", "PV003"]
    assert "reason" in found[0].message and found[0].fix is None
    assert mend(note_of(text), found, checker("PV", "SU").check).note.text == text


def test_another_rule_in_the_same_comment_needs_no_reason():
    text = note(body="<!-- vault: ignore[EN003, PV003] -->\n" + FUTURE.replace("contract", PHONE))

    assert codes(check(text, "EN003", "PV003", "SU001")) == ["SU001", "PV003"]
