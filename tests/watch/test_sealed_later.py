"""What was told and is sealed later leaves the cache: dictionaries, positions and logs, not only the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.watch.canaries import Canaries, indexed, leaks
from tests.watch.watching import Watch, eventually
from vault_tool.search import follow
from vault_tool.search.engine import Engine
from vault_tool.vault.catalog_sweep import sweep_due
from vault_tool.vault.vault import Vault, vault_at

ENGINES = ["whoosh", "tantivy"]
# What a note says at first, and how that becomes sealed; `{}` is the secret.
WAYS = {
    "marked": (
        "---\nid: c100000001\nname: A\n---\n\n## 2026-11-20 电话\n\nsay {} **{}**\n",
        [("say", "say {{{{seal:"), ("{}**", "{}**}}}}")],
    ),
    "marked and never ended": (
        "---\nid: c100000002\nname: B\n---\n\n## 2026-11-20 电话\n\nsay {}\n",
        [("say", "{{{{封存：")],
    ),
    "renamed field": (
        "---\nid: c100000003\nname: C\nremark: {}\n---\n",
        [("remark:", "手机:")],
    ),
    "renamed in the text": (
        "---\nid: c100000004\nname: D\n---\n\n## 2026-11-20 电话\n\nproduct:: {}\n",
        [("product::", "手机::")],
    ),
    "another type": (
        "---\nid: c100000005\nname: E\ntype: enterprise\nphone: {}\naddress: [{}]\n---\n",
        [("enterprise", "person")],
    ),
    "alias": (
        "---\nid: c100000006\nname: F\naliases: [{}]\n---\n",
        [("[{}]", "['{{{{seal: {}}}}}']")],
    ),
    "broken at the same time": (
        "---\nid: c100000007\nname: G\nremark: {}\n---\n",
        [("remark:", "odd: [1\n手机:")],
    ),
    "told by number": (
        '---\nid: c100000008\nname: H\nremark: "{}"\n---\n',
        [("remark:", "手机:"), ('"', '"\\x7a')],
    ),
}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each of the engines that are installed."""
    if request.param == "tantivy":
        pytest.importorskip("tantivy")
    return str(request.param)


