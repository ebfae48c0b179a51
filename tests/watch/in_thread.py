"""A watcher in a thread of this process, where a test can reach into it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from tests.watch.watching import eventually
from vault_tool.lint.check import Checker
from vault_tool.lint.finding import Linted
from vault_tool.lint.rule import Context
from vault_tool.lint.run import lint_paths
from vault_tool.lint.selection import select_rules
from vault_tool.vault.vault import Vault, vault_at
from vault_tool.watch.news import (
    Took,
    Watching,
)
from vault_tool.watch.presence import read_beat
from vault_tool.watch.watch import Watcher


class FakeServer:
    """A warm process that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str | None] = []
        self.lives = True

    def in_sync(self, generation: str | None) -> None:
        """Note it."""
        self.told.append(generation)

    def is_alive(self) -> bool:
        """Tell."""
        return self.lives

    def stop(self) -> None:
        """Die."""
        self.lives = False


class Watched:
    """A watcher in a thread, and all that it told."""

    def __init__(
        self,
        root: Path,
        env: dict[str, str],
        serve: Callable[[], Any] = lambda: None,
        is_ready: Callable[[Watched], object] = lambda watched: watched.heard(Watching),
    ) -> None:
        self.root, self.env, self.serve = root, env, serve
        self.places = vault_at(root, env).places.make()
        self.told: list[Any] = []
        self.error: BaseException | None = None
        self.watcher: Watcher
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        eventually(lambda: is_ready(self) or not self.thread.is_alive(), "ready")

    def _run(self) -> None:
        try:
            vault = vault_at(self.root, self.env)
            self.watcher = Watcher(vault, self.env, self.told.append, lint, shown, self.serve)
            self.watcher.run()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    def heard(self, kind: type[Any]) -> list[Any]:
        """Return what was told of this kind."""
        return [news for news in self.told if isinstance(news, kind)]

    def took(self, name: str) -> bool:
        """Tell whether a change of this note has been told."""
        return any(PurePosixPath(f"customers/{name}") in news.changed for news in self.heard(Took))

    def write(self, name: str, text: str) -> None:
        """Write a note and wait until it is taken in."""
        before = len(self.heard(Took))
        (self.root / "customers" / name).write_text(text, "utf-8")
        path = PurePosixPath(f"customers/{name}")
        eventually(
            lambda: any(path in news.changed for news in self.heard(Took)[before:]), f"{name} taken in"
        )

    def calm(self) -> None:
        """Wait until all that was told is in catalog and index."""
        time.sleep(0.4)
        eventually(lambda: (beat := read_beat(self.places)) and beat.is_current and not beat.queue, "calm")

    def stop(self) -> None:
        """End it."""
        if self.thread.is_alive():
            self.watcher.stop()
        self.thread.join(30)
        assert not self.thread.is_alive()


def lint(vault: Vault, paths: Sequence[PurePosixPath]) -> list[Linted]:
    checker = Checker.of(
        select_rules(vault.settings.lint, ignore=("LK", "FE005")),
        Context(vault.schema, vault.settings, date(2026, 11, 23)),
    )
    return list(lint_paths(vault.root, paths, checker))


@contextmanager
def shown(_label: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda _done, _total: None


def watchers(root: Path, env: dict[str, str]) -> Iterator[Callable[..., Watched]]:
    """Lend a way to start watchers, which end with the test."""
    begun: list[Watched] = []

    def begin(serve: Callable[[], Any] = lambda: None) -> Watched:
        begun.append(Watched(root, env, serve))
        return begun[-1]

    yield begin
    for watched in begun:
        watched.stop()
