"""A catalog that is damaged under a running watcher is made again, and that is said."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.watch.watching import Watch, differences, eventually, note


@pytest.fixture(params=["whoosh", "tantivy"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "tantivy":
        pytest.importorskip("tantivy")
    root = make_vault(tmp_path / "库", {f"{i}.md": note(i, f"第{i}次") for i in range(30)})
    with (root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'[search]\nengine = "{request.param}"\n')
    return root


@pytest.fixture
def watch(root: Path, clean_env: dict[str, str]) -> Iterator[Watch]:
    with Watch(root, clean_env) as watch:
        yield watch


@pytest.mark.skipif(os.name != "posix", reason="there, nobody writes to a file that is open")
@pytest.mark.parametrize("spares", [0, 4096], ids=["all of it", "all but the first page"])
def test_a_catalog_overwritten_with_noise(
    watch: Watch, root: Path, clean_env: dict[str, str], tmp_path: Path, vault_run: VaultRun, spares: int
):
    catalog = watch.places.cache / "catalog.db"
    for path in (catalog, catalog.with_name("catalog.db-wal")):
        with path.open("r+b") as file:
            file.seek(spares)
            file.write(os.urandom(max(0, path.stat().st_size - spares)))

    # The watcher itself still has it all in memory; whoever comes first finds the damage.
    (root / "customers/3.md").write_text(note(3, "报价八万"), encoding="utf-8")
    eventually(lambda: "3.md" in vault_run("-C", str(root), "search", "报价八万").out, "found")
    (root / "customers/4.md").write_text(note(4, "再来"), encoding="utf-8")
    watch.wait_for("catalog was damaged")
    watch.settle()

    assert "7.md" in vault_run("-C", str(root), "search", "第7次").out
    eventually(lambda: differences(root, clean_env, tmp_path / "fresh") == [], "all is as it was")
    assert sum("damaged" in line for line in watch.lines) == 1
    assert "Catalog made anew" in vault_run("-C", str(root), "watch", "status").out
    beat = watch.beat()
    assert beat and beat.remade == 1 and beat.troubles == []


def test_a_cache_that_was_removed(watch: Watch, root: Path, clean_env: dict[str, str], tmp_path: Path):
    shutil.rmtree(watch.places.cache)

    (root / "customers/3.md").write_text(note(3, "报价八万"), encoding="utf-8")
    watch.wait_for("damaged or removed")
    watch.settle()

    assert differences(root, clean_env, tmp_path / "fresh") == []
