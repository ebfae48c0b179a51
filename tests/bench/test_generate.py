from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from tests.bench.generate import PER_FOLDER, corpus, customer, is_chinese, write_vault
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import load_schema

SCHEMA = load_schema()


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_vault(folder, 120, seed=7)
    return folder


@pytest.fixture(scope="module")
def notes(vault: Path) -> list[Note]:
    paths = sorted((vault / "customers").rglob("*.md"))
    return [parse_note(PurePosixPath(path.name), path.read_bytes(), SCHEMA) for path in paths]


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def test_the_same_seed_makes_the_same_bytes(vault: Path, tmp_path: Path):
    write_vault(tmp_path, 120, seed=7)

    assert digest(tmp_path) == digest(vault)


def test_a_customer_does_not_depend_on_how_many_there_are(vault: Path):
    made = corpus(7)

    texts = {path.read_text(encoding="utf-8") for path in (vault / "customers").rglob("*.md")}

    assert customer(made, 119) in texts


def test_seven_of_ten_are_chinese():
    made = corpus(1)

    chinese = sum(is_chinese(made, number) for number in range(2_000))

    assert 1_320 < chinese < 1_480


def test_every_note_is_read_whole(notes: list[Note]):
    assert len(notes) == 120
    assert [note.problem for note in notes if note.problem] == []
    assert {3, 20} <= {len(note.entries) for note in notes} <= set(range(3, 21))


def test_every_field_is_known_and_every_open_one_used(notes: list[Note]):
    used = Counter(field.name for note in notes if note.front_matter for field in note.front_matter.fields)
    sealed = {field.name for field in SCHEMA.fields if field.group}
    open_ones = {field.name for field in SCHEMA.fields if not field.internal} - sealed

    assert set(used) <= {field.name for field in SCHEMA.fields}
    assert open_ones - set(used) == set()


def test_a_note_is_about_three_kilobytes(vault: Path):
    sizes = [path.stat().st_size for path in (vault / "customers").rglob("*.md")]

    assert 2_500 < sum(sizes) / len(sizes) < 3_500


def test_no_folder_holds_more_than_a_person_can_scroll(tmp_path: Path):
    write_vault(tmp_path, PER_FOLDER + 1, seed=1)

    assert [len(list(folder.iterdir())) for folder in sorted((tmp_path / "customers").iterdir())] == [
        PER_FOLDER,
        1,
    ]
