"""A baseline: what was found once stays green wherever it moves, and what is new is new."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.lint.linting import NOTE, check, checker, note_of
from tests.lint.test_properties import flawed_notes
from vault_tool.lint.baseline import (
    BadBaseline,
    Baseline,
    Key,
    Matcher,
    NoBaseline,
    accept,
    digest_of,
    keys_of,
    prune,
    read_baseline,
    write_baseline,
)
from vault_tool.lint.finding import Finding, Severity
from vault_tool.notes.note import parse_note
from vault_tool.notes.text import Span

FRONT = "---\nid: c1\nname: b\ntype: person\nstage: lead\nowner: c\n{front}---\n{body}"
BODY = "2023年1月15日 – 咨询产品A\n\n2023年2月1日 – 又来问\n\n有一段没有日期。\n"
ELSEWHERE = PurePosixPath("customers/north/renamed.md")
RULES = ("FM", "EN")


def note(front: str = "stge: x\nindustri: y\n", body: str = BODY) -> str:
    return FRONT.format(front=front, body=body)


def baseline_of(findings: Sequence[Finding], customer: str | None = "c1") -> Baseline:
    return accept(
        Baseline(), [keys[0] for _finding, keys in keys_of(NOTE, customer, findings)], lambda key: True
    )


def new_in(
    baseline: Baseline, text: str, customer: str | None = "c1", path: PurePosixPath = NOTE
) -> list[tuple[str, int]]:
    findings = checker(*RULES).check(parse_note(path, text, note_of("").schema))
    return [(each.code, each.start[0]) for each in Matcher(baseline).sort_out(path, customer, findings).new]


def private(code: str, line: str, number: int = 9) -> Finding:
    return Finding(
        NOTE, code, "x", Severity.ERROR, Span(0, 0), (number, 1), (number, 2), "Found {what}", {}, None, line
    )


def test_what_was_found_before_is_not_new():
    assert new_in(baseline_of(check(note(), *RULES)), note()) == []


@pytest.mark.parametrize(
    "text",
    [
        note(body="\n\n\n" + BODY),
        note(body="## 2026-01-01 电话\n\n新的一条。\n\n" + BODY.split("\n\n", 1)[1]),
        note(front="industri: y\nregion: 北方\nstge: x\n"),
        note(body=BODY + "\n"),
        note().replace("\n", "\r\n"),
        note(body="   " + BODY),
        note(body=BODY.replace("1月15日", "1月16日")),
    ],
    ids=["moved down", "edited elsewhere", "fields moved", "line at the end", "crlf", "indented", "a number"],
)
def test_another_place_or_another_number_is_nothing_new(text: str):
    assert new_in(baseline_of(check(note(), *RULES)), text) == []


def test_a_renamed_file_stays_green():
    assert new_in(baseline_of(check(note(), *RULES)), note(), path=ELSEWHERE) == []


def test_a_note_without_id_is_known_by_its_path_and_still_when_it_gets_one():
    without = baseline_of(check(note(), *RULES), None)

    assert new_in(without, note(), None) == []
    assert new_in(without, note(), "c1") == []
    assert new_in(without, note(), None, ELSEWHERE) != []


def test_one_mended_and_another_made_is_noticed_though_the_count_is_the_same():
    before = baseline_of(check(note(), *RULES))

    assert new_in(before, note(front="stge: x\nindustrie: y\n")) == [("FM005", 8)]
    assert new_in(before, note(body=BODY.replace("又来问", "要报价"))) == [("EN008", 12)]


def test_of_missing_fields_each_is_one_of_its_own():
    """They all stand at the same `---`."""
    before = baseline_of(check(note().replace("owner: c\n", ""), *RULES))

    assert new_in(before, note().replace("owner: c\n", "")) == []
    assert new_in(before, note().replace("stage: lead\n", "")) == [("FM006", 1)]


def test_the_same_line_twice_is_one_more():
    before = baseline_of(check(note(), *RULES))

    assert new_in(before, note(body=BODY + "\n2023年2月1日 – 又来问\n")) == [("EN008", 16)]


def test_of_a_secret_and_of_what_else_stands_in_its_line_no_digest_is_kept():
    findings = [
        private("PV001", "密码：hunter2"),
        private("CC001", "密码：hunter2"),
        private("CC001", "别的", 10),
    ]

    text = baseline_of(findings).text()

    assert re.findall(r"^c1 (\w+) (\S+) (\d)$", text, re.MULTILINE) == [
        ("CC001", "-", "0"),
        ("CC001", digest_of(findings[2]), "0"),
        ("PV001", "-", "0"),
    ]
    known = Matcher(baseline_of(findings)).sort_out(NOTE, "c1", findings)
    assert known.new == [] and known.known == findings


def test_secrets_count_one_by_one():
    before = baseline_of([private("PV003", "电话 a")])
    findings = [private("PV003", "电话 b"), private("PV003", "电话 c", 10)]

    assert Matcher(before).sort_out(NOTE, "c1", findings).new == [findings[1]]


def test_a_numbers_digits_leave_no_trace():
    assert digest_of(private("CC001", "电话 13812345678")) == digest_of(private("CC001", "电话 7"))


def test_the_file_is_sorted_and_survives_a_merge(tmp_path: Path):
    baseline = baseline_of(check(note(), *RULES))
    lines = baseline.text().splitlines(keepends=True)
    entries = [line for line in lines if not line.startswith("#")]

    assert entries == sorted(entries) and len(entries) == len(baseline)
    merged = "".join([*reversed(entries), *entries, "\n"]).replace("\n", "\r\n")
    assert Baseline.parse(merged, tmp_path / "b").counts == baseline.counts


def test_a_line_of_another_kind_is_an_error_with_its_place(tmp_path: Path):
    (tmp_path / "b").write_text("# x\nc1 FM005 - 0\n<<<<<<< ours\n", "utf-8")

    with pytest.raises(BadBaseline, match="b:3"):
        read_baseline(tmp_path / "b")
    with pytest.raises(NoBaseline):
        read_baseline(tmp_path / "none")


def test_a_baseline_that_stays_the_same_is_not_written(tmp_path: Path):
    path = tmp_path / "new" / "lint-baseline.txt"
    write_baseline(path, baseline_of(check(note(), *RULES)))
    before = path.stat().st_mtime_ns, path.stat().st_ino

    write_baseline(path, read_baseline(path))

    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_pruning_only_removes():
    old = baseline_of(check(note(), *RULES))
    matcher = Matcher(old)
    findings = check(note(front="stge: x\nindustrie: z\n"), *RULES)
    matcher.sort_out(NOTE, "c1", findings)

    new = prune(old, matcher.met, lambda key: True)

    assert len(new) == len(old) - 1 and not new.counts - old.counts
    assert prune(old, matcher.met, lambda key: key.rule != "FM005").counts == old.counts


def test_what_a_run_did_not_look_at_stays():
    old = Baseline()
    old.counts.update([Key("c9", "FM005", "-"), Key("c1", "EN008", "-")])

    new = accept(old, [Key("c1", "FM005", "-")], lambda key: key.customer == "c1")

    assert set(new.counts) == {Key("c9", "FM005", "-"), Key("c1", "FM005", "-")}


# --- for any note


@given(flawed_notes())
def test_whatever_is_found_is_known_from_then_on(text: str):
    findings = check(text, "all")
    baseline = Baseline.parse(baseline_of(findings).text(), Path("b"))

    assert Matcher(baseline).sort_out(ELSEWHERE, "c1", findings).new == []


@given(flawed_notes(), st.integers(1, 5))
def test_blank_lines_above_the_body_change_nothing(text: str, count: int):
    block = note_of(text).front_matter
    assume(block is not None and block.error is None)
    assert block is not None
    moved = text[: block.span.end] + note_of(text).newline * count + text[block.span.end :]
    before, after = check(text, *RULES), check(moved, *RULES)
    assume(len(before) == len(after))

    assert Matcher(baseline_of(before)).sort_out(NOTE, "c1", after).new == []


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_as_many_are_new_as_there_are_more_of_one_line(old: list[str], now: list[str]):
    before = [private("CC001", word, number) for number, word in enumerate(old, 1)]
    after = [private("CC001", word, number) for number, word in enumerate(now, 1)]

    known = Matcher(baseline_of(before)).sort_out(NOTE, "c1", after)

    assert len(known.new) == sum(max(0, now.count(word) - old.count(word)) for word in "abcd")
    assert len(known.new) + len(known.known) == len(after)
