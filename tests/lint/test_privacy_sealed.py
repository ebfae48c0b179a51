"""References and tokens: what can be told of them without a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lint.linting import check, checker, codes, note_of
from vault_tool.lint.finding import Finding
from vault_tool.lint.mend import mend
from vault_tool.sealing.token import Place, make_token

VAULT, CUSTOMER = "v7k2m9qx", "c3m8k2qa41"
FRONT = f"---\nid: {CUSTOMER}\nname: acme\ntype: enterprise\nstage: lead\nowner: c\n{{front}}---\n{{body}}"
MOBILE, WORDS = "7q2m9xk4", "b41t0zq8"


def line(vid: str, field: str = "text", customer: str = CUSTOMER, vault: str = VAULT) -> str:
    """Return the line of a token; what it holds is no secret, only bytes."""
    return f"{vid} {make_token(Place(vault, customer, field), 'k3y00000', vid, b'age-encryption.org/v1 fictional')}\n"


def block(*lines: str) -> str:
    return f"\n<!-- vault:sealed\n{''.join(lines)}-->\n"


def note(body: str = "", front: str = "") -> str:
    return FRONT.format(front=front, body=body)


def broken(text: str) -> list[Finding]:
    return check(text, "PV007")


SOUND = [
    note(f"sealed-{WORDS}, again sealed-{WORDS}\n" + block(line(WORDS))),
    note(block(line(MOBILE, "mobile")), front=f"mobile: sealed-{MOBILE}\n"),
    note(
        block(line(MOBILE, "contacts[].mobile")),
        front=f"contacts:\n  - {{name: x, mobile: sealed-{MOBILE}}}\n",
    ),
    note(block(line(MOBILE, "next")), front=f"next: 2026-12-01 offer sealed-{MOBILE}\n"),
    note(f"sealed-{WORDS}\n" + block(line(WORDS), line(WORDS))),
    note("A sealed-bid auction, sealed-2026, sealed-envelopes.\n"),
    note("`<!-- vault:sealed` begins it\n```\n<!-- vault:sealed\nsealed-aaaaaaaa\n-->\n```\n"),
]


@pytest.mark.parametrize("text", SOUND)
def test_what_is_whole_and_in_its_place_is_no_finding(text: str):
    assert broken(text) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (note(f"sealed-{WORDS}\n"), "no token"),
        (note(f"sealed-{WORDS}\n" + block(line(MOBILE))), "no token"),
        (note("sealed-B41T0ZQ8\n"), "no whole reference"),
        (note("sealed-b41t0zq\n"), "no whole reference"),
        (note("sealed-b4lt0zq8\n"), "no whole reference"),
        (note(f"sealed-{WORDS}\n" + block(line(WORDS)[:-5] + "\n")), "damaged"),
        (note(f"sealed-{WORDS}\n" + block(line(WORDS)[:40] + "*" + line(WORDS)[41:])), "damaged"),
        (note(f"sealed-{WORDS}\n" + block(f"{WORDS}\n")), "damaged"),
        (note(f"sealed-{WORDS}\n" + block(line(WORDS), line(WORDS, "mobile"))), "two tokens"),
        (
            note(block(line(MOBILE, "text")), front=f"next: 2026-12-01 offer sealed-{MOBILE}\n"),
            "another field or customer",
        ),
        (note(f"sealed-{WORDS}\n" + block(line(MOBILE).replace(MOBILE, WORDS, 1))), "another value"),
        (note(f"sealed-{WORDS}\n" + block(line(WORDS, customer="c000000000"))), "another field or customer"),
        (note(f"sealed-{WORDS}\n" + block(line(WORDS, vault="v0000000"))), "another field or customer"),
        (note(f"sealed-{MOBILE}\n" + block(line(MOBILE, "mobile"))), "another field or customer"),
        (note(f"sealed-{WORDS}\n" + block(line(WORDS)) + "more\n"), "last thing in the file"),
        (note(f"sealed-{WORDS}\n<!-- vault:sealed\n{line(WORDS)}"), "last thing in the file"),
        (note(block(line(WORDS))), "Nothing refers"),
    ],
)
def test_what_is_broken_is_told_once(text: str, says: str):
    found = [one for one in broken(text) if "Nothing refers" not in one.message or says == "Nothing refers"]

    assert len(found) == 1 and says in found[0].message


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            note(f"sealed-{WORDS}\n" + block(line(MOBILE), line(WORDS))),
            note(f"sealed-{WORDS}\n" + block(line(WORDS))),
        ),
        (note("Words.\n" + block(line(MOBILE), line(WORDS))), note("Words.\n\n")),
    ],
)
def test_a_token_that_nothing_refers_to_is_taken_out(before: str, after: str, newline: str):
    text = before.replace("\n", newline)

    mended = mend(note_of(text), broken(text), checker("PV007").check)

    assert mended.note.text == after.replace("\n", newline)
    assert mended.findings == []


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            note(f"sealed-{WORDS}\n" + block(line(WORDS)) + "more\n"),
            note(f"sealed-{WORDS}\n\nmore\n" + block(line(WORDS))),
        ),
        (
            note(f"sealed-{WORDS}\n" + block(line(WORDS)) + f"sealed-{MOBILE}\n" + block(line(MOBILE))),
            note(f"sealed-{WORDS}\n\nsealed-{MOBILE}\n" + block(line(MOBILE), line(WORDS))),
        ),
    ],
)
def test_what_was_written_behind_the_comment_goes_before_it(before: str, after: str, newline: str):
    """Who writes at the end of the file, as one does, and who seals after that."""
    text = before.replace("\n", newline)

    mended = mend(note_of(text), broken(text), checker("PV007").check)

    assert mended.note.text == after.replace("\n", newline)
    assert mended.findings == []


@pytest.mark.parametrize("reference", [f"sealed-{WORDS[:-1]}", "sealed-aaaaaaaa", f"sealed-{WORDS.upper()}"])
def test_while_a_reference_is_broken_no_token_is_taken_out(reference: str):
    """The token may be the one that the broken reference meant: it is the only copy."""
    text = note(f"{reference}\n" + block(line(WORDS)))

    assert mend(note_of(text), broken(text), checker("PV007").check).note.text == text


@given(st.integers(0, 10_000), st.characters(categories=["L", "N", "P", "S"]))
def test_any_changed_character_of_a_token_is_noticed(at: int, sign: str):
    token = line(WORDS)
    at = 9 + at % (len(token) - 10)
    if token[at] == sign:
        sign = "0" if sign != "0" else "1"

    text = note(f"sealed-{WORDS}\n" + block(token[:at] + sign + token[at + 1 :]))

    assert codes(broken(text)) == ["PV007"]
