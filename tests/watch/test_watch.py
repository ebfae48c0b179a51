"""The watch itself: what is told is taken in, followed, linted and said."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.watch.in_thread import FakeServer, Watched, watchers
from tests.watch.watching import differences, eventually, note
from vault_tool.errors import VaultError
from vault_tool.watch import watch
from vault_tool.watch.news import (
    Took,
    VaultRenamed,
    Watching,
)
from vault_tool.watch.watch import Watcher


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {f"{name}.md": note(i, f"第{i}次") for i, name in enumerate("abc")})


@pytest.fixture
def start(root: Path, clean_env: dict[str, str]) -> Iterator[Callable[..., Watched]]:
    yield from watchers(root, clean_env)


def test_a_save_is_taken_in_and_linted(start: Callable[..., Watched], root: Path):
    watched = start()
    watched.write("a.md", note(0, "谈价") + "\n2023年1月15日 – 咨询产品A\n")

    (took,) = watched.heard(Took)
    assert [finding.code for one in took.linted for finding in one.findings if finding.code == "EN008"] == [
        "EN008"
    ]
    watched.calm()
    assert len(watched.heard(Took)) == 1


def test_the_first_word_says_who_tells(start: Callable[..., Watched], root: Path):
    watched = start()

    (word,) = watched.heard(Watching)
    assert word.root == root and word.customers == 3 and word.backend and word.polls is None


def test_what_changed_while_nobody_watched_is_taken_in_at_the_start(
    start: Callable[..., Watched], root: Path, clean_env: dict[str, str], tmp_path: Path
):
    start().stop()
    (root / "customers/a.md").write_text(note(0, "趁没人看"), "utf-8")
    (root / "customers/b.md").rename(root / "customers/z.md")
    (root / "customers/c.md").unlink()

    start().calm()

    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_a_link_to_another_customer_is_no_finding(start: Callable[..., Watched], root: Path):
    watched = start()
    watched.write("a.md", note(0, "谈价") + "\n见 [[b]]\n")

    (took,) = watched.heard(Took)
    assert not [finding for one in took.linted for finding in one.findings if finding.code.startswith("LK")]


def test_many_changed_notes_are_not_linted(start: Callable[..., Watched], root: Path, tmp_path: Path):
    watched = start()
    made = tmp_path / "made"
    made.mkdir()
    for number in range(watch.MANY_TO_LINT + 1):
        (made / f"{number}.md").write_text(note(number, "一起来"), "utf-8")
    made.rename(root / "customers" / "made")
    eventually(lambda: watched.heard(Took), "taken in")
    watched.calm()

    assert [news.linted for news in watched.heard(Took) if len(news.changed) > watch.MANY_TO_LINT] == [None]


def test_an_empty_file_keeps_its_document_for_a_second(
    start: Callable[..., Watched], root: Path, clean_env: dict[str, str], tmp_path: Path
):
    watched = start()
    (root / "customers/a.md").write_text("", "utf-8")
    time.sleep(0.5)
    assert not watched.heard(Took)

    eventually(lambda: watched.took("a.md"), "taken as it is")
    watched.calm()
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_new_settings_hold_at_once(
    start: Callable[..., Watched], root: Path, clean_env: dict[str, str], tmp_path: Path
):
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "x.md").write_text(note(9, "别处"), "utf-8")
    watched = start()
    settings = (root / "vault.toml").read_text("utf-8")
    (root / "vault.toml").write_text(
        f'customers = ["customers/**/*.md", "elsewhere/*.md"]\n{settings}', "utf-8"
    )

    eventually(
        lambda: any("elsewhere/x.md" in map(str, news.changed) for news in watched.heard(Took)), "new glob"
    )
    watched.calm()
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_broken_settings_are_told_once_and_the_old_ones_hold(start: Callable[..., Watched], root: Path):
    watched = start()
    good = (root / "vault.toml").read_text("utf-8")
    (root / "vault.toml").write_text(good + "\n[people\n", "utf-8")
    eventually(lambda: watched.heard(VaultError), "told")
    watched.write("a.md", note(0, "照样"))
    (root / "vault.toml").write_text(good + "\n[people]\nx\n", "utf-8")
    time.sleep(1)
    (root / "vault.toml").write_text(good + '\n[search.synonyms]\n"折扣" = ["打折"]\n', "utf-8")

    eventually(lambda: watched.watcher._vault.settings.search.synonyms, "new settings")
    assert len(watched.heard(VaultError)) == 1


def test_another_id_ends_the_watch(start: Callable[..., Watched], root: Path):
    watched = start()
    settings = (root / "vault.toml").read_text("utf-8")
    (root / "vault.toml").write_text(settings.replace("v0000001", "v0000002"), "utf-8")
    watched.thread.join(20)

    assert isinstance(watched.error, VaultRenamed)


def test_the_warm_process_hears_when_it_may_rely_on_us(start: Callable[..., Watched], root: Path):
    server = FakeServer()
    watched = start(lambda: server)
    watched.calm()
    generation = server.told[-1]
    assert generation
    told = len(server.told)
    watched.write("a.md", note(0, "谈价"))
    watched.calm()

    assert server.told[told] is None and server.told[-1] == generation
    watched.stop()
    assert not server.lives


def test_nothing_happens_when_nothing_happens(
    start: Callable[..., Watched], root: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(300):
        (root / "customers" / f"n{number}.md").write_text(note(100 + number, "读过"), "utf-8")
    turns = []
    turn = Watcher._turn

    def counted(self: Watcher) -> None:
        turns.append(1)
        turn(self)

    monkeypatch.setattr(Watcher, "_turn", counted)
    watched = start()
    watched.calm()
    before = len(turns)
    time.sleep(3)

    assert len(turns) - before <= 1


def test_a_folder_moved_out_is_gone_and_what_is_written_there_is_not_ours(
    start: Callable[..., Watched], root: Path, clean_env: dict[str, str], tmp_path: Path
):
    (root / "customers/sub").mkdir()
    (root / "customers/sub/s.md").write_text(note(7, "里面"), "utf-8")
    watched = start()
    shutil.move(root / "customers/sub", tmp_path / "outside")
    eventually(lambda: any(news.removed for news in watched.heard(Took)), "taken out")
    # The system still tells of this under the old name.
    (tmp_path / "outside/s.md").write_text(note(7, "外面"), "utf-8")
    (tmp_path / "outside/t.md").write_text(note(8, "外面"), "utf-8")
    watched.calm()
    assert differences(root, clean_env, tmp_path / "fresh") == []

    # And the old name may be used again.
    (root / "customers/sub").mkdir()
    watched.write("sub/s.md", note(7, "回来了"))
    watched.calm()
    assert differences(root, clean_env, tmp_path / "fresh") == []


def test_a_comparison_that_takes_long_comes_less_often(
    start: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "RECONCILE_SHARE", 100_000_000)
    start().stop()
    watched = start()

    assert watched.watcher._reconcile_at - time.monotonic() > 10 * watch.RECONCILE_SECONDS
    assert watched.watcher._reconcile_at - time.monotonic() < 1.1 * watch.RECONCILE_MOST
