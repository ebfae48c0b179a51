from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.bench.generate import write_vault
from tests.bench.lint import (
    AGAIN,
    MARKDOWNLINT,
    OURS,
    YAMLLINT,
    NotToBeHad,
    Row,
    extract,
    install_node,
    lines,
    some_of,
    timed,
    times_faster,
)
from tests.bench.measure import Bench


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bench") / "vault"
    write_vault(root, 5, 1)
    return root


def test_the_front_matter_of_every_note_becomes_a_file(vault: Path, tmp_path: Path):
    assert extract(vault, tmp_path / "front") == 5

    files = sorted((tmp_path / "front").rglob("*.yaml"))
    assert len(files) == 5
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith("---\n")
        assert "name:" in text or "客户名称:" in text
        assert "\n## " not in text


def test_a_sample_is_the_first_notes(vault: Path, tmp_path: Path):
    assert some_of(vault, tmp_path / "some", 3) == 3
    assert len(list((tmp_path / "some").iterdir())) == 3


def test_a_rate_is_compared_file_by_file():
    ours, theirs = Row(OURS, 10_000, [2.0, 4.0, 2.0]), Row("theirs", 100, [1.0, 2.0, 1.0])

    assert ours.rate == 5_000
    assert times_faster(ours, theirs) == pytest.approx(50)


def test_the_table_says_what_missed_its_target_and_what_was_left_out():
    rows = [Row(OURS, 100, [1.0]), Row(AGAIN, 100, [0.2]), Row(YAMLLINT, 100, [9.0])]

    told = list(lines(rows, {MARKDOWNLINT: "npm is not installed"}))

    assert told[2].endswith("0.20 of cold, target 0.1  missed")
    assert told[3].endswith("9.0x as fast, target 8x")
    assert told[4] == "  markdownlint-cli2       left out: npm is not installed"


def test_without_npm_there_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(NotToBeHad, match="npm is not installed"):
        install_node(tmp_path)


def test_ours_runs_twice_the_second_time_with_what_the_first_one_kept(vault: Path, tmp_path: Path):
    bench = Bench(tmp_path, 1)

    rows = timed(bench, vault, [], runs=1)

    assert [(row.name, row.files, len(row.seconds)) for row in rows] == [(OURS, 5, 1), (AGAIN, 5, 1)]
    assert not list(tmp_path.glob("home/*"))
