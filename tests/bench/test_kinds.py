from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.generate import corpus, write_vault
from tests.bench.kinds import RULES, Kind, kinds, passages

MADE = corpus(1)


@pytest.fixture(scope="module")
def chosen() -> list[Kind]:
    return kinds(MADE)


def test_every_kind_has_its_rule(chosen: list[Kind]):
    assert [kind.name for kind in chosen] == list(RULES)


def test_the_same_corpus_gives_the_same_words(chosen: list[Kind]):
    assert kinds(corpus(1)) == chosen


def test_the_words_are_as_frequent_as_their_kind_says(chosen: list[Kind], tmp_path: Path):
    write_vault(tmp_path, 1_000, 1)
    notes = (tmp_path / "customers").rglob("*.md")
    texts = [text.lower() for note in notes for text in passages(note.read_text(encoding="utf-8"))]
    found = {kind.name: sum(kind.pattern in text for text in texts) for kind in chosen}

    assert found["rare"] == 1
    assert 0.005 < found["two-character"] / len(texts) < 0.02
    assert 0.05 < found["common"] / len(texts) < 0.2
    assert found["one character"] > found["common"]
    assert min(found["han phrase"], found["english phrase"]) > 20


def test_the_phrases_are_phrases(chosen: list[Kind]):
    by_name = {kind.name: kind for kind in chosen}

    assert len(by_name["han phrase"].pattern) == 10
    assert by_name["english phrase"].query == f'"{by_name["english phrase"].pattern}"'
    assert len(by_name["and"].query.split()) == 2


def test_a_note_is_cut_at_its_headings():
    note = "---\nname: A\n---\n\n**Key** point\n\n## 2026-01-02 call\n\none\n\n## 2026-01-01\n\ntwo\n"

    assert [text.strip() for text in passages(note)] == ["Key point", "one", "two"]
