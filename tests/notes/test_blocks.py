"""The comment with the sealed values is found first: nothing that somebody left open swallows it."""

from __future__ import annotations

import pytest

from tests.lint.linting import note_of
from vault_tool.notes.blocks import scan_blocks

BLOCK = "<!-- vault:sealed\n7q2m9xk4 sealed.v1.a.b.c.d\n-->\n"


def sealed_at(text: str) -> int | None:
    found = scan_blocks(text, 0).sealed
    return found.span.start if found else None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text\n\n",
        "```\ncode\n",
        "~~~~ js\n```\n",
        "<!-- never closed\n",
        "```\n<!--\n",
        "# Title\n\n> ```\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["", "   "])
def test_whatever_stands_open_before_it(body: str, newline: str, indent: str):
    text = (body + indent + BLOCK).replace("\n", newline)
    blocks = scan_blocks(text, 0)

    start = len(body.replace("\n", newline))
    assert blocks.sealed is not None
    assert (blocks.sealed.span.start, blocks.sealed.span.end) == (start, len(text))
    assert [token.vid for token in blocks.sealed.tokens] == ["7q2m9xk4"]
    assert all(heading.end <= start for heading in blocks.headings)
    assert all(part.end <= start for part in blocks.hidden[:-1])
    assert blocks.hidden[-1] == blocks.sealed.span


@pytest.mark.parametrize(
    "text",
    [
        BLOCK + "more\n",
        "a " + BLOCK,
        "    " + BLOCK,
        BLOCK.replace("sealed\n", "sealed x\n"),
        BLOCK.replace("-->", ""),
        "```\n" + BLOCK + "```\n",
        BLOCK.replace("<!-- ", "<!--"),
    ],
)
def test_what_is_no_sealed_block(text: str):
    assert sealed_at(text) is None


def test_a_fence_that_is_left_open_hides_what_follows_it_up_to_the_sealed_block():
    note = note_of("---\nid: c1\n---\n\n## 2026-11-20 电话\n\n```\n## 2026-11-21 电话\n\n" + BLOCK)

    assert len(note.entries) == 1
    assert note.text[note.content_end :] == BLOCK
