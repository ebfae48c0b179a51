"""A vault is opened from what was kept only while that is what its files say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vault.notes_of import write
from vault_tool.schema import SchemaError, load_schema
from vault_tool.vault import opening
from vault_tool.vault.opening import open_root
from vault_tool.vault.places import places_for
from vault_tool.vault.settings import SettingsError, load_settings

FULL = """\
version = 1
id = "v7k2m9qx"
language = "zh"
currency = "EUR"
customers = ["customers/**/*.md", "!customers/old/**"]
[people."li.na"]
name = "李娜"
aliases = ["娜娜"]
email = "li.na@example.com"
[people.wang]
[entries]
order = "oldest-first"
[review]
vip = 30
[queries]
"老客户" = "stage:active last:>60d"
[lint]
as_of = 2026-11-20
ignore = ["E101"]
[lint.severity]
E102 = "info"
[lint.per_file_ignores]
"archive/**" = ["E103"]
[lint.limits]
sentence_units = 50
[search]
engine = "whoosh"
[search.synonyms]
"折扣" = ["优惠", "打折"]
[sync]
auto = true
[sealing]
after = "1h"
"""
STAGE = "vocabularies:\n  stage:\n    frozen:\n      labels: {en: Frozen, zh: 冷冻}\n"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The schemas that were compiled, one item each time."""
    done: list[Path] = []
    real = load_schema

    def counted(folder: Path) -> object:
        done.append(folder)
        return real(folder)

    monkeypatch.setattr("vault_tool.schema.build.load_schema", counted)
    return done


def kept_file(home: dict[str, str]) -> Path:
    (file,) = (Path(home["VAULT_NOTES_HOME"]) / "cache").glob("opening-*")
    return file


def check(root: Path, home: dict[str, str]) -> None:
    """What a vault is opened as is what reading its files gives."""
    settings, schema, places = open_root(root, home)
    assert settings == load_settings(root)
    assert schema == load_schema(root / "schema")
    assert places == places_for(root, settings.id, home)


def test_the_second_opening_compiles_nothing_and_says_the_same(
    root: Path, home: dict[str, str], compiled: list[Path]
):
    write(root, "vault.toml", FULL)
    write(root, "schema/vocabulary.yaml", STAGE)
    check(root, home)

    check(root, home)

    assert len(compiled) == 1
    assert open_root(root, home).schema.word("stage", "冷冻") is not None


def test_it_imports_neither_yaml_nor_toml(root: Path, home: dict[str, str]):
    open_root(root, home)
    code = (
        "import os, sys; from pathlib import Path; from vault_tool.vault.vault import vault_at\n"
        "vault_at(Path(sys.argv[1]), os.environ).fresh()\n"
        "print([name for name in ('yaml', 'tomllib', 'vault_tool.notes.note', 'hashlib') if name in sys.modules])"
    )

    said = subprocess.run(
        [sys.executable, "-c", code, root], env={**os.environ, **home}, capture_output=True, check=True
    )

    assert said.stdout == b"[]\n"


@pytest.mark.parametrize(
    "edit",
    [
        lambda root: write(root, "vault.toml", FULL.replace("EUR", "USD")),
        lambda root: write(root, "schema/vocabulary.yaml", STAGE.replace("冷冻", "冻结")),
        lambda root: write(root, "schema/fields.yaml", "front_matter: {region: {also: [大区]}}"),
        lambda root: (root / "schema/vocabulary.yaml").unlink(),
    ],
    ids=["settings", "schema", "another schema file", "a schema file that is gone"],
)
def test_an_edit_is_seen_even_when_nothing_tells_of_it(
    root: Path, home: dict[str, str], edit: Callable[[Path], object]
):
    write(root, "vault.toml", FULL)
    vocabulary = write(root, "schema/vocabulary.yaml", STAGE)
    for path in (root / "vault.toml", vocabulary):
        os.utime(path, ns=(0, 0))
    check(root, home)

    edit(root)
    # As within one tick of the file system's clock: same size, same time, same file.
    for path in root.rglob("*.*"):
        os.utime(path, ns=(0, 0))

    check(root, home)


