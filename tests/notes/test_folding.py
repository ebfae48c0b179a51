"""What folding promises: one form for every spelling, and a way back to the characters typed."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_tool.notes import han
from vault_tool.notes.folding import fold, fold_with_offsets, is_han, unfold

# Letters that change length, order or neighbours when folded, among ordinary ones.
AWKWARD = "企业業后後乾薴Ａａ１㈱…ﬁßẞİıſ㎏½ΐᾳ´ｶﾞがカ가ㅏéÅ\u0301\u0345\u0327\u3099\u200b\ufe0f\u00ad\u1161 \n"

texts = st.text(alphabet=st.one_of(st.sampled_from(AWKWARD), st.characters(codec="utf-8")), max_size=40)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("ABC def", "abc def"),
        ("ＡＢＣ１２３", "abc123"),
        ("客戶關係", "客户关系"),
        ("後天在裡面", "后天在里面"),
        ("㈱ and …", "(株) and ..."),
        ("Straße", "strasse"),
        ("Jürgen Müller", "jurgen muller"),
        ("e\u0301te\u0301", "ete"),
        ("Nguyễn Łódź Ørsted", "nguyen lodz orsted"),
        ("lǐ nà", "li na"),
        ("q\u0323\u0301", "q"),
        ("й ё Ή", "й ё ή"),
        ("企\u200b业\ufeff版", "企业版"),
        ("ｶﾞ", "ガ"),
        ("８万￥", "8万¥"),
        ("İstanbul", "istanbul"),
        ("ılık", "ilik"),
    ],
)
def test_spellings_of_one_text_fold_to_one_form(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@settings(max_examples=150)
@given(texts)
def test_folding_with_offsets_gives_the_same_text(text: str) -> None:
    assert fold_with_offsets(text)[0] == fold(text)


@settings(max_examples=150)
@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)

    assert fold(once) == once


@settings(max_examples=150)
@given(texts)
def test_every_folded_character_knows_where_it_came_from(text: str) -> None:
    folded, offsets = fold_with_offsets(text)

    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)


@settings(max_examples=200)
@given(texts, texts, texts)
def test_a_word_between_blanks_is_found_again_where_it_was_typed(before: str, word: str, after: str) -> None:
    text = f"{before} {word} {after}"
    start = len(before) + 1
    folded, offsets = fold_with_offsets(text)
    inside = [at for at, source in enumerate(offsets[:-1]) if start <= source < start + len(word)]
    if not inside:
        return

    found = unfold(offsets, inside[0], inside[-1] + 1)

    assert fold(text[found.start : found.end]) == folded[inside[0] : inside[-1] + 1]
    assert start <= found.start < found.end <= start + len(word) + 1


def assigned_characters() -> Iterator[str]:
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)) not in ("Cn", "Co", "Cs"):
            yield chr(point)


def test_every_character_of_unicode_folds_to_something_stable() -> None:
    unstable = []
    for character in assigned_characters():
        once = fold(character)
        if fold(once) != once or not unicodedata.is_normalized("NFKC", once):
            unstable.append(hex(ord(character)))

    assert unstable == []


def test_canonically_equal_texts_fold_alike() -> None:
    differing = []
    for character in assigned_characters():
        # With a letter before it, so that what joins a letter has one to join.
        text = "q" + character
        if fold(unicodedata.normalize("NFD", text)) != fold(text):
            differing.append(hex(ord(character)))

    assert differing == []


def test_han_is_the_script_with_its_iteration_mark_and_extensions() -> None:
    assert all(map(is_han, "企业々〇㐀鿿\U00020000\U0002a6df\U00030000\U000323af"))
    assert not any(map(is_han, "aあカ가，。1（—"))


def rendered_table() -> str:
    """The data module as OpenCC's own dictionary gives it."""
    import opencc

    dictionary = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = dict(line.split("\t") for line in dictionary.read_text(encoding="utf-8").splitlines())
    table = {traditional: choices.split()[0] for traditional, choices in pairs.items()}
    for traditional, simplified in table.items():
        # A few targets are themselves entries; following them makes folding stable.
        while table.get(simplified, simplified) != simplified:
            simplified = table[simplified]
        table[traditional] = simplified
    changed = sorted((a, b) for a, b in table.items() if a != b)
    blocks = []
    for name, side in (("TRADITIONAL", 0), ("SIMPLIFIED", 1)):
        characters = "".join(pair[side] for pair in changed)
        lines = [f'    "{characters[at : at + 48]}"\n' for at in range(0, len(characters), 48)]
        blocks.append(f"{name} = (\n{''.join(lines)})\n")
    docstring = (han.__doc__ or "").strip("\n")
    return f'"""{docstring}\n"""\n\n' + "\n".join(blocks)


def test_the_table_is_what_opencc_says() -> None:
    assert Path(han.__file__).read_text(encoding="utf-8") == rendered_table()


if __name__ == "__main__":
    Path(han.__file__).write_text(rendered_table(), encoding="utf-8")
