"""The promise of search after any history: edits, renames, deletions, crashes and reopenings, on both engines."""

from __future__ import annotations

import gc
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.search.test_brute_force import all_texts, as_note, names, queries, scan, texts
from tests.search.vaults import ENGINES, close_all, exactly_found, make_vault, open_again, write_note
from vault_tool.search.engine import open_engine
from vault_tool.search.follow import follow, strays
from vault_tool.vault.catalog import Catalog
from vault_tool.vault.catalog_read import problems
from vault_tool.vault.vault import Vault, vault_at

files = st.sampled_from(["a", "b", "c", "客户/d", "客户/e"])
contents = st.tuples(names, st.lists(names, max_size=2), texts, st.lists(texts, max_size=3))
broken = st.sampled_from(
    ["---\nname: [\n---\n\n企业版\n", "", "---\n", "企业版\x00price", "\ufeff# 企业\n\n方案"]
)


# An example is a vault and its history: shrinking one would take many minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


class Crash(BaseException):
    """The process ends here."""


@contextmanager
def crash_at(step: int) -> Iterator[None]:
    """End whatever writes to a catalog or an index at so many steps from here."""
    left = step

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash
            return original(*arguments, **options)

        return call

    with ExitStack() as stack:
        for owner, name in ((Catalog, "run"), (Catalog, "run_many"), (Catalog, "set_meta")):
            stack.enter_context(mock.patch.object(owner, name, counted(getattr(owner, name))))
        stack.enter_context(mock.patch("vault_tool.search.documents._stamp", counted(_stamp())))
        with suppress(Crash):
            yield


def _stamp() -> Callable[..., Any]:
    from vault_tool.search.documents import _stamp

    return _stamp


class Histories(RuleBasedStateMachine):
    """A vault that people and commands change, some of which never end."""

    @initialize(made=st.lists(contents, min_size=1, max_size=3))
    def begin(self, made):
        self.folder = tempfile.TemporaryDirectory()
        self.vault = make_vault(
            Path(self.folder.name), {f"n{at}": as_note(*it) for at, it in enumerate(made)}
        )
        self.root = self.vault.root

    @rule(name=files, content=contents)
    def write(self, name, content):
        write_note(self.root, name, as_note(*content))

    @rule(name=files, text=broken)
    def write_what_is_hard_to_read(self, name, text):
        write_note(self.root, name, text)

    @precondition(lambda self: self.notes())
    @rule(data=st.data(), name=files)
    def rename(self, data, name):
        old = data.draw(st.sampled_from(self.notes()))
        new = self.root / "customers" / f"{name}.md"
        new.parent.mkdir(exist_ok=True)
        old.replace(new)

    @precondition(lambda self: self.notes())
    @rule(data=st.data())
    def delete(self, data):
        data.draw(st.sampled_from(self.notes())).unlink()

    @precondition(lambda self: self.notes())
    @rule(data=st.data(), name=files)
    def copy(self, data, name):
        old = data.draw(st.sampled_from(self.notes()))
        write_note(self.root, name, old.read_text(encoding="utf-8"))

    @precondition(lambda self: self.notes())
    @rule(data=st.data())
    def put_away(self, data):
        old = data.draw(st.sampled_from(self.notes()))
        (self.root / "archive").mkdir(exist_ok=True)
        old.replace(self.root / "archive" / old.name)

    @rule()
    def open_again(self):
        close_all()
        self.vault = open_again(self.root)

    @rule(step=st.integers(0, 40), engine=st.sampled_from(ENGINES))
    def crash(self, step, engine):
        with crash_at(step):
            self.vault.fresh()
            self.followed(engine).close()
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()  # what crashes closes nothing
        self.open_again()

    @rule(asked=st.lists(queries, min_size=1, max_size=8))
    def search(self, asked):
        self.vault.fresh()
        afresh = vault_at(self.root, {"VAULT_NOTES_HOME": str(self.root.parent / "afresh")})
        with afresh.catalog as catalog:
            catalog.start_anew()
            afresh.fresh()
            # Of a note that can't be read now, what it said last still holds: no scan of today's files knows.
            unread = {path.stem for path, _ in problems(catalog)}
            everything = [text for text in all_texts(afresh) if text.place[0] not in unread]
        for name in ENGINES:
            engine = self.followed(name)
            wrong = [
                query
                for query in asked
                if {place for place in exactly_found(self.vault, engine, query) if place[0] not in unread}
                != scan(everything, query)
            ]
            assert (name, wrong) == (name, [])
            assert strays(engine, self.vault.catalog, self.vault.schema) == []
            engine.close()

    @invariant()
    def the_catalog_can_be_read(self):
        if hasattr(self, "vault"):
            list(self.vault.customers())

    def followed(self, name: str):
        engine = open_engine(name, self.vault.places.cache / "search")
        assert follow(engine, self.vault.catalog, self.vault.schema)
        return engine

    def notes(self) -> list[Path]:
        return sorted((self.root / "customers").rglob("*.md")) if hasattr(self, "root") else []

    def teardown(self):
        close_all()
        if hasattr(self, "folder"):
            self.folder.cleanup()

    vault: Vault


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=10,
    stateful_step_count=14,
    phases=PHASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