def test_an_edit_back_is_seen_as_well(root: Path, home: dict[str, str]):
    for text in (STAGE, STAGE.replace("冷冻", "冻结"), STAGE):
        write(root, "schema/vocabulary.yaml", text)
        check(root, home)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: b"\x00" * len(data),
        lambda data: data + b"more",
    ],
    ids=["empty", "its head", "without its end", "one bit", "nothing but zeros", "too long"],
)
def test_a_kept_file_that_is_damaged_is_made_again(
    root: Path, home: dict[str, str], damage: Callable[[bytes], bytes], compiled: list[Path]
):
    check(root, home)
    file = kept_file(home)
    file.write_bytes(damage(file.read_bytes()))

    check(root, home)
    check(root, home)

    assert len(compiled) == 2


def test_what_another_version_kept_is_made_again(
    root: Path, home: dict[str, str], compiled: list[Path], monkeypatch: pytest.MonkeyPatch
):
    check(root, home)

    monkeypatch.setattr(opening, "__version__", "0.0.0")
    check(root, home)

    assert len(compiled) == 2


def test_what_other_code_kept_is_made_again(
    root: Path, home: dict[str, str], compiled: list[Path], monkeypatch: pytest.MonkeyPatch
):
    check(root, home)

    monkeypatch.setattr(opening, "_code", lambda: ((1, 2),))
    check(root, home)

    assert len(compiled) == 2


def test_two_vaults_never_get_each_others(root: Path, home: dict[str, str], tmp_path: Path, monkeypatch):
    # One name for all: as if two paths had the same sum.
    monkeypatch.setattr("vault_tool.vault.opening.zlib.crc32", lambda data: 7)
    other = tmp_path / "other"
    write(other, "vault.toml", 'id = "v0000000"\n')

    for _ in range(2):
        check(root, home)
        check(other, home)


def test_what_is_wrong_is_said_each_time_and_kept_never(root: Path, home: dict[str, str]):
    write(root, "schema/vocabulary.yaml", "vocabularies: {stage: [")
    for _ in range(2):
        with pytest.raises(SchemaError):
            open_root(root, home)
    write(root, "schema/vocabulary.yaml", STAGE)
    write(root, "vault.toml", 'id = "v7k2m9qx"\nlanguage = "klingon"\n')
    for _ in range(2):
        with pytest.raises(SettingsError):
            open_root(root, home)

    write(root, "vault.toml", 'id = "v7k2m9qx"\n')
    check(root, home)


def test_a_warning_is_given_each_time(root: Path, home: dict[str, str]):
    write(root, "vault.toml", 'version = 2\nid = "v7k2m9qx"\n')

    assert [len(open_root(root, home).settings.warnings) for _ in range(2)] == [1, 1]


def test_a_pipe_in_the_place_of_a_schema_file_keeps_nobody_waiting(root: Path, home: dict[str, str]):
    (root / "schema").mkdir()
    os.mkfifo(root / "schema/fields.yaml")

    with pytest.raises(SchemaError):
        open_root(root, home)


def test_a_cache_that_takes_nothing_is_no_matter(root: Path, tmp_path: Path):
    (tmp_path / "file").touch()

    check(root, {"VAULT_NOTES_HOME": str(tmp_path / "file" / "home")})


def test_nothing_is_left_behind_in_the_vault_or_half_written(root: Path, home: dict[str, str]):
    before = sorted(root.rglob("*"))
    check(root, home)

    assert sorted(root.rglob("*")) == before
    assert [path.name[:8] for path in kept_file(home).parent.iterdir()] == ["opening-"]
    assert kept_file(home).parent.stat().st_mode & 0o077 == 0