def vault_with(place: Path, notes: dict[str, str], engine: str) -> Path:
    """Make a vault whose settings name an engine."""
    root = make_vault(place, notes)
    with (root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[search]\nengine = "{engine}"\n')
    return root


@contextmanager
def opened(root: Path, env: dict[str, str]) -> Iterator[Vault]:
    """Open a vault for a while."""
    vault = vault_at(root, env)
    with closing(vault.catalog):
        yield vault


@pytest.mark.parametrize("is_watched", [False, True], ids=["alone", "watched"])
def test_what_is_sealed_later_leaves_the_cache(
    engine: str, is_watched: bool, vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    secret, plain = Canaries("zqxjk"), Canaries("kvwqx")
    before, after = {}, {}
    for number, (first, changes) in enumerate(WAYS.values()):
        later = first
        for old, new in changes:
            later = later.replace(old, new)
        words = [secret.word() for _place in range(first.count("{}"))]
        before[f"{number}.md"], after[f"{number}.md"] = first.format(*words), later.format(*words)
    before["open.md"] = f"---\nname: Open\n---\n{plain.word()}\n"
    root = vault_with(tmp_path / "库", before, engine)
    cache = Path(clean_env["VAULT_NOTES_HOME"]) / "cache"

    def write(texts: dict[str, str]) -> None:
        for name, text in texts.items():
            (root / "customers" / name).write_text(text, encoding="utf-8")

    def tell(watch: Watch | None) -> None:
        ran = vault_run("-C", str(root), "search", plain.words[0])
        assert "open.md" in ran.out, ran
        if watch:
            watch.settle()

    def go_through(watch: Watch | None) -> None:
        tell(watch)
        # Each word lies in several segments, and in the log, by now.
        write({name: f"{text}\nmore\n" for name, text in before.items()})
        tell(watch)
        assert set(indexed(root, clean_env, secret)) == set(secret.words)
        write(after)
        tell(watch)
        if watch:
            # What the search could not sweep, for the watcher was reading, that one sweeps a little later.
            eventually(lambda: not leaks(cache, secret), "swept")
        assert indexed(root, clean_env, secret) == []
        assert leaks(cache, secret) == []
        assert indexed(root, clean_env, plain) == plain.words and leaks(cache, plain) != []

    if is_watched:
        with Watch(root, clean_env) as watch:
            go_through(watch)
    else:
        go_through(None)


def test_what_a_new_schema_seals_leaves_the_cache(
    engine: str, vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    secret = Canaries("zqxjk")
    root = vault_with(tmp_path / "库", {"a.md": f"---\nname: A\nwebsite: {secret.word()}\n---\n"}, engine)
    assert "a.md" in vault_run("-C", str(root), "search", secret.words[0]).out

    (root / "schema").mkdir()
    (root / "schema/fields.yaml").write_text("front_matter: {website: {sealed: contact}}\n")
    vault_run("-C", str(root), "search", "A")

    assert indexed(root, clean_env, secret) == []
    assert leaks(Path(clean_env["VAULT_NOTES_HOME"]) / "cache", secret) == []


def test_who_is_killed_while_sweeping_sweeps_later(
    engine: str,
    vault_run: VaultRun,
    tmp_path: Path,
    clean_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
):
    secret = Canaries("zqxjk")
    notes = {"a.md": f"---\nname: A\nremark: {secret.word()}\n---\n", "b.md": "---\nname: B\n---\n"}
    root = vault_with(tmp_path / "库", notes, engine)
    vault_run("-C", str(root), "search", "A")
    (root / "customers/a.md").write_text(f"---\nname: A\n手机: {secret.words[0]}\n---\n", encoding="utf-8")
    with monkeypatch.context() as patch:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(follow, "_make_anew", die)
        vault_run("-C", str(root), "search", "A")
    assert secret.words[0] in indexed(root, clean_env, secret), "there is nothing to sweep"

    vault_run("-C", str(root), "search", "A")

    assert indexed(root, clean_env, secret) == []
    assert leaks(Path(clean_env["VAULT_NOTES_HOME"]) / "cache", secret) == []


def test_an_index_that_nobody_keeps_any_more_goes_with_it(
    vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    pytest.importorskip("tantivy")
    secret = Canaries("zqxjk")
    root = vault_with(tmp_path / "库", {"a.md": f"---\nname: A\nremark: {secret.word()}\n---\n"}, "whoosh")
    vault_run("-C", str(root), "search", "A")
    settings = (root / "vault.toml").read_text("utf-8")
    (root / "vault.toml").write_text(settings.replace("whoosh", "tantivy"), encoding="utf-8")
    vault_run("-C", str(root), "search", "A")
    with opened(root, clean_env) as vault:
        assert (vault.places.cache / "search/whoosh").is_dir()
    (root / "customers/a.md").write_text(f"---\nname: A\n手机: {secret.words[0]}\n---\n", encoding="utf-8")

    vault_run("-C", str(root), "search", "A")

    assert indexed(root, clean_env, secret) == []
    assert leaks(Path(clean_env["VAULT_NOTES_HOME"]) / "cache", secret) == []


def test_two_engines_in_turn_are_swept_once_each(
    vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("tantivy")
    root = vault_with(tmp_path / "库", {"a.md": "---\nname: A\nremark: told\n---\n"}, "whoosh")
    settings = (root / "vault.toml").read_text("utf-8")
    made: list[str] = []
    make_anew = follow._make_anew

    def note_and_make(engine: Engine, *more: object) -> None:
        made.append(engine.name)
        make_anew(engine, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(follow, "_make_anew", note_and_make)
    for _round in range(3):
        for name in ("whoosh", "tantivy"):
            (root / "vault.toml").write_text(settings.replace("whoosh", name), encoding="utf-8")
            vault_run("-C", str(root), "search", "A")
    assert made == ["whoosh", "tantivy"]


HEAD = "---\nid: c100000001\nname: 王总\ntype: person\nphone: 13800001111\n"
TALK = "---\n\n## 2026-11-20 电话\n\n他喜欢红酒, likes red wine, 红色\n"


@pytest.mark.parametrize(
    ("later", "is_due"),
    [
        (HEAD + TALK, False),
        (HEAD + TALK + "\n## 2026-11-21\n\nnothing new\n", False),
        (HEAD.replace("13800001111", "13900002222") + TALK, False),
        (HEAD + "mobile: 13900002222\n" + TALK, False),
        (HEAD + "---\n", False),
        (HEAD + TALK.replace("红酒", "{{seal: 白酒}}"), True),  # what was told of 酒 is sealed now
        (HEAD + TALK.replace("红酒", "{{seal: 红茶}}"), False),
        (HEAD + TALK.replace("likes red wine", "{{seal: likes red wine}}, likes wine, red"), True),
        (HEAD.replace("person", "enterprise") + TALK, False),
        (HEAD.replace("王总", "{{seal: 王总}}") + TALK, True),
        (HEAD + TALK.replace("2026-11-20 电话", "2026-11-20 {{seal: 电话}}"), False),
    ],
)
def test_only_what_was_told_has_to_be_swept(
    later: str, is_due: bool, tmp_path: Path, clean_env: dict[str, str]
):
    root = make_vault(tmp_path / "库", {"a.md": HEAD + TALK})
    with opened(root, clean_env) as vault:
        vault.fresh()
        follow.catch_up(vault)
        (root / "customers/a.md").write_text(later, encoding="utf-8")
        vault.fresh()
        name = vault.settings.search.engine
        due = [sweep_due(vault.catalog, name) for name in ENGINES if sweep_due(vault.catalog, name) != 0]
        assert name == "auto" and any(due) is is_due


def test_a_customer_who_moves_and_is_sealed_at_once(tmp_path: Path, clean_env: dict[str, str]):
    root = make_vault(tmp_path / "库", {"a.md": HEAD + TALK})
    with opened(root, clean_env) as vault:
        vault.fresh()
        (root / "customers/a.md").unlink()
        (root / "customers/b.md").write_text(HEAD + TALK.replace("红酒", "{{seal: 红酒}}"), encoding="utf-8")
        vault.fresh()
        assert sweep_due(vault.catalog, "whoosh")


def test_a_catalog_of_another_version_leaves_nothing(
    vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    secret = Canaries("zqxjk")
    root = vault_with(tmp_path / "库", {"a.md": f"---\nname: A\nremark: {secret.word()}\n---\n"}, "whoosh")
    vault_run("-C", str(root), "search", "A")
    with opened(root, clean_env) as vault:
        vault.catalog.rows("PRAGMA user_version = 1")
    (root / "customers/a.md").write_text(f"---\nname: A\n手机: {secret.words[0]}\n---\n", encoding="utf-8")

    vault_run("-C", str(root), "search", "A")

    assert indexed(root, clean_env, secret) == []
    assert leaks(Path(clean_env["VAULT_NOTES_HOME"]) / "cache", secret) == []
