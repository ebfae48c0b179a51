"""A search for a sealed value opens the candidates for one run, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sealing.team import Colleague


@pytest.mark.parametrize(
    "words",
    [
        ["mobile:13800000001"],
        ["手机：138-0000-0001"],
        ['mobile:"138 0000 0001"'],
        ["mobile:00000001"],
        ["owner:li.na", "mobile:13800000001"],
        ["mobile:1380000", "owner:li.na"],
        ["mobile:13800000001 owner:li.na"],
        ["(stage:lead", "owner:li.na)", "手机:138", "0000", "0001"],
        ["mobile:13900000000,13800000001"],
    ],
)
def test_who_has_a_number_is_found(li: Colleague, words: list[str]):
    ran = li.vault("search", *words)

    assert ran.status == 0 and "firm1.md:7" in ran.out and "firm2" not in ran.out, ran
    assert "1380000" not in ran.out


def test_an_identity_number_is_found_by_its_letters_too(li: Colleague):
    assert "firm2.md:9" in li.ok("search", "id_number:x12345 2")
    assert li.vault("search", "id_number:X99999").status == 1
    told = li.vault("search", "id_number:X12345", "--json").json
    assert [Path(hit["path"]).name for hit in told["hits"]] == ["firm1.md", "firm2.md"]
    assert "X12345" not in str(told)


def test_what_is_not_yours_is_not_found_and_counted(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")

    assert zhang.vault("search", "mobile:13800000002").status == 0
    ran = zhang.vault("search", "bank_account:6222000000000000002")
    assert ran.status == 1 and "2 values are not yours" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mobile:138"], "at least 4"),
        (["mobile:13800000001", "id_number:X123451"], "one sealed field"),
        (["(mobile:13800000001 OR stage:won)"], "can't be searched for in brackets, with OR"),
        (["mobile:13800000001", "OR", "stage:won"], "with OR"),
        (["-mobile:13800000001"], "with a minus"),
        (["(mobile:13800000001)"], "in brackets"),
        (["mobile:13800000001", "--sort", "date"], "--sort date and mobile:"),
        (["mobile:1380000", "--open", "7"], "no hit 7"),
        (["mobile:1380000", "--pick"], "terminal"),
        (["has:mobile"], "vault search mobile:VALUE"),
    ],
)
def test_what_can_not_be_searched_so_is_said(li: Colleague, words: list[str], said: str):
    ran = li.vault("search", *words)

    assert ran.status == 2 and said in ran.err, ran


def test_a_search_leaves_a_line_in_the_access_log_and_the_value_nowhere(li: Colleague):
    li.ok("search", "mobile:13800000001")

    told = li.vault("access", "log", "--json").json["reveals"]
    assert [(each["customer"], each["field"]) for each in told] == [("c000000001", "mobile")]
    for path in li.home.rglob("*"):
        assert not path.is_file() or b"13800000001" not in path.read_bytes(), path


def test_what_was_found_is_shown_as_any_search_shows_it(li: Colleague):
    both = li.vault("search", "mobile:1380000")
    assert both.out.count("firm") == 2
    one = li.vault("search", "mobile:1380000", "-n1")
    assert "firm1" in one.out and "firm2" not in one.out and "2 hits, 1 shown" in one.err
    assert li.ok("search", "mobile:1380000", "-l") == "customers/firm1.md\ncustomers/firm2.md\n"
    assert li.ok("search", "mobile:1380000", "-0") == "customers/firm1.md\0customers/firm2.md\0"
    assert li.vault("search", "mobile:1380000", "--json", "-n1").json["total"] == 2


def test_what_was_found_is_opened_in_the_editor_where_it_stands(li: Colleague):
    editor = li.home / "code"
    editor.write_text(f'#!/bin/sh\necho "$@" > {li.home}/said\n')
    editor.chmod(0o755)

    ran = li.run(
        *("search", "mobile:1380000", "--open", "2"),
        cwd=li.root,
        env={**li.env, "EDITOR": f"{editor}", "VISUAL": ""},
    )

    assert ran.status == 0, ran
    assert "firm2.md" in (li.home / "said").read_text()
    assert all(b"1380000" not in path.read_bytes() for path in (li.home / "state").rglob("*.json"))
