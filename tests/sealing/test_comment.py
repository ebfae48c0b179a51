"""The comment with the tokens is the last thing in the file: who writes behind it breaks nothing."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import note as note_text
from tests.git.repositories import sealed_clone
from tests.sealing.sealing import opened, sealed
from tests.sealing.team import SCHEMA
from vault_tool.notes.note import Note, parse_note
from vault_tool.sealing.comment import misplaced
from vault_tool.sealing.glance import Glance

FRONT = "---\nid: c000000001\nname: acme\ntype: person\nmobile: 13800138000\n---\n\n# acme\n\nWords.\n"


def read(text: str) -> Note:
    return parse_note(PurePosixPath("customers/acme.md"), text, SCHEMA)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "typed", ["More words.\n", "More words.", "价 {{封存: 65 万}}\n", "\n\n## 2026-11-20 电话\n\n谈\n"]
)
def test_what_is_typed_behind_it_goes_before_it(typed: str, newline: str):
    first = sealed(read(FRONT.replace("\n", newline))).text
    text = first + typed.replace("\n", newline)
    assert Glance(SCHEMA).may_stand_in_plain(text)

    after = read(sealed(read(text)).text)

    values = sorted(value.text for _field, value in opened(after).values())
    assert values == sorted(["13800138000", *(["65 万"] if "封存" in typed else [])])
    assert after.sealed_block is not None and not list(misplaced(after))
    assert after.text.startswith(first[: first.index("<!--")]) and "65 万" not in after.text
    assert after.text.count("<!-- vault:sealed") == 1
    assert sealed(after).edits == ()


def test_two_comments_become_one_and_no_line_is_lost():
    first = sealed(read(FRONT)).text
    second = sealed(read(FRONT.replace("13800138000", "13900139000"))).text
    block = first[first.index("<!--") :]

    after = read(sealed(read(second.replace("\n\n<!--", f"\n\n{block}\n<!--"))).text)

    assert after.sealed_block is not None and len(after.sealed_block.tokens) == 2
    assert [value.text for _field, value in opened(after).values()] == ["13900139000"]


@pytest.mark.parametrize("broken", ["sealed.v1.", "-->"])
def test_one_that_is_not_whole_stays_as_it_is(broken: str):
    first = sealed(read(FRONT)).text

    text = f"{first.replace(broken, 'x ', 1)}More words.\n"

    assert sealed(read(text)).edits == ()


def test_an_example_in_a_code_block_stays():
    text = FRONT.replace("13800138000", "").replace(
        "Words.", "```\n<!-- vault:sealed\naaaaaaaa sealed.v1.x\n-->\n```\nWords."
    )

    assert sealed(read(text)).edits == ()


def test_git_gets_it_at_the_end(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun):
    clone = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note_text(1, "13800138000")})
    clone.write("a.md", f"{clone.read('a.md')}More words.\n")

    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "more")

    assert clone.git("show", "HEAD:customers/a.md").endswith("-->\n")
    assert clone.vault("seal").status == 0
    assert clone.read("a.md") == clone.git("show", "HEAD:customers/a.md")
