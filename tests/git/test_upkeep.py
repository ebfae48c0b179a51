"""git stays quick while a vault grows, and whoever chose settings keeps them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note
from tests.watch.watching import eventually
from vault_tool.git import upkeep
from vault_tool.git.repository import Repository

NOW = 1_800_000_000.0


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    return make_clone(tmp_path / "库", clean_env, vault_run, {"a.md": note(1)})


def own(clone: Clone) -> Path:
    folder = clone.root / ".git/vault"
    folder.mkdir(exist_ok=True)
    return folder


def many_commits(clone: Clone, count: int) -> None:
    """Make a history in which each commit changes one note, as one pack."""
    lines = []
    for number in range(count):
        text = f"---\nid: c{number:09}\n---\n{number}\n"
        lines.append(f"commit refs/heads/main\ncommitter A <a@b> {NOW:.0f} +0000\ndata 0\n")
        lines.append(f"M 100644 inline customers/{number % 50}.md\ndata {len(text)}\n{text}\n")
    clone.git("-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", stdin="".join(lines).encode())


def test_what_writes_suits_git_to_many_files(clone: Clone):
    assert clone.vault("sync").status == 0
    assert clone.git("config", "--local", "index.version").strip() == "4"
    assert clone.git("config", "--local", "core.untrackedCache").strip() == "true"
    assert (clone.root / ".git/index").read_bytes()[4:8] == b"\0\0\0\4"
    assert clone.status == ""


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({}, {"index.version": "4", "core.untrackedcache": "true"}),
        ({"index.version": "2"}, {"index.version": "2", "core.untrackedcache": "true"}),
        ({"core.untrackedCache": "keep"}, {"index.version": "4", "core.untrackedcache": "keep"}),
        ({"feature.manyFiles": "false"}, {"feature.manyfiles": "false"}),
    ],
)
@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_what_somebody_chose_stays(clone: Clone, chosen: dict[str, str], left: dict[str, str], scope: str):
    clone.env["GIT_CONFIG_GLOBAL"] = str(clone.root.parent / "gitconfig")
    for key, value in chosen.items():
        clone.git("config", scope, key, value)
    with Repository(clone.root, clone.env) as repository:
        upkeep.suit_many_files(repository)
        upkeep.suit_many_files(repository)
    told = clone.git("config", "--get-regexp", upkeep._CHOSEN).splitlines()
    assert dict(line.split(" ") for line in told) == left and len(told) == len(left)


def test_where_folders_tell_nothing_git_keeps_no_cache_of_them(clone: Clone, monkeypatch: pytest.MonkeyPatch):
    assert upkeep.folders_tell(clone.root / ".git")
    really = os.utime
    monkeypatch.setattr(Path, "unlink", lambda self, **_more: really(self.parent, (0, 0)))
    assert not upkeep.folders_tell(clone.root / ".git")
    with Repository(clone.root, clone.env) as repository:
        upkeep.suit_many_files(repository)
    assert "untracked" not in clone.git("config", "--list", "--local").lower()


def test_a_long_history_gets_its_graph_and_many_objects_one_pack(clone: Clone):
    many_commits(clone, 120)
    objects = clone.root / ".git/objects"
    with Repository(clone.root, clone.env) as repository:
        assert not upkeep.tidy(repository, own(clone), NOW)  # a small vault is left alone
        many_commits(clone, 4_000)
        clone.git("branch", "kept", "main")
        for number in range(30):
            (objects / "17").mkdir(exist_ok=True)
            (objects / "17" / f"{number:038x}").touch()
        lost = clone.git("hash-object", "-w", "--stdin", stdin=b"nobody names this").strip()
        for path in (objects / "17").iterdir():
            if path.stat().st_size == 0:
                path.unlink()

        assert upkeep.tidy(repository, own(clone), NOW)
        assert not upkeep.tidy(repository, own(clone), NOW + 60)

    chain = objects / upkeep._GRAPH
    eventually(chain.exists, "a graph")
    eventually(lambda: not (objects / "maintenance.lock").exists() and not _loose(objects), "tidied")
    graphs = [path.read_bytes() for path in chain.parent.glob("graph-*.graph")]
    assert any(b"BIDX" in graph and b"BDAT" in graph for graph in graphs)  # which commits changed a path
    clone.git("commit-graph", "verify")
    assert clone.git("cat-file", "blob", lost) == "nobody names this"
    clone.git("fsck", "--full", "--strict", "--no-dangling")


def _loose(objects: Path) -> list[Path]:
    return [path for folder in objects.glob("[0-9a-f][0-9a-f]") for path in folder.iterdir()]


def test_when_it_is_due(tmp_path: Path):
    hour, week = 3_600.0, 7 * 86_400.0
    (tmp_path / "pack").mkdir()
    assert not upkeep.is_due(tmp_path, None)
    (tmp_path / "pack/a.idx").write_bytes(bytes(300_000))
    assert upkeep.is_due(tmp_path, None) and upkeep.is_due(tmp_path, 2 * hour)
    assert not upkeep.is_due(tmp_path, hour / 2)
    (tmp_path / upkeep._GRAPH).parent.mkdir(parents=True)
    (tmp_path / upkeep._GRAPH).touch()
    assert not upkeep.is_due(tmp_path, 2 * hour) and upkeep.is_due(tmp_path, week + 1)
    for number in range(19):
        (tmp_path / f"pack/{number}.idx").touch()
    assert upkeep.is_due(tmp_path, 2 * hour)
    assert upkeep.is_due(tmp_path, -hour)  # a clock that was set back
