from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest

from vault_tool.errors import Exit
from vault_tool.vault.places import (
    APP_NAME,
    PlaceUnusable,
    RelativeHome,
    cache_home,
    make_private,
    place_key,
    places_for,
)


def test_local_state_never_lies_in_the_vault(root: Path, home: dict[str, str]):
    places = places_for(root, "v7k2m9qx", home).make()

    assert not places.cache.is_relative_to(root)
    assert not places.state.is_relative_to(root)
    assert places.cache != places.state


def test_two_copies_of_one_vault_have_places_of_their_own(tmp_path: Path):
    assert place_key(tmp_path / "one", "v1") != place_key(tmp_path / "two", "v1")


def test_a_vault_has_one_place_by_whatever_link_it_is_reached(root: Path, tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(root)

    assert place_key(link, "v1") == place_key(root, "v1")


@pytest.mark.parametrize("hostile", ["../../etc", "/etc", "a/b", "..", "", "x" * 500, "\0"])
def test_an_id_from_a_file_walks_nowhere(root: Path, home: dict[str, str], hostile: str):
    places = places_for(root, hostile, home)

    assert places.cache.parent == Path(home["VAULT_NOTES_HOME"]) / "cache"
    assert len(places.cache.name) < 60


def test_places_are_for_their_owner_alone(root: Path, home: dict[str, str]):
    places = places_for(root, "v1", home).make()

    for folder in (places.cache, places.state, places.cache.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_place_that_others_could_read_is_closed(tmp_path: Path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)

    make_private(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_users_own_folders_are_used_without_an_override(root: Path):
    places = places_for(root, "v1", {})

    assert "vault-notes" in places.cache.parts
    assert "vault-notes" in places.state.parts
    assert places.cache != places.state


@pytest.mark.parametrize("relative", [".", "state", "../state"])
def test_a_relative_home_is_refused_since_it_could_lie_in_the_vault(root: Path, relative: str):
    with pytest.raises(RelativeHome) as refused:
        places_for(root, "v1", {"VAULT_NOTES_HOME": relative})

    assert refused.value.exit_code is Exit.USAGE
    assert relative in str(refused.value)


def test_a_home_may_be_named_from_the_users_own(root: Path):
    assert places_for(root, "v1", {"VAULT_NOTES_HOME": "~/state"}).state.is_relative_to(Path.home() / "state")


def test_a_place_that_cannot_be_made_says_what_to_set(tmp_path: Path):
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(PlaceUnusable) as refused:
        make_private(file / "state")

    assert "VAULT_NOTES_HOME" in refused.value.hint


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere it is platformdirs that is asked")
@pytest.mark.parametrize(
    "xdg",
    [
        {},
        {"XDG_CACHE_HOME": "/tmp/cache", "XDG_STATE_HOME": "/tmp/state"},
        {"XDG_CACHE_HOME": "relative", "XDG_STATE_HOME": ""},
    ],
)
def test_the_users_own_folders_are_those_that_platformdirs_names(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, xdg: dict[str, str]
):
    env = {"HOME": str(tmp_path), **xdg}
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    places = places_for(root, "v1", env)

    key = place_key(root, "v1")
    assert places.cache == platformdirs.user_cache_path(APP_NAME, appauthor=False) / key / "cache"
    assert places.state == platformdirs.user_state_path(APP_NAME, appauthor=False) / key / "state"
    assert places.cache.is_relative_to(cache_home(env))
