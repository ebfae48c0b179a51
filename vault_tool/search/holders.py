"""Which customers hold a word anywhere in their notes, asked of the index where it is at hand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vault_tool.vault.catalog_read import changes_since

if TYPE_CHECKING:
    from vault_tool.search.engine import Engine
    from vault_tool.search.tree import Term
    from vault_tool.vault.vault import Vault

# Of fewer customers, every text is read sooner than an engine is loaded.
WORTH_IT = 1000
# To take in more than so many changes is left to the next search: a list waits for no index.
_FEW = 10


class Holders:
    """Looks words up in a vault's index, which it opens at the first one; close it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def __call__(self, term: Term) -> list[int] | None:
        """Return the customers that hold a word, without its other forms; None where the index can't tell."""
        if self._engine is None:
            return None
        from vault_tool.search.engine import EngineDamaged
        from vault_tool.search.find import Finder
        from vault_tool.search.words import make_word

        vault = self._vault
        try:
            word = make_word(term, {}, self._engine.words)
            if word is None:
                return None
            finder = Finder(
                vault.catalog, vault.schema, self._engine, {term: word}, wide=False, archived=None
            )
            return sorted({hit.customer for hit in finder.find(term).every().values()})
        except EngineDamaged:
            return None

    def close(self) -> None:
        """Let go of the index."""
        if engine := vars(self).get("_engine"):
            engine.close()

    @cached_property
    def _engine(self) -> Engine | None:
        catalog = self._vault.catalog
        count = int(catalog.rows("SELECT count(*) FROM customers")[0][0])
        if catalog.is_in_memory or count < WORTH_IT:
            return None
        from vault_tool.search.engine import EngineDamaged, EngineMissing, open_engine
        from vault_tool.search.follow import follow

        try:
            engine = open_engine(self._vault.settings.search.engine, self._vault.places.cache / "search")
        except EngineMissing:
            return None
        try:
            if self._is_near(engine) and follow(engine, catalog, self._vault.schema):
                return engine
        except EngineDamaged:
            pass
        engine.close()
        return None

    def _is_near(self, engine: Engine) -> bool:
        catalog, position = self._vault.catalog, engine.position()
        if position is None or position.generation != catalog.generation or position.seq > catalog.last_seq:
            return False
        return sum(1 for _ in changes_since(catalog, position.seq)) <= _FEW
